/* rope.c: rotary positions. Sines and cosines of all positions are made first, once for all that share them; then rows of
 * features are turned, a few at a time. Half types run in float32 and are rounded once. */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "core/pool.h"
#include "cpu/kernels.h"
#include "cpu/reduce.h"
#include "cpu/tiles.h"
#include "ops/op.h"

enum { TASK = 1 << 14, TILE = 1 << 12 }; /* elements */

typedef struct job {
    psi_tiles tiles;
    psi_row_fn narrow;
    char *out;
    float *cosines, *sines; /* tables x positions x pairs */
    int64_t rows, n, dims, per_task, per_tile, item, out_item;
    int64_t positions, tables, rows_of_table;
    bool traditional, wide;
    atomic_bool failed;
} job;

/* The angles of pair i are x[a(i)] and x[b(i)], turned by it. */
#define TURN(type)                                                                                  \
    static void turn_##type(const job *j, type *restrict y, const type *restrict x, const float *c, \
                            const float *s)                                                         \
    {                                                                                               \
        int64_t half = j->dims / 2;                                                                 \
        if (j->traditional) {                                                                       \
            for (int64_t i = 0; i < half; i++) {                                                    \
                type a = x[2 * i], b = x[2 * i + 1];                                                \
                y[2 * i] = a * (type)c[i] - b * (type)s[i];                                         \
                y[2 * i + 1] = a * (type)s[i] + b * (type)c[i];                                     \
            }                                                                                       \
        } else {                                                                                    \
            for (int64_t i = 0; i < half; i++) {                                                    \
                type a = x[i], b = x[i + half];                                                     \
                y[i] = a * (type)c[i] - b * (type)s[i];                                             \
                y[i + half] = a * (type)s[i] + b * (type)c[i];                                      \
            }                                                                                       \
        }                                                                                           \
        memcpy(y + j->dims, x + j->dims, (size_t)(j->n - j->dims) * sizeof *y);                     \
    }
TURN(float)
TURN(double)

static bool turn_rows(const job *j, int64_t row, int64_t count)
{
    const char *x = psi_tile_load(&j->tiles, 0, row * j->n, count * j->n);
    char *to = j->out + row * j->n * j->out_item;
    char *work = j->narrow ? psi_scratch(2, (size_t)(count * j->n * j->item)) : to;
    if (!x || !work)
        return false;
    for (int64_t i = 0; i < count; i++) {
        int64_t table = (row + i) / j->rows_of_table, at = (row + i) % j->positions;
        int64_t place = (table * j->positions + at) * (j->dims / 2), offset = i * j->n;
        if (j->wide)
            turn_double(j, (double *)(void *)work + offset, (const double *)(const void *)x + offset,
                        j->cosines + place, j->sines + place);
        else
            turn_float(j, (float *)(void *)work + offset, (const float *)(const void *)x + offset,
                       j->cosines + place, j->sines + place);
    }
    if (j->narrow)
        j->narrow(count * j->n, to, work, NULL, NULL);
    return true;
}

static void run_task(void *context, int64_t index)
{
    job *j = context;
    int64_t stop = (index + 1) * j->per_task < j->rows ? (index + 1) * j->per_task : j->rows;
    for (int64_t row = index * j->per_task; row < stop; row += j->per_tile)
        if (!turn_rows(j, row, row + j->per_tile < stop ? j->per_tile : stop - row))
            atomic_store(&j->failed, true);
}

/* What one table is made of; frequencies are taken by their inverses. */
typedef struct angles {
    job *j;
    const float *inverse;
    const void *offsets;
    bool is_signed, one_offset, one_inverse;
    float scale;
    bool forward;
} angles;

