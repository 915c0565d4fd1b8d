/* jacobian.c: calling what jacfwd, jacrev and hessian return.
 * Invariant: the result is the function's result, with a derivative's tree of arguments in the place of each array. */
#include "transforms.h"

typedef struct nesting {
    const psi_py_function *f;
    PyObject *args;
    psi_arrays results;
    int next, depth; /* how many trees of arguments are still to be gone through */
} nesting;

static PyObject *arguments_of(nesting *n);

static PyObject *nest(PyObject *leaf, void *context)
{
    nesting *n = context;
    if (!psi_py_is_array(leaf))
        return Py_NewRef(leaf);
    if (n->depth)
        return arguments_of(n);
    if (n->next < n->results.count)
        return psi_py_wrap(n->results.data[n->next++]);
    PyErr_SetString(PyExc_ValueError, "[jacobian] There are fewer arrays than leaves");
    return NULL;
}

/* One argument's tree, or a tuple of them. */
static PyObject *arguments_of(nesting *n)
{
    Py_ssize_t count = PyTuple_GET_SIZE(n->f->argnums);
    PyObject *all = PyTuple_New(count);
    n->depth--;
    for (Py_ssize_t i = 0; all && i < count; i++) {
        PyObject *arg = PyTuple_GET_ITEM(n->args, PyLong_AsSsize_t(PyTuple_GET_ITEM(n->f->argnums, i)));
        PyObject *o = psi_py_tree_map(arg, nest, n);
        if (!o)
            Py_CLEAR(all);
        else if (count == 1)
            Py_SETREF(all, o);
        else
            PyTuple_SET_ITEM(all, i, o);
    }
    n->depth++;
    return all;
}

PyObject *psi_py_call_jacobian(const psi_py_function *f, PyObject *args, PyObject *kwargs)
{
    psi_py_trace t = {.fun = f->fun, .args = args, .kwargs = kwargs};
    psi_py_wanted w = {0};
    PyObject *out = NULL;
    psi_py_call call;
    if (!psi_py_check_argnums(f, args, kwargs, psi_py_tag(f)) || !psi_py_enter(&call, NULL))
        return NULL;
    if (psi_py_collect_arguments(f, &t, &w) && psi_py_trace_snapshot(&t)) {
        psi_arrays inputs = psi_py_leaf_arrays(&t.leaves);
        psi_ints argnums = {w.places, w.count};
        nesting n = {.f = f, .args = t.given, .depth = f->kind == PSI_PY_HESSIAN ? 2 : 1};
        if (f->kind == PSI_PY_JACFWD)
            n.results = psi_jacfwd(psi_py_trace_run, &t, inputs, argnums);
        else if (f->kind == PSI_PY_JACREV)
            n.results = psi_jacrev(psi_py_trace_run, &t, inputs, argnums);
        else
            n.results = psi_hessian(psi_py_trace_run, &t, inputs, argnums);
        if (!psi_failed())
            out = psi_py_tree_map(t.value, nest, &n);
    }
    out = psi_py_leave_object(&call, out);
    PyMem_Free(w.places);
    psi_py_trace_end(&t);
    return out;
}
