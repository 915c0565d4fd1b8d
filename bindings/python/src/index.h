/* index.h: an index of Python's, read once into a list of items, one an axis (None has none). */
#ifndef PSI_PY_INDEX_H
#define PSI_PY_INDEX_H

#include "py.h"

enum { PSI_PY_ITEMS = 192, PSI_PY_AXES = 64 };

typedef enum psi_py_item_kind { PSI_PY_INT, PSI_PY_SLICE, PSI_PY_NEW_AXIS, PSI_PY_ARRAY } psi_py_item_kind;

typedef struct psi_py_index_item {
    psi_py_item_kind kind;
    int axis;
    int64_t start, stop, step; /* a slice's as NumPy adjusts them; start is an int's value, not below 0 */
    int64_t length;            /* of a slice */
    bool whole;                /* a slice of the whole axis in order */
    psi_array array;
} psi_py_index_item;

typedef struct psi_py_index_list {
    psi_py_index_item items[PSI_PY_ITEMS];
    int count;
    int axes;   /* indexed axes */
    int arrays; /* items that are arrays */
} psi_py_index_list;

/* Reads an index of `a`; `tuple` wants a tuple's rules. False with an exception. Axes that are not mentioned are left out. */
bool psi_py_read_index(psi_array a, PyObject *index, psi_py_index_list *out);

#endif
