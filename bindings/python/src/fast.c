/* fast.c: what of mlx.core.fast takes one thing or another. */
#include "entry.h"

/* The mask is a word or an array. */
PSI_PY_ENTRY(fast, scaled_dot_product_attention)
{
    PSI_PY_BIND("scaled_dot_product_attention", 4, 0, 3, "q", "k", "v", "scale", "mask", "sinks", "stream");
    psi_py_call call;
    psi_array a[3], mask = NULL, sinks = NULL;
    const char *mode = "";
    double scale;
    bool is_word = psi_py_given(v[4]) && PyUnicode_Check(v[4]);
    if (!psi_py_to_float(v[3], &scale) || (is_word && !psi_py_to_str(v[4], &mode)))
        return NULL;
    if (is_word && strcmp(mode, "causal")) {
        PyErr_Format(PyExc_ValueError,
                     "[scaled_dot_product_attention] mask is '%.40s'; it must be 'causal' or an array", mode);
        return NULL;
    }
    if (!psi_py_enter(&call, v[6]))
        return NULL;
    for (int i = 0; i < 3; i++)
        if (!psi_py_to_array(v[i], &a[i]))
            return psi_py_refuse(&call, &sig_, v);
    if ((psi_py_given(v[4]) && !is_word && !psi_py_to_array(v[4], &mask)) ||
        (psi_py_given(v[5]) && !psi_py_to_array(v[5], &sinks)))
        return psi_py_refuse(&call, &sig_, v);
    return psi_py_leave(&call,
                        psi_fast_scaled_dot_product_attention(a[0], a[1], a[2], scale, mode, mask, sinks));
}
