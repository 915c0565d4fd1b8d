/* transforms.c: grad, value_and_grad, vjp, jvp and vmap as functions, and the callable that they return.
 * Invariant: the callable holds Python objects only where the garbage collector can traverse them. */
#include "transforms.h"
#include "entry.h"

/* ---- the callable ---- */

static PyObject *call_function(PyObject *self, PyObject *args, PyObject *kwargs)
{
    const psi_py_function *f = (psi_py_function *)self;
    PyObject *named = kwargs ? Py_NewRef(kwargs) : PyDict_New();
    if (!named)
        return NULL;
    PyObject *out;
    if (f->kind == PSI_PY_VMAP)
        out = psi_py_call_vmap(f, args, named);
    else if (f->kind == PSI_PY_CHECKPOINT)
        out = psi_py_call_checkpoint(f->fun, args, named);
    else if (f->kind >= PSI_PY_JACFWD)
        out = psi_py_call_jacobian(f, args, named);
    else
        out = psi_py_call_grad(f, args, named);
    Py_DECREF(named);
    return out;
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    psi_py_function *f = (psi_py_function *)self;
    Py_VISIT(f->fun);
    Py_VISIT(f->argnums);
    Py_VISIT(f->argnames);
    Py_VISIT(f->in_axes);
    Py_VISIT(f->out_axes);
    Py_VISIT(f->dict);
    return 0;
}

static int clear(PyObject *self)
{
    psi_py_function *f = (psi_py_function *)self;
    Py_CLEAR(f->fun);
    Py_CLEAR(f->argnums);
    Py_CLEAR(f->argnames);
    Py_CLEAR(f->in_axes);
    Py_CLEAR(f->out_axes);
    Py_CLEAR(f->dict);
    return 0;
}

static void dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    if (((psi_py_function *)self)->weakrefs)
        PyObject_ClearWeakRefs(self);
    clear(self);
    PyObject_GC_Del(self);
}

static PyGetSetDef properties[] = {{"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
                                   {0}};

PyTypeObject psi_py_function_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "psionic._core.Function",
    .tp_basicsize = sizeof(psi_py_function),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "A transformed function.",
    .tp_call = call_function,
    .tp_traverse = traverse,
    .tp_clear = clear,
    .tp_dealloc = dealloc,
    .tp_getset = properties,
    .tp_dictoffset = offsetof(psi_py_function, dict),
    .tp_weaklistoffset = offsetof(psi_py_function, weakrefs),
};

static psi_py_function *function_new(psi_py_function_kind kind, PyObject *fun)
{
    if (!PyCallable_Check(fun)) {
        PyErr_Format(PyExc_TypeError, "a function is wanted, not %.100s", Py_TYPE(fun)->tp_name);
        return NULL;
    }
    psi_py_function *f = PyObject_GC_New(psi_py_function, &psi_py_function_type);
    if (!f)
        return NULL;
    f->kind = kind;
    f->fun = Py_NewRef(fun);
    f->argnums = f->argnames = f->in_axes = f->out_axes = f->dict = f->weakrefs = NULL;
    PyObject_GC_Track((PyObject *)f);
    return f;
}

/* ---- the entries ---- */

/* argnums as a sorted tuple without repeats; 0 when neither nums nor names are given. */
static PyObject *read_argnums(PyObject *o, bool names, const char *tag)
{
    if (!psi_py_given(o))
        return names ? PyTuple_New(0) : Py_BuildValue("(i)", 0);
    PyObject *list = PyLong_Check(o) ? Py_BuildValue("[O]", o) : PySequence_List(o);
    if (!list || PyList_Sort(list)) {
        Py_XDECREF(list);
        return NULL;
    }
    long before = -1;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        PyObject *item = PyList_GET_ITEM(list, i);
        long n = PyLong_Check(item) ? PyLong_AsLong(item) : -1;
        bool duplicate = n >= 0 && n == before;
        if (!PyLong_Check(item))
            PyErr_Format(PyExc_TypeError, "%s argnums should be ints, not %.100s", tag,
                         Py_TYPE(item)->tp_name);
        else if (n < 0)
            PyErr_Format(PyExc_ValueError, "%s Can't compute the gradient of negative argument index %R", tag,
                         item);
        else if (duplicate)
            PyErr_Format(PyExc_ValueError, "%s Duplicate argument index %ld is not allowed.", tag, n);
        if (PyErr_Occurred()) {
            Py_DECREF(list);
            return NULL;
        }
        before = n;
    }
    PyObject *out = PyList_AsTuple(list);
    Py_DECREF(list);
    return out;
}

