/* format.c: how arrays print: as upstream prints, three elements at either end of an axis longer than six. */
#include "py.h"

#include <math.h>
#include <string.h>

#include "core/half.h"
#include "core/node.h"

enum { EDGE = 3 };

typedef struct text {
    char *bytes;
    size_t length, room;
    bool failed;
} text;

static void put(text *t, const char *s, size_t n)
{
    if (t->failed)
        return;
    if (t->length + n > t->room) {
        size_t room = 2 * (t->length + n);
        char *more = PyMem_Realloc(t->bytes, room);
        if (!more) {
            t->failed = true;
            return;
        }
        t->bytes = more;
        t->room = room;
    }
    for (size_t i = 0; i < n; i++)
        t->bytes[t->length++] = s[i];
}

static void put_text(text *t, const char *s)
{
    put(t, s, strlen(s));
}

static void put_number(text *t, psi_dtype dtype, const void *p)
{
    char s[64];
    switch (dtype) {
    case PSI_BOOL:
        snprintf(s, sizeof s, "%s", *(const uint8_t *)p ? "True" : "False");
        break;
    case PSI_UINT8:
        snprintf(s, sizeof s, "%u", *(const uint8_t *)p);
        break;
    case PSI_UINT16:
        snprintf(s, sizeof s, "%u", *(const uint16_t *)p);
        break;
    case PSI_UINT32:
        snprintf(s, sizeof s, "%u", *(const uint32_t *)p);
        break;
    case PSI_UINT64:
        snprintf(s, sizeof s, "%llu", (unsigned long long)*(const uint64_t *)p);
        break;
    case PSI_INT8:
        snprintf(s, sizeof s, "%d", *(const int8_t *)p);
        break;
    case PSI_INT16:
        snprintf(s, sizeof s, "%d", *(const int16_t *)p);
        break;
    case PSI_INT32:
        snprintf(s, sizeof s, "%d", *(const int32_t *)p);
        break;
    case PSI_INT64:
        snprintf(s, sizeof s, "%lld", (long long)*(const int64_t *)p);
        break;
    case PSI_FLOAT16:
        snprintf(s, sizeof s, "%g", (double)psi_float_of_float16(*(const uint16_t *)p));
        break;
    case PSI_BFLOAT16:
        snprintf(s, sizeof s, "%g", (double)psi_float_of_bfloat16(*(const uint16_t *)p));
        break;
    case PSI_FLOAT32:
        snprintf(s, sizeof s, "%g", (double)*(const float *)p);
        break;
    case PSI_FLOAT64:
        snprintf(s, sizeof s, "%g", *(const double *)p);
        break;
    default: {
        const psi_complex64 *z = p;
        bool plus = z->im >= 0 || isnan(z->im);
        snprintf(s, sizeof s, "%g%c%gj", (double)z->re, plus ? '+' : '-', (double)(plus ? z->im : -z->im));
    }
    }
    put_text(t, s);
}

static void put_axis(text *t, psi_array a, const char *data, int axis)
{
    psi_ints shape = psi_shape(a), strides = psi_strides(a);
    int64_t n = shape.data[axis];
    int64_t step = strides.data[axis] * (int64_t)psi_itemsize(a);
    bool last = axis + 1 == shape.count;
    put_text(t, "[");
    for (int64_t i = 0; i < n; i++) {
        for (int k = 0; i && !last && k < 7 + axis; k++)
            put_text(t, " ");
        if (i == EDGE && n > 2 * EDGE) {
            put_text(t, "...");
            i = n - EDGE - 1;
        } else if (last) {
            put_number(t, psi_dtype_of(a), data + i * step);
        } else {
            put_axis(t, a, data + i * step, axis + 1);
        }
        if (i + 1 < n)
            put_text(t, last ? ", " : ",\n");
    }
    put_text(t, "]");
}

PyObject *psi_py_array_repr(PyObject *self)
{
    psi_py_call call;
    psi_array a = psi_py_array_of(self);
    if (!psi_py_enter(&call, NULL))
        return NULL;
    a = psi_own(psi_retain(a));
    if (psi_is_error(a))
        return psi_py_leave_object(&call, PyUnicode_FromString("array(not initialised)"));
    if (!psi_py_eval1(a))
        return psi_py_leave_object(&call, NULL);
    text t = {0};
    const char *data = psi_values(a);
    put_text(&t, "array(");
    if (psi_ndim(a))
        put_axis(&t, a, data, 0);
    else
        put_number(&t, psi_dtype_of(a), data);
    put_text(&t, ", dtype=");
    put_text(&t, psi_dtype_name(psi_dtype_of(a)));
    put_text(&t, ")");
    PyObject *out = t.failed ? PyErr_NoMemory() : PyUnicode_FromStringAndSize(t.bytes, (Py_ssize_t)t.length);
    PyMem_Free(t.bytes);
    return psi_py_leave_object(&call, out);
}

PyObject *psi_py_array_format(PyObject *self, PyObject *spec)
{
    bool scalar = !psi_ndim(psi_py_array_of(self));
    if (!PyUnicode_Check(spec)) {
        PyErr_Format(PyExc_TypeError, "a format is a str, not %.100s", Py_TYPE(spec)->tp_name);
        return NULL;
    }
    if (!scalar && PyUnicode_GET_LENGTH(spec)) {
        PyErr_SetString(PyExc_TypeError, "unsupported format string passed to mx.array.__format__");
        return NULL;
    }
    if (!scalar)
        return psi_py_array_repr(self);
    PyObject *item = psi_py_item(self, NULL), *out = item ? PyObject_Format(item, spec) : NULL;
    Py_XDECREF(item);
    return out;
}
