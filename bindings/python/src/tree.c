/* tree.c: trees of lists, tuples and dictionaries, as transforms take them.
 * Invariant: filling visits leaves in the order in which they were collected. */
#include "py.h"

static bool add_leaf(psi_py_leaves *out, PyObject *o)
{
    if (out->count == out->capacity) {
        Py_ssize_t room = out->capacity ? 2 * out->capacity : 16;
        PyObject **items = PyMem_Realloc(out->items, (size_t)room * sizeof *items);
        if (!items) {
            PyErr_NoMemory();
            return false;
        }
        out->items = items;
        out->capacity = room;
    }
    out->items[out->count++] = o;
    return true;
}

bool psi_py_tree_leaves(PyObject *tree, bool strict, psi_py_leaves *out)
{
    if (psi_py_is_array(tree))
        return add_leaf(out, tree);
    bool ok = true;
    if (PyList_Check(tree) || PyTuple_Check(tree)) {
        if (Py_EnterRecursiveCall(" in a tree of arrays"))
            return false;
        for (Py_ssize_t i = 0; ok && i < PySequence_Fast_GET_SIZE(tree); i++)
            ok = psi_py_tree_leaves(PySequence_Fast_GET_ITEM(tree, i), strict, out);
        Py_LeaveRecursiveCall();
        return ok;
    }
    if (PyDict_Check(tree)) {
        PyObject *value;
        Py_ssize_t at = 0;
        if (Py_EnterRecursiveCall(" in a tree of arrays"))
            return false;
        while (ok && PyDict_Next(tree, &at, NULL, &value))
            ok = psi_py_tree_leaves(value, strict, out);
        Py_LeaveRecursiveCall();
        return ok;
    }
    if (strict)
        PyErr_Format(PyExc_ValueError, "[tree_flatten] The argument should contain only arrays, not %.100s",
                     Py_TYPE(tree)->tp_name);
    return !strict;
}

void psi_py_leaves_free(psi_py_leaves *leaves)
{
    PyMem_Free(leaves->items);
}

psi_arrays psi_py_leaf_arrays(const psi_py_leaves *leaves)
{
    psi_arrays list = psi_arrays_new((int)leaves->count);
    for (int i = 0; i < list.count; i++)
        list.data[i] = psi_own(psi_retain(psi_py_array_of(leaves->items[i])));
    return list;
}

/* A tuple of the same type as `like`: a named tuple takes its items one by one. */
static PyObject *tuple_like(PyObject *like, PyObject *items)
{
    PyObject *type = (PyObject *)Py_TYPE(like), *made;
    if (PyTuple_CheckExact(like))
        return items;
    if (PyObject_HasAttrString(type, "_fields"))
        made = PyObject_CallObject(type, items);
    else
        made = PyObject_CallFunctionObjArgs(type, items, NULL);
    Py_DECREF(items);
    return made;
}

static PyObject *map_sequence(PyObject *tree, psi_py_leaf_fn fn, void *context)
{
    bool list = PyList_Check(tree);
    Py_ssize_t n = PySequence_Fast_GET_SIZE(tree);
    PyObject *out = list ? PyList_New(n) : PyTuple_New(n);
    for (Py_ssize_t i = 0; out && i < n; i++) {
        PyObject *o = psi_py_tree_map(PySequence_Fast_GET_ITEM(tree, i), fn, context);
        if (!o)
            Py_CLEAR(out);
        else if (list)
            PyList_SET_ITEM(out, i, o);
        else
            PyTuple_SET_ITEM(out, i, o);
    }
    return out && !list ? tuple_like(tree, out) : out;
}

PyObject *psi_py_tree_map(PyObject *tree, psi_py_leaf_fn fn, void *context)
{
    if (PyList_Check(tree) || PyTuple_Check(tree))
        return map_sequence(tree, fn, context);
    if (!PyDict_Check(tree))
        return fn(tree, context);
    PyObject *out = PyDict_New(), *key, *value;
    Py_ssize_t at = 0;
    while (out && PyDict_Next(tree, &at, &key, &value)) {
        PyObject *o = psi_py_tree_map(value, fn, context);
        if (!o || PyDict_SetItem(out, key, o))
            Py_CLEAR(out);
        Py_XDECREF(o);
    }
    return out;
}

