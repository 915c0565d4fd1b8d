/* Functions with rules of their own, checkpoints, rules by name, depends, Jacobians and Hessians. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <psionic.h>
#include <string.h>

static psi_arrays list(int count, psi_array a, psi_array b)
{
    psi_arrays out = psi_arrays_new(count);
    for (int i = 0; i < count && out.count; i++)
        out.data[i] = i ? b : a;
    return out;
}

static void check(psi_array a, int count, const double *wanted)
{
    double got[32];
    assert_false(psi_is_error(a));
    assert_int_equal(psi_size(a), count);
    assert_true(psi_read(psi_astype(a, PSI_FLOAT64), got, (size_t)count * sizeof *got));
    for (int i = 0; i < count; i++)
        if (fabs(got[i] - wanted[i]) > 1e-6 * (1 + fabs(wanted[i])))
            fail_msg("element %d is %g, not %g", i, got[i], wanted[i]);
}
#define CHECK(a, ...) check(a, (int)(sizeof(double[]){__VA_ARGS__} / sizeof(double)), (double[]){__VA_ARGS__})

static void check_error(psi_code code, const char *part)
{
    psi_error_record e;
    assert_true(psi_error(&e));
    assert_int_equal(e.code, code);
    if (!strstr(e.message, part))
        fail_msg("'%s' does not name '%s'", e.message, part);
}

/* What a test sees of a custom function: how often each part ran, and whether it is kept. */
typedef struct counts {
    int fn, vjp, jvp, vmap, kept, answers;
    psi_custom custom;
} counts;

static psi_arrays product(psi_arrays in, void *context)
{
    ((counts *)context)->fn++;
    return list(2, psi_multiply(in.data[0], in.data[1]), psi_add(in.data[0], in.data[1]));
}

static psi_arrays product_vjp(psi_arrays primals, psi_arrays cotangents, psi_arrays outputs, void *context)
{
    counts *c = context;
    c->vjp++;
    assert_int_equal(outputs.count, 2);
    return list(c->answers, psi_multiply(cotangents.data[0], psi_scalar(7, PSI_FLOAT32)),
                psi_scalar(3, PSI_INT32));
    (void)primals;
}

static psi_arrays product_jvp(psi_arrays primals, psi_arrays tangents, void *context)
{
    ((counts *)context)->jvp++;
    assert_true(tangents.data[1] == NULL);
    return list(2, psi_multiply(primals.data[0], tangents.data[0]), NULL);
}

static psi_arrays product_vmap(psi_arrays in, psi_ints axes, int64_t *out_axes, void *context)
{
    ((counts *)context)->vmap++;
    assert_int_equal(axes.data[0], 1);
    assert_int_equal(axes.data[1], -1);
    out_axes[0] = out_axes[1] = 1;
    psi_array y = psi_expand_dims(in.data[1], PSI_INTS(1));
    return list(2, psi_subtract(in.data[0], y), psi_subtract(in.data[0], y));
}

static void keep(void *context)
{
    ((counts *)context)->kept++;
}

static void let_go(void *context)
{
    ((counts *)context)->kept--;
}

static psi_arrays apply(psi_arrays in, void *context)
{
    return psi_custom_function(&((counts *)context)->custom, in);
}

static counts with_rules(void)
{
    return (counts){.answers = 2,
                    .custom = {product, product_vjp, product_jvp, product_vmap, false, NULL, keep, let_go}};
}

static void rules_are_used(void **state)
{
    (void)state;
    counts c = with_rules();
    c.custom.context = &c;
    {
        PSI_SCOPE;
        psi_array x = PSI_FLOATS(2, 5), y = PSI_FLOATS(3, -1), one = PSI_FLOATS(1, 10);
        psi_arrays out, got;
        assert_true(psi_vjp(apply, &c, PSI_ARRAYS(x, y), PSI_ARRAYS(one, one), &out, &got));
        CHECK(out.data[0], 6, -5);
        CHECK(out.data[1], 5, 4);
        CHECK(got.data[0], 7, 70);
        CHECK(got.data[1], 3, 3); /* a scalar gradient is that of every element */
        assert_int_equal(psi_dtype_of(got.data[1]), PSI_FLOAT32);
    }
    {
        PSI_SCOPE;
        psi_array x = psi_reshape(PSI_FLOATS(1, 2, 3, 4, 5, 6), PSI_INTS(2, 3)), y = PSI_FLOATS(1, 2);
        psi_arrays out = psi_vmap(apply, &c, PSI_ARRAYS(x, y), PSI_INTS(1, -1), PSI_INTS(1, 1));
        assert_int_equal(out.count, 2);
        CHECK(out.data[0], 0, 1, 2, 2, 3, 4);
    }
    assert_int_equal(c.vmap, 1);
    assert_int_equal(c.vjp, 1);
    assert_int_equal(c.kept, 0);
}

