/* Streams and threads: order within a stream, dependencies across streams, evaluation from many threads at once,
 * asynchronous errors, and the same bits for any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <psionic.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/memory.h"

static void crosses_streams(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_stream first = psi_default_stream(psi_default_device()),
               second = psi_new_stream(psi_default_device());
    assert_true(second.index > 0);
    psi_array x = psi_ones(PSI_INTS(1000), PSI_FLOAT32), y = x;
    for (int i = 0; i < 40; i++) {
        assert_true(psi_set_default_stream(i % 2 ? second : first));
        y = psi_add(y, x);
        if (i % 7 == 0)
            assert_true(psi_async_eval(PSI_ARRAYS(y)));
    }
    assert_true(psi_set_default_stream(first));
    assert_true(psi_eval1(y));
    assert_true(((const float *)psi_data(y))[999] == 41);
    assert_true(psi_synchronize(second));
}

/* Some milliseconds of work for one stream, in little memory. */
static psi_array slow_work(void)
{
    PSI_SCOPE;
    psi_array x = psi_sin(psi_arange(0, 1 << 16, 1, PSI_FLOAT32));
    for (int i = 0; i < 30; i++)
        x = psi_negative(psi_sort(x, 0));
    return psi_promote(x);
}

/* A loop that never waits holds the inputs of a few steps only, not of all that are to come. */
static void nobody_runs_far_ahead(void **state)
{
    (void)state;
    enum { SIZE = 1 << 14, STEPS = 200 };
    PSI_SCOPE;
    static float ones[SIZE];
    psi_array first = slow_work(),
              sum = psi_retain(psi_slice(first, PSI_INTS(0), PSI_INTS(SIZE), PSI_INTS(1)));
    size_t before = psi_active_memory();
    psi_reset_peak_memory();
    assert_true(psi_async_eval(PSI_ARRAYS(first)));
    for (int i = 0; i < STEPS; i++) {
        PSI_SCOPE;
        psi_array batch = psi_array_from(ones, PSI_INTS(SIZE), PSI_FLOAT32), last = sum;
        sum = psi_retain(psi_tanh(psi_add(last, batch)));
        assert_true(psi_async_eval(PSI_ARRAYS(sum)));
        psi_release(last);
    }
    assert_true(psi_eval1(sum));
    assert_true(psi_peak_memory() - before <= STEPS / 3 * sizeof ones);
    psi_release(sum);
}

typedef struct job {
    psi_array shared;
    int result;
} job;

/* Builds on a shared lazy array and evaluates, side by side with others. */
static void *work(void *context)
{
    job *j = context;
    for (int i = 0; i < 50; i++) {
        PSI_SCOPE;
        double value;
        psi_array y = psi_multiply(j->shared, psi_scalar(i, PSI_FLOAT32));
        j->result += psi_item(psi_sum(y, PSI_NONE, false), &value) && value == 3000.0 * i;
        j->result += !psi_is_error(psi_reshape(y, PSI_INTS(10, 100)));
        j->result += psi_is_error(psi_reshape(y, PSI_INTS(7))) && psi_error(NULL);
    }
    return NULL;
}