const char *psi_py_tag(const psi_py_function *f)
{
    static const char *const tags[] = {[PSI_PY_GRAD] = "[grad]",
                                       [PSI_PY_VALUE_AND_GRAD] = "[value_and_grad]",
                                       [PSI_PY_JACFWD] = "[jacfwd]",
                                       [PSI_PY_JACREV] = "[jacrev]",
                                       [PSI_PY_HESSIAN] = "[hessian]"};
    return tags[f->kind];
}

/* Reads what derivatives are taken of. False with an exception. */
static bool read_places(psi_py_function *f, PyObject *argnums, PyObject *argnames)
{
    PyObject *names = argnames && !PyUnicode_Check(argnames) ? Py_NewRef(argnames)
                      : argnames                             ? Py_BuildValue("(O)", argnames)
                                                             : PyTuple_New(0);
    f->argnames = names ? PyFrozenSet_New(names) : NULL;
    Py_XDECREF(names);
    f->argnums = f->argnames ? read_argnums(argnums, PySet_GET_SIZE(f->argnames), psi_py_tag(f)) : NULL;
    if (f->argnums && !PyTuple_GET_SIZE(f->argnums) && !PySet_GET_SIZE(f->argnames))
        PyErr_Format(PyExc_ValueError, "%s Gradient wrt no argument requested", psi_py_tag(f));
    return !PyErr_Occurred();
}

PyObject *psi_py_function_make(psi_py_function_kind kind, PyObject *const *v, int count)
{
    psi_py_function *f = function_new(kind, v[0]);
    if (!f)
        return NULL;
    if (kind == PSI_PY_VMAP) {
        f->in_axes = v[1] ? Py_NewRef(v[1]) : PyLong_FromLong(0);
        f->out_axes = v[2] ? Py_NewRef(v[2]) : PyLong_FromLong(0);
    } else if (kind != PSI_PY_CHECKPOINT && !read_places(f, v[1], count > 2 ? v[2] : NULL)) {
        Py_CLEAR(f);
    }
    return (PyObject *)f;
}

typedef bool (*product)(psi_function, void *, psi_arrays, psi_arrays, psi_arrays *, psi_arrays *);

/* vjp and jvp: arrays in, two lists out. */
static PyObject *call_product(PyObject **v, product fn)
{
    if (!PyList_Check(v[1]) && !PyTuple_Check(v[1])) {
        PyErr_Format(PyExc_TypeError, "primals should be a list of arrays, not %.100s",
                     Py_TYPE(v[1])->tp_name);
        return NULL;
    }
    PyObject *args = PySequence_Tuple(v[1]), *kwargs = PyDict_New(), *out = NULL;
    psi_py_trace t = {.fun = v[0], .args = args, .kwargs = kwargs, .copies = true};
    psi_arrays others, outputs, products;
    psi_py_call call;
    if (!PyCallable_Check(v[0]))
        PyErr_Format(PyExc_TypeError, "a function is wanted, not %.100s", Py_TYPE(v[0])->tp_name);
    if (!args || !kwargs || PyErr_Occurred() || !psi_py_enter(&call, NULL)) {
        Py_XDECREF(args);
        Py_XDECREF(kwargs);
        return NULL;
    }
    if (psi_py_to_arrays(v[2], &others) && psi_py_trace_collect(&t, args, true) &&
        fn(psi_py_trace_run, &t, psi_py_leaf_arrays(&t.leaves), others, &outputs, &products)) {
        PyObject *a = psi_py_wrap_list(outputs, false), *b = a ? psi_py_wrap_list(products, false) : NULL;
        out = b ? Py_BuildValue("(NN)", a, b) : NULL;
    }
    out = psi_py_leave_object(&call, out);
    psi_py_trace_end(&t);
    Py_DECREF(args);
    Py_DECREF(kwargs);
    return out;
}

PSI_PY_ENTRY(core, vjp)
{
    PSI_PY_BIND("vjp", 3, 0, 3, "fun", "primals", "cotangents");
    return call_product(v, psi_vjp);
}

PSI_PY_ENTRY(core, jvp)
{
    PSI_PY_BIND("jvp", 3, 0, 3, "fun", "primals", "tangents");
    return call_product(v, psi_jvp);
}
