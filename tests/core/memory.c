/* memory.c: the allocator's classes, counters, limits and failure hook, alone and between threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <psionic/device.h>

#include "core/error.h"
#include "core/memory.h"

static int start_clean(void **state)
{
    (void)state;
    psi_clear_cache();
    psi_error(NULL);
    psi_test_fail_allocation(0);
    return 0;
}

static void expect_out_of_memory(const char *word)
{
    psi_error_record record;
    assert_true(psi_error(&record));
    assert_int_equal(record.code, PSI_OUT_OF_MEMORY);
    assert_int_equal(record.kind, PSI_MEMORY_ERROR);
    assert_non_null(strstr(record.message, word));
}

static void buffers_are_aligned_and_waste_little(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < (size_t)200 << 20; bytes = bytes * 9 / 8 + 1) {
        psi_buffer *b = psi_buffer_new(bytes);
        assert_non_null(b);
        assert_int_equal((uintptr_t)b->data % 64, 0);
        assert_int_equal(b->bytes, bytes);
        assert_true(b->capacity >= bytes);
        assert_true(b->capacity <= bytes + bytes / 4 + 64);
        assert_int_equal(atomic_load(&b->refs), 1);
        if (bytes >= 2) {
            ((char *)b->data)[0] = 1;
            ((char *)b->data)[b->capacity - 1] = 1;
        }
        if (bytes >= (size_t)2 << 20)
            assert_int_equal((uintptr_t)b->data % ((size_t)2 << 20), 0);
        psi_buffer_release(b);
    }
}

static void every_small_size_has_a_tight_class(void **state)
{
    (void)state;
    for (size_t bytes = 1; bytes <= 70000; bytes++) {
        psi_buffer *b = psi_buffer_new(bytes);
        assert_true(b->capacity >= bytes && b->capacity <= bytes + bytes / 4 + 63);
        psi_buffer_release(b);
    }
    psi_clear_cache();
    assert_int_equal(psi_cache_memory(), 0);
}

static void released_memory_is_used_again(void **state)
{
    (void)state;
    static const size_t sizes[] = {100, 5000, 100000, 3000000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        psi_buffer *b = psi_buffer_new(sizes[i]);
        void *data = b->data;
        psi_buffer_release(b);
        b = psi_buffer_new(sizes[i] - sizes[i] / 20);
        assert_ptr_equal(b->data, data);
        assert_int_equal(b->bytes, sizes[i] - sizes[i] / 20);
        psi_buffer_release(b);
        psi_buffer *smaller = psi_buffer_new(sizes[i] / 2);
        assert_ptr_not_equal(smaller->data, data);
        psi_buffer_release(smaller);
    }
}

/* What is narrowed to half of its size does not keep the memory of the wide values. */
static void halves_take_no_whole_blocks(void **state)
{
    (void)state;
    psi_buffer *wide = psi_buffer_new((size_t)16 << 20), *narrow;
    psi_buffer_release(wide);
    narrow = psi_buffer_new((size_t)8 << 20);
    assert_int_equal(narrow->capacity, (size_t)8 << 20);
    psi_buffer *most = psi_buffer_new((size_t)12 << 20);
    assert_int_equal(most->capacity, (size_t)16 << 20);
    psi_buffer_release(narrow);
    psi_buffer_release(most);
}

static void counters_follow_living_and_cached_buffers(void **state)
{
    (void)state;
    size_t before = psi_active_memory();
    psi_reset_peak_memory();
    assert_int_equal(psi_peak_memory(), 0);
    psi_buffer *a = psi_buffer_new(16384), *b = psi_buffer_new(1 << 20);
    assert_int_equal(psi_active_memory() - before, 16384 + (1 << 20));
    psi_buffer_retain(a);
    psi_buffer_release(a);
    assert_int_equal(psi_cache_memory(), 0);
    psi_buffer_release(a);
    assert_int_equal(psi_cache_memory(), 16384);
    psi_buffer_release(b);
    assert_int_equal(psi_active_memory(), before);
    assert_int_equal(psi_cache_memory(), 16384 + (1 << 20));
    assert_int_equal(psi_peak_memory(), before + 16384 + (1 << 20));
    psi_clear_cache();
    assert_int_equal(psi_cache_memory(), 0);
}

