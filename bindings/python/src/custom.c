/* custom.c: custom_function, a decorator with rules of its own; checkpoint; and depends.
 * Invariant: a binding (one call's function, rules and trees) may die on a thread that does not hold the interpreter's lock:
 * then it waits in a list for the next one that does. Trees are kept with a stand-in for every array. */
#include "entry.h"
#include "transforms.h"

#include <stdatomic.h>

#include "core/error.h"

enum { FUN, VJP, JVP, VMAP, ARGS, KWARGS, VALUE, PARTS };

/* What the graph keeps of one call. */
typedef struct binding {
    atomic_int refs;
    bool recompute;
    PyObject *part[PARTS];
    struct binding *next;
} binding;

static _Atomic(binding *) waiting;

static void destroy(binding *b)
{
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    for (int i = 0; i < PARTS; i++)
        Py_XDECREF(b->part[i]);
    PyErr_Restore(type, error, traceback);
    PyMem_RawFree(b);
}

static int destroy_waiting(void *unused)
{
    (void)unused;
    for (binding *b = atomic_exchange(&waiting, NULL), *next; b; b = next) {
        next = b->next;
        destroy(b);
    }
    return 0;
}

static void retain(void *context)
{
    atomic_fetch_add(&((binding *)context)->refs, 1);
}

static void release(void *context)
{
    binding *b = context;
    if (atomic_fetch_sub(&b->refs, 1) != 1 || !Py_IsInitialized())
        return;
    if (PyGILState_Check()) {
        destroy(b);
        return;
    }
    b->next = atomic_load(&waiting);
    while (!atomic_compare_exchange_weak(&waiting, &b->next, b))
        ;
    Py_AddPendingCall(destroy_waiting,
                      NULL); /* where its queue is full, the next call of a rule sees to it */
}

/* ---- trees ---- */

static PyObject *stand_in(PyObject *leaf, void *one)
{
    return Py_NewRef(psi_py_is_array(leaf) ? one : leaf);
}

/* The tree, keeping none of its arrays. */
static PyObject *structure_of(PyObject *tree)
{
    PyObject *one = psi_py_wrap(psi_scalar(0, PSI_BOOL)),
             *out = one ? psi_py_tree_map(tree, stand_in, one) : NULL;
    Py_XDECREF(one);
    return out;
}

static psi_arrays failed(void)
{
    if (!psi_failed())
        psi_fail(PSI_INVALID_ARGUMENT, PSI_RUNTIME_ERROR,
                 "a custom function or one of its rules raised an exception");
    return (psi_arrays){NULL, 0};
}

/* The arrays of what a call answered, in order; takes the answer. */
static psi_arrays arrays_of(PyObject *answer, bool strict)
{
    psi_py_leaves leaves = {0};
    psi_arrays list = {NULL, 0};
    bool ok = answer && psi_py_tree_leaves(answer, strict, &leaves);
    if (ok)
        list = psi_py_leaf_arrays(&leaves);
    psi_py_leaves_free(&leaves);
    Py_XDECREF(answer);
    return ok ? list : failed();
}

static PyObject *fill(PyObject *tree, psi_arrays arrays)
{
    int next = 0;
    return psi_py_tree_fill(tree, arrays, &next);
}

/* A copy of the positional arguments with something else in the place of each array. */
typedef struct replacing {
    psi_arrays tangents;
    const int64_t *axes;
    int next;
} replacing;

static PyObject *replace(PyObject *leaf, void *context)
{
    replacing *r = context;
    if (!psi_py_is_array(leaf))
        Py_RETURN_NONE;
    int i = r->next++;
    if (r->axes)
        return r->axes[i] < 0 ? Py_NewRef(Py_None) : PyLong_FromLongLong(r->axes[i]);
    return r->tangents.data[i] ? psi_py_wrap(r->tangents.data[i]) : Py_NewRef(Py_None);
}

/* A function of one argument gets it alone, of several a tuple. */
static PyObject *alone(PyObject *tuple)
{
    if (tuple && PyTuple_GET_SIZE(tuple) == 1)
        Py_SETREF(tuple, Py_NewRef(PyTuple_GET_ITEM(tuple, 0)));
    return tuple;
}

/* ---- what the transforms call ---- */

static psi_arrays call_fun(psi_arrays inputs, void *context)
{
    binding *b = context;
    int next = 0;
    PyObject *args = psi_py_tree_fill(b->part[ARGS], inputs, &next);
    PyObject *kwargs = args ? psi_py_tree_fill(b->part[KWARGS], inputs, &next) : NULL;
    PyObject *value = kwargs ? PyObject_Call(b->part[FUN], args, kwargs) : NULL;
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    if (value && !b->part[VALUE] && !(b->part[VALUE] = structure_of(value)))
        Py_CLEAR(value);
    return arrays_of(value, !b->recompute);
}

