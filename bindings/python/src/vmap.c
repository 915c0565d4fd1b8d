/* vmap.c: calling what vmap returns.
 * Invariant: axes are a prefix tree of arguments and results. */
#include "core/thread.h"
#include "transforms.h"

/* The axis for one leaf: an int, None for an array that is not mapped, or a tuple of one of these. An output has its
 * mapped axis beside those of `a`. */
static bool axis_of(PyObject *axes, psi_array a, bool output, int64_t *out)
{
    if (PyTuple_Check(axes) && PyTuple_GET_SIZE(axes) == 1)
        axes = PyTuple_GET_ITEM(axes, 0);
    if (axes == Py_None) {
        *out = output ? PSI_NO_INT : -1;
        return true;
    }
    if (!PyLong_Check(axes)) {
        PyErr_SetString(PyExc_ValueError, "[vmap] axis must be int or None.");
        return false;
    }
    int ndim = psi_ndim(a) + output, overflow;
    long long axis = PyLong_AsLongLongAndOverflow(axes, &overflow);
    *out = axis < 0 ? axis + ndim : axis;
    if (!overflow && *out >= 0 && *out < ndim)
        return true;
    PyErr_Format(PyExc_ValueError, "[vmap] Invalid %svectorization axis %R for an array of %d dimensions",
                 output ? "output " : "", axes, ndim);
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

bool psi_py_flatten_axes(PyObject *tree, PyObject *axes, psi_arrays arrays, int64_t *out)
{
    return flatten_axes(tree, axes, &(axis_list){out, arrays, 0, false});
}

static axis_list axes_for(psi_arrays arrays, bool output)
{
    return (axis_list){psi_scope_memory(((size_t)arrays.count + 1) * sizeof(int64_t)), arrays, 0, output};
}

/* Traces the function on slices, then maps its graph: where results have their axis is known when their tree is. */
static PyObject *map_over(const psi_py_function *f, psi_py_trace *t, PyObject *tree)
{
    psi_arrays inputs = psi_py_leaf_arrays(&t->leaves), tracers, outputs;
    axis_list in = axes_for(inputs, false);
    int next = 0;
    if (!in.data || !flatten_axes(tree, f->in_axes, &in))
        return NULL;
    psi_ints in_axes = {in.data, in.count};
    if (!psi_vmap_trace(psi_py_trace_run, t, inputs, in_axes, &tracers, &outputs))
        return NULL;
    axis_list out = axes_for(outputs, true);
    if (!out.data || !flatten_axes(t->value, f->out_axes, &out))
        return NULL;
    outputs = psi_vmap_replace(inputs, tracers, outputs, in_axes, (psi_ints){out.data, out.count});
    return psi_failed() ? NULL : psi_py_tree_fill(t->value, outputs, &next);
}

PyObject *psi_py_call_vmap(const psi_py_function *f, PyObject *args, PyObject *kwargs)
{
    psi_py_trace t = {.fun = f->fun, .args = args, .kwargs = kwargs, .strict = true, .copies = true};
    PyObject *out = NULL, *tree = PyTuple_GET_SIZE(args) == 1 ? PyTuple_GET_ITEM(args, 0) : args;
    psi_py_call call;
    if (PyDict_GET_SIZE(kwargs)) {
        PyErr_SetString(PyExc_TypeError, "[vmap] the function takes no keyword arguments");
        return NULL;
    }
    if (!psi_py_enter(&call, NULL))
        return NULL;
    if (psi_py_trace_collect(&t, args, true))
        out = map_over(f, &t, tree);
    out = psi_py_leave_object(&call, out);
    psi_py_trace_end(&t);
    return out;
}
