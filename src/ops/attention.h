/* attention.h: scaled dot-product attention by ops that exist, with all scores in memory: what the rules differentiate. */
#ifndef PSI_OPS_ATTENTION_H
#define PSI_OPS_ATTENTION_H

#include "core/node.h"

/* The operands of a ScaledDotProductAttention node. */
typedef struct psi_attention {
    psi_array q, k, v; /* batch, heads, length, features; q's heads are a multiple of k's and v's */
    psi_array mask,
        sinks; /* or NULL; the mask, bool or to be added, has all scores' shape; one sink a head */
    double scale;
    bool causal;
} psi_attention;

/* The same with the heads that share keys laid one behind the other, in `wide`, float32 at least. */
typedef struct psi_scores {
    psi_dtype wide;
    psi_array q, k, v; /* q of shape batch, heads of k, queries of all these heads, features */
    psi_array keep;    /* bool: the scores that count; or NULL */
    psi_array p, rest; /* probabilities, and what the sinks take of them or NULL */
} psi_scores;

psi_attention psi_attention_of(const psi_node *node, psi_array *in);
psi_array psi_attention_build(const psi_attention *a);

/* Fills in the parts; false with the error recorded. */
bool psi_scores_of(psi_scores *s, const psi_attention *a);
/* Rows of shared heads laid one behind the other, of q's or the mask's heads; and the same undone, in another dtype. */
psi_array psi_scores_join(const psi_scores *s, const psi_attention *a, psi_array x);
psi_array psi_scores_part(const psi_attention *a, psi_array x, psi_dtype dtype);

#endif
