/* vmap.c: calling what vmap returns.
 * Invariant: axes are a prefix tree of arguments and results. */
#include "transforms.h"

/* The axis for one leaf: an int, None for an array that is not mapped (-1), or a tree whose prefix the leaf's is. */
static bool axis_of(PyObject *axes, psi_array a, bool output, int64_t *out)
{
    if (axes == Py_None) {
        *out = -1;
        return true;
    }
    if (PyTuple_Check(axes) && PyTuple_GET_SIZE(axes) == 1)
        axes = PyTuple_GET_ITEM(axes, 0);
    if (axes == Py_None) {
        *out = -1;
        return true;
    }
    if (!PyLong_Check(axes)) {
        PyErr_SetString(PyExc_ValueError, "[vmap] axis must be int or None.");
        return false;
    }
    int ndim = psi_ndim(a) + 0 * output;
    long axis = PyLong_AsLong(axes);
    *out = axis < 0 ? axis + ndim : axis;
    if (*out >= 0 && *out < ndim)
        return true;
    PyErr_Clear();
    PyErr_Format(PyExc_ValueError, "[vmap] Invalid %svectorization axis %ld for an array of %d dimensions",
                 output ? "output " : "", axis, ndim);
    return false;
}

typedef struct axis_list {
    int64_t *data;
    psi_arrays arrays;
    int count;
    bool output;
} axis_list;

/* Pairs the leaves of a tree with axes, a prefix of the tree. */
static bool flatten_axes(PyObject *tree, PyObject *axes, axis_list *out)
{
    bool deeper = PyList_Check(axes) || PyTuple_Check(axes) || PyDict_Check(axes), ok = true;
    if (psi_py_is_array(tree)) {
        int i = out->count++;
        return axis_of(axes, out->arrays.data[i], out->output, &out->data[i]);
    }
    if (PyList_Check(tree) || PyTuple_Check(tree)) {
        Py_ssize_t n = PySequence_Fast_GET_SIZE(tree);
        if (deeper && (PyDict_Check(axes) || PyList_Check(axes) != PyList_Check(tree) ||
                       PySequence_Fast_GET_SIZE(axes) != n)) {
            PyErr_SetString(PyExc_ValueError, "[vmap] the axes are not a prefix of the tree of arrays");
            return false;
        }
        for (Py_ssize_t i = 0; ok && i < n; i++)
            ok = flatten_axes(PySequence_Fast_GET_ITEM(tree, i),
                              deeper ? PySequence_Fast_GET_ITEM(axes, i) : axes, out);
        return ok;
    }
    if (PyDict_Check(tree)) {
        PyObject *key, *value;
        for (Py_ssize_t at = 0; ok && PyDict_Next(tree, &at, &key, &value);) {
            PyObject *axis = PyDict_Check(axes) ? PyDict_GetItem(axes, key) : deeper ? NULL : axes;
            if (!axis) {
                PyErr_SetString(PyExc_ValueError, "[vmap] the axes are not a prefix of the tree of arrays");
                return false;
            }
            ok = flatten_axes(value, axis, out);
        }
        return ok;
    }
    PyErr_SetString(PyExc_ValueError, "[vmap] The arguments should contain only arrays");
    return false;
}

bool psi_py_flatten_axes(PyObject *tree, PyObject *axes, psi_arrays arrays, int64_t *out, bool output)
{
    return flatten_axes(tree, axes, &(axis_list){out, arrays, 0, output});
}

/* Results come with the mapped axis first; moves it to where it is wanted. */
static bool place_outputs(PyObject *value, PyObject *axes, psi_arrays outputs)
{
    axis_list out = {(int64_t *)psi_arrays_new(outputs.count).data, outputs, 0, true};
    if (!out.data || !flatten_axes(value, axes, &out))
        return false;
    for (int i = 0; i < outputs.count; i++)
        if (out.data[i] > 0)
            outputs.data[i] = psi_moveaxis(outputs.data[i], 0, out.data[i]);
    return !psi_failed();
}

PyObject *psi_py_call_vmap(const psi_py_function *f, PyObject *args, PyObject *kwargs)
{
    psi_py_trace t = {.fun = f->fun, .args = args, .kwargs = kwargs, .strict = true};
    PyObject *out = NULL, *tree = PyTuple_GET_SIZE(args) == 1 ? PyTuple_GET_ITEM(args, 0) : args;
    psi_py_call call;
    int next = 0;
    if (PyDict_GET_SIZE(kwargs)) {
        PyErr_SetString(PyExc_TypeError, "[vmap] the function takes no keyword arguments");
        return NULL;
    }
    if (!psi_py_enter(&call, NULL))
        return NULL;
    if (psi_py_trace_collect(&t, args, true)) {
        psi_arrays inputs = psi_py_leaf_arrays(&t.leaves);
        axis_list in = {(int64_t *)psi_arrays_new(inputs.count).data, inputs, 0, false};
        if (in.data && flatten_axes(tree, f->in_axes, &in)) {
            psi_arrays outputs =
                psi_vmap(psi_py_trace_run, &t, inputs, (psi_ints){in.data, in.count}, PSI_NONE);
            if (!psi_failed() && place_outputs(t.value, f->out_axes, outputs))
                out = psi_py_tree_fill(t.value, outputs, &next);
        }
    }
    out = psi_py_leave_object(&call, out);
    psi_py_trace_end(&t);
    return out;
}
