/* arena.c: memory that lives as long as one plan. */
#include "eval/arena.h"

#include "core/memory.h"

enum { BLOCK = 1 << 14 };

typedef struct block {
    struct block *next;
    _Alignas(16) char bytes[];
} block;

void psi_arena_open(psi_arena *arena, void *first, size_t bytes)
{
    *arena = (psi_arena){
        .at = first, .first = first, .end = (char *)first + bytes, .first_end = (char *)first + bytes};
}

void *psi_arena_take(psi_arena *arena, size_t bytes)
{
    bytes = (bytes + 15) & ~(size_t)15;
    if (bytes > (size_t)(arena->end - arena->at)) {
        size_t room = bytes > BLOCK / 4 ? bytes : BLOCK;
        block *b = psi_malloc(sizeof *b + room);
        if (!b)
            return NULL;
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
    arena->blocks = NULL;
}

void psi_arena_reset(psi_arena *arena)
{
    psi_arena_free(arena);
    arena->at = arena->first;
    arena->end = arena->first_end;
}
