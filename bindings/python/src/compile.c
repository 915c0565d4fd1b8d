/* compile.c: compiled Python functions, and graphs written down.
 * A trace keeps, beside its graph, the structure of what the function returned. Arguments that are no arrays, and how
 * arrays are nested, are part of what a trace is found by.
 * Invariant: captured containers hold placeholders only while the function is traced. */
#include <string.h>

#include "compile_key.h"
#include "entry.h"
#include "py.h"

typedef struct compiled_function {
    PyObject_HEAD PyObject *fun, *inputs, *outputs; /* NULL where nothing is captured */
    psi_compiled *compiled;
    PyObject *dict, *weakrefs;
} compiled_function;

/* ---- tracing ---- */

/* One running call. */
typedef struct running {
    compiled_function *f;
    PyObject *args, *kwargs;
    psi_compile_call call;
} running;

/* What is attached to a trace: the structure of the result, and how many arrays it has. */
static void *retain(void *attached)
{
    return Py_NewRef((PyObject *)attached);
}

static void release(void *attached)
{
    PyGILState_STATE state = PyGILState_Ensure();
    Py_DECREF((PyObject *)attached);
    PyGILState_Release(state);
}

/* A captured tree's leaves before a call; each has a reference of its own. */
static bool remember(PyObject *tree, psi_py_leaves *before)
{
    bool ok = !tree || psi_py_tree_leaves(tree, false, before);
    for (Py_ssize_t i = 0; i < before->count; i++)
        Py_INCREF(before->items[i]);
    return ok;
}

static void forget(psi_py_leaves *before)
{
    for (Py_ssize_t i = 0; i < before->count; i++)
        Py_DECREF(before->items[i]);
    psi_py_leaves_free(before);
}

/* After a call that failed: the arrays that the tree had, where it has as many places for them as then. */
static void put_back(PyObject *tree, const psi_py_leaves *before)
{
    psi_py_leaves now = {0};
    if (tree && psi_py_tree_leaves(tree, false, &now) && now.count == before->count)
        psi_py_tree_put(tree, before);
    psi_py_leaves_free(&now);
}

/* The structure of a result, with one scalar in the place of its arrays, and their number. */
static PyObject *describe(PyObject *value, int count)
{
    int next = 0;
    psi_arrays marks = psi_arrays_new(count);
    psi_array mark = psi_scalar(0, PSI_FLOAT32);
    for (int i = 0; i < marks.count; i++)
        marks.data[i] = mark;
    PyObject *structure = psi_failed() ? NULL : psi_py_tree_fill(value, marks, &next);
    return structure ? Py_BuildValue("(Ni)", structure, count) : NULL;
}

/* Calls the function, and lists what it returned and captured. */
static bool call_function(running *r, psi_arrays inputs, psi_arrays *outputs)
{
    int next = 0;
    psi_py_leaves out = {0};
    PyObject *args = psi_py_tree_fill(r->args, inputs, &next);
    PyObject *kwargs = args ? psi_py_tree_fill(r->kwargs, inputs, &next) : NULL;
    PyObject *value = kwargs ? PyObject_Call(r->f->fun, args, kwargs) : NULL;
    bool ok = value && psi_py_tree_leaves(value, false, &out);
    if (ok) {
        r->call.attached = describe(value, (int)out.count);
        ok = r->call.attached && (!r->f->outputs || psi_py_tree_leaves(r->f->outputs, false, &out));
    }
    if (ok)
        *outputs = psi_py_leaf_arrays(&out);
    psi_py_leaves_free(&out);
    Py_XDECREF(value);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    return ok && !psi_failed();
}

