/* scratch.c: scratch belongs to its thread, and what is large of it is counted and goes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include <psionic/device.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/pool.h"

static void *use_scratch(void *unused)
{
    (void)unused;
    for (size_t bytes = 1; bytes < 1 << 20; bytes *= 3)
        for (int slot = 0; slot < 4; slot++) {
            char *data = psi_scratch(slot, bytes);
            if (!data || (uintptr_t)data % 64)
                return "no scratch";
            memset(data, slot, bytes);
            if (psi_scratch(slot, bytes / 2) != data)
                return "scratch moved though it was large enough";
        }
    return NULL;
}

static void scratch_belongs_to_its_thread(void **state)
{
    (void)state;
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_scratch, NULL), 0);
    assert_null(use_scratch(NULL));
    for (int i = 0; i < 3; i++) {
        void *complaint;
        pthread_join(threads[i], &complaint);
        assert_null(complaint);
    }
    psi_test_fail_allocation(1);
    assert_null(psi_scratch(0, 1 << 26));
    psi_test_fail_allocation(0);
    psi_error_record record;
    assert_true(psi_error(&record));
    assert_int_equal(record.code, PSI_OUT_OF_MEMORY);
    assert_non_null(psi_scratch(0, 10));
    assert_null(psi_scratch(1, SIZE_MAX));
    psi_error(NULL);
}

static void take_much(void *unused, int64_t index)
{
    (void)unused;
    for (int slot = 0; slot < 4; slot++) {
        char *data = psi_scratch(slot, (size_t)(3 + slot) << 20);
        assert_non_null(data);
        data[index] = 1;
    }
}

/* Of the caller and of workers alike; small scratch stays where it was. */
static void large_scratch_goes_back(void **state)
{
    (void)state;
    psi_clear_cache();
    size_t active = psi_active_memory();
    char *small = psi_scratch(0, 100);
    assert_non_null(small);
    assert_int_equal(psi_active_memory(), active);
    psi_parallel(64, take_much, NULL);
    assert_true(psi_active_memory() >= active + ((size_t)(3 + 4 + 5 + 6) << 20));
    psi_scratch_end();
    assert_int_equal(psi_active_memory(), active);
    assert_true(psi_cache_memory() > 0);
    assert_ptr_equal(psi_scratch(0, 100), small);
    psi_clear_cache();
    assert_int_equal(psi_cache_memory(), 0);
}

static void the_hard_limit_holds_for_large_scratch(void **state)
{
    (void)state;
    psi_clear_cache();
    size_t before = psi_set_hard_memory_limit(psi_active_memory() + ((size_t)8 << 20));
    assert_null(psi_scratch(2, (size_t)16 << 20));
    psi_error_record record;
    assert_true(psi_error(&record));
    assert_int_equal(record.code, PSI_OUT_OF_MEMORY);
    assert_non_null(psi_scratch(2, (size_t)4 << 20));
    psi_scratch_end();
    psi_set_hard_memory_limit(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scratch_belongs_to_its_thread),
        cmocka_unit_test(large_scratch_goes_back),
        cmocka_unit_test(the_hard_limit_holds_for_large_scratch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
