/* grad.c: calling what grad and value_and_grad return.
 * Invariant: gradients come in the containers of the arguments they belong to. */
#include "transforms.h"

bool psi_py_check_argnums(const psi_py_function *f, PyObject *args, PyObject *kwargs, const char *tag)
{
    Py_ssize_t n = PyTuple_GET_SIZE(f->argnums);
    long last = n ? PyLong_AsLong(PyTuple_GET_ITEM(f->argnums, n - 1)) : -1;
    if (last >= PyTuple_GET_SIZE(args)) {
        PyErr_Format(PyExc_ValueError,
                     "%s Can't compute the gradient of argument index %ld because the function is called "
                     "with only %zd "
                     "positional arguments.",
                     tag, last, PyTuple_GET_SIZE(args));
        return false;
    }
    PyObject *names = PyObject_GetIter(f->argnames), *name;
    bool ok = names != NULL;
    while (ok && (name = PyIter_Next(names))) {
        ok = PyDict_Contains(kwargs, name) == 1;
        if (!ok)
            PyErr_Format(PyExc_ValueError,
                         "%s Can't compute the gradient of keyword argument '%U' because the function is "
                         "called with the "
                         "keyword arguments %R",
                         tag, name, kwargs);
        Py_DECREF(name);
    }
    Py_XDECREF(names);
    return ok;
}

static bool want(psi_py_wanted *w, Py_ssize_t from, Py_ssize_t to)
{
    int64_t *more = PyMem_Realloc(w->places, ((size_t)w->count + (size_t)(to - from) + 1) * sizeof *more);
    if (!more) {
        PyErr_NoMemory();
        return false;
    }
    w->places = more;
    for (Py_ssize_t i = from; i < to; i++)
        w->places[w->count++] = i;
    return true;
}

bool psi_py_collect_arguments(const psi_py_function *f, psi_py_trace *t, psi_py_wanted *w)
{
    bool ok = true;
    Py_ssize_t next = 0;
    for (Py_ssize_t i = 0; ok && i < PyTuple_GET_SIZE(t->args); i++) {
        Py_ssize_t before = t->leaves.count;
        bool mine =
            next < PyTuple_GET_SIZE(f->argnums) && PyLong_AsLong(PyTuple_GET_ITEM(f->argnums, next)) == i;
        ok = psi_py_trace_collect(t, PyTuple_GET_ITEM(t->args, i), mine) &&
             (!mine || want(w, before, t->leaves.count));
        next += mine;
    }
    PyObject *key, *value;
    for (Py_ssize_t at = 0; ok && PyDict_Next(t->kwargs, &at, &key, &value);) {
        Py_ssize_t before = t->leaves.count;
        bool mine = PySet_Contains(f->argnames, key) == 1;
        ok = psi_py_trace_collect(t, value, mine) && (!mine || want(w, before, t->leaves.count));
    }
    return ok;
}

static PyObject *positional_grads(const psi_py_function *f, const psi_py_trace *t, psi_arrays grads,
                                  int *next)
{
    Py_ssize_t n = PyTuple_GET_SIZE(f->argnums);
    if (!n)
        return Py_NewRef(Py_None);
    PyObject *all = PyTuple_New(n);
    for (Py_ssize_t i = 0; all && i < n; i++) {
        PyObject *arg = PyTuple_GET_ITEM(t->given, PyLong_AsSsize_t(PyTuple_GET_ITEM(f->argnums, i)));
        PyObject *o = psi_py_tree_fill(arg, grads, next);
        if (!o)
            Py_CLEAR(all);
        else if (n == 1)
            Py_SETREF(all, o);
        else
            PyTuple_SET_ITEM(all, i, o);
    }
    return all;
}

static PyObject *keyword_grads(const psi_py_function *f, const psi_py_trace *t, psi_arrays grads, int *next)
{
    PyObject *out = PyDict_New(), *key, *value;
    for (Py_ssize_t at = 0; out && PyDict_Next(t->given_named, &at, &key, &value);) {
        if (PySet_Contains(f->argnames, key) != 1)
            continue;
        PyObject *o = psi_py_tree_fill(value, grads, next);
        if (!o || PyDict_SetItem(out, key, o))
            Py_CLEAR(out);
        Py_XDECREF(o);
    }
    return out;
}

static PyObject *arrange(const psi_py_function *f, const psi_py_trace *t, psi_arrays outputs,
                         psi_arrays grads)
{
    int next = 0, first = 0;
    PyObject *gradient = positional_grads(f, t, grads, &next);
    if (gradient && PySet_GET_SIZE(f->argnames)) {
        PyObject *named = keyword_grads(f, t, grads, &next);
        gradient = named ? Py_BuildValue("(NN)", gradient, named) : (Py_DECREF(gradient), NULL);
    }
    if (f->kind == PSI_PY_GRAD || !gradient)
        return gradient;
    PyObject *value = psi_py_tree_fill(t->value, outputs, &first);
    if (!value) {
        Py_DECREF(gradient);
        return NULL;
    }
    return Py_BuildValue("(NN)", value, gradient);
}

PyObject *psi_py_call_grad(const psi_py_function *f, PyObject *args, PyObject *kwargs)
{
    psi_py_trace t = {.fun = f->fun,
                      .args = args,
                      .kwargs = kwargs,
                      .tag = psi_py_tag(f),
                      .scalar_only = f->kind == PSI_PY_GRAD};
    psi_py_wanted w = {0};
    psi_arrays outputs, grads;
    PyObject *out = NULL;
    psi_py_call call;
    if (!psi_py_check_argnums(f, args, kwargs, t.tag) || !psi_py_enter(&call, NULL))
        return NULL;
    if (psi_py_collect_arguments(f, &t, &w) && psi_py_trace_snapshot(&t) &&
        psi_value_and_grad(psi_py_trace_run, &t, psi_py_leaf_arrays(&t.leaves), (psi_ints){w.places, w.count},
                           &outputs, &grads))
        out = arrange(f, &t, outputs, grads);
    out = psi_py_leave_object(&call, out);
    PyMem_Free(w.places);
    psi_py_trace_end(&t);
    return out;
}
