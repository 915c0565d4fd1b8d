/* functions.c: ops whose Python signature is not their C signature: overloads, any number of arrays, weak numbers. */
#include <math.h>

#include "entry.h"

static bool is_number(PyObject *o)
{
    return PyLong_Check(o) || PyFloat_Check(o);
}

PSI_PY_ENTRY(core, arange)
{
    PSI_PY_BIND("arange", 0, 0, 4, "start", "stop", "step", "dtype", "stream");
    double start = 0, stop = 0, step = 1;
    psi_dtype dtype = PSI_DTYPE_COUNT;
    psi_py_call call;
    PyObject **n = v;
    /* arange(stop, ...): one number, or a second argument that can only be a step or a dtype */
    if (!v[1] && v[0] && count) {
        v[1] = v[0];
        v[0] = NULL;
    }
    if (!psi_py_given(v[1])) {
        PyErr_SetString(PyExc_TypeError, "arange(): stop is missing");
        return NULL;
    }
    bool real = false;
    double *const to[] = {&start, &stop, &step};
    for (int i = 0; i < 3; i++) {
        if (!psi_py_given(n[i]))
            continue;
        if (!is_number(n[i])) {
            PyErr_Format(PyExc_TypeError, "arange(): %s should be a number, not %.100s", names_[i],
                         Py_TYPE(n[i])->tp_name);
            return NULL;
        }
        int64_t whole;
        if (!(PyLong_Check(n[i]) ? psi_py_to_int(n[i], &whole) : psi_py_to_float(n[i], to[i])))
            return NULL;
        if (PyLong_Check(n[i]))
            *to[i] = (double)whole;
        real |= PyFloat_Check(n[i]);
    }
    if ((psi_py_given(v[3]) && !psi_py_to_dtype(v[3], &dtype)) || !psi_py_enter(&call, v[4]))
        return NULL;
    return psi_py_leave(&call, psi_arange(start, stop, step,
                                          dtype != PSI_DTYPE_COUNT ? dtype
                                          : real                   ? PSI_FLOAT32
                                                                   : PSI_INT32));
}

PSI_PY_ENTRY(core, split)
{
    PSI_PY_BIND("split", 2, 1, 3, "a", "indices_or_sections", "axis", "stream");
    psi_py_call call;
    psi_array a;
    psi_py_ints at;
    int64_t axis = 0;
    if (!psi_py_enter(&call, v[3]))
        return NULL;
    if (!psi_py_to_array(v[0], &a) || !psi_py_to_ints(v[1], &at) || (v[2] && !psi_py_to_int(v[2], &axis)))
        return psi_py_refuse(&call, &sig_, v);
    return psi_py_leave_list(&call, at.one ? psi_split(a, at.few[0], axis) : psi_split_at(a, at.list, axis));
}

PSI_PY_ENTRY(core, where)
{
    PSI_PY_BIND("where", 3, 3, 3, "condition", "x", "y", "stream");
    psi_py_call call;
    psi_array condition, x, y;
    if (!psi_py_enter(&call, v[3]))
        return NULL;
    if (!psi_py_to_value(v[0], &condition) || !psi_py_to_pair(v[1], v[2], &x, &y))
        return psi_py_refuse(&call, &sig_, v);
    return psi_py_leave(&call, psi_where(condition, x, y));
}

PSI_PY_ENTRY(core, clip)
{
    PSI_PY_BIND("clip", 3, 1, 3, "a", "a_min", "a_max", "stream");
    psi_py_call call;
    psi_array a, low = NULL, high = NULL;
    if (v[1] == Py_None && v[2] == Py_None) {
        PyErr_SetString(PyExc_ValueError, "At most one of a_min and a_max may be None");
        return NULL;
    }
    if (!psi_py_enter(&call, v[3]))
        return NULL;
    if (!psi_py_to_array(v[0], &a) ||
        (v[1] != Py_None && !psi_py_to_value_as(v[1], (int)psi_dtype_of(a), &low)) ||
        (v[2] != Py_None && !psi_py_to_value_as(v[2], (int)psi_dtype_of(a), &high)))
        return psi_py_refuse(&call, &sig_, v);
    return psi_py_leave(&call, psi_clip(a, v[1] != Py_None ? low : NULL, v[2] != Py_None ? high : NULL));
}