static void make_angles(void *context, int64_t index)
{
    const angles *a = context;
    int64_t half = a->j->dims / 2, table = index / a->j->positions, at = index % a->j->positions;
    int64_t which = a->one_offset ? 0 : table;
    float offset = a->is_signed ? (float)((const int32_t *)a->offsets)[which]
                                : (float)((const uint32_t *)a->offsets)[which];
    float position = ((float)at + offset) * a->scale;
    const float *inverse = a->inverse + (a->one_inverse ? 0 : table * half);
    float *c = a->j->cosines + index * half, *s = a->j->sines + index * half;
    for (int64_t i = 0; i < half; i++)
        c[i] = position * inverse[i];
    psi_cpu_row(PSI_OP_sin, PSI_FLOAT32)(half, s, c, NULL, NULL);
    psi_cpu_row(PSI_OP_cos, PSI_FLOAT32)(half, c, c, NULL, NULL);
    for (int64_t i = 0; i < half && !a->forward; i++)
        s[i] = -s[i];
}

/* 1 / frequency for each pair, of every row of frequencies. */
static float *inverses(const psi_node *node, int64_t half)
{
    psi_array freqs = node->in_count > 2 ? node->in[2] : NULL;
    int64_t n = freqs ? freqs->size : half;
    float *inverse = psi_malloc((size_t)n * sizeof *inverse);
    if (!inverse)
        return NULL;
    if (freqs)
        psi_copy_dense(inverse, freqs);
    float step = logf((float)psi_attr_real(node, 2)) / (float)half;
    for (int64_t i = 0; i < n; i++)
        inverse[i] = freqs ? 1 / inverse[i] : (float)exp((double)(-(float)i * step));
    return inverse;
}

static bool make_tables(job *j, const psi_node *node)
{
    psi_array offset = node->in[1];
    psi_buffer *temp;
    int64_t half = j->dims / 2, size = j->tables * j->positions * half;
    const void *offsets = psi_dense_values(offset, &temp);
    float *inverse = offsets ? inverses(node, half) : NULL;
    j->cosines = inverse ? psi_malloc(2 * (size_t)size * sizeof *j->cosines) : NULL;
    if (j->cosines) {
        j->sines = j->cosines + size;
        angles a = {.j = j,
                    .inverse = inverse,
                    .offsets = offsets,
                    .is_signed = offset->dtype == PSI_INT32,
                    .one_offset = offset->size == 1,
                    .one_inverse = node->in_count < 3 || node->in[2]->ndim == 1,
                    .scale = (float)psi_attr_real(node, 3),
                    .forward = node->attr[4] != 0};
        psi_parallel(j->tables * j->positions, make_angles, &a);
    }
    psi_free(inverse);
    psi_buffer_release(temp);
    return j->cosines != NULL;
}

bool psi_cpu_rope(psi_node *node)
{
    psi_array in = node->in[0], out = &node->out[0];
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    psi_dtype dtype = psi_element_dtype((psi_dtype)in->dtype);
    bool by_entry = node->in[1]->size != 1 || (node->in_count > 2 && node->in[2]->ndim == 2);
    job j = {.out = out->buffer->data,
             .n = in->shape[in->ndim - 1],
             .dims = node->attr[0],
             .positions = in->shape[in->ndim - 2],
             .tables = by_entry ? in->shape[0] : 1,
             .item = (int64_t)psi_dtype_size(dtype),
             .out_item = (int64_t)psi_itemsize(out),
             .traditional = node->attr[1] != 0,
             .wide = dtype == PSI_FLOAT64};
    j.rows = in->size / j.n;
    j.rows_of_table = j.rows / j.tables;
    j.per_tile = 1 + TILE / j.n;
    j.per_task = (1 + TASK / j.n + j.per_tile - 1) / j.per_tile * j.per_tile;
    psi_tiles_of(&j.tiles, in, dtype);
    psi_strided_of(&j.tiles.from, in);
    j.narrow = dtype == out->dtype ? NULL : psi_cpu_cast((psi_dtype)out->dtype, dtype);
    bool ok = make_tables(&j, node);
    if (ok)
        psi_parallel((j.rows + j.per_task - 1) / j.per_task, run_task, &j);
    psi_free(j.cosines);
    return ok && psi_tasks_done(&j.failed, "rope");
}
