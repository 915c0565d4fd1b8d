/* stream.c: the registry of streams, their ordering threads, and the thread's defaults. */
#include "eval/stream.h"

#include <pthread.h>
#include <stdatomic.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/thread.h"

enum { MAX_STREAMS = 1024 };

typedef struct line {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    bool started, busy;
    psi_work *first, **last;
} line;

/* Lines are written with the registry's lock held, once each but for forks, and read without. */
static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(line *) lines[MAX_STREAMS];
static int line_count = 1; /* stream 0 is there from the start */

static line *line_new(void)
{
    line *l = psi_calloc(1, sizeof *l);
    if (!l)
        return NULL;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    l->last = &l->first;
    return l;
}

/* The line of a stream, made on first use. NULL with an error. */
static line *line_of(psi_stream stream)
{
    line *l = NULL;
    if (stream.index >= 0 && stream.index < MAX_STREAMS && stream.device.type == PSI_CPU)
        l = atomic_load_explicit(&lines[stream.index], memory_order_acquire);
    if (l)
        return l;
    pthread_mutex_lock(&registry_lock);
    if (stream.index >= 0 && stream.index < line_count && stream.device.type == PSI_CPU) {
        l = lines[stream.index];
        if (!l)
            lines[stream.index] = l = line_new();
    } else {
        PSI_INVALID("stream %d does not exist: there are %d", stream.index, line_count);
    }
    pthread_mutex_unlock(&registry_lock);
    return l;
}

/* Takes the next piece, or waits. Holding the line's lock. */
static psi_work *next_work(line *l)
{
    while (!l->first || l->busy)
        pthread_cond_wait(&l->changed, &l->lock);
    psi_work *work = l->first;
    l->first = work->next;
    if (!l->first)
        l->last = &l->first;
    l->busy = true;
    return work;
}

static _Noreturn void *order(void *context)
{
    line *l = context;
    pthread_mutex_lock(&l->lock);
    for (;;) {
        psi_work *work = next_work(l);
        pthread_mutex_unlock(&l->lock);
        work->run(work);
        pthread_mutex_lock(&l->lock);
        l->busy = false;
        pthread_cond_broadcast(&l->changed);
    }
}

static bool start(line *l)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int failed = pthread_create(&l->thread, &attr, order, l);
    pthread_attr_destroy(&attr);
    if (failed)
        psi_fail(PSI_OUT_OF_MEMORY, PSI_RUNTIME_ERROR, "a stream's thread cannot be started (error %d)",
                 failed);
    l->started = !failed;
    return l->started;
}

psi_put psi_stream_put(psi_stream stream, psi_work *work, bool may_run_here)
{
    line *l = line_of(stream);
    psi_put answer = PSI_PUT_QUEUED;
    if (!l)
        return PSI_PUT_FAILED;
    pthread_mutex_lock(&l->lock);
    if (may_run_here && !l->first && !l->busy) {
        l->busy = true;
        answer = PSI_PUT_YOURS;
    } else if (!l->started && !start(l)) {
        answer = PSI_PUT_FAILED;
    } else {
        work->next = NULL;
        *l->last = work;
        l->last = &work->next;
        pthread_cond_broadcast(&l->changed);
    }
    pthread_mutex_unlock(&l->lock);
    return answer;
}

void psi_stream_leave(psi_stream stream)
{
    line *l = line_of(stream);
    pthread_mutex_lock(&l->lock);
    l->busy = false;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

bool psi_synchronize(psi_stream stream)
{
    line *l = line_of(stream);
    if (!l)
        return false;
    pthread_mutex_lock(&l->lock);
    while (l->first || l->busy)
        pthread_cond_wait(&l->changed, &l->lock);
    pthread_mutex_unlock(&l->lock);
    return true;
}

psi_stream psi_new_stream(psi_device device)
{
    psi_stream none = {device, -1};
    if (!psi_needs_device(device, "new_stream"))
        return none;
    line *l = line_new();
    if (!l)
        return none;
    pthread_mutex_lock(&registry_lock);
    psi_stream made = {device, line_count < MAX_STREAMS ? line_count++ : -1};
    if (made.index >= 0)
        lines[made.index] = l;
    pthread_mutex_unlock(&registry_lock);
    if (made.index < 0) {
        psi_free(l);
        PSI_INVALID("new_stream: there are %d streams already, the most there can be", MAX_STREAMS);
    }
    return made;
}

void psi_streams_after_fork(void)
{
    pthread_mutex_init(&registry_lock, NULL);
    for (int i = 0; i < line_count; i++)
        if (lines[i])
            lines[i] = line_new(); /* the old line's lock may be held by a thread that is gone */
}

/* ---- the thread's default ---- */

psi_stream psi_default_stream(psi_device device)
{
    return psi_needs_device(device, "default_stream") ? psi_this_thread.stream : (psi_stream){device, -1};
}

bool psi_set_default_stream(psi_stream stream)
{
    if (!line_of(stream))
        return false;
    psi_this_thread.stream = stream;
    return true;
}
