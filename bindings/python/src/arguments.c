/* arguments.c: sorting a call's arguments by name, and converting single ones.
 * Invariant: a refused argument is a TypeError that names the function or the type given. */
#include "py.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What was refused last, to be compared only, and why. */
static const PyObject *refused;
static char refusal[200];

static int find_name(const psi_py_signature *sig, PyObject *name)
{
    for (int i = 0; i < sig->count; i++) {
        if (!sig->interned[i])
            sig->interned[i] = PyUnicode_InternFromString(sig->names[i]);
        if (sig->interned[i] == name)
            return i;
    }
    for (int i = 0; i < sig->count; i++)
        if (!PyUnicode_CompareWithASCIIString(name, sig->names[i]))
            return i;
    return -1;
}

bool psi_py_bind(const psi_py_signature *sig, PyObject *const *args, Py_ssize_t count, PyObject *names,
                 PyObject **values)
{
    if (count > sig->positional) {
        PyErr_Format(PyExc_TypeError, "%s(): takes at most %d positional arguments, not %zd", sig->function,
                     sig->positional, count);
        return false;
    }
    unsigned given = 0;
    refused = NULL;
    for (int i = 0; i < sig->count; i++)
        values[i] = NULL;
    for (Py_ssize_t i = 0; i < count; i++) {
        values[i] = args[i];
        given |= 1u << i;
    }
    for (Py_ssize_t i = 0; names && i < PyTuple_GET_SIZE(names); i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        int at = find_name(sig, name);
        if (at < 0 || at < sig->positional_only || values[at]) {
            PyErr_Format(PyExc_TypeError, "%s(): %s argument '%U'", sig->function,
                         at >= 0 && values[at] ? "repeated" : "unexpected keyword", name);
            return false;
        }
        values[at] = args[count + i];
        given |= 1u << at;
    }
    unsigned missing = sig->required & ~given;
    if (missing) {
        PyErr_Format(PyExc_TypeError, "%s(): argument '%s' is missing", sig->function,
                     sig->names[__builtin_ctz(missing)]);
        return false;
    }
    return true;
}

static bool refuse(PyObject *o, const char *format, ...)
{
    va_list list;
    if (PyErr_Occurred())
        return false;
    va_start(list, format);
    vsnprintf(refusal, sizeof refusal, format, list);
    va_end(list);
    PyErr_Format(PyExc_TypeError, "an argument %s", refusal);
    refused = o;
    return false;
}

static bool wrong(PyObject *o, const char *wanted)
{
    return refuse(o, "should be %s, not %.100s", wanted, Py_TYPE(o)->tp_name);
}

PyObject *psi_py_refuse(psi_py_call *call, const psi_py_signature *sig, PyObject *const *values)
{
    int at = 0;
    while (at < sig->count && values[at] != refused)
        at++;
    if (refused && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        if (at < sig->count)
            PyErr_Format(PyExc_TypeError, "%s(): argument '%s' %s", sig->function, sig->names[at], refusal);
        else
            PyErr_Format(PyExc_TypeError, "%s(): an item of an argument %s", sig->function, refusal);
    }
    return psi_py_leave_object(call, NULL);
}

/* For a sequence that cannot be read, as an array without dimensions. */
static bool no_list(PyObject *o, const char *wanted)
{
    if (PyErr_ExceptionMatches(PyExc_IndexError))
        PyErr_Clear();
    return wrong(o, wanted);
}

bool psi_py_to_array(PyObject *o, psi_array *out)
{
    if (psi_py_is_array(o)) {
        *out = psi_py_array_of(o);
        return true;
    }
    if (psi_py_has_accessor(o))
        return psi_py_from_accessor(o, out);
    return wrong(o, "an array");
}

bool psi_py_to_arrays(PyObject *o, psi_arrays *out)
{
    if (!PySequence_Check(o) || PyUnicode_Check(o))
        return wrong(o, "a list of arrays");
    PyObject *list = PySequence_Fast(o, "a list of arrays is wanted");
    if (!list)
        return no_list(o, "a list of arrays");
    int count = (int)PySequence_Fast_GET_SIZE(list);
    *out = psi_arrays_new(count);
    bool ok = out->data != NULL;
    for (int i = 0; ok && i < count && i < PySequence_Fast_GET_SIZE(list); i++) {
        ok = psi_py_to_array(PySequence_Fast_GET_ITEM(list, i), &out->data[i]);
        if (ok)
            psi_own(psi_retain(out->data[i])); /* the list may change while later elements are converted */
    }
    Py_DECREF(list);
    return ok;
}

PyObject *psi_py_as_long(PyObject *o)
{
    return PyFloat_Check(o) ? NULL : PyNumber_Long(o);
}

static bool convert_int(PyObject *o, int64_t *out)
{
    PyObject *number = psi_py_as_long(o);
    bool ok = number && psi_py_to_int(number, out);
    if (number && refused == number)
        refused = o;
    if (!number && PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_MemoryError))
        PyErr_Clear();
    Py_XDECREF(number);
    return ok;
}

