/* transforms.c: grad, value_and_grad, vjp, jvp and vmap of Python functions.
 * Invariant: while a function is traced its arguments' containers hold tracers; when the call ends, also by an
 * exception, they hold what they held before, but for what the function itself wrote. */
#include "entry.h"

#include "core/error.h"

typedef enum function_kind { GRAD, VALUE_AND_GRAD, VMAP } function_kind;

/* What grad() and its kin return: a callable that the garbage collector can traverse. */
typedef struct function {
    PyObject_HEAD function_kind kind;
    PyObject *fun;
    PyObject *argnums;  /* grad: a sorted tuple of ints */
    PyObject *argnames; /* grad: a frozenset of str */
    PyObject *in_axes, *out_axes;
    PyObject *dict, *weakrefs;
} function;

/* One running call of a traced function. */
typedef struct trace {
    PyObject *fun, *args, *kwargs; /* borrowed */
    psi_py_leaves leaves;          /* of args and kwargs, in order */
    PyObject *value;               /* what the function returned, owned */
    const char *tag;               /* of gradients: "[grad]"; NULL else */
    bool scalar_only, strict;
} trace;

static psi_arrays failed(void)
{
    if (!psi_failed())
        psi_fail(PSI_INVALID_ARGUMENT, PSI_RUNTIME_ERROR,
                 "the function that is transformed raised an exception");
    return (psi_arrays){NULL, 0};
}

static bool still_ours(const psi_py_swap *s, Py_ssize_t i, PyObject *leaf)
{
    return leaf == s->made[i] && psi_py_array_of(leaf) == s->arrays[i];
}

static bool value_fits(const trace *t)
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

/* Calls the function with `inputs` in the place of its arrays. */
static psi_arrays run(psi_arrays inputs, void *context)
{
    trace *t = context;
    PyObject *made = psi_py_wrap_list(inputs, false), *restored;
    if (!made)
        return failed();
    PyObject *const *items = PySequence_Fast_ITEMS(made);
    psi_py_swap in = {.leaves = items, .count = inputs.count};
    PyObject *args = psi_py_tree_swap(t->args, &in), *kwargs = args ? psi_py_tree_swap(t->kwargs, &in) : NULL;
    Py_CLEAR(t->value);
    if (kwargs)
        t->value = PyObject_Call(t->fun, args, kwargs);
    /* The containers get their arrays back, whatever happened. */
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    psi_py_swap back = {.leaves = t->leaves.items,
                        .count = t->leaves.count,
                        .only = still_ours,
                        .made = items,
                        .arrays = inputs.data};
    restored = args ? psi_py_tree_swap(args, &back) : NULL;
    Py_XDECREF(restored);
    restored = kwargs ? psi_py_tree_swap(kwargs, &back) : NULL;
    Py_XDECREF(restored);
    if (PyErr_Occurred() && !type)
        PyErr_Fetch(&type, &error, &traceback);
    PyErr_Restore(type, error, traceback);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    Py_DECREF(made);
    psi_py_leaves out = {0};
    psi_arrays list = {NULL, 0};
    bool ok = t->value && value_fits(t) && psi_py_tree_leaves(t->value, t->strict, &out);
    if (ok)
        list = psi_py_leaf_arrays(&out);
    psi_py_leaves_free(&out);
    return ok ? list : failed();
}

/* The leaves keep a reference of their own while the trace runs. */
static bool collect(trace *t, PyObject *tree, bool strict)
{
    Py_ssize_t before = t->leaves.count;
    bool ok = psi_py_tree_leaves(tree, strict, &t->leaves);
    for (Py_ssize_t i = before; i < t->leaves.count; i++)
        Py_INCREF(t->leaves.items[i]);
    return ok;
}

static void end_trace(trace *t)
{
    for (Py_ssize_t i = 0; i < t->leaves.count; i++)
        Py_DECREF(t->leaves.items[i]);
    psi_py_leaves_free(&t->leaves);
    Py_XDECREF(t->value);
}

/* ---- gradients ---- */

static bool check_call(const function *f, PyObject *args, PyObject *kwargs, const char *tag)
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

typedef struct wanted {
    int64_t *places; /* of inputs with regard to which gradients are taken */
    int count;
} wanted;

static bool want(wanted *w, Py_ssize_t from, Py_ssize_t to)
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

/* Collects the arrays of all arguments, and the places of those that are differentiated. */
static bool collect_arguments(const function *f, trace *t, wanted *w)
{
    bool ok = true;
    Py_ssize_t next = 0;
    for (Py_ssize_t i = 0; ok && i < PyTuple_GET_SIZE(t->args); i++) {
        Py_ssize_t before = t->leaves.count;
        bool mine =
            next < PyTuple_GET_SIZE(f->argnums) && PyLong_AsLong(PyTuple_GET_ITEM(f->argnums, next)) == i;
        ok = collect(t, PyTuple_GET_ITEM(t->args, i), mine) && (!mine || want(w, before, t->leaves.count));
        next += mine;
    }
    PyObject *key, *value;
    for (Py_ssize_t at = 0; ok && PyDict_Next(t->kwargs, &at, &key, &value);) {
        Py_ssize_t before = t->leaves.count;
        bool mine = PySet_Contains(f->argnames, key) == 1;
        ok = collect(t, value, mine) && (!mine || want(w, before, t->leaves.count));
    }
    return ok;
}

