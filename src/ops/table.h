/* table.h: includes ops.def once, or its element-wise rows alone where PSI_ELEMENTWISE is defined, with every row macro that
 * the includer left undefined expanding to nothing, and undefines them all again. No include guard: it is meant to be included several times. */
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
#ifdef PSI_ELEMENTWISE
#include "ops/elementwise.def"
#else
#include "ops/ops.def"
#endif
#undef PSI_ELEMENTWISE
#undef UNARY
#undef OWN_UNARY
#undef BINARY
#undef COMPARE
#undef TERNARY
#undef NODE
#undef FN
