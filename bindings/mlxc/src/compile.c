/* compile.c: compiled closures. mlx_detail_compile's caller gives the identity by which traces are found.
 * Invariant: an identity's traces are kept until it is erased, and as long as a closure uses them. */
#include "mlxc.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <mlx/c/compile.h>

/* The traces of one identity, or of one closure. */
typedef struct shared {
    struct shared *next;
    int refs;
    uintptr_t id;
    bool shapeless;
    psi_compiled *compiled;
} shared;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static shared *named; /* by identities; each with a reference */

typedef struct target {
    mlx_closure fun;
    shared *traces;
    size_t count;
    int64_t constants[];
} target;

static psi_arrays no_function(psi_arrays inputs, void *context)
{
    (void)inputs, (void)context;
    return (psi_arrays){NULL, 0};
}

static shared *shared_new(bool shapeless)
{
    shared *s = mlxc_alloc(1, sizeof *s);
    if (!s)
        return NULL;
    *s = (shared){.refs = 1, .shapeless = shapeless};
    s->compiled = psi_compile(no_function, NULL, shapeless ? PSI_COMPILE_SHAPELESS : 0);
    if (s->compiled)
        return s;
    free(s);
    return NULL;
}

static void shared_drop(shared *s)
{
    pthread_mutex_lock(&lock);
    bool last = s && --s->refs == 0;
    pthread_mutex_unlock(&lock);
    if (!last)
        return;
    psi_compiled_free(s->compiled);
    free(s);
}

/* The traces of an identity, with a reference for the caller. */
static shared *shared_of(uintptr_t id, bool shapeless)
{
    pthread_mutex_lock(&lock);
    shared *s = named;
    while (s && (s->id != id || s->shapeless != shapeless))
        s = s->next;
    if (!s) {
        s = shared_new(shapeless);
        if (s) {
            s->id = id;
            s->next = named;
            named = s;
        }
    }
    if (s)
        s->refs++;
    pthread_mutex_unlock(&lock);
    return s;
}

static void free_target(void *payload)
{
    target *t = payload;
    mlx_closure_free(t->fun);
    shared_drop(t->traces);
    free(t);
}

static int call_compiled(mlx_vector_array *res, const mlx_vector_array input, void *payload)
{
    mlxc_call call;
    target *t = payload;
    psi_compile_call how = {
        .fn = mlxc_call_closure, .context = &t->fun, .key = {t->constants, (int)t->count}};
    mlxc_begin(&call, "mlx_compile");
    psi_arrays at = mlxc_arrays_in(&call, "input", input), out = {NULL, 0};
    if (!psi_failed())
        out = psi_compiled_apply(t->traces->compiled, at, &how);
    return mlxc_give_arrays(&call, res, out) ? MLXC_TOLD : 0;
}

/* Gives a closure over the function and the traces, whose reference is taken. */
static int give(mlx_closure *res, mlx_closure fun, shared *traces, const uint64_t *constants, size_t count)
{
    target *t = traces ? mlxc_alloc(sizeof *t + count * sizeof *t->constants, 1) : NULL;
    if (!t) {
        shared_drop(traces);
        return mlxc_report();
    }
    t->fun = (mlx_closure){NULL};
    t->traces = traces;
    t->count = count;
    for (size_t i = 0; i < count; i++)
        t->constants[i] = (int64_t)constants[i];
    if (mlx_closure_set(&t->fun, fun)) {
        free_target(t);
        return 1;
    }
    mlx_closure made = mlx_closure_new_func_payload(call_compiled, t, free_target);
    int failed = made.ctx ? mlx_closure_set(res, made) : 1;
    mlx_closure_free(made);
    return failed;
}

int mlx_compile(mlx_closure *res, const mlx_closure fun, bool shapeless)
{
    if (!mlxc_given(res, "res") || !mlxc_box(fun.ctx, "mlx_closure"))
        return mlxc_report();
    return give(res, fun, shared_new(shapeless), NULL, 0);
}

int mlx_detail_compile(mlx_closure *res, const mlx_closure fun, uintptr_t fun_id, bool shapeless,
                       const uint64_t *constants, size_t constants_num)
{
    if (!mlxc_given(res, "res") || !mlxc_box(fun.ctx, "mlx_closure") ||
        (constants_num && !mlxc_given(constants, "constants")))
        return mlxc_report();
    if (constants_num > 1 << 24)
        return mlxc_done(MLXC_INVALID("mlx_detail_compile: %zu constants", constants_num));
    return give(res, fun, shared_of(fun_id, shapeless), constants, constants_num);
}

int mlx_detail_compile_erase(uintptr_t fun_id)
{
    shared *gone = NULL;
    pthread_mutex_lock(&lock);
    for (shared **at = &named; *at;) {
        shared *s = *at;
        if (s->id != fun_id) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        s->next = gone;
        gone = s;
    }
    pthread_mutex_unlock(&lock);
    while (gone) {
        shared *next = gone->next;
        psi_compiled_clear(gone->compiled);
        shared_drop(gone);
        gone = next;
    }
    return 0;
}

int mlx_detail_compile_clear_cache(void)
{
    psi_compile_clear_cache();
    return 0;
}

int mlx_disable_compile(void)
{
    return mlxc_done(psi_set_compile_mode(PSI_COMPILE_DISABLED));
}

int mlx_enable_compile(void)
{
    return mlxc_done(psi_set_compile_mode(PSI_COMPILE_ENABLED));
}

int mlx_set_compile_mode(mlx_compile_mode mode)
{
    return mlxc_done(psi_set_compile_mode((psi_compile_mode)mode));
}
