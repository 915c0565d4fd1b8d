/* values.h: checks of an array's shape and values against literal numbers, shared by the tests of ops and
 * of what computes them. */
#ifndef PSI_TESTS_OPS_VALUES_H
#define PSI_TESTS_OPS_VALUES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <psionic.h>
#include <stdlib.h>

#include "core/memory.h"

/* Nothing failed before, and the values are these, NaN for NaN, within tolerance * max(1, |expected|). */
static inline void expect_within(psi_array a, psi_ints shape, const double *expected, double tolerance)
{
    psi_error_record e = {0};
    psi_array wide = psi_astype(a, PSI_FLOAT64);
    const double *values = psi_data(wide);
    psi_error(&e);
    assert_string_equal(e.message, "");
    assert_int_equal(psi_ndim(a), shape.count);
    for (int i = 0; i < shape.count; i++)
        assert_int_equal(psi_dim(a, i), shape.data[i]);
    for (int64_t i = 0; i < psi_size(a); i++)
        assert_true(isnan(expected[i])
                        ? isnan(values[i])
                        : values[i] == expected[i] ||
                              fabs(values[i] - expected[i]) <= tolerance * fmax(1, fabs(expected[i])));
}
#define EXPECT(a, shape, ...) expect_within(a, shape, (const double[]){__VA_ARGS__}, 1e-6)

static inline void expect_typed(psi_array a, psi_dtype dtype, psi_ints shape, const double *expected,
                                double tolerance)
{
    expect_within(a, shape, expected, tolerance);
    assert_int_equal(psi_dtype_of(a), dtype);
}
#define EXPECT_EXACT(a, dtype, shape, ...) expect_typed(a, dtype, shape, (const double[]){__VA_ARGS__}, 0)
#define EXPECT_NEAR(a, dtype, shape, ...) expect_typed(a, dtype, shape, (const double[]){__VA_ARGS__}, 8e-7)

static inline void expect_strides(psi_array a, psi_ints expected)
{
    psi_ints strides = psi_strides(a);
    assert_int_equal(strides.count, expected.count);
    for (int i = 0; i < strides.count; i++)
        assert_int_equal(strides.data[i], expected.data[i]);
}

/* The call fails, or evaluating its result does, with this kind of error. */
static inline void expect_error(psi_array a, psi_kind kind)
{
    psi_error_record e = {0};
    if (!psi_is_error(a))
        assert_false(psi_eval1(a));
    assert_true(psi_error(&e));
    assert_int_equal(e.kind, kind);
    assert_true(e.message[0]);
}

/* The call just made has failed with this kind of error and these very words. */
static inline void expect_recorded(psi_kind kind, const char *message)
{
    psi_error_record e = {0};
    assert_true(psi_error(&e));
    assert_int_equal(e.kind, kind);
    assert_string_equal(e.message, message);
}

static inline void expect_message(psi_array a, psi_kind kind, const char *message)
{
    assert_true(psi_is_error(a));
    expect_recorded(kind, message);
}

/* Ends the failing of allocations: true when all went well nevertheless; what failed must have run out of memory. */
static inline bool survived(bool ok)
{
    psi_test_fail_allocation(0);
    if (!ok) {
        psi_error_record e = {0};
        assert_true(psi_error(&e));
        assert_int_equal(e.code, PSI_OUT_OF_MEMORY);
    }
    return ok;
}

static inline psi_array count_up(psi_ints shape)
{
    float values[256];
    int64_t size = 1;
    for (int i = 0; i < shape.count; i++)
        size *= shape.data[i];
    for (int64_t i = 0; i < size; i++)
        values[i] = (float)i;
    return psi_array_from(values, shape, PSI_FLOAT32);
}

/* The list that a function answers to a transform. */
static inline psi_arrays list_of(int count, const psi_array *items)
{
    psi_arrays out = psi_arrays_new(count);
    for (int i = 0; i < out.count; i++)
        out.data[i] = items[i];
    return out;
}
#define LIST(...) list_of(PSI_COUNT_(psi_array, __VA_ARGS__), (psi_array[]){__VA_ARGS__})

/* The gradient of sum(weights * f(x)), weights being 1, 2, 3, ... */
static inline psi_array gradient(psi_function f, psi_array x)
{
    psi_arrays out = f(PSI_ARRAYS(x), NULL), vjps = {NULL, 0};
    psi_array weights = psi_add(count_up(psi_shape(out.data[0])), psi_scalar(1, PSI_FLOAT32));
    assert_true(psi_vjp(f, NULL, PSI_ARRAYS(x), PSI_ARRAYS(weights), &out, &vjps));
    return vjps.data[0];
}

#endif
