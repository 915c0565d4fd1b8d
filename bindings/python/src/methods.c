/* methods.c: the array's methods: those generated, and those whose arguments differ from the function's. */
#include "entry.h"
#include "transforms.h"

static PyObject *method_astype(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    PSI_PY_BIND("astype", 1, 0, 2, "dtype", "stream");
    psi_dtype dtype;
    psi_py_call call;
    if (!psi_py_to_dtype(v[0], &dtype) || !psi_py_enter(&call, v[1]))
        return NULL;
    return psi_py_leave(&call, psi_astype(psi_py_array_of(self), dtype));
}

/* Ints given one by one or as one sequence; PSI_NONE for no argument. */
static bool read_ints(PyObject *const *args, Py_ssize_t count, psi_py_ints *out)
{
    out->list = PSI_NONE;
    if (!count)
        return true;
    bool ok;
    if (!PyLong_Check(args[0]) || PyBool_Check(args[0])) { /* a sequence; what follows is not looked at */
        ok = psi_py_to_shape(args[0], out);
    } else {
        PyObject *list = PyTuple_New(count);
        for (Py_ssize_t i = 0; list && i < count; i++)
            PyTuple_SET_ITEM(list, i, Py_NewRef(args[i]));
        ok = list && psi_py_to_shape(list, out);
        Py_XDECREF(list);
    }
    if (!ok && !PyErr_ExceptionMatches(PyExc_MemoryError)) /* upstream's class for what cannot be cast */
        PyErr_SetString(PyExc_RuntimeError, "the arguments should be ints or one sequence of ints");
    return ok;
}

static PyObject *method_reshape(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    PSI_PY_BIND_ANY("reshape", "stream");
    psi_py_call call;
    psi_py_ints shape;
    if (!psi_py_enter(&call, v[0]))
        return NULL;
    if (!read_ints(all, given, &shape))
        return psi_py_leave_object(&call, NULL);
    return psi_py_leave(&call, psi_reshape(psi_py_array_of(self), given ? shape.list : PSI_SCALAR_SHAPE));
}

static PyObject *method_transpose(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    PSI_PY_BIND_ANY("transpose", "stream");
    psi_py_call call;
    psi_py_ints axes;
    if (!psi_py_enter(&call, v[0]))
        return NULL;
    if (!read_ints(all, given, &axes))
        return psi_py_leave_object(&call, NULL);
    return psi_py_leave(&call, psi_transpose(psi_py_array_of(self), axes.list));
}

static PyObject *method_copy(PyObject *self, PyObject *memo)
{
    (void)memo;
    return psi_py_wrap(psi_py_array_of(self));
}

static PyObject *method_namespace(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    PSI_PY_BIND("__array_namespace__", 0, 0, 1, "api_version");
    if (psi_py_given(v[0])) {
        PyErr_SetString(PyExc_ValueError, "__array_namespace__(): no version may be asked for");
        return NULL;
    }
    return PyImport_ImportModule("mlx.core");
}

#include "python/ops.inc"

#define FAST(fn) (PyCFunction)(void (*)(void))(fn), METH_FASTCALL | METH_KEYWORDS

PyMethodDef psi_py_array_methods[] = {
    PSI_PY_METHODS{"item", psi_py_item, METH_NOARGS, "The one element, as a Python number."},
    {"tolist", psi_py_tolist, METH_NOARGS,
     "The elements in nested lists; of an array without dimensions, the number."},
    {"astype", FAST(method_astype), "astype(dtype, stream=None)\n--\n\nThe elements converted to a dtype."},
    {"reshape", FAST(method_reshape),
     "reshape(*shape, stream=None)\n--\n\nThe elements under another shape."},
    {"transpose", FAST(method_transpose), "transpose(*axes, stream=None)\n--\n\nThe axes in another order."},
    {"__copy__", method_copy, METH_NOARGS, NULL},
    {"__deepcopy__", method_copy, METH_O, NULL},
    {"__format__", psi_py_array_format, METH_O, NULL},
    {"__getstate__", psi_py_getstate, METH_NOARGS, NULL},
    {"__setstate__", psi_py_setstate, METH_O, NULL},
    {"__dlpack__", FAST(psi_py_dlpack), NULL},
    {"__dlpack_device__", psi_py_dlpack_device, METH_NOARGS, NULL},
    {"__array_namespace__", FAST(method_namespace), NULL},
    {NULL, NULL, 0, NULL},
};
