/* scatter.c: kernels that put or reduce updates where index arrays say. Updates for one place are applied in order.
 * Invariant: all indices are checked before the first element is written, since the output may be the operand's own
 * memory. */
#include <string.h>

#include "core/half.h"
#include "core/pool.h"
#include "cpu/index.h"
#include "cpu/kernels.h"
#include "cpu/scalar/complex64.h"
#include "ops/gather.h"
#include "ops/op.h"

/* n updates, each to its place, or to consecutive ones where `places` is NULL. */
typedef void (*combine_fn)(psi_scatter_kind kind, int64_t n, void *out, const int64_t *places,
                           const void *updates);

#define EACH(expr)                                 \
    for (int64_t i = 0; i < n; i++) {              \
        const int64_t at = places ? places[i] : i; \
        o[at] = expr;                              \
    }                                              \
    break

/* READ and WRITE are for sums and products, VALUE for comparisons. */
#define COMBINE(name, type, READ, WRITE, VALUE)                                          \
    static void name(psi_scatter_kind kind, int64_t n, void *out, const int64_t *places, \
                     const void *updates)                                                \
    {                                                                                    \
        type *o = out;                                                                   \
        const type *u = updates;                                                         \
        switch (kind) {                                                                  \
        case PSI_SCATTER_MAX:                                                            \
            EACH(VALUE(o[at]) > VALUE(u[i]) ? o[at] : u[i]);                             \
        case PSI_SCATTER_MIN:                                                            \
            EACH(VALUE(o[at]) < VALUE(u[i]) ? o[at] : u[i]);                             \
        case PSI_SCATTER_SUM:                                                            \
            EACH(WRITE(READ(o[at]) + READ(u[i])));                                       \
        case PSI_SCATTER_PROD:                                                           \
            EACH(WRITE(READ(o[at]) * READ(u[i])));                                       \
        default:                                                                         \
            EACH(u[i]);                                                                  \
        }                                                                                \
    }

#define AS_BOOL(x) ((x) != 0)
COMBINE(combine_bool, uint8_t, (int), AS_BOOL, )
COMBINE(combine_uint8, uint8_t, (uint32_t), (uint8_t), )
COMBINE(combine_uint16, uint16_t, (uint32_t), (uint16_t), )
COMBINE(combine_uint32, uint32_t, (uint32_t), (uint32_t), )
COMBINE(combine_uint64, uint64_t, (uint64_t), (uint64_t), )
COMBINE(combine_int8, int8_t, (uint32_t), (int8_t), )
COMBINE(combine_int16, int16_t, (uint32_t), (int16_t), )
COMBINE(combine_int32, int32_t, (uint32_t), (int32_t), )
COMBINE(combine_int64, int64_t, (uint64_t), (int64_t), )
COMBINE(combine_float32, float, (float), (float), )
COMBINE(combine_float64, double, (double), (double), )
COMBINE(combine_float16, uint16_t, psi_float_of_float16, psi_float16_of_float, psi_float_of_float16)
COMBINE(combine_bfloat16, uint16_t, psi_float_of_bfloat16, psi_bfloat16_of_float, psi_float_of_bfloat16)

static bool complex_greater(psi_complex64 a, psi_complex64 b)
{
    return a.re > b.re || (a.re == b.re && a.im > b.im);
}

static void combine_complex64(psi_scatter_kind kind, int64_t n, void *out, const int64_t *places,
                              const void *updates)
{
    psi_complex64 *o = out;
    const psi_complex64 *u = updates;
    switch (kind) {
    case PSI_SCATTER_MAX:
        EACH(complex_greater(o[at], u[i]) ? o[at] : u[i]);
    case PSI_SCATTER_MIN:
        EACH(complex_greater(u[i], o[at]) ? o[at] : u[i]);
    case PSI_SCATTER_SUM:
        EACH(((psi_complex64){o[at].re + u[i].re, o[at].im + u[i].im}));
    case PSI_SCATTER_PROD:
        EACH(mul_complex64(o[at], u[i], true));
    default:
        EACH(u[i]);
    }
}

