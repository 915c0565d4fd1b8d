/* convert_in.c: arrays from Python's numbers, lists and array-likes, with upstream's rules for their dtypes:
 * a list is bool, int32, float32 or complex64 by its widest element; a number beside an array takes the array's dtype
 * where that can hold its kind. Invariant: no Python code runs between the check of a list and its reading. */
#include "py.h"

#include "core/error.h"

enum kind { IS_BOOL, IS_INT, IS_FLOAT, IS_COMPLEX };

/* In upstream's class for ints that cannot be cast. */
static psi_array bad_int(PyObject *o, psi_dtype dtype)
{
    int past;
    long long v = PyLong_AsLongLongAndOverflow(o, &past);
    PyErr_Clear();
    if (past)
        PyErr_Format(PyExc_RuntimeError, "an int of more than 64 bits does not fit %s",
                     psi_dtype_name(dtype));
    else
        PyErr_Format(PyExc_RuntimeError, "the int %lld does not fit %s", v, psi_dtype_name(dtype));
    return psi_error_array();
}

static psi_array bad_type(PyObject *o)
{
    PyErr_Format(PyExc_ValueError, "Invalid type %.100s received in array initialization.",
                 Py_TYPE(o)->tp_name);
    return psi_error_array();
}

static int kind_of(PyObject *o)
{
    if (PyFloat_CheckExact(o))
        return IS_FLOAT;
    if (PyLong_CheckExact(o))
        return IS_INT;
    if (PyFloat_Check(o))
        return IS_FLOAT;
    if (PyBool_Check(o))
        return IS_BOOL;
    if (PyLong_Check(o))
        return IS_INT;
    return PyComplex_Check(o) ? IS_COMPLEX : -1;
}

bool psi_py_has_accessor(PyObject *o)
{
    return !psi_py_is_array(o) && kind_of(o) < 0 &&
           PyObject_HasAttrString((PyObject *)Py_TYPE(o), "__mlx_array__");
}

bool psi_py_from_accessor(PyObject *o, psi_array *out)
{
    PyObject *made = PyObject_CallMethod(o, "__mlx_array__", NULL);
    if (!made)
        return false;
    bool ok = psi_py_is_array(made);
    if (ok)
        *out = psi_own(psi_retain(psi_py_array_of(made)));
    else
        PyErr_Format(PyExc_TypeError, "__mlx_array__ gave %.100s, not an array", Py_TYPE(made)->tp_name);
    Py_DECREF(made);
    return ok;
}

bool psi_py_is_operand(PyObject *o)
{
    return kind_of(o) >= 0 || psi_py_is_array(o) || psi_py_has_buffer(o) || psi_py_has_accessor(o);
}

/* ---- single numbers ---- */

/* A number as an operand beside an array of `dtype` (-1: beside none). */
static psi_array weak_int(PyObject *o, int dtype)
{
    int overflow;
    long long v = PyLong_AsLongLongAndOverflow(o, &overflow);
    if (overflow)
        return bad_int(o, PSI_INT64);
    int to = dtype == PSI_BOOL                ? PSI_INT32
             : dtype >= 0                     ? dtype
             : v > INT32_MAX || v < INT32_MIN ? PSI_INT64
                                              : PSI_INT32;
    int size = (int)psi_dtype_size((psi_dtype)to);
    if (size < 8 && psi_issubdtype((psi_dtype)to, PSI_INTEGER)) {
        bool is_signed = psi_issubdtype((psi_dtype)to, PSI_SIGNEDINTEGER);
        long long high = (1ll << (8 * size - is_signed)) - 1, low = is_signed ? -high - 1 : 0;
        if (v < low || v > high)
            return PSI_INVALID("Converting %lld to %s would result in overflow.", v,
                               psi_dtype_name((psi_dtype)to));
    }
    return psi_scalar_int(v, (psi_dtype)to);
}

static psi_array complex_scalar(PyObject *o)
{
    Py_complex z = PyComplex_AsCComplex(o);
    return psi_scalar_complex((float)z.real, (float)z.imag);
}

