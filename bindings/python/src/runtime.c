/* runtime.c: devices, streams, memory and evaluation as functions. */
#include "entry.h"

#include <string.h>

#include "core/node.h"

PSI_PY_ENTRY(core, default_device)
{
    (void)self, (void)args, (void)count, (void)keywords;
    return psi_py_device_object(psi_default_device());
}

PSI_PY_ENTRY(core, set_default_device)
{
    PSI_PY_BIND("set_default_device", 1, 0, 1, "device");
    psi_device d;
    if (!psi_py_to_device(v[0], &d))
        return NULL;
    if (!psi_set_default_device(d))
        return psi_py_raise();
    Py_RETURN_NONE;
}

PSI_PY_ENTRY(core, is_available)
{
    PSI_PY_BIND("is_available", 1, 0, 1, "device");
    psi_device d;
    return psi_py_to_device(v[0], &d) ? PyBool_FromLong(psi_device_is_available(d)) : NULL;
}

PSI_PY_ENTRY(core, device_count)
{
    PSI_PY_BIND("device_count", 1, 0, 1, "device_type");
    psi_device d;
    if (Py_TYPE(v[0]) != &psi_py_device_type_type) {
        PyErr_Format(PyExc_TypeError, "device_count(): device_type should be a DeviceType, not %.100s",
                     Py_TYPE(v[0])->tp_name);
        return NULL;
    }
    return psi_py_to_device(v[0], &d) ? PyLong_FromLong(psi_device_count(d.type)) : NULL;
}

PSI_PY_ENTRY(core, device_info)
{
    PSI_PY_BIND("device_info", 0, 0, 1, "d");
    psi_device d = psi_default_device();
    if (psi_py_given(v[0]) && !psi_py_to_device(v[0], &d))
        return NULL;
    if (!psi_device_is_available(d))
        return PyDict_New();
    psi_device_facts facts = psi_device_info(d);
    return Py_BuildValue("{s:s,s:s}", "device_name", facts.name, "architecture", facts.architecture);
}

PSI_PY_ENTRY(core, default_stream)
{
    PSI_PY_BIND("default_stream", 1, 0, 1, "device");
    psi_stream s;
    psi_device d;
    return psi_py_to_device(v[0], &d) && psi_py_to_stream(v[0], &s) ? psi_py_stream_object(s) : NULL;
}

PSI_PY_ENTRY(core, set_default_stream)
{
    PSI_PY_BIND("set_default_stream", 1, 0, 1, "stream");
    psi_stream s;
    if (Py_TYPE(v[0]) != &psi_py_stream_type) {
        PyErr_Format(PyExc_TypeError, "set_default_stream(): give a Stream, not %.100s",
                     Py_TYPE(v[0])->tp_name);
        return NULL;
    }
    if (!psi_py_to_stream(v[0], &s))
        return NULL;
    if (!psi_set_default_stream(s))
        return psi_py_raise();
    Py_RETURN_NONE;
}

PSI_PY_ENTRY(core, new_stream)
{
    PSI_PY_BIND("new_stream", 1, 0, 1, "device");
    psi_device d;
    if (!psi_py_to_device(v[0], &d))
        return NULL;
    psi_stream s = psi_new_stream(d);
    return s.index < 0 ? psi_py_raise() : psi_py_stream_object(s);
}

PSI_PY_ENTRY(core, stream)
{
    PSI_PY_BIND("stream", 1, 0, 1, "s");
    return PyObject_CallFunctionObjArgs((PyObject *)&psi_py_stream_context_type, v[0], NULL);
}

PSI_PY_ENTRY(core, synchronize)
{
    PSI_PY_BIND("synchronize", 0, 0, 1, "stream");
    psi_stream s = psi_default_stream(psi_default_device());
    if (psi_py_given(v[0]) && !psi_py_to_stream(v[0], &s))
        return NULL;
    PyThreadState *state = PyEval_SaveThread();
    bool ok = psi_synchronize(s);
    PyEval_RestoreThread(state);
    if (!ok)
        return psi_py_raise();
    Py_RETURN_NONE;
}

