/* fp8.c: conversions between float32 and the 8-bit format s.eeee.mmm of bias 7; other dtypes pass through float32.
 * As upstream: to the nearest, ties to even; what is 464 or more, infinities and NaN too, becomes 448 with its sign; the
 * codes 0x7f and 0xff, NaN elsewhere, read as 480 and -480. */
#include <stdatomic.h>
#include <string.h>

#include "core/half.h"
#include "core/pool.h"
#include "cpu/kernels.h"

enum { CHUNK = 1 << 13 };

static void encode(int64_t n, uint8_t *out, const float *in)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = psi_fp8_of_float(in[i]);
}

static void decode(int64_t n, float *out, const uint8_t *in)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = psi_float_of_fp8(in[i]);
}

typedef struct job {
    const char *in;
    char *out;
    int64_t size, in_item, out_item;
    psi_row_fn cast; /* to float32 before encoding, from it after decoding; NULL: it is float32 */
    bool to;
    atomic_bool failed;
} job;

static void chunk(void *context, int64_t index)
{
    job *j = context;
    int64_t start = index * CHUNK, n = j->size - start < CHUNK ? j->size - start : CHUNK;
    const char *in = j->in + start * j->in_item;
    char *out = j->out + start * j->out_item;
    float *wide = j->cast ? psi_scratch(0, CHUNK * sizeof *wide) : NULL;
    if (j->cast && !wide) {
        atomic_store(&j->failed, true);
        return;
    }
    if (j->to) {
        if (wide)
            j->cast(n, wide, in, NULL, NULL);
        encode(n, (uint8_t *)out, wide ? wide : (const float *)(const void *)in);
    } else {
        decode(n, wide ? wide : (float *)(void *)out, (const uint8_t *)in);
        if (wide)
            j->cast(n, out, wide, NULL, NULL);
    }
}

static bool convert(psi_node *node, bool to)
{
    psi_array a = node->in[0], out = &node->out[0];
    psi_buffer *temp = NULL;
    psi_dtype real = (psi_dtype)(to ? a->dtype : out->dtype);
    if (!psi_output_new(out))
        return false;
    job j = {.out = out->buffer->data, .size = out->size, .to = to};
    j.in_item = (int64_t)psi_dtype_size((psi_dtype)a->dtype);
    j.out_item = (int64_t)psi_dtype_size((psi_dtype)out->dtype);
    if (real != PSI_FLOAT32)
        j.cast = to ? psi_cpu_cast(PSI_FLOAT32, real) : psi_cpu_cast(real, PSI_FLOAT32);
    if (j.size == 0)
        return true;
    j.in = psi_dense_values(a, &temp);
    if (!j.in)
        return false;
    psi_parallel((j.size + CHUNK - 1) / CHUNK, chunk, &j);
    psi_buffer_release(temp);
    return psi_tasks_done(&j.failed, to ? "to_fp8" : "from_fp8");
}

bool psi_cpu_to_fp8(psi_node *node)
{
    return convert(node, true);
}

bool psi_cpu_from_fp8(psi_node *node)
{
    return convert(node, false);
}
