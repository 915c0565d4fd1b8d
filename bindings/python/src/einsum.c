/* einsum.c: einsum and einsum_path, whose operands follow the subscripts one by one. */
#include "entry.h"

/* Subscripts and operands out of the positional arguments, in an open scope; false with everything closed again. */
static bool enter(psi_py_call *call, PyObject *const *args, Py_ssize_t count, PyObject *stream,
                  const char **text, psi_arrays *operands)
{
    if (count < 1) {
        PyErr_SetString(PyExc_TypeError, "einsum: the subscripts are missing");
        return false;
    }
    if (!psi_py_to_str(args[0], text) || !psi_py_enter(call, stream))
        return false;
    *operands = psi_arrays_new((int)(count - 1));
    bool ok = !psi_failed();
    for (int i = 0; ok && i < operands->count; i++)
        ok = psi_py_to_array(args[i + 1], &operands->data[i]);
    if (!ok)
        psi_py_leave_object(call, NULL);
    return ok;
}

PSI_PY_ENTRY(core, einsum)
{
    PSI_PY_BIND_ANY("einsum", "stream");
    psi_py_call call;
    const char *text;
    psi_arrays operands;
    if (!enter(&call, all, given, v[0], &text, &operands))
        return NULL;
    return psi_py_leave(&call, psi_einsum(text, operands));
}

/* [(0, 1), (0, 1)] out of 2 0 1 2 0 1. */
static PyObject *path_list(psi_ints path)
{
    PyObject *list = PyList_New(0);
    for (int i = 0; list && i < path.count; i += 1 + (int)path.data[i]) {
        PyObject *step = PyTuple_New((Py_ssize_t)path.data[i]);
        for (int j = 0; step && j < path.data[i]; j++)
            PyTuple_SET_ITEM(step, j, PyLong_FromLongLong(path.data[i + 1 + j]));
        if (!step || PyList_Append(list, step))
            Py_CLEAR(list);
        Py_XDECREF(step);
    }
    return list;
}

PSI_PY_ENTRY(core, einsum_path)
{
    (void)self;
    psi_py_call call;
    const char *text;
    psi_arrays operands;
    if (keywords && PyTuple_GET_SIZE(keywords)) {
        PyErr_SetString(PyExc_TypeError, "einsum_path() takes no keywords");
        return NULL;
    }
    if (!enter(&call, args, count, NULL, &text, &operands))
        return NULL;
    psi_ints path = psi_einsum_path(text, operands), cost = psi_einsum_cost(text, operands);
    if (cost.count < 4 || path.count < 0)
        return psi_py_leave_object(&call, NULL);
    const char *format = "  Complete contraction:  %s\n         Naive scaling:  %lld\n"
                         "     Optimized scaling:  %lld\n      Naive FLOP count:  %lld\n"
                         "  Optimized FLOP count:  %lld\n";
    PyObject *summary = PyUnicode_FromFormat(format, text, (long long)cost.data[0], (long long)cost.data[1],
                                             (long long)cost.data[2], (long long)cost.data[3]);
    PyObject *list = path_list(path), *out = summary && list ? PyTuple_Pack(2, list, summary) : NULL;
    Py_XDECREF(list);
    Py_XDECREF(summary);
    return psi_py_leave_object(&call, out);
}