static psi_arrays trace(psi_arrays inputs, void *context)
{
    running *r = context;
    psi_py_leaves before = {0}, before_outputs = {0};
    psi_arrays outputs = {NULL, 0}, captured;
    PyObject *made = NULL, *type, *error, *traceback;
    bool ok = remember(r->f->inputs, &before) && remember(r->f->outputs, &before_outputs);
    if (ok && r->f->inputs) {
        captured = (psi_arrays){inputs.data + inputs.count - before.count, (int)before.count};
        made = psi_py_wrap_list(captured, false);
        psi_py_leaves placeholders = {.items = made ? PySequence_Fast_ITEMS(made) : NULL,
                                      .count = before.count};
        ok = made && psi_py_tree_put(r->f->inputs, &placeholders);
    }
    ok = ok && call_function(r, inputs, &outputs);
    PyErr_Fetch(&type, &error, &traceback);
    if (made && !psi_py_tree_restore(r->f->inputs, made, captured, &before))
        ok = false;
    if (!ok) {
        put_back(r->f->outputs, &before_outputs);
        put_back(r->f->inputs, &before);
    }
    if (type)
        PyErr_Restore(type, error, traceback);
    Py_XDECREF(made);
    forget(&before);
    forget(&before_outputs);
    if (ok)
        return outputs;
    if (!psi_failed())
        psi_error_raise(&(psi_error_record){PSI_INVALID_ARGUMENT, PSI_RUNTIME_ERROR,
                                            "the function that is compiled raised an exception"});
    return (psi_arrays){NULL, 0};
}

/* ---- calling ---- */

static PyObject *arrange(const running *r, psi_arrays outputs)
{
    PyObject *structure = PyTuple_GET_ITEM((PyObject *)r->call.attached, 0);
    int count = (int)PyLong_AsLong(PyTuple_GET_ITEM((PyObject *)r->call.attached, 1)), next = 0;
    psi_arrays rest = {outputs.data + count, outputs.count - count};
    if (rest.count) {
        PyObject *made = psi_py_wrap_list(rest, false);
        psi_py_leaves leaves = {.items = made ? PySequence_Fast_ITEMS(made) : NULL, .count = rest.count};
        bool ok = made && psi_py_tree_put(r->f->outputs, &leaves);
        Py_XDECREF(made);
        if (!ok)
            return NULL;
    }
    return psi_py_tree_fill(structure, (psi_arrays){outputs.data, count}, &next);
}

static PyObject *call_compiled(PyObject *self, PyObject *args, PyObject *kwargs)
{
    compiled_function *f = (compiled_function *)self;
    running r = {.f = f, .args = args, .kwargs = kwargs ? Py_NewRef(kwargs) : PyDict_New()};
    psi_py_key k = {.data = k.few, .capacity = sizeof k.few / sizeof *k.few};
    PyObject *out = NULL;
    psi_py_call call;
    if (!r.kwargs || !psi_py_enter(&call, NULL)) {
        Py_XDECREF(r.kwargs);
        return NULL;
    }
    bool ok = psi_py_key_add(&k, args) && psi_py_key_add(&k, r.kwargs);
    if (ok && f->inputs)
        ok = psi_py_tree_leaves(f->inputs, false, &k.leaves);
    if (ok) {
        r.call = (psi_compile_call){
            .fn = trace, .context = &r, .key = {k.data, k.count}, .retain = retain, .release = release};
        psi_arrays outputs = psi_compiled_apply(f->compiled, psi_py_leaf_arrays(&k.leaves), &r.call);
        if (!psi_failed() && !PyErr_Occurred())
            out = arrange(&r, outputs);
        Py_XDECREF((PyObject *)r.call.attached);
    }
    out = psi_py_leave_object(&call, out);
    psi_py_leaves_free(&k.leaves);
    if (k.data != k.few)
        PyMem_Free(k.data);
    Py_DECREF(r.kwargs);
    return out;
}

/* ---- the type ---- */

typedef struct visitor {
    visitproc visit;
    void *arg;
    int answer;
} visitor;

static void visit_attached(void *attached, void *context)
{
    visitor *v = context;
    if (!v->answer)
        v->answer = v->visit(attached, v->arg);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    compiled_function *f = (compiled_function *)self;
    visitor v = {visit, arg, 0};
    Py_VISIT(f->fun);
    Py_VISIT(f->inputs);
    Py_VISIT(f->outputs);
    Py_VISIT(f->dict);
    if (f->compiled)
        psi_compiled_each(f->compiled, visit_attached, &v);
    return v.answer;
}

static int clear(PyObject *self)
{
    compiled_function *f = (compiled_function *)self;
    Py_CLEAR(f->fun);
    Py_CLEAR(f->inputs);
    Py_CLEAR(f->outputs);
    Py_CLEAR(f->dict);
    if (f->compiled)
        psi_compiled_clear(f->compiled);
    return 0;
}

static void dealloc(PyObject *self)
{
    compiled_function *f = (compiled_function *)self;
    PyObject_GC_UnTrack(self);
    if (f->weakrefs)
        PyObject_ClearWeakRefs(self);
    clear(self);
    psi_compiled_free(f->compiled);
    PyObject_GC_Del(self);
}

