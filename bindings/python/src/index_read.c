/* index_read.c: from a Python index to a list of items.
 * Invariant: every item's axis exists and every slice is adjusted to it; ints may still be past the end. */
#include "index.h"

#include "core/error.h"

static bool refuse(void)
{
    PyErr_SetString(PyExc_ValueError, "Cannot index mlx array using the given type.");
    return false;
}

static bool slice_int(PyObject *o, int64_t *out)
{
    if (o == Py_None)
        return true;
    int overflow = 0;
    long long v = PyLong_Check(o) ? PyLong_AsLongLongAndOverflow(o, &overflow) : 0;
    if (!PyLong_Check(o))
        PyErr_SetString(PyExc_ValueError, "Slice indices must be integers or None.");
    else if (overflow)
        PyErr_SetString(PyExc_RuntimeError, "an index is past 64 bits.");
    else if (v > INT32_MAX || v < INT32_MIN)
        PyErr_SetString(PyExc_ValueError, "Slice indices must be 32-bit integers.");
    *out = v;
    return !PyErr_Occurred();
}

static bool read_slice(PyObject *o, int64_t length, psi_py_index_item *item)
{
    PySliceObject *s = (PySliceObject *)o;
    int64_t start = 0, stop = 0, step = 1;
    if (!slice_int(s->step, &step) || !slice_int(s->start, &start) || !slice_int(s->stop, &stop))
        return false;
    if (!step) {
        PyErr_SetString(PyExc_ValueError, "slice step cannot be zero");
        return false;
    }
    Py_ssize_t from = s->start != Py_None ? (Py_ssize_t)start : step < 0 ? PY_SSIZE_T_MAX : 0;
    Py_ssize_t to = s->stop != Py_None ? (Py_ssize_t)stop : step < 0 ? PY_SSIZE_T_MIN : PY_SSIZE_T_MAX;
    item->length = PySlice_AdjustIndices((Py_ssize_t)length, &from, &to, (Py_ssize_t)step);
    item->kind = PSI_PY_SLICE;
    item->start = from;
    item->stop = to;
    item->step = step;
    item->whole = s->start == Py_None && s->stop == Py_None && s->step == Py_None;
    return true;
}

static bool read_item(psi_array a, PyObject *o, psi_py_index_list *list)
{
    if (list->count == PSI_PY_ITEMS) {
        PyErr_Format(PyExc_ValueError, "an index has more than %d items", PSI_PY_ITEMS);
        return false;
    }
    psi_py_index_item *item = &list->items[list->count++];
    *item = (psi_py_index_item){.kind = PSI_PY_NEW_AXIS, .axis = list->axes};
    if (o == Py_None)
        return true;
    if (list->axes >= psi_ndim(a)) {
        PyErr_Format(PyExc_ValueError, "Too many indices for array with %d dimensions.", psi_ndim(a));
        return false;
    }
    int64_t length = psi_shape(a).data[list->axes++];
    if (PySlice_Check(o))
        return read_slice(o, length, item);
    if (PyLong_Check(o)) {
        item->kind = PSI_PY_INT;
        if (!slice_int(o, &item->start))
            return false;
        item->start += item->start < 0 ? length : 0;
        return true;
    }
    item->kind = PSI_PY_ARRAY;
    list->arrays++;
    if (psi_py_is_array(o))
        item->array = psi_own(psi_retain(psi_py_array_of(o)));
    else
        item->array = psi_py_from_list(o, -1);
    return !psi_is_error(item->array);
}

static bool is_index(PyObject *o)
{
    return PySlice_Check(o) || PyLong_Check(o) || psi_py_is_array(o) || o == Py_None || o == Py_Ellipsis ||
           PyList_Check(o);
}

bool psi_py_read_index(psi_array a, PyObject *index, psi_py_index_list *out)
{
    bool tuple = PyTuple_Check(index);
    Py_ssize_t n = tuple ? PyTuple_GET_SIZE(index) : 1, named = 0, dots = 0;
    out->count = out->axes = out->arrays = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *o = tuple ? PyTuple_GET_ITEM(index, i) : index;
        if (!is_index(o))
            return refuse();
        named += o != Py_None && o != Py_Ellipsis;
        dots += o == Py_Ellipsis;
    }
    if (dots > 1) {
        PyErr_SetString(PyExc_ValueError, "An index can only have a single ellipsis (...)");
        return false;
    }
    if (named > psi_ndim(a)) {
        PyErr_Format(PyExc_ValueError, "Too many indices for array with %d dimensions.", psi_ndim(a));
        return false;
    }
    PyObject *all = dots ? PySlice_New(NULL, NULL, NULL) : NULL;
    bool ok = !dots || all;
    for (Py_ssize_t i = 0; ok && i < n; i++) {
        PyObject *o = tuple ? PyTuple_GET_ITEM(index, i) : index;
        if (o != Py_Ellipsis)
            ok = read_item(a, o, out);
        else
            for (Py_ssize_t k = named; ok && k < psi_ndim(a); k++)
                ok = read_item(a, all, out);
    }
    Py_XDECREF(all);
    return ok;
}