PSI_PY_ENTRY(core, divmod)
{
    PSI_PY_BIND("divmod", 2, 0, 3, "a", "b", "stream");
    psi_py_call call;
    psi_array a, b;
    if (!psi_py_enter(&call, v[2]))
        return NULL;
    if (!psi_py_to_pair(v[0], v[1], &a, &b))
        return psi_py_refuse(&call, &sig_, v);
    return psi_py_leave_list(&call, psi_divmod(a, b));
}

PSI_PY_ENTRY(core, full)
{
    PSI_PY_BIND("full", 2, 0, 3, "shape", "vals", "dtype", "stream");
    psi_py_call call;
    psi_py_ints shape;
    psi_array value;
    psi_dtype dtype = PSI_DTYPE_COUNT;
    if (!psi_py_enter(&call, v[3]))
        return NULL;
    if ((psi_py_given(v[2]) && !psi_py_to_dtype(v[2], &dtype)) || !psi_py_to_ints(v[0], &shape) ||
        !psi_py_to_value_as(v[1], dtype == PSI_DTYPE_COUNT ? -1 : (int)dtype, &value))
        return psi_py_refuse(&call, &sig_, v);
    return psi_py_leave(&call,
                        psi_full(shape.list, value, dtype == PSI_DTYPE_COUNT ? psi_dtype_of(value) : dtype));
}

PSI_PY_ENTRY(core, asarray)
{
    PSI_PY_BIND("asarray", 1, 0, 2, "a", "dtype");
    psi_py_call call;
    psi_dtype dtype = PSI_DTYPE_COUNT;
    if (psi_py_given(v[1]) && !psi_py_to_dtype(v[1], &dtype))
        return NULL;
    if (v[0] == Py_None) {
        PyErr_SetString(PyExc_TypeError, "asarray(): None is no value");
        return NULL;
    }
    if (!psi_py_enter(&call, NULL))
        return NULL;
    return psi_py_leave(&call, psi_py_create(v[0], dtype == PSI_DTYPE_COUNT ? -1 : (int)dtype));
}

PSI_PY_ENTRY(core, roll)
{
    PSI_PY_BIND("roll", 2, 1, 3, "a", "shift", "axis", "stream");
    psi_py_call call;
    psi_py_ints shift, axis = {.list = PSI_NONE};
    int64_t repeated[16];
    psi_array a;
    if (!psi_py_enter(&call, v[3]))
        return NULL;
    if (!psi_py_to_array(v[0], &a) || !psi_py_to_ints(v[1], &shift) ||
        (psi_py_given(v[2]) && !psi_py_to_ints(v[2], &axis)))
        return psi_py_refuse(&call, &sig_, v);
    if (!PyLong_Check(v[1]) && v[2] && PyLong_Check(v[2])) { /* several shifts of one axis add up */
        for (int i = 1; i < shift.list.count; i++)
            shift.few[0] += shift.list.data[i];
        shift.list = (psi_ints){shift.few, shift.list.count > 0};
    }
    if (PyLong_Check(v[1]) && axis.list.count > 1 && axis.list.count <= 16) { /* one shift for all axes */
        for (int i = 0; i < axis.list.count; i++)
            repeated[i] = shift.few[0];
        shift.list = (psi_ints){repeated, axis.list.count};
    }
    return psi_py_leave(&call, psi_roll(a, shift.list, axis.list));
}

/* ---- any number of arrays ---- */

/* The positional arguments as arrays and the stream keyword; `extra` keywords are left to the caller. */
static bool enter_many(psi_py_call *call, PyObject *const *args, Py_ssize_t count, PyObject *stream,
                       psi_arrays *out)
{
    if (!psi_py_enter(call, stream))
        return false;
    *out = psi_arrays_new((int)count);
    for (int i = 0; i < out->count; i++)
        if (!psi_py_to_array(args[i], &out->data[i])) {
            psi_py_leave_object(call, NULL);
            return false;
        }
    return true;
}

