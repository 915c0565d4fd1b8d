/* op.c: the table of ops, from ops.def. */
#include "ops/op.h"

#include "ops/rules.h"

#define ROW(name, prim, state, kind, types, own) \
    [PSI_OP_##name] = {#name,                    \
                       #prim,                    \
                       #state,                   \
                       kind,                     \
                       PSI_TYPES_##types,        \
                       psi_##own##_vjp,          \
                       psi_##own##_jvp,          \
                       psi_elementwise_vmap},
#define RULE_YES(name, rule) psi_##name##_##rule
#define RULE_NO(name, rule) NULL

const psi_op_info psi_ops[PSI_OP_COUNT] = {
    [PSI_OP_LEAF] = {.name = "leaf", .primitive = "", .state = "", .kind = PSI_CLASS_LEAF},
#define UNARY(name, prim, state, types, ...) ROW(name, prim, state, PSI_CLASS_UNARY, types, elementwise)
#define OWN_UNARY(name, prim, state, types, ...) ROW(name, prim, state, PSI_CLASS_UNARY, types, name)
#define BINARY(name, prim, state, types, ...) ROW(name, prim, state, PSI_CLASS_BINARY, types, elementwise)
#define COMPARE(name, prim, state, types, ...) ROW(name, prim, state, PSI_CLASS_COMPARE, types, elementwise)
#define TERNARY(name, prim, state, types, ...) ROW(name, prim, state, PSI_CLASS_TERNARY, types, name)
#define NODE(name, prim, state, v, j, m, doc) \
    [PSI_OP_##name] = {#name,                 \
                       #prim,                 \
                       state,                 \
                       PSI_CLASS_NODE,        \
                       PSI_TYPES_NONE,        \
                       RULE_##v(name, vjp),   \
                       RULE_##j(name, jvp),   \
                       RULE_##m(name, vmap)},
#include "ops/table.h"
};
