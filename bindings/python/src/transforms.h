/* transforms.h: what the transforms of Python functions share. */
#ifndef PSI_PY_TRANSFORMS_H
#define PSI_PY_TRANSFORMS_H

#include "py.h"

typedef enum psi_py_function_kind { PSI_PY_GRAD, PSI_PY_VALUE_AND_GRAD, PSI_PY_VMAP } psi_py_function_kind;

/* What grad() and its kin return: a callable that the garbage collector can traverse. */
typedef struct psi_py_function {
    PyObject_HEAD psi_py_function_kind kind;
    PyObject *fun;
    PyObject *argnums;  /* grad: a sorted tuple of ints */
    PyObject *argnames; /* grad: a frozenset of str */
    PyObject *in_axes, *out_axes;
    PyObject *dict, *weakrefs;
} psi_py_function;

/* One running call of a traced function. */
typedef struct psi_py_trace {
    PyObject *fun, *args, *kwargs; /* borrowed */
    psi_py_leaves leaves;          /* of args and kwargs, in order */
    PyObject *value;               /* what the function returned, owned */
    const char *tag;               /* of gradients: "[grad]"; NULL else */
    bool scalar_only, strict;
} psi_py_trace;

/* A psi_function: calls the traced function with `inputs` in the place of its arrays. */
psi_arrays psi_py_trace_run(psi_arrays inputs, void *context);
/* Collects a tree's arrays, each with a reference of its own while the trace runs. */
bool psi_py_trace_collect(psi_py_trace *t, PyObject *tree, bool strict);
void psi_py_trace_end(psi_py_trace *t);

PyObject *psi_py_call_grad(const psi_py_function *f, PyObject *args, PyObject *kwargs);
PyObject *psi_py_call_vmap(const psi_py_function *f, PyObject *args, PyObject *kwargs);

#endif
