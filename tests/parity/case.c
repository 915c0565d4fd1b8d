/* Tests of the parity checks (parity/case.h): each one holds when it should, fails when it should, and counts once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../parity/case.c"
#include "../../parity/values.c"

/* state.h leaves the recording macros out, which one test here wants. */
#include "../../parity/recorded_core.h"
#include "parity/recorded.h"

/* Runs a check against the expected answer; it must count as one check and, when it fails, as one failure. */
#define EXPECT(held, check)                                             \
    do {                                                                \
        int checks = parity_now.checks, failures = parity_now.failures; \
        assert_int_equal((check), (held));                              \
        assert_int_equal(parity_now.checks, checks + 1);                \
        assert_int_equal(parity_now.failures, failures + !(held));      \
    } while (0)

static psi_scope scope;

static int start(void **state)
{
    (void)state;
    memset(&parity_now, 0, sizeof parity_now);
    psi_scope_open(&scope);
    return 0;
}

static int end(void **state)
{
    (void)state;
    psi_error(NULL);
    psi_scope_close(&scope);
    return 0;
}

static void plain_checks(void **state)
{
    (void)state;
    EXPECT(true, CHECK(1 < 2));
    EXPECT(false, CHECK(2 < 1));
    EXPECT(false, CHECK_FALSE(1 < 2));
    EXPECT(true, CHECK_EQ_INT(INT64_MIN, INT64_MIN));
    EXPECT(false, CHECK_EQ_INT(3, 4));
    EXPECT(true, CHECK_NEAR(1.0, 1.05, 0.1));
    EXPECT(true, CHECK_NEAR(INFINITY, INFINITY, 0));
    EXPECT(false, CHECK_NEAR(1.0, (double)NAN, 10));
    EXPECT(true, CHECK_STR("a", "a"));
    EXPECT(false, CHECK_STR(NULL, "a"));
    assert_non_null(strstr(parity_now.message, "is 3, wanted 4"));
}

static void value_checks(void **state)
{
    (void)state;
    psi_array a = PSI_FLOATS(1, NAN, -0.0f);
    EXPECT(true, CHECK_VALUES(a, 1, NAN, 0));
    EXPECT(false, CHECK_VALUES(a, 1, NAN));
    EXPECT(false, CHECK_VALUES(a, 1, 2, 0));
    EXPECT(true, CHECK_VALUES(PSI_INT64S(INT64_MAX, INT64_MIN), INT64_MAX, INT64_MIN));
    EXPECT(false, CHECK_VALUES(PSI_INT64S(INT64_MAX), INT64_MAX - 1));
    EXPECT(true, CHECK_VALUES(psi_scalar_complex(2, -3), 2, -3));
    EXPECT(true, CHECK_VALUES(psi_scalar(-0.3125, PSI_FLOAT16), -0.3125));
    EXPECT(true, CHECK_VALUES(psi_scalar(ldexp(3, -24), PSI_FLOAT16), ldexp(3, -24)));
    EXPECT(true, CHECK_VALUES(psi_scalar(1.5, PSI_BFLOAT16), 1.5));
    EXPECT(true, CHECK_VALUES_NEAR(PSI_FLOATS(1000), 1e-3, 1000.5));
    EXPECT(false, CHECK_VALUES_NEAR(PSI_FLOATS(1000), 1e-4, 1000.5));
    EXPECT(true, CHECK_TRUE(psi_scalar_int(1, PSI_BOOL)));
    EXPECT(false, CHECK_TRUE(psi_scalar_int(0, PSI_BOOL)));
    EXPECT(false, CHECK_TRUE(PSI_BOOLS(true, true)));
    EXPECT(true, CHECK_EMPTY(psi_array_from(NULL, PSI_INTS(2, 0), PSI_INT8)));
}

static void shape_and_pair_checks(void **state)
{
    (void)state;
    psi_array a = PSI_FLOATS(1, NAN, -0.0f);
    EXPECT(true, CHECK_SHAPE(a, 3));
    EXPECT(false, CHECK_SHAPE(a, 3, 1));
    EXPECT(true, CHECK_SCALAR(psi_scalar(1, PSI_INT32)));
    EXPECT(false, CHECK_DTYPE(a, PSI_FLOAT64));
    EXPECT(true, CHECK_SAME(a, PSI_FLOATS(1, NAN, 0)));
    EXPECT(false, CHECK_SAME(a, PSI_DOUBLES(1, NAN, 0)));
    EXPECT(true, CHECK_CLOSE(a, PSI_DOUBLES(1.01, NAN, 0), 0, 0.02));
    EXPECT(false, CHECK_CLOSE(a, PSI_DOUBLES(1.01, NAN, 0), 0, 0.002));
    EXPECT(false, CHECK_CLOSE(a, PSI_FLOATS(1, NAN), 1, 1));
}

static void error_checks(void **state)
{
    (void)state;
    double value;
    psi_device gpu = {PSI_GPU, 0};
    EXPECT(true, CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_item(PSI_FLOATS(1, 2), &value)));
    assert_false(psi_failed());
    EXPECT(false, CHECK_ERROR(PSI_IO, psi_item(PSI_FLOATS(1, 2), &value)));
    EXPECT(false, CHECK_ERROR(PSI_IO, psi_item(PSI_FLOATS(1), &value)));
    EXPECT(true, CHECK_ERROR_KIND(PSI_INVALID_ARGUMENT, PSI_INDEX_ERROR, psi_dim(PSI_FLOATS(1), 7)));
    EXPECT(false, CHECK_ERROR_KIND(PSI_INVALID_ARGUMENT, PSI_OS_ERROR, psi_dim(PSI_FLOATS(1), 7)));
    EXPECT(false, EXPECT_REFUSAL(PSI_INVALID_ARGUMENT, "x", psi_dim(PSI_FLOATS(1), 7)));
    assert_false(parity_now.refused);
    EXPECT(true, EXPECT_REFUSAL(PSI_UNSUPPORTED_BACKEND_CAPABILITY, "gpu", psi_set_default_device(gpu)));
    assert_true(parity_now.refused);
    assert_string_equal(parity_now.refusal_scope, "gpu");
}

static void an_error_left_untaken_is_a_failure(void **state)
{
    (void)state;
    psi_dim(PSI_FLOATS(1), 7);
    parity_before_error();
    assert_int_equal(parity_now.failures, 1);
    assert_int_equal(parity_now.checks, 0);
}

static void calls_are_recorded_once(void **state)
{
    (void)state;
    psi_array x = PSI_FLOATS(1, 2), y = psi_add(x, psi_add(x, x));
    CHECK_SHAPE(y, 2);
    assert_int_equal(parity_now.call_count, 3);
    assert_string_equal(parity_now.calls[0], "array_from");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plain_checks, start, end),
        cmocka_unit_test_setup_teardown(value_checks, start, end),
        cmocka_unit_test_setup_teardown(shape_and_pair_checks, start, end),
        cmocka_unit_test_setup_teardown(error_checks, start, end),
        cmocka_unit_test_setup_teardown(an_error_left_untaken_is_a_failure, start, end),
        cmocka_unit_test_setup_teardown(calls_are_recorded_once, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
