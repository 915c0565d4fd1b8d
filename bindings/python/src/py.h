/* py.h: what the files of the extension share.
 * Invariant: every entry from Python opens a psi_scope (psi_py_enter), builds, and leaves by one of psi_py_leave*,
 * which closes it. A function that answers NULL or false has set a Python exception or recorded a psi error, which
 * the leave turns into an exception. */
#ifndef PSI_PY_H
#define PSI_PY_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <psionic.h>

#if PY_VERSION_HEX < 0x030a0000
static inline PyObject *Py_NewRef(PyObject *o)
{
    Py_INCREF(o);
    return o;
}
#endif

/* ---- objects ---- */

typedef struct psi_py_array {
    PyObject_HEAD psi_array array; /* owned; an error array until __init__ ran */
    PyObject *weakrefs;
} psi_py_array;

typedef struct psi_py_dtype {
    PyObject_HEAD psi_dtype dtype;
} psi_py_dtype;

/* Members of DtypeCategory and DeviceType. */
typedef struct psi_py_member {
    PyObject_HEAD int value;
    const char *name;
} psi_py_member;

typedef struct psi_py_device {
    PyObject_HEAD psi_device device;
} psi_py_device;

typedef struct psi_py_stream {
    PyObject_HEAD psi_stream stream;
} psi_py_stream;

extern PyTypeObject psi_py_array_type, psi_py_iterator_type, psi_py_at_type, psi_py_dtype_type,
    psi_py_category_type, psi_py_device_type_type, psi_py_device_type, psi_py_stream_type,
    psi_py_stream_context_type, psi_py_finfo_type, psi_py_iinfo_type, psi_py_function_type,
    psi_py_compiled_type;

#define psi_py_is_array(o) (Py_TYPE(o) == &psi_py_array_type || PyObject_TypeCheck(o, &psi_py_array_type))
#define psi_py_array_of(o) (((psi_py_array *)(o))->array)
#define psi_py_is_dtype(o) (Py_TYPE(o) == &psi_py_dtype_type)
#define psi_py_dtype_of(o) (((psi_py_dtype *)(o))->dtype)

/* ---- entering and leaving ---- */

typedef struct psi_py_call {
    psi_scope scope;
    psi_stream before;
    bool moved;
} psi_py_call;

/* Opens the scope; `stream` (NULL, None, a Stream, Device or DeviceType) is where ops go until the leave.
 * False, with everything closed again and an exception set. */
bool psi_py_enter(psi_py_call *call, PyObject *stream);
/* Wrap the result (error arrays raise), close the scope. */
PyObject *psi_py_leave(psi_py_call *call, psi_array result);
PyObject *psi_py_leave_list(psi_py_call *call, psi_arrays result);
PyObject *psi_py_leave_tuple(psi_py_call *call, psi_arrays result);
PyObject *psi_py_leave_some(psi_py_call *call, psi_arrays result); /* a tuple, or one array alone */
/* Closes the scope; a NULL object raises what was recorded. */
PyObject *psi_py_leave_object(psi_py_call *call, PyObject *object);

/* A new array object with its own reference; NULL with an exception for an error array. */
PyObject *psi_py_wrap(psi_array a);
PyObject *psi_py_wrap_list(psi_arrays list, bool tuple);
/* Gives an array object another value. False with an exception for an error array. */
bool psi_py_assign(PyObject *self, psi_array value);

/* Raises the recorded psi error, unless an exception is set already. Returns NULL. */
PyObject *psi_py_raise(void);
PyObject *psi_py_unsupported(const char *name);
PyObject *psi_py_lacks(const char *name, const char *backend);

/* Evaluates, without the GIL where there is work to do. False with an error. */
bool psi_py_eval(psi_arrays arrays);
bool psi_py_eval1(psi_array a);

/* ---- arguments ---- */

typedef struct psi_py_signature {
    const char *function;
    const char *const *names;
    PyObject **interned; /* names as objects, made on first use */
    int count, positional_only, positional;
    unsigned required; /* bit i: parameter i has no default */
} psi_py_signature;

/* Sorts arguments into values (NULL where not given). False with a TypeError. */
bool psi_py_bind(const psi_py_signature *sig, PyObject *const *args, Py_ssize_t count, PyObject *names,
                 PyObject **values);
/* Leaves with an exception; where it is an argument's refused conversion, it comes to name function and argument. */
PyObject *psi_py_refuse(psi_py_call *call, const psi_py_signature *sig, PyObject *const *values);

typedef struct psi_py_ints {
    psi_ints list;
    int64_t few[16];
    bool one; /* an int, not a sequence */
} psi_py_ints;

/* Conversions of one argument; a false answer comes with an exception. Arrays belong to the open scope. */
bool psi_py_to_array(PyObject *o, psi_array *out);               /* an array or array-like */
bool psi_py_to_value(PyObject *o, psi_array *out);               /* also a scalar or a buffer */
bool psi_py_to_value_as(PyObject *o, int dtype, psi_array *out); /* ... weakly of a dtype; -1 for none */
bool psi_py_to_pair(PyObject *a, PyObject *b, psi_array *x, psi_array *y); /* two operands of one op */
bool psi_py_to_arrays(PyObject *o, psi_arrays *out);                       /* a list or tuple of arrays */
bool psi_py_to_int(PyObject *o, int64_t *out);
bool psi_py_to_float(PyObject *o, double *out);
bool psi_py_to_bool(PyObject *o, bool *out);
bool psi_py_to_ints(PyObject *o, psi_py_ints *out);  /* an int or a sequence of ints */
bool psi_py_to_shape(PyObject *o, psi_py_ints *out); /* a sequence of ints */
bool psi_py_to_int2(PyObject *o, psi_py_ints *out);  /* an int or two of them */
bool psi_py_to_int3(PyObject *o, psi_py_ints *out);
bool psi_py_to_dtype(PyObject *o, psi_dtype *out);
bool psi_py_to_str(PyObject *o, const char **out);
bool psi_py_to_stream(PyObject *o, psi_stream *out);
bool psi_py_to_device(PyObject *o, psi_device *out);
/* Whatever int() takes but a float, as upstream's users know it: NumPy's integers, arrays of one element. */
PyObject *psi_py_as_long(PyObject *o);
/* True for what has a length and items, but text; an array without dimensions has none. */
bool psi_py_is_sequence(PyObject *o);
/* Any object that may take part in arithmetic with an array. */
bool psi_py_is_operand(PyObject *o);

