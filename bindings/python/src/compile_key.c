/* compile_key.c: writes trees of arrays and constants as integers. Each item begins with a tag, and counts stand before
 * what they count, so that no two trees give the same integers. */
#include "compile_key.h"

#include <string.h>

enum { NONE = 1, LIST, TUPLE, OTHER, DICT, ARRAY, BOOL, INT, LONG, FLOAT, TEXT, HASHED };

static bool put(psi_py_key *k, int64_t value)
{
    if (k->count == k->capacity) {
        int64_t *more = PyMem_Malloc(2 * (size_t)k->capacity * sizeof *more);
        if (!more) {
            PyErr_NoMemory();
            return false;
        }
        memcpy(more, k->data, (size_t)k->count * sizeof *more);
        if (k->data != k->few)
            PyMem_Free(k->data);
        k->data = more;
        k->capacity *= 2;
    }
    k->data[k->count++] = value;
    return true;
}

static bool put_bytes(psi_py_key *k, int64_t tag, const char *bytes, size_t count)
{
    bool ok = put(k, tag) && put(k, (int64_t)count);
    for (size_t i = 0; ok && i < count; i += 8) {
        int64_t word = 0;
        memcpy(&word, bytes + i, count - i < 8 ? count - i : 8);
        ok = put(k, word);
    }
    return ok;
}

static bool put_text(psi_py_key *k, int64_t tag, PyObject *text)
{
    Py_ssize_t n;
    const char *s = text ? PyUnicode_AsUTF8AndSize(text, &n) : NULL;
    return s && put_bytes(k, tag, s, (size_t)n);
}

static bool put_int(psi_py_key *k, PyObject *o)
{
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(o, &overflow);
    if (!overflow)
        return put(k, INT) && put(k, value);
    PyObject *text = PyLong_Type.tp_repr(o);
    bool ok = put_text(k, LONG, text);
    Py_XDECREF(text);
    return ok;
}

static bool put_dict(psi_py_key *k, PyObject *o)
{
    PyObject *name, *value;
    Py_ssize_t at = 0;
    bool ok = put(k, DICT) && put(k, PyDict_GET_SIZE(o));
    while (ok && PyDict_Next(o, &at, &name, &value)) {
        if (PyUnicode_Check(name) || PyFloat_Check(name) || PyLong_Check(name)) {
            ok = psi_py_key_add(k, name); /* not by hash: -1 and -2 have the same */
        } else {
            Py_hash_t hash = PyObject_Hash(name);
            ok = (hash != -1 || !PyErr_Occurred()) && put(k, HASHED) && put(k, hash);
        }
        ok = ok && psi_py_key_add(k, value);
    }
    return ok;
}

static bool put_sequence(psi_py_key *k, PyObject *o)
{
    Py_ssize_t n = PySequence_Fast_GET_SIZE(o);
    bool exact = PyList_CheckExact(o) || PyTuple_CheckExact(o), ok = true;
    if (!exact)
        ok = put_bytes(k, OTHER, Py_TYPE(o)->tp_name, strlen(Py_TYPE(o)->tp_name));
    ok = ok && put(k, PyList_Check(o) ? LIST : TUPLE) && put(k, n);
    for (Py_ssize_t i = 0; ok && i < n; i++)
        ok = psi_py_key_add(k, PySequence_Fast_GET_ITEM(o, i));
    return ok;
}

bool psi_py_key_add(psi_py_key *k, PyObject *o)
{
    if (psi_py_is_array(o))
        return put(k, ARRAY) && psi_py_tree_leaves(o, true, &k->leaves);
    if (o == Py_None)
        return put(k, NONE);
    if (PyBool_Check(o))
        return put(k, BOOL) && put(k, o == Py_True);
    if (PyLong_Check(o))
        return put_int(k, o);
    if (PyUnicode_Check(o))
        return put_text(k, TEXT, o);
    if (PyFloat_Check(o)) {
        double value = PyFloat_AS_DOUBLE(o);
        return put_bytes(k, FLOAT, (const char *)&value, sizeof value);
    }
    bool ok = false;
    if (Py_EnterRecursiveCall(" in the arguments of a compiled function"))
        return false;
    if (PyList_Check(o) || PyTuple_Check(o))
        ok = put_sequence(k, o);
    else if (PyDict_Check(o))
        ok = put_dict(k, o);
    else
        PyErr_Format(
            PyExc_ValueError,
            "[compile] The arguments of a compiled function are trees of arrays and of constants (numbers, "
            "strings, None), not %.100s",
            Py_TYPE(o)->tp_name);
    Py_LeaveRecursiveCall();
    return ok;
}
