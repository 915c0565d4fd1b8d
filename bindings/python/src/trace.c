/* trace.c: calling a Python function on traced arrays.
 * Invariant: while a function is traced its arguments' containers hold tracers; when the call ends, also by an
 * exception, they hold what they held before, but for what the function itself wrote. */
#include "transforms.h"

#include "core/error.h"

static psi_arrays failed(void)
{
    if (!psi_failed())
        psi_fail(PSI_INVALID_ARGUMENT, PSI_RUNTIME_ERROR,
                 "the function that is transformed raised an exception");
    return (psi_arrays){NULL, 0};
}

static bool value_fits(const psi_py_trace *t)
{
    PyObject *value = t->value;
    if (!t->tag || psi_py_is_array(value))
        return true;
    if (t->scalar_only)
        PyErr_Format(PyExc_ValueError,
                     "%s The return value of the function whose gradient is wanted should be a scalar array; "
                     "but %.100s "
                     "was returned.",
                     t->tag, Py_TYPE(value)->tp_name);
    else if (!PyTuple_Check(value) || !PyTuple_GET_SIZE(value) ||
             !psi_py_is_array(PyTuple_GET_ITEM(value, 0)))
        PyErr_Format(PyExc_ValueError,
                     "%s The return value of the function whose gradient is wanted should be a scalar array "
                     "or a tuple "
                     "that begins with one; but %.100s was returned.",
                     t->tag, Py_TYPE(value)->tp_name);
    else
        return true;
    return false;
}

/* The arguments with tracers in the place of their arrays: their own containers, or copies. */
static PyObject *with_tracers(const psi_py_trace *t, PyObject *tree, PyObject *made, psi_arrays tracers,
                              int *next)
{
    if (t->copies)
        return psi_py_tree_fill(tree, tracers, next);
    psi_py_swap in = {.leaves = PySequence_Fast_ITEMS(made), .count = tracers.count, .next = *next};
    PyObject *out = psi_py_tree_swap(tree, &in);
    *next = (int)in.next;
    return out;
}

psi_arrays psi_py_trace_run(psi_arrays inputs, void *context)
{
    psi_py_trace *t = context;
    PyObject *made = psi_py_wrap_list(inputs, false);
    int next = 0;
    if (!made)
        return failed();
    PyObject *args = with_tracers(t, t->args, made, inputs, &next);
    PyObject *kwargs = args ? with_tracers(t, t->kwargs, made, inputs, &next) : NULL;
    Py_CLEAR(t->value);
    if (kwargs)
        t->value = PyObject_Call(t->fun, args, kwargs);
    /* The containers get their arrays back, whatever happened. */
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    bool ok = t->copies || ((!args || psi_py_tree_restore(args, made, inputs, &t->leaves)) &&
                            (!kwargs || psi_py_tree_restore(kwargs, made, inputs, &t->leaves)));
    if (type)
        PyErr_Restore(type, error, traceback);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    Py_DECREF(made);
    psi_py_leaves out = {0};
    psi_arrays list = {NULL, 0};
    ok = ok && t->value && value_fits(t) && psi_py_tree_leaves(t->value, t->strict, &out);
    if (ok)
        list = psi_py_leaf_arrays(&out);
    psi_py_leaves_free(&out);
    return ok ? list : failed();
}

static PyObject *same(PyObject *leaf, void *unused)
{
    (void)unused;
    return Py_NewRef(leaf);
}

bool psi_py_trace_snapshot(psi_py_trace *t)
{
    t->given = psi_py_tree_map(t->args, same, NULL);
    t->given_named = t->given ? psi_py_tree_map(t->kwargs, same, NULL) : NULL;
    return t->given_named != NULL;
}

bool psi_py_trace_collect(psi_py_trace *t, PyObject *tree, bool strict)
{
    Py_ssize_t before = t->leaves.count;
    bool ok = psi_py_tree_leaves(tree, strict, &t->leaves);
    for (Py_ssize_t i = before; i < t->leaves.count; i++)
        Py_INCREF(t->leaves.items[i]);
    return ok;
}

void psi_py_trace_end(psi_py_trace *t)
{
    for (Py_ssize_t i = 0; i < t->leaves.count; i++)
        Py_DECREF(t->leaves.items[i]);
    psi_py_leaves_free(&t->leaves);
    Py_XDECREF(t->value);
    Py_XDECREF(t->given);
    Py_XDECREF(t->given_named);
}
