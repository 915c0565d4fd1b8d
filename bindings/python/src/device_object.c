/* device_object.c: DeviceType, Device, Stream, and the context that sets the thread's default stream. */
#include "py.h"

static psi_py_member types[] = {{.value = PSI_CPU, .name = "cpu"}, {.value = PSI_GPU, .name = "gpu"}};

static bool is_type(PyObject *o)
{
    return Py_TYPE(o) == &psi_py_device_type_type;
}

bool psi_py_to_device(PyObject *o, psi_device *out)
{
    if (is_type(o)) {
        *out = (psi_device){(psi_device_type)((psi_py_member *)o)->value, 0};
        return true;
    }
    if (Py_TYPE(o) == &psi_py_device_type) {
        *out = ((psi_py_device *)o)->device;
        return true;
    }
    PyErr_Format(PyExc_TypeError, "an argument should be a Device, not %.100s", Py_TYPE(o)->tp_name);
    return false;
}

bool psi_py_to_stream(PyObject *o, psi_stream *out)
{
    psi_device device;
    if (Py_TYPE(o) == &psi_py_stream_type) {
        *out = ((psi_py_stream *)o)->stream;
        return true;
    }
    if (!is_type(o) && Py_TYPE(o) != &psi_py_device_type) {
        PyErr_Format(PyExc_TypeError, "an argument should be a Stream or a Device, not %.100s",
                     Py_TYPE(o)->tp_name);
        return false;
    }
    psi_py_to_device(o, &device);
    *out = psi_default_stream(device);
    if (!psi_failed())
        return true;
    psi_py_raise();
    return false;
}

PyObject *psi_py_device_object(psi_device device)
{
    psi_py_device *o = PyObject_New(psi_py_device, &psi_py_device_type);
    if (o)
        o->device = device;
    return (PyObject *)o;
}

PyObject *psi_py_stream_object(psi_stream stream)
{
    psi_py_stream *o = PyObject_New(psi_py_stream, &psi_py_stream_type);
    if (o)
        o->stream = stream;
    return (PyObject *)o;
}

/* ---- DeviceType ---- */

static PyObject *type_repr(PyObject *self)
{
    return PyUnicode_FromFormat("DeviceType.%s", ((psi_py_member *)self)->name);
}

static PyObject *type_get(PyObject *self, void *closure)
{
    psi_py_member *m = (psi_py_member *)self;
    return closure ? PyUnicode_FromString(m->name) : PyLong_FromLong(m->value);
}

static bool device_like(PyObject *o)
{
    return is_type(o) || Py_TYPE(o) == &psi_py_device_type;
}

/* A device equals its type's first device. */
static PyObject *device_compare(PyObject *a, PyObject *b, int op)
{
    psi_device x, y;
    if ((op != Py_EQ && op != Py_NE) || !device_like(a))
        Py_RETURN_NOTIMPLEMENTED;
    bool same = device_like(b) && psi_py_to_device(a, &x) && psi_py_to_device(b, &y) && x.type == y.type &&
                x.index == y.index;
    return PyBool_FromLong(same == (op == Py_EQ));
}

static Py_hash_t device_hash(PyObject *self)
{
    psi_device d = {PSI_CPU, 0};
    psi_py_to_device(self, &d);
    return 2 * d.index + (int)d.type + 1;
}

static PyGetSetDef type_properties[] = {
    {"name", type_get, NULL, "Its name.", "name"}, {"value", type_get, NULL, "Its number.", NULL}, {0}};

PyTypeObject psi_py_device_type_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mlx.core.DeviceType",
    .tp_basicsize = sizeof(psi_py_member),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "A kind of device.",
    .tp_repr = type_repr,
    .tp_str = type_repr,
    .tp_richcompare = device_compare,
    .tp_hash = device_hash,
    .tp_getset = type_properties,
};

/* ---- Device ---- */

static PyObject *device_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"type", "index", NULL};
    PyObject *kind;
    int index = 0;
    (void)type;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!|i:Device", names, &psi_py_device_type_type, &kind,
                                     &index))
        return NULL;
    return psi_py_device_object((psi_device){(psi_device_type)((psi_py_member *)kind)->value, index});
}

static PyObject *device_repr(PyObject *self)
{
    psi_device d = ((psi_py_device *)self)->device;
    return PyUnicode_FromFormat("Device(%s, %d)", types[d.type].name, d.index);
}

static PyObject *device_kind(PyObject *self, void *closure)
{
    (void)closure;
    return Py_NewRef((PyObject *)&types[((psi_py_device *)self)->device.type]);
}

static PyGetSetDef device_properties[] = {{"type", device_kind, NULL, "Its DeviceType.", NULL}, {0}};