#define psi_py_given(o) ((o) && (o) != Py_None)

/* ---- conversions of whole arrays ---- */

/* What array(value, dtype) makes; dtype -1 for none. An error array with an exception or error. */
psi_array psi_py_create(PyObject *value, int dtype);
psi_array psi_py_from_list(PyObject *list, int dtype);
psi_array psi_py_from_buffer(PyObject *object, int dtype);
bool psi_py_has_buffer(PyObject *object);
/* True when `object` has an attribute __mlx_array__; *out is what calling it gave. */
bool psi_py_has_accessor(PyObject *object);
bool psi_py_from_accessor(PyObject *object, psi_array *out);

PyObject *psi_py_item(PyObject *self, PyObject *unused);
PyObject *psi_py_tolist(PyObject *self, PyObject *unused);
PyObject *psi_py_array_repr(PyObject *self);
PyObject *psi_py_array_format(PyObject *self, PyObject *spec);
PyObject *psi_py_dlpack(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names);
PyObject *psi_py_dlpack_device(PyObject *self, PyObject *unused);
PyObject *psi_py_getstate(PyObject *self, PyObject *unused);
PyObject *psi_py_setstate(PyObject *self, PyObject *state);
extern PyBufferProcs psi_py_buffer_procs;

/* ---- dtypes and devices ---- */

PyObject *psi_py_dtype_object(psi_dtype dtype); /* a new reference */
PyObject *psi_py_stream_object(psi_stream stream);
PyObject *psi_py_device_object(psi_device device);
bool psi_py_init_dtypes(PyObject *module);
bool psi_py_init_devices(PyObject *module);
bool psi_py_init_random(PyObject *module);
bool psi_py_init_compile(PyObject *module);

/* ---- indexing ---- */

/* a[i] and a[index] in the open scope; an error array with an exception or error. */
psi_array psi_py_index_int(psi_array a, int64_t i);
psi_array psi_py_index(psi_array a, PyObject *index);
PyObject *psi_py_get_item(PyObject *self, PyObject *index);
int psi_py_set_item(PyObject *self, PyObject *index, PyObject *value);
typedef enum psi_py_update {
    PSI_PY_ADD,
    PSI_PY_SUBTRACT,
    PSI_PY_MULTIPLY,
    PSI_PY_DIVIDE,
    PSI_PY_MAXIMUM,
    PSI_PY_MINIMUM
} psi_py_update;
psi_array psi_py_update_at(psi_array a, PyObject *index, PyObject *value, psi_py_update kind);
PyObject *psi_py_at_new(PyObject *self, void *closure);

/* ---- trees ---- */

typedef struct psi_py_leaves {
    PyObject **items; /* borrowed references to the leaves */
    Py_ssize_t count, capacity;
} psi_py_leaves;

/* Appends the array leaves of a tree of lists, tuples and dictionaries; `strict` refuses other leaves. */
bool psi_py_tree_leaves(PyObject *tree, bool strict, psi_py_leaves *out);
void psi_py_leaves_free(psi_py_leaves *leaves);
/* A copy of the tree whose array leaves are the next of `arrays`, from *next on. */
PyObject *psi_py_tree_fill(PyObject *tree, psi_arrays arrays, int *next);
/* A copy of the tree whose leaves, arrays or not, are what fn makes of them. */
typedef PyObject *(*psi_py_leaf_fn)(PyObject *leaf, void *context);
PyObject *psi_py_tree_map(PyObject *tree, psi_py_leaf_fn fn, void *context);
/* Replaces the array leaves of a tree in order, in place but for tuples. */
typedef struct psi_py_swap {
    PyObject *const *leaves;
    Py_ssize_t count, next;
} psi_py_swap;
PyObject *psi_py_tree_swap(PyObject *tree, psi_py_swap *swap);
/* The same with leaves of one tree. */
bool psi_py_tree_put(PyObject *tree, const psi_py_leaves *leaves);
/* Puts back the leaves of `before` where the tree, whatever was done to it, holds what stood for them: the list `made`,
 * which holds `arrays`. What was written into one of these stays. */
bool psi_py_tree_restore(PyObject *tree, PyObject *made, psi_arrays arrays, const psi_py_leaves *before);
psi_arrays psi_py_leaf_arrays(const psi_py_leaves *leaves);

/* ---- number protocol, methods ---- */

extern PyNumberMethods psi_py_number;
PyObject *psi_py_compare(PyObject *a, PyObject *b, int op);
extern PyMethodDef psi_py_array_methods[];

typedef PyObject *(*psi_py_entry)(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names);
/* Calls a function's entry with `self` as its first argument. */
PyObject *psi_py_as_method(psi_py_entry entry, PyObject *self, PyObject *const *args, Py_ssize_t count,
                           PyObject *names);

/* One list of functions per submodule, generated from api.def. */
typedef struct psi_py_submodule {
    const char *name;
    PyMethodDef *methods;
} psi_py_submodule;
extern const psi_py_submodule psi_py_submodules[];

#endif
