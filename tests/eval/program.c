/* What a fused group's results take over: the memory of inputs that nobody else reads. */
#include "ops/values.h"

enum { SIZE = 1 << 18, BYTES = 4 * SIZE, STEPS = 3 };

static psi_array f32(double value)
{
    return psi_scalar(value, PSI_FLOAT32);
}

/* A step of Adam: three results, each the next of an input. */
static psi_arrays step(psi_arrays in, void *context)
{
    (void)context;
    psi_array g = psi_sin(in.data[0]);
    psi_arrays out = psi_arrays_new(3);
    out.data[1] = psi_multiply(psi_add(in.data[1], g), f32(0.5));
    out.data[2] = psi_multiply(psi_add(in.data[2], psi_multiply(g, g)), f32(0.5));
    out.data[0] = psi_subtract(in.data[0], psi_divide(out.data[1], psi_add(psi_sqrt(out.data[2]), f32(1))));
    return out;
}

/* One step, after which the state before is held by nobody, or by `kept`. */
static void advance(psi_function fn, void *context, psi_array state[3], psi_array *kept)
{
    {
        PSI_SCOPE;
        psi_arrays made = fn((psi_arrays){state, 3}, context);
        for (int i = 0; i < 3; i++) {
            psi_array next = psi_retain(made.data[i]);
            if (kept)
                kept[i] = state[i];
            else
                psi_release(state[i]);
            state[i] = next;
        }
    }
    assert_true(psi_eval((psi_arrays){state, 3}));
}

/* Runs some steps from ones; returns the most memory beyond the state's. */
static size_t run(psi_function fn, void *context, bool keeps)
{
    psi_array state[3], kept[STEPS][3];
    size_t before = psi_active_memory();
    {
        PSI_SCOPE;
        for (int i = 0; i < 3; i++)
            state[i] = psi_retain(psi_add(psi_zeros(PSI_INTS(SIZE), PSI_FLOAT32), f32(1)));
    }
    assert_true(psi_eval((psi_arrays){state, 3}));
    psi_reset_peak_memory();
    for (int n = 0; n < STEPS; n++)
        advance(fn, context, state, keeps ? kept[n] : NULL);
    /* A peak that is reset stays 0 while nothing is made. */
    size_t held = before + 3 * (size_t)BYTES, peak = psi_peak_memory(), most = peak > held ? peak - held : 0;
    PSI_SCOPE;
    EXPECT(psi_stack(PSI_ARRAYS(psi_max(state[0], PSI_NONE, false), psi_max(state[1], PSI_NONE, false),
                                psi_max(state[2], PSI_NONE, false), psi_min(state[0], PSI_NONE, false)),
                     0),
           PSI_INTS(4), -0.1546234368, 0.4117535065, 0.2820559321, -0.1546234368);
    for (int i = 0; i < 3; i++) {
        for (int n = 0; keeps && n < STEPS; n++)
            psi_release(kept[n][i]);
        psi_release(state[i]);
    }
    return most;
}

static void takes_over_each_inputs_memory(void **state)
{
    (void)state;
    psi_compiled *compiled = psi_compile(step, NULL, 0);
    assert_true(run(step, NULL, false) < BYTES);
    assert_true(run(psi_compiled_call, compiled, false) < BYTES);
    assert_true(run(step, NULL, true) >= 3 * (size_t)BYTES);
    assert_true(run(psi_compiled_call, compiled, true) >= 3 * (size_t)BYTES);
    psi_compiled_free(compiled);
}

/* The first result may not take the memory of what the second reads, nor of what somebody holds. */
static void leaves_what_is_read_later(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array held = psi_add(psi_arange(0, 4, 1, PSI_FLOAT32), f32(1)), first, second;
    assert_true(psi_eval1(held));
    {
        PSI_SCOPE;
        psi_array x = psi_multiply(held, held);
        assert_true(psi_eval1(x));
        first = psi_promote(psi_add(x, held));
        second = psi_promote(psi_multiply(first, x));
    }
    assert_true(psi_eval(PSI_ARRAYS(first, second)));
    EXPECT(first, PSI_INTS(4), 2, 6, 12, 20);
    EXPECT(second, PSI_INTS(4), 2, 24, 108, 320);
    EXPECT(held, PSI_INTS(4), 1, 2, 3, 4);
}

/* x, whose memory the sum takes over, and more rows than a worker keeps registers for. */
static psi_array sum_with_rows(void)
{
    enum { ROWS = 160, LENGTH = 1 << 10 };
    PSI_SCOPE;
    psi_array sum = psi_zeros(PSI_INTS(SIZE / LENGTH, LENGTH), PSI_FLOAT32),
              row = psi_arange(0, LENGTH, 1, PSI_FLOAT32);
    sum = psi_add(sum, f32(1));
    assert_true(psi_eval(PSI_ARRAYS(sum, row)));
    for (int i = 0; i < ROWS; i++) {
        psi_array next = psi_multiply(row, f32(i < 2 ? i : 0));
        assert_true(psi_eval1(next));
        sum = psi_add(sum, next);
    }
    return psi_promote(sum);
}

/* Evaluates while the nth allocation fails, and again if the evaluation failed; how many allocations were made. */
static int64_t sum_while_failing(int64_t n)
{
    PSI_SCOPE;
    psi_array y = sum_with_rows();
    psi_clear_cache();
    psi_test_fail_allocation(n);
    bool ok = psi_eval1(y);
    int64_t count = psi_test_fail_allocation(0);
    assert_true(ok || (psi_error(NULL) && psi_eval1(y)));
    psi_array expected = psi_add(psi_arange(0, 1 << 10, 1, PSI_FLOAT32), f32(1));
    EXPECT(psi_all(psi_equal(y, expected), PSI_NONE, false), PSI_SCALAR_SHAPE, 1);
    return count;
}

/* Memory may run out for any thread: nothing was written over then that a second evaluation reads. */
static void a_failed_thread_spoils_nothing(void **state)
{
    (void)state;
    int64_t count = sum_while_failing(INT64_MAX);
    assert_true(count > 2);
    for (int64_t n = 1; n <= count; n++)
        sum_while_failing(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(takes_over_each_inputs_memory),
                                       cmocka_unit_test(leaves_what_is_read_later),
                                       cmocka_unit_test(a_failed_thread_spoils_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
