/* arena.h: memory that lives as long as one plan. Invariant: freed all at once. */
#ifndef PSI_EVAL_ARENA_H
#define PSI_EVAL_ARENA_H

#include <stddef.h>

typedef struct psi_arena {
    void *blocks;    /* chained, newest first */
    char *at, *end;
} psi_arena;

/* 16-byte aligned, undefined contents; NULL records out_of_memory. */
void *psi_arena_take(psi_arena *arena, size_t bytes);
void psi_arena_free(psi_arena *arena);
/* Makes the memory free for reuse; one block is kept. */
void psi_arena_reset(psi_arena *arena);

#endif
