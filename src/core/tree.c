/* tree.c: nested lists and dictionaries of arrays.
 * Every node knows its parent and its place there, so that walking, copying and freeing need neither recursion nor a
 * stack, at any depth. Invariant: a node has at most one parent and no node is inside itself; siblings' keys differ. */
#include <psionic/tree.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <psionic/scope.h>

#include "core/node.h"
#include "core/thread.h"
#include "core/tree.h"

#define INDEX_FROM 16 /* dictionaries of fewer items are searched one by one */

/* ---- making and freeing ---- */

static psi_tree *tree_new(psi_tree_kind kind)
{
    psi_tree *tree = psi_calloc(1, sizeof *tree);
    if (tree)
        tree->kind = kind;
    return tree;
}

psi_tree *psi_tree_leaf(psi_array a)
{
    if (!psi_check_inputs(PSI_ARRAYS(a), "psi_tree_leaf"))
        return NULL;
    psi_tree *tree = tree_new(PSI_LEAF);
    if (tree)
        tree->array = psi_retain(a);
    return tree;
}

psi_tree *psi_tree_list(void)
{
    return tree_new(PSI_LIST);
}

psi_tree *psi_tree_dict(void)
{
    return tree_new(PSI_DICT);
}

void psi_tree_drop_keys(psi_tree *tree)
{
    for (int i = 0; i < tree->count; i++) {
        psi_free(tree->children[i]->key);
        tree->children[i]->key = NULL;
    }
    psi_free(tree->index);
    tree->index = NULL;
}

void psi_tree_free(psi_tree *tree)
{
    if (!tree || tree->parent)
        return;
    for (psi_tree *at = tree; at;) {
        if (at->count > 0) {
            at = at->children[--at->count];
            continue;
        }
        psi_tree *up = at->parent;
        psi_release(at->array);
        psi_free(at->children);
        psi_free(at->index);
        psi_free(at->key);
        psi_free(at);
        at = up;
    }
}

/* ---- keys ---- */

static uint32_t hash_of(const char *key, size_t length)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)key[i]) * 16777619u;
    return hash;
}

static bool key_is(const psi_tree *child, const char *key, size_t length, uint32_t hash)
{
    return child->hash == hash && strncmp(child->key, key, length) == 0 && child->key[length] == 0;
}

psi_tree *psi_tree_find(const psi_tree *dict, const char *key, size_t length)
{
    uint32_t hash = hash_of(key, length);
    if (!dict->index) {
        for (int i = 0; i < dict->count; i++)
            if (key_is(dict->children[i], key, length, hash))
                return dict->children[i];
        return NULL;
    }
    uint32_t mask = (uint32_t)dict->index_size - 1;
    for (uint32_t at = hash & mask; dict->index[at]; at = (at + 1) & mask)
        if (key_is(dict->children[dict->index[at] - 1], key, length, hash))
            return dict->children[dict->index[at] - 1];
    return NULL;
}

static void index_add(psi_tree *dict, int place)
{
    uint32_t mask = (uint32_t)dict->index_size - 1, at = dict->children[place]->hash & mask;
    while (dict->index[at])
        at = (at + 1) & mask;
    dict->index[at] = place + 1;
}

/* Room for one more child, in the list and in the index, which stays at most half full. */
static bool reserve(psi_tree *tree)
{
    if (tree->count == tree->capacity) {
        if (tree->capacity > INT_MAX / 4) {
            PSI_INVALID("a tree node cannot hold more than %d children", tree->capacity);
            return false;
        }
        int capacity = tree->capacity ? 2 * tree->capacity : 4;
        psi_tree **children = psi_realloc(tree->children, (size_t)capacity * sizeof(psi_tree *));
        if (!children)
            return false;
        tree->children = children;
        tree->capacity = capacity;
    }
    if (tree->kind != PSI_DICT || tree->count < INDEX_FROM || 2 * tree->count < tree->index_size)
        return true;
    int size = 4 * tree->capacity; /* a power of two, as capacity is */
    int32_t *index = psi_calloc((size_t)size, sizeof *index);
    if (!index)
        return false;
    psi_free(tree->index);
    tree->index = index;
    tree->index_size = size;
    for (int i = 0; i < tree->count; i++)
        index_add(tree, i);
    return true;
}

/* ---- attaching ---- */

/* True when `child` may go into `tree`. An empty child cannot be above anything, which makes the usual case quick. */
static bool may_attach(const psi_tree *tree, const psi_tree *child, const char *op)
{
    if (child->parent) {
        PSI_INVALID("%s: the child already has a place in a tree", op);
        return false;
    }
    const psi_tree *up = tree;
    if (child->count > 0)
        while (up && up != child)
            up = up->parent;
    if (up != child)
        return true;
    PSI_INVALID("%s: a tree cannot be put inside itself", op);
    return false;
}

/* Attaches under a key of given length (NULL in lists); false with the error recorded and the child untouched. */
bool psi_tree_attach(psi_tree *tree, const char *key, size_t length, psi_tree *child)
{
    char *copy = NULL;
    if (key) {
        copy = psi_malloc(length + 1);
        if (!copy)
            return false;
        memcpy(copy, key, length);
        copy[length] = 0;
    }
    if (!reserve(tree)) {
        psi_free(copy);
        return false;
    }
    child->key = copy;
    child->hash = key ? hash_of(key, length) : 0;
    child->parent = tree;
    child->place = tree->count;
    tree->children[tree->count++] = child;
    if (tree->index)
        index_add(tree, child->place);
    return true;
}