bool psi_py_to_value_as(PyObject *o, int dtype, psi_array *out)
{
    if (Py_TYPE(o) == &psi_py_array_type) {
        *out = psi_py_array_of(o);
        return true;
    }
    switch (kind_of(o)) {
    case IS_BOOL:
        *out = psi_scalar_int(o == Py_True, dtype < 0 ? PSI_BOOL : (psi_dtype)dtype);
        break;
    case IS_INT:
        *out = weak_int(o, dtype);
        break;
    case IS_FLOAT:
        *out = psi_scalar(dtype == PSI_FLOAT64 ? (float)PyFloat_AS_DOUBLE(o) : PyFloat_AS_DOUBLE(o),
                          dtype >= 0 && psi_issubdtype((psi_dtype)dtype, PSI_FLOATING) ? (psi_dtype)dtype
                                                                                       : PSI_FLOAT32);
        break;
    case IS_COMPLEX:
        *out = complex_scalar(o);
        break;
    default:
        if (psi_py_is_array(o)) {
            *out = psi_py_array_of(o);
            return true;
        }
        if (psi_py_has_buffer(o)) {
            *out = psi_py_from_buffer(o, dtype);
            break;
        }
        if (psi_py_has_accessor(o))
            return psi_py_from_accessor(o, out);
        if (o == Py_None)
            PyErr_SetString(PyExc_TypeError, "an argument should be a number or an array, not None");
        else
            bad_type(o);
        return false;
    }
    return !psi_is_error(*out);
}

bool psi_py_to_value(PyObject *o, psi_array *out)
{
    return psi_py_to_value_as(o, -1, out);
}

bool psi_py_to_pair(PyObject *a, PyObject *b, psi_array *x, psi_array *y)
{
    if (Py_TYPE(a) == &psi_py_array_type &&
        Py_TYPE(b) == &psi_py_array_type) { /* the usual operands, quickly */
        *x = psi_py_array_of(a);
        *y = psi_py_array_of(b);
        return true;
    }
    bool left = psi_py_is_array(a) || psi_py_has_accessor(a);
    bool right = psi_py_is_array(b) || psi_py_has_accessor(b);
    if (left)
        return psi_py_to_value(a, x) && psi_py_to_value_as(b, right ? -1 : (int)psi_dtype_of(*x), y);
    return psi_py_to_value(b, y) && psi_py_to_value_as(a, right ? (int)psi_dtype_of(*y) : -1, x);
}

/* ---- lists ---- */

typedef struct list_shape {
    int64_t length[64];
    int ndim;
    bool has_arrays;
} list_shape;

#define IS_LIST(o) (PyList_Check(o) || PyTuple_Check(o))

/* The shape that first elements give. */
static bool measure(PyObject *list, list_shape *s)
{
    for (PyObject *o = list;;) {
        if (s->ndim >= 64) {
            PSI_INVALID("array: a list is nested deeper than the limit of 64");
            return false;
        }
        Py_ssize_t n = PySequence_Fast_GET_SIZE(o);
        if (n > INT32_MAX) {
            PSI_INVALID("array: a length of %zd is past the limit of %d", n, INT32_MAX);
            return false;
        }
        s->length[s->ndim++] = n;
        if (!n)
            return true;
        o = PySequence_Fast_GET_ITEM(o, 0);
        if (!IS_LIST(o)) {
            if (psi_py_is_array(o)) {
                psi_ints shape = psi_shape(psi_py_array_of(o));
                for (int i = 0; i < shape.count && s->ndim < 64; i++)
                    s->length[s->ndim++] = shape.data[i];
            }
            return true;
        }
    }
}

static int uneven(void)
{
    PyErr_SetString(PyExc_ValueError, "Initialization encountered non-uniform length.");
    return -1;
}

static int check_list(PyObject *list, list_shape *s, int depth);