/* ---- evaluation ---- */

static PyObject *evaluate(PyObject *const *args, Py_ssize_t count, PyObject *keywords, bool wait)
{
    psi_py_leaves leaves = {0};
    psi_py_call call;
    bool ok = !keywords || !PyTuple_GET_SIZE(keywords);
    if (!ok)
        PyErr_SetString(PyExc_TypeError, "eval() takes no keywords");
    if (!ok || !psi_py_enter(&call, NULL))
        return NULL;
    if (count == 1 && wait && psi_py_is_array(args[0])) { /* the usual call, without a list */
        ok = psi_py_eval1(psi_py_array_of(args[0]));
        return psi_py_leave_object(&call, ok ? Py_NewRef(Py_None) : NULL);
    }
    for (Py_ssize_t i = 0; ok && i < count; i++)
        ok = psi_py_tree_leaves(args[i], false, &leaves);
    for (Py_ssize_t i = 0; ok && !wait && i < leaves.count; i++) {
        psi_array a = psi_py_array_of(leaves.items[i]);
        ok = !psi_is_error(a) && !psi_node_of(a)->tracer;
        if (!ok)
            PyErr_SetString(PyExc_ValueError, "[async_eval] Not allowed inside a graph transformation.");
    }
    if (ok) {
        psi_arrays arrays = psi_py_leaf_arrays(&leaves);
        ok = leaves.count == 0 || (arrays.count && (wait ? psi_py_eval(arrays) : psi_async_eval(arrays)));
    }
    psi_py_leaves_free(&leaves);
    return psi_py_leave_object(&call, ok ? Py_NewRef(Py_None) : NULL);
}

PSI_PY_ENTRY(core, eval)
{
    (void)self;
    return evaluate(args, count, keywords, true);
}

PSI_PY_ENTRY(core, async_eval)
{
    (void)self;
    return evaluate(args, count, keywords, false);
}

/* ---- memory ---- */

#define NO_ARGUMENTS(module, name, ...)                                      \
    PSI_PY_ENTRY(module, name)                                               \
    {                                                                        \
        (void)self, (void)args;                                              \
        if (count || (keywords && PyTuple_GET_SIZE(keywords))) {             \
            PyErr_SetString(PyExc_TypeError, #name "() takes no arguments"); \
            return NULL;                                                     \
        }                                                                    \
        __VA_ARGS__;                                                         \
    }

#define LIMIT(module, name, fn)               \
    PSI_PY_ENTRY(module, name)                \
    {                                         \
        PSI_PY_BIND(#name, 1, 0, 1, "limit"); \
        return set_limit(v[0], fn);           \
    }

static PyObject *set_limit(PyObject *o, size_t (*fn)(size_t))
{
    size_t bytes = PyLong_Check(o) ? PyLong_AsSize_t(o) : (size_t)-1;
    if (bytes == (size_t)-1) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "a limit is a count of bytes, not %R", o);
        return NULL;
    }
    return PyLong_FromSize_t(fn(bytes));
}

/* There is no wired memory on Linux: the limit is kept and given back. */
static size_t set_wired(size_t bytes)
{
    static size_t limit;
    size_t before = limit;
    limit = bytes;
    return before;
}

