/* random.c: mlx.core.random, whose bounds and shapes have defaults that depend on each other.
 * Invariant: the default key is the first item of mlx.core.random.state, which users may read and replace. */
#include "entry.h"

#include <time.h>

static PyObject *state;

bool psi_py_init_random(PyObject *module)
{
    psi_py_call call;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    psi_scope_open(&call.scope);
    PyObject *key = psi_py_wrap(psi_random_key((int64_t)now.tv_sec * 1000000000 + now.tv_nsec));
    psi_scope_close(&call.scope);
    state = key ? Py_BuildValue("[N]", key) : NULL;
    return state && !PyModule_AddObject(module, "state", Py_NewRef(state));
}

/* Gives `state` a new key, an error array with an exception or error if it cannot. */
static bool set_key(psi_array key)
{
    PyObject *o = psi_py_wrap(key);
    return o && !PyList_SetItem(state, 0, o);
}

/* Splits a key off the default key. */
static bool next_key(psi_array *out)
{
    PyObject *first = PyList_GET_SIZE(state) ? PyList_GET_ITEM(state, 0) : Py_None;
    if (!psi_py_is_array(first)) {
        PyErr_Format(PyExc_ValueError, "random.state[0] should be a key, not %.100s",
                     Py_TYPE(first)->tp_name);
        return false;
    }
    psi_arrays two = psi_random_split(psi_own(psi_retain(psi_py_array_of(first))));
    if (two.count != 2 || !set_key(two.data[0]))
        return false;
    *out = two.data[1];
    return true;
}

/* Any int's lowest 64 bits, or those of what int() makes one of, but no float. */
static bool read_seed(PyObject *o, const char *function, int64_t *out)
{
    PyObject *number = psi_py_as_long(o);
    if (!number) {
        PyErr_Format(PyExc_TypeError, "%s(): argument 'seed' should be an int, not %.100s", function,
                     Py_TYPE(o)->tp_name);
        return false;
    }
    *out = (int64_t)PyLong_AsUnsignedLongLongMask(number);
    Py_DECREF(number);
    return true;
}

PSI_PY_ENTRY(random, seed)
{
    PSI_PY_BIND("seed", 1, 0, 1, "seed");
    psi_py_call call;
    int64_t seed;
    if (!read_seed(v[0], "seed", &seed) || !psi_py_enter(&call, NULL))
        return NULL;
    bool ok = set_key(psi_random_key(seed));
    return psi_py_leave_object(&call, ok ? Py_NewRef(Py_None) : NULL);
}

PSI_PY_ENTRY(random, key)
{
    PSI_PY_BIND("key", 1, 0, 1, "seed");
    psi_py_call call;
    int64_t seed;
    if (!read_seed(v[0], "key", &seed) || !psi_py_enter(&call, NULL))
        return NULL;
    return psi_py_leave(&call, psi_random_key(seed));
}

typedef struct sample {
    psi_py_ints shape;
    bool has_shape;
    psi_dtype dtype;
    psi_array key;
} sample;

/* Shape, dtype and key, each of which may be NULL or None. */
static bool read_sample(PyObject *shape, PyObject *dtype, PyObject *key, psi_dtype usual, sample *out)
{
    if (shape && PyLong_Check(shape)) {
        PyErr_SetString(PyExc_TypeError, "shape should be a sequence of ints, not an int");
        return false;
    }
    *out = (sample){.shape.list = {NULL, 0}, .has_shape = psi_py_given(shape), .dtype = usual, .key = NULL};
    return (!out->has_shape || psi_py_to_ints(shape, &out->shape)) &&
           (!psi_py_given(dtype) || psi_py_to_dtype(dtype, &out->dtype)) &&
           (psi_py_given(key) ? psi_py_to_array(key, &out->key) : next_key(&out->key));
}

static bool bound(PyObject *o, double usual, psi_dtype dtype, psi_array *out)
{
    if (psi_py_given(o))
        return psi_py_to_value(o, out);
    *out = psi_scalar(usual, dtype);
    return !psi_is_error(*out);
}

PSI_PY_ENTRY(random, uniform)
{
    PSI_PY_BIND("uniform", 0, 0, 6, "low", "high", "shape", "dtype", "key", "stream");
    psi_py_call call;
    psi_array low, high;
    sample s;
    if (!psi_py_enter(&call, v[5]))
        return NULL;
    if (!read_sample(v[2], v[3], v[4], PSI_FLOAT32, &s) || !bound(v[0], 0, PSI_FLOAT32, &low) ||
        !bound(v[1], 1, PSI_FLOAT32, &high))
        return psi_py_refuse(&call, &sig_, v);
    return psi_py_leave(&call, psi_random_uniform(low, high, s.shape.list, s.dtype, s.key));
}

PSI_PY_ENTRY(random, normal)
{
    PSI_PY_BIND("normal", 0, 0, 6, "shape", "dtype", "loc", "scale", "key", "stream");
    psi_py_call call;
    psi_array loc = NULL, scale = NULL;
    sample s;
    if (!psi_py_enter(&call, v[5]))
        return NULL;
    if (!read_sample(v[0], v[1], v[4], PSI_FLOAT32, &s) ||
        (psi_py_given(v[2]) && !psi_py_to_value(v[2], &loc)) ||
        (psi_py_given(v[3]) && !psi_py_to_value(v[3], &scale)))
        return psi_py_refuse(&call, &sig_, v);
    return psi_py_leave(&call, psi_random_normal(s.shape.list, s.dtype, loc, scale, s.key));
}

