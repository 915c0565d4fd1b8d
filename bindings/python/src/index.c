/* index.c: reading by index. */
#include "py.h"

#include "core/error.h"

psi_array psi_py_index_int(psi_array a, int64_t i)
{
    int64_t n = psi_dim(a, 0);
    if (i < 0)
        i += n;
    psi_arrays parts = psi_split_at(a, PSI_INTS(i, i + 1), 0);
    return parts.count == 3 ? psi_squeeze(parts.data[1], PSI_INTS(0)) : psi_error_array();
}

psi_array psi_py_index(psi_array a, PyObject *index)
{
    int64_t i;
    if (PyLong_Check(index) && psi_ndim(a) && psi_py_to_int(index, &i))
        return psi_py_index_int(a, i);
    return PSI_UNSUPPORTED("indexing is not built yet");
}

PyObject *psi_py_get_item(PyObject *self, PyObject *index)
{
    psi_py_call call;
    if (!psi_py_enter(&call, NULL))
        return NULL;
    return psi_py_leave(&call, psi_py_index(psi_py_array_of(self), index));
}

int psi_py_set_item(PyObject *self, PyObject *index, PyObject *value)
{
    (void)self, (void)index, (void)value;
    PSI_UNSUPPORTED("updating by index is not built yet");
    psi_py_raise();
    return -1;
}

psi_array psi_py_update_at(psi_array a, PyObject *index, PyObject *value, psi_py_update kind)
{
    (void)a, (void)index, (void)value, (void)kind;
    return PSI_UNSUPPORTED("updating by index is not built yet");
}