/* What append and set share: bad arguments, and the child's ownership. */
static bool put(psi_tree *tree, psi_tree_kind kind, const char *key, psi_tree *child, const char *op)
{
    if (!child) {
        PSI_INVALID("%s: the child is NULL", op);
        return false;
    }
    if (tree && !may_attach(tree, child, op))
        return false;
    bool ok = false;
    if (!tree || tree->kind != kind)
        PSI_INVALID("%s: the tree is %s, not a %s", op, tree ? "of another kind" : "NULL",
                    kind == PSI_LIST ? "list" : "dictionary");
    else if (kind == PSI_DICT && !key)
        PSI_INVALID("%s: the key is NULL", op);
    else if (kind == PSI_DICT && psi_tree_find(tree, key, strlen(key)))
        PSI_INVALID("%s: the key \"%.200s\" is there already", op, key);
    else
        ok = psi_tree_attach(tree, key, key ? strlen(key) : 0, child);
    if (!ok)
        psi_tree_free(child);
    return ok;
}

bool psi_tree_append(psi_tree *list, psi_tree *child)
{
    return put(list, PSI_LIST, NULL, child, "psi_tree_append");
}

bool psi_tree_set(psi_tree *dict, const char *key, psi_tree *child)
{
    return put(dict, PSI_DICT, key, child, "psi_tree_set");
}

/* ---- asking ---- */

psi_tree_kind psi_tree_kind_of(const psi_tree *tree)
{
    return tree ? tree->kind : PSI_LIST;
}

int psi_tree_count(const psi_tree *tree)
{
    return tree ? tree->count : 0;
}

const psi_tree *psi_tree_at(const psi_tree *tree, int index)
{
    if (tree && index >= 0 && index < tree->count)
        return tree->children[index];
    psi_fail(PSI_INVALID_ARGUMENT, PSI_INDEX_ERROR, "psi_tree_at: there is no child %d among %d", index,
             psi_tree_count(tree));
    return NULL;
}

const char *psi_tree_key(const psi_tree *dict, int index)
{
    const psi_tree *child = psi_tree_at(dict, index);
    return child ? child->key : NULL;
}

const psi_tree *psi_tree_get(const psi_tree *dict, const char *key)
{
    return dict && key && dict->kind == PSI_DICT ? psi_tree_find(dict, key, strlen(key)) : NULL;
}

psi_array psi_tree_array(const psi_tree *leaf)
{
    if (!leaf || leaf->kind != PSI_LEAF)
        return PSI_INVALID("psi_tree_array: the tree is not a leaf");
    return leaf->array;
}

/* ---- walking ---- */

/* The node after `at` in order, parents before children, within `root`; NULL at the end. */
psi_tree *psi_tree_after(psi_tree *at, const psi_tree *root)
{
    if (at->count > 0)
        return at->children[0];
    for (; at != root; at = at->parent)
        if (at->place + 1 < at->parent->count)
            return at->parent->children[at->place + 1];
    return NULL;
}

static int count_leaves(const psi_tree *tree)
{
    int leaves = 0;
    for (psi_tree *at = (psi_tree *)tree; at; at = psi_tree_after(at, tree))
        leaves += at->kind == PSI_LEAF;
    return leaves;
}

psi_arrays psi_tree_flatten(const psi_tree *tree)
{
    psi_arrays none = {NULL, 0};
    if (!tree) {
        PSI_INVALID("psi_tree_flatten: the tree is NULL");
        return none;
    }
    int leaves = count_leaves(tree), filled = 0;
    psi_array *data = psi_scope_memory((size_t)leaves * sizeof *data);
    if (!data)
        return none;
    for (psi_tree *at = (psi_tree *)tree; at; at = psi_tree_after(at, tree))
        if (at->kind == PSI_LEAF) {
            data[filled] = psi_own(psi_retain(at->array));
            if (psi_is_error(data[filled++]))
                return none;
        }
    return (psi_arrays){data, leaves};
}

typedef psi_array (*leaf_fn)(psi_array leaf, void *context);

static psi_tree *twin(const psi_tree *of, leaf_fn fn, void *context)
{
    return of->kind == PSI_LEAF ? psi_tree_leaf(fn(of->array, context)) : tree_new(of->kind);
}

/* A copy whose leaves are fn(leaf). The copy's count of children tells how far each node has been walked. */
static psi_tree *copy_tree(const psi_tree *from, leaf_fn fn, void *context)
{
    psi_tree *root = twin(from, fn, context), *to = root;
    for (const psi_tree *at = from; to;) {
        if (to->count < at->count) {
            at = at->children[to->count];
            psi_tree *child = twin(at, fn, context);
            if (!child || !psi_tree_attach(to, at->key, at->key ? strlen(at->key) : 0, child)) {
                psi_tree_free(child);
                psi_tree_free(root);
                return NULL;
            }
            to = child;
        } else if (at != from) {
            at = at->parent;
            to = to->parent;
        } else {
            break;
        }
    }
    return root;
}

psi_tree *psi_tree_map(const psi_tree *tree, leaf_fn fn, void *context)
{
    if (tree && fn)
        return copy_tree(tree, fn, context);
    PSI_INVALID("psi_tree_map: the %s is NULL", tree ? "function" : "tree");
    return NULL;
}

static psi_array next_leaf(psi_array leaf, void *context)
{
    (void)leaf;
    return *(*(psi_array **)context)++;
}

psi_tree *psi_tree_unflatten(const psi_tree *structure, psi_arrays leaves)
{
    int wanted = structure ? count_leaves(structure) : -1;
    if (wanted == leaves.count)
        return copy_tree(structure, next_leaf, &leaves.data);
    if (structure)
        PSI_INVALID("psi_tree_unflatten: the tree has %d leaves and %d were given", wanted, leaves.count);
    else
        PSI_INVALID("psi_tree_unflatten: the tree is NULL");
    return NULL;
}
