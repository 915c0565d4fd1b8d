/* array_object.c: the array type: its life, its properties, iteration.
 * Invariant: an array object holds one reference to a psi_array and nothing of Python's, so it takes no part in cycles. */
#include "py.h"

#include "core/error.h"

enum { FREE_MAX = 64 };
static psi_py_array *free_list[FREE_MAX];
static int free_count;

static psi_py_array *allocate(void)
{
    psi_py_array *o;
    if (free_count) {
        o = free_list[--free_count];
        PyObject_Init((PyObject *)o, &psi_py_array_type);
    } else {
        o = PyObject_New(psi_py_array, &psi_py_array_type);
    }
    if (o)
        o->weakrefs = NULL;
    return o;
}

PyObject *psi_py_wrap(psi_array a)
{
    if (psi_is_error(a))
        return psi_py_raise();
    psi_py_array *o = allocate();
    if (o)
        o->array = psi_retain(a);
    return (PyObject *)o;
}

PyObject *psi_py_wrap_list(psi_arrays list, bool tuple)
{
    PyObject *out = tuple ? PyTuple_New(list.count) : PyList_New(list.count);
    for (int i = 0; out && i < list.count; i++) {
        PyObject *item = psi_py_wrap(list.data[i]);
        if (!item)
            Py_CLEAR(out);
        else if (tuple)
            PyTuple_SET_ITEM(out, i, item);
        else
            PyList_SET_ITEM(out, i, item);
    }
    return out;
}

bool psi_py_assign(PyObject *self, psi_array value)
{
    if (psi_is_error(value)) {
        psi_py_raise();
        return false;
    }
    psi_array before = psi_py_array_of(self);
    psi_py_array_of(self) = psi_retain(value);
    psi_release(before);
    return true;
}

static void dealloc(PyObject *self)
{
    psi_py_array *o = (psi_py_array *)self;
    if (o->weakrefs)
        PyObject_ClearWeakRefs(self);
    psi_release(o->array);
    if (Py_TYPE(self) == &psi_py_array_type && free_count < FREE_MAX)
        free_list[free_count++] = o;
    else
        Py_TYPE(self)->tp_free(self);
}

/* What an array object holds before __init__: every op refuses it. */
static psi_array nothing(void)
{
    return psi_error_array();
}

static PyObject *new (PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    psi_py_array *o = type == &psi_py_array_type ? allocate() : (psi_py_array *)type->tp_alloc(type, 0);
    if (o)
        o->array = nothing();
    return (PyObject *)o;
}

static bool fill(PyObject *self, PyObject *value, PyObject *dtype)
{
    psi_py_call call;
    psi_dtype t = PSI_DTYPE_COUNT;
    if (value == Py_None) {
        PyErr_SetString(PyExc_TypeError, "array(): None is no value");
        return false;
    }
    if ((psi_py_given(dtype) && !psi_py_to_dtype(dtype, &t)) || !psi_py_enter(&call, NULL))
        return false;
    psi_array a = psi_py_create(value, t == PSI_DTYPE_COUNT ? -1 : (int)t);
    bool ok = psi_py_assign(self, a);
    psi_py_leave_object(&call, ok ? self : NULL);
    return ok;
}

static int init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"val", "dtype", NULL};
    PyObject *value, *dtype = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:array", names, &value, &dtype))
        return -1;
    return fill(self, value, dtype) ? 0 : -1;
}

/* array(...) of the type itself, without a tuple of arguments. */
static PyObject *construct(PyObject *type, PyObject *const *args, size_t flags, PyObject *keywords)
{
    static const char *const names[] = {"val", "dtype"};
    static PyObject *interned[2];
    static const psi_py_signature sig = {"array", names, interned, 2, 0, 2, 1};
    PyObject *v[2];
    if (!psi_py_bind(&sig, args, PyVectorcall_NARGS(flags), keywords, v))
        return NULL;
    PyObject *self = new ((PyTypeObject *)type, NULL, NULL);
    if (self && !fill(self, v[0], v[1]))
        Py_CLEAR(self);
    return self;
}

/* ---- properties ---- */

static PyObject *get_shape(PyObject *self, void *closure)
{
    (void)closure;
    psi_ints shape = psi_shape(psi_py_array_of(self));
    PyObject *out = PyTuple_New(shape.count);
    for (int i = 0; out && i < shape.count; i++) {
        PyObject *n = PyLong_FromLongLong(shape.data[i]);
        if (n)
            PyTuple_SET_ITEM(out, i, n);
        else
            Py_CLEAR(out);
    }
    return out;
}

static PyObject *get_number(PyObject *self, void *closure)
{
    psi_array a = psi_py_array_of(self);
    const char *which = closure;
    switch (*which) {
    case 's':
        return PyLong_FromLongLong(psi_size(a));
    case 'd':
        return PyLong_FromLong(psi_ndim(a));
    case 'i':
        return PyLong_FromSize_t(psi_itemsize(a));
    default:
        return PyLong_FromSize_t(psi_nbytes(a));
    }
}

