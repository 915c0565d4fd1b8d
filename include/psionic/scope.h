/* scope.h: who owns what. A builder's result belongs to the thread's innermost open scope and is released
 * when that scope closes; psi_retain keeps it beyond. Building outside a scope is an error.
 *
 *     psi_array loss(psi_array x) {
 *         PSI_SCOPE;
 *         return psi_promote(psi_sum(psi_square(x), PSI_NONE, false));
 *     }
 */
#ifndef PSIONIC_SCOPE_H
#define PSIONIC_SCOPE_H

#include <psionic/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PSI_SCOPE_INLINE 24

/* A scope lives on the C stack; its fields are private. Scopes of a thread close in reverse order. */
typedef struct psi_scope {
    struct psi_scope *up;
    psi_array *items;
    int count, capacity;
    void *memory;
    psi_array few[PSI_SCOPE_INLINE];
} psi_scope;

/* Opens a scope inside the thread's innermost one; closes it, and releases what it holds. */
PSI_API void psi_scope_open(psi_scope *scope);
PSI_API void psi_scope_close(psi_scope *scope);

/* Opens a scope that closes when the enclosing C block ends. */
#define PSI_SCOPE                                                        \
    __attribute__((cleanup(psi_scope_close))) psi_scope psi_scope_here_; \
    psi_scope_open(&psi_scope_here_)

/* Adds a reference, to be given back by psi_release. NULL is passed through. */
PSI_API psi_array psi_retain(psi_array a);
PSI_API void psi_release(psi_array a);

/* Hands an array to the scope around the innermost one, so that it outlives the innermost; returns it. An error where no
 * scope is around. */
PSI_API psi_array psi_promote(psi_array a);

/* Gives one reference that the caller owns to the innermost scope; returns the array. */
PSI_API psi_array psi_own(psi_array a);

#ifdef __cplusplus
}
#endif
#endif
