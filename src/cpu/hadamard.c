/* hadamard.c: the Walsh-Hadamard transform of rows of m * 2^k elements: butterflies over the powers of two, then a small
 * matrix of order m. Half types run in float32 and are rounded once. Rows are shared among threads. */
#include <stdatomic.h>

#include "core/pool.h"
#include "cpu/kernels.h"

enum { ORDER_MAX = 28, STRIP = 64 };

/* First rows of the 4 x 4 circulant blocks; a set bit is -1. */
static const uint8_t blocks20[16] = {30, 30, 12, 18, 1, 30, 13, 12, 19, 18, 30, 1, 13, 19, 30, 30};
static const uint8_t blocks28[16] = {126, 60, 90, 102, 67, 126, 25, 90, 37, 102, 126, 67, 25, 37, 60, 126};

/* Whether the matrix of order m has -1 there. 12 is a conference matrix of order 6, in blocks of 2. */
static bool is_minus(int m, int row, int column)
{
    if (m == 12) {
        int i = row / 2, j = column / 2, low = row % 2, right = column % 2;
        if (i == j)
            return low || right;
        int step = (j - i + 5) % 5;
        bool minus = i && j && (step == 2 || step == 3);
        return minus != (low && right);
    }
    int size = m / 4, block = row / size * 4 + column / size;
    int place = (column % size - row % size + size) % size;
    return (m == 20 ? blocks20 : blocks28)[block] >> place & 1;
}

typedef struct job {
    char *data;
    int64_t n, power, rows, item;
    int m;
    double scale;
    psi_row_fn widen, narrow; /* NULL: the dtype is worked in itself */
    bool wide;
    bool minus[ORDER_MAX][ORDER_MAX];
    atomic_bool failed;
} job;

#define TRANSFORM(type)                                                                        \
    static void butterflies_##type(type *x, int64_t n)                                         \
    {                                                                                          \
        for (int64_t h = 1; h < n; h *= 2)                                                     \
            for (int64_t at = 0; at < n; at += 2 * h)                                          \
                for (int64_t i = at; i < at + h; i++) {                                        \
                    type a = x[i], b = x[i + h];                                               \
                    x[i] = a + b;                                                              \
                    x[i + h] = a - b;                                                          \
                }                                                                              \
    }                                                                                          \
    /* Columns [at, at + count) of m rows of length p. */                                      \
    static void strip_##type(const job *j, type *x, int64_t p, int64_t at, int64_t count)      \
    {                                                                                          \
        type sums[ORDER_MAX][STRIP];                                                           \
        for (int row = 0; row < j->m; row++) {                                                 \
            for (int64_t i = 0; i < count; i++)                                                \
                sums[row][i] = 0;                                                              \
            for (int column = 0; column < j->m; column++) {                                    \
                const type sign = j->minus[row][column] ? -1 : 1, *from = x + column * p + at; \
                for (int64_t i = 0; i < count; i++)                                            \
                    sums[row][i] += sign * from[i];                                            \
            }                                                                                  \
        }                                                                                      \
        for (int row = 0; row < j->m; row++)                                                   \
            for (int64_t i = 0; i < count; i++)                                                \
                x[row * p + at + i] = sums[row][i];                                            \
    }                                                                                          \
    static void row_##type(const job *j, type *x)                                              \
    {                                                                                          \
        for (int i = 0; i < j->m; i++)                                                         \
            butterflies_##type(x + i * j->power, j->power);                                    \
        for (int64_t at = 0; j->m > 1 && at < j->power; at += STRIP)                           \
            strip_##type(j, x, j->power, at, j->power - at < STRIP ? j->power - at : STRIP);   \
        for (int64_t i = 0; i < j->n; i++)                                                     \
            x[i] *= (type)j->scale;                                                            \
    }
TRANSFORM(float)
TRANSFORM(double)

static void one_row(void *context, int64_t index)
{
    job *j = context;
    void *row = j->data + index * j->n * j->item;
    if (j->wide) {
        row_double(j, row);
    } else if (!j->widen) {
        row_float(j, row);
    } else {
        float *x = psi_scratch(0, (size_t)j->n * sizeof *x);
        if (!x) {
            atomic_store(&j->failed, true);
            return;
        }
        j->widen(j->n, x, row, NULL, NULL);
        row_float(j, x);
        j->narrow(j->n, row, x, NULL, NULL);
    }
}

bool psi_cpu_hadamard(psi_node *node)
{
    psi_array out = &node->out[0];
    psi_dtype dtype = (psi_dtype)out->dtype;
    if (!psi_output_copy(out, node->in[0]))
        return false;
    job j = {.data = out->buffer->data,
             .n = out->shape[out->ndim - 1],
             .m = 1,
             .item = (int64_t)psi_dtype_size(dtype),
             .scale = psi_attr_real(node, 0),
             .wide = dtype == PSI_FLOAT64};
    for (j.power = j.n; j.power % 2 == 0;)
        j.power /= 2;
    if (j.power > 1) /* 3, 5 or 7: the small matrix takes two of the factors 2 */
        j.m = (int)j.power * 4;
    j.power = j.n / j.m;
    j.rows = out->size / j.n;
    for (int row = 0; j.m > 1 && row < j.m; row++)
        for (int column = 0; column < j.m; column++)
            j.minus[row][column] = is_minus(j.m, row, column);
    if (dtype == PSI_FLOAT16 || dtype == PSI_BFLOAT16) {
        j.widen = psi_cpu_cast(PSI_FLOAT32, dtype);
        j.narrow = psi_cpu_cast(dtype, PSI_FLOAT32);
    }
    psi_parallel(j.rows, one_row, &j);
    return psi_tasks_done(&j.failed, "hadamard_transform");
}
