/* pool.c: the one thread pool.
 * Every running psi_parallel has a slot of its own, which workers enter and leave; the caller works too, closes the
 * slot when no index is left, and waits for it to empty. Callers never depend on a worker, so all make progress.
 * Invariant: a slot's job is written only by the caller that claimed it, while nobody can be inside. */
#include "core/pool.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <psionic/device.h>

#include "core/error.h"

#define THREADS_MAX 1024
#define SLOTS 64 /* jobs at once that workers help with; further callers work alone */
#define WORKER_SPIN_NS 200000
#define CALLER_SPIN_NS 50000

/* A slot's gate: how many workers are inside, and two flags. */
#define GATE_OPEN 0x80000000u
#define GATE_AWAITED 0x40000000u
#define GATE_INSIDE 0x3fffffffu

typedef struct slot {
    _Alignas(64) atomic_uint gate;
    int64_t count;
    void (*fn)(void *context, int64_t index);
    void *context;
    int cpu;                        /* of the caller when it opened the slot, or negative */
    _Alignas(64) atomic_llong next; /* on a line of its own: all who work on the job write it */
} slot;

static struct {
    slot slots[SLOTS];
    _Alignas(64) _Atomic uint64_t claimed; /* bit i: slots[i] belongs to a caller */
    _Alignas(64) atomic_uint news;         /* grows with every opened slot; what idle workers sleep on */
    atomic_uint sleepers;
    atomic_bool stop;
    atomic_bool started;
    atomic_int target;    /* threads wanted, caller included; 0 before it is known */
    atomic_bool spins;    /* there is a CPU for every thread, so that waiting may spin */
    pthread_mutex_t lock; /* of all below, and of starting and stopping */
    int workers;
    bool handlers;
    pthread_t threads[THREADS_MAX];
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local bool inside;

/* ---- waiting ---- */

static void futex_wait(atomic_uint *word, unsigned expected)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

static void futex_wake(atomic_uint *word, int count)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

static inline void pause_cpu(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Watches a word for a while; true once (word & mask) differs from `value`. */
static bool spin_while(atomic_uint *word, unsigned mask, unsigned value, int64_t ns)
{
    if (!atomic_load_explicit(&pool.spins, memory_order_relaxed))
        return false;
    for (int64_t end = now_ns() + ns; now_ns() < end;)
        for (int i = 0; i < 32; i++) {
            if ((atomic_load_explicit(word, memory_order_acquire) & mask) != value)
                return true;
            pause_cpu();
        }
    return false;
}

/* ---- working ---- */

static void take_indices(slot *s, int64_t count, void (*fn)(void *, int64_t), void *context)
{
    for (;;) {
        int64_t i = atomic_fetch_add_explicit(&s->next, 1, memory_order_relaxed);
        if (i >= count)
            return;
        fn(context, i);
    }
}

/* Where the caller's CPU was the only one idle a moment ago, the system may wake a worker right there, and lets the
 * two take turns for milliseconds before it moves one. The worker moves at once; its CPUs stay what they were. */
static void leave_cpu(int cpu)
{
    cpu_set_t all, others;
    if (cpu < 0 || cpu >= CPU_SETSIZE || sched_getcpu() != cpu || !atomic_load(&pool.spins) ||
        sched_getaffinity(0, sizeof all, &all) != 0)
        return;
    others = all;
    CPU_CLR(cpu, &others);
    if (CPU_COUNT(&others) > 0 && sched_setaffinity(0, sizeof others, &others) == 0)
        sched_setaffinity(0, sizeof all, &all);
}

/* Helps with a slot's job if it is open. Entering before looking keeps the job in place while we look. */
static void help(slot *s)
{
    unsigned gate = atomic_fetch_add_explicit(&s->gate, 1, memory_order_acquire);
    if (gate & GATE_OPEN) {
        leave_cpu(s->cpu);
        take_indices(s, s->count, s->fn, s->context);
        psi_scratch_end();
    }
    gate = atomic_fetch_sub_explicit(&s->gate, 1, memory_order_release);
    if ((gate & GATE_INSIDE) == 1 && (gate & GATE_AWAITED))
        futex_wake(&s->gate, INT_MAX);
}

static void *worker_main(void *unused)
{
    (void)unused;
    inside = true;
    while (!atomic_load(&pool.stop)) {
        unsigned news = atomic_load(&pool.news);
        uint64_t claimed = atomic_load(&pool.claimed);
        for (; claimed; claimed &= claimed - 1) {
            slot *s = &pool.slots[__builtin_ctzll(claimed)];
            if (atomic_load_explicit(&s->gate, memory_order_relaxed) & GATE_OPEN)
                help(s);
        }
        if (spin_while(&pool.news, UINT_MAX, news, WORKER_SPIN_NS))
            continue;
        atomic_fetch_add(&pool.sleepers, 1);
        futex_wait(&pool.news, news);
        atomic_fetch_sub(&pool.sleepers, 1);
    }
    return NULL;
}

/* ---- starting and stopping ---- */

static int affinity_cpus(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online < THREADS_MAX ? (int)online : THREADS_MAX;
}

/* PSIONIC_THREADS, or the number of CPUs; a bad value is reported by the call that finds it. */
static int wanted_threads(int cpus)
{
    const char *text = getenv("PSIONIC_THREADS");
    if (!text || !*text)
        return cpus;
    char *end;
    errno = 0;
    long threads = strtol(text, &end, 10);
    if (*end || errno || threads < 1 || threads > THREADS_MAX) {
        PSI_INVALID("PSIONIC_THREADS is \"%.64s\"; it must be a number from 1 to %d; using %d", text,
                    THREADS_MAX, cpus);
        return cpus;
    }
    return (int)threads;
}

static void set_target(int threads, int cpus)
{
    atomic_store(&pool.spins, threads <= cpus);
    atomic_store(&pool.target, threads);
}

int psi_thread_count(void)
{
    int target = atomic_load_explicit(&pool.target, memory_order_relaxed);
    if (__builtin_expect(target > 0, 1))
        return target;
    pthread_mutex_lock(&pool.lock);
    if (atomic_load(&pool.target) == 0) {
        int cpus = affinity_cpus();
        set_target(wanted_threads(cpus), cpus);
    }
    target = atomic_load(&pool.target);
    pthread_mutex_unlock(&pool.lock);
    return target;
}

int psi_pool_threads(void)
{
    return psi_thread_count();
}

/* Starts the workers; where the system refuses threads, those there are do the work. Signals are the program's. */
static __attribute__((cold, noinline)) void start_workers(void)
{
    pthread_mutex_lock(&pool.lock);
    int target = atomic_load(&pool.target);
    if (!atomic_load(&pool.started)) {
        if (!pool.handlers)
            pthread_atfork(NULL, NULL, psi_pool_after_fork);
        pool.handlers = true;
        atomic_store(&pool.stop, false);
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        while (pool.workers < target - 1 &&
               !pthread_create(&pool.threads[pool.workers], NULL, worker_main, NULL))
            pool.workers++;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        atomic_store(&pool.started, true);
    }
    pthread_mutex_unlock(&pool.lock);
}

/* With the lock held. Callers in the middle of a job go on alone. */
static void stop_workers(void)
{
    atomic_store(&pool.stop, true);
    atomic_fetch_add(&pool.news, 1);
    futex_wake(&pool.news, INT_MAX);
    while (pool.workers > 0)
        pthread_join(pool.threads[--pool.workers], NULL);
    atomic_store(&pool.started, false);
}

bool psi_set_thread_count(int threads)
{
    if (threads < 1 || threads > THREADS_MAX) {
        PSI_INVALID("psi_set_thread_count: %d threads; it must be from 1 to %d", threads, THREADS_MAX);
        return false;
    }
    if (inside) {
        PSI_INVALID("psi_set_thread_count: called from inside parallel work");
        return false;
    }
    pthread_mutex_lock(&pool.lock);
    if (threads != atomic_load(&pool.target)) {
        stop_workers();
        set_target(threads, affinity_cpus());
    }
    pthread_mutex_unlock(&pool.lock);
    return true;
}

void psi_pool_after_fork(void)
{
    for (int i = 0; i < SLOTS; i++)
        atomic_store(&pool.slots[i].gate, 0);
    atomic_store(&pool.claimed, 0);
    atomic_store(&pool.sleepers, 0);
    atomic_store(&pool.started, false);
    pool.workers = 0;
    pthread_mutex_init(&pool.lock, NULL);
}

/* The library may be unloaded: no worker may still run its code then. */
static __attribute__((destructor)) void shut_down(void)
{
    if (inside)
        return;
    pthread_mutex_lock(&pool.lock);
    stop_workers();
    atomic_store(&pool.target, 1);
    pthread_mutex_unlock(&pool.lock);
}

/* ---- psi_parallel ---- */

static slot *claim_slot(void)
{
    uint64_t claimed = atomic_load(&pool.claimed);
    while (~claimed) {
        int i = __builtin_ctzll(~claimed);
        if (atomic_compare_exchange_weak(&pool.claimed, &claimed, claimed | UINT64_C(1) << i))
            return &pool.slots[i];
    }
    return NULL;
}

/* Waits for the workers still inside a closed slot. */
static void await_empty(slot *s)
{
    for (;;) {
        unsigned gate = atomic_load_explicit(&s->gate, memory_order_acquire);
        if ((gate & GATE_INSIDE) == 0)
            break;
        if (spin_while(&s->gate, UINT_MAX, gate, CALLER_SPIN_NS))
            continue;
        gate = atomic_fetch_or_explicit(&s->gate, GATE_AWAITED, memory_order_acquire) | GATE_AWAITED;
        if (gate & GATE_INSIDE)
            futex_wait(&s->gate, gate);
    }
    atomic_fetch_and_explicit(&s->gate, ~GATE_AWAITED, memory_order_relaxed);
}

static void run_inline(int64_t count, void (*fn)(void *context, int64_t index), void *context)
{
    for (int64_t i = 0; i < count; i++)
        fn(context, i);
}

void psi_parallel(int64_t count, void (*fn)(void *context, int64_t index), void *context)
{
    int target;
    if (count <= 1 || inside || (target = psi_thread_count()) == 1) {
        run_inline(count, fn, context);
        return;
    }
    if (__builtin_expect(!atomic_load_explicit(&pool.started, memory_order_acquire), 0))
        start_workers();
    slot *s = claim_slot();
    if (!s) {
        run_inline(count, fn, context);
        return;
    }
    s->count = count;
    s->fn = fn;
    s->context = context;
    s->cpu = sched_getcpu();
    atomic_store_explicit(&s->next, 0, memory_order_relaxed);
    atomic_fetch_or_explicit(&s->gate, GATE_OPEN, memory_order_release);
    atomic_fetch_add(&pool.news, 1);
    if (atomic_load(&pool.sleepers) > 0)
        futex_wake(&pool.news, count - 1 < target ? (int)(count - 1) : target);
    inside = true;
    take_indices(s, count, fn, context);
    inside = false;
    atomic_fetch_and_explicit(&s->gate, ~GATE_OPEN, memory_order_relaxed);
    await_empty(s);
    atomic_fetch_and(&pool.claimed, ~(UINT64_C(1) << (s - pool.slots)));
}