/* x * 3 by its rule is x * tangent: only the first argument moves. */
static psi_arrays half_moved(psi_arrays in, void *context)
{
    return apply(PSI_ARRAYS(in.data[0], PSI_FLOATS(3, 3)), context);
}

static void tangents_that_are_zero_are_null(void **state)
{
    (void)state;
    PSI_SCOPE;
    counts c = with_rules();
    c.custom.context = &c;
    psi_arrays out, got;
    assert_true(
        psi_jvp(half_moved, &c, PSI_ARRAYS(PSI_FLOATS(2, 5)), PSI_ARRAYS(PSI_FLOATS(1, 2)), &out, &got));
    CHECK(got.data[0], 2, 10);
    CHECK(got.data[1], 0, 0);
    assert_int_equal(c.jvp, 1);
}

static void transforms_without_a_rule_go_through_the_function(void **state)
{
    (void)state;
    PSI_SCOPE;
    counts c = with_rules();
    c.custom = (psi_custom){.fn = product, .vjp = product_vjp, .context = &c};
    psi_array x = PSI_FLOATS(2, 5), y = PSI_FLOATS(3, -1), one = PSI_FLOATS(1, 1);
    psi_arrays out, got;
    assert_true(psi_jvp(apply, &c, PSI_ARRAYS(x, y), PSI_ARRAYS(one, one), &out, &got));
    CHECK(got.data[0], 5, 4);
    CHECK(got.data[1], 2, 2);
    out = psi_vmap(apply, &c, PSI_ARRAYS(x, psi_scalar(2, PSI_FLOAT32)), PSI_INTS(0, -1), PSI_NONE);
    CHECK(out.data[0], 4, 10);
    c.custom = (psi_custom){.fn = product, .jvp = product_jvp, .context = &c};
    assert_true(psi_vjp(apply, &c, PSI_ARRAYS(x, y), PSI_ARRAYS(one, one), &out, &got));
    CHECK(got.data[0], 4, 0);
    CHECK(got.data[1], 3, 6);
}

static void bad_rules_are_refused(void **state)
{
    (void)state;
    PSI_SCOPE;
    counts c = with_rules();
    c.custom.context = &c;
    c.answers = 1;
    psi_array x = PSI_FLOATS(2, 5), one = PSI_FLOATS(1, 1);
    psi_arrays out, got;
    assert_false(psi_vjp(apply, &c, PSI_ARRAYS(x, x), PSI_ARRAYS(one, one), &out, &got));
    check_error(PSI_INVALID_ARGUMENT, "vjp answered 1 arrays for 2 inputs");
    psi_custom_function(&(psi_custom){0}, PSI_ARRAYS(x));
    check_error(PSI_INVALID_ARGUMENT, "NULL");
    CHECK(x, 2, 5);
}

static psi_arrays square_sum(psi_arrays in, void *context)
{
    ++*(int *)context;
    return list(1, psi_square(psi_add(psi_multiply(in.data[0], in.data[1]), in.data[0])), NULL);
}

static psi_arrays checkpointed(psi_arrays in, void *context)
{
    return psi_checkpoint(square_sum, context, in);
}

static void checkpoints_run_twice(void **state)
{
    (void)state;
    PSI_SCOPE;
    int calls = 0;
    psi_array x = psi_scalar(2, PSI_FLOAT32), y = psi_scalar(3, PSI_FLOAT32),
              one = psi_scalar(1, PSI_FLOAT32);
    psi_arrays out, got;
    assert_true(psi_vjp(checkpointed, &calls, PSI_ARRAYS(x, y), PSI_ARRAYS(one), &out, &got));
    assert_int_equal(calls, 2);
    CHECK(out.data[0], 64);
    CHECK(got.data[0], 64);
    CHECK(got.data[1], 32);
}

static psi_arrays nine(psi_arrays primals, psi_arrays cotangents, psi_arrays outputs, void *context)
{
    (void)cotangents, (void)outputs;
    return list(2, psi_scalar(*(double *)context, PSI_FLOAT32), psi_zeros_like(primals.data[1]));
}

static psi_arrays by_name(psi_arrays in, void *context)
{
    return psi_apply_registered("nine", square_sum, context, in);
}

