/* scope.c: scopes, references, and the iterative release of graphs.
 * Invariant: a scope holds one reference to each of its items; releasing a graph never recurses. */
#include <string.h>

#include "core/node.h"
#include "core/thread.h"

/* Blocks of scope memory are chained, newest first, and freed with the scope. */
typedef struct block {
    struct block *next;
    _Alignas(16) char bytes[];
} block;

void psi_scope_open(psi_scope *scope)
{
    scope->up = psi_this_thread.scope;
    scope->items = scope->few;
    scope->count = 0;
    scope->capacity = PSI_SCOPE_INLINE;
    scope->memory = NULL;
    psi_this_thread.scope = scope;
}

void psi_scope_close(psi_scope *scope)
{
    psi_this_thread.scope = scope->up;
    for (int i = scope->count; i-- > 0;)
        psi_release(scope->items[i]);
    if (scope->items != scope->few)
        psi_free(scope->items);
    for (block *b = scope->memory; b;) {
        block *next = b->next;
        psi_free(b);
        b = next;
    }
}

static bool grow(psi_scope *scope)
{
    size_t bytes = 2 * (size_t)scope->capacity * sizeof *scope->items;
    psi_array *items = scope->items == scope->few ? psi_malloc(bytes) : psi_realloc(scope->items, bytes);
    if (!items)
        return false;
    if (scope->items == scope->few)
        memcpy(items, scope->few, sizeof scope->few);
    scope->items = items;
    scope->capacity *= 2;
    return true;
}

static psi_array give(psi_scope *scope, psi_array a)
{
    if (psi_is_error(a))
        return a;
    if (!scope) {
        psi_release(a);
        return PSI_INVALID("no scope is open on this thread: open one with PSI_SCOPE before building arrays");
    }
    if (scope->count == scope->capacity && !grow(scope)) {
        psi_release(a);
        return psi_error_array();
    }
    return scope->items[scope->count++] = a;
}

psi_array psi_own(psi_array a)
{
    return give(psi_this_thread.scope, a);
}

psi_array psi_promote(psi_array a)
{
    psi_scope *scope = psi_this_thread.scope;
    if (!scope || !scope->up)
        return PSI_INVALID("psi_promote: there is no scope around the innermost one");
    return give(scope->up, psi_retain(a));
}

void *psi_scope_memory(size_t bytes)
{
    psi_scope *scope = psi_this_thread.scope;
    if (!scope) {
        PSI_INVALID("no scope is open on this thread: open one with PSI_SCOPE before building arrays");
        return NULL;
    }
    block *b = psi_malloc(sizeof *b + bytes);
    if (!b)
        return NULL;
    b->next = scope->memory;
    scope->memory = b;
    return b->bytes;
}

psi_array psi_retain(psi_array a)
{
    if (a && !psi_is_error(a))
        atomic_fetch_add_explicit(&psi_node_of(a)->refs, 1, memory_order_relaxed);
    return a;
}

static void free_data(psi_node *node)
{
    if (node->data_free)
        node->data_free(node->data);
    node->data_free = NULL;
    node->data = NULL;
}

/* Drops one reference; a node that dies joins the list, linked through its `in` slot's owner field `data`. */
static void drop(psi_array a, psi_node **dead)
{
    psi_node *node = psi_node_of(a);
    if (atomic_fetch_sub_explicit(&node->refs, 1, memory_order_acq_rel) != 1)
        return;
    free_data(node);
    node->data = *dead;
    *dead = node;
}

void psi_release(psi_array a)
{
    if (!a || psi_is_error(a))
        return;
    psi_node *dead = NULL;
    drop(a, &dead);
    while (dead) {
        psi_node *node = dead;
        bool nested = node->nested;
        dead = node->data;
        for (int i = 0; i < node->in_count; i++)
            drop(node->in[i], &dead);
        psi_free(node->failure);
        for (int i = node->out_count; i-- > 0;)
            if (node->out[i].buffer)
                psi_buffer_release(node->out[i].buffer);
        if (!nested)
            psi_free(node);
    }
}

void psi_node_detach(psi_node *node)
{
    int count = node->in_count;
    node->in_count = 0;
    free_data(node);
    for (int i = 0; i < count; i++)
        psi_release(node->in[i]);
}