static PyObject *atleast(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords,
                         psi_array (*fn)(psi_array))
{
    PSI_PY_BIND_ANY("atleast", "stream");
    psi_py_call call;
    psi_arrays list;
    if (!enter_many(&call, all, given, v[0], &list))
        return NULL;
    for (int i = 0; i < list.count; i++)
        list.data[i] = fn(list.data[i]);
    return list.count == 1 ? psi_py_leave(&call, list.data[0]) : psi_py_leave_list(&call, list);
}

PSI_PY_ENTRY(core, atleast_1d)
{
    return atleast(self, args, count, keywords, psi_atleast_1d);
}

PSI_PY_ENTRY(core, atleast_2d)
{
    return atleast(self, args, count, keywords, psi_atleast_2d);
}

PSI_PY_ENTRY(core, atleast_3d)
{
    return atleast(self, args, count, keywords, psi_atleast_3d);
}

PSI_PY_ENTRY(core, broadcast_arrays)
{
    PSI_PY_BIND_ANY("broadcast_arrays", "stream");
    psi_py_call call;
    psi_arrays list;
    if (!enter_many(&call, all, given, v[0], &list))
        return NULL;
    return psi_py_leave_list(&call, psi_broadcast_arrays(list));
}

PSI_PY_ENTRY(core, meshgrid)
{
    PSI_PY_BIND_ANY("meshgrid", "sparse", "indexing", "stream");
    psi_py_call call;
    psi_arrays list;
    bool sparse = false;
    const char *indexing = "xy";
    if ((psi_py_given(v[0]) && !psi_py_to_bool(v[0], &sparse)) ||
        (psi_py_given(v[1]) && !psi_py_to_str(v[1], &indexing)))
        return NULL;
    if (!enter_many(&call, all, given, v[2], &list))
        return NULL;
    return psi_py_leave_list(&call, psi_meshgrid(list, sparse, indexing));
}

PSI_PY_ENTRY(core, broadcast_shapes)
{
    (void)self;
    psi_py_call call;
    psi_ints shape = {NULL, 0};
    if ((keywords && PyTuple_GET_SIZE(keywords)) || !count) {
        PyErr_SetString(count ? PyExc_TypeError : PyExc_ValueError,
                        "broadcast_shapes(): give shapes, and no keywords");
        return NULL;
    }
    if (!psi_py_enter(&call, NULL))
        return NULL;
    psi_py_ints *shapes = PyMem_Calloc((size_t)count, sizeof *shapes);
    bool ok = shapes != NULL;
    for (Py_ssize_t i = 0; ok && i < count; i++) {
        ok = psi_py_to_ints(args[i], &shapes[i]);
        shape = !ok ? shape : i ? psi_broadcast_shapes(shape, shapes[i].list) : shapes[i].list;
        ok = ok && !psi_failed();
    }
    PyObject *out = ok ? PyTuple_New(shape.count) : NULL;
    for (int i = 0; out && i < shape.count; i++)
        PyTuple_SET_ITEM(out, i, PyLong_FromLongLong(shape.data[i]));
    PyMem_Free(shapes);
    return psi_py_leave_object(&call, out);
}

/* ---- pad: an int, (both,), (low, high) for every axis, or a list of such pairs, one an axis ---- */

static bool pad_sizes(PyObject *o, int ndim, int64_t *low, int64_t *high)
{
    psi_py_ints one;
    bool nested = psi_py_is_sequence(o) && PySequence_Size(o) > 0;
    Py_ssize_t count = nested ? PySequence_Size(o) : 1;
    if (nested) {
        PyObject *first = PySequence_GetItem(o, 0);
        if (!first)
            return false;
        nested = psi_py_is_sequence(first);
        Py_DECREF(first);
    }
    if (nested && count != ndim && count != 1) {
        PyErr_Format(PyExc_ValueError, "[pad] %zd pairs of sizes for an array of %d dimensions", count, ndim);
        return false;
    }
    for (int i = 0; i < ndim; i++) {
        PyObject *pair = nested ? PySequence_GetItem(o, count == 1 ? 0 : i) : Py_NewRef(o);
        bool ok = pair && psi_py_to_ints(pair, &one);
        Py_XDECREF(pair);
        if (ok && (one.list.count < 1 || one.list.count > 2)) {
            PyErr_Format(PyExc_ValueError, "[pad] sizes are one or two ints an axis, not %d", one.list.count);
            ok = false;
        }
        if (!ok)
            return false;
        low[i] = one.list.data[0];
        high[i] = one.list.data[one.list.count - 1];
    }
    return true;
}

