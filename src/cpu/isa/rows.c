/* isa: generic v2 v3 v4 */
/* rows.c: the kernels of the element-wise rows of ops.def for one element type and ISA, named by PSI_ELEMENT
 * and PSI_ISA: a loop per row around its expression, and the table of them. Invariant: a kernel writes n
 * elements and nothing else, and an output that is the same memory as an input gets a fresh one's bits. */
#include "cpu/scalar/common.h"

#if PSI_KIND == PSI_IS_BOOL
#include "cpu/scalar/bool.h"
#elif PSI_KIND == PSI_IS_UNSIGNED || PSI_KIND == PSI_IS_SIGNED
#include "cpu/scalar/integer.h"
#elif PSI_KIND == PSI_IS_FLOAT32
#include "cpu/scalar/float32.h"
#elif PSI_KIND == PSI_IS_FLOAT64
#include "cpu/scalar/float64.h"
#else
#include "cpu/scalar/complex64.h"
#endif

#include "cpu/rows.h"

/* Which types columns include this element type. */
#define PSI_IS_INTEGER (PSI_KIND == PSI_IS_UNSIGNED || PSI_KIND == PSI_IS_SIGNED)
#define PSI_TAKES_ANY 1
#if PSI_KIND == PSI_IS_BOOL
#define PSI_TAKES_NUMBER 0
#define PSI_TAKES_LOGICAL 1
#else
#define PSI_TAKES_NUMBER 1
#define PSI_TAKES_LOGICAL 0
#endif
#if PSI_IS_INTEGER
#define PSI_TAKES_INTEGER 1
#else
#define PSI_TAKES_INTEGER 0
#endif
#if PSI_KIND == PSI_IS_COMPLEX
#define PSI_TAKES_REAL 0
#define PSI_TAKES_PART 1
#else
#define PSI_TAKES_REAL 1
#define PSI_TAKES_PART 0
#endif
#if PSI_KIND == PSI_IS_BOOL || PSI_IS_INTEGER
#define PSI_TAKES_INTEGRAL 1
#define PSI_TAKES_FLOATING 0
#define PSI_TAKES_REALFLOAT 0
#elif PSI_KIND == PSI_IS_COMPLEX
#define PSI_TAKES_INTEGRAL 0
#define PSI_TAKES_FLOATING 1
#define PSI_TAKES_REALFLOAT 0
#else
#define PSI_TAKES_INTEGRAL 0
#define PSI_TAKES_FLOATING 1
#define PSI_TAKES_REALFLOAT 1
#endif

/* Blocks of ops that have a careful form are looked at first; the others are one loop. */
#if PSI_KIND == PSI_IS_FLOAT32 || PSI_KIND == PSI_IS_COMPLEX
#define PSI_GUARDED(name) PSI_FN(is_guarded)(name)
#define PSI_NEEDS_CARE PSI_FN(needs_care)
#else
#define PSI_GUARDED(name) false
#define PSI_NEEDS_CARE(name, n, x, y) false
#endif
#define PSI_GUARD_BLOCK 256

/* The named functions that expressions call. */
#define abs(a) PSI_FN(abs)(a)
#define neg(a) PSI_FN(neg)(a)
#define sign(a) PSI_FN(sign)(a)
#define sqrt(a) PSI_FN(sqrt)(a)
#define rsqrt(a) PSI_FN(rsqrt)(a)
#define exp(a) PSI_FN(exp)(a)
#define expm1(a) PSI_FN(expm1)(a)
#define log(a) PSI_FN(log)(a)
#define log2(a) PSI_FN(log2)(a)
#define log10(a) PSI_FN(log10)(a)
#define log1p(a) PSI_FN(log1p)(a)
#define sin(a) PSI_FN(sin)(a, careful)
#define cos(a) PSI_FN(cos)(a, careful)
#define tan(a) PSI_FN(tan)(a, careful)
#define arcsin(a) PSI_FN(arcsin)(a)
#define arccos(a) PSI_FN(arccos)(a)
#define arctan(a) PSI_FN(arctan)(a)
#define sinh(a) PSI_FN(sinh)(a)
#define cosh(a) PSI_FN(cosh)(a)
#define tanh(a) PSI_FN(tanh)(a)
#define arcsinh(a) PSI_FN(arcsinh)(a)
#define arccosh(a) PSI_FN(arccosh)(a)
#define arctanh(a) PSI_FN(arctanh)(a)
#define erf(a) PSI_FN(erf)(a)
#define erfinv(a) PSI_FN(erfinv)(a)
#define sigmoid(a) PSI_FN(sigmoid)(a)
#define floor(a) PSI_FN(floor)(a)
#define ceil(a) PSI_FN(ceil)(a)
#define rint(a) PSI_FN(rint)(a)
#define lnot(a) PSI_FN(lnot)(a)
#define inv(a) PSI_FN(inv)(a)
#define conj(a) PSI_FN(conj)(a)
#define real(a) PSI_FN(real)(a)
#define imag(a) PSI_FN(imag)(a)
#define add(a, b) PSI_FN(add)(a, b)
#define sub(a, b) PSI_FN(sub)(a, b)
#define mul(a, b) PSI_FN(mul)(a, b, careful)
#define div(a, b) PSI_FN(div)(a, b)
#define floordiv(a, b) PSI_FN(floordiv)(a, b)
#define rem(a, b) PSI_FN(rem)(a, b, careful)
#define pow(a, b) PSI_FN(pow)(a, b)
#define max(a, b) PSI_FN(max)(a, b)
#define min(a, b) PSI_FN(min)(a, b)
#define logaddexp(a, b) PSI_FN(logaddexp)(a, b)
#define atan2(a, b) PSI_FN(atan2)(a, b)
#define band(a, b) PSI_FN(band)(a, b)
#define bor(a, b) PSI_FN(bor)(a, b)
#define bxor(a, b) PSI_FN(bxor)(a, b)
#define shl(a, b) PSI_FN(shl)(a, b)
#define shr(a, b) PSI_FN(shr)(a, b)
#define eq(a, b) PSI_FN(eq)(a, b)
#define eqnan(a, b) PSI_FN(eqnan)(a, b)
#define ne(a, b) PSI_FN(ne)(a, b)
#define lt(a, b) PSI_FN(lt)(a, b)
#define le(a, b) PSI_FN(le)(a, b)
#define gt(a, b) PSI_FN(gt)(a, b)
#define ge(a, b) PSI_FN(ge)(a, b)
#define sel(c, a, b) PSI_FN(sel)(c, a, b)

