/* arena.h: memory that lives as long as one plan. It begins with memory of the owner's, so that small plans allocate
 * nothing more. Invariant: freed all at once. */
#ifndef PSI_EVAL_ARENA_H
#define PSI_EVAL_ARENA_H

#include <stddef.h>

typedef struct psi_arena {
    void *blocks; /* chained, newest first */
    char *at, *end;
    char *first, *first_end; /* the owner's memory, 16-byte aligned */
} psi_arena;

/* `first` outlives the arena. */
void psi_arena_open(psi_arena *arena, void *first, size_t bytes);

/* 16-byte aligned, undefined contents; NULL records out_of_memory. */
void *psi_arena_take(psi_arena *arena, size_t bytes);
void psi_arena_free(psi_arena *arena);
/* Makes the memory free for reuse. */
void psi_arena_reset(psi_arena *arena);

#endif