typedef struct filling {
    psi_arrays arrays;
    int *next;
} filling;

static PyObject *next_array(PyObject *leaf, void *context)
{
    filling *f = context;
    if (!psi_py_is_array(leaf))
        return Py_NewRef(leaf);
    if (*f->next < f->arrays.count)
        return psi_py_wrap(f->arrays.data[(*f->next)++]);
    PyErr_SetString(PyExc_ValueError, "[tree_unflatten] There are fewer arrays than leaves");
    return NULL;
}

PyObject *psi_py_tree_fill(PyObject *tree, psi_arrays arrays, int *next)
{
    return psi_py_tree_map(tree, next_array, &(filling){arrays, next});
}

/* ---- exchanging leaves in place: lists and dictionaries keep their identity, tuples are made anew ---- */

static PyObject *swap_leaf(PyObject *leaf, psi_py_swap *s)
{
    Py_ssize_t i = s->next++;
    return Py_NewRef(i < s->count ? s->leaves[i] : leaf);
}

PyObject *psi_py_tree_swap(PyObject *tree, psi_py_swap *s)
{
    if (psi_py_is_array(tree))
        return swap_leaf(tree, s);
    if (PyTuple_Check(tree)) {
        Py_ssize_t n = PyTuple_GET_SIZE(tree);
        PyObject *out = PyTuple_New(n);
        for (Py_ssize_t i = 0; out && i < n; i++) {
            PyObject *o = psi_py_tree_swap(PyTuple_GET_ITEM(tree, i), s);
            if (o)
                PyTuple_SET_ITEM(out, i, o);
            else
                Py_CLEAR(out);
        }
        return out ? tuple_like(tree, out) : NULL;
    }
    for (Py_ssize_t i = 0; PyList_Check(tree) && i < PyList_GET_SIZE(tree); i++) {
        PyObject *o = psi_py_tree_swap(PyList_GET_ITEM(tree, i), s);
        if (!o || PyList_SetItem(tree, i, o))
            return NULL;
    }
    if (PyDict_Check(tree)) {
        PyObject *key, *value;
        Py_ssize_t at = 0;
        while (PyDict_Next(tree, &at, &key, &value)) {
            PyObject *o = psi_py_tree_swap(value, s);
            int failed = !o || PyDict_SetItem(tree, key, o); /* an existing key: the order stays */
            Py_XDECREF(o);
            if (failed)
                return NULL;
        }
    }
    return Py_NewRef(tree);
}

bool psi_py_tree_put(PyObject *tree, const psi_py_leaves *leaves)
{
    psi_py_swap swap = {.leaves = leaves->items, .count = leaves->count};
    PyObject *done = psi_py_tree_swap(tree, &swap);
    Py_XDECREF(done);
    return done != NULL;
}

bool psi_py_tree_restore(PyObject *tree, PyObject *made, psi_arrays arrays, const psi_py_leaves *before)
{
    psi_py_leaves now = {0};
    Py_ssize_t next = 0;
    bool ok = psi_py_tree_leaves(tree, false, &now);
    for (Py_ssize_t i = 0; ok && i < now.count; i++) {
        Py_ssize_t at = next, tried = 0;
        while (tried < before->count && PyList_GET_ITEM(made, at % before->count) != now.items[i])
            at++, tried++;
        if (tried < before->count) {
            next = at % before->count;
            if (psi_py_array_of(now.items[i]) == arrays.data[next])
                now.items[i] = before->items[next];
            next++;
        }
        Py_INCREF(now.items[i]); /* swapping may drop the last other reference */
    }
    if (ok) {
        ok = psi_py_tree_put(tree, &now);
        for (Py_ssize_t i = 0; i < now.count; i++)
            Py_DECREF(now.items[i]);
    }
    psi_py_leaves_free(&now);
    return ok;
}