static psi_arrays call_vjp(psi_arrays primals, psi_arrays cotangents, psi_arrays outputs, void *context)
{
    binding *b = context;
    int next = 0;
    PyObject *at = alone(psi_py_tree_fill(b->part[ARGS], primals, &next));
    PyObject *kwargs = at ? psi_py_tree_fill(b->part[KWARGS], primals, &next) : NULL;
    PyObject *with = kwargs ? fill(b->part[VALUE], cotangents) : NULL;
    PyObject *values = with ? fill(b->part[VALUE], outputs) : NULL;
    PyObject *args = values ? PyTuple_Pack(3, at, with, values) : NULL;
    PyObject *answer = args ? PyObject_Call(b->part[VJP], args, kwargs) : NULL;
    Py_XDECREF(at);
    Py_XDECREF(kwargs);
    Py_XDECREF(with);
    Py_XDECREF(values);
    Py_XDECREF(args);
    return arrays_of(answer, false);
}

/* Calls a rule with the arguments and a tree beside them; rules but vjp's know no keywords. */
static PyObject *call_beside(binding *b, int rule, const char *tag, psi_arrays at, replacing r)
{
    if (PyDict_GET_SIZE(b->part[KWARGS])) {
        PyErr_Format(PyExc_ValueError, "%s Function should only accept positional arguments", tag);
        return NULL;
    }
    PyObject *args = alone(fill(b->part[ARGS], at));
    PyObject *beside = args ? alone(psi_py_tree_map(b->part[ARGS], replace, &r)) : NULL;
    PyObject *answer = beside ? PyObject_CallFunctionObjArgs(b->part[rule], args, beside, NULL) : NULL;
    Py_XDECREF(args);
    Py_XDECREF(beside);
    return answer;
}

static psi_arrays call_jvp(psi_arrays primals, psi_arrays tangents, void *context)
{
    return arrays_of(call_beside(context, JVP, "[custom jvp]", primals, (replacing){.tangents = tangents}),
                     false);
}

static psi_arrays call_vmap(psi_arrays inputs, psi_ints axes, int64_t *out_axes, void *context)
{
    binding *b = context;
    PyObject *answer = call_beside(b, VMAP, "[custom vmap]", inputs, (replacing){.axes = axes.data});
    if (answer && (!PyTuple_Check(answer) || PyTuple_GET_SIZE(answer) != 2)) {
        PyErr_SetString(PyExc_ValueError, "[custom vmap] Vmap function should return a tuple with 2 items.");
        Py_CLEAR(answer);
    }
    if (!answer)
        return failed();
    psi_py_leaves leaves = {0};
    psi_arrays out = arrays_of(Py_NewRef(PyTuple_GET_ITEM(answer, 0)), true);
    bool ok = !psi_failed() && psi_py_tree_leaves(b->part[VALUE], false, &leaves);
    if (ok && leaves.count == out.count)
        ok = psi_py_flatten_axes(PyTuple_GET_ITEM(answer, 0), PyTuple_GET_ITEM(answer, 1), out, out_axes);
    psi_py_leaves_free(&leaves);
    Py_DECREF(answer);
    return ok ? out : failed();
}

static PyObject *call_bound(PyObject *const rules[4], PyObject *args, PyObject *kwargs, bool recompute)
{
    psi_py_call call;
    psi_py_leaves leaves = {0};
    PyObject *out = NULL;
    destroy_waiting(NULL);
    binding *b = PyMem_RawCalloc(1, sizeof *b);
    if (!b)
        return PyErr_NoMemory();
    b->refs = 1;
    b->recompute = recompute;
    if (!psi_py_enter(&call, NULL)) {
        release(b);
        return NULL;
    }
    for (int i = 0; i < ARGS; i++)
        b->part[i] = rules[i] ? Py_NewRef(rules[i]) : NULL;
    b->part[ARGS] = structure_of(args);
    b->part[KWARGS] = b->part[ARGS] ? structure_of(kwargs) : NULL;
    if (b->part[KWARGS] && psi_py_tree_leaves(args, false, &leaves) &&
        psi_py_tree_leaves(kwargs, false, &leaves)) {
        psi_custom custom = {.fn = call_fun,
                             .vjp = rules[VJP] ? call_vjp : NULL,
                             .jvp = rules[JVP] ? call_jvp : NULL,
                             .vmap = rules[VMAP] ? call_vmap : NULL,
                             .recompute = recompute,
                             .context = b,
                             .retain = retain,
                             .release = release};
        psi_arrays outputs = psi_custom_function(&custom, psi_py_leaf_arrays(&leaves));
        if (!psi_failed())
            out = fill(b->part[VALUE], outputs);
    }
    psi_py_leaves_free(&leaves);
    release(b);
    return psi_py_leave_object(&call, out);
}

