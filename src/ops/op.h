/* op.h: the ops' numbers and what is known of each, all from ops.def. */
#ifndef PSI_OPS_OP_H
#define PSI_OPS_OP_H

#include "core/node.h"
#include "ops/elementwise.h"

/* Structural ops (PSI_OP_matmul, ...), whose numbers follow the element-wise ones'. */
enum psi_op {
    PSI_OP_ELEMENTWISE_LAST_ = PSI_OP_ELEMENTWISE_END - 1,
#define NODE(name, ...) PSI_OP_##name,
#include "ops/table.h"
    PSI_OP_COUNT
};

typedef enum psi_types {
    PSI_TYPES_NONE,
    PSI_TYPES_ANY,
    PSI_TYPES_NUMBER,
    PSI_TYPES_REAL,
    PSI_TYPES_FLOATING,
    PSI_TYPES_REALFLOAT,
    PSI_TYPES_INTEGRAL,
    PSI_TYPES_INTEGER,
    PSI_TYPES_LOGICAL,
    PSI_TYPES_PART
} psi_types;

typedef enum psi_op_class {
    PSI_CLASS_LEAF,
    PSI_CLASS_UNARY,
    PSI_CLASS_BINARY,
    PSI_CLASS_COMPARE,
    PSI_CLASS_TERNARY,
    PSI_CLASS_NODE
} psi_op_class;

/* A rule sets grads[i] for each wanted[i] input (NULL means zero); cotangents of all outputs are there. */
typedef struct psi_vjp_call {
    const psi_node *node;
    psi_array *in, *out;
    const psi_array *cotangents;
    const bool *wanted;
    psi_array *grads;
    psi_array **so_far; /* per wanted input, where its sum stands; or NULL: see psi_take_so_far */
} psi_vjp_call;

/* What a wanted input was given before, which the rule's answer then includes: a part that is put into it needs no zeros of
 * its own around. NULL where nothing was. */
psi_array psi_take_so_far(psi_vjp_call *call, int input);

/* tangents[i] is NULL where it is zero; a rule sets out_tangents[i] (NULL means zero). */
typedef struct psi_jvp_call {
    const psi_node *node;
    psi_array *in, *out;
    const psi_array *tangents;
    psi_array *out_tangents;
    bool transpose; /* set by a rule: the tangents are those that the vjp rule, transposed, gives */
} psi_jvp_call;

/* in[i] carries the mapped axis at axes[i], -1 where it has none; a rule sets out[i] and out_axes[i] (-1: not mapped). */
typedef struct psi_vmap_call {
    const psi_node *node;
    psi_array *in;
    const int *axes;
    psi_array *out;
    int *out_axes;
} psi_vmap_call;

/* Rules build graph nodes in the open scope; false means an error was recorded. */
typedef bool (*psi_vjp_fn)(psi_vjp_call *call);
typedef bool (*psi_jvp_fn)(psi_jvp_call *call);
typedef bool (*psi_vmap_fn)(psi_vmap_call *call);

typedef struct psi_op_info {
    const char *name;      /* ours, and the public function's */
    const char *primitive; /* MLX's */
    const char *state;     /* MLX's state: a number, or the attributes' names and types */
    psi_op_class kind;
    psi_types types;
    psi_vjp_fn vjp; /* NULL: a typed refusal */
    psi_jvp_fn jvp;
    psi_vmap_fn vmap;
} psi_op_info;

extern const psi_op_info psi_ops[PSI_OP_COUNT];

static inline bool psi_is_elementwise(int op)
{
    return op > PSI_OP_LEAF && op < PSI_OP_ELEMENTWISE_END;
}

/* True for ops that a tile program can hold: element-wise ones, casts, and copies into memory of their own. */
static inline bool psi_is_fusable(int op)
{
    return psi_is_elementwise(op) || op == PSI_OP_astype || op == PSI_OP_full;
}

#endif
