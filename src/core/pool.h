/* pool.h: the one thread pool. Work is cut by size, never by the number of threads, so results are the
 * same bits for any number. Invariant: pool workers never block on anything but the pool. */
#ifndef PSI_CORE_POOL_H
#define PSI_CORE_POOL_H

#include <stddef.h>
#include <stdint.h>

/* Runs fn(context, i) for every i in [0, count), in any order, on the caller and the workers; returns when
 * all are done. From inside such a call it runs inline. Several threads may call at once. */
void psi_parallel(int64_t count, void (*fn)(void *context, int64_t index), void *context);

/* Scratch of this thread, 64-byte aligned, at least `bytes`; valid until the next call with the same slot on this
 * thread. NULL records out_of_memory. Slots 0 to 3: one user each at a time. */
void *psi_scratch(int slot, size_t bytes);

/* Called where this thread's work is done and nothing of it lies in scratch: large scratch goes back to the cache. */
void psi_scratch_end(void);

/* Number of threads that share work, the caller among them. */
int psi_pool_threads(void);

/* Called in the child after fork: the workers are gone, and are started again on demand. */
void psi_pool_after_fork(void);

#endif
