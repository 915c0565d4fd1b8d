/* index_update.c: updating by index: x[i] = v, and x.at[i].add(v) and its kin.
 * Where no array is among the indices, x[i] = v writes one range; all else is scattered, one index array an axis.
 * Invariant: the update is broadcast to the shape that reading by the same index gives. */
#include "index.h"

#include "core/error.h"
#include "python/rows.h"

/* The update with the leading axes of length 1 dropped that exceed `ndim`. */
static psi_array without_leading(psi_array v, int ndim)
{
    int64_t axes[PSI_PY_AXES];
    int n = 0;
    while (psi_ndim(v) - n > ndim && n < psi_ndim(v) && psi_shape(v).data[n] == 1) {
        axes[n] = n;
        n++;
    }
    return n ? psi_squeeze(v, (psi_ints){axes, n}) : v;
}

/* ---- one range ---- */

/* Gives the update the axes of the range: new axes are dropped, those of ints added. */
static psi_array fit_range(psi_array a, const psi_py_index_list *list, psi_array v)
{
    int64_t drop[PSI_PY_ITEMS], add[PSI_PY_AXES];
    int drops = 0, adds = 0, rest = psi_ndim(a) - list->axes, out = rest;
    for (int i = 0; i < list->count; i++)
        out += list->items[i].kind != PSI_PY_INT;
    v = without_leading(v, out);
    if (psi_is_error(v) || !psi_ndim(v))
        return v;
    /* From the last item on: places from the end, as long as the update has such axes. */
    int at = psi_ndim(v) - rest - 1, place = psi_ndim(a) - rest - 1;
    for (int i = list->count; i-- > 0;) {
        psi_py_item_kind kind = list->items[i].kind;
        if (kind == PSI_PY_NEW_AXIS && at >= 0)
            drop[drops++] = at--;
        else if (kind == PSI_PY_SLICE)
            at--, place--;
        else if (kind == PSI_PY_INT && at >= 0)
            add[adds++] = place-- - psi_ndim(a); /* counted from the end */
        else if (kind == PSI_PY_INT)
            place--;
    }
    if (drops)
        v = psi_squeeze(v, (psi_ints){drop, drops});
    return adds && !psi_is_error(v) ? psi_expand_dims(v, (psi_ints){add, adds}) : v;
}

static psi_array write_range(psi_array a, const psi_py_index_list *list, psi_array v)
{
    int64_t start[PSI_PY_AXES], stop[PSI_PY_AXES], step[PSI_PY_AXES];
    int n = psi_ndim(a);
    for (int i = 0; i < n; i++) {
        start[i] = 0;
        stop[i] = psi_shape(a).data[i];
        step[i] = 1;
    }
    for (int i = 0; i < list->count; i++) {
        const psi_py_index_item *item = &list->items[i];
        int axis = item->axis;
        int64_t length = stop[axis];
        if (item->kind == PSI_PY_INT) {
            bool inside = item->start >= 0 && item->start < length;
            start[axis] = inside ? item->start : 0; /* an int past the end writes nothing, as upstream's */
            stop[axis] = inside ? item->start + 1 : 0;
        } else if (item->kind == PSI_PY_SLICE) {
            start[axis] = item->length ? item->start : 0;
            stop[axis] = !item->length ? 0 : item->stop < 0 ? -length - 1 : item->stop;
            step[axis] = item->length ? item->step : 1;
        }
    }
    v = fit_range(a, list, v);
    if (psi_is_error(v))
        return v;
    return psi_slice_update(a, v, (psi_ints){start, n}, (psi_ints){stop, n}, (psi_ints){step, n});
}

/* ---- scattered ---- */

typedef enum write_kind { SET = PSI_PY_MINIMUM + 1 } write_kind;

/* The op on whole arrays, where an index leaves nothing out. */
static psi_array whole(psi_array a, psi_array v, int kind)
{
    static psi_array (*const ops[])(psi_array, psi_array) = {psi_add,    psi_subtract, psi_multiply,
                                                             psi_divide, psi_maximum,  psi_minimum};
    v = psi_broadcast_to(without_leading(v, psi_ndim(a)), psi_shape(a));
    return kind == SET || psi_is_error(v) ? v : ops[kind](a, v);
}

#if PSI_ROW_scatter
typedef struct plan {
    psi_array indices[PSI_PY_AXES]; /* one for each axis up to the last that is not whole */
    int count;
    int64_t full[2 * PSI_PY_ITEMS]; /* the indices' common shape */
    int full_ndim;
    int64_t drop[PSI_PY_ITEMS]; /* new axes of the update, as places from its end less one */
    int drops;
} plan;

