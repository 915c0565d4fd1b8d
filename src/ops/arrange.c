/* arrange.c: compositions that broadcast, stack, repeat and roll; they build no primitives of their own. */
#include <string.h>

#include "core/thread.h"
#include "ops/build.h"

static const psi_arrays no_arrays = {NULL, 0};

/* ---- broadcasting ---- */

psi_ints psi_broadcast_shapes(psi_ints a, psi_ints b)
{
    if (!psi_check_ndim(a.count, "broadcast_shapes") || !psi_check_ndim(b.count, "broadcast_shapes"))
        return PSI_NONE;
    int64_t *out = psi_scope_memory((PSI_MAX_NDIM + 1) * sizeof *out);
    int ndim = out ? psi_broadcast_into(a, b, out, "broadcast_shapes") : -1;
    return ndim < 0 ? PSI_NONE : (psi_ints){out, ndim};
}

psi_arrays psi_broadcast_arrays(psi_arrays arrays)
{
    int64_t shape[PSI_MAX_NDIM], wider[PSI_MAX_NDIM];
    int ndim = 0;
    if (!psi_check_inputs(arrays, "broadcast_arrays"))
        return no_arrays;
    for (int i = 0; i < arrays.count; i++) {
        ndim = psi_broadcast_into((psi_ints){shape, ndim}, psi_shape_of(arrays.data[i]), wider,
                                  "broadcast_arrays");
        if (ndim < 0)
            return no_arrays;
        memcpy(shape, wider, (size_t)ndim * sizeof *shape);
    }
    psi_arrays out = {psi_scope_memory(((size_t)arrays.count + 1) * sizeof(psi_array)), arrays.count};
    if (!out.data)
        return no_arrays;
    for (int i = 0; i < arrays.count; i++)
        out.data[i] = psi_expand_with(arrays.data[i], (psi_ints){shape, ndim}, arrays, 0);
    return psi_failed() ? no_arrays : out;
}

psi_array psi_full_like(psi_array a, psi_array value, psi_dtype dtype)
{
    psi_arrays both = psi_broadcast_arrays(PSI_ARRAYS(a, value));
    if (!both.count)
        return psi_error_array();
    return psi_astype(both.data[1], dtype == PSI_DTYPE_COUNT ? psi_dtype_of(a) : dtype);
}

/* ---- stack, meshgrid ---- */

psi_array psi_stack(psi_arrays arrays, int64_t axis)
{
    if (arrays.count <= 0)
        return PSI_INVALID("stack: no arrays were given");
    if (!psi_check_inputs(arrays, "stack"))
        return psi_error_array();
    psi_ints shape = psi_shape_of(arrays.data[0]);
    int at = psi_axis(axis, shape.count + 1, "stack");
    psi_array *layers = psi_scope_memory((size_t)arrays.count * sizeof *layers);
    if (at < 0 || !layers)
        return psi_error_array();
    for (int i = 0; i < arrays.count; i++) {
        if (!psi_same_ints(shape, psi_shape_of(arrays.data[i])))
            return PSI_INVALID("stack: array %d has shape %s, not %s", i,
                               PSI_SHAPE(psi_shape_of(arrays.data[i])), PSI_SHAPE(shape));
        layers[i] = psi_expand_dims(arrays.data[i], PSI_INTS(at));
    }
    return psi_concatenate((psi_arrays){layers, arrays.count}, at);
}

psi_arrays psi_meshgrid(psi_arrays arrays, bool sparse, const char *indexing)
{
    int64_t shape[PSI_MAX_NDIM];
    bool swapped = indexing && !strcmp(indexing, "xy");
    if (!psi_check_inputs(arrays, "meshgrid"))
        return no_arrays;
    if (!swapped && (!indexing || strcmp(indexing, "ij") != 0)) {
        PSI_INVALID("meshgrid: indexing is '%s', not 'xy' or 'ij'", indexing ? indexing : "NULL");
        return no_arrays;
    }
    if (arrays.count > PSI_MAX_NDIM) {
        PSI_INVALID("meshgrid: %d arrays are more than the limit of %d", arrays.count, PSI_MAX_NDIM);
        return no_arrays;
    }
    psi_arrays out = {psi_scope_memory(((size_t)arrays.count + 1) * sizeof(psi_array)), arrays.count};
    if (!out.data)
        return no_arrays;
    for (int i = 0; i < arrays.count; i++) {
        int axis = swapped && arrays.count > 1 && i < 2 ? 1 - i : i;
        for (int d = 0; d < arrays.count; d++)
            shape[d] = d == axis ? arrays.data[i]->size : 1;
        out.data[i] = psi_reshape(arrays.data[i], (psi_ints){shape, arrays.count});
    }
    return psi_failed() ? no_arrays : sparse ? out : psi_broadcast_arrays(out);
}

