/* convert_out.c: from arrays to Python: item, tolist, the buffer protocol and DLPack.
 * Invariant: what shares memory keeps the psi_array alive by a reference of its own. */
#include "py.h"

#include <string.h>

#include "core/half.h"
#include "core/node.h"

static PyObject *number(psi_dtype dtype, const void *p)
{
    switch (dtype) {
    case PSI_BOOL:
        return PyBool_FromLong(*(const uint8_t *)p);
    case PSI_UINT8:
        return PyLong_FromLong(*(const uint8_t *)p);
    case PSI_UINT16:
        return PyLong_FromLong(*(const uint16_t *)p);
    case PSI_UINT32:
        return PyLong_FromUnsignedLong(*(const uint32_t *)p);
    case PSI_UINT64:
        return PyLong_FromUnsignedLongLong(*(const uint64_t *)p);
    case PSI_INT8:
        return PyLong_FromLong(*(const int8_t *)p);
    case PSI_INT16:
        return PyLong_FromLong(*(const int16_t *)p);
    case PSI_INT32:
        return PyLong_FromLong(*(const int32_t *)p);
    case PSI_INT64:
        return PyLong_FromLongLong(*(const int64_t *)p);
    case PSI_FLOAT16:
        return PyFloat_FromDouble(psi_float_of_float16(*(const uint16_t *)p));
    case PSI_BFLOAT16:
        return PyFloat_FromDouble(psi_float_of_bfloat16(*(const uint16_t *)p));
    case PSI_FLOAT32:
        return PyFloat_FromDouble(*(const float *)p);
    case PSI_FLOAT64:
        return PyFloat_FromDouble(*(const double *)p);
    default: {
        const psi_complex64 *z = p;
        return PyComplex_FromDoubles(z->re, z->im);
    }
    }
}

PyObject *psi_py_item(PyObject *self, PyObject *unused)
{
    (void)unused;
    psi_array a = psi_py_array_of(self);
    if (psi_size(a) != 1) {
        PyErr_SetString(PyExc_ValueError, "an array becomes a number only when it has one element");
        return NULL;
    }
    return psi_py_eval1(a) ? number(psi_dtype_of(a), psi_values(a)) : psi_py_raise();
}

static PyObject *nested(psi_array a, int axis, const char **at)
{
    psi_ints shape = psi_shape(a);
    size_t step = psi_itemsize(a);
    PyObject *list = PyList_New((Py_ssize_t)shape.data[axis]);
    for (int64_t i = 0; list && i < shape.data[axis]; i++) {
        PyObject *o;
        if (axis + 1 == shape.count) {
            o = number(psi_dtype_of(a), *at);
            *at += step;
        } else {
            o = nested(a, axis + 1, at);
        }
        if (o)
            PyList_SET_ITEM(list, i, o);
        else
            Py_CLEAR(list);
    }
    return list;
}

PyObject *psi_py_tolist(PyObject *self, PyObject *unused)
{
    psi_array a = psi_py_array_of(self);
    psi_py_call call;
    if (!psi_ndim(a))
        return psi_py_item(self, unused);
    if (!psi_py_enter(&call, NULL))
        return NULL;
    a = psi_own(psi_retain(a));
    const char *data = psi_py_eval1(a) ? psi_data(a) : NULL;
    return psi_py_leave_object(&call, data ? nested(a, 0, &data) : NULL);
}

/* ---- memory shared with others ---- */

/* Shape and strides as others want them, and the array kept alive. */
typedef struct shared {
    psi_array array;
    Py_ssize_t *steps; /* in bytes */
    int64_t *strides;  /* in elements */
    int64_t shape[];   /* ndim, then both kinds of strides */
} shared;

_Static_assert(sizeof(Py_ssize_t) == sizeof(int64_t), "shapes are passed as they are");

