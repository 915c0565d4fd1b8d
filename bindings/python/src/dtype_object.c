/* dtype_object.c: Dtype, DtypeCategory, finfo and iinfo. Invariant: there is one object per dtype and per category. */
#include "py.h"

#include <float.h>

static psi_py_dtype dtypes[PSI_DTYPE_COUNT];

/* Upstream's numbers, which hash() and pickles show. */
static const int upstream_number[PSI_DTYPE_COUNT] = {
    [PSI_BOOL] = 0,     [PSI_UINT8] = 1,    [PSI_UINT16] = 2,    [PSI_UINT32] = 3,     [PSI_UINT64] = 4,
    [PSI_INT8] = 5,     [PSI_INT16] = 6,    [PSI_INT32] = 7,     [PSI_INT64] = 8,      [PSI_FLOAT16] = 9,
    [PSI_FLOAT32] = 10, [PSI_FLOAT64] = 11, [PSI_BFLOAT16] = 12, [PSI_COMPLEX64] = 13,
};

PyObject *psi_py_dtype_object(psi_dtype dtype)
{
    return Py_NewRef((PyObject *)&dtypes[dtype]);
}

static PyObject *dtype_repr(PyObject *self)
{
    return PyUnicode_FromFormat("mlx.core.%s", psi_dtype_name(psi_py_dtype_of(self)));
}

static Py_hash_t dtype_hash(PyObject *self)
{
    return upstream_number[psi_py_dtype_of(self)];
}

static PyObject *dtype_size(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromSize_t(psi_dtype_size(psi_py_dtype_of(self)));
}

static PyObject *dtype_reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    const char *name = psi_dtype_name(psi_py_dtype_of(self));
    return PyUnicode_FromString(psi_py_dtype_of(self) == PSI_BOOL ? "bool_" : name);
}

static PyGetSetDef dtype_properties[] = {{"size", dtype_size, NULL, "Bytes of one element.", NULL}, {0}};
static PyMethodDef dtype_methods[] = {{"__reduce__", dtype_reduce, METH_NOARGS, NULL}, {0}};

PyTypeObject psi_py_dtype_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mlx.core.Dtype",
    .tp_basicsize = sizeof(psi_py_dtype),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "The type of an array's elements.",
    .tp_repr = dtype_repr,
    .tp_hash = dtype_hash,
    .tp_getset = dtype_properties,
    .tp_methods = dtype_methods,
};

/* ---- members of DtypeCategory (and, in device_object.c, of DeviceType) ---- */

static psi_py_member categories[] = {
    {.value = PSI_COMPLEXFLOATING, .name = "complexfloating"},
    {.value = PSI_FLOATING, .name = "floating"},
    {.value = PSI_INEXACT, .name = "inexact"},
    {.value = PSI_SIGNEDINTEGER, .name = "signedinteger"},
    {.value = PSI_UNSIGNEDINTEGER, .name = "unsignedinteger"},
    {.value = PSI_INTEGER, .name = "integer"},
    {.value = PSI_NUMBER, .name = "number"},
    {.value = PSI_GENERIC, .name = "generic"},
};

static PyObject *category_repr(PyObject *self)
{
    return PyUnicode_FromFormat("DtypeCategory.%s", ((psi_py_member *)self)->name);
}

static PyObject *category_get(PyObject *self, void *closure)
{
    psi_py_member *m = (psi_py_member *)self;
    return closure ? PyUnicode_FromString(m->name) : PyLong_FromLong(m->value);
}

static PyGetSetDef category_properties[] = {{"name", category_get, NULL, "Its name.", "name"},
                                            {"value", category_get, NULL, "Its number.", NULL},
                                            {0}};

PyTypeObject psi_py_category_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mlx.core.DtypeCategory",
    .tp_basicsize = sizeof(psi_py_member),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "A category of dtypes, for issubdtype.",
    .tp_repr = category_repr,
    .tp_str = category_repr,
    .tp_getset = category_properties,
};

/* ---- finfo and iinfo ---- */

typedef struct info {
    PyObject_HEAD psi_dtype dtype;
} info;

