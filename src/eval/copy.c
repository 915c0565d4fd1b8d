/* copy.c: copying elements from one layout to another, in parallel and by cache-sized blocks.
 * Invariant: work is cut by size only; each element is written once. */
#include "eval/copy.h"

#include <string.h>

#include "core/arith.h"
#include "core/pool.h"
#include "core/shape.h"
#include "eval/backend.h"

enum {
    LINE = 64,      /* bytes of source that a transposing block reads at a time */
    TILE_COLS = 64, /* columns of such a block */
    UNIT = 1 << 15, /* elements of a plain block, and of the work one call of the pool is worth */
};

/* The innermost two axes in `rows` and `cols`; axis i < ndim steps over blocks. Steps in elements. */
typedef struct job {
    char *to;
    const char *from;
    int item, ndim;
    int64_t shape[PSI_MAX_NDIM + 2], to_step[PSI_MAX_NDIM + 2], from_step[PSI_MAX_NDIM + 2];
    int64_t rows, cols, row_to, row_from, col_to, col_from;
    int64_t row_block, col_block; /* rows and columns of one unit */
    int64_t units, units_per_call;
    bool transposes;
} job;

/* n elements from stride to stride; `item` is a constant where it is inlined. */
static inline __attribute__((always_inline)) void run_of(size_t item, int64_t n, char *to, int64_t to_step,
                                                         const char *from, int64_t from_step)
{
    for (int64_t i = 0; i < n; i++)
        memcpy(to + i * to_step * (int64_t)item, from + i * from_step * (int64_t)item, item);
}

/* n copies of one element, which is read once. */
static inline __attribute__((always_inline)) void fill_of(size_t item, int64_t n, char *to, const char *from)
{
    char value[8];
    memcpy(value, from, item);
    for (int64_t i = 0; i < n; i++)
        memcpy(to + i * (int64_t)item, value, item);
}

static inline __attribute__((always_inline)) void plain_of(size_t item, const job *j, int64_t rows,
                                                           int64_t cols, char *to, const char *from)
{
    for (int64_t r = 0; r < rows; r++) {
        if (j->col_to == 1 && j->col_from == 1)
            memcpy(to, from, (size_t)cols * item);
        else if (j->col_to == 1 && j->col_from == 0)
            fill_of(item, cols, to, from);
        else if (j->col_to == 1)
            run_of(item, cols, to, 1, from, j->col_from);
        else
            run_of(item, cols, to, j->col_to, from, j->col_from);
        to += j->row_to * (int64_t)item;
        from += j->row_from * (int64_t)item;
    }
}

/* Rows lie close together in the source: lines of it are collected, then written row by row. */
static inline __attribute__((always_inline)) void tile_of(size_t item, const job *j, int64_t rows,
                                                          int64_t cols, char *to, const char *from)
{
    enum { ROOM = LINE * TILE_COLS };
    _Alignas(64) char lines[ROOM];
    const int64_t wide = LINE / (int64_t)item;
    for (int64_t c = 0; c < cols; c++) {
        const char *line = from + c * j->col_from * (int64_t)item;
        if (rows == wide && j->row_from == 1)
            memcpy(lines + c * LINE, line, LINE);
        else
            run_of(item, rows, lines + c * LINE, 1, line, j->row_from);
    }
    for (int64_t r = 0; r < rows; r++) {
        const char *column = lines + r * (int64_t)item;
        char *row = to + r * j->row_to * (int64_t)item;
        if (j->col_to == 1)
            run_of(item, cols, row, 1, column, wide);
        else
            run_of(item, cols, row, j->col_to, column, wide);
    }
}

static inline __attribute__((always_inline)) void block_of(size_t item, const job *j, int64_t rows,
                                                           int64_t cols, char *to, const char *from)
{
    if (j->transposes)
        tile_of(item, j, rows, cols, to, from);
    else
        plain_of(item, j, rows, cols, to, from);
}

static void block(const job *j, int64_t rows, int64_t cols, char *to, const char *from)
{
    if (j->item == 1)
        block_of(1, j, rows, cols, to, from);
    else if (j->item == 2)
        block_of(2, j, rows, cols, to, from);
    else if (j->item == 4)
        block_of(4, j, rows, cols, to, from);
    else
        block_of(8, j, rows, cols, to, from);
}