bool psi_py_to_int(PyObject *o, int64_t *out)
{
    if (!PyLong_Check(o))
        return convert_int(o, out) || wrong(o, "an int");
    *out = PyLong_AsLongLong(o);
    if (*out == -1 && PyErr_Occurred()) {
        PyErr_Clear();
        return refuse(o, "should be an int of 32 bits, not one of more than 64");
    }
    if (*out > INT32_MAX || *out < INT32_MIN)
        return refuse(o, "should be an int of 32 bits, not %lld", (long long)*out);
    return true;
}

bool psi_py_to_float(PyObject *o, double *out)
{
    if (PyFloat_Check(o)) {
        *out = PyFloat_AS_DOUBLE(o);
        return true;
    }
    if (!PyLong_Check(o) && !(Py_TYPE(o)->tp_as_number && Py_TYPE(o)->tp_as_number->nb_float))
        return wrong(o, "a number");
    *out = PyFloat_AsDouble(o);
    return !(*out == -1 && PyErr_Occurred());
}

bool psi_py_to_bool(PyObject *o, bool *out)
{
    *out = o == Py_True;
    return o == Py_True || o == Py_False || wrong(o, "a bool");
}

bool psi_py_is_sequence(PyObject *o)
{
    if (PyList_Check(o) || PyTuple_Check(o))
        return true;
    if (PyUnicode_Check(o) || PyBytes_Check(o) || !PySequence_Check(o))
        return false;
    bool is = PySequence_Size(o) >= 0;
    if (!is)
        PyErr_Clear();
    return is;
}

bool psi_py_to_ints(PyObject *o, psi_py_ints *out)
{
    out->list = (psi_ints){out->few, 1};
    out->one = true;
    if (PyLong_Check(o))
        return psi_py_to_int(o, out->few);
    /* Of one element, an array of ours is a number, as upstream has it, and NumPy's a list. */
    bool number = psi_py_is_array(o) && psi_size(psi_py_array_of(o)) == 1;
    if (!number && psi_py_is_sequence(o))
        return psi_py_to_shape(o, out);
    return convert_int(o, out->few) || wrong(o, "an int or a sequence of ints");
}

bool psi_py_to_shape(PyObject *o, psi_py_ints *out)
{
    if (!PySequence_Check(o) || PyUnicode_Check(o) || PyBytes_Check(o))
        return wrong(o, "a sequence of ints");
    out->one = false;
    PyObject *list = PySequence_Fast(o, "ints are wanted");
    if (!list)
        return no_list(o, "a sequence of ints");
    Py_ssize_t count = PySequence_Fast_GET_SIZE(list);
    int64_t *to = out->few;
    if (count > (Py_ssize_t)(sizeof out->few / sizeof *out->few)) {
        /* Longer lists live in the scope, in the memory of a list of arrays, whose items are as wide. */
        _Static_assert(sizeof(psi_array) == sizeof(int64_t), "a list of arrays holds as many ints");
        to = (int64_t *)psi_arrays_new((int)count).data;
    }
    bool ok = to != NULL;
    for (Py_ssize_t i = 0; ok && i < count; i++) {
        /* A conversion may run Python code, which may change the list. */
        PyObject *item =
            i < PySequence_Fast_GET_SIZE(list) ? Py_NewRef(PySequence_Fast_GET_ITEM(list, i)) : NULL;
        ok = item ? psi_py_to_int(item, &to[i]) : wrong(o, "a list that keeps its length");
        Py_XDECREF(item);
    }
    Py_DECREF(list);
    out->list = (psi_ints){to, (int)count};
    return ok;
}

static bool to_exactly(PyObject *o, int count, const char *wanted, psi_py_ints *out)
{
    if (!PyList_Check(o) && !PyTuple_Check(o) && convert_int(o, out->few)) {
        out->list = (psi_ints){out->few, 1};
        out->one = true;
        return true;
    }
    return psi_py_to_ints(o, out) && (out->one || out->list.count == count || wrong(o, wanted));
}

bool psi_py_to_int2(PyObject *o, psi_py_ints *out)
{
    return to_exactly(o, 2, "an int or two of them", out);
}

bool psi_py_to_int3(PyObject *o, psi_py_ints *out)
{
    return to_exactly(o, 3, "an int or three of them", out);
}

bool psi_py_to_dtype(PyObject *o, psi_dtype *out)
{
    if (!psi_py_is_dtype(o))
        return wrong(o, "a Dtype");
    *out = psi_py_dtype_of(o);
    return true;
}

bool psi_py_to_str(PyObject *o, const char **out)
{
    if (!PyUnicode_Check(o))
        return wrong(o, "a str");
    *out = PyUnicode_AsUTF8(o);
    return *out != NULL;
}

PyObject *psi_py_as_method(psi_py_entry entry, PyObject *self, PyObject *const *args, Py_ssize_t count,
                           PyObject *names)
{
    PyObject *stack[16];
    Py_ssize_t all = count + (names ? PyTuple_GET_SIZE(names) : 0);
    if (all >= (Py_ssize_t)(sizeof stack / sizeof *stack)) {
        PyErr_Format(PyExc_TypeError, "a method takes fewer arguments than %zd", all);
        return NULL;
    }
    stack[0] = self;
    for (Py_ssize_t i = 0; i < all; i++)
        stack[i + 1] = args[i];
    return entry(NULL, stack, count + 1, names);
}
