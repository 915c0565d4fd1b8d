/* build.h: what builders share. Builders check their arguments, add explicit casts and broadcasts, and make nodes. */
#ifndef PSI_OPS_BUILD_H
#define PSI_OPS_BUILD_H

#include "core/shape.h"
#include "ops/op.h"
#include <psionic/ops.h>

/* The bodies of every element-wise row's public function. */
psi_array psi_build_unary(int op, psi_array a);
psi_array psi_build_binary(int op, psi_array a, psi_array b);

/* A one-output structural node. `attr` may be PSI_NONE. */
static inline psi_array psi_build(int op, psi_arrays in, psi_ints attr, psi_ints shape, psi_dtype dtype)
{
    return psi_node_new((psi_node_spec){op, in, attr}, shape, dtype);
}

/* The dtype of a function whose default is float32. */
static inline psi_dtype psi_or_float32(psi_dtype dtype)
{
    return dtype == PSI_DTYPE_COUNT ? PSI_FLOAT32 : dtype;
}

/* A scalar of a's dtype. */
psi_array psi_like(psi_array a, double value);

/* The complex conjugate; a real array itself. */
static inline psi_array psi_conjugated(psi_array a)
{
    return psi_dtype_of(a) == PSI_COMPLEX64 ? psi_conjugate(a) : a;
}

/* a broadcast to a shape it is known to fit; a itself when it has it already. */
psi_array psi_expand_to(psi_array a, psi_ints shape);

/* The same, where the shape is that to which `a` broadcasts with others, but for the last `kept` axes: while a function is
 * traced for many shapes, the node is given the others, to find its shape by again. */
psi_array psi_expand_with(psi_array a, psi_ints shape, psi_arrays others, int kept);

/* Attributes are collected here before a node is made of them. The count is set first, and alone: an initialiser would clear
 * the list, too. */
typedef struct psi_attr_list {
    int64_t data[4 * PSI_MAX_NDIM + 8];
    int count;
} psi_attr_builder;

static inline void psi_put(psi_attr_builder *b, int64_t value)
{
    b->data[b->count++] = value;
}

static inline void psi_put_list(psi_attr_builder *b, psi_ints list)
{
    psi_put(b, list.count);
    for (int i = 0; i < list.count; i++)
        psi_put(b, list.data[i]);
}

static inline psi_ints psi_put_done(const psi_attr_builder *b)
{
    return (psi_ints){b->data, b->count};
}

#endif
