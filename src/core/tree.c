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

#define INDEX_FROM 16 /* dictionaries of fewer items are searched one by one */

struct psi_tree {
    psi_tree_kind kind;
    int count, capacity;
    int place; /* among the parent's children */
    psi_tree *parent;
    psi_tree **children;
    char *key;      /* in the parent, when that is a dictionary */
    uint32_t hash;  /* of key */
    int32_t *index; /* open addressing by hash: child's place + 1, or 0; NULL while small */
    int index_size; /* power of two */
    psi_array array;
};

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

static void drop_keys(psi_tree *tree)
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

static psi_tree *find(const psi_tree *dict, const char *key, size_t length)
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
static bool attach(psi_tree *tree, const char *key, size_t length, psi_tree *child)
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
    else if (kind == PSI_DICT && find(tree, key, strlen(key)))
        PSI_INVALID("%s: the key \"%.200s\" is there already", op, key);
    else
        ok = attach(tree, key, key ? strlen(key) : 0, child);
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
    return dict && key && dict->kind == PSI_DICT ? find(dict, key, strlen(key)) : NULL;
}

psi_array psi_tree_array(const psi_tree *leaf)
{
    if (!leaf || leaf->kind != PSI_LEAF)
        return PSI_INVALID("psi_tree_array: the tree is not a leaf");
    return leaf->array;
}

/* ---- walking ---- */

/* The node after `at` in order, parents before children, within `root`; NULL at the end. */
static psi_tree *after(psi_tree *at, const psi_tree *root)
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
    for (psi_tree *at = (psi_tree *)tree; at; at = after(at, tree))
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
    for (psi_tree *at = (psi_tree *)tree; at; at = after(at, tree))
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
            if (!child || !attach(to, at->key, at->key ? strlen(at->key) : 0, child)) {
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

/* ---- paths ---- */

/* A node's name in its parent: its key, or its place written into `digits`. */
static const char *component(const psi_tree *at, char digits[12])
{
    if (at->key)
        return at->key;
    snprintf(digits, 12, "%d", at->place);
    return digits;
}

/* The dotted path from `root` down to a node below it, to be freed; NULL with the error recorded. */
static char *path_of(const psi_tree *node, const psi_tree *root)
{
    char digits[12];
    size_t length = 0;
    for (const psi_tree *at = node; at != root; at = at->parent) {
        const char *name = component(at, digits);
        if (!*name || strchr(name, '.')) {
            PSI_INVALID("psi_tree_flatten_paths: the key \"%.200s\" cannot be part of a dotted path", name);
            return NULL;
        }
        length += strlen(name) + 1;
    }
    char *path = psi_malloc(length);
    if (!path)
        return NULL;
    char *end = path + length;
    for (const psi_tree *at = node; at != root; at = at->parent) {
        const char *name = component(at, digits);
        size_t bytes = strlen(name);
        *--end = at == node ? 0 : '.';
        end -= bytes;
        memcpy(end, name, bytes);
    }
    return path;
}

psi_tree *psi_tree_flatten_paths(const psi_tree *tree)
{
    if (!tree || tree->kind == PSI_LEAF) {
        PSI_INVALID("psi_tree_flatten_paths: %s", tree ? "a single leaf has no path" : "the tree is NULL");
        return NULL;
    }
    psi_tree *flat = psi_tree_dict();
    for (psi_tree *at = (psi_tree *)tree; at && flat; at = after(at, tree)) {
        if (at->kind != PSI_LEAF)
            continue;
        char *path = path_of(at, tree);
        psi_tree *leaf = path ? psi_tree_leaf(at->array) : NULL;
        if (!leaf || !psi_tree_set(flat, path, leaf)) {
            psi_tree_free(flat);
            flat = NULL;
        }
        psi_free(path);
    }
    return flat;
}

/* Puts a leaf at a dotted path, making dictionaries on the way. */
static bool set_path(psi_tree *root, const char *path, psi_array array)
{
    psi_tree *at = root;
    const char *name = path;
    for (;;) {
        size_t length = strcspn(name, ".");
        bool last = name[length] == 0;
        if (length == 0) {
            PSI_INVALID("psi_tree_unflatten_paths: the path \"%.200s\" is empty or has an empty component",
                        path);
            return false;
        }
        psi_tree *next = find(at, name, length);
        if (next && (last || next->kind == PSI_LEAF)) {
            PSI_INVALID(
                "psi_tree_unflatten_paths: \"%.*s\" of the path \"%.200s\" is both a leaf and a branch",
                (int)(length < 100 ? length : 100), name, path);
            return false;
        }
        if (!next) {
            next = last ? psi_tree_leaf(array) : psi_tree_dict();
            if (!next || !attach(at, name, length, next)) {
                psi_tree_free(next);
                return false;
            }
        }
        if (last)
            return true;
        at = next;
        name += length + 1;
    }
}

/* The number a key spells in the usual way, INT_MAX when it is longer than any list, -1 when it spells none. */
static int index_of_key(const char *key)
{
    size_t length = strspn(key, "0123456789");
    if (length == 0 || key[length] || (key[0] == '0' && length > 1))
        return -1;
    if (length > 9)
        return INT_MAX;
    int value = 0;
    for (; *key; key++)
        value = 10 * value + (*key - '0');
    return value;
}

/* Turns a dictionary whose keys are all numbers into a list; gaps are an error. An empty one counts as a list. */
static bool make_list(psi_tree *dict)
{
    for (int i = 0; i < dict->count; i++)
        if (index_of_key(dict->children[i]->key) < 0)
            return true;
    for (int i = 0; i < dict->count; i++)
        if (index_of_key(dict->children[i]->key) >= dict->count) {
            PSI_INVALID(
                "psi_tree_unflatten_paths: index %.32s of the list \"%.200s\" leaves a gap: it has %d items",
                dict->children[i]->key, dict->key ? dict->key : "", dict->count);
            return false;
        }
    for (int i = 0; i < dict->count; i++)
        dict->children[i]->place = index_of_key(dict->children[i]->key);
    drop_keys(dict);
    for (int i = 0; i < dict->count; i++)
        while (dict->children[i]->place != i) {
            psi_tree *child = dict->children[i];
            dict->children[i] = dict->children[child->place];
            dict->children[child->place] = child;
        }
    dict->kind = PSI_LIST;
    return true;
}

psi_tree *psi_tree_unflatten_paths(const psi_tree *flat)
{
    if (!flat || flat->kind != PSI_DICT) {
        PSI_INVALID("psi_tree_unflatten_paths: the tree is not a dictionary");
        return NULL;
    }
    psi_tree *root = psi_tree_dict();
    bool ok = root != NULL;
    for (int i = 0; i < flat->count && ok; i++) {
        const psi_tree *leaf = flat->children[i];
        ok = leaf->kind == PSI_LEAF;
        if (ok)
            ok = set_path(root, leaf->key, leaf->array);
        else
            PSI_INVALID("psi_tree_unflatten_paths: the item \"%.200s\" is not a leaf", leaf->key);
    }
    for (psi_tree *at = root; at && ok; at = after(at, root))
        if (at->kind == PSI_DICT)
            ok = make_list(at);
    if (ok)
        return root;
    psi_tree_free(root);
    return NULL;
}
