/* buffer_in.c: arrays from objects with a buffer or with DLPack: copied once into row-major order.
 * Invariant: a foreign buffer is released before the call ends. */
#include "py.h"

#include <string.h>

#include "core/error.h"

bool psi_py_has_buffer(PyObject *o)
{
    if (PyUnicode_Check(o) || PyLong_Check(o) || PyFloat_Check(o) || PyComplex_Check(o) || PyList_Check(o) ||
        PyTuple_Check(o))
        return false;
    return PyObject_CheckBuffer(o) || PyObject_HasAttrString((PyObject *)Py_TYPE(o), "__dlpack__");
}

/* Walks strided memory in row-major order; `suboffsets` are refused before. */
static void gather(char **to, const char *from, int axis, int ndim, const int64_t *shape,
                   const int64_t *steps, size_t item)
{
    if (axis == ndim) {
        memcpy(*to, from, item);
        *to += item;
        return;
    }
    if (axis + 1 == ndim && steps[axis] == (int64_t)item) {
        memcpy(*to, from, item * (size_t)shape[axis]);
        *to += item * (size_t)shape[axis];
        return;
    }
    for (int64_t i = 0; i < shape[axis]; i++)
        gather(to, from + i * steps[axis], axis + 1, ndim, shape, steps, item);
}

typedef struct source {
    const char *data;
    int ndim;
    int64_t shape[64], steps[64];
    psi_dtype dtype;
    bool complex128;
} source;

/* complex128 is narrowed here: no dtype holds it. */
static void narrow(psi_complex64 *to, const char *from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double z[2];
        memcpy(z, from + i * sizeof z, sizeof z);
        to[i] = (psi_complex64){(float)z[0], (float)z[1]};
    }
}

static psi_array copy_of(const source *s, int dtype)
{
    size_t item = s->complex128 ? 16 : psi_dtype_size(s->dtype);
    int64_t size = 1;
    for (int i = 0; i < s->ndim; i++) {
        if (s->shape[i] > INT32_MAX)
            return PSI_INVALID("Shape dimension falls outside supported `int` range.");
        if (s->shape[i] < 0 || __builtin_mul_overflow(size, s->shape[i], &size))
            return PSI_INVALID("array: a buffer's shape is negative or too large");
    }
    if (size > PTRDIFF_MAX / 16)
        return PSI_INVALID("array: a buffer of %lld elements is too large", (long long)size);
    char *dense = PyMem_RawMalloc((size_t)size * item + 1), *to = dense;
    if (!dense)
        return psi_fail(PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR, "array: no memory for %lld elements",
                        (long long)size);
    if (size)
        gather(&to, s->data, 0, s->ndim, s->shape, s->steps, item);
    if (s->complex128)
        narrow((psi_complex64 *)dense, dense, (size_t)size);
    psi_array a = psi_array_from(dense, (psi_ints){s->shape, s->ndim}, s->dtype);
    PyMem_RawFree(dense);
    if (dtype < 0)
        dtype = s->dtype == PSI_FLOAT64 ? PSI_FLOAT32 : s->dtype;
    a = psi_astype(a, (psi_dtype)dtype);
    return psi_is_error(a) || psi_eval1(a) ? a : psi_error_array();
}

static psi_array refuse(PyObject *o)
{
    PyErr_Clear();
    PyErr_Format(PyExc_ValueError, "Invalid type %.100s received in array initialization.",
                 Py_TYPE(o)->tp_name);
    return psi_error_array();
}

/* The dtype that a struct-module format names, by its letter's family and the item's size; false for others. */
static bool read_format(const char *f, Py_ssize_t size, source *s)
{
    if (!f)
        f = "B";
    if (*f == '@' || *f == '=' || (*f == '<' && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__))
        f++;
    bool complex = *f == 'Z';
    f += complex;
    if (!*f || f[1])
        return false;
    int dtype = -1;
    if (complex)
        dtype = strchr("fd", *f) ? PSI_COMPLEX64 : -1;
    else if (*f == '?')
        dtype = size == 1 ? PSI_BOOL : -1;
    else if (strchr("BHILQN", *f))
        dtype = size == 1   ? PSI_UINT8
                : size == 2 ? PSI_UINT16
                : size == 4 ? PSI_UINT32
                : size == 8 ? PSI_UINT64
                            : -1;
    else if (strchr("bhilqn", *f))
        dtype = size == 1   ? PSI_INT8
                : size == 2 ? PSI_INT16
                : size == 4 ? PSI_INT32
                : size == 8 ? PSI_INT64
                            : -1;
    else if (strchr("efd", *f))
        dtype = size == 2 ? PSI_FLOAT16 : size == 4 ? PSI_FLOAT32 : size == 8 ? PSI_FLOAT64 : -1;
    s->complex128 = complex && size == 16;
    s->dtype = (psi_dtype)dtype;
    return dtype >= 0 && (!complex || size == 8 || size == 16);
}

