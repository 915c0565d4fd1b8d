/* registry.c: vjp rules by name, for the whole process.
 * Invariant: a name is in the list once; the list is only touched holding its lock. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <psionic/transforms.h>

#include "core/error.h"
#include "core/memory.h"

typedef struct entry {
    struct entry *next;
    psi_custom_vjp rule;
    void *context;
    char name[];
} entry;

/* What a node made with a registered rule keeps: the rule, and the function with its own context. */
typedef struct pairing {
    psi_function fn;
    void *fn_context;
    psi_custom_vjp rule;
    void *rule_context;
    atomic_int refs;
} pairing;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static entry *entries;

/* The link to the entry of that name, or to the end of the list. */
static entry **find(const char *name)
{
    entry **at = &entries;
    while (*at && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    return at;
}

bool psi_register_vjp(const char *name, psi_custom_vjp rule, void *context)
{
    if (!name || !*name || !rule) {
        PSI_INVALID("register_vjp: a name and a rule are wanted, not '%s' and %s", name ? name : "NULL",
                    rule ? "a rule" : "NULL");
        return false;
    }
    entry *e = psi_malloc(sizeof *e + strlen(name) + 1);
    if (!e)
        return false;
    *e = (entry){NULL, rule, context};
    strcpy(e->name, name);
    pthread_mutex_lock(&lock);
    entry **at = find(name);
    bool is_new = !*at;
    if (is_new)
        *at = e;
    pthread_mutex_unlock(&lock);
    if (!is_new) {
        psi_free(e);
        PSI_INVALID("register_vjp: there is a rule of the name '%s' already", name);
    }
    return is_new;
}

static bool missing(const char *what, const char *name)
{
    psi_fail(PSI_UNSUPPORTED_GRADIENT, PSI_VALUE_ERROR, "%s: no vjp rule of the name '%s' is registered",
             what, name ? name : "NULL");
    return false;
}

bool psi_unregister_vjp(const char *name)
{
    pthread_mutex_lock(&lock);
    entry **at = name ? find(name) : NULL, *e = at ? *at : NULL;
    if (e)
        *at = e->next;
    pthread_mutex_unlock(&lock);
    psi_free(e);
    return e || missing("unregister_vjp", name);
}

/* ---- applying ---- */

static void retain(void *context)
{
    atomic_fetch_add(&((pairing *)context)->refs, 1);
}

static void release(void *context)
{
    if (atomic_fetch_sub(&((pairing *)context)->refs, 1) == 1)
        psi_free(context);
}

static psi_arrays call_fn(psi_arrays inputs, void *context)
{
    const pairing *p = context;
    return p->fn(inputs, p->fn_context);
}

static psi_arrays call_rule(psi_arrays primals, psi_arrays cotangents, psi_arrays outputs, void *context)
{
    const pairing *p = context;
    return p->rule(primals, cotangents, outputs, p->rule_context);
}

psi_arrays psi_apply_registered(const char *name, psi_function fn, void *context, psi_arrays inputs)
{
    psi_arrays none = {NULL, 0};
    pairing *p = psi_calloc(1, sizeof *p);
    if (!p)
        return none;
    pthread_mutex_lock(&lock);
    const entry *e = name ? *find(name) : NULL;
    if (e)
        *p = (pairing){fn, context, e->rule, e->context, 1};
    pthread_mutex_unlock(&lock);
    if (!e || !fn) {
        psi_free(p);
        if (e)
            PSI_INVALID("apply_registered: the function is NULL");
        else
            missing("apply_registered", name);
        return none;
    }
    psi_custom custom = {.fn = call_fn, .vjp = call_rule, .context = p, .retain = retain, .release = release};
    psi_arrays outputs = psi_custom_function(&custom, inputs);
    release(p);
    return outputs;
}
