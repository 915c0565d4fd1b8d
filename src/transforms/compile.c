/* compile.c: the cache of traces that makes a function a compiled one.
 * Invariant: lists, references and counts of traces are touched under the graph lock only, and no user's code runs under
 * it but psi_compile_call's retain. A trace in use outlives its place in the cache. */
#include <psionic/compile.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/thread.h"
#include "ops/op.h"
#include "transforms/graph.h"
#include "transforms/trace.h"

typedef struct trace {
    struct trace *next; /* used less recently */
    int refs;
    uint64_t id, hash;
    int64_t *key;
    int key_count;
    psi_graph graph;
    psi_text_buffer recorded;
    void *attached;
    void (*release)(void *attached);
} trace;

struct psi_compiled {
    psi_compiled *next, **link; /* among all compiled functions */
    psi_function fn;
    void *context;
    bool shapeless;
    trace *traces; /* most recently used first */
    psi_compile_stats stats;
};

static psi_compiled *all;
static uint64_t last_id;
static int64_t cache_limit = 128;
static atomic_bool debug;

/* ---- modes ---- */

static atomic_int mode;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void read_environment(void)
{
    atomic_store(&mode, getenv("MLX_DISABLE_COMPILE") ? PSI_COMPILE_DISABLED : PSI_COMPILE_ENABLED);
}

psi_compile_mode psi_compile_mode_now(void)
{
    pthread_once(&once, read_environment);
    return (psi_compile_mode)atomic_load_explicit(&mode, memory_order_relaxed);
}

bool psi_set_compile_mode(psi_compile_mode to)
{
    pthread_once(&once, read_environment);
    if ((unsigned)to > PSI_COMPILE_ENABLED) {
        PSI_INVALID("set_compile_mode: %d is not a mode", (int)to);
        return false;
    }
    atomic_store(&mode, to);
    return true;
}

void psi_set_compile_debug(bool on)
{
    atomic_store(&debug, on);
}

/* ---- traces ---- */

static void trace_free(trace *t)
{
    psi_graph_free(&t->graph);
    psi_free(t->recorded.data);
    psi_free(t->key);
    if (t->attached && t->release)
        t->release(t->attached);
    psi_free(t);
}

/* Gives back references to a list of traces, without the lock. */
static void trace_drop(trace *list)
{
    while (list) {
        trace *next = list->next;
        psi_graph_lock();
        bool last = --list->refs == 0;
        psi_graph_unlock();
        if (last)
            trace_free(list);
        list = next;
    }
}

/* Takes all traces but the `keep` most recent out of the cache. Holding the lock. */
static trace *cut(psi_compiled *c, int64_t keep)
{
    trace **at = &c->traces;
    while (*at && keep-- > 0)
        at = &(*at)->next;
    trace *rest = *at;
    *at = NULL;
    for (trace *t = rest; t; t = t->next) {
        c->stats.size--;
        c->stats.invalidated++;
    }
    return rest;
}

/* What a trace is found by. */
typedef struct key {
    int64_t *data, few[128];
    int count;
    uint64_t hash;
} key;

static bool make_key(key *k, const psi_compiled *c, psi_arrays inputs, psi_ints extra)
{
    size_t room = 3 + (size_t)(extra.count > 0 ? extra.count : 0);
    for (int i = 0; i < inputs.count; i++)
        room += 2 + inputs.data[i]->ndim;
    k->data = room <= sizeof k->few / sizeof *k->few ? k->few : psi_scope_memory(room * sizeof *k->data);
    if (!k->data)
        return false;
    int n = 0;
    k->data[n++] = psi_compile_mode_now();
    k->data[n++] = psi_this_thread.stream.index;
    k->data[n++] = inputs.count;
    for (int i = 0; i < inputs.count; i++) {
        psi_array a = inputs.data[i];
        k->data[n++] = a->dtype;
        k->data[n++] = a->ndim;
        for (int d = 0; d < a->ndim && !c->shapeless; d++)
            k->data[n++] = a->shape[d];
    }
    for (int i = 0; i < extra.count; i++)
        k->data[n++] = extra.data[i];
    k->count = n;
    k->hash = 0;
    for (int i = 0; i < n; i++)
        k->hash = psi_mix(k->hash, (uint64_t)k->data[i]);
    return true;
}