static int check_item(PyObject *o, list_shape *s, int depth)
{
    if (IS_LIST(o))
        return check_list(o, s, depth + 1);
    if (psi_py_is_array(o)) {
        psi_ints shape = psi_shape(psi_py_array_of(o));
        bool fits = shape.count + depth + 1 == s->ndim;
        for (int i = 0; fits && i < shape.count; i++)
            fits = shape.data[i] == s->length[depth + 1 + i];
        s->has_arrays = true;
        return fits ? IS_BOOL : uneven();
    }
    int kind = kind_of(o);
    if (kind < 0)
        bad_type(o);
    else if (depth + 1 != s->ndim)
        kind = uneven();
    return kind;
}

/* The widest kind of a list's elements; -1 with an exception. */
static int check_list(PyObject *list, list_shape *s, int depth)
{
    if (depth >= s->ndim) {
        PyErr_SetString(PyExc_ValueError, "Initialization encountered extra dimension.");
        return -1;
    }
    Py_ssize_t n = PySequence_Fast_GET_SIZE(list);
    if (n != s->length[depth])
        return uneven();
    int widest = n ? IS_BOOL : IS_FLOAT;
    PyObject **items = PySequence_Fast_ITEMS(list);
    for (Py_ssize_t i = 0; i < n; i++) {
        /* Upstream takes no tuple after another kind of element. */
        if (PyTuple_Check(items[i]) && !PyTuple_Check(items[0])) {
            bad_type(items[i]);
            return -1;
        }
        if (PyTuple_Check(items[0]) && !IS_LIST(items[i])) {
            PyErr_Format(PyExc_RuntimeError, "%.100s received after a tuple in array initialization.",
                         Py_TYPE(items[i])->tp_name);
            return -1;
        }
        int kind = check_item(items[i], s, depth);
        if (kind < 0)
            return -1;
        widest = kind > widest ? kind : widest;
    }
    return widest;
}

/* Of a float or an int; -1 with an exception for a longer int. */
static double as_double(PyObject *o)
{
    return PyFloat_Check(o) ? PyFloat_AS_DOUBLE(o) : PyLong_AsDouble(o);
}

/* Writes elements in order as `as`; false with an exception where an int does not fit. */
static bool read_list(PyObject *list, psi_dtype as, char **to)
{
    Py_ssize_t n = PySequence_Fast_GET_SIZE(list);
    PyObject **items = PySequence_Fast_ITEMS(list);
    size_t step = psi_dtype_size(as);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *o = items[i];
        if (IS_LIST(o)) {
            if (!read_list(o, as, to))
                return false;
            continue;
        }
        int64_t v = 0;
        double d = 0;
        Py_complex z = {0, 0};
        if (as == PSI_UINT64)
            v = (int64_t)PyLong_AsUnsignedLongLong(o);
        else if (as == PSI_COMPLEX64)
            z = PyComplex_Check(o) ? ((PyComplexObject *)o)->cval : (Py_complex){as_double(o), 0};
        else if (as == PSI_FLOAT32 || as == PSI_FLOAT64)
            d = as_double(o);
        else
            v = PyLong_AsLongLong(o);
        if ((v == -1 || d == -1 || z.real == -1) && PyErr_Occurred())
            return bad_int(o, as), false;
        switch (as) {
        case PSI_BOOL:
            *(uint8_t *)*to = o == Py_True;
            break;
        case PSI_INT32:
            if (v != (int32_t)v)
                return bad_int(o, as), false;
            *(int32_t *)*to = (int32_t)v;
            break;
        case PSI_UINT32:
            if (v != (uint32_t)v)
                return bad_int(o, as), false;
            *(uint32_t *)*to = (uint32_t)v;
            break;
        case PSI_FLOAT32:
            *(float *)*to = (float)d;
            break;
        case PSI_FLOAT64:
            *(double *)*to = d;
            break;
        case PSI_COMPLEX64:
            *(psi_complex64 *)*to = (psi_complex64){(float)z.real, (float)z.imag};
            break;
        default:
            *(int64_t *)*to = v;
        }
        *to += step;
    }
    return true;
}