#define PSI_LOOP(from, to, is_careful, load, expression) \
    {                                                    \
        enum { careful = is_careful };                   \
        PSI_IVDEP                                        \
        for (int64_t i = from; i < to; i++) {            \
            load;                                        \
            o[i] = expression;                           \
        }                                                \
    }

#define PSI_ROW(name, first, x, y, load, expression)                                             \
    static void name##_row(int64_t n, void *out, const void *pa, const void *pb, const void *pc) \
    {                                                                                            \
        PSI_OPERANDS_##first;                                                                    \
        enum { careful = 0 };                                                                    \
        __typeof__(expression) *o = out;                                                         \
        if (!PSI_GUARDED(#name)) {                                                               \
            PSI_LOOP(0, n, 0, load, expression)                                                  \
            return;                                                                              \
        }                                                                                        \
        for (int64_t at = 0; at < n; at += PSI_GUARD_BLOCK) {                                    \
            int64_t end = n - at < PSI_GUARD_BLOCK ? n : at + PSI_GUARD_BLOCK;                   \
            if (PSI_NEEDS_CARE(#name, end - at, (x) + at, (y) + at))                             \
                PSI_LOOP(at, end, 1, load, expression)                                           \
            else                                                                                 \
                PSI_LOOP(at, end, 0, load, expression)                                           \
        }                                                                                        \
    }

/* clang-format off */
/* Declares operand pointers, and operands for the result's type to be read off. A condition is read as
 * the byte it is, as compilers vectorise that better. */
#define PSI_OPERANDS_one                                                                                     \
    const PSI_TYPE *in_a = pa;                                                                               \
    PSI_TYPE a;                                                                                              \
    (void)pb, (void)pc
#define PSI_OPERANDS_two                                                                                     \
    const PSI_TYPE *in_a = pa, *in_b = pb;                                                                   \
    PSI_TYPE a, b;                                                                                           \
    (void)pc
#define PSI_OPERANDS_three                                                                                   \
    const uint8_t *in_c = pa;                                                                                \
    const PSI_TYPE *in_a = pb, *in_b = pc;                                                                   \
    bool c;                                                                                                  \
    PSI_TYPE a, b

/* A row is built, and stands in the table, when its types column includes the element type. */
#define PSI_BUILD_0(...)
#define PSI_BUILD_1(...) PSI_ROW(__VA_ARGS__)
#define PSI_ENTRY_0(name)
#define PSI_ENTRY_1(name) [PSI_OP_##name] = name##_row,

#define UNARY(name, primitive, state, types, expression, ...)                                                \
    PSI_PASTE(PSI_BUILD_, PSI_TAKES_##types)(name, one, in_a, in_a, a = in_a[i], expression)
#define BINARY(name, primitive, state, types, expression, ...)                                               \
    PSI_PASTE(PSI_BUILD_, PSI_TAKES_##types)(name, two, in_a, in_b, (a = in_a[i], b = in_b[i]), expression)
#define COMPARE BINARY
#define TERNARY(name, primitive, state, types, expression, ...)                                              \
    PSI_PASTE(PSI_BUILD_, PSI_TAKES_##types)                                                                 \
    (name, three, in_a, in_b, (c = in_c[i] != 0, a = in_a[i], b = in_b[i]), expression)
#define PSI_ELEMENTWISE
#include "ops/table.h"

#define PSI_TABLE PSI_PASTE(PSI_PASTE(PSI_FN(psi_rows), _), PSI_ISA)
extern const psi_row_table PSI_TABLE;
const psi_row_table PSI_TABLE = {{
#define UNARY(name, primitive, state, types, ...) PSI_PASTE(PSI_ENTRY_, PSI_TAKES_##types)(name)
#define BINARY UNARY
#define COMPARE UNARY
#define TERNARY UNARY
#define PSI_ELEMENTWISE
#include "ops/table.h"
}};
/* clang-format on */