PSI_PY_ENTRY(core, pad)
{
    PSI_PY_BIND("pad", 2, 0, 4, "a", "pad_width", "mode", "constant_values", "stream");
    psi_py_call call;
    psi_array a, value = NULL;
    const char *mode = "constant";
    int64_t axes[64], low[64], high[64];
    if (!psi_py_enter(&call, v[4]))
        return NULL;
    if (!psi_py_to_array(v[0], &a) || (v[2] && !psi_py_to_str(v[2], &mode)) ||
        (v[3] && !psi_py_to_value_as(v[3], (int)psi_dtype_of(a), &value)) ||
        !pad_sizes(v[1], psi_ndim(a), low, high))
        return psi_py_refuse(&call, &sig_, v);
    int n = psi_ndim(a);
    for (int i = 0; i < n; i++)
        axes[i] = i;
    return psi_py_leave(
        &call, psi_pad(a, (psi_ints){axes, n}, (psi_ints){low, n}, (psi_ints){high, n}, value, mode));
}

/* Padding is one int, one per axis, or two lists: below and above. */
static bool conv_padding(PyObject *o, psi_py_ints *low, psi_py_ints *high)
{
    PyObject *first = PyLong_Check(o) || !PySequence_Check(o) ? NULL : PySequence_GetItem(o, 0);
    bool pair = first && (PyList_Check(first) || PyTuple_Check(first)) && PySequence_Size(o) == 2;
    Py_XDECREF(first);
    PyErr_Clear();
    if (!pair)
        return psi_py_to_ints(o, low) && psi_py_to_ints(o, high);
    PyObject *last = PySequence_GetItem(o, 1);
    first = PySequence_GetItem(o, 0);
    bool ok = first && last && psi_py_to_shape(first, low) && psi_py_to_shape(last, high);
    Py_XDECREF(first);
    Py_XDECREF(last);
    return ok;
}

PSI_PY_ENTRY(core, conv_general)
{
    PSI_PY_BIND("conv_general", 2, 2, 8, "input", "weight", "stride", "padding", "kernel_dilation",
                "input_dilation", "groups", "flip", "stream");
    psi_py_call call;
    psi_array input, weight;
    psi_py_ints stride = {.list = PSI_NONE}, low = stride, high = stride, apart = stride, dilation = stride;
    int64_t groups = 1;
    bool flip = false;
    if (!psi_py_enter(&call, v[8]))
        return NULL;
    if (!psi_py_to_array(v[0], &input) || !psi_py_to_array(v[1], &weight) ||
        (v[2] && !psi_py_to_ints(v[2], &stride)) || (v[3] && !conv_padding(v[3], &low, &high)) ||
        (v[4] && !psi_py_to_ints(v[4], &apart)) || (v[5] && !psi_py_to_ints(v[5], &dilation)) ||
        (v[6] && !psi_py_to_int(v[6], &groups)) || (v[7] && !psi_py_to_bool(v[7], &flip)))
        return psi_py_refuse(&call, &sig_, v);
    return psi_py_leave(&call, psi_conv_general(input, weight, stride.list, low.list, high.list, apart.list,
                                                dilation.list, groups, flip));
}

PSI_PY_ENTRY(core, take)
{
    PSI_PY_BIND("take", 2, 1, 3, "a", "indices", "axis", "stream");
    psi_py_call call;
    psi_array a, indices;
    int64_t axis = PSI_NO_INT, at;
    if (!psi_py_enter(&call, v[3]))
        return NULL;
    if (!psi_py_to_array(v[0], &a) || (psi_py_given(v[2]) && !psi_py_to_int(v[2], &axis)))
        return psi_py_refuse(&call, &sig_, v);
    if (PyLong_Check(v[1]))
        return psi_py_to_int(v[1], &at) ? psi_py_leave(&call, psi_take_index(a, at, axis))
                                        : psi_py_refuse(&call, &sig_, v);
    return psi_py_to_array(v[1], &indices) ? psi_py_leave(&call, psi_take(a, indices, axis))
                                           : psi_py_refuse(&call, &sig_, v);
}