static PyObject *info_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *dtype;
    bool real = type == &psi_py_finfo_type;
    if (kwargs && PyDict_GET_SIZE(kwargs)) {
        PyErr_Format(PyExc_TypeError, "%s takes a Dtype and no keywords", real ? "finfo" : "iinfo");
        return NULL;
    }
    psi_dtype d;
    if (!PyArg_ParseTuple(args, "O", &dtype) || !psi_py_to_dtype(dtype, &d))
        return NULL;
    if (!psi_issubdtype(d, real ? PSI_INEXACT : PSI_INTEGER)) {
        PyErr_Format(PyExc_ValueError, "[%s] dtype %s is not %s.", real ? "finfo" : "iinfo",
                     psi_dtype_name(d), real ? "inexact" : "an integer");
        return NULL;
    }
    info *self = PyObject_New(info, type);
    if (self)
        self->dtype = d;
    return (PyObject *)self;
}

static PyObject *info_get(PyObject *self, void *closure)
{
    psi_dtype d = ((info *)self)->dtype;
    const char which = *(const char *)closure;
    if (Py_TYPE(self) == &psi_py_finfo_type) {
        psi_float_limits f = psi_finfo(d);
        return which == 'd' ? psi_py_dtype_object(f.dtype)
                            : PyFloat_FromDouble(which == 'e'   ? f.eps
                                                 : which == 'm' ? f.min
                                                                : f.max);
    }
    psi_int_limits i = psi_iinfo(d);
    if (which == 'd')
        return psi_py_dtype_object(i.dtype);
    return which == 'm' ? PyLong_FromLongLong(i.min) : PyLong_FromUnsignedLongLong(i.max);
}

static PyObject *info_repr(PyObject *self)
{
    char text[160];
    psi_dtype d = ((info *)self)->dtype;
    if (Py_TYPE(self) == &psi_py_finfo_type) {
        psi_float_limits f = psi_finfo(d);
        snprintf(text, sizeof text, "finfo(min=%g, max=%g, dtype=%s)", f.min, f.max, psi_dtype_name(f.dtype));
        return PyUnicode_FromString(text);
    }
    PyObject *low = info_get(self, "m"), *high = info_get(self, "M"), *out = NULL;
    if (low && high)
        out = PyUnicode_FromFormat("iinfo(min=%S, max=%S, dtype=%s)", low, high, psi_dtype_name(d));
    Py_XDECREF(low);
    Py_XDECREF(high);
    return out;
}

static PyGetSetDef finfo_properties[] = {{"min", info_get, NULL, "The least number.", "m"},
                                         {"max", info_get, NULL, "The largest number.", "M"},
                                         {"eps", info_get, NULL, "From 1 to the next number.", "e"},
                                         {"dtype", info_get, NULL, "The Dtype.", "d"},
                                         {0}};
static PyGetSetDef iinfo_properties[] = {{"min", info_get, NULL, "The least number.", "m"},
                                         {"max", info_get, NULL, "The largest number.", "M"},
                                         {"dtype", info_get, NULL, "The Dtype.", "d"},
                                         {0}};

PyTypeObject psi_py_finfo_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mlx.core.finfo",
    .tp_basicsize = sizeof(info),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "finfo(dtype)\n--\n\nThe limits of a floating dtype.",
    .tp_new = info_new,
    .tp_repr = info_repr,
    .tp_getset = finfo_properties,
};

PyTypeObject psi_py_iinfo_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mlx.core.iinfo",
    .tp_basicsize = sizeof(info),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "iinfo(dtype)\n--\n\nThe limits of an integer dtype.",
    .tp_new = info_new,
    .tp_repr = info_repr,
    .tp_getset = iinfo_properties,
};

bool psi_py_init_dtypes(PyObject *module)
{
    if (PyType_Ready(&psi_py_dtype_type) || PyType_Ready(&psi_py_category_type))
        return false;
    for (int i = 0; i < PSI_DTYPE_COUNT; i++) {
        PyObject_Init((PyObject *)&dtypes[i], &psi_py_dtype_type);
        dtypes[i].dtype = (psi_dtype)i;
        const char *name = i == PSI_BOOL ? "bool_" : psi_dtype_name((psi_dtype)i);
        if (PyModule_AddObject(module, name, psi_py_dtype_object((psi_dtype)i)))
            return false;
    }
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++) {
        PyObject *o = PyObject_Init((PyObject *)&categories[i], &psi_py_category_type);
        if (PyDict_SetItemString(psi_py_category_type.tp_dict, categories[i].name, o) ||
            PyModule_AddObject(module, categories[i].name, Py_NewRef(o)))
            return false;
    }
    return true;
}
