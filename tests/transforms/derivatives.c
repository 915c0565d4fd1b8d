/* Derivatives that upstream has wrong, or not at all, with literal numbers; every row of docs/differences.md that names
 * this file is here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <psionic.h>

static void check(psi_array a, int count, const double *wanted)
{
    double got[64];
    assert_false(psi_is_error(a));
    bool complex = psi_dtype_of(a) == PSI_COMPLEX64;
    assert_int_equal(psi_size(a) * (1 + complex), count);
    if (complex) {
        float parts[64];
        assert_true(psi_read(a, parts, (size_t)count * sizeof *parts));
        for (int i = 0; i < count; i++)
            got[i] = (double)parts[i];
    } else {
        assert_true(psi_read(psi_astype(a, PSI_FLOAT64), got, (size_t)count * sizeof *got));
    }
    for (int i = 0; i < count; i++)
        if (!(fabs(got[i] - wanted[i]) <= 1e-5 * (1 + fabs(wanted[i]))))
            fail_msg("element %d is %g, not %g", i, got[i], wanted[i]);
}
#define CHECK(a, ...) check(a, (int)(sizeof(double[]){__VA_ARGS__} / sizeof(double)), (double[]){__VA_ARGS__})

#define FUNCTION(name, expression)                                   \
    static psi_arrays name(psi_arrays in, void *context)             \
    {                                                                \
        psi_array x = in.data[0], y = in.count > 1 ? in.data[1] : x; \
        psi_arrays out = psi_arrays_new(1);                          \
        (void)context, (void)y;                                      \
        if (out.count)                                               \
            out.data[0] = expression;                                \
        return out;                                                  \
    }

static psi_array pull(psi_function fn, psi_arrays at, psi_array cotangent, int which)
{
    psi_arrays out, made;
    assert_true(psi_vjp(fn, NULL, at, PSI_ARRAYS(cotangent), &out, &made));
    return made.data[which];
}

static psi_array push(psi_function fn, psi_arrays at, psi_arrays tangents)
{
    psi_arrays out, made;
    assert_true(psi_jvp(fn, NULL, at, tangents, &out, &made));
    return made.data[0];
}

FUNCTION(first_of_five, psi_slice(x, PSI_INTS(0), PSI_INTS(3), PSI_INTS(5)))
FUNCTION(last_backwards, psi_slice(x, PSI_INTS(2), PSI_INTS(0), PSI_INTS(-5)))

static void slices_of_one_element(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = PSI_FLOATS(1, 2, 3);
    CHECK(pull(first_of_five, PSI_ARRAYS(x), PSI_FLOATS(7), 0), 7, 0, 0);
    CHECK(pull(last_backwards, PSI_ARRAYS(x), PSI_FLOATS(7), 0), 0, 0, 7);
    CHECK(push(last_backwards, PSI_ARRAYS(x), PSI_ARRAYS(PSI_FLOATS(4, 5, 6))), 6);
    psi_array rows = psi_reshape(PSI_FLOATS(1, 2, 3, 4, 5, 6), PSI_INTS(2, 3));
    CHECK(psi_vmap(first_of_five, NULL, PSI_ARRAYS(rows), PSI_NONE, PSI_NONE).data[0], 1, 4);
}

FUNCTION(overlapping,
         psi_multiply(psi_split_at(x, PSI_INTS(2, 1), 0).data[0], psi_split_at(x, PSI_INTS(2, 1), 0).data[2]))
FUNCTION(remainder_of, psi_divmod(x, y).data[1])

static void parts_and_remainders(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = PSI_FLOATS(2, 3, 5);
    /* (x0, x1) times (x1, x2) */
    CHECK(pull(overlapping, PSI_ARRAYS(x), PSI_FLOATS(1, 10), 0), 3, 2 + 50, 30);
    psi_arrays at = PSI_ARRAYS(PSI_FLOATS(5, -7), PSI_FLOATS(2, 3));
    CHECK(push(remainder_of, at, PSI_ARRAYS(PSI_FLOATS(1, 2), PSI_FLOATS(10, 20))), 1 - 20, 2 + 40);
    CHECK(pull(remainder_of, at, PSI_FLOATS(1, 1), 0), 1, 1);
    CHECK(pull(remainder_of, at, PSI_FLOATS(1, 1), 1), -2, 2);
}

