/* table.cpp: the scalar expressions of ops.def as C++, on a type that has no operators: an expression that is fit
 * for another backend calls the named functions and nothing else. Compiled by table.sh, never run. */
namespace table {

struct value {
};
struct truth {
};

#define TAKES_1(name) value name(value);
#define TAKES_2(name) value name(value, value);
#define ANSWERS(name) truth name(value, value);

TAKES_1(abs) TAKES_1(neg) TAKES_1(sign) TAKES_1(sqrt) TAKES_1(rsqrt) TAKES_1(exp) TAKES_1(expm1) TAKES_1(log)
TAKES_1(log2) TAKES_1(log10) TAKES_1(log1p) TAKES_1(sin) TAKES_1(cos) TAKES_1(tan) TAKES_1(arcsin) TAKES_1(arccos)
TAKES_1(arctan) TAKES_1(sinh) TAKES_1(cosh) TAKES_1(tanh) TAKES_1(arcsinh) TAKES_1(arccosh) TAKES_1(arctanh)
TAKES_1(erf) TAKES_1(erfinv) TAKES_1(sigmoid) TAKES_1(floor) TAKES_1(ceil) TAKES_1(rint) TAKES_1(lnot) TAKES_1(inv)
TAKES_1(conj) TAKES_1(real) TAKES_1(imag)
TAKES_2(add) TAKES_2(sub) TAKES_2(mul) TAKES_2(div) TAKES_2(floordiv) TAKES_2(rem) TAKES_2(pow) TAKES_2(max)
TAKES_2(min) TAKES_2(logaddexp) TAKES_2(atan2) TAKES_2(band) TAKES_2(bor) TAKES_2(bxor) TAKES_2(shl) TAKES_2(shr)
ANSWERS(eq) ANSWERS(eqnan) ANSWERS(ne) ANSWERS(lt) ANSWERS(le) ANSWERS(gt) ANSWERS(ge)
value sel(truth, value, value);

#define UNARY(name, primitive, state, types, expression, ...)                                                          \
    value name##_of_table(value a)                                                                                     \
    {                                                                                                                  \
        return expression;                                                                                             \
    }
#define BINARY(name, primitive, state, types, expression, ...)                                                         \
    value name##_of_table(value a, value b)                                                                            \
    {                                                                                                                  \
        return expression;                                                                                             \
    }
#define COMPARE(name, primitive, state, types, expression, ...)                                                        \
    truth name##_of_table(value a, value b)                                                                            \
    {                                                                                                                  \
        return expression;                                                                                             \
    }
#define TERNARY(name, primitive, state, types, expression, ...)                                                        \
    value name##_of_table(truth c, value a, value b)                                                                   \
    {                                                                                                                  \
        return expression;                                                                                             \
    }

#ifdef WITH_A_BAD_ROW
BINARY(bad, Bad, 0, ANY, a + b, ONE, ONE, "An operator in place of a named function.")
#endif

#include "ops/table.h"

} // namespace table
