/* eval.c: running plans, and waiting for arrays.
 * Invariant: a node leaves PSI_SCHEDULED exactly once per plan: to PSI_READY with values, to PSI_BROKEN with its
 * failure, or, for a fused inner node without values, back to PSI_PENDING. Inputs stay attached unless it is ready. */
#include <pthread.h>

#include "core/pool.h"
#include "core/thread.h"
#include "eval/fault.h"
#include "eval/plan.h"
#include "eval/program.h"
#include "eval/small.h"
#include "ops/op.h"

static pthread_mutex_t done_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;
static atomic_int waiters;
static atomic_int in_flight; /* batches queued and not yet done */

#define MOST_IN_FLIGHT 12 /* before who starts more has to wait */

/* What is reported when not even an error record could be allocated. */
static psi_error_record no_memory = {PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR, "out of memory during evaluation"};

static void before_fork(void)
{
    psi_graph_lock(); /* so that the child finds no plan half made */
}

static void in_child(void)
{
    pthread_mutex_init(&done_lock, NULL);
    pthread_cond_init(&done, NULL);
    atomic_store(&waiters, 0);
    atomic_store(&in_flight, 0);
    psi_plans_after_fork();
    psi_streams_after_fork();
    psi_pool_after_fork();
}

static __attribute__((constructor)) void watch_forks(void)
{
    pthread_atfork(before_fork, psi_graph_unlock, in_child);
}

static psi_error_record forked = {
    PSI_INVALID_ARGUMENT, PSI_RUNTIME_ERROR,
    "eval: the array was being computed in the parent process when this one was forked"};

static int state_of(const psi_node *node)
{
    return atomic_load_explicit(&node->state, memory_order_acquire);
}

static void tell_waiters(void)
{
    if (atomic_load(&waiters)) {
        pthread_mutex_lock(&done_lock);
        pthread_cond_broadcast(&done);
        pthread_mutex_unlock(&done_lock);
    }
}

static void set_state(psi_node *node, psi_state state)
{
    atomic_store(&node->state, state);
    tell_waiters();
}

static void wait_while_scheduled(const psi_node *node)
{
    if (state_of(node) != PSI_SCHEDULED)
        return;
    atomic_fetch_add(&waiters, 1);
    pthread_mutex_lock(&done_lock);
    while (atomic_load(&node->state) == PSI_SCHEDULED)
        pthread_cond_wait(&done, &done_lock);
    pthread_mutex_unlock(&done_lock);
    atomic_fetch_sub(&waiters, 1);
}

/* A loop that only starts work would run ahead of it, and hold the inputs of all that is to come. */
static void wait_for_room(void)
{
    if (atomic_load(&in_flight) < MOST_IN_FLIGHT)
        return;
    atomic_fetch_add(&waiters, 1);
    pthread_mutex_lock(&done_lock);
    while (atomic_load(&in_flight) >= MOST_IN_FLIGHT)
        pthread_cond_wait(&done, &done_lock);
    pthread_mutex_unlock(&done_lock);
    atomic_fetch_sub(&waiters, 1);
}

static void leave_flight(void)
{
    atomic_fetch_sub(&in_flight, 1);
    tell_waiters();
}

static void break_node(psi_node *node, const psi_error_record *why)
{
    psi_error_record *copy = psi_malloc(sizeof *copy);
    if (copy)
        *copy = *why;
    else
        psi_error(NULL);
    node->failure = copy;
    set_state(node, PSI_BROKEN);
}

static void break_step(const psi_step *step, const psi_error_record *why)
{
    for (int k = 0; k < step->count; k++)
        break_node(step->nodes[k], why);
    psi_step_release(step);
}

/* Waits for inputs that other streams compute; false with the record when one of them failed. */
static bool inputs_ready(const psi_step *step, psi_error_record *why)
{
    for (int k = 0; k < step->count; k++)
        for (int i = 0; i < step->nodes[k]->in_count; i++) {
            psi_node *from = psi_node_of(psi_source_of(step->nodes[k]->in[i]));
            bool member = false;
            if (state_of(from) == PSI_READY)
                continue;
            for (int m = k; m-- > 0 && !member;)
                member = step->nodes[m] == from;
            if (member)
                continue;
            wait_while_scheduled(from);
            if (state_of(from) != PSI_READY) {
                *why = from->failure ? *from->failure : no_memory;
                return false;
            }
        }
    return true;
}

static bool compute(psi_arena *arena, const psi_step *step)
{
    psi_node *node = step->nodes[0];
    if (step->count > 1 || psi_is_fusable(node->op))
        return psi_program_run(arena, step->nodes, step->stored, step->count);
    psi_node_fn kernel = psi_backend_cpu()->node(node->op);
    if (!kernel) {
        PSI_UNSUPPORTED("%s: the CPU backend has no kernel for it", psi_ops[node->op].name);
        return false;
    }
    return kernel(node);
}

/* Drops what a failed kernel left, so that the nodes can be tried again. */
static void undo_outputs(const psi_step *step)
{
    for (int k = 0; k < step->count; k++)
        for (int i = 0; i < step->nodes[k]->out_count; i++) {
            psi_array out = &step->nodes[k]->out[i];
            if (out->buffer)
                psi_buffer_release(out->buffer);
            out->buffer = NULL;
        }
}

bool psi_step_run(psi_arena *arena, const psi_step *step)
{
    bool ok = compute(arena, step);
    psi_scratch_end();
    if (!ok)
        undo_outputs(step);
    return ok;
}