FUNCTION(truth_times, psi_multiply(psi_astype(psi_astype(x, PSI_BOOL), PSI_FLOAT32), x))
FUNCTION(second_of_where,
         psi_where(psi_greater(x, psi_scalar(2, PSI_FLOAT32)), psi_scalar(5, PSI_FLOAT32), x))
FUNCTION(select_between, psi_where(psi_greater(x, psi_scalar(2, PSI_FLOAT32)), x, y))
FUNCTION(select_truth, psi_where(psi_astype(x, PSI_BOOL), psi_square(x), psi_zeros_like(x)))

static void nothing_moves_with_a_truth_value(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = PSI_FLOATS(1, 2, 3), t = PSI_FLOATS(10, 20, 30);
    CHECK(push(truth_times, PSI_ARRAYS(x), PSI_ARRAYS(t)), 10, 20, 30);
    CHECK(pull(truth_times, PSI_ARRAYS(x), t, 0), 10, 20, 30);
    psi_array moved = push(second_of_where, PSI_ARRAYS(x), PSI_ARRAYS(t));
    CHECK(moved, 10, 20, 0);
    assert_int_equal(psi_dtype_of(moved), PSI_FLOAT32);
    CHECK(push(select_between, PSI_ARRAYS(x, t), PSI_ARRAYS(t, x)), 1, 2, 30);
    CHECK(pull(select_between, PSI_ARRAYS(x, t), t, 0), 0, 0, 30);
    CHECK(pull(select_between, PSI_ARRAYS(x, t), t, 1), 10, 20, 0);
    CHECK(push(select_truth, PSI_ARRAYS(x), PSI_ARRAYS(t)), 20, 80, 180);
    psi_array truth = psi_astype(x, PSI_BOOL);
    CHECK(push(truth_times, PSI_ARRAYS(truth), PSI_ARRAYS(truth)), 0, 0, 0);
    CHECK(pull(truth_times, PSI_ARRAYS(truth), t, 0), 0, 0, 0);
}

FUNCTION(sign_of, psi_sign(x))
FUNCTION(product_of, psi_prod(x, PSI_NONE, false))
FUNCTION(products_of, psi_cumprod(x, 0, false, true))

static void complex_numbers(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array z = psi_scalar_complex(3, 4),
              pair = psi_stack(PSI_ARRAYS(psi_scalar_complex(1, 2), psi_scalar_complex(3, -1)), 0);
    CHECK(push(sign_of, PSI_ARRAYS(z), PSI_ARRAYS(psi_scalar_complex(0, 1))), -0.096, 0.072);
    CHECK(pull(sign_of, PSI_ARRAYS(z), psi_scalar_complex(0, 1), 0), -0.096, 0.072);
    CHECK(push(sign_of, PSI_ARRAYS(psi_scalar_complex(0, 0)), PSI_ARRAYS(z)), 0, 0);
    /* A gradient is the cotangent times the conjugate of the derivative. */
    CHECK(pull(product_of, PSI_ARRAYS(pair), psi_scalar_complex(1, 1), 0), 2, 4, 3, -1);
    psi_array g = psi_stack(PSI_ARRAYS(psi_scalar_complex(1, 1), psi_scalar_complex(0, 1)), 0);
    CHECK(pull(products_of, PSI_ARRAYS(pair), g, 0), 0, 4, 2, 1);
}

FUNCTION(logs_of, psi_logcumsumexp(x, 0, false, true))
FUNCTION(larger_at_one,
         psi_scatter_max(x, PSI_ARRAYS(PSI_INT32S(1)), psi_reshape(y, PSI_INTS(1, 1)), PSI_INTS(0)))