/* The arrays' own common shape. */
static int arrays_shape(const psi_py_index_list *list, int64_t *shape)
{
    psi_ints common = {shape, 0};
    for (int i = 0; i < list->count && !psi_failed(); i++)
        if (list->items[i].kind == PSI_PY_ARRAY)
            common = psi_broadcast_shapes(common, psi_shape(list->items[i].array));
    for (int i = 0; i < common.count; i++)
        shape[i] = common.data[i];
    return psi_failed() ? -1 : common.count;
}

/* Puts an index array of `n` axes where its axes stand among the plan's. */
static psi_array place_at(psi_array index, int from, int n, int full_ndim)
{
    int64_t shape[2 * PSI_PY_ITEMS];
    for (int i = 0; i < full_ndim; i++)
        shape[i] = 1;
    for (int i = 0; i < psi_ndim(index); i++)
        shape[from + n - psi_ndim(index) + i] = psi_shape(index).data[i];
    return psi_reshape(index, (psi_ints){shape, full_ndim});
}

/* How many axes get an index array: all up to the last that is not a whole slice. */
static int indexed_axes(const psi_py_index_list *list)
{
    int n = 0;
    for (int i = 0; i < list->count; i++)
        if (list->items[i].kind != PSI_PY_NEW_AXIS &&
            !(list->items[i].kind == PSI_PY_SLICE && list->items[i].whole))
            n = list->items[i].axis + 1;
    return n;
}

static bool make_plan(const psi_py_index_list *list, plan *p)
{
    int64_t block[PSI_PY_AXES];
    int depth = arrays_shape(list, block), at = -1, place[PSI_PY_AXES];
    bool first = psi_py_arrays_first(list);
    p->count = indexed_axes(list);
    p->full_ndim = p->drops = 0;
    if (depth < 0)
        return false;
    for (int pass = !first; pass < 2; pass++) /* the arrays' block, before all or in its place; then slices */
        for (int i = 0; i < list->count; i++) {
            const psi_py_index_item *item = &list->items[i];
            bool is_array = item->kind == PSI_PY_ARRAY || item->kind == PSI_PY_INT;
            if (is_array && at < 0) {
                at = p->full_ndim;
                for (int k = 0; k < depth; k++)
                    p->full[p->full_ndim++] = block[k];
            }
            if (pass && item->kind == PSI_PY_SLICE && item->axis < p->count) {
                place[item->axis] = p->full_ndim;
                p->full[p->full_ndim++] = item->length;
            }
        }
    for (int i = 0; i < list->count; i++) {
        const psi_py_index_item *item = &list->items[i];
        if (item->kind == PSI_PY_NEW_AXIS || item->axis >= p->count)
            continue;
        psi_array *to = &p->indices[item->axis];
        if (item->kind == PSI_PY_ARRAY)
            *to = place_at(item->array, at, depth, p->full_ndim);
        else if (item->kind == PSI_PY_INT)
            *to = place_at(psi_scalar_int(item->start, PSI_INT32), 0, 0, p->full_ndim);
        else
            *to = place_at(psi_arange((double)item->start, (double)(item->start + item->length * item->step),
                                      (double)item->step, PSI_INT32),
                           place[item->axis], 1, p->full_ndim);
    }
    return !psi_failed();
}

/* Drops the update's axes that stand for new axes of the index. */
static psi_array drop_new_axes(psi_array a, const psi_py_index_list *list, const plan *p, psi_array v)
{
    int64_t drop[PSI_PY_ITEMS];
    int drops = 0, news = 0, total = psi_ndim(a) - p->count + p->full_ndim, out = 0, depth = p->full_ndim;
    bool first = psi_py_arrays_first(list), placed = false;
    for (int i = 0; i < list->count; i++) {
        news += list->items[i].kind == PSI_PY_NEW_AXIS;
        depth -= list->items[i].kind == PSI_PY_SLICE && list->items[i].axis < p->count;
    }
    v = without_leading(v, total + news);
    if (!news || psi_is_error(v))
        return v;
    total += news;
    if (first)
        out = depth, placed = true;
    for (int i = 0; i < list->count; i++) {
        psi_py_item_kind kind = list->items[i].kind;
        int from_end = out - total + psi_ndim(v);
        if (kind == PSI_PY_NEW_AXIS) {
            if (from_end >= 0)
                drop[drops++] = from_end;
            out++;
        } else if (kind == PSI_PY_SLICE) {
            out++;
        } else if (!placed) {
            out += depth;
            placed = true;
        }
    }
    return drops ? psi_squeeze(v, (psi_ints){drop, drops}) : v;
}