static void rules_by_name(void **state)
{
    (void)state;
    PSI_SCOPE;
    int calls = 0;
    double number = 9;
    psi_array x = PSI_FLOATS(2, 1), one = PSI_FLOATS(1, 1);
    psi_arrays out, got;
    assert_true(psi_register_vjp("nine", nine, &number));
    assert_false(psi_register_vjp("nine", nine, &number));
    check_error(PSI_INVALID_ARGUMENT, "'nine'");
    assert_true(psi_vjp(by_name, &calls, PSI_ARRAYS(x, x), PSI_ARRAYS(one), &out, &got));
    CHECK(got.data[0], 9, 9);
    CHECK(got.data[1], 0, 0);
    assert_true(psi_unregister_vjp("nine"));
    assert_false(psi_unregister_vjp("nine"));
    check_error(PSI_UNSUPPORTED_GRADIENT, "'nine'");
    psi_apply_registered("nine", square_sum, &calls, PSI_ARRAYS(x, x));
    check_error(PSI_UNSUPPORTED_GRADIENT, "'nine'");
    assert_false(psi_register_vjp("", nine, NULL));
    check_error(PSI_INVALID_ARGUMENT, "''");
}

static psi_arrays waiting(psi_arrays in, void *context)
{
    (void)context;
    return psi_depends(PSI_ARRAYS(psi_square(in.data[0])), PSI_ARRAYS(psi_exp(in.data[1])));
}

static void depends_is_the_input(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = PSI_FLOATS(2, 5), y = PSI_FLOATS(0, 1), one = PSI_FLOATS(1, 1), late = psi_exp(y);
    psi_arrays out = psi_depends(PSI_ARRAYS(x, y), PSI_ARRAYS(late)), got;
    assert_int_equal(out.count, 2);
    assert_true(psi_eval1(out.data[0]));
    assert_true(psi_is_available(late));
    CHECK(out.data[1], 0, 1);
    assert_true(psi_vjp(waiting, NULL, PSI_ARRAYS(x, y), PSI_ARRAYS(one), &out, &got));
    CHECK(got.data[0], 4, 10);
    CHECK(got.data[1], 0, 0);
    assert_true(psi_jvp(waiting, NULL, PSI_ARRAYS(x, y), PSI_ARRAYS(one, one), &out, &got));
    CHECK(got.data[0], 4, 10);
    out = psi_vmap(waiting, NULL, PSI_ARRAYS(x, y), PSI_INTS(0, -1), PSI_NONE);
    CHECK(out.data[0], 4, 25);
    assert_int_equal(psi_depends((psi_arrays){NULL, 0}, PSI_ARRAYS(x)).count, 0);
    assert_false(psi_failed());
}

/* (x0 * x1, x1^2), y * x0 */
static psi_arrays pair(psi_arrays in, void *context)
{
    (void)context;
    psi_array x0 = psi_take_index(in.data[0], 0, 0), x1 = psi_take_index(in.data[0], 1, 0);
    return list(2, psi_stack(PSI_ARRAYS(psi_multiply(x0, x1), psi_square(x1)), 0),
                psi_multiply(in.data[1], x0));
}

static void jacobians(void **state)
{
    (void)state;
    psi_arrays (*const both[])(psi_function, void *, psi_arrays, psi_ints) = {psi_jacrev, psi_jacfwd};
    for (int i = 0; i < 2; i++) {
        PSI_SCOPE;
        psi_arrays in = PSI_ARRAYS(PSI_FLOATS(2, 3), PSI_FLOATS(4, 5, 6));
        psi_arrays j = both[i](pair, NULL, in, PSI_INTS(0, 1));
        assert_int_equal(j.count, 4);
        CHECK(j.data[0], 3, 2, 0, 6);
        assert_int_equal(psi_ndim(j.data[1]), 2);
        CHECK(j.data[1], 0, 0, 0, 0, 0, 0);
        CHECK(j.data[2], 4, 0, 5, 0, 6, 0);
        CHECK(j.data[3], 2, 0, 0, 0, 2, 0, 0, 0, 2);
        assert_int_equal(both[i](pair, NULL, in, PSI_INTS(2)).count, 0);
        check_error(PSI_INVALID_ARGUMENT, i ? "jacfwd" : "jacrev");
    }
}

static void hessians(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_arrays in = PSI_ARRAYS(PSI_FLOATS(2, 3), psi_scalar(4, PSI_FLOAT32));
    psi_arrays h = psi_hessian(pair, NULL, in, PSI_INTS(0, 1));
    assert_int_equal(h.count, 8);
    CHECK(h.data[0], 0, 1, 1, 0, 0, 0, 0, 2); /* of both outputs, by both elements, twice */
    CHECK(h.data[5], 1, 0);                   /* y * x0 by x, then by y */
    CHECK(h.data[6], 1, 0);
    CHECK(h.data[7], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_used),
        cmocka_unit_test(tangents_that_are_zero_are_null),
        cmocka_unit_test(transforms_without_a_rule_go_through_the_function),
        cmocka_unit_test(bad_rules_are_refused),
        cmocka_unit_test(checkpoints_run_twice),
        cmocka_unit_test(rules_by_name),
        cmocka_unit_test(depends_is_the_input),
        cmocka_unit_test(jacobians),
        cmocka_unit_test(hessians),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
