/* tree_paths.c: trees as flat dictionaries of dotted paths, and back.
 * Invariant: a path names one leaf; what a flat dictionary spells twice or leaves out of a list is refused. */
#include "core/tree.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"

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
    for (psi_tree *at = (psi_tree *)tree; at && flat; at = psi_tree_after(at, tree)) {
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
        psi_tree *next = psi_tree_find(at, name, length);
        if (next && (last || next->kind == PSI_LEAF)) {
            PSI_INVALID(
                "psi_tree_unflatten_paths: \"%.*s\" of the path \"%.200s\" is both a leaf and a branch",
                (int)(length < 100 ? length : 100), name, path);
            return false;
        }
        if (!next) {
            next = last ? psi_tree_leaf(array) : psi_tree_dict();
            if (!next || !psi_tree_attach(at, name, length, next)) {
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
    psi_tree_drop_keys(dict);
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
    for (psi_tree *at = root; at && ok; at = psi_tree_after(at, root))
        if (at->kind == PSI_DICT)
            ok = make_list(at);
    if (ok)
        return root;
    psi_tree_free(root);
    return NULL;
}
