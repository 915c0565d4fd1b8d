/* einsum.h: an Einstein summation read from its subscripts, and the order in which its operands are contracted.
 * Letters are numbers from 0 (a to z, then A to Z); an ellipsis has become letters that the subscripts do not use. */
#ifndef PSI_OPS_EINSUM_H
#define PSI_OPS_EINSUM_H

#include "core/node.h"

#define PSI_EINSUM_LETTERS 52

/* The axes of one operand or result. */
typedef struct psi_einsum_term {
    uint64_t set;
    int count; /* of letters, repeated ones each time */
    uint8_t letters[PSI_MAX_NDIM];
} psi_einsum_term;

/* The operands at `positions`, rising, are taken out; their contraction is put behind the others. */
typedef struct psi_einsum_step {
    int count, *positions;
    psi_einsum_term output;
} psi_einsum_step;

typedef struct psi_einsum_plan {
    int operands;
    psi_einsum_term *terms, output;
    int64_t lengths[PSI_EINSUM_LETTERS]; /* broadcast */
    int steps;
    psi_einsum_step *step;
    int naive_scaling, scaling; /* letters of the largest contraction */
    int64_t naive_cost, cost;   /* operations, saturated */
} psi_einsum_plan;

static inline uint64_t psi_einsum_bit(int letter)
{
    return (uint64_t)1 << letter;
}

static inline bool psi_einsum_has(const psi_einsum_term *term, int letter)
{
    return term->set >> letter & 1;
}

static inline void psi_einsum_put(psi_einsum_term *term, int letter)
{
    term->letters[term->count++] = (uint8_t)letter;
    term->set |= psi_einsum_bit(letter);
}

/* Terms, output and lengths of the plan; false with an error naming `op`. Memory is the scope's. */
bool psi_einsum_read(psi_einsum_plan *plan, const char *op, const char *subscripts, psi_arrays operands);

/* The same, and the steps. */
bool psi_einsum_plan_new(psi_einsum_plan *plan, const char *op, const char *subscripts, psi_arrays operands);

#endif
