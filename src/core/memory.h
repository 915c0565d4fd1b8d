/* memory.h: host memory inside the library: small blocks, and the buffers that hold array values.
 * Invariant: every allocation of the library goes through here, so that a test can fail the nth one. */
#ifndef PSI_CORE_MEMORY_H
#define PSI_CORE_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <psionic/types.h>

/* malloc and kin; NULL records out_of_memory on the thread. psi_free takes what they return. */
void *psi_malloc(size_t bytes) __attribute__((malloc, alloc_size(1), warn_unused_result));
void *psi_calloc(size_t count, size_t bytes) __attribute__((malloc, alloc_size(1, 2), warn_unused_result));
void *psi_realloc(void *block, size_t bytes) __attribute__((alloc_size(2), warn_unused_result));
void psi_free(void *block);

#define PSI_LARGEST ((size_t)1 << 47) /* no address space holds more */
/* Records that so many bytes could not be had; NULL. */
void *psi_out_of_memory(size_t bytes);

/* The values of one or several arrays. Immutable once shared; `refs` 1 means the holder may reuse it. */
typedef struct psi_buffer {
    atomic_int refs;
    void *data;                     /* 64-byte aligned unless foreign */
    size_t bytes;                   /* as asked for */
    size_t capacity;                /* as counted: the size class, or 0 for foreign memory and a scalar's */
    void (*release)(void *context); /* foreign memory only */
    void *context;                  /* where nothing is released so: the block that this is part of */
} psi_buffer;

/* A buffer with one reference and undefined contents; NULL records out_of_memory. Zero bytes is allowed. */
psi_buffer *psi_buffer_new(size_t bytes) __attribute__((warn_unused_result));
/* Takes foreign memory; on failure `release` has run already. */
psi_buffer *psi_buffer_wrap(void *data, size_t bytes, void (*release)(void *context), void *context)
    __attribute__((warn_unused_result));
psi_buffer *psi_buffer_retain(psi_buffer *buffer);
void psi_buffer_release(psi_buffer *buffer);

/* Test hook, exported: the nth allocation from now fails (1 is the next), 0 switches it off. Returns how many
 * allocations were made, over all threads, since the last call switched it on (INT64_MAX only counts). */
PSI_API int64_t psi_test_fail_allocation(int64_t nth);

extern atomic_bool psi_allocations_watched;
bool psi_allocation_is_chosen(void);

/* Asked before every allocation: one relaxed load while the hook is off, as it must cost nothing outside tests. */
static inline bool psi_allocation_fails(void)
{
    return __builtin_expect(atomic_load_explicit(&psi_allocations_watched, memory_order_relaxed), 0) &&
           psi_allocation_is_chosen();
}

#endif
