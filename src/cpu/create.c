/* create.c: the kernel of arange. Invariant: each element comes from its own index, so no error builds up. */
#include "core/pool.h"
#include "cpu/kernels.h"

enum { CHUNK = 1 << 15, BLOCK = 512 };

typedef struct range {
    double start, step;
    uint64_t first, pace; /* the same for integer dtypes, wrapping */
    bool integral;
    psi_row_fn cast;
    char *out;
    int64_t size, itemsize;
} range;

static void fill(void *context, int64_t index)
{
    const range *r = context;
    int64_t stop = (index + 1) * CHUNK < r->size ? (index + 1) * CHUNK : r->size;
    union {
        uint64_t i[BLOCK];
        double d[BLOCK];
    } values;
    for (int64_t at = index * CHUNK; at < stop; at += BLOCK) {
        int64_t n = stop - at < BLOCK ? stop - at : BLOCK;
        if (r->integral)
            for (int64_t i = 0; i < n; i++)
                values.i[i] = r->first + (uint64_t)(at + i) * r->pace;
        else
            for (int64_t i = 0; i < n; i++)
                values.d[i] = r->start + (double)(at + i) * r->step;
        r->cast(n, r->out + at * r->itemsize, &values, NULL, NULL);
    }
}

/* Truncated towards zero, as two's complement; what does not fit 64 bits is cut off at their ends. */
static uint64_t whole(double x)
{
    if (x >= 0x1p64)
        return UINT64_MAX;
    if (x >= 0)
        return (uint64_t)x;
    return (uint64_t)(x > -0x1p63 ? (int64_t)x : INT64_MIN);
}

bool psi_cpu_arange(psi_node *node)
{
    psi_array out = &node->out[0];
    psi_dtype dtype = (psi_dtype)out->dtype;
    if (!psi_output_new(out))
        return false;
    range r = {.start = psi_attr_real(node, 0),
               .step = psi_attr_real(node, 2),
               .out = psi_values(out),
               .size = out->size,
               .itemsize = (int64_t)psi_itemsize(out)};
    r.integral = !psi_issubdtype(dtype, PSI_INEXACT);
    r.first = whole(r.start);
    r.pace = whole(r.start + r.step) - r.first;
    r.cast = psi_cpu_cast(dtype, r.integral ? PSI_UINT64 : PSI_FLOAT64);
    psi_parallel((r.size + CHUNK - 1) / CHUNK, fill, &r);
    return true;
}