static shared *share(psi_array a)
{
    psi_py_call call;
    int n = psi_ndim(a);
    shared *s = PyMem_RawMalloc(sizeof *s + 3 * (size_t)n * sizeof *s->shape);
    if (!s)
        return (void *)PyErr_NoMemory();
    s->array = psi_retain(a);
    s->strides = s->shape + n;
    s->steps = (Py_ssize_t *)s->strides + n;
    if (!psi_py_enter(&call, NULL) || !psi_py_leave_object(&call, psi_py_eval1(a) ? Py_None : NULL)) {
        psi_release(a);
        PyMem_RawFree(s);
        return NULL;
    }
    psi_ints shape = psi_shape(a), strides = psi_strides(a);
    for (int i = 0; i < n; i++) {
        s->shape[i] = shape.data[i];
        s->strides[i] = strides.data[i];
        s->steps[i] = (Py_ssize_t)(strides.data[i] * (int64_t)psi_itemsize(a));
    }
    return s;
}

static void end_share(shared *s)
{
    psi_release(s->array);
    PyMem_RawFree(s);
}

static const char *const formats[] = {
    [PSI_BOOL] = "?",     [PSI_UINT8] = "B",      [PSI_UINT16] = "H",  [PSI_UINT32] = "I",
    [PSI_UINT64] = "Q",   [PSI_INT8] = "b",       [PSI_INT16] = "h",   [PSI_INT32] = "i",
    [PSI_INT64] = "q",    [PSI_FLOAT16] = "e",    [PSI_FLOAT32] = "f", [PSI_FLOAT64] = "d",
    [PSI_BFLOAT16] = "B", [PSI_COMPLEX64] = "Zf",
};

static int get_buffer(PyObject *self, Py_buffer *view, int flags)
{
    psi_array a = psi_py_array_of(self);
    memset(view, 0, sizeof *view);
    shared *s = share(a);
    if (!s)
        return -1;
    bool wants_strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES, row = psi_is_row_contiguous(a);
    bool wants_row = !wants_strides || (flags & PyBUF_C_CONTIGUOUS) == PyBUF_C_CONTIGUOUS;
    if (wants_row && !row) {
        end_share(s);
        PyErr_SetString(PyExc_BufferError, "the array is not contiguous in memory");
        return -1;
    }
    view->obj = Py_NewRef(self);
    view->buf = psi_values(a);
    view->len = (Py_ssize_t)psi_nbytes(a);
    view->itemsize = (Py_ssize_t)psi_itemsize(a);
    view->ndim = psi_ndim(a);
    view->internal = s;
    if ((flags & PyBUF_FORMAT) == PyBUF_FORMAT)
        view->format = (char *)(uintptr_t)formats[psi_dtype_of(a)];
    if ((flags & PyBUF_ND) == PyBUF_ND)
        view->shape = (Py_ssize_t *)s->shape;
    if (wants_strides)
        view->strides = s->steps;
    return 0;
}

static void release_buffer(PyObject *self, Py_buffer *view)
{
    (void)self;
    end_share(view->internal);
}

PyBufferProcs psi_py_buffer_procs = {get_buffer, release_buffer};

/* ---- DLPack ---- */

/* The layout that https://dmlc.github.io/dlpack fixes. */
typedef struct dl_tensor {
    void *data;
    int32_t device_type, device_id, ndim;
    uint8_t code, bits;
    uint16_t lanes;
    int64_t *shape, *strides;
    uint64_t offset;
} dl_tensor;

typedef struct dl_managed {
    dl_tensor tensor;
    void *context;
    void (*deleter)(struct dl_managed *self);
} dl_managed;

static void dl_delete(dl_managed *m)
{
    end_share(m->context);
    PyMem_RawFree(m);
}

static void dl_drop_capsule(PyObject *capsule)
{
    if (PyCapsule_IsValid(capsule, "dltensor")) {
        dl_managed *m = PyCapsule_GetPointer(capsule, "dltensor");
        m->deleter(m);
    }
}

