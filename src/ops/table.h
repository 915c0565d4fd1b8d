/* table.h: includes ops.def once, with every row macro that the includer left undefined expanding to nothing,
 * and undefines them all again. No include guard: it is meant to be included several times. */
#ifndef UNARY
#define UNARY(...)
#endif
#ifndef OWN_UNARY
#define OWN_UNARY(name, prim, state, types, expr, doc) UNARY(name, prim, state, types, expr, ZERO, doc)
#endif
#ifndef BINARY
#define BINARY(...)
#endif
#ifndef COMPARE
#define COMPARE(...)
#endif
#ifndef TERNARY
#define TERNARY(...)
#endif
#ifndef NODE
#define NODE(...)
#endif
#ifndef FN
#define FN(...)
#endif
#include "ops/ops.def"
#undef UNARY
#undef OWN_UNARY
#undef BINARY
#undef COMPARE
#undef TERNARY
#undef NODE
#undef FN
