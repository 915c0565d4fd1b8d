/* divmod.c: quotients rounded towards zero and their remainders, as upstream has them; of a division by the integer zero
 * both are 0. Half types run in float32. */
#include <math.h>
#include <stdatomic.h>

#include "core/pool.h"
#include "cpu/kernels.h"
#include "cpu/reduce.h"
#include "cpu/tiles.h"

enum { CHUNK = 1 << 13 };

typedef struct job {
    const char *a, *b;
    char *out[2];
    psi_row_fn widen, narrow;
    psi_dtype dtype;
    int64_t size, stored, item;
    atomic_bool failed;
} job;

#define WHOLE(type)                                                          \
    do {                                                                     \
        const type *x = a, *y = b;                                           \
        type *quotient = q, *rest = r;                                       \
        for (int64_t i = 0; i < n; i++) {                                    \
            /* The least integer over -1 wraps. */                           \
            bool negate = (type)-1 < 1 && y[i] == (type)-1;                  \
            type d = y[i] == 0 || negate ? 1 : y[i];                         \
            type s = y[i] == 0 ? 0 : x[i] / d, m = y[i] == 0 ? 0 : x[i] % d; \
            quotient[i] = negate ? (type)(0 - (uint64_t)s) : s;              \
            rest[i] = m;                                                     \
        }                                                                    \
    } while (0)

#define REAL(type, trunc, fmod)           \
    do {                                  \
        const type *x = a, *y = b;        \
        type *quotient = q, *rest = r;    \
        for (int64_t i = 0; i < n; i++) { \
            type s = trunc(x[i] / y[i]);  \
            rest[i] = fmod(x[i], y[i]);   \
            quotient[i] = s;              \
        }                                 \
    } while (0)

static void divide(psi_dtype dtype, int64_t n, void *q, void *r, const void *a, const void *b)
{
    switch (dtype) {
    case PSI_BOOL:
    case PSI_UINT8:
        WHOLE(uint8_t);
        break;
    case PSI_UINT16:
        WHOLE(uint16_t);
        break;
    case PSI_UINT32:
        WHOLE(uint32_t);
        break;
    case PSI_UINT64:
        WHOLE(uint64_t);
        break;
    case PSI_INT8:
        WHOLE(int8_t);
        break;
    case PSI_INT16:
        WHOLE(int16_t);
        break;
    case PSI_INT32:
        WHOLE(int32_t);
        break;
    case PSI_INT64:
        WHOLE(int64_t);
        break;
    case PSI_FLOAT64:
        REAL(double, trunc, fmod);
        break;
    default:
        REAL(float, truncf, fmodf);
    }
}

static void chunk(void *context, int64_t index)
{
    job *j = context;
    int64_t at = index * CHUNK, n = j->size - at < CHUNK ? j->size - at : CHUNK;
    const void *a = j->a + at * j->stored, *b = j->b + at * j->stored;
    void *q = j->out[0] + at * j->stored, *r = j->out[1] + at * j->stored;
    if (!j->widen) {
        divide(j->dtype, n, q, r, a, b);
        return;
    }
    char *wide = psi_scratch(0, (size_t)(4 * CHUNK * j->item));
    if (!wide) {
        atomic_store(&j->failed, true);
        return;
    }
    char *x = wide, *y = x + CHUNK * j->item, *s = y + CHUNK * j->item, *m = s + CHUNK * j->item;
    j->widen(n, x, a, NULL, NULL);
    j->widen(n, y, b, NULL, NULL);
    divide(j->dtype, n, s, m, x, y);
    j->narrow(n, q, s, NULL, NULL);
    j->narrow(n, r, m, NULL, NULL);
}

bool psi_cpu_divmod(psi_node *node)
{
    psi_array a = node->in[0], out = &node->out[0];
    psi_dtype stored = (psi_dtype)a->dtype, dtype = psi_element_dtype(stored);
    psi_buffer *temp[2] = {NULL, NULL};
    if (!psi_output_new(&node->out[0]) || !psi_output_new(&node->out[1]))
        return false;
    job j = {.out = {out->buffer->data, node->out[1].buffer->data},
             .dtype = dtype,
             .size = out->size,
             .stored = (int64_t)psi_dtype_size(stored),
             .item = (int64_t)psi_dtype_size(dtype)};
    if (dtype != stored) {
        j.widen = psi_cpu_cast(dtype, stored);
        j.narrow = psi_cpu_cast(stored, dtype);
    }
    bool ok = out->size == 0;
    if (!ok) {
        j.a = psi_dense_values(a, &temp[0]);
        j.b = j.a ? psi_dense_values(node->in[1], &temp[1]) : NULL;
        ok = j.b;
        if (ok)
            psi_parallel((j.size + CHUNK - 1) / CHUNK, chunk, &j);
    }
    for (int i = 0; i < 2; i++)
        psi_buffer_release(temp[i]);
    return ok && psi_tasks_done(&j.failed, "divmod");
}
