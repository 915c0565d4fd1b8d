/* at.c: x.at[index].add(value) and its kin: updates that add up where indices repeat. */
#include "entry.h"

typedef struct at {
    PyObject_HEAD PyObject *array, *index; /* index NULL until [] was applied */
} at;

PyObject *psi_py_at_new(PyObject *self, void *closure)
{
    (void)closure;
    at *o = PyObject_New(at, &psi_py_at_type);
    if (o) {
        o->array = Py_NewRef(self);
        o->index = NULL;
    }
    return (PyObject *)o;
}

static void dealloc(PyObject *self)
{
    Py_XDECREF(((at *)self)->array);
    Py_XDECREF(((at *)self)->index);
    PyObject_Free(self);
}

static PyObject *subscript(PyObject *self, PyObject *index)
{
    at *o = (at *)psi_py_at_new(((at *)self)->array, NULL);
    if (o)
        o->index = Py_NewRef(index);
    return (PyObject *)o;
}

#define UPDATE(name, kind)                                                                             \
    static PyObject *name(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords) \
    {                                                                                                  \
        PSI_PY_BIND(#name, 1, 0, 1, "value");                                                          \
        return update((at *)self, v[0], kind);                                                         \
    }

static PyObject *update(at *o, PyObject *value, psi_py_update kind)
{
    psi_py_call call;
    if (!o->index) {
        PyErr_SetString(PyExc_ValueError, "Must give indices to array.at (e.g. `x.at[0].add(4)`).");
        return NULL;
    }
    if (!psi_py_enter(&call, NULL))
        return NULL;
    return psi_py_leave(&call, psi_py_update_at(psi_py_array_of(o->array), o->index, value, kind));
}

UPDATE(add, PSI_PY_ADD)
UPDATE(subtract, PSI_PY_SUBTRACT)
UPDATE(multiply, PSI_PY_MULTIPLY)
UPDATE(divide, PSI_PY_DIVIDE)
UPDATE(maximum, PSI_PY_MAXIMUM)
UPDATE(minimum, PSI_PY_MINIMUM)

#define FAST(fn) (PyCFunction)(void (*)(void))(fn), METH_FASTCALL | METH_KEYWORDS

static PyMethodDef methods[] = {
    {"add", FAST(add), "add(value)\n--\n\nThe array with value added at the indices."},
    {"subtract", FAST(subtract), "subtract(value)\n--\n\nThe array with value subtracted at the indices."},
    {"multiply", FAST(multiply),
     "multiply(value)\n--\n\nThe array with the elements at the indices times value."},
    {"divide", FAST(divide), "divide(value)\n--\n\nThe array with the elements at the indices over value."},
    {"maximum", FAST(maximum),
     "maximum(value)\n--\n\nThe array with the larger of element and value at the indices."},
    {"minimum", FAST(minimum),
     "minimum(value)\n--\n\nThe array with the smaller of element and value at the indices."},
    {NULL, NULL, 0, NULL},
};

static PyMappingMethods mapping = {.mp_subscript = subscript};

PyTypeObject psi_py_at_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mlx.core.ArrayAt",
    .tp_basicsize = sizeof(at),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Updates of an array at indices that may repeat.",
    .tp_dealloc = dealloc,
    .tp_as_mapping = &mapping,
    .tp_methods = methods,
};