PyTypeObject psi_py_device_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mlx.core.Device",
    .tp_basicsize = sizeof(psi_py_device),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Device(type, index=0)\n--\n\nWhere ops run.",
    .tp_new = device_new,
    .tp_repr = device_repr,
    .tp_richcompare = device_compare,
    .tp_hash = device_hash,
    .tp_getset = device_properties,
};

/* ---- Stream ---- */

static PyObject *stream_repr(PyObject *self)
{
    psi_stream s = ((psi_py_stream *)self)->stream;
    return PyUnicode_FromFormat("Stream(Device(%s, %d), %d)", types[s.device.type].name, s.device.index,
                                s.index);
}

static PyObject *stream_device(PyObject *self, void *closure)
{
    (void)closure;
    return psi_py_device_object(((psi_py_stream *)self)->stream.device);
}

static PyObject *stream_compare(PyObject *a, PyObject *b, int op)
{
    if (op != Py_EQ && op != Py_NE)
        Py_RETURN_NOTIMPLEMENTED;
    bool same = Py_TYPE(b) == &psi_py_stream_type &&
                ((psi_py_stream *)a)->stream.index == ((psi_py_stream *)b)->stream.index;
    return PyBool_FromLong(same == (op == Py_EQ));
}

static Py_hash_t stream_hash(PyObject *self)
{
    return ((psi_py_stream *)self)->stream.index + 1;
}

static PyGetSetDef stream_properties[] = {{"device", stream_device, NULL, "Its Device.", NULL}, {0}};

PyTypeObject psi_py_stream_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mlx.core.Stream",
    .tp_basicsize = sizeof(psi_py_stream),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "A line of work that runs in order; different streams run side by side.",
    .tp_repr = stream_repr,
    .tp_richcompare = stream_compare,
    .tp_hash = stream_hash,
    .tp_getset = stream_properties,
};

/* ---- StreamContext ---- */

typedef struct context {
    PyObject_HEAD PyObject *target;
    psi_stream before;
    bool entered;
} context;

static PyObject *context_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"s", NULL};
    PyObject *target;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:StreamContext", names, &target))
        return NULL;
    if (Py_TYPE(target) != &psi_py_stream_type && !device_like(target)) {
        PyErr_Format(target == Py_None ? PyExc_RuntimeError : PyExc_TypeError,
                     "StreamContext: give a stream or a device, not %.100s", Py_TYPE(target)->tp_name);
        return NULL;
    }
    context *self = (context *)type->tp_alloc(type, 0);
    if (self)
        self->target = Py_NewRef(target);
    return (PyObject *)self;
}

static void context_dealloc(PyObject *self)
{
    Py_XDECREF(((context *)self)->target);
    Py_TYPE(self)->tp_free(self);
}

static PyObject *context_enter(PyObject *self, PyObject *unused)
{
    (void)unused;
    context *c = (context *)self;
    psi_stream to;
    if (!psi_py_to_stream(c->target, &to))
        return NULL;
    c->before = psi_default_stream(psi_default_device());
    if (!psi_set_default_stream(to))
        return psi_py_raise();
    c->entered = true;
    Py_RETURN_NONE;
}

static PyObject *context_exit(PyObject *self, PyObject *args)
{
    (void)args;
    context *c = (context *)self;
    if (c->entered)
        psi_set_default_stream(c->before);
    c->entered = false;
    Py_RETURN_NONE;
}

static PyMethodDef context_methods[] = {
    {"__enter__", context_enter, METH_NOARGS, NULL}, {"__exit__", context_exit, METH_VARARGS, NULL}, {0}};

PyTypeObject psi_py_stream_context_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mlx.core.StreamContext",
    .tp_basicsize = sizeof(context),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "StreamContext(s)\n--\n\nSets the default stream of the thread inside a `with` block.",
    .tp_new = context_new,
    .tp_dealloc = context_dealloc,
    .tp_methods = context_methods,
};

bool psi_py_init_devices(PyObject *module)
{
    if (PyType_Ready(&psi_py_device_type_type) || PyType_Ready(&psi_py_device_type) ||
        PyType_Ready(&psi_py_stream_type) || PyType_Ready(&psi_py_stream_context_type))
        return false;
    for (int i = 0; i < 2; i++) {
        PyObject *o = PyObject_Init((PyObject *)&types[i], &psi_py_device_type_type);
        if (PyDict_SetItemString(psi_py_device_type_type.tp_dict, types[i].name, o) ||
            PyModule_AddObject(module, types[i].name, Py_NewRef(o)))
            return false;
    }
    return true;
}
