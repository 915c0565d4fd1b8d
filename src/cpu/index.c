/* index.c: index arrays turned into places of an array. */
#include "cpu/index.h"

#include "cpu/kernels.h"

void psi_indices_add(psi_indices *set, psi_array index, int axis, int64_t length, int64_t part,
                     int64_t stride)
{
    if (set->count == 0) {
        psi_dtype dtype = (psi_dtype)index->dtype;
        set->wraps = psi_issubdtype(dtype, PSI_SIGNEDINTEGER);
        set->widen = psi_cpu_cast(PSI_INT64, dtype);
        atomic_init(&set->missed, false);
    }
    int i = set->count++;
    psi_strided_of(&set->each[i].values, index);
    set->each[i].length = length;
    set->each[i].limit = length - part;
    set->each[i].stride = stride;
    set->each[i].axis = axis;
}

static void remember(psi_indices *set, int which, int64_t value)
{
    bool expected = false;
    if (!atomic_compare_exchange_strong(&set->missed, &expected, true))
        return;
    set->missed_value = value;
    set->missed_axis = set->each[which].axis;
    set->missed_length = set->each[which].length;
}

void psi_indices_places(psi_indices *set, int64_t start, int64_t n, int64_t *places)
{
    int64_t raw[PSI_INDEX_BLOCK], wide[PSI_INDEX_BLOCK];
    for (int k = 0; k < set->count; k++) {
        const int64_t length = set->wraps ? set->each[k].length : 0, limit = set->each[k].limit;
        const int64_t stride = set->each[k].stride;
        psi_strided_load(&set->each[k].values, start, n, raw);
        set->widen(n, wide, raw, NULL, NULL);
        for (int64_t i = 0; i < n; i++) {
            int64_t at = wide[i] < 0 ? wide[i] + length : wide[i];
            if (__builtin_expect(at < 0 || at > limit, 0)) {
                remember(set, k, wide[i]);
                at = 0;
            }
            places[i] += at * stride;
        }
    }
}

bool psi_indices_ok(const psi_indices *set, const char *op)
{
    if (set->count == 0 || !atomic_load(&set->missed))
        return true;
    psi_fail(PSI_INVALID_ARGUMENT, PSI_INDEX_ERROR,
             "%s: index %lld is out of range for axis %d of length %lld", op, (long long)set->missed_value,
             set->missed_axis, (long long)set->missed_length);
    return false;
}
