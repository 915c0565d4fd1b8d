/* index.c: reading by index. Ints, slices and new axes are views; arrays are gathered, together with the ints beside them.
 * Invariant: slices are cut before anything is gathered, so that only what is wanted is touched. */
#include "index.h"

#include "core/error.h"

/* ---- views ---- */

static psi_array cut(psi_array a, const psi_py_index_list *list, bool ints)
{
    int64_t start[PSI_PY_AXES], stop[PSI_PY_AXES], step[PSI_PY_AXES];
    int n = psi_ndim(a);
    bool whole = true;
    for (int i = 0; i < n; i++) {
        start[i] = 0;
        stop[i] = psi_shape(a).data[i];
        step[i] = 1;
    }
    for (int i = 0; i < list->count; i++) {
        const psi_py_index_item *item = &list->items[i];
        int axis = item->axis;
        if (item->kind == PSI_PY_INT && ints) {
            if (item->start < 0 || item->start >= stop[axis])
                return PSI_INVALID("index %lld is out of range for axis %d of length %lld",
                                   (long long)item->start, axis, (long long)stop[axis]);
            start[axis] = item->start;
            stop[axis] = item->start + 1;
            whole = false;
        } else if (item->kind == PSI_PY_SLICE && !item->whole) {
            int64_t length = stop[axis];
            start[axis] = item->start;
            /* A stop of -1 that is meant as "before the first" is spelled so that it does not count from the end. */
            stop[axis] = item->stop < 0 ? -length - 1 : item->stop;
            step[axis] = item->step;
            if (!item->length)
                start[axis] = stop[axis] = 0, step[axis] = 1;
            whole = false;
        }
    }
    return whole ? a : psi_slice(a, (psi_ints){start, n}, (psi_ints){stop, n}, (psi_ints){step, n});
}

/* Drops the axes of ints, then adds new axes at `places` of the result. */
static psi_array reshape_axes(psi_array a, const int64_t *drop, int drops, const int64_t *places, int news)
{
    if (drops)
        a = psi_squeeze(a, (psi_ints){drop, drops});
    if (news)
        a = psi_expand_dims(a, (psi_ints){places, news});
    return a;
}

static psi_array read_view(psi_array a, const psi_py_index_list *list)
{
    int64_t drop[PSI_PY_AXES], places[PSI_PY_ITEMS];
    int drops = 0, news = 0, out = 0;
    for (int i = 0; i < list->count; i++) {
        psi_py_item_kind kind = list->items[i].kind;
        if (kind == PSI_PY_INT)
            drop[drops++] = list->items[i].axis;
        else if (kind == PSI_PY_NEW_AXIS)
            places[news++] = out++;
        else
            out++;
    }
    return reshape_axes(cut(a, list, true), drop, drops, places, news);
}

/* ---- arrays ---- */

/* True when the arrays' axes of the result come first: slices or new axes stand between arrays or ints. */
static bool arrays_first(const psi_py_index_list *list)
{
    bool seen = false, gap = false;
    for (int i = 0; i < list->count; i++) {
        bool is_array = list->items[i].kind == PSI_PY_ARRAY || list->items[i].kind == PSI_PY_INT;
        if (is_array && gap)
            return true;
        seen |= is_array;
        gap |= seen && !is_array;
    }
    return false;
}

/* The gathered axes, as indices, in the order of their axes. */
static int collect(const psi_py_index_list *list, psi_array *indices, int64_t *axes, int *deepest)
{
    int n = 0;
    *deepest = 0;
    for (int i = 0; i < list->count; i++) {
        const psi_py_index_item *item = &list->items[i];
        if (item->kind != PSI_PY_ARRAY && item->kind != PSI_PY_INT)
            continue;
        indices[n] = item->kind == PSI_PY_INT
                         ? psi_scalar_int(item->start, item->start < 0 ? PSI_INT32 : PSI_UINT32)
                         : item->array;
        if (psi_ndim(indices[n]) > *deepest)
            *deepest = psi_ndim(indices[n]);
        axes[n++] = item->axis;
    }
    return n;
}