/* Axes ndim and ndim + 1 count blocks of rows and of columns. */
static void run_units(void *context, int64_t index)
{
    const job *j = context;
    int64_t at[PSI_MAX_NDIM + 2], unit = index * j->units_per_call, rest = unit;
    int64_t stop = psi_least(unit + j->units_per_call, j->units), to = 0, from = 0;
    int last = j->ndim + 1;
    for (int i = last; i >= 0; i--) {
        at[i] = rest % j->shape[i];
        rest /= j->shape[i];
        to += at[i] * j->to_step[i];
        from += at[i] * j->from_step[i];
    }
    for (; unit < stop; unit++) {
        int64_t rows = psi_least(j->row_block, j->rows - at[last - 1] * j->row_block);
        int64_t cols = psi_least(j->col_block, j->cols - at[last] * j->col_block);
        block(j, rows, cols, j->to + to * j->item, j->from + from * j->item);
        at[last]++;
        to += j->to_step[last];
        from += j->from_step[last];
        for (int i = last; i > 0 && at[i] == j->shape[i]; i--) {
            to += j->to_step[i - 1] - at[i] * j->to_step[i];
            from += j->from_step[i - 1] - at[i] * j->from_step[i];
            at[i] = 0;
            at[i - 1]++;
        }
    }
}

static int64_t magnitude(int64_t step)
{
    return step < 0 ? -step : step;
}

/* The axis, other than the last, along which the source steps least; -1 when there is none. */
static int nearest_axis(const int64_t *shape, const int64_t *steps, int ndim)
{
    int best = -1;
    for (int i = 0; i < ndim - 1; i++)
        if (shape[i] > 1 && steps[i] && (best < 0 || magnitude(steps[i]) < magnitude(steps[best])))
            best = i;
    return best;
}

/* Chooses rows and columns among the collapsed axes, and the blocks; the other axes stay in the lists. */
static void arrange(job *j, int ndim)
{
    int last = ndim - 1, row = nearest_axis(j->shape, j->from_step, ndim), n = 0;
    int64_t inner = magnitude(j->from_step[last]);
    j->cols = j->shape[last];
    j->col_to = j->to_step[last];
    j->col_from = j->from_step[last];
    j->transposes = row >= 0 && inner > 1 && magnitude(j->from_step[row]) < inner;
    if (!j->transposes)
        row = ndim - 2;
    j->rows = row < 0 ? 1 : j->shape[row];
    j->row_to = row < 0 ? 0 : j->to_step[row];
    j->row_from = row < 0 ? 0 : j->from_step[row];
    for (int i = 0; i < last; i++) {
        if (i == row)
            continue;
        j->shape[n] = j->shape[i];
        j->to_step[n] = j->to_step[i];
        j->from_step[n++] = j->from_step[i];
    }
    j->ndim = n;
    j->col_block = psi_least(j->cols, j->transposes ? TILE_COLS : UNIT);
    j->row_block = psi_least(j->rows, j->transposes ? LINE / j->item : (UNIT + j->cols - 1) / j->cols);
    j->shape[n] = (j->rows + j->row_block - 1) / j->row_block;
    j->to_step[n] = j->row_to * j->row_block;
    j->from_step[n] = j->row_from * j->row_block;
    j->shape[n + 1] = (j->cols + j->col_block - 1) / j->col_block;
    j->to_step[n + 1] = j->col_to * j->col_block;
    j->from_step[n + 1] = j->col_from * j->col_block;
}

void psi_copy_elements(int itemsize, psi_ints shape, void *to, const int64_t *to_strides, const void *from,
                       const int64_t *from_strides)
{
    job j = {.to = to, .from = from, .item = itemsize};
    for (int i = 0; i < shape.count; i++) {
        if (shape.data[i] == 0)
            return;
        j.shape[i] = shape.data[i];
        j.to_step[i] = to_strides[i];
        j.from_step[i] = from_strides[i];
    }
    arrange(&j, psi_collapse(shape.count, j.shape, 2, (int64_t *const[]){j.to_step, j.from_step}));
    j.units = 1;
    for (int i = 0; i < j.ndim + 2; i++)
        j.units *= j.shape[i];
    j.units_per_call = 1 + UNIT / (j.row_block * j.col_block);
    psi_parallel((j.units + j.units_per_call - 1) / j.units_per_call, run_units, &j);
}

void psi_copy_dense(void *out, psi_array in)
{
    int64_t strides[PSI_MAX_NDIM], step = 1;
    if (in->size == 0)
        return;
    for (int i = in->ndim; i-- > 0; step *= in->shape[i])
        strides[i] = step;
    psi_copy_elements((int)psi_itemsize(in), psi_shape_of(in), out, strides, psi_values(in),
                      psi_strides_of(in));
}