static const combine_fn combiners[PSI_DTYPE_COUNT] = {
    [PSI_BOOL] = combine_bool,         [PSI_UINT8] = combine_uint8,         [PSI_UINT16] = combine_uint16,
    [PSI_UINT32] = combine_uint32,     [PSI_UINT64] = combine_uint64,       [PSI_INT8] = combine_int8,
    [PSI_INT16] = combine_int16,       [PSI_INT32] = combine_int32,         [PSI_INT64] = combine_int64,
    [PSI_FLOAT16] = combine_float16,   [PSI_FLOAT32] = combine_float32,     [PSI_FLOAT64] = combine_float64,
    [PSI_BFLOAT16] = combine_bfloat16, [PSI_COMPLEX64] = combine_complex64,
};

enum { RUN_BLOCK = 1024, WORTH_SHARING = 1 << 16 };

typedef struct scatter {
    psi_scatter_kind kind;
    char *out;
    const char *updates; /* dense */
    int item;
    combine_fn combine;
    psi_row_fn row;        /* of sums and products of runs; else NULL */
    const int64_t *places; /* of each index tuple */
    int64_t count, slice_size;
    psi_strided slice;
} scatter;

/* Elements [from, from + n) of every slice, which lie together in the output. */
static void scatter_runs(const scatter *s, int64_t from, int64_t n)
{
    for (int64_t i = 0; i < s->count; i++) {
        char *to = s->out + (s->places[i] + from) * s->item;
        const char *update = s->updates + (i * s->slice_size + from) * s->item;
        if (s->kind == PSI_SCATTER_NONE)
            memcpy(to, update, (size_t)(n * s->item));
        else if (s->row)
            s->row(n, to, to, update, NULL);
        else
            s->combine(s->kind, n, to, NULL, update);
    }
}

static void scatter_columns(void *context, int64_t index)
{
    const scatter *s = context;
    int64_t from = index * RUN_BLOCK, left = s->slice_size - from;
    scatter_runs(s, from, left < RUN_BLOCK ? left : RUN_BLOCK);
}

static void scatter_elements(const scatter *s)
{
    int64_t places[PSI_INDEX_BLOCK];
    for (int64_t i = 0; i < s->count; i++)
        for (int64_t at = 0, n; at < s->slice_size; at += n) {
            n = s->slice_size - at < PSI_INDEX_BLOCK ? s->slice_size - at : PSI_INDEX_BLOCK;
            psi_strided_places(&s->slice, at, n, places);
            s->combine(s->kind, n, s->out + s->places[i] * s->item, places,
                       s->updates + (i * s->slice_size + at) * s->item);
        }
}

static void scatter_all(scatter *s)
{
    bool runs = s->slice.ndim == 1 && s->slice.strides[0] == 1;
    if (s->slice_size == 1) /* a slice of one element: its tuple's place is its own */
        s->combine(s->kind, s->count, s->out, s->places, s->updates);
    else if (runs && s->slice_size > RUN_BLOCK && s->count * s->slice_size > WORTH_SHARING)
        psi_parallel((s->slice_size + RUN_BLOCK - 1) / RUN_BLOCK, scatter_columns, s);
    else if (runs)
        scatter_runs(s, 0, s->slice_size);
    else
        scatter_elements(s);
}

static psi_row_fn row_of(psi_scatter_kind kind, psi_dtype dtype)
{
    return kind == PSI_SCATTER_SUM    ? psi_cpu_row(PSI_OP_add, dtype)
           : kind == PSI_SCATTER_PROD ? psi_cpu_row(PSI_OP_multiply, dtype)
                                      : NULL;
}

