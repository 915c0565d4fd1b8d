/* shapeless.h: how one op of a graph is made again for inputs of other shapes. */
#ifndef PSI_TRANSFORMS_SHAPELESS_H
#define PSI_TRANSFORMS_SHAPELESS_H

#include "ops/build.h"
#include "transforms/graph.h"

/* An op whose inputs have changed. */
typedef struct psi_change {
    const psi_graph *graph;
    const psi_node *node; /* as it was traced */
    const psi_ref *was;   /* its traced inputs */
    psi_array *in;
    int in_count;
    psi_attr_builder attr; /* as traced, until the rule writes others */
    int64_t shape[PSI_MAX_NDIM];
    int ndim;        /* of the first output */
    psi_array *made; /* all outputs, by a rule that makes the node itself */
} psi_change;

/* Fills in shape and attributes, or makes the outputs; false with an error. */
typedef struct psi_shape_rule {
    bool (*follow)(psi_change *c);
    bool many; /* it knows of several outputs */
    enum {
        PSI_KEEPS,
        PSI_SPREADS,
        PSI_SPREADS_MATRICES
    } axes; /* inputs are broadcast, or all but matrices */
} psi_shape_rule;

/* The op's rule; its follow is NULL where there is none. */
psi_shape_rule psi_shape_rule_of(int op);

/* Records why the op does not follow; false. */
bool psi_refuse_shape(const psi_change *c, const char *why);

static inline psi_ints psi_traced_shape(const psi_change *c, int i)
{
    return psi_shape_of(psi_ref_array(c->graph, c->was[i]));
}

static inline psi_ints psi_shape_now(const psi_change *c)
{
    return (psi_ints){c->shape, c->ndim};
}

#endif