NO_ARGUMENTS(core, get_active_memory, return PyLong_FromSize_t(psi_active_memory()))
NO_ARGUMENTS(core, get_peak_memory, return PyLong_FromSize_t(psi_peak_memory()))
NO_ARGUMENTS(core, get_cache_memory, return PyLong_FromSize_t(psi_cache_memory()))
NO_ARGUMENTS(core, reset_peak_memory, psi_reset_peak_memory(); Py_RETURN_NONE)
NO_ARGUMENTS(core, clear_cache, psi_clear_cache(); Py_RETURN_NONE)
LIMIT(core, set_cache_limit, psi_set_cache_limit)
LIMIT(core, set_memory_limit, psi_set_memory_limit)
LIMIT(core, set_wired_limit, set_wired)
NO_ARGUMENTS(metal, get_active_memory, return PyLong_FromSize_t(psi_active_memory()))
NO_ARGUMENTS(metal, get_peak_memory, return PyLong_FromSize_t(psi_peak_memory()))
NO_ARGUMENTS(metal, get_cache_memory, return PyLong_FromSize_t(psi_cache_memory()))
NO_ARGUMENTS(metal, reset_peak_memory, psi_reset_peak_memory(); Py_RETURN_NONE)
NO_ARGUMENTS(metal, clear_cache, psi_clear_cache(); Py_RETURN_NONE)
LIMIT(metal, set_cache_limit, psi_set_cache_limit)
LIMIT(metal, set_memory_limit, psi_set_memory_limit)
LIMIT(metal, set_wired_limit, set_wired)
NO_ARGUMENTS(metal, device_info, return PyDict_New())
NO_ARGUMENTS(metal, is_available, Py_RETURN_FALSE)
NO_ARGUMENTS(cuda, is_available, return PyBool_FromLong(psi_device_is_available((psi_device){PSI_GPU, 0})))

/* ---- dtypes ---- */

static bool to_category(PyObject *o, psi_category *out)
{
    if (Py_TYPE(o) != &psi_py_category_type)
        return false;
    *out = (psi_category)((psi_py_member *)o)->value;
    return true;
}

PSI_PY_ENTRY(core, issubdtype)
{
    PSI_PY_BIND("issubdtype", 2, 0, 2, "arg1", "arg2");
    psi_category a, b;
    bool from_category = to_category(v[0], &a), of_category = to_category(v[1], &b);
    if ((!from_category && !psi_py_is_dtype(v[0])) || (!of_category && !psi_py_is_dtype(v[1]))) {
        PyErr_SetString(PyExc_TypeError, "issubdtype(): give Dtypes or DtypeCategories");
        return NULL;
    }
    if (from_category)
        return PyBool_FromLong(of_category && psi_issubcategory(a, b));
    if (of_category)
        return PyBool_FromLong(psi_issubdtype(psi_py_dtype_of(v[0]), b));
    return PyBool_FromLong(v[0] == v[1]);
}

/* ---- files ---- */

static const char *extension(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : "";
}

PSI_PY_ENTRY(core, load)
{
    PSI_PY_BIND("load", 1, 1, 3, "file", "format", "return_metadata", "stream");
    PyObject *path;
    const char *format = NULL;
    psi_py_call call;
    if (!PyUnicode_FSConverter(v[0], &path))
        return NULL;
    const char *name = PyBytes_AS_STRING(path);
    PyObject *out = NULL;
    if (psi_py_given(v[1]) && !psi_py_to_str(v[1], &format))
        goto done;
    if (strcmp(format ? format : extension(name), "npy"))
        psi_py_unsupported("load of a format other than npy");
    else if (psi_py_enter(&call, v[3]))
        out = psi_py_leave(&call, psi_load_npy(name));
done:
    Py_DECREF(path);
    return out;
}

PSI_PY_ENTRY(core, save)
{
    PSI_PY_BIND("save", 2, 0, 2, "file", "arr");
    PyObject *path = NULL, *longer;
    psi_py_call call;
    psi_array a;
    if (!PyUnicode_FSConverter(v[0], &path))
        return NULL;
    if (strcmp(extension(PyBytes_AS_STRING(path)), "npy")) {
        longer = PyBytes_FromFormat("%s.npy", PyBytes_AS_STRING(path));
        Py_SETREF(path, longer);
    }
    PyObject *out = NULL;
    if (path && psi_py_enter(&call, NULL)) {
        bool ok = psi_py_to_array(v[1], &a) && psi_py_eval1(a) && psi_save_npy(PyBytes_AS_STRING(path), a);
        out = psi_py_leave_object(&call, ok ? Py_NewRef(Py_None) : NULL);
    }
    Py_XDECREF(path);
    return out;
}