static psi_array scatter_by(psi_array a, const plan *p, psi_array v, int kind)
{
    int64_t axes[PSI_PY_AXES];
    psi_arrays indices = psi_broadcast_arrays((psi_arrays){(psi_array *)(uintptr_t)p->indices, p->count});
    psi_ints list = {axes, p->count};
    for (int i = 0; i < p->count; i++)
        axes[i] = i;
    switch (kind) {
    case PSI_PY_ADD:
        return psi_scatter_add(a, indices, v, list);
    case PSI_PY_SUBTRACT:
        return psi_scatter_add(a, indices, psi_negative(v), list);
    case PSI_PY_MULTIPLY:
        return psi_scatter_prod(a, indices, v, list);
    case PSI_PY_DIVIDE:
        return psi_scatter_prod(a, indices, psi_reciprocal(v), list);
    case PSI_PY_MAXIMUM:
        return psi_scatter_max(a, indices, v, list);
    case PSI_PY_MINIMUM:
        return psi_scatter_min(a, indices, v, list);
    default:
        return psi_scatter(a, indices, v, list);
    }
}

static psi_array write_scattered(psi_array a, const psi_py_index_list *list, psi_array v, int kind)
{
    int64_t shape[3 * PSI_PY_ITEMS];
    plan p;
    if (!make_plan(list, &p))
        return psi_error_array();
    v = drop_new_axes(a, list, &p, v);
    if (!p.count || psi_is_error(v))
        return psi_is_error(v) ? v : whole(a, v, kind);
    int n = 0, rest = psi_ndim(a) - p.count;
    for (int i = 0; i < p.full_ndim; i++)
        shape[n++] = p.full[i];
    for (int i = 0; i < rest; i++)
        shape[n++] = psi_shape(a).data[p.count + i];
    v = psi_broadcast_to(v, (psi_ints){shape, n});
    for (int i = 0; i < rest; i++)
        shape[p.full_ndim + p.count + i] = psi_shape(a).data[p.count + i];
    for (int i = 0; i < p.count; i++)
        shape[p.full_ndim + i] = 1;
    v = psi_reshape(v, (psi_ints){shape, n + p.count});
    return psi_is_error(v) ? v : scatter_by(a, &p, v, kind);
}
#else
static psi_array write_scattered(psi_array a, const psi_py_index_list *list, psi_array v, int kind)
{
    if (!list->count)
        return whole(a, v, kind);
    return PSI_UNSUPPORTED("scatter is not built yet");
}
#endif

/* ---- entries ---- */

#if PSI_ROW_masked_scatter
/* A bool, a bool array, or a list of bools selects elements; NULL for other indices. */
static psi_array mask_of(PyObject *index)
{
    psi_array mask = NULL;
    if (PyBool_Check(index))
        return psi_scalar_int(index == Py_True, PSI_BOOL);
    if (psi_py_is_array(index))
        mask = psi_py_array_of(index);
    else if (PyList_Check(index))
        mask = psi_py_from_list(index, -1);
    else if (psi_py_has_buffer(index))
        mask = psi_py_from_buffer(index, -1);
    return mask && (psi_is_error(mask) || psi_dtype_of(mask) == PSI_BOOL) ? mask : NULL;
}
#endif

static psi_array assign(psi_array a, PyObject *index, psi_array v)
{
    psi_py_index_list list;
#if PSI_ROW_masked_scatter
    psi_array mask = mask_of(index);
    if (mask)
        return psi_is_error(mask) ? mask : psi_masked_scatter(a, mask, v);
#endif
    if (index == Py_Ellipsis) {
        PyErr_SetString(PyExc_ValueError, "Cannot index mlx array using the given type.");
        return psi_error_array();
    }
    if (!psi_py_read_index(a, index, &list))
        return psi_error_array();
    if (!list.axes)
        return whole(a, v, SET);
    return list.arrays ? write_scattered(a, &list, v, SET) : write_range(a, &list, v);
}

int psi_py_set_item(PyObject *self, PyObject *index, PyObject *value)
{
    psi_py_call call;
    psi_array v, a = psi_py_array_of(self);
    if (!value) {
        PyErr_SetString(PyExc_TypeError, "elements of an array cannot be deleted");
        return -1;
    }
    if (!psi_py_enter(&call, NULL))
        return -1;
    bool ok = psi_py_to_value_as(value, (int)psi_dtype_of(a), &v) && psi_py_assign(self, assign(a, index, v));
    return psi_py_leave_object(&call, ok ? self : NULL) ? 0 : -1;
}

psi_array psi_py_update_at(psi_array a, PyObject *index, PyObject *value, psi_py_update kind)
{
    psi_py_index_list list;
    psi_array v;
    if (!psi_py_to_value_as(value, (int)psi_dtype_of(a), &v) || !psi_py_read_index(a, index, &list))
        return psi_error_array();
    return write_scattered(a, &list, v, kind);
}
