/* pool.c: every index runs once, from one caller, many callers, nested calls and forked children. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <psionic/device.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/pool.h"

#if defined(__SANITIZE_THREAD__)
/* The checker of data races gives up on a forked child of a threaded process unless told to try. */
PSI_API const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "die_after_fork=0";
}
#endif

#define MANY 4096

typedef struct work {
    int times[MANY]; /* plain: a lost or doubled index, or a missing barrier, shows here or under TSan */
    int64_t inner;
} work;

static void once(void *context, int64_t i)
{
    work *w = context;
    w->times[i]++;
}

/* Runs `count` indices `rounds` times; the first index that did not run that often, or -1. */
static int64_t run_and_check(work *w, int64_t count, int rounds)
{
    memset(w->times, 0, sizeof w->times);
    for (int r = 0; r < rounds; r++)
        psi_parallel(count, once, w);
    for (int64_t i = 0; i < MANY; i++)
        if (w->times[i] != (i < count ? rounds : 0))
            return i;
    return -1;
}

static void every_index_runs_once(void **state)
{
    (void)state;
    static work w;
    for (int threads = 1; threads <= 8; threads++) {
        assert_true(psi_set_thread_count(threads));
        assert_int_equal(psi_thread_count(), threads);
        assert_int_equal(psi_pool_threads(), threads);
        static const int64_t counts[] = {0, 1, 2, 3, 7, 64, 1000, MANY};
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
            assert_int_equal(run_and_check(&w, counts[i], 5), -1);
    }
    psi_parallel(-5, once, &w);
}

static void workers_that_slept_wake_again(void **state)
{
    (void)state;
    static work w;
    psi_set_thread_count(3);
    for (int i = 0; i < 30; i++) {
        struct timespec pause = {0, i % 3 * 400000};
        nanosleep(&pause, NULL);
        assert_int_equal(run_and_check(&w, 50, 3), -1);
    }
}

static void meet(void *context, int64_t i)
{
    atomic_int *there = context;
    (void)i;
    atomic_fetch_add(there, 1);
    while (atomic_load(there) < 3)
        sched_yield();
}

/* Workers that stepped aside for their caller may use every CPU afterwards: none is lost for other programs' sake. */
static void workers_keep_their_cpus(void **state)
{
    (void)state;
    static work w;
    cpu_set_t mine, theirs;
    psi_set_thread_count(2);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(run_and_check(&w, 64, 1), -1);
        usleep(1000);
    }
    assert_int_equal(sched_getaffinity(0, sizeof mine, &mine), 0);
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (struct dirent *task; (task = readdir(tasks)) != NULL;)
        if (atoi(task->d_name) > 0 && sched_getaffinity(atoi(task->d_name), sizeof theirs, &theirs) == 0)
            assert_true(CPU_EQUAL(&mine, &theirs));
    closedir(tasks);
}

static void threads_work_side_by_side(void **state)
{
    (void)state;
    psi_set_thread_count(3);
    atomic_int there = 0;
    psi_parallel(3, meet, &there); /* ends only if three threads take part */
    assert_int_equal(atomic_load(&there), 3);
}

static void inner(void *context, int64_t i)
{
    (void)i;
    ++*(int64_t *)context; /* inline, so no two at once */
}

static void outer(void *context, int64_t i)
{
    work *w = context;
    int64_t sum = 0;
    psi_parallel(10, inner, &sum);
    w->times[i] = (int)sum;
}

static void nested_calls_run_inline(void **state)
{
    (void)state;
    static work w;
    psi_set_thread_count(4);
    psi_parallel(100, outer, &w);
    for (int i = 0; i < 100; i++)
        assert_int_equal(w.times[i], 10);
}

static void *call_often(void *of_thread)
{
    work *w = of_thread;
    for (int i = 0; i < 150; i++)
        if (run_and_check(w, 1 + i * 37 % 300, 2) != -1)
            return "an index was lost or ran twice";
    return NULL;
}