static PyObject *positional_grads(const function *f, const trace *t, psi_arrays grads, int *next)
{
    Py_ssize_t n = PyTuple_GET_SIZE(f->argnums);
    if (!n)
        return Py_NewRef(Py_None);
    PyObject *all = PyTuple_New(n);
    for (Py_ssize_t i = 0; all && i < n; i++) {
        PyObject *arg = PyTuple_GET_ITEM(t->args, PyLong_AsSsize_t(PyTuple_GET_ITEM(f->argnums, i)));
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

static PyObject *keyword_grads(const function *f, const trace *t, psi_arrays grads, int *next)
{
    PyObject *out = PyDict_New(), *key, *value;
    for (Py_ssize_t at = 0; out && PyDict_Next(t->kwargs, &at, &key, &value);) {
        if (PySet_Contains(f->argnames, key) != 1)
            continue;
        PyObject *o = psi_py_tree_fill(value, grads, next);
        if (!o || PyDict_SetItem(out, key, o))
            Py_CLEAR(out);
        Py_XDECREF(o);
    }
    return out;
}

static PyObject *arrange(const function *f, const trace *t, psi_arrays outputs, psi_arrays grads)
{
    int next = 0, first = 0;
    PyObject *gradient = positional_grads(f, t, grads, &next);
    if (gradient && PySet_GET_SIZE(f->argnames)) {
        PyObject *named = keyword_grads(f, t, grads, &next);
        gradient = named ? Py_BuildValue("(NN)", gradient, named) : (Py_DECREF(gradient), NULL);
    }
    if (f->kind == GRAD || !gradient)
        return gradient;
    PyObject *value = psi_py_tree_fill(t->value, outputs, &first);
    if (!value) {
        Py_DECREF(gradient);
        return NULL;
    }
    return Py_BuildValue("(NN)", value, gradient);
}

static PyObject *call_grad(const function *f, PyObject *args, PyObject *kwargs)
{
    trace t = {.fun = f->fun,
               .args = args,
               .kwargs = kwargs,
               .tag = f->kind == GRAD ? "[grad]" : "[value_and_grad]",
               .scalar_only = f->kind == GRAD};
    wanted w = {0};
    psi_arrays outputs, grads;
    PyObject *out = NULL;
    psi_py_call call;
    if (!check_call(f, args, kwargs, t.tag) || !psi_py_enter(&call, NULL))
        return NULL;
    if (collect_arguments(f, &t, &w) && psi_value_and_grad(run, &t, psi_py_leaf_arrays(&t.leaves),
                                                           (psi_ints){w.places, w.count}, &outputs, &grads))
        out = arrange(f, &t, outputs, grads);
    out = psi_py_leave_object(&call, out);
    PyMem_Free(w.places);
    end_trace(&t);
    return out;
}

/* ---- vmap ---- */

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

/* Results come with the mapped axis first; moves it to where it is wanted. */
static bool place_outputs(PyObject *value, PyObject *axes, psi_arrays outputs)
{
    axis_list out = {psi_arrays_new(outputs.count).data ? (int64_t *)psi_arrays_new(outputs.count).data
                                                        : NULL,
                     outputs, 0, true};
    if (!out.data || !flatten_axes(value, axes, &out))
        return false;
    for (int i = 0; i < outputs.count; i++)
        if (out.data[i] > 0)
            outputs.data[i] = psi_moveaxis(outputs.data[i], 0, out.data[i]);
    return !psi_failed();
}

static PyObject *call_vmap(const function *f, PyObject *args, PyObject *kwargs)
{
    trace t = {.fun = f->fun, .args = args, .kwargs = kwargs, .strict = true};
    PyObject *out = NULL, *tree = PyTuple_GET_SIZE(args) == 1 ? PyTuple_GET_ITEM(args, 0) : args;
    psi_py_call call;
    int next = 0;
    if (PyDict_GET_SIZE(kwargs)) {
        PyErr_SetString(PyExc_TypeError, "[vmap] the function takes no keyword arguments");
        return NULL;
    }
    if (!psi_py_enter(&call, NULL))
        return NULL;
    if (collect(&t, args, true)) {
        psi_arrays inputs = psi_py_leaf_arrays(&t.leaves);
        axis_list in = {(int64_t *)psi_arrays_new(inputs.count).data, inputs, 0, false};
        if (in.data && flatten_axes(tree, f->in_axes, &in)) {
            psi_arrays outputs = psi_vmap(run, &t, inputs, (psi_ints){in.data, in.count}, PSI_NONE);
            if (!psi_failed() && place_outputs(t.value, f->out_axes, outputs))
                out = psi_py_tree_fill(t.value, outputs, &next);
        }
    }
    out = psi_py_leave_object(&call, out);
    end_trace(&t);
    return out;
}

/* ---- the callable ---- */

static PyObject *call_function(PyObject *self, PyObject *args, PyObject *kwargs)
{
    const function *f = (function *)self;
    PyObject *named = kwargs ? Py_NewRef(kwargs) : PyDict_New();
    if (!named)
        return NULL;
    PyObject *out = f->kind == VMAP ? call_vmap(f, args, named) : call_grad(f, args, named);
    Py_DECREF(named);
    return out;
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    function *f = (function *)self;
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
    function *f = (function *)self;
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
    if (((function *)self)->weakrefs)
        PyObject_ClearWeakRefs(self);
    clear(self);
    PyObject_GC_Del(self);
}

static PyGetSetDef properties[] = {{"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
                                   {0}};

PyTypeObject psi_py_function_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "psionic._core.Function",
    .tp_basicsize = sizeof(function),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "A transformed function.",
    .tp_call = call_function,
    .tp_traverse = traverse,
    .tp_clear = clear,
    .tp_dealloc = dealloc,
    .tp_getset = properties,
    .tp_dictoffset = offsetof(function, dict),
    .tp_weaklistoffset = offsetof(function, weakrefs),
};

static function *function_new(function_kind kind, PyObject *fun)
{
    if (!PyCallable_Check(fun)) {
        PyErr_Format(PyExc_TypeError, "a function is wanted, not %.100s", Py_TYPE(fun)->tp_name);
        return NULL;
    }
    function *f = PyObject_GC_New(function, &psi_py_function_type);
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

static PyObject *make_grad(PyObject **v, function_kind kind)
{
    const char *tag = kind == GRAD ? "[grad]" : "[value_and_grad]";
    PyObject *names;
    function *f = function_new(kind, v[0]);
    if (!f)
        return NULL;
    if (v[2] && PyUnicode_Check(v[2]))
        names = Py_BuildValue("(O)", v[2]);
    else
        names = v[2] ? Py_NewRef(v[2]) : PyTuple_New(0);
    f->argnames = names ? PyFrozenSet_New(names) : NULL;
    Py_XDECREF(names);
    f->argnums = f->argnames ? read_argnums(v[1], PySet_GET_SIZE(f->argnames), tag) : NULL;
    if (f->argnums && !PyTuple_GET_SIZE(f->argnums) && !PySet_GET_SIZE(f->argnames))
        PyErr_Format(PyExc_ValueError, "%s Gradient wrt no argument requested", tag);
    if (PyErr_Occurred())
        Py_CLEAR(f);
    return (PyObject *)f;
}

PSI_PY_ENTRY(core, grad)
{
    PSI_PY_BIND("grad", 1, 0, 3, "fun", "argnums", "argnames");
    return make_grad(v, GRAD);
}

PSI_PY_ENTRY(core, value_and_grad)
{
    PSI_PY_BIND("value_and_grad", 1, 0, 3, "fun", "argnums", "argnames");
    return make_grad(v, VALUE_AND_GRAD);
}

PSI_PY_ENTRY(core, vmap)
{
    PSI_PY_BIND("vmap", 1, 0, 3, "fun", "in_axes", "out_axes");
    function *f = function_new(VMAP, v[0]);
    if (f) {
        f->in_axes = v[1] ? Py_NewRef(v[1]) : PyLong_FromLong(0);
        f->out_axes = v[2] ? Py_NewRef(v[2]) : PyLong_FromLong(0);
    }
    return (PyObject *)f;
}

typedef bool (*product)(psi_function, void *, psi_arrays, psi_arrays, psi_arrays *, psi_arrays *);

/* vjp and jvp: arrays in, two lists out. */
static PyObject *call_product(PyObject **v, product fn)
{
    PyObject *args = PySequence_Tuple(v[1]), *kwargs = PyDict_New(), *out = NULL;
    trace t = {.fun = v[0], .args = args, .kwargs = kwargs};
    psi_arrays others, outputs, products;
    psi_py_call call;
    if (!PyCallable_Check(v[0]))
        PyErr_Format(PyExc_TypeError, "a function is wanted, not %.100s", Py_TYPE(v[0])->tp_name);
    if (!args || !kwargs || PyErr_Occurred() || !psi_py_enter(&call, NULL)) {
        Py_XDECREF(args);
        Py_XDECREF(kwargs);
        return NULL;
    }
    if (psi_py_to_arrays(v[2], &others) && collect(&t, args, true) &&
        fn(run, &t, psi_py_leaf_arrays(&t.leaves), others, &outputs, &products)) {
        PyObject *a = psi_py_wrap_list(outputs, false), *b = a ? psi_py_wrap_list(products, false) : NULL;
        out = b ? Py_BuildValue("(NN)", a, b) : NULL;
    }
    out = psi_py_leave_object(&call, out);
    end_trace(&t);
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
