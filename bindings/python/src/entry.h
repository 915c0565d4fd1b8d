/* entry.h: the head of an entry written by hand. */
#ifndef PSI_PY_ENTRY_H
#define PSI_PY_ENTRY_H

#include "py.h"

/* The C function behind module.name. */
#define PSI_PY_ENTRY(module, name)                                                              \
    PyObject *psi_py_##module##_##name(PyObject *self, PyObject *const *args, Py_ssize_t count, \
                                       PyObject *keywords);                                     \
    PyObject *psi_py_##module##_##name(PyObject *self, PyObject *const *args, Py_ssize_t count, \
                                       PyObject *keywords)

/* Declares v[], the arguments in the order of the names: how many have no default, may only, and may also, be positional. */
#define PSI_PY_BIND(function, required, positional_only, positional, ...)                          \
    static const char *const names_[] = {__VA_ARGS__};                                             \
    enum { COUNT_ = sizeof names_ / sizeof *names_ };                                              \
    static PyObject *interned_[COUNT_];                                                            \
    static const psi_py_signature sig_ = {                                                         \
        function, names_, interned_, COUNT_, positional_only, positional, (1u << (required)) - 1}; \
    PyObject *v[COUNT_];                                                                           \
    (void)self;                                                                                    \
    if (!psi_py_bind(&sig_, args, count, keywords, v))                                             \
    return NULL

/* For functions of any number of positional arguments: those are all[0 .. given), and only keywords are bound. */
#define PSI_PY_BIND_ANY(function, ...) \
    PyObject *const *const all = args; \
    const Py_ssize_t given = count;    \
    args += count;                     \
    count = 0;                         \
    PSI_PY_BIND(function, 0, 0, 0, __VA_ARGS__)

#endif