PSI_PY_ENTRY(core, tensordot)
{
    PSI_PY_BIND("tensordot", 2, 2, 3, "a", "b", "axes", "stream");
    psi_py_call call;
    psi_array a, b;
    psi_py_ints of_a, of_b;
    int64_t last = 2;
    bool pairs = v[2] && psi_py_is_sequence(v[2]);
    if (!psi_py_enter(&call, v[3]))
        return NULL;
    if (!psi_py_to_array(v[0], &a) || !psi_py_to_array(v[1], &b) ||
        (v[2] && !pairs && !psi_py_to_int(v[2], &last)))
        return psi_py_refuse(&call, &sig_, v);
    if (!pairs)
        return psi_py_leave(&call, psi_tensordot(a, b, last));
    PyObject *list = PySequence_Fast(v[2], "tensordot(): axes should be an int or two sequences of ints");
    bool ok = list != NULL;
    if (ok && PySequence_Fast_GET_SIZE(list) != 2) {
        PyErr_SetString(PyExc_ValueError, "[tensordot] axes should be two lists, one for each array");
        ok = false;
    }
    ok = ok && psi_py_to_ints(PySequence_Fast_GET_ITEM(list, 0), &of_a) &&
         psi_py_to_ints(PySequence_Fast_GET_ITEM(list, 1), &of_b);
    Py_XDECREF(list);
    return ok ? psi_py_leave(&call, psi_tensordot_axes(a, b, of_a.list, of_b.list))
              : psi_py_refuse(&call, &sig_, v);
}

/* A norm's order is nothing, a number or a name. */
PSI_PY_ENTRY(linalg, norm)
{
    PSI_PY_BIND("norm", 1, 1, 4, "a", "ord", "axis", "keepdims", "stream");
    psi_py_call call;
    psi_array a;
    psi_py_ints axis = {.list = PSI_NONE};
    bool keepdims = false;
    const char *name;
    double order;
    if (!psi_py_enter(&call, v[4]))
        return NULL;
    bool ok = psi_py_to_array(v[0], &a) && (!psi_py_given(v[2]) || psi_py_to_ints(v[2], &axis)) &&
              (!v[3] || psi_py_to_bool(v[3], &keepdims));
    if (ok && !psi_py_given(v[1]))
        return psi_py_leave(&call, psi_linalg_norm_l2(a, axis.list, keepdims));
    if (ok && PyUnicode_Check(v[1]))
        return psi_py_to_str(v[1], &name)
                   ? psi_py_leave(&call, psi_linalg_norm_matrix(a, name, axis.list, keepdims))
                   : psi_py_refuse(&call, &sig_, v);
    if (ok && psi_py_to_float(v[1], &order))
        return psi_py_leave(&call, psi_linalg_norm(a, order, axis.list, keepdims));
    return psi_py_refuse(&call, &sig_, v);
}

/* Without an axis, the arrays are flattened first. */
static PyObject *join(const psi_py_signature *sig, PyObject **v)
{
    psi_py_call call;
    psi_arrays list;
    int64_t axis = 0;
    bool flat = v[1] == Py_None;
    if (!psi_py_enter(&call, v[2]))
        return NULL;
    if (!psi_py_to_arrays(v[0], &list) || (v[1] && !flat && !psi_py_to_int(v[1], &axis)))
        return psi_py_refuse(&call, sig, v);
    for (int i = 0; flat && i < list.count; i++)
        list.data[i] = psi_flatten(list.data[i], 0, -1);
    return psi_py_leave(&call, psi_concatenate(list, axis));
}

PSI_PY_ENTRY(core, concatenate)
{
    PSI_PY_BIND("concatenate", 1, 0, 2, "arrays", "axis", "stream");
    return join(&sig_, v);
}

PSI_PY_ENTRY(core, concat)
{
    PSI_PY_BIND("concat", 1, 0, 2, "arrays", "axis", "stream");
    return join(&sig_, v);
}