PyObject *psi_py_call_checkpoint(PyObject *fun, PyObject *args, PyObject *kwargs)
{
    return call_bound((PyObject *[]){fun, NULL, NULL, NULL}, args, kwargs, true);
}

/* ---- custom_function ---- */

typedef struct custom {
    PyObject_HEAD PyObject *rule[4]; /* FUN, VJP, JVP, VMAP */
    PyObject *dict, *weakrefs;
} custom;

static PyObject *custom_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"fun", NULL};
    PyObject *fun;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:custom_function", names, &fun))
        return NULL;
    if (!PyCallable_Check(fun)) {
        PyErr_Format(PyExc_TypeError, "a function is wanted, not %.100s", Py_TYPE(fun)->tp_name);
        return NULL;
    }
    custom *c = (custom *)type->tp_alloc(type, 0);
    if (c)
        c->rule[FUN] = Py_NewRef(fun);
    return (PyObject *)c;
}

static PyObject *custom_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    const custom *c = (custom *)self;
    if (!c->rule[FUN])
        return PyErr_Format(PyExc_RuntimeError, "the custom function has been cleared");
    if (!c->rule[VJP] && !c->rule[JVP] && !c->rule[VMAP])
        return PyObject_Call(c->rule[FUN], args, kwargs);
    PyObject *named = kwargs ? Py_NewRef(kwargs) : PyDict_New();
    PyObject *out = named ? call_bound(c->rule, args, named, false) : NULL;
    Py_XDECREF(named);
    return out;
}

static int custom_traverse(PyObject *self, visitproc visit, void *arg)
{
    custom *c = (custom *)self;
    for (int i = 0; i < 4; i++)
        Py_VISIT(c->rule[i]);
    Py_VISIT(c->dict);
    return 0;
}

static int custom_clear(PyObject *self)
{
    custom *c = (custom *)self;
    for (int i = 0; i < 4; i++)
        Py_CLEAR(c->rule[i]);
    Py_CLEAR(c->dict);
    return 0;
}

static void custom_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    if (((custom *)self)->weakrefs)
        PyObject_ClearWeakRefs(self);
    custom_clear(self);
    Py_TYPE(self)->tp_free(self);
}

/* Takes a rule and answers the function, as a decorator does. */
#define SETTER(name, place)                                                                    \
    static PyObject *name(PyObject *self, PyObject *f)                                         \
    {                                                                                          \
        if (!PyCallable_Check(f))                                                              \
            return PyErr_Format(PyExc_TypeError, #name "(): a function is wanted, not %.100s", \
                                Py_TYPE(f)->tp_name);                                          \
        Py_XSETREF(((custom *)self)->rule[place], Py_NewRef(f));                               \
        return Py_NewRef(self);                                                                \
    }
SETTER(vjp, VJP)
SETTER(jvp, JVP)
SETTER(vmap, VMAP)

static PyMethodDef custom_methods[] = {
    {"vjp", vjp, METH_O, "f(primals, cotangents, outputs) gives the gradients; a decorator."},
    {"jvp", jvp, METH_O, "f(primals, tangents) gives the outputs' tangents; a decorator."},
    {"vmap", vmap, METH_O, "f(inputs, axes) gives the outputs and their axes; a decorator."},
    {0}};

static PyGetSetDef custom_properties[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL}, {0}};

PyTypeObject psi_py_custom_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mlx.core.custom_function",
    .tp_basicsize = sizeof(custom),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "A function whose derivatives and batching may be given by rules.",
    .tp_new = custom_new,
    .tp_call = custom_call,
    .tp_traverse = custom_traverse,
    .tp_clear = custom_clear,
    .tp_dealloc = custom_dealloc,
    .tp_methods = custom_methods,
    .tp_getset = custom_properties,
    .tp_dictoffset = offsetof(custom, dict),
    .tp_weaklistoffset = offsetof(custom, weakrefs),
};

/* ---- depends ---- */

static bool one_or_several(PyObject *o, psi_arrays *out)
{
    if (!psi_py_is_array(o))
        return psi_py_to_arrays(o, out);
    *out = psi_arrays_new(1);
    return out->count && psi_py_to_array(o, &out->data[0]);
}

PSI_PY_ENTRY(core, depends)
{
    PSI_PY_BIND("depends", 2, 2, 2, "inputs", "dependencies");
    psi_py_call call;
    psi_arrays inputs, dependencies;
    if (!psi_py_enter(&call, NULL))
        return NULL;
    if (!one_or_several(v[0], &inputs) || !one_or_several(v[1], &dependencies))
        return psi_py_leave_object(&call, NULL);
    psi_arrays out = psi_depends(inputs, dependencies);
    if (psi_py_is_array(v[0]))
        return psi_py_leave(&call, out.count ? out.data[0] : psi_error_array());
    return psi_py_leave_list(&call, out);
}