/* Sizes that never come again: what is kept of them stays in proportion to what was ever in use. */
static void ever_new_sizes_do_not_pile_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < 400; i++) {
        psi_buffer *b = psi_buffer_new(((size_t)3 << 20) + i * 40000);
        assert_non_null(b);
        psi_buffer_release(b);
    }
    assert_true(psi_cache_memory() <= ((size_t)128 << 20));
}

static void cache_limit_drops_the_oldest(void **state)
{
    (void)state;
    size_t before = psi_set_cache_limit(3 << 20);
    psi_buffer *b[4];
    for (int i = 0; i < 4; i++)
        b[i] = psi_buffer_new((1 << 20) + ((size_t)i << 12));
    void *last = b[3]->data;
    for (int i = 0; i < 4; i++)
        psi_buffer_release(b[i]);
    assert_int_equal(psi_cache_memory(), (2 << 20) + (5 << 12));
    psi_buffer *again = psi_buffer_new((1 << 20) + (3 << 12));
    assert_ptr_equal(again->data, last);
    psi_buffer_release(again);
    assert_int_equal(psi_set_cache_limit(0), 3 << 20);
    assert_int_equal(psi_cache_memory(), 0);
    psi_buffer_release(psi_buffer_new(4096));
    assert_int_equal(psi_cache_memory(), 0);
    assert_int_equal(psi_set_cache_limit(before), 0);
}

static void memory_limit_frees_the_cache_first(void **state)
{
    (void)state;
    size_t limit = psi_memory_limit();
    assert_true(limit > 0);
    psi_buffer_release(psi_buffer_new(4 << 20));
    assert_int_equal(psi_cache_memory(), 4 << 20);
    assert_int_equal(psi_set_memory_limit(psi_active_memory() + (5 << 20)), limit);
    psi_buffer *b = psi_buffer_new(2 << 20);
    assert_int_equal(psi_cache_memory(), 0);
    psi_buffer *past = psi_buffer_new(8 << 20); /* a guideline only */
    assert_non_null(past);
    psi_buffer_release(past);
    psi_buffer_release(b);
    psi_set_memory_limit(limit);
    assert_false(psi_failed());
}

static void hard_limit_refuses_by_name(void **state)
{
    (void)state;
    size_t limit = psi_active_memory() + (4 << 20);
    assert_int_equal(psi_set_hard_memory_limit(limit), 0);
    psi_buffer *b = psi_buffer_new(3 << 20);
    assert_non_null(b);
    assert_null(psi_buffer_new(2000000));
    expect_out_of_memory("2000000");
    assert_null(psi_buffer_new(2000000));
    char text[32];
    snprintf(text, sizeof text, "limit of %zu", limit);
    expect_out_of_memory(text);
    psi_buffer_release(b);
    b = psi_buffer_new(2000000); /* the cached 3 MiB give way */
    assert_non_null(b);
    assert_true(psi_active_memory() + psi_cache_memory() <= limit);
    psi_buffer_release(b);
    assert_int_equal(psi_set_hard_memory_limit(0), limit);
}

static void impossible_sizes_are_errors(void **state)
{
    (void)state;
    size_t active = psi_active_memory();
    psi_reset_peak_memory();
    assert_null(psi_buffer_new(SIZE_MAX));
    expect_out_of_memory("18446744073709551615");
    assert_null(psi_buffer_new((size_t)1 << 46));
    expect_out_of_memory("70368744177664");
    assert_int_equal(psi_active_memory(), active);
    assert_true(psi_peak_memory() <= active);
    volatile size_t huge = SIZE_MAX;
    assert_null(psi_malloc(huge / 2 + 1));
    expect_out_of_memory("bytes");
    assert_null(psi_calloc(huge, 16));
    expect_out_of_memory("bytes");
}

static int releases;

static void count_release(void *context)
{
    assert_ptr_equal(context, &releases);
    releases++;
}

static void foreign_memory_is_released_once(void **state)
{
    (void)state;
    int value = 7;
    releases = 0;
    size_t active = psi_active_memory();
    psi_buffer *b = psi_buffer_wrap(&value, sizeof value, count_release, &releases);
    assert_ptr_equal(b->data, &value);
    assert_int_equal(b->capacity, 0);
    assert_int_equal(psi_active_memory(), active);
    psi_buffer_release(psi_buffer_retain(b));
    assert_int_equal(releases, 0);
    psi_buffer_release(b);
    assert_int_equal(releases, 1);
    psi_test_fail_allocation(1);
    assert_null(psi_buffer_wrap(&value, sizeof value, count_release, &releases));
    psi_test_fail_allocation(0);
    assert_int_equal(releases, 2);
    expect_out_of_memory("out of memory");
}

