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

typedef enum psi_put {
    PSI_PUT_FAILED, /* an error was recorded; the work will not run */
    PSI_PUT_QUEUED,
    PSI_PUT_YOURS /* the stream was idle and is now held: run the work, then call psi_stream_leave */
} psi_put;

/* Gives work a place in the stream's order. PSI_PUT_YOURS only with `may_run_here`. */
psi_put psi_stream_put(psi_stream stream, psi_work *work, bool may_run_here);
void psi_stream_leave(psi_stream stream);

/* In the child after fork: queued work is lost, threads are gone. */
void psi_streams_after_fork(void);

#endif