static void many_threads(void **state)
{
    (void)state;
    PSI_SCOPE;
    pthread_t threads[4];
    job jobs[4];
    psi_array three = psi_add(psi_ones(PSI_INTS(1000), PSI_FLOAT32), psi_scalar(2, PSI_FLOAT32));
    for (int i = 0; i < 4; i++) {
        jobs[i] = (job){three, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &jobs[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(jobs[i].result, 150);
    }
}

static void asynchronous_errors_reach_the_waiter(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_error_record e;
    size_t before = psi_set_hard_memory_limit(psi_active_memory() + ((size_t)1 << 20));
    psi_array big = psi_exp(psi_ones(PSI_INTS(1 << 22), PSI_FLOAT32)), user = psi_square(big);
    assert_true(psi_async_eval(PSI_ARRAYS(user)));
    assert_false(psi_wait(user));
    assert_true(psi_error(&e));
    assert_int_equal(e.code, PSI_OUT_OF_MEMORY);
    psi_array small = psi_exp(psi_zeros(PSI_INTS(4), PSI_FLOAT32));
    assert_true(psi_eval1(small));
    psi_set_hard_memory_limit(before);
    assert_true(psi_eval1(user)); /* nothing was lost: the graph can be tried again */
}

static void same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    PSI_SCOPE;
    enum { N = 300000 };
    float *values = psi_malloc(N * sizeof *values);
    for (int i = 0; i < N; i++)
        values[i] = (float)(i % 1001) * 0.013f - 6;
    psi_array x = psi_array_from(values, PSI_INTS(N), PSI_FLOAT32);
    psi_free(values);
    float sums[2];
    const void *data[2];
    for (int t = 0; t < 2; t++) {
        assert_true(psi_set_thread_count(t + 1));
        psi_array y = psi_exp(psi_sin(psi_multiply(x, x)));
        data[t] = psi_data(y);
        double sum;
        assert_true(psi_item(psi_sum(y, PSI_NONE, false), &sum));
        sums[t] = (float)sum;
    }
    assert_memory_equal(data[0], data[1], N * sizeof(float));
    assert_memory_equal(&sums[0], &sums[1], sizeof(float));
}

static void a_million_nodes_deep(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array y = psi_retain(psi_zeros(PSI_INTS(2), PSI_FLOAT32)), one = psi_ones(PSI_INTS(2), PSI_FLOAT32);
    for (int i = 0; i < 1000000; i++) {
        PSI_SCOPE;
        psi_array next = psi_retain(i % 3 ? psi_add(y, one) : psi_negative(psi_negative(y)));
        psi_release(y);
        y = next;
    }
    psi_array copy = psi_retain(psi_add(y, one));
    psi_release(copy);
    assert_true(psi_eval1(y));
    assert_true(((const float *)psi_data(y))[1] == 666666);
    psi_release(y);
}

/* The child of a fork computes with its own threads; what was in flight is an error there, what was ready is readable. */
static void survives_fork(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array ready = psi_add(psi_ones(PSI_INTS(100000), PSI_FLOAT32), psi_scalar(1, PSI_FLOAT32));
    assert_true(psi_eval1(ready));
    psi_stream other = psi_new_stream(psi_default_device()), first = psi_default_stream(psi_default_device());
    psi_set_default_stream(other);
    psi_array slow = psi_ones(PSI_INTS(1 << 20), PSI_FLOAT32);
    for (int i = 0; i < 40; i++)
        slow = psi_add(psi_sum(psi_exp(slow), PSI_INTS(0), true), psi_ones(PSI_INTS(1 << 20), PSI_FLOAT32));
    psi_set_default_stream(first);
    assert_true(psi_async_eval(PSI_ARRAYS(slow)));
    pid_t child = fork();
    if (child == 0) {
        PSI_SCOPE;
        psi_error_record e = {0};
        double sum = 0;
        bool ok = psi_item(psi_sum(ready, PSI_NONE, false), &sum) && sum == 200000;
        ok = ok && !psi_eval1(slow) && psi_error(&e) && e.kind == PSI_RUNTIME_ERROR;
        if (ok) /* exec, so that a leak checker does not count here what the parent's threads hold */
            execlp("true", "true", (char *)NULL);
        _exit(1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(psi_eval1(slow));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crosses_streams),
        cmocka_unit_test(nobody_runs_far_ahead),
        cmocka_unit_test(many_threads),
        cmocka_unit_test(asynchronous_errors_reach_the_waiter),
        cmocka_unit_test(same_bits_for_any_number_of_threads),
        cmocka_unit_test(a_million_nodes_deep),
        cmocka_unit_test(survives_fork),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
