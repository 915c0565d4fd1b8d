/* arena.c: memory that lives as long as one plan. */
#include "eval/arena.h"

#include "core/memory.h"

enum { BLOCK = 1 << 14 };

typedef struct block {
    struct block *next;
    size_t room;
    _Alignas(16) char bytes[];
} block;

void *psi_arena_take(psi_arena *arena, size_t bytes)
{
    bytes = (bytes + 15) & ~(size_t)15;
    if (!arena->at || bytes > (size_t)(arena->end - arena->at)) {
        size_t room = bytes > BLOCK / 4 ? bytes : BLOCK;
        block *b = psi_malloc(sizeof *b + room);
        if (!b)
            return NULL;
        b->room = room;
        b->next = arena->blocks;
        arena->blocks = b;
        if (room != BLOCK)
            return b->bytes; /* a large piece gets a block of its own, and the open block stays open */
        arena->at = b->bytes;
        arena->end = b->bytes + room;
    }
    void *piece = arena->at;
    arena->at += bytes;
    return piece;
}

void psi_arena_free(psi_arena *arena)
{
    for (block *b = arena->blocks; b;) {
        block *next = b->next;
        psi_free(b);
        b = next;
    }
    *arena = (psi_arena){0};
}

void psi_arena_reset(psi_arena *arena)
{
    block *kept = NULL;
    for (block *b = arena->blocks, *next; b; b = next) {
        next = b->next;
        if (b->room == BLOCK && !kept)
            kept = b;
        else
            psi_free(b);
    }
    *arena = (psi_arena){kept, kept ? kept->bytes : NULL, kept ? kept->bytes + BLOCK : NULL};
    if (kept)
        kept->next = NULL;
}