static psi_array from_view(PyObject *o, const Py_buffer *view, int dtype)
{
    source s = {.data = view->buf, .ndim = view->ndim};
    if (view->ndim < 0 || view->ndim > 64 || view->suboffsets)
        return refuse(o);
    if (!read_format(view->format, view->itemsize, &s)) {
        PyErr_Format(
            PyExc_ValueError,
            "Invalid type %.100s received in array initialization: no dtype holds items of %zd bytes in "
            "format '%.40s'.",
            Py_TYPE(o)->tp_name, view->itemsize, view->format);
        return psi_error_array();
    }
    int64_t step = view->itemsize;
    for (int i = s.ndim; i-- > 0;) {
        s.shape[i] = view->shape ? view->shape[i] : view->len / view->itemsize;
        s.steps[i] = view->strides ? view->strides[i] : step;
        step *= s.shape[i];
    }
    return copy_of(&s, dtype);
}

/* ---- DLPack ---- */

typedef struct dl_managed {
    void *data;
    int32_t device_type, device_id, ndim;
    uint8_t code, bits;
    uint16_t lanes;
    int64_t *shape, *strides;
    uint64_t offset;
    void *context;
    void (*deleter)(struct dl_managed *self);
} dl_managed;

static int dl_dtype(const dl_managed *m)
{
    static const struct {
        uint8_t code, bits, dtype;
    } known[] = {{0, 8, PSI_INT8},       {0, 16, PSI_INT16},      {0, 32, PSI_INT32},   {0, 64, PSI_INT64},
                 {1, 8, PSI_UINT8},      {1, 16, PSI_UINT16},     {1, 32, PSI_UINT32},  {1, 64, PSI_UINT64},
                 {2, 16, PSI_FLOAT16},   {2, 32, PSI_FLOAT32},    {2, 64, PSI_FLOAT64}, {4, 16, PSI_BFLOAT16},
                 {5, 64, PSI_COMPLEX64}, {5, 128, PSI_COMPLEX64}, {6, 8, PSI_BOOL}};
    for (size_t i = 0; m->lanes == 1 && i < sizeof known / sizeof *known; i++)
        if (known[i].code == m->code && known[i].bits == m->bits)
            return known[i].dtype;
    return -1;
}

static psi_array from_dlpack(PyObject *o, int dtype)
{
    PyObject *capsule = PyObject_CallMethod(o, "__dlpack__", NULL);
    dl_managed *m =
        capsule && PyCapsule_IsValid(capsule, "dltensor") ? PyCapsule_GetPointer(capsule, "dltensor") : NULL;
    psi_array out;
    source s = {.ndim = m ? m->ndim : 0};
    int kind = m ? dl_dtype(m) : -1;
    if (kind < 0 || m->ndim < 0 || m->ndim > 64 || (m->device_type != 1 && m->device_type != 3)) {
        out = refuse(o);
    } else {
        s.dtype = (psi_dtype)kind;
        s.complex128 = m->bits == 128;
        s.data = (const char *)m->data + m->offset;
        int64_t step = 1;
        for (int i = s.ndim; i-- > 0;) {
            s.shape[i] = m->shape[i];
            s.steps[i] = (m->strides ? m->strides[i] : step) * m->bits / 8;
            step *= m->shape[i];
        }
        out = copy_of(&s, dtype);
        if (!PyErr_Occurred() && !PyCapsule_SetName(capsule, "used_dltensor") && m->deleter)
            m->deleter(m);
    }
    Py_XDECREF(capsule); /* where it was not renamed, its destructor releases the tensor */
    return out;
}

psi_array psi_py_from_buffer(PyObject *o, int dtype)
{
    Py_buffer view;
    if (PyObject_CheckBuffer(o)) {
        if (!PyObject_GetBuffer(o, &view, PyBUF_STRIDES | PyBUF_FORMAT)) {
            psi_array a = from_view(o, &view, dtype);
            PyBuffer_Release(&view);
            return a;
        }
        PyErr_Clear();
    }
    if (PyObject_HasAttrString((PyObject *)Py_TYPE(o), "__dlpack__"))
        return from_dlpack(o, dtype);
    return refuse(o);
}