/* The dtype in which a list's elements are read before they are converted to `dtype`. */
static psi_dtype reading_dtype(int kind, int dtype)
{
    if (kind == IS_BOOL)
        return PSI_BOOL;
    if (kind == IS_COMPLEX)
        return PSI_COMPLEX64;
    if (kind == IS_FLOAT)
        return dtype == PSI_FLOAT64 ? PSI_FLOAT64 : PSI_FLOAT32;
    if (dtype == PSI_INT64 || dtype == PSI_UINT64 || dtype == PSI_UINT32)
        return (psi_dtype)dtype;
    return dtype >= 0 && psi_issubdtype((psi_dtype)dtype, PSI_INEXACT) ? PSI_FLOAT32 : PSI_INT32;
}

/* The array converted at once, so that what is made from host memory is always ready. */
static psi_array converted(psi_array a, int dtype)
{
    if (dtype < 0 || psi_is_error(a) || psi_dtype_of(a) == (psi_dtype)dtype)
        return a;
    a = psi_astype(a, (psi_dtype)dtype);
    return psi_is_error(a) || psi_eval1(a) ? a : psi_error_array();
}

static psi_array from_arrays(PyObject *list, int dtype)
{
    int count = (int)PySequence_Fast_GET_SIZE(list);
    psi_arrays parts = psi_arrays_new(count);
    PyObject *copy = PySequence_Tuple(list);
    for (int i = 0; copy && i < count; i++)
        parts.data[i] = psi_expand_dims(psi_py_create(PyTuple_GET_ITEM(copy, i), dtype), PSI_INTS(0));
    Py_XDECREF(copy);
    return copy ? psi_concatenate(parts, 0) : psi_error_array();
}

psi_array psi_py_from_list(PyObject *list, int dtype)
{
    list_shape s = {.ndim = 0};
    int kind = measure(list, &s) ? check_list(list, &s, 0) : -1;
    if (kind < 0)
        return psi_error_array();
    if (s.has_arrays)
        return from_arrays(list, dtype);
    psi_dtype as = reading_dtype(kind, dtype);
    int64_t size = 1;
    for (int i = 0; i < s.ndim; i++)
        size *= s.length[i];
    char few[256], *bytes = few, *to = few;
    size_t room = (size_t)size * psi_dtype_size(as);
    if (room > sizeof few)
        bytes = to = PyMem_Malloc(room);
    if (!bytes) {
        PyErr_NoMemory();
        return psi_error_array();
    }
    bool ok = read_list(list, as, &to);
    psi_array out = ok ? psi_array_from(bytes, (psi_ints){s.length, s.ndim}, as) : psi_error_array();
    if (bytes != few)
        PyMem_Free(bytes);
    return converted(out, dtype);
}

psi_array psi_py_create(PyObject *o, int dtype)
{
    int overflow = 0;
    psi_array a;
    switch (kind_of(o)) {
    case IS_BOOL:
        return psi_scalar_int(o == Py_True, dtype < 0 ? PSI_BOOL : (psi_dtype)dtype);
    case IS_INT: {
        long long v = PyLong_AsLongLongAndOverflow(o, &overflow);
        if (overflow)
            return bad_int(o, PSI_INT64);
        psi_dtype natural = v > INT32_MAX || v < INT32_MIN ? PSI_INT64 : PSI_INT32;
        return psi_scalar_int(v, dtype < 0 ? natural : (psi_dtype)dtype);
    }
    case IS_FLOAT: {
        double v = PyFloat_AS_DOUBLE(o);
        return psi_scalar(dtype == PSI_FLOAT64 ? v : (float)v, dtype < 0 ? PSI_FLOAT32 : (psi_dtype)dtype);
    }
    case IS_COMPLEX:
        return converted(complex_scalar(o), dtype);
    default:
        break;
    }
    if (IS_LIST(o))
        return psi_py_from_list(o, dtype);
    if (psi_py_is_array(o))
        a = psi_py_array_of(o);
    else if (psi_py_has_buffer(o))
        return psi_py_from_buffer(o, dtype);
    else if (!psi_py_has_accessor(o))
        return bad_type(o);
    else if (!psi_py_from_accessor(o, &a))
        return psi_error_array();
    return dtype < 0 ? a : psi_astype(a, (psi_dtype)dtype);
}