static void run_step(psi_arena *arena, const psi_step *step)
{
    psi_error_record why;
    psi_node *sink = step->nodes[step->count - 1];
    bool ready = inputs_ready(step, &why);
    if (ready && !psi_step_run(arena, step)) {
        psi_error(&why);
        ready = false;
    }
    if (!ready) {
        break_step(step, &why);
        return;
    }
    psi_fault_after(step->nodes, step->count);
    /* Users first: detaching the sink may free the inner nodes. A stored inner node is held from outside. */
    for (int k = 0; k + 1 < step->count; k++)
        set_state(step->nodes[k], step->stored[k] ? PSI_READY : PSI_PENDING);
    for (int k = 0; k + 1 < step->count; k++)
        if (step->stored[k] && !step->nodes[k]->tracer)
            psi_node_detach(step->nodes[k]);
    psi_step_release(step);
    if (!sink->tracer)
        psi_node_detach(sink);
    set_state(sink, PSI_READY);
}

static void run_batch(psi_work *work)
{
    psi_batch *batch = (psi_batch *)work;
    _Alignas(16) char first[4096];
    psi_arena scratch;
    psi_arena_open(&scratch, first, sizeof first);
    bool failed_before = psi_this_thread.failed;
    psi_error_record before;
    if (failed_before)
        psi_error(&before);
    for (int i = 0; i < batch->count; i++) {
        run_step(&scratch, &batch->steps[i]);
        atomic_store_explicit(&batch->done, i + 1, memory_order_relaxed);
        psi_arena_reset(&scratch);
    }
    psi_arena_free(&scratch);
    if (failed_before)
        psi_error_raise(&before);
    psi_plan_drop(batch->plan);
    leave_flight();
}

/* Marks all nodes of a batch that could not be queued. */
static void break_batch(psi_batch *batch)
{
    psi_error_record why;
    psi_error(&why);
    for (int i = 0; i < batch->count; i++)
        break_step(&batch->steps[i], &why);
    psi_plan_drop(batch->plan);
    leave_flight();
}

/* False where this call is the first and finds a bad PSIONIC_FAULT or PSIONIC_THREADS; the next goes on without. */
static bool read_environment(void)
{
    bool failed = psi_failed();
    psi_fault_start();
    psi_pool_threads();
    return failed || !psi_failed();
}

/* Plans and starts the work. One stream's work runs on this thread when it is about to wait anyway. */
static bool start(psi_arrays arrays, bool will_wait)
{
    bool needed = false, failed_before = psi_this_thread.failed;
    if (!psi_check_inputs(arrays, "eval"))
        return false;
    for (int i = 0; i < arrays.count && !needed; i++)
        needed = !(will_wait ? psi_eval_small(arrays.data[i]) : psi_is_available(arrays.data[i]));
    if (!needed || psi_this_thread.failed != failed_before)
        return !needed;
    if (!read_environment())
        return false;
    psi_graph_lock();
    psi_plan *plan = psi_plan_new(arrays);
    if (!plan) {
        psi_graph_unlock();
        return !psi_failed();
    }
    /* Queued under the graph lock, so that two plans never stand in opposite orders on two streams. */
    psi_batch *mine = NULL;
    bool here = will_wait && !plan->batches->next;
    for (psi_batch *b = plan->batches; b; b = b->next)
        atomic_fetch_add(&plan->holders, 1);
    for (psi_batch *b = plan->batches; b; b = b->next) {
        b->work.run = run_batch;
        atomic_fetch_add(&in_flight, 1);
        psi_put put = psi_stream_put(b->stream, &b->work, here);
        if (put == PSI_PUT_YOURS)
            mine = b;
        else if (put == PSI_PUT_FAILED)
            break_batch(b);
    }
    psi_graph_unlock();
    if (mine) {
        psi_stream stream = mine->stream;
        run_batch(&mine->work);
        psi_stream_leave(stream);
    }
    psi_plan_drop(plan);
    return true;
}

/* Reports a node's failure to this thread once, and lets it be tried again. */
static bool finish(psi_node *node)
{
    wait_while_scheduled(node);
    if (state_of(node) != PSI_BROKEN)
        return true;
    psi_graph_lock();
    if (state_of(node) == PSI_BROKEN) {
        psi_error_raise(node->lost ? &forked : node->failure ? node->failure : &no_memory);
        psi_free(node->failure);
        node->failure = NULL;
        if (!node->lost)
            atomic_store(&node->state, PSI_PENDING);
    }
    psi_graph_unlock();
    return false;
}

bool psi_async_eval(psi_arrays arrays)
{
    for (int i = 0; i < arrays.count && psi_this_thread.tracing; i++)
        if (arrays.data[i] && psi_node_of(arrays.data[i])->tracer) {
            PSI_INVALID("async_eval: not allowed inside a transform, on an array that depends on its inputs");
            return false;
        }
    wait_for_room();
    return start(arrays, false);
}

bool psi_eval(psi_arrays arrays)
{
    /* An earlier asynchronous failure is reported before anything is tried again. */
    if (!psi_check_inputs(arrays, "eval"))
        return false;
    bool ok = true;
    for (int i = 0; i < arrays.count; i++)
        if (state_of(psi_node_of(arrays.data[i])) == PSI_BROKEN)
            ok &= finish(psi_node_of(arrays.data[i]));
    if (!ok || !start(arrays, true))
        return false;
    for (int i = 0; i < arrays.count; i++)
        ok &= finish(psi_node_of(arrays.data[i]));
    return ok;
}

bool psi_eval1(psi_array a)
{
    return psi_eval((psi_arrays){&a, 1});
}

bool psi_wait(psi_array a)
{
    return psi_eval1(a);
}

bool psi_is_available(psi_array a)
{
    return !psi_is_error(a) && state_of(psi_node_of(a)) == PSI_READY;
}