/* The trace of a key, which becomes the most recently used; NULL when there is none. Holding the lock. */
static trace *find(psi_compiled *c, const key *k)
{
    for (trace **at = &c->traces; *at; at = &(*at)->next) {
        trace *t = *at;
        if (t->hash != k->hash || t->key_count != k->count ||
            memcmp(t->key, k->data, (size_t)k->count * sizeof *k->data))
            continue;
        *at = t->next;
        t->next = c->traces;
        return c->traces = t;
    }
    return NULL;
}

/* ---- tracing ---- */

static bool record(trace *t, const psi_compiled *c, const psi_compile_call *call, psi_arrays inputs)
{
    PSI_SCOPE;
    psi_arrays placeholders = psi_arrays_new(inputs.count), outputs;
    for (int i = 0; i < placeholders.count; i++)
        placeholders.data[i] = psi_tracer_new(psi_shape_of(inputs.data[i]), psi_dtype_of(inputs.data[i]));
    if (psi_failed())
        return false;
    psi_this_thread.shapeless = c->shapeless;
    psi_this_thread.differentiated = false;
    bool ok = psi_trace_call(call->fn, call->context, placeholders, &outputs) &&
              psi_graph_record(&t->graph, placeholders, outputs, inputs);
    psi_this_thread.shapeless = false; /* compiled functions inside one are called as they are */
    t->graph.differentiated = psi_this_thread.differentiated;
    psi_compile_mode how = psi_compile_mode_now();
    return ok && (!atomic_load(&debug) || psi_graph_write(&t->graph, (psi_graph_names){0}, &t->recorded)) &&
           (how == PSI_COMPILE_NO_SIMPLIFY || psi_graph_simplify(&t->graph)) &&
           (how == PSI_COMPILE_NO_FUSE || psi_graph_fuse(&t->graph, c->shapeless));
}

static trace *trace_new(const psi_compiled *c, const key *k, psi_compile_call *call, psi_arrays inputs)
{
    trace *t = psi_calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->refs = 1;
    t->hash = k->hash;
    t->key_count = k->count;
    t->key = psi_malloc((size_t)k->count * sizeof *t->key);
    bool ok = t->key && record(t, c, call, inputs);
    if (ok) {
        memcpy(t->key, k->data, (size_t)k->count * sizeof *t->key);
        t->release = call->release;
        t->attached = call->attached && call->retain ? call->retain(call->attached) : NULL;
        return t;
    }
    trace_free(t);
    return NULL;
}

/* Puts a new trace into the cache, unless another thread was faster. */
static void keep(psi_compiled *c, const key *k, trace *t)
{
    trace *rest = NULL;
    psi_graph_lock();
    c->stats.cold++;
    if (!find(c, k)) {
        t->id = ++last_id;
        t->refs++;
        t->next = c->traces;
        c->traces = t;
        c->stats.size++;
        rest = cut(c, cache_limit);
    }
    psi_graph_unlock();
    trace_drop(rest);
}

static psi_arrays failed(void)
{
    return (psi_arrays){NULL, 0};
}

/* Calls the function itself. */
static psi_arrays call_through(const psi_compile_call *call, psi_arrays inputs, int64_t *count)
{
    psi_graph_lock();
    ++*count;
    psi_graph_unlock();
    return call->fn(inputs, call->context);
}

static psi_arrays replay(const psi_compiled *c, const trace *t, psi_arrays inputs)
{
    return c->shapeless ? psi_graph_replay_shapeless(&t->graph, inputs) : psi_graph_replay(&t->graph, inputs);
}

psi_arrays psi_compiled_apply(psi_compiled *c, psi_arrays inputs, psi_compile_call *call)
{
    key k;
    if (!call->fn) {
        call->fn = c->fn;
        call->context = c->context;
    }
    if (!call->fn) {
        PSI_INVALID("compile: the function is NULL");
        return failed();
    }
    if (!psi_check_inputs(inputs, "compile"))
        return failed();
    if (psi_compile_mode_now() == PSI_COMPILE_DISABLED)
        return call_through(call, inputs, &c->stats.bypassed);
    if (psi_this_thread.tracing)
        return call_through(call, inputs, &c->stats.inlined);
    if (!make_key(&k, c, inputs, call->key))
        return failed();
    psi_graph_lock();
    trace *t = find(c, &k);
    if (t) {
        t->refs++;
        c->stats.warm++;
        call->attached = t->attached && call->retain ? call->retain(t->attached) : NULL;
    }
    psi_graph_unlock();
    if (!t) {
        t = trace_new(c, &k, call, inputs);
        if (!t)
            return failed();
        keep(c, &k, t);
    }
    psi_arrays out = replay(c, t, inputs);
    psi_graph_lock();
    bool last = --t->refs == 0;
    psi_graph_unlock();
    if (last)
        trace_free(t);
    return out;
}

