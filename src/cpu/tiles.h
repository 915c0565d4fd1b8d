/* tiles.h: elements of any layout and dtype as dense tiles of the dtype a kernel works in.
 * Invariant: what is dense and of that dtype already is used in place. */
#ifndef PSI_CPU_TILES_H
#define PSI_CPU_TILES_H

#include "eval/backend.h"
#include "eval/strided.h"

typedef struct psi_tiles {
    psi_strided from;
    int item;         /* bytes of an element as the kernel sees it */
    psi_row_fn widen; /* NULL: elements are seen as stored */
} psi_tiles;

/* Fills `tiles` for the elements of `a` seen as `dtype`; the layout, tiles->from, is left to the caller. */
void psi_tiles_of(psi_tiles *tiles, psi_array a, psi_dtype dtype);

/* Elements [start, start + n) of the layout moved by `offset` elements: in place, or in scratch slots 0 and 1 until the
 * thread's next call. NULL with the error recorded. */
const void *psi_tile_load(const psi_tiles *tiles, int64_t offset, int64_t start, int64_t n);

/* Makes a row y of a result out of the row x, both n neighbours of the dtype that the kernel works in. */
typedef void (*psi_tile_row_fn)(const void *context, int64_t n, const void *x, void *y);

/* Runs `row` over all rows of the last axis of `in`, widened to `dtype`, and stores them in `out`, which is row-major: a
 * large one past the caches. False with the error recorded, which names `op`. */
bool psi_tile_rows(psi_array in, psi_array out, psi_dtype dtype, psi_tile_row_fn row, const void *context,
                   const char *op);

/* Elements from the first to element `index` of row-major order. */
int64_t psi_strided_offset(const psi_strided *s, int64_t index);

#endif