static void run_callers(int callers)
{
    pthread_t threads[80];
    work *works = calloc((size_t)callers, sizeof *works);
    assert_non_null(works);
    for (int i = 0; i < callers; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &works[i]), 0);
    for (int i = 0; i < callers; i++) {
        void *complaint;
        pthread_join(threads[i], &complaint);
        assert_null(complaint);
    }
    free(works);
}

static void many_callers_make_progress(void **state)
{
    (void)state;
    psi_set_thread_count(3);
    run_callers(5);
    run_callers(80); /* more than there are slots */
}

static void *change_count(void *done)
{
    for (int i = 0; !atomic_load((atomic_bool *)done); i++)
        psi_set_thread_count(1 + i % 4);
    return NULL;
}

static void the_count_may_change_while_others_work(void **state)
{
    (void)state;
    atomic_bool done = false;
    pthread_t changer;
    assert_int_equal(pthread_create(&changer, NULL, change_count, &done), 0);
    run_callers(3);
    atomic_store(&done, true);
    pthread_join(changer, NULL);
}

static void change_inside(void *context, int64_t i)
{
    if (i == 0)
        *(bool *)context = psi_set_thread_count(2);
}

static void bad_counts_are_refused(void **state)
{
    (void)state;
    psi_set_thread_count(1);
    psi_set_thread_count(2);
    psi_error_record record;
    assert_false(psi_set_thread_count(0));
    assert_true(psi_error(&record));
    assert_int_equal(record.code, PSI_INVALID_ARGUMENT);
    assert_non_null(strstr(record.message, "0 threads"));
    assert_false(psi_set_thread_count(1000000));
    assert_true(psi_error(&record));
    assert_non_null(strstr(record.message, "1024"));
    assert_int_equal(psi_thread_count(), 2);
    bool changed = true;
    psi_parallel(2, change_inside, &changed);
    assert_false(changed);
    psi_error(NULL);
}

/* The exit status of `body` in a fresh child. */
static int in_child(int (*body)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(body());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

static int child_works(void)
{
    static work w;
    if (psi_failed())
        return 2;
    return run_and_check(&w, 1000, 3) == -1 ? 0 : 1;
}

static void a_forked_child_has_a_pool(void **state)
{
    (void)state;
    psi_set_thread_count(3);
    assert_int_equal(child_works(), 0);
    assert_int_equal(in_child(child_works), 0);
    assert_int_equal(child_works(), 0);
}

/* The count the variable gives, or 0 when it is refused, once, and the default used. */
static int count_from_environment(const char *value)
{
    setenv("PSIONIC_THREADS", value, 1);
    int threads = psi_thread_count();
    psi_error_record record;
    bool failed = psi_error(&record);
    if (psi_thread_count() != threads || psi_failed())
        return 900;
    if (!failed)
        return threads;
    if (record.code != PSI_INVALID_ARGUMENT || !strstr(record.message, value) || threads < 1)
        return 901;
    return 0;
}

static int env_three(void)
{
    return count_from_environment("3");
}

static int env_word(void)
{
    return count_from_environment("several");
}

static int env_zero(void)
{
    return count_from_environment("0");
}

static int env_tail(void)
{
    return count_from_environment("4x");
}

static void the_environment_sets_the_count(void **state)
{
    (void)state;
    assert_int_equal(in_child(env_three), 3);
    assert_int_equal(in_child(env_word), 0);
    assert_int_equal(in_child(env_zero), 0);
    assert_int_equal(in_child(env_tail), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_sets_the_count), /* first: before the count is known here */
        cmocka_unit_test(every_index_runs_once),
        cmocka_unit_test(workers_that_slept_wake_again),
        cmocka_unit_test(workers_keep_their_cpus),
        cmocka_unit_test(threads_work_side_by_side),
        cmocka_unit_test(nested_calls_run_inline),
        cmocka_unit_test(many_callers_make_progress),
        cmocka_unit_test(the_count_may_change_while_others_work),
        cmocka_unit_test(bad_counts_are_refused),
        cmocka_unit_test(a_forked_child_has_a_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