static psi_array gather(psi_array a, const psi_py_index_list *list, int *deepest)
{
    psi_array indices[PSI_PY_AXES];
    int64_t axes[PSI_PY_AXES], sizes[PSI_PY_AXES];
    int n = collect(list, indices, axes, deepest);
    if (n == 1) {
        a = psi_take(a, indices[0], axes[0]);
        /* take leaves the index's axes in the axis's place; here they come first */
        for (int i = 0; axes[0] && i < *deepest; i++)
            a = psi_moveaxis(a, axes[0] + i, i);
        return a;
    }
    for (int i = 0; i < psi_ndim(a); i++)
        sizes[i] = psi_shape(a).data[i];
    for (int i = 0; i < n; i++)
        sizes[axes[i]] = 1;
    a = psi_gather(a, (psi_arrays){indices, n}, (psi_ints){axes, n}, (psi_ints){sizes, psi_ndim(a)});
    for (int i = 0; i < n; i++)
        axes[i] += *deepest;
    return psi_is_error(a) ? a : psi_squeeze(a, (psi_ints){axes, n});
}

static psi_array read_arrays(psi_array a, const psi_py_index_list *list)
{
    int deepest, before = 0, news = 0, out = 0;
    int64_t places[PSI_PY_ITEMS];
    bool first = arrays_first(list), placed = first;
    for (int i = 0; i < list->count; i++)
        if (list->items[i].kind == PSI_PY_ARRAY && psi_dtype_of(list->items[i].array) == PSI_BOOL)
            return PSI_INVALID("boolean indices are not yet supported");
    a = gather(cut(a, list, false), list, &deepest);
    if (psi_is_error(a))
        return a;
    if (first)
        out = deepest;
    for (int i = 0; i < list->count; i++) {
        psi_py_item_kind kind = list->items[i].kind;
        if (kind == PSI_PY_NEW_AXIS) {
            places[news++] = out++;
        } else if (kind == PSI_PY_SLICE) {
            before += !placed;
            out++;
        } else if (!placed) {
            placed = true;
            out += deepest;
        }
    }
    /* The arrays' axes are in front; slices that stand before them go there. */
    for (int i = 0; i < before && !first && deepest; i++)
        a = psi_moveaxis(a, deepest + i, i);
    return reshape_axes(a, NULL, 0, places, news);
}

/* ---- entries ---- */

psi_array psi_py_index_int(psi_array a, int64_t i)
{
    psi_py_index_list list;
    int64_t n = psi_dim(a, 0);
    list.count = list.axes = 1;
    list.arrays = 0;
    list.items[0] = (psi_py_index_item){.kind = PSI_PY_INT, .start = i < 0 ? i + n : i};
    if (!n) /* upstream's class: nothing can be taken from nothing */
        return PSI_INVALID("index %lld is out of range for an axis of length 0", (long long)i);
    if (n >= 0 && (list.items[0].start < 0 || list.items[0].start >= n))
        return psi_fail(PSI_INVALID_ARGUMENT, PSI_INDEX_ERROR,
                        "index %lld is out of range for an axis of length %lld", (long long)i, (long long)n);
    return read_view(a, &list);
}

psi_array psi_py_index(psi_array a, PyObject *index)
{
    psi_py_index_list list;
    if (index == Py_Ellipsis)
        return a;
    if (!PyTuple_Check(index) && index != Py_None && !psi_ndim(a) &&
        PyLong_Check(index) + PySlice_Check(index) + PyList_Check(index) + psi_py_is_array(index))
        return PSI_INVALID("too many indices for array: array is 0-dimensional");
    if (!psi_py_read_index(a, index, &list))
        return psi_error_array();
    if (!PyTuple_Check(index) && list.items[0].kind == PSI_PY_INT)
        return psi_py_index_int(a, list.items[0].start);
    return list.arrays ? read_arrays(a, &list) : read_view(a, &list);
}

PyObject *psi_py_get_item(PyObject *self, PyObject *index)
{
    psi_py_call call;
    if (!psi_py_enter(&call, NULL))
        return NULL;
    return psi_py_leave(&call, psi_py_index(psi_py_array_of(self), index));
}
