/* tree.h: a tree's node, for the files that walk and change trees.
 * Invariant: as in tree.c. */
#ifndef PSI_CORE_TREE_H
#define PSI_CORE_TREE_H

#include <psionic/tree.h>

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

/* The node after `at` in depth-first order below `root`, parents first; NULL at the end. */
psi_tree *psi_tree_after(psi_tree *at, const psi_tree *root);

/* A dictionary's item of that key, or NULL. */
psi_tree *psi_tree_find(const psi_tree *dict, const char *key, size_t length);

/* Adds a child, whose ownership passes on success, under a copy of its key (of a dictionary). */
bool psi_tree_attach(psi_tree *tree, const char *key, size_t length, psi_tree *child);

/* Frees the keys of a dictionary's children. */
void psi_tree_drop_keys(psi_tree *tree);

#endif
