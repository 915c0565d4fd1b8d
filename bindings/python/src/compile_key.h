/* compile_key.h: what a call of a compiled function is found by: its arguments written as integers.
 * Invariant: two keys are equal only if the trees have the same form and the same constants. */
#ifndef PSI_PY_COMPILE_KEY_H
#define PSI_PY_COMPILE_KEY_H

#include "py.h"

typedef struct psi_py_key {
    int64_t *data, few[64];
    int count, capacity;
    psi_py_leaves leaves; /* the arrays met on the way */
} psi_py_key;

/* Adds an argument, its arrays to the leaves; false with an exception set when it is no tree of arrays and constants. */
bool psi_py_key_add(psi_py_key *k, PyObject *o);

#endif
