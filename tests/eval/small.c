/* What is small is evaluated on the spot, scalars hold their own values, and a broadcast is read through: nobody can tell,
 * but by time and memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <psionic.h>

#include "core/memory.h"
#include "core/node.h"
#include "eval/small.h"

enum { MANY = 5000 };

static void assert_all(psi_array a, float value)
{
    const float *data = psi_data(a);
    assert_non_null(data);
    for (int64_t i = 0; i < psi_size(a); i++)
        assert_true(data[i] == value);
}

static void a_scalar_s_value_outlives_it(void **state)
{
    (void)state;
    PSI_SCOPE;
    size_t before = psi_active_memory();
    psi_array view;
    {
        PSI_SCOPE;
        view = psi_promote(psi_broadcast_to(psi_scalar(2.5, PSI_FLOAT32), PSI_INTS(3, 2)));
        assert_true(psi_eval1(view));
    }
    assert_int_equal(psi_active_memory(), before);
    assert_all(view, 2.5f);
}

static void a_scalar_s_memory_is_not_reused(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array view;
    {
        PSI_SCOPE;
        psi_array two = psi_scalar(2, PSI_FLOAT32);
        view = psi_promote(psi_negative(psi_reshape(two, PSI_INTS(1))));
        assert_true(psi_eval1(view));
        assert_all(two, 2);
    }
    assert_all(view, -2);
}

/* Lent memory is never written, whether its owner wants to hear of its release or not. */
static void lent_memory_stays_as_it_is(void **state)
{
    (void)state;
    static float lent[4] = {1, 2, 3, 4};
    PSI_SCOPE;
    psi_array out;
    {
        PSI_SCOPE;
        out = psi_promote(psi_exp(psi_array_wrap(lent, PSI_INTS(4), PSI_FLOAT32, NULL, NULL)));
    }
    assert_true(psi_eval1(out));
    for (int i = 0; i < 4; i++)
        assert_true(lent[i] == (float)(i + 1));
}

static psi_array chain(psi_array x, int length)
{
    PSI_SCOPE;
    for (int i = 0; i < length; i++)
        x = psi_add(x, psi_scalar(i % 11, PSI_FLOAT32));
    return psi_promote(x);
}

/* Constants of many values, more than are looked through for equal ones; arrays of less and of more than a tile. */
static void broadcasts_are_read_through(void **state)
{
    (void)state;
    PSI_SCOPE;
    for (int64_t n = 1; n <= MANY; n += MANY - 1) {
        psi_array y = chain(psi_full(PSI_INTS(n), psi_scalar(1, PSI_FLOAT32), PSI_FLOAT32), 110);
        psi_array row = psi_reshape(psi_arange(0, (double)n, 1, PSI_FLOAT32), PSI_INTS(1, -1));
        psi_array table =
            psi_add(psi_multiply(row, psi_scalar(0, PSI_FLOAT32)), psi_ones(PSI_INTS(3, 1), PSI_FLOAT32));
        assert_true(psi_eval(PSI_ARRAYS(y, table)));
        assert_all(y, 551);
        assert_all(table, 1);
    }
}

/* Whoever holds a broadcast, or wants it too, finds its values, before and after what reads it through. */
static void a_broadcast_can_be_wanted_itself(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = psi_ones(PSI_INTS(2, MANY), PSI_FLOAT32);
    psi_array held = psi_broadcast_to(psi_scalar(3, PSI_FLOAT32), PSI_INTS(2, MANY));
    psi_array sum = psi_add(x, held),
              product = psi_multiply(psi_transpose(x, PSI_NONE), psi_transpose(held, PSI_NONE));
    assert_true(psi_eval(PSI_ARRAYS(sum, product, held)));
    assert_all(sum, 4);
    assert_all(product, 3);
    assert_all(held, 3);
}

static void some_work_is_done_on_the_spot(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = psi_ones(PSI_INTS(16), PSI_FLOAT32), small = psi_sum(psi_add(x, x), PSI_NONE, false);
    assert_true(psi_eval_small(small));
    assert_true(psi_is_available(small));
    psi_array large = psi_ones(PSI_INTS(MANY), PSI_FLOAT32), deep = chain(x, 40);
    assert_false(psi_eval_small(large));
    assert_false(psi_eval_small(deep));
    assert_false(psi_failed());
    assert_true(psi_eval(PSI_ARRAYS(large, deep)));
}

/* What fails on the spot is reported once, and can be tried again. */
static void a_failure_leaves_the_graph_as_it_was(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array y = psi_exp(psi_add(psi_zeros(PSI_INTS(4), PSI_FLOAT32), psi_scalar(0, PSI_FLOAT32)));
    bool ok = false;
    for (int64_t n = 1; !ok; n++) {
        psi_error_record e;
        psi_clear_cache();
        psi_test_fail_allocation(n);
        ok = psi_eval1(y);
        psi_test_fail_allocation(0);
        assert_true(psi_error(&e) != ok);
        assert_true(ok ? n > 1 : e.code == PSI_OUT_OF_MEMORY);
    }
    assert_all(y, 1);
}

/* An error that waits stays the one that is reported, and what can be computed is. */
static void an_earlier_error_stays(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_error_record e;
    psi_array x = psi_ones(PSI_INTS(3), PSI_FLOAT32), y = psi_add(x, x);
    psi_reshape(x, PSI_INTS(2));
    assert_true(psi_eval1(y));
    assert_true(psi_error(&e));
    assert_int_equal(e.code, PSI_INVALID_ARGUMENT);
    assert_all(y, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scalar_s_value_outlives_it),
        cmocka_unit_test(a_scalar_s_memory_is_not_reused),
        cmocka_unit_test(lent_memory_stays_as_it_is),
        cmocka_unit_test(broadcasts_are_read_through),
        cmocka_unit_test(a_broadcast_can_be_wanted_itself),
        cmocka_unit_test(some_work_is_done_on_the_spot),
        cmocka_unit_test(a_failure_leaves_the_graph_as_it_was),
        cmocka_unit_test(an_earlier_error_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