/* ---- repeat, tile, roll ---- */

psi_array psi_repeat(psi_array a, int64_t repeats, int64_t axis)
{
    int64_t shape[PSI_MAX_NDIM + 1];
    if (!psi_check_inputs(PSI_ARRAYS(a), "repeat"))
        return psi_error_array();
    if (axis == PSI_NO_INT) {
        a = psi_flatten(a, 0, -1);
        axis = 0;
    }
    int at = psi_axis(axis, psi_ndim(a), "repeat");
    if (at < 0)
        return psi_error_array();
    if (repeats < 0)
        return PSI_INVALID("repeat: %lld repeats; there are 0 at least", (long long)repeats);
    if (repeats == 0) /* upstream forgets the shape */
        return psi_zeros(PSI_INTS(0), psi_dtype_of(a));
    if (repeats == 1)
        return a;
    memcpy(shape, a->shape, (size_t)(at + 1) * sizeof *shape);
    shape[at + 1] = repeats;
    memcpy(shape + at + 2, a->shape + at + 1, (size_t)(a->ndim - at - 1) * sizeof *shape);
    psi_array copies = psi_broadcast_to(psi_expand_dims(a, PSI_INTS(at + 1)), (psi_ints){shape, a->ndim + 1});
    return psi_flatten(copies, at, at + 1);
}

psi_array psi_tile(psi_array a, psi_ints reps)
{
    int64_t thin[2 * PSI_MAX_NDIM], wide[2 * PSI_MAX_NDIM], full[PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(a), "tile"))
        return psi_error_array();
    int given = reps.count > 0 ? reps.count : 0, ndim = given > a->ndim ? given : a->ndim, n = 0;
    if (!psi_check_ndim(ndim, "tile"))
        return psi_error_array();
    for (int i = 0; i < ndim; i++) {
        int64_t length = i < ndim - a->ndim ? 1 : a->shape[i - (ndim - a->ndim)];
        int64_t times = i < ndim - given ? 1 : reps.data[i - (ndim - given)];
        if (times < 0 || __builtin_mul_overflow(times, length, &full[i]))
            return PSI_INVALID("tile: %lld repetitions of axis %d are negative or too many", (long long)times,
                               i);
        if (times != 1) {
            thin[n] = 1;
            wide[n++] = times;
        }
        thin[n] = length;
        wide[n++] = length;
    }
    if (n > PSI_MAX_NDIM)
        return PSI_INVALID("tile: repeating needs %d dimensions, more than the limit of %d", n, PSI_MAX_NDIM);
    psi_array copies = psi_broadcast_to(psi_reshape(a, (psi_ints){thin, n}), (psi_ints){wide, n});
    return psi_reshape(copies, (psi_ints){full, ndim});
}

static psi_array roll_axis(psi_array a, int64_t shift, int axis)
{
    int64_t length = psi_shape(a).data[axis];
    if (length == 0)
        return a;
    int64_t cut = (length - shift % length) % length;
    psi_arrays parts = psi_split_at(a, PSI_INTS(cut), axis);
    if (parts.count != 2)
        return psi_error_array();
    return psi_concatenate(PSI_ARRAYS(parts.data[1], parts.data[0]), axis);
}

psi_array psi_roll(psi_array a, psi_ints shift, psi_ints axes)
{
    if (!psi_check_inputs(PSI_ARRAYS(a), "roll"))
        return psi_error_array();
    uint64_t total = 0; /* wraps, as sums of shifts may */
    for (int i = 0; i < shift.count; i++)
        total += (uint64_t)shift.data[i];
    if (axes.count < 0) {
        psi_array flat = psi_flatten(a, 0, -1);
        return psi_is_error(flat) ? flat : psi_reshape(roll_axis(flat, (int64_t)total, 0), psi_shape_of(a));
    }
    if (axes.count > 0 && shift.count < axes.count)
        return PSI_INVALID("roll: %d shifts for %d axes", shift.count, axes.count);
    for (int i = 0; i < axes.count; i++) {
        int axis = psi_axis(axes.data[i], psi_ndim(a), "roll");
        if (axis < 0)
            return psi_error_array();
        a = roll_axis(a, shift.data[i], axis);
        if (psi_is_error(a))
            return a;
    }
    return a;
}