static PyGetSetDef properties[] = {{"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
                                   {0}};

PyTypeObject psi_py_compiled_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "psionic._core.CompiledFunction",
    .tp_basicsize = sizeof(compiled_function),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "A compiled function.",
    .tp_call = call_compiled,
    .tp_traverse = traverse,
    .tp_clear = clear,
    .tp_dealloc = dealloc,
    .tp_getset = properties,
    .tp_dictoffset = offsetof(compiled_function, dict),
    .tp_weaklistoffset = offsetof(compiled_function, weakrefs),
};

/* Gives the wrapper the function's name, documentation and signature. */
static bool look_like(PyObject *wrapper, PyObject *fun)
{
    PyObject *functools = PyImport_ImportModule("functools");
    PyObject *done = functools ? PyObject_CallMethod(functools, "update_wrapper", "OO", wrapper, fun) : NULL;
    Py_XDECREF(functools);
    Py_XDECREF(done);
    return done != NULL;
}

PSI_PY_ENTRY(core, compile)
{
    PSI_PY_BIND("compile", 1, 0, 4, "fun", "inputs", "outputs", "shapeless");
    bool shapeless = false;
    if (!PyCallable_Check(v[0])) {
        PyErr_Format(PyExc_TypeError, "compile(): a function is wanted, not %.100s", Py_TYPE(v[0])->tp_name);
        return NULL;
    }
    if (v[3] && !psi_py_to_bool(v[3], &shapeless))
        return NULL;
    compiled_function *f = PyObject_GC_New(compiled_function, &psi_py_compiled_type);
    if (!f)
        return NULL;
    f->fun = Py_NewRef(v[0]);
    f->inputs = psi_py_given(v[1]) ? Py_NewRef(v[1]) : NULL;
    f->outputs = psi_py_given(v[2]) ? Py_NewRef(v[2]) : NULL;
    f->dict = f->weakrefs = NULL;
    f->compiled = psi_compile(trace, NULL, shapeless ? PSI_COMPILE_SHAPELESS : 0);
    PyObject_GC_Track((PyObject *)f);
    if (!f->compiled)
        psi_py_raise();
    if (f->compiled && look_like((PyObject *)f, v[0]))
        return (PyObject *)f;
    Py_DECREF(f);
    return NULL;
}

/* ---- caches ---- */

static PyObject *set_compile_cache_limit(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                         PyObject *keywords)
{
    PSI_PY_BIND("set_compile_cache_limit", 1, 0, 1, "limit");
    int64_t limit;
    if (!psi_py_to_int(v[0], &limit))
        return NULL;
    return psi_set_compile_cache_limit(limit) ? Py_NewRef(Py_None) : psi_py_raise();
}

static PyObject *set_compile_debug(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                   PyObject *keywords)
{
    PSI_PY_BIND("set_compile_debug", 1, 0, 1, "on");
    bool on;
    if (!psi_py_to_bool(v[0], &on))
        return NULL;
    psi_set_compile_debug(on);
    return Py_NewRef(Py_None);
}

/* A text of unknown length, asked for twice. */
static PyObject *trace_text(psi_compiled *c, int64_t number, bool recorded)
{
    size_t room = psi_compiled_text(c, number, recorded, NULL, 0) + 1;
    char *text = PyMem_Malloc(room);
    if (!text)
        return PyErr_NoMemory();
    size_t length = psi_compiled_text(c, number, recorded, text, room);
    PyObject *out = PyUnicode_FromStringAndSize(text, (Py_ssize_t)(length < room ? length : room - 1));
    PyMem_Free(text);
    return out;
}

