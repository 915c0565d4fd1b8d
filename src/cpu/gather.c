/* gather.c: kernels that pick slices or elements by index arrays. Dense slices are copied as a whole.
 * Invariant: nothing outside the source is read, whatever the indices are. */
#include <string.h>

#include "core/pool.h"
#include "cpu/index.h"
#include "cpu/kernels.h"
#include "eval/copy.h"

enum { CALL_BYTES = 1 << 17, LARGE_SLICE = 1 << 18 };

/* n elements from their places. */
static void pick(int item, int64_t n, char *out, const char *base, const int64_t *places)
{
#define PICK(type)                  \
    for (int64_t i = 0; i < n; i++) \
    ((type *)(void *)out)[i] = ((const type *)(const void *)base)[places[i]]
    if (item == 1)
        PICK(uint8_t);
    else if (item == 2)
        PICK(uint16_t);
    else if (item == 4)
        PICK(uint32_t);
    else
        PICK(uint64_t);
}

typedef struct gather {
    char *out;
    psi_strided slice; /* at the source's first element */
    int64_t slice_size, count, per_call;
    psi_indices indices;
} gather;

static void gather_slice(const gather *g, psi_strided *slice, int64_t place, char *to)
{
    const char *from = g->slice.base + place * g->slice.itemsize;
    if (slice->ndim == 1 && slice->strides[0] == 1) {
        memcpy(to, from, (size_t)(g->slice_size * slice->itemsize));
        return;
    }
    slice->base = from;
    psi_strided_load(slice, 0, g->slice_size, to);
}

static void gather_call(void *context, int64_t index)
{
    gather *g = context;
    psi_strided slice = g->slice;
    int64_t stop = (index + 1) * g->per_call < g->count ? (index + 1) * g->per_call : g->count;
    for (int64_t at = index * g->per_call, n; at < stop; at += n) {
        int64_t places[PSI_INDEX_BLOCK] = {0}, bytes = g->slice_size * slice.itemsize;
        n = stop - at < PSI_INDEX_BLOCK ? stop - at : PSI_INDEX_BLOCK;
        psi_indices_places(&g->indices, at, n, places);
        if (g->slice_size == 1) {
            pick(slice.itemsize, n, g->out + at * bytes, g->slice.base, places);
            continue;
        }
        for (int64_t i = 0; i < n; i++)
            gather_slice(g, &slice, places[i], g->out + (at + i) * bytes);
    }
}

/* Slices so large that each is worth all threads. */
static void gather_large(gather *g, psi_array in, psi_array out, psi_ints sizes)
{
    const int64_t *to_strides = psi_strides_of(out) + out->ndim - sizes.count;
    for (int64_t i = 0; i < g->count; i++) {
        int64_t place = 0;
        psi_indices_places(&g->indices, i, 1, &place);
        psi_copy_elements(g->slice.itemsize, sizes, g->out + i * g->slice_size * g->slice.itemsize,
                          to_strides, g->slice.base + place * g->slice.itemsize, psi_strides_of(in));
    }
}

bool psi_cpu_gather(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    psi_ints axes = psi_attr_list(node, 0), sizes = psi_attr_list(node, axes.count + 1);
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    gather g; /* large: only what is used is set */
    g.out = out->buffer->data;
    g.slice_size = psi_shape_size(sizes);
    g.indices.count = 0;
    g.count = out->size / g.slice_size;
    psi_strided_with(&g.slice, in, sizes, psi_strides_of(in));
    for (int i = 0; i < axes.count; i++) {
        int axis = (int)axes.data[i];
        psi_indices_add(&g.indices, node->in[1 + i], axis, in->shape[axis], sizes.data[axis],
                        psi_strides_of(in)[axis]);
    }
    g.per_call = 1 + CALL_BYTES / (g.slice_size * g.slice.itemsize);
    if (g.slice_size >= LARGE_SLICE)
        gather_large(&g, in, out, sizes);
    else
        psi_parallel((g.count + g.per_call - 1) / g.per_call, gather_call, &g);
    return psi_indices_ok(&g.indices, "gather");
}

typedef struct axis_gather {
    char *out;
    psi_strided source; /* the index's shape, standing still along the axis; without the axes of a run */
    int64_t run;        /* neighbours in memory that share an index */
    int64_t count, per_call;
    psi_indices indices;
} axis_gather;

enum { AXIS_CALL = 32 * PSI_INDEX_BLOCK, LEAST_RUN = 16 };

static void axis_call(void *context, int64_t index)
{
    axis_gather *g = context;
    int64_t places[PSI_INDEX_BLOCK], bytes = g->run * g->source.itemsize;
    int64_t stop = (index + 1) * g->per_call < g->count ? (index + 1) * g->per_call : g->count;
    for (int64_t at = index * g->per_call, n; at < stop; at += n) {
        n = stop - at < PSI_INDEX_BLOCK ? stop - at : PSI_INDEX_BLOCK;
        psi_strided_places(&g->source, at, n, places);
        psi_indices_places(&g->indices, at, n, places);
        if (g->run == 1)
            pick(g->source.itemsize, n, g->out + at * bytes, g->source.base, places);
        else
            for (int64_t i = 0; i < n; i++)
                memcpy(g->out + (at + i) * bytes, g->source.base + places[i] * g->source.itemsize,
                       (size_t)bytes);
    }
}

/* How many axes are left when those behind `axis` are taken off along which the index repeats and the source is dense. */
static int axes_without_run(psi_array in, psi_array index, int axis, int64_t *run)
{
    int ndim = index->ndim;
    for (*run = 1; ndim - 1 > axis; ndim--) {
        int64_t length = index->shape[ndim - 1];
        bool repeats = length == 1 || psi_strides_of(index)[ndim - 1] == 0;
        if (!repeats || (length > 1 && psi_strides_of(in)[ndim - 1] != *run))
            break;
        *run *= length;
    }
    if (*run >= LEAST_RUN)
        return ndim;
    *run = 1;
    return index->ndim;
}

bool psi_cpu_gather_axis(psi_node *node)
{
    psi_array in = node->in[0], index = node->in[1], out = &node->out[0];
    int axis = (int)node->attr[0];
    int64_t strides[PSI_MAX_NDIM];
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    axis_gather g;
    psi_ints shape = {index->shape, axes_without_run(in, index, axis, &g.run)};
    g.out = out->buffer->data;
    g.count = out->size / g.run;
    g.per_call = 1 + (AXIS_CALL - 1) / g.run;
    g.indices.count = 0;
    memcpy(strides, psi_strides_of(in), in->ndim * sizeof *strides);
    strides[axis] = 0;
    psi_strided_with(&g.source, in, shape, strides);
    psi_indices_add(&g.indices, index, axis, in->shape[axis], 1, psi_strides_of(in)[axis]);
    psi_strided_with(&g.indices.each[0].values, index, shape, psi_strides_of(index));
    if (in->shape[axis] == 0) /* no index is right; the first one is reported */
        g.count = g.run = 1, g.source.base = g.out;
    psi_parallel((g.count + g.per_call - 1) / g.per_call, axis_call, &g);
    return psi_indices_ok(&g.indices, "take_along_axis");
}
