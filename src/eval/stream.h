/* stream.h: streams as ordered queues of work. Each has one ordering thread, started with its first queued piece;
 * a caller that is about to wait runs its piece itself when the stream is idle.
 * Invariant: pieces of one stream run one at a time, in the order they were put. */
#ifndef PSI_EVAL_STREAM_H
#define PSI_EVAL_STREAM_H

#include <psionic/device.h>

typedef struct psi_work {
    struct psi_work *next;
    void (*run)(struct psi_work *work); /* frees the work if need be */
} psi_work;

/* Queues work; with `may_run_here`, runs it on this thread when the stream is idle. False with an error when the
 * ordering thread cannot be started; the work has not run then. */
bool psi_stream_put(psi_stream stream, psi_work *work, bool may_run_here);

/* In the child after fork: queued work is lost, threads are gone. */
void psi_streams_after_fork(void);

#endif