static PyObject *get_dtype(PyObject *self, void *closure)
{
    (void)closure;
    return psi_py_dtype_object(psi_dtype_of(psi_py_array_of(self)));
}

static PyObject *get_op(PyObject *self, void *closure)
{
    psi_py_call call;
    psi_array a = psi_py_array_of(self);
    if (!psi_py_enter(&call, NULL))
        return NULL;
    const char *which = closure;
    return psi_py_leave(&call, *which == 'T'   ? psi_transpose(a, PSI_NONE)
                               : *which == 'r' ? psi_real(a)
                                               : psi_imag(a));
}

static PyGetSetDef properties[] = {
    {"shape", get_shape, NULL, "The lengths of the axes, a tuple of ints.", NULL},
    {"size", get_number, NULL, "The number of elements.", "s"},
    {"ndim", get_number, NULL, "The number of axes.", "d"},
    {"itemsize", get_number, NULL, "The bytes of one element.", "i"},
    {"nbytes", get_number, NULL, "The bytes of all elements.", "n"},
    {"dtype", get_dtype, NULL, "The type of the elements, a Dtype.", NULL},
    {"T", get_op, NULL, "The array with its axes in reverse order.", "T"},
    {"real", get_op, NULL, "The real part.", "r"},
    {"imag", get_op, NULL, "The imaginary part.", "i"},
    {"at", psi_py_at_new, NULL, "Updates at indices that may repeat: x.at[i].add(v) and its kin.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* ---- length and iteration ---- */

static Py_ssize_t length(PyObject *self)
{
    psi_array a = psi_py_array_of(self);
    if (psi_ndim(a))
        return (Py_ssize_t)psi_shape(a).data[0];
    PyErr_SetString(PyExc_TypeError, "len() of an array without dimensions");
    return -1;
}

typedef struct iterator {
    PyObject_HEAD psi_array array;
    int64_t next;
} iterator;

static PyObject *iterate(PyObject *self)
{
    psi_array a = psi_py_array_of(self);
    if (!psi_ndim(a)) {
        PyErr_SetString(PyExc_IndexError, "an array without dimensions cannot be iterated over");
        return NULL;
    }
    iterator *it = PyObject_New(iterator, &psi_py_iterator_type);
    if (it) {
        it->array = psi_retain(a);
        it->next = 0;
    }
    return (PyObject *)it;
}

static void iterator_dealloc(PyObject *self)
{
    psi_release(((iterator *)self)->array);
    PyObject_Free(self);
}

static PyObject *iterator_next(PyObject *self)
{
    iterator *it = (iterator *)self;
    psi_py_call call;
    if (it->next >= psi_shape(it->array).data[0] || !psi_py_enter(&call, NULL))
        return NULL;
    return psi_py_leave(&call, psi_py_index_int(it->array, it->next++));
}

PyTypeObject psi_py_iterator_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mlx.core.ArrayIterator",
    .tp_basicsize = sizeof(iterator),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Iterates over the first axis of an array.",
    .tp_dealloc = iterator_dealloc,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = iterator_next,
};

/* A sequence, too: reversed() and whoever wants a sequence of arrays read it so. */
static PyObject *item_at(PyObject *self, Py_ssize_t i)
{
    psi_py_call call;
    psi_array a = psi_py_array_of(self);
    if (psi_ndim(a) && (i < 0 || i >= psi_shape(a).data[0])) {
        PyErr_Format(PyExc_IndexError, "index %zd is out of range for axis 0 of length %lld", i,
                     (long long)psi_shape(a).data[0]);
        return NULL;
    }
    return psi_py_enter(&call, NULL) ? psi_py_leave(&call, psi_py_index_int(a, i)) : NULL;
}

static PySequenceMethods sequence = {.sq_length = length, .sq_item = item_at};
static PyMappingMethods mapping = {
    .mp_length = length,
    .mp_subscript = psi_py_get_item,
    .mp_ass_subscript = psi_py_set_item,
};

static Py_hash_t hash(PyObject *self)
{
    return _Py_HashPointer(self);
}

PyTypeObject psi_py_array_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mlx.core.array",
    .tp_basicsize = sizeof(psi_py_array),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = "array(val, dtype=None)\n--\n\nAn N-dimensional array, computed when it is needed. `val` is a "
              "number, a "
              "list or tuple of them, an array, or an object with a buffer, whose shape it gets.",
    .tp_weaklistoffset = offsetof(psi_py_array, weakrefs),
    .tp_new = new,
    .tp_init = init,
    .tp_vectorcall = construct,
    .tp_dealloc = dealloc,
    .tp_repr = psi_py_array_repr,
    .tp_str = psi_py_array_repr,
    .tp_hash = hash,
    .tp_richcompare = psi_py_compare,
    .tp_iter = iterate,
    .tp_as_number = &psi_py_number,
    .tp_as_sequence = &sequence,
    .tp_as_mapping = &mapping,
    .tp_as_buffer = &psi_py_buffer_procs,
    .tp_methods = psi_py_array_methods,
    .tp_getset = properties,
};