/* DLPack's type codes: 0 int, 1 unsigned, 2 float, 4 bfloat, 5 complex, 6 bool. */
static uint8_t dl_code(psi_dtype d)
{
    if (d == PSI_BOOL || d == PSI_BFLOAT16)
        return d == PSI_BOOL ? 6 : 4;
    if (psi_issubdtype(d, PSI_SIGNEDINTEGER))
        return 0;
    return psi_issubdtype(d, PSI_UNSIGNEDINTEGER) ? 1 : d == PSI_COMPLEX64 ? 5 : 2;
}

PyObject *psi_py_dlpack(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    (void)args, (void)count, (void)names; /* stream, max_version, dl_device, copy: there is one CPU device */
    psi_array a = psi_py_array_of(self);
    shared *s = share(a);
    dl_managed *m = s ? PyMem_RawCalloc(1, sizeof *m) : NULL;
    if (!m) {
        if (s)
            end_share(s);
        return s ? PyErr_NoMemory() : NULL;
    }
    m->tensor = (dl_tensor){.data = psi_values(a),
                            .device_type = 1,
                            .ndim = psi_ndim(a),
                            .code = dl_code(psi_dtype_of(a)),
                            .bits = (uint8_t)(8 * psi_itemsize(a)),
                            .lanes = 1,
                            .shape = s->shape,
                            .strides = s->strides};
    m->context = s;
    m->deleter = dl_delete;
    PyObject *capsule = PyCapsule_New(m, "dltensor", dl_drop_capsule);
    if (!capsule)
        dl_delete(m);
    return capsule;
}

PyObject *psi_py_dlpack_device(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    return Py_BuildValue("(ii)", 1, 0);
}

/* ---- pickles: the elements' bytes, shape and dtype ---- */

PyObject *psi_py_getstate(PyObject *self, PyObject *unused)
{
    (void)unused;
    psi_array a = psi_py_array_of(self);
    psi_py_call call;
    if (!psi_py_enter(&call, NULL))
        return NULL;
    const char *data = psi_py_eval1(a) ? psi_data(a) : NULL;
    PyObject *state = NULL, *shape = data ? PyObject_GetAttrString(self, "shape") : NULL;
    if (shape)
        state =
            Py_BuildValue("(y#Ns)", data, (Py_ssize_t)psi_nbytes(a), shape, psi_dtype_name(psi_dtype_of(a)));
    return psi_py_leave_object(&call, state);
}

PyObject *psi_py_setstate(PyObject *self, PyObject *state)
{
    const char *bytes, *name;
    Py_ssize_t length;
    PyObject *shape;
    psi_py_ints ints;
    psi_py_call call;
    if (!PyTuple_Check(state) || !PyArg_ParseTuple(state, "y#Os;a pickled array is (bytes, shape, dtype)",
                                                   &bytes, &length, &shape, &name)) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "a pickled array is (bytes, shape, dtype)");
        return NULL;
    }
    int dtype = 0;
    while (dtype < PSI_DTYPE_COUNT && strcmp(name, psi_dtype_name((psi_dtype)dtype)))
        dtype++;
    if (!psi_py_enter(&call, NULL))
        return NULL;
    bool ok = psi_py_to_ints(shape, &ints);
    int64_t bytes_wanted = (int64_t)psi_dtype_size(dtype < PSI_DTYPE_COUNT ? (psi_dtype)dtype : PSI_BOOL);
    for (int i = 0; ok && i < ints.list.count; i++)
        if (ints.list.data[i] < 0 || __builtin_mul_overflow(bytes_wanted, ints.list.data[i], &bytes_wanted))
            bytes_wanted = -1, i = ints.list.count;
    if (ok && (dtype == PSI_DTYPE_COUNT || bytes_wanted != length)) {
        PyErr_Format(PyExc_ValueError,
                     "a pickled array of dtype %.40s has %zd bytes, which do not fit its shape", name,
                     length);
        ok = false;
    }
    ok = ok && psi_py_assign(self, psi_array_from(bytes, ints.list, (psi_dtype)dtype));
    return psi_py_leave_object(&call, ok ? Py_NewRef(Py_None) : NULL);
}
