/* transforms.h: what the transforms of Python functions share. */
#ifndef PSI_PY_TRANSFORMS_H
#define PSI_PY_TRANSFORMS_H

#include "py.h"

typedef enum psi_py_function_kind {
    PSI_PY_GRAD,
    PSI_PY_VALUE_AND_GRAD,
    PSI_PY_VMAP,
    PSI_PY_CHECKPOINT,
    PSI_PY_JACFWD,
    PSI_PY_JACREV,
    PSI_PY_HESSIAN
} psi_py_function_kind;

/* What grad() and its kin return: a callable that the garbage collector can traverse. */
typedef struct psi_py_function {
    PyObject_HEAD psi_py_function_kind kind;
    PyObject *fun;
    PyObject *argnums;  /* grad: a sorted tuple of ints */
    PyObject *argnames; /* grad: a frozenset of str */
    PyObject *in_axes, *out_axes;
    PyObject *dict, *weakrefs;
} psi_py_function;

/* A function transformed: v[0] is it, the others what the row of api.def has (NULL where not given). */
PyObject *psi_py_function_make(psi_py_function_kind kind, PyObject *const *v, int count);

/* One running call of a traced function. */
typedef struct psi_py_trace {
    PyObject *fun, *args, *kwargs; /* borrowed */
    psi_py_leaves leaves;          /* of args and kwargs, in order */
    PyObject *value;               /* what the function returned, owned */
    PyObject *given, *given_named; /* of gradients: copies of args and kwargs as they were, owned */
    const char *tag;               /* of gradients: "[grad]"; NULL else */
    bool scalar_only, strict;
    bool
        copies; /* the function gets copies of the containers; else the caller's own, which it may also reach otherwise */
} psi_py_trace;

/* A psi_function: calls the traced function with `inputs` in the place of its arrays. */
psi_arrays psi_py_trace_run(psi_arrays inputs, void *context);
/* Collects a tree's arrays, each with a reference of its own while the trace runs. */
bool psi_py_trace_collect(psi_py_trace *t, PyObject *tree, bool strict);
/* Keeps the arguments' containers as they are now, as the function may change them. */
bool psi_py_trace_snapshot(psi_py_trace *t);
void psi_py_trace_end(psi_py_trace *t);

PyObject *psi_py_call_grad(const psi_py_function *f, PyObject *args, PyObject *kwargs);
PyObject *psi_py_call_jacobian(const psi_py_function *f, PyObject *args, PyObject *kwargs);
PyObject *psi_py_call_checkpoint(PyObject *fun, PyObject *args, PyObject *kwargs);
PyObject *psi_py_call_vmap(const psi_py_function *f, PyObject *args, PyObject *kwargs);

/* The name that errors of a gradient or Jacobian begin with: "[grad]". */
const char *psi_py_tag(const psi_py_function *f);
/* Pairs the arrays of a tree with axes, a prefix of the tree; axes[i] is -1 for one that is not mapped. */
bool psi_py_flatten_axes(PyObject *tree, PyObject *axes, psi_arrays arrays, int64_t *out);
/* The arrays of the arguments with regard to which derivatives are taken: places in t->leaves, from PyMem. */
typedef struct psi_py_wanted {
    int64_t *places;
    int count;
} psi_py_wanted;
/* True when the call has all arguments that derivatives are wanted of; else a ValueError that begins with `tag`. */
bool psi_py_check_argnums(const psi_py_function *f, PyObject *args, PyObject *kwargs, const char *tag);
bool psi_py_collect_arguments(const psi_py_function *f, psi_py_trace *t, psi_py_wanted *w);

extern PyTypeObject psi_py_custom_type;

#endif