/* The places of all index tuples in a row-major output; false with an error when one lies outside. */
static bool find_places(const psi_node *node, psi_array out, psi_ints axes, const int64_t *part,
                        int64_t count, int64_t *places)
{
    psi_indices set;
    set.count = 0;
    for (int i = 0; i < axes.count; i++) {
        int axis = (int)axes.data[i];
        psi_indices_add(&set, node->in[1 + i], axis, out->shape[axis], part[axis], psi_strides_of(out)[axis]);
    }
    memset(places, 0, (size_t)count * sizeof *places);
    for (int64_t at = 0; at < count; at += PSI_INDEX_BLOCK)
        psi_indices_places(&set, at, count - at < PSI_INDEX_BLOCK ? count - at : PSI_INDEX_BLOCK,
                           places + at);
    return psi_indices_ok(&set, "scatter");
}

bool psi_cpu_scatter(psi_node *node)
{
    psi_array updates = node->in[node->in_count - 1], out = &node->out[0];
    psi_ints axes = psi_attr_list(node, 1);
    const int64_t *part = updates->shape + updates->ndim - out->ndim;
    if (updates->size == 0)
        return psi_output_copy(out, node->in[0]);
    psi_scatter_kind kind = (psi_scatter_kind)node->attr[0];
    psi_dtype dtype = (psi_dtype)out->dtype;
    scatter s = {.kind = kind,
                 .item = (int)psi_itemsize(out),
                 .combine = combiners[dtype],
                 .row = row_of(kind, dtype),
                 .slice_size = psi_shape_size((psi_ints){part, out->ndim})};
    s.count = updates->size / s.slice_size;
    psi_buffer *temp = NULL;
    int64_t *places = psi_malloc((size_t)s.count * sizeof *places);
    psi_set_row_major(out);
    bool ok = places && find_places(node, out, axes, part, s.count, places);
    s.updates = ok ? psi_dense_values(updates, &temp) : NULL;
    ok = s.updates && psi_output_copy(out, node->in[0]);
    if (ok) {
        s.out = out->buffer->data;
        s.places = places;
        psi_strided_with(&s.slice, out, (psi_ints){part, out->ndim}, psi_strides_of(out));
        scatter_all(&s);
    }
    psi_buffer_release(temp);
    psi_free(places);
    return ok;
}

bool psi_cpu_scatter_axis(psi_node *node)
{
    psi_array index = node->in[1], updates = node->in[2], out = &node->out[0];
    psi_scatter_kind kind = node->attr[0] == 0 ? PSI_SCATTER_SUM : PSI_SCATTER_NONE;
    int axis = (int)node->attr[1];
    int64_t strides[PSI_MAX_NDIM], places[PSI_INDEX_BLOCK], n;
    psi_indices set;
    psi_strided target;
    psi_buffer *temp = NULL;
    if (index->size == 0)
        return psi_output_copy(out, node->in[0]);
    set.count = 0;
    psi_set_row_major(out);
    psi_indices_add(&set, index, axis, out->shape[axis], 1, psi_strides_of(out)[axis]);
    for (int64_t at = 0; at < index->size; at += n) {
        n = index->size - at < PSI_INDEX_BLOCK ? index->size - at : PSI_INDEX_BLOCK;
        memset(places, 0, sizeof places);
        psi_indices_places(&set, at, n, places);
    }
    const char *values = psi_indices_ok(&set, "put_along_axis") ? psi_dense_values(updates, &temp) : NULL;
    bool ok = values && psi_output_copy(out, node->in[0]);
    memcpy(strides, psi_strides_of(out), out->ndim * sizeof *strides);
    strides[axis] = 0;
    if (ok)
        psi_strided_with(&target, out, psi_shape_of(index), strides);
    for (int64_t at = 0; ok && at < index->size; at += n) {
        n = index->size - at < PSI_INDEX_BLOCK ? index->size - at : PSI_INDEX_BLOCK;
        psi_strided_places(&target, at, n, places);
        psi_indices_places(&set, at, n, places);
        combiners[out->dtype](kind, n, out->buffer->data, places, values + at * (int64_t)psi_itemsize(out));
    }
    psi_buffer_release(temp);
    return ok;
}
