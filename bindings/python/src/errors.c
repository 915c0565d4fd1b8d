/* errors.c: from psi errors to Python's exceptions, and the frame every call has.
 * Invariant: after a leave no psi error waits on the thread. */
#include "py.h"

#include <string.h>

#include "eval/small.h"

PyObject *psi_py_raise(void)
{
    psi_error_record e;
    if (!psi_error(&e)) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_SystemError, "a call failed without saying why");
        return NULL;
    }
    if (PyErr_Occurred())
        return NULL;
    PyObject *const classes[] = {
        [PSI_VALUE_ERROR] = PyExc_ValueError,
        [PSI_TYPE_ERROR] = PyExc_TypeError,
        [PSI_INDEX_ERROR] = PyExc_IndexError,
        [PSI_RUNTIME_ERROR] = PyExc_RuntimeError,
        [PSI_MEMORY_ERROR] = PyExc_MemoryError,
        [PSI_OS_ERROR] = PyExc_OSError,
        [PSI_NOT_IMPLEMENTED_ERROR] = PyExc_NotImplementedError,
    };
    bool known = (unsigned)e.kind < sizeof classes / sizeof *classes;
    PyObject *class = known ? classes[e.kind] : PyExc_RuntimeError;
    bool plain = e.code == PSI_INVALID_ARGUMENT || e.code == PSI_OUT_OF_MEMORY || e.code == PSI_IO;
    /* A message may hold a file's name, of any bytes, or the first part of a text, cut in a character. */
    PyObject *message = PyUnicode_DecodeUTF8(e.message, (Py_ssize_t)strlen(e.message), "backslashreplace");
    if (message && plain)
        PyErr_SetObject(class, message);
    else if (message)
        PyErr_Format(class, "%s: %U", psi_code_name(e.code), message);
    Py_XDECREF(message);
    return NULL;
}

PyObject *psi_py_unsupported(const char *name)
{
    PyErr_Format(PyExc_NotImplementedError, "unsupported_op: %s is not built yet", name);
    return NULL;
}

PyObject *psi_py_lacks(const char *name, const char *backend)
{
    PyErr_Format(PyExc_RuntimeError,
                 "unsupported_backend_capability: %s: there is no %s backend on this machine", name, backend);
    return NULL;
}

bool psi_py_enter(psi_py_call *call, PyObject *stream)
{
    call->moved = false;
    if (psi_py_given(stream)) {
        psi_stream to;
        if (!psi_py_to_stream(stream, &to))
            return false;
        call->before = psi_default_stream(psi_default_device());
        call->moved = psi_set_default_stream(to);
        if (!call->moved) {
            psi_py_raise();
            return false;
        }
    }
    psi_scope_open(&call->scope);
    return true;
}

PyObject *psi_py_leave_object(psi_py_call *call, PyObject *object)
{
    psi_scope_close(&call->scope);
    if (call->moved)
        psi_set_default_stream(call->before);
    return object ? object : psi_py_raise();
}

PyObject *psi_py_leave(psi_py_call *call, psi_array result)
{
    return psi_py_leave_object(call, psi_py_wrap(result));
}

PyObject *psi_py_leave_list(psi_py_call *call, psi_arrays result)
{
    return psi_py_leave_object(call, psi_failed() ? NULL : psi_py_wrap_list(result, false));
}

PyObject *psi_py_leave_tuple(psi_py_call *call, psi_arrays result)
{
    return psi_py_leave_object(call, psi_failed() ? NULL : psi_py_wrap_list(result, true));
}

PyObject *psi_py_leave_some(psi_py_call *call, psi_arrays result)
{
    return result.count == 1 ? psi_py_leave(call, result.data[0]) : psi_py_leave_tuple(call, result);
}

bool psi_py_eval(psi_arrays arrays)
{
    bool ready = true;
    for (int i = 0; i < arrays.count && ready; i++)
        ready = psi_eval_small(arrays.data[i]);
    if (ready || psi_failed())
        return ready;
    PyThreadState *state = PyEval_SaveThread();
    bool ok = psi_eval(arrays);
    PyEval_RestoreThread(state);
    return ok;
}

bool psi_py_eval1(psi_array a)
{
    return psi_py_eval((psi_arrays){&a, 1});
}
