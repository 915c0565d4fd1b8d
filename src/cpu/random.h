/* random.h: what the kernel of random bits asks of one ISA (src/cpu/isa/random.c). */
#ifndef PSI_CPU_RANDOM_H
#define PSI_CPU_RANDOM_H

#include <stdint.h>

#include "cpu/isa.h"

/* A key, and the counters of a run's first pair; both counters go up by one per pair. */
typedef struct psi_random_run {
    uint32_t key[2], count[2];
} psi_random_run;

/* Writes both words of n pairs. */
typedef void (*psi_random_fn)(psi_random_run run, int64_t n, uint32_t *restrict first,
                              uint32_t *restrict second);

/* The one of an ISA that psi_isa_runs, for tests and benches. */
psi_random_fn psi_random_fn_of(psi_isa isa);

#endif