/* One of each kind of allocation; true when all were had. */
static bool workload(void)
{
    bool whole = false;
    char *block = psi_malloc(10);
    if (block) {
        char *bigger = psi_realloc(block, 1000);
        if (bigger) {
            block = bigger;
            void *zeroes = psi_calloc(3, 5);
            psi_buffer *buffer = zeroes ? psi_buffer_new(4096) : NULL;
            whole = buffer != NULL;
            psi_buffer_release(buffer);
            psi_free(zeroes);
        }
    }
    psi_free(block);
    return whole;
}

static void the_nth_allocation_fails(void **state)
{
    (void)state;
    size_t active = psi_active_memory();
    psi_test_fail_allocation(INT64_MAX);
    assert_true(workload());
    assert_int_equal(psi_test_fail_allocation(0), 4);
    for (int64_t n = 1; n <= 4; n++) {
        psi_test_fail_allocation(n);
        assert_false(workload());
        assert_int_equal(psi_test_fail_allocation(0), n);
        expect_out_of_memory("out of memory");
        assert_int_equal(psi_active_memory(), active);
    }
    psi_test_fail_allocation(5);
    assert_true(workload());
    psi_test_fail_allocation(0);
}

static void *churn(void *seed)
{
    uint32_t random = (uint32_t)(uintptr_t)seed;
    psi_buffer *held[32] = {0};
    for (int i = 0; i < 20000; i++) {
        random = random * 1664525u + 1013904223u;
        psi_buffer **place = &held[random >> 27];
        if (*place) {
            unsigned char *data = (*place)->data;
            if (data[0] != (unsigned char)(uintptr_t)seed || data[(*place)->bytes - 1] != data[0])
                return "a buffer was shared by two owners";
            psi_buffer_release(*place);
            *place = NULL;
        } else {
            *place = psi_buffer_new(1 + (random >> 8) % (i % 100 ? 9000 : 300000));
            if (!*place)
                return "no buffer";
            unsigned char *data = (*place)->data;
            data[0] = data[(*place)->bytes - 1] = (unsigned char)(uintptr_t)seed;
        }
        if (i % 5000 == 0)
            psi_clear_cache();
    }
    for (int i = 0; i < 32; i++)
        psi_buffer_release(held[i]);
    return NULL;
}

static void threads_share_the_allocator(void **state)
{
    (void)state;
    size_t active = psi_active_memory();
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, churn, (void *)(i + 1)), 0);
    for (int i = 0; i < 4; i++) {
        void *complaint;
        pthread_join(threads[i], &complaint);
        assert_null(complaint);
    }
    assert_int_equal(psi_active_memory(), active);
    psi_clear_cache();
    assert_int_equal(psi_cache_memory(), 0);
}

static void a_forked_child_can_allocate(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        psi_buffer *b = psi_buffer_new(100000);
        psi_buffer_release(b);
        _exit(b ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(ever_new_sizes_do_not_pile_up, start_clean), /* first: little was in use yet */
        cmocka_unit_test_setup(buffers_are_aligned_and_waste_little, start_clean),
        cmocka_unit_test_setup(every_small_size_has_a_tight_class, start_clean),
        cmocka_unit_test_setup(released_memory_is_used_again, start_clean),
        cmocka_unit_test_setup(halves_take_no_whole_blocks, start_clean),
        cmocka_unit_test_setup(counters_follow_living_and_cached_buffers, start_clean),
        cmocka_unit_test_setup(cache_limit_drops_the_oldest, start_clean),
        cmocka_unit_test_setup(memory_limit_frees_the_cache_first, start_clean),
        cmocka_unit_test_setup(hard_limit_refuses_by_name, start_clean),
        cmocka_unit_test_setup(impossible_sizes_are_errors, start_clean),
        cmocka_unit_test_setup(foreign_memory_is_released_once, start_clean),
        cmocka_unit_test_setup(the_nth_allocation_fails, start_clean),
        cmocka_unit_test_setup(threads_share_the_allocator, start_clean),
        cmocka_unit_test_setup(a_forked_child_can_allocate, start_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
