/* batch.c: where the matrices of a stack begin. */
#include "cpu/batch.h"

#include "eval/strided.h"

int64_t psi_matrices(psi_array a)
{
    int64_t count = 1;
    for (int i = 0; i < a->ndim - 2; i++)
        count *= a->shape[i];
    return count;
}

void psi_batch_offsets(psi_array a, int64_t *offsets)
{
    int64_t count = 1;
    offsets[0] = 0;
    for (int i = 0; i < a->ndim - 2; i++) {
        int64_t length = a->shape[i], stride = psi_strides_of(a)[i];
        /* Back to front, so that an entry is read before it is overwritten. */
        for (int64_t at = count * length; at-- > 0;)
            offsets[at] = offsets[at / length] + at % length * stride;
        count *= length;
    }
}

bool psi_pick_offsets(psi_array a, psi_array indices, int64_t *offsets, int64_t *room, const char *op)
{
    int64_t count = psi_matrices(a);
    psi_strided s;
    psi_batch_offsets(a, room);
    uint32_t *picks = psi_malloc((size_t)indices->size * sizeof *picks);
    if (!picks)
        return false;
    psi_strided_of(&s, indices);
    psi_strided_load(&s, 0, indices->size, picks);
    bool ok = true;
    for (int64_t i = 0; ok && i < indices->size; i++) {
        ok = picks[i] < count;
        if (ok)
            offsets[i] = room[picks[i]];
        else
            psi_fail(PSI_INVALID_ARGUMENT, PSI_INDEX_ERROR, "%s: index %u of %lld matrices", op, picks[i],
                     (long long)count);
    }
    psi_free(picks);
    return ok;
}