PSI_PY_ENTRY(random, randint)
{
    PSI_PY_BIND("randint", 2, 0, 6, "low", "high", "shape", "dtype", "key", "stream");
    psi_py_call call;
    psi_array low, high;
    sample s;
    if (!psi_py_enter(&call, v[5]))
        return NULL;
    if (!read_sample(v[2], v[3], v[4], PSI_INT32, &s) || !psi_py_to_value(v[0], &low) ||
        !psi_py_to_value(v[1], &high))
        return psi_py_refuse(&call, &sig_, v);
    return psi_py_leave(&call, psi_random_randint(low, high, s.shape.list, s.dtype, s.key));
}

PSI_PY_ENTRY(random, bernoulli)
{
    PSI_PY_BIND("bernoulli", 0, 0, 4, "p", "shape", "key", "stream");
    psi_py_call call;
    psi_array p;
    sample s;
    if (!psi_py_enter(&call, v[3]))
        return NULL;
    if (!read_sample(v[1], NULL, v[2], PSI_BOOL, &s) || !bound(v[0], 0.5, PSI_FLOAT32, &p))
        return psi_py_refuse(&call, &sig_, v);
    return psi_py_leave(&call, psi_random_bernoulli(p, s.has_shape ? s.shape.list : PSI_NONE, s.key));
}

PSI_PY_ENTRY(random, truncated_normal)
{
    PSI_PY_BIND("truncated_normal", 2, 0, 6, "lower", "upper", "shape", "dtype", "key", "stream");
    psi_py_call call;
    psi_array low, high;
    sample s;
    if (!psi_py_enter(&call, v[5]))
        return NULL;
    if (!read_sample(v[2], v[3], v[4], PSI_FLOAT32, &s) || !psi_py_to_value(v[0], &low) ||
        !psi_py_to_value(v[1], &high))
        return psi_py_refuse(&call, &sig_, v);
    return psi_py_leave(
        &call, psi_random_truncated_normal(low, high, s.has_shape ? s.shape.list : PSI_NONE, s.dtype, s.key));
}

PSI_PY_ENTRY(random, categorical)
{
    PSI_PY_BIND("categorical", 1, 0, 6, "logits", "axis", "shape", "num_samples", "key", "stream");
    psi_py_call call;
    psi_array logits;
    int64_t axis = -1, samples;
    sample s;
    if (psi_py_given(v[2]) && psi_py_given(v[3])) {
        PyErr_SetString(PyExc_ValueError, "categorical: shape and num_samples exclude each other");
        return NULL;
    }
    if (!psi_py_enter(&call, v[5]))
        return NULL;
    if (!psi_py_to_array(v[0], &logits) || (v[1] && !psi_py_to_int(v[1], &axis)) ||
        !read_sample(v[2], NULL, v[4], PSI_UINT32, &s) ||
        (psi_py_given(v[3]) && !psi_py_to_int(v[3], &samples)))
        return psi_py_refuse(&call, &sig_, v);
    if (psi_py_given(v[3]))
        return psi_py_leave(&call, psi_random_categorical_num_samples(logits, axis, samples, s.key));
    return psi_py_leave(&call,
                        psi_random_categorical(logits, axis, s.has_shape ? s.shape.list : PSI_NONE, s.key));
}

PSI_PY_ENTRY(random, gumbel)
{
    PSI_PY_BIND("gumbel", 0, 0, 4, "shape", "dtype", "key", "stream");
    psi_py_call call;
    sample s;
    if (!psi_py_enter(&call, v[3]))
        return NULL;
    if (!read_sample(v[0], v[1], v[2], PSI_FLOAT32, &s))
        return psi_py_refuse(&call, &sig_, v);
    return psi_py_leave(&call, psi_random_gumbel(s.shape.list, s.dtype, s.key));
}

PSI_PY_ENTRY(random, laplace)
{
    PSI_PY_BIND("laplace", 0, 0, 6, "shape", "dtype", "loc", "scale", "key", "stream");
    psi_py_call call;
    double loc = 0, scale = 1;
    sample s;
    if (!psi_py_enter(&call, v[5]))
        return NULL;
    if (!read_sample(v[0], v[1], v[4], PSI_FLOAT32, &s) || (v[2] && !psi_py_to_float(v[2], &loc)) ||
        (v[3] && !psi_py_to_float(v[3], &scale)))
        return psi_py_refuse(&call, &sig_, v);
    return psi_py_leave(&call, psi_random_laplace(s.shape.list, s.dtype, loc, scale, s.key));
}

PSI_PY_ENTRY(random, permutation)
{
    PSI_PY_BIND("permutation", 1, 0, 4, "x", "axis", "key", "stream");
    psi_py_call call;
    psi_array x;
    int64_t axis = 0, n;
    sample s;
    bool range = PyLong_Check(v[0]);
    if (!psi_py_enter(&call, v[3]))
        return NULL;
    if (!(range ? psi_py_to_int(v[0], &n) : psi_py_to_array(v[0], &x)) ||
        (v[1] && !psi_py_to_int(v[1], &axis)) || !read_sample(NULL, NULL, v[2], PSI_INT32, &s))
        return psi_py_refuse(&call, &sig_, v);
    return psi_py_leave(&call, range ? psi_random_permutation_arange(n, s.key)
                                     : psi_random_permutation(x, axis, s.key));
}