psi_arrays psi_compiled_call(psi_arrays inputs, void *compiled)
{
    return psi_compiled_apply(compiled, inputs, &(psi_compile_call){.key = PSI_NONE});
}

/* ---- functions ---- */

psi_compiled *psi_compile(psi_function fn, void *context, int flags)
{
    if (!fn && psi_compile_mode_now() != PSI_COMPILE_DISABLED) {
        PSI_INVALID("compile: the function is NULL");
        return NULL;
    }
    if (flags & ~PSI_COMPILE_SHAPELESS) {
        PSI_INVALID("compile: flags are %d, of which only %d is known", flags, PSI_COMPILE_SHAPELESS);
        return NULL;
    }
    psi_compiled *c = psi_calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->fn = fn;
    c->context = context;
    c->shapeless = flags & PSI_COMPILE_SHAPELESS;
    psi_graph_lock();
    c->stats.id = ++last_id;
    c->next = all;
    c->link = &all;
    if (all)
        all->link = &c->next;
    all = c;
    psi_graph_unlock();
    return c;
}

void psi_compiled_free(psi_compiled *c)
{
    if (!c)
        return;
    psi_graph_lock();
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    trace *rest = cut(c, 0);
    psi_graph_unlock();
    trace_drop(rest);
    psi_free(c);
}

bool psi_set_compile_cache_limit(int64_t limit)
{
    if (limit < 1) {
        PSI_INVALID("set_compile_cache_limit: %lld is less than 1", (long long)limit);
        return false;
    }
    psi_graph_lock();
    cache_limit = limit;
    psi_graph_unlock();
    return true;
}

void psi_compiled_clear(psi_compiled *c)
{
    psi_graph_lock();
    trace *rest = cut(c, 0);
    psi_graph_unlock();
    trace_drop(rest);
}

void psi_compile_clear_cache(void)
{
    trace *rest = NULL;
    psi_graph_lock();
    for (psi_compiled *c = all; c; c = c->next) {
        trace *some = cut(c, 0), **end = &some;
        while (*end)
            end = &(*end)->next;
        *end = rest;
        rest = some;
    }
    psi_graph_unlock();
    trace_drop(rest);
}

psi_compile_stats psi_compiled_stats(const psi_compiled *c)
{
    psi_graph_lock();
    psi_compile_stats stats = c->stats;
    stats.limit = cache_limit;
    psi_graph_unlock();
    return stats;
}

void psi_compiled_each(const psi_compiled *c, void (*visit)(void *attached, void *argument), void *argument)
{
    psi_graph_lock();
    for (const trace *t = c->traces; t; t = t->next)
        if (t->attached)
            visit(t->attached, argument);
    psi_graph_unlock();
}

uint64_t psi_compiled_trace(psi_compiled *c, psi_arrays inputs)
{
    key k;
    if (!psi_check_inputs(inputs, "compile") || !make_key(&k, c, inputs, PSI_NONE))
        return 0;
    psi_graph_lock();
    const trace *t = find(c, &k);
    uint64_t id = t ? t->id : 0;
    psi_graph_unlock();
    return id;
}

size_t psi_compiled_text(psi_compiled *c, int64_t number, bool recorded, char *out, size_t room)
{
    psi_text_buffer text = {0};
    psi_graph_lock();
    trace *t = c->traces;
    while (t && number-- > 0)
        t = t->next;
    if (t)
        t->refs++;
    psi_graph_unlock();
    if (!t)
        return 0;
    if (!recorded)
        psi_graph_write(&t->graph, (psi_graph_names){0}, &text);
    size_t length = psi_text_give(recorded ? &t->recorded : &text, out, room);
    psi_free(text.data);
    psi_graph_lock();
    bool last = --t->refs == 0;
    psi_graph_unlock();
    if (last)
        trace_free(t);
    return length;
}