static PyObject *compile_info(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    PSI_PY_BIND("compile_info", 1, 0, 1, "fun");
    if (Py_TYPE(v[0]) != &psi_py_compiled_type)
        return PyErr_Format(PyExc_TypeError, "compile_info(): a compiled function is wanted, not %.100s",
                            Py_TYPE(v[0])->tp_name);
    psi_compiled *c = ((compiled_function *)v[0])->compiled;
    psi_compile_stats s = psi_compiled_stats(c);
    PyObject *traces = PyList_New(0);
    for (int64_t i = 0; traces && i < s.size; i++) {
        PyObject *recorded = trace_text(c, i, true), *used = recorded ? trace_text(c, i, false) : NULL;
        PyObject *item = used ? Py_BuildValue("{sOsO}", "recorded", recorded, "graph", used) : NULL;
        if (!item || PyList_Append(traces, item))
            Py_CLEAR(traces);
        Py_XDECREF(recorded);
        Py_XDECREF(used);
        Py_XDECREF(item);
    }
    return traces ? Py_BuildValue("{sKsLsLsLsLsLsLsLsN}", "id", s.id, "cold", s.cold, "warm", s.warm,
                                  "bypassed", s.bypassed, "inlined", s.inlined, "invalidated", s.invalidated,
                                  "size", s.size, "limit", s.limit, "traces", traces)
                  : NULL;
}

/* Names beyond upstream's. */
bool psi_py_init_compile(PyObject *module)
{
    static PyMethodDef methods[] = {
        {"compile_info", (PyCFunction)(void (*)(void))compile_info, METH_FASTCALL | METH_KEYWORDS,
         "compile_info(fun)\n--\n\nCounts of a compiled function's calls and traces, and the graphs it "
         "keeps."},
        {"set_compile_debug", (PyCFunction)(void (*)(void))set_compile_debug, METH_FASTCALL | METH_KEYWORDS,
         "set_compile_debug(on)\n--\n\nWhether traces keep the text of the graph as it was recorded."},
        {"set_compile_cache_limit", (PyCFunction)(void (*)(void))set_compile_cache_limit,
         METH_FASTCALL | METH_KEYWORDS,
         "set_compile_cache_limit(limit)\n--\n\nHow many traces a compiled function keeps."},
        {0}};
    return !PyModule_AddFunctions(module, methods);
}

/* ---- graphs ---- */

static PyObject *write_to(PyObject *file, const char *text)
{
    PyObject *done;
    if (!PyUnicode_Check(file)) {
        if (PyObject_HasAttrString(file, "write"))
            return PyObject_CallMethod(file, "write", "s", text);
        return PyErr_Format(PyExc_ValueError,
                            "[export_to_dot] A file is one's name or an object with write(), not %.100s",
                            Py_TYPE(file)->tp_name);
    }
    PyObject *io = PyImport_ImportModule("io"),
             *opened = io ? PyObject_CallMethod(io, "open", "Os", file, "w") : NULL;
    PyObject *closed = NULL;
    done = opened ? PyObject_CallMethod(opened, "write", "s", text) : NULL;
    if (done)
        closed = PyObject_CallMethod(opened, "close", NULL);
    Py_XDECREF(io);
    Py_XDECREF(opened);
    Py_XDECREF(done);
    return closed;
}

PSI_PY_ENTRY(core, export_to_dot)
{
    (void)self;
    psi_py_leaves leaves = {0};
    Py_ssize_t named = keywords ? PyTuple_GET_SIZE(keywords) : 0;
    const char **names = NULL;
    PyObject *out = NULL;
    psi_py_call call;
    if (count < 1)
        return PyErr_Format(PyExc_TypeError, "export_to_dot(): argument 'file' is missing");
    if (!psi_py_enter(&call, NULL))
        return NULL;
    bool ok = true;
    for (Py_ssize_t i = 1; ok && i < count + named; i++)
        ok = psi_py_tree_leaves(args[i], true, &leaves);
    names = ok ? PyMem_Calloc((size_t)leaves.count + 1, sizeof *names) : NULL;
    /* Names are last, and stand for single arrays. */
    for (Py_ssize_t i = named, at = leaves.count; names && i-- > 0 && psi_py_is_array(args[count + i]);)
        names[--at] = PyUnicode_AsUTF8(PyTuple_GET_ITEM(keywords, i));
    if (names && !PyErr_Occurred()) {
        psi_arrays arrays = psi_py_leaf_arrays(&leaves);
        size_t room = psi_export_to_dot(arrays, names, NULL, 0) + 1;
        char *text = psi_failed() ? NULL : PyMem_Malloc(room);
        if (text && psi_export_to_dot(arrays, names, text, room))
            out = write_to(args[0], text);
        PyMem_Free(text);
    }
    PyMem_Free(names);
    psi_py_leaves_free(&leaves);
    out = psi_py_leave_object(&call, out);
    if (!out)
        return NULL;
    Py_DECREF(out);
    return Py_NewRef(Py_None);
}
