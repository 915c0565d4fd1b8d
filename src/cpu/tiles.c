/* tiles.c: gathers and widens tiles of elements into the thread's scratch. */
#include "cpu/tiles.h"

#include "core/pool.h"
#include "core/shape.h"
#include "cpu/kernels.h"

void psi_tiles_of(psi_tiles *tiles, psi_array a, psi_dtype dtype)
{
    tiles->item = (int)psi_dtype_size(dtype);
    tiles->widen = a->dtype == dtype ? NULL : psi_cpu_cast(dtype, (psi_dtype)a->dtype);
}

const void *psi_tile_load(const psi_tiles *tiles, int64_t offset, int64_t start, int64_t n)
{
    psi_strided from = tiles->from;
    from.base += offset * from.itemsize;
    const void *stored = from.base + start * from.itemsize;
    if (from.ndim != 1 || from.strides[0] != 1) {
        char *dense = psi_scratch(0, (size_t)n * (size_t)from.itemsize);
        if (!dense)
            return NULL;
        psi_strided_load(&from, start, n, dense);
        stored = dense;
    }
    if (!tiles->widen)
        return stored;
    void *wide = psi_scratch(1, (size_t)n * (size_t)tiles->item);
    if (wide)
        tiles->widen(n, wide, stored, NULL, NULL);
    return wide;
}

int64_t psi_strided_offset(const psi_strided *s, int64_t index)
{
    int64_t offset = 0;
    for (int i = s->ndim - 1; i >= 0; i--) {
        offset += index % s->shape[i] * s->strides[i];
        index /= s->shape[i];
    }
    return offset;
}

void psi_strided_axes(psi_strided *s, psi_array a, const int *axes, int count)
{
    s->base = psi_values(a);
    s->itemsize = (int)psi_itemsize(a);
    for (int i = 0; i < count; i++) {
        s->shape[i] = a->shape[axes[i]];
        s->strides[i] = psi_strides_of(a)[axes[i]];
    }
    s->ndim = psi_collapse(count, s->shape, 1, (int64_t *const[]){s->strides});
}
