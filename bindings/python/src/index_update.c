/* index_update.c: updating by index: x[i] = v, and x.at[i].add(v) and its kin.
 * Where no array is among the indices, x[i] = v writes one range; all else is scattered, one index array an axis.
 * Invariant: the update is broadcast to the shape that reading by the same index gives. */
#include "index.h"

#include "core/error.h"

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

/* Gives the update the axes of the range: those of ints are added, new axes dropped, as far as the update reaches.
 * Places count from the end. */
static psi_array fit_range(psi_array a, const psi_py_index_list *list, bool tuple, psi_array v)
{
    int64_t drop[PSI_PY_ITEMS], add[PSI_PY_AXES];
    int drops = 0, adds = 0, rest = psi_ndim(a) - list->axes;
    v = without_leading(v, psi_ndim(a));
    int at = psi_ndim(v) - rest - 1;
    for (int i = list->count; tuple && i-- > 0;) {
        psi_py_item_kind kind = list->items[i].kind;
        if (kind == PSI_PY_SLICE)
            at--;
        else if (kind == PSI_PY_INT && at >= 0)
            add[adds++] = i - list->count - rest;
        else if (kind == PSI_PY_NEW_AXIS && at-- >= 0)
            drop[drops++] = i - list->count - rest;
    }
    if (adds)
        v = psi_expand_dims(v, (psi_ints){add, adds});
    return drops && !psi_is_error(v) ? psi_squeeze(v, (psi_ints){drop, drops}) : v;
}

static psi_array write_range(psi_array a, const psi_py_index_list *list, bool tuple, psi_array v)
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
    v = fit_range(a, list, tuple, v);
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
    v = psi_broadcast_to(v, psi_shape(a));
    return kind == SET || psi_is_error(v) ? v : ops[kind](a, v);
}

typedef struct plan {
    psi_array indices[PSI_PY_AXES]; /* one for each axis up to the last that is not a whole slice */
    int count;
    int64_t
        full[2 * PSI_PY_ITEMS]; /* the indices' common shape: the arrays' block, slices, and 1 for new axes */
    int full_ndim;
    int block, depth;       /* where the arrays' axes stand, and how many */
    int place[PSI_PY_AXES]; /* where a sliced axis stands */
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

/* Slices of step 1 behind the last array and the last other slice come after all new axes, as upstream has them. */
static int first_simple(const psi_py_index_list *list)
{
    int first = 0;
    for (int i = 0; i < list->count; i++)
        if (list->items[i].kind == PSI_PY_ARRAY ||
            (list->items[i].kind == PSI_PY_SLICE && list->items[i].step != 1))
            first = i + 1;
    return first;
}

/* True when slices or new axes stand between arrays; ints do not count here. */
static bool arrays_apart(const psi_py_index_list *list)
{
    bool seen = false, gap = false;
    for (int i = 0; i < list->count; i++) {
        psi_py_item_kind kind = list->items[i].kind;
        if (kind == PSI_PY_ARRAY && gap)
            return true;
        seen |= kind == PSI_PY_ARRAY;
        gap |= seen && kind != PSI_PY_ARRAY && kind != PSI_PY_INT;
    }
    return false;
}

static void put_block(plan *p, const int64_t *block)
{
    p->block = p->full_ndim;
    for (int k = 0; k < p->depth; k++)
        p->full[p->full_ndim++] = block[k];
}

/* Lays out the axes of the update's shape. */
static bool lay_out(const psi_py_index_list *list, plan *p)
{
    int64_t block[PSI_PY_AXES];
    int simple = first_simple(list);
    p->count = indexed_axes(list);
    p->depth = arrays_shape(list, block);
    p->full_ndim = 0;
    p->block = -1;
    if (p->depth < 0)
        return false;
    if (arrays_apart(list))
        put_block(p, block);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < list->count; i++) {
            const psi_py_item_kind kind = list->items[i].kind;
            int axis = list->items[i].axis;
            if (kind == PSI_PY_ARRAY && p->block < 0)
                put_block(p, block);
            if (kind == PSI_PY_NEW_AXIS && !pass)
                p->full[p->full_ndim++] = 1;
            if (kind == PSI_PY_SLICE && axis < p->count && pass == (i >= simple)) {
                p->place[axis] = p->full_ndim;
                p->full[p->full_ndim++] = list->items[i].length;
            }
        }
    return true;
}

static bool make_plan(const psi_py_index_list *list, plan *p)
{
    if (!lay_out(list, p))
        return false;
    for (int i = 0; i < list->count; i++) {
        const psi_py_index_item *item = &list->items[i];
        if (item->kind == PSI_PY_NEW_AXIS || item->axis >= p->count)
            continue;
        psi_array *to = &p->indices[item->axis];
        if (item->kind == PSI_PY_ARRAY)
            *to = place_at(item->array, p->block, p->depth, p->full_ndim);
        else if (item->kind == PSI_PY_INT)
            *to = place_at(psi_scalar_int(item->start, item->start < 0 ? PSI_INT32 : PSI_UINT32), 0, 0,
                           p->full_ndim);
        else
            *to = place_at(psi_arange((double)item->start, (double)(item->start + item->length * item->step),
                                      (double)item->step, item->step > 0 ? PSI_UINT32 : PSI_INT32),
                           p->place[item->axis], 1, p->full_ndim);
    }
    return !psi_failed();
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
    v = without_leading(v, 0);
    if (psi_is_error(v))
        return v;
    if (!p.count) /* subtraction adds the negative, which bool has none of */
        return kind == (int)PSI_PY_SUBTRACT && list->axes ? whole(a, psi_negative(v), (int)PSI_PY_ADD)
                                                          : whole(a, v, kind);
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

/* ---- entries ---- */

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

static psi_array assign(psi_array a, PyObject *index, psi_array v)
{
    psi_py_index_list list;
    psi_array mask = mask_of(index);
    if (mask)
        return psi_is_error(mask) ? mask : psi_masked_scatter(a, mask, v);
    if (index == Py_Ellipsis) {
        PyErr_SetString(PyExc_ValueError, "Cannot index mlx array using the given type.");
        return psi_error_array();
    }
    if (!psi_py_read_index(a, index, &list))
        return psi_error_array();
    bool tuple = PyTuple_Check(index);
    if (!list.axes)
        return whole(a, tuple ? without_leading(v, psi_ndim(a)) : v, SET);
    return list.arrays ? write_scattered(a, &list, v, SET) : write_range(a, &list, tuple, v);
}

int psi_py_set_item(PyObject *self, PyObject *index, PyObject *value)
{
    psi_py_call call;
    psi_array v, a = psi_py_array_of(self);
    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "__delitem__: elements of an array cannot be deleted");
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
    if (!psi_py_to_value_as(value, (int)psi_dtype_of(a), &v))
        return psi_error_array();
    if (index == Py_Ellipsis) {
        PyErr_SetString(PyExc_ValueError, "Cannot index mlx array using the given type.");
        return psi_error_array();
    }
    if (!psi_py_read_index(a, index, &list))
        return psi_error_array();
    return index == Py_None ? whole(a, v, (int)kind) : write_scattered(a, &list, v, (int)kind);
}
