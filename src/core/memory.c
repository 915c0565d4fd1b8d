/* memory.c: memory by malloc, and the failure hook of the tests.
 * Invariant: no request past PSI_LARGEST reaches the system. */
#include "core/memory.h"

#include <stdlib.h>

#include "core/error.h"

/* ---- the failure hook ---- */

atomic_bool psi_allocations_watched;
static atomic_llong hook_nth, hook_count;

int64_t psi_test_fail_allocation(int64_t nth)
{
    atomic_store(&psi_allocations_watched, false);
    int64_t made = atomic_exchange(&hook_count, 0);
    atomic_store(&hook_nth, nth);
    atomic_store(&psi_allocations_watched, nth > 0);
    return made;
}

bool psi_allocation_is_chosen(void)
{
    return atomic_fetch_add(&hook_count, 1) + 1 == atomic_load(&hook_nth);
}

/* ---- small blocks ---- */

__attribute__((cold)) void *psi_out_of_memory(size_t bytes)
{
    psi_fail(PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR, "out of memory: %zu bytes could not be allocated", bytes);
    return NULL;
}

void *psi_malloc(size_t bytes)
{
    void *block = psi_allocation_fails() || bytes > PSI_LARGEST ? NULL : malloc(bytes ? bytes : 1);
    return block ? block : psi_out_of_memory(bytes);
}

void *psi_calloc(size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total))
        total = SIZE_MAX;
    void *block = psi_allocation_fails() || total > PSI_LARGEST ? NULL : calloc(total ? total : 1, 1);
    return block ? block : psi_out_of_memory(total);
}

void *psi_realloc(void *block, size_t bytes)
{
    void *moved = psi_allocation_fails() || bytes > PSI_LARGEST ? NULL : realloc(block, bytes ? bytes : 1);
    return moved ? moved : psi_out_of_memory(bytes);
}

void psi_free(void *block)
{
    free(block);
}