FUNCTION(chosen_products, psi_gather_mm(x, y, PSI_INT32S(1, 1), PSI_INT32S(0, 1), false))

static void tangents_by_transposition(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array t = PSI_FLOATS(1, 10, 100);
    CHECK(push(products_of, PSI_ARRAYS(PSI_FLOATS(2, 0, 3)), PSI_ARRAYS(t)), 1, 20, 60);
    double e = exp(-1);
    CHECK(push(logs_of, PSI_ARRAYS(PSI_FLOATS(1, 2, 1)), PSI_ARRAYS(t)), 1, (e + 10) / (e + 1),
          (e + 10 + 100 * e) / (2 * e + 1));
    CHECK(push(larger_at_one, PSI_ARRAYS(PSI_FLOATS(1, 2, 3), PSI_FLOATS(5)), PSI_ARRAYS(t, PSI_FLOATS(7))),
          1, 7, 100);
    psi_array a = psi_reshape(PSI_FLOATS(1, 2), PSI_INTS(2, 1, 1)),
              b = psi_reshape(PSI_FLOATS(3, 4), PSI_INTS(2, 1, 1));
    CHECK(push(chosen_products, PSI_ARRAYS(a, b), PSI_ARRAYS(b, a)), 4 * 3 + 2 * 1, 4 * 4 + 2 * 2);
    psi_array many = psi_reshape(PSI_FLOATS(1, 2, 10, 20), PSI_INTS(2, 2, 1, 1));
    CHECK(psi_vmap(chosen_products, NULL, PSI_ARRAYS(many, b), PSI_INTS(0, -1), PSI_NONE).data[0], 6, 8, 60,
          80);
}

FUNCTION(sum_of_products, psi_sum(psi_cumprod(x, 0, false, true), PSI_NONE, false))
FUNCTION(sum_of_later_products, psi_sum(psi_cumprod(x, 0, true, false), PSI_NONE, false))
FUNCTION(squares_of_logs, psi_sum(psi_square(psi_logcumsumexp(x, 0, false, true)), PSI_NONE, false))

static void second_derivatives_of_scans(void **state)
{
    (void)state;
    PSI_SCOPE;
    /* a + a b + a b c at a = 0, and the sum of c + b c at b = 0 */
    psi_array x = PSI_FLOATS(0, 2, 3), y = PSI_FLOATS(2, 0, 3);
    CHECK(psi_hessian(sum_of_products, NULL, PSI_ARRAYS(x), PSI_NONE).data[0], 0, 4, 2, 4, 0, 0, 2, 0, 0);
    CHECK(psi_hessian(sum_of_later_products, NULL, PSI_ARRAYS(y), PSI_NONE).data[0], 0, 0, 0, 0, 0, 1, 0, 1,
          0);
    /* a * a + log(exp(a) + exp(b))^2 at 0, 0, where a cotangent is 0 */
    double log2 = log(2), cross = 0.5 - 0.5 * log2;
    CHECK(psi_hessian(squares_of_logs, NULL, PSI_ARRAYS(PSI_FLOATS(0, 0)), PSI_NONE).data[0],
          2.5 + 0.5 * log2, cross, cross, 0.5 + 0.5 * log2);
    /* What is minus infinity does not move. */
    psi_array low = PSI_FLOATS(-INFINITY, -INFINITY, 1);
    CHECK(pull(logs_of, PSI_ARRAYS(low), PSI_FLOATS(1, 2, 3), 0), 0, 0, 3);
    CHECK(push(logs_of, PSI_ARRAYS(low), PSI_ARRAYS(PSI_FLOATS(1, 2, 3))), 0, 0, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_of_one_element),
        cmocka_unit_test(parts_and_remainders),
        cmocka_unit_test(nothing_moves_with_a_truth_value),
        cmocka_unit_test(complex_numbers),
        cmocka_unit_test(tangents_by_transposition),
        cmocka_unit_test(second_derivatives_of_scans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
