/* fused.h: a group of element-wise ops as data: what a Compiled node carries, and what a tile program is run from.
 * Invariant: a member comes after those it reads; the last one is the group's sink and the last of its outputs. */
#ifndef PSI_TRANSFORMS_FUSED_H
#define PSI_TRANSFORMS_FUSED_H

#include "core/node.h"

typedef struct psi_member {
    uint16_t op;
    uint8_t from, to; /* dtypes of the operands, as the kernel has them, and of the result */
    int32_t in_count;
    int32_t in[3];  /* member k, or ~i: input i */
    int32_t stored; /* which of the group's outputs this is, or -1 */
    int32_t reg;  /* where the result lies otherwise, and the sink's when it does not go to memory at once */
    int32_t uses; /* scratch */
} psi_member;

/* The payload of a Compiled node: shared by all nodes that one compilation makes, never changed. */
typedef struct psi_fused {
    atomic_int refs;
    int count, reg_count;
    char *name; /* "Compiled" and the names of the primitives inside */
    psi_member members[];
} psi_fused;

/* Gives the members registers, reusing those whose last reader has run; returns how many there are. `spare` holds
 * `count` integers. */
int psi_members_allocate(psi_member *members, int count, int *spare);

/* A payload with one reference, room for members and a name of so many characters; NULL with the error recorded. */
psi_fused *psi_fused_new(int count, size_t name_length);
/* Hangs the payload into a node of op compiled, with a reference of its own. */
void psi_fused_attach(psi_node *node, psi_fused *fused);
void psi_fused_release(void *fused);

/* A node's payload. */
static inline psi_fused *psi_fused_of(const psi_node *node)
{
    return node->data;
}

/* MLX's name of the node's primitive. */
const char *psi_primitive_of(const psi_node *node);

#endif
