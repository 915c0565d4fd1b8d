/* masked.c: the kernel that puts values under a mask. Values are counted before the first one is written. */
#include <string.h>

#include "cpu/kernels.h"

static bool enough(const uint8_t *mask, int64_t batches, int64_t masks, int64_t values)
{
    for (int64_t b = 0; b < batches; b++) {
        int64_t wanted = 0;
        for (int64_t i = 0; i < masks; i++)
            wanted += mask[b * masks + i] != 0;
        if (wanted > values) {
            PSI_INVALID("masked_scatter: %lld values for %lld places under the mask", (long long)values,
                        (long long)wanted);
            return false;
        }
    }
    return true;
}

static inline __attribute__((always_inline)) void put(size_t item, int64_t n, char *out, const uint8_t *mask,
                                                      const char *values)
{
    for (int64_t i = 0; i < n; i++)
        if (mask[i]) {
            memcpy(out + i * (int64_t)item, values, item);
            values += item;
        }
}

static void put_batch(size_t item, int64_t n, char *out, const uint8_t *mask, const char *values)
{
    if (item == 1)
        put(1, n, out, mask, values);
    else if (item == 2)
        put(2, n, out, mask, values);
    else if (item == 4)
        put(4, n, out, mask, values);
    else
        put(8, n, out, mask, values);
}

bool psi_cpu_masked_scatter(psi_node *node)
{
    psi_array a = node->in[0], out = &node->out[0];
    psi_buffer *temp[2] = {NULL, NULL};
    if (a->size == 0)
        return psi_output_copy(out, a);
    int64_t batches = a->shape[0], masks = a->size / batches, values = node->in[2]->size / batches;
    size_t item = psi_itemsize(a);
    const uint8_t *mask = psi_dense_values(node->in[1], &temp[0]);
    const char *from = mask ? psi_dense_values(node->in[2], &temp[1]) : NULL;
    bool ok = from && enough(mask, batches, masks, values) && psi_output_copy(out, a);
    for (int64_t b = 0; ok && b < batches; b++)
        put_batch(item, masks, (char *)out->buffer->data + (size_t)(b * masks) * item, mask + b * masks,
                  from + (size_t)(b * values) * item);
    for (int i = 0; i < 2; i++)
        psi_buffer_release(temp[i]);
    return ok;
}
