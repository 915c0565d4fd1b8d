/* tree.h: nested lists and dictionaries with arrays at the leaves.
 * A tree owns its children and a reference to each of its arrays; dictionaries keep insertion order. */
#ifndef PSIONIC_TREE_H
#define PSIONIC_TREE_H

#include <psionic/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct psi_tree psi_tree;

typedef enum psi_tree_kind { PSI_LEAF, PSI_LIST, PSI_DICT } psi_tree_kind;

/* Constructors return NULL with an error when memory runs out or an argument is an error array. */
PSI_API psi_tree *psi_tree_leaf(psi_array a);
PSI_API psi_tree *psi_tree_list(void);
PSI_API psi_tree *psi_tree_dict(void);
/* Frees a whole tree; NULL, and a part of a larger tree, are left alone. Trees may be nested to any depth. */
PSI_API void psi_tree_free(psi_tree *tree);

/* Both take ownership of `child`, also when they fail; but a child that has a place already, or that contains the
 * tree, stays as it is. A repeated key is an error. */
PSI_API bool psi_tree_append(psi_tree *list, psi_tree *child);
PSI_API bool psi_tree_set(psi_tree *dict, const char *key, psi_tree *child);

/* What a tree is, and how many children it has; NULL is an empty list. */
PSI_API psi_tree_kind psi_tree_kind_of(const psi_tree *tree);
PSI_API int psi_tree_count(const psi_tree *tree);
/* A child's key (NULL in a list), and the child; borrowed. NULL with an index error when there is no such child. */
PSI_API const char *psi_tree_key(const psi_tree *dict, int index);
PSI_API const psi_tree *psi_tree_at(const psi_tree *tree, int index);
/* NULL, without an error, when the key is not there. */
PSI_API const psi_tree *psi_tree_get(const psi_tree *dict, const char *key);
/* A leaf's array, borrowed; an error for what is no leaf. */
PSI_API psi_array psi_tree_array(const psi_tree *leaf);

/* The leaves in order, owned by the innermost scope. */
PSI_API psi_arrays psi_tree_flatten(const psi_tree *tree);
/* A tree of the same structure with other leaves; NULL with an error when the counts differ. */
PSI_API psi_tree *psi_tree_unflatten(const psi_tree *structure, psi_arrays leaves);
/* A tree of the same structure whose leaves are fn(leaf); NULL with an error when fn fails. */
PSI_API psi_tree *psi_tree_map(const psi_tree *tree, psi_array (*fn)(psi_array leaf, void *context),
                               void *context);

/* Leaves named by dotted path ("layers.0.weight") as a flat dictionary, and back. Flatten refuses a single leaf, and
 * keys that are empty or hold a dot. Unflatten refuses an empty path, an empty component, a path that is both a leaf
 * and a branch, and list indices with gaps; a branch whose names are all indices is a list, also when it is empty. */
PSI_API psi_tree *psi_tree_flatten_paths(const psi_tree *tree);
PSI_API psi_tree *psi_tree_unflatten_paths(const psi_tree *flat);

#ifdef __cplusplus
}
#endif
#endif
