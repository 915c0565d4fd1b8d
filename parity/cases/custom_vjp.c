/* custom_vjp.c: mirrors of upstream's tests/custom_vjp_tests.cpp, and the named tests of rules. A rule is told from what the
 * function itself would give by numbers that no derivative has. */
#include "arrays.h"

static psi_arrays list_of(int count, psi_array a, psi_array b)
{
    psi_arrays out = psi_arrays_new(count);
    for (int i = 0; i < out.count; i++)
        out.data[i] = i ? b : a;
    return out;
}

/* (x y, x - y) */
static psi_arrays product_and_difference(psi_arrays in, void *context)
{
    (void)context;
    return list_of(2, psi_multiply(in.data[0], in.data[1]), psi_subtract(in.data[0], in.data[1]));
}

static psi_arrays eight_and_nine(psi_arrays primals, psi_arrays cotangents, psi_arrays outputs, void *context)
{
    (void)primals, (void)cotangents, (void)outputs, (void)context;
    return list_of(2, f32(8), f32(9));
}

static psi_arrays with_rule(psi_arrays in, void *context)
{
    (void)context;
    psi_custom custom = {.fn = product_and_difference, .vjp = eight_and_nine};
    return psi_custom_function(&custom, in);
}

PARITY_CASE(custom_vjp, "tests/custom_vjp_tests.cpp", "test simple custom vjp")
{
    psi_array x = f32(4), y = f32(2.5), one = f32(1);
    psi_arrays out, grads;
    REQUIRE(psi_vjp(product_and_difference, NULL, PSI_ARRAYS(x, y), PSI_ARRAYS(one, one), &out, &grads));
    CHECK_VALUES(out.data[0], 10);
    CHECK_VALUES(out.data[1], 1.5);
    CHECK_VALUES(grads.data[0], 3.5);
    CHECK_VALUES(grads.data[1], 3);
    REQUIRE(psi_vjp(with_rule, NULL, PSI_ARRAYS(x, y), PSI_ARRAYS(one, one), &out, &grads));
    CHECK_VALUES(out.data[0], 10);
    CHECK_VALUES(out.data[1], 1.5);
    CHECK_VALUES(grads.data[0], 8);
    CHECK_VALUES(grads.data[1], 9);
}

/* (x y - x)^2, counting its calls */
static psi_arrays counted_square(psi_arrays in, void *context)
{
    ++*(int *)context;
    psi_array xy = psi_multiply(in.data[0], in.data[1]);
    return list_of(1, psi_square(psi_subtract(xy, in.data[0])), NULL);
}

static psi_arrays checkpointed(psi_arrays in, void *context)
{
    return psi_checkpoint(counted_square, context, in);
}

PARITY_CASE(custom_vjp, "tests/custom_vjp_tests.cpp", "test checkpointing")
{
    int calls = 0;
    psi_arrays out, grads;
    REQUIRE(psi_vjp(checkpointed, &calls, PSI_ARRAYS(f32(3), f32(5)), PSI_ARRAYS(f32(1)), &out, &grads));
    CHECK_VALUES(out.data[0], 144);
    CHECK_VALUES(grads.data[0], 96);
    CHECK_VALUES(grads.data[1], 72);
    CHECK_EQ_INT(calls, 2);
    /* The values that are computed again wait for those of the forward pass. */
    psi_array late = psi_exp(f32(0));
    psi_arrays same = psi_depends(PSI_ARRAYS(PSI_FLOATS(3, 1)), PSI_ARRAYS(late));
    CHECK_VALUES(same.data[0], 3, 1);
    CHECK(psi_is_available(late));
}

/* ---- rules by name ---- */

static psi_arrays scaled_cotangents(psi_arrays primals, psi_arrays cotangents, psi_arrays outputs,
                                    void *context)
{
    (void)primals, (void)outputs;
    psi_array scale = f32(*(const double *)context);
    return list_of(2, psi_multiply(cotangents.data[0], scale), psi_multiply(cotangents.data[1], scale));
}

static psi_arrays by_name(psi_arrays in, void *context)
{
    return psi_apply_registered(context, product_and_difference, NULL, in);
}

static psi_arrays total_by_name(psi_arrays in, void *context)
{
    psi_arrays both = by_name(in, context);
    return both.count ? list_of(1, psi_sum(psi_add(both.data[0], both.data[1]), PSI_NONE, false), NULL)
                      : both;
}

ANCHOR_CASE(public_custom_vjp_transform_uses_registered_rule)
{
    char name[] = "scaled";
    double scale = 100;
    psi_array x = PSI_FLOATS(1, 2), y = PSI_FLOATS(3, 5), g = PSI_FLOATS(1, -1), h = PSI_FLOATS(0, 2);
    psi_arrays inputs = PSI_ARRAYS(x, y), out, grads;
    REQUIRE(psi_register_vjp(name, scaled_cotangents, &scale));
    REQUIRE(psi_vjp(by_name, name, inputs, PSI_ARRAYS(g, h), &out, &grads));
    CHECK_VALUES(out.data[0], 3, 10);
    CHECK_VALUES(out.data[1], -2, -3);
    CHECK_VALUES(grads.data[0], 100, -100);
    CHECK_VALUES(grads.data[1], 0, 200);
    REQUIRE(psi_value_and_grad(total_by_name, name, inputs, PSI_INTS(1), &out, &grads));
    CHECK_VALUES(out.data[0], 8);
    CHECK_VALUES(grads.data[0], 100, 100);
    /* Other transforms go through the function itself. */
    REQUIRE(psi_jvp(by_name, name, inputs, PSI_ARRAYS(PSI_FLOATS(1, 0), PSI_FLOATS(0, 1)), &out, &grads));
    CHECK_VALUES(grads.data[0], 3, 2);
    CHECK_VALUES(grads.data[1], 1, -1);
    out = psi_vmap(by_name, name, inputs, PSI_NONE, PSI_NONE);
    REQUIRE(out.count == 2);
    CHECK_VALUES(out.data[0], 3, 10);
    CHECK(psi_unregister_vjp(name));
}

ANCHOR_CASE(custom_vjp_registry_and_transform_refuse_missing_and_duplicate_rules)
{
    char name[] = "of nobody";
    double scale = 2;
    psi_array x = PSI_FLOATS(1, 2), y = PSI_FLOATS(3, 5);
    psi_arrays inputs = PSI_ARRAYS(x, y), out, grads;
    EXPECT_REFUSAL(PSI_UNSUPPORTED_GRADIENT, "custom vjp of an unknown name", by_name(inputs, name));
    EXPECT_REFUSAL(PSI_UNSUPPORTED_GRADIENT, "vjp of it",
                   psi_vjp(by_name, name, inputs, inputs, &out, &grads));
    CHECK_ERROR(PSI_UNSUPPORTED_GRADIENT, psi_unregister_vjp(name));
    REQUIRE(psi_register_vjp(name, scaled_cotangents, &scale));
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_register_vjp(name, eight_and_nine, NULL));
    /* The first one stays. */
    REQUIRE(psi_vjp(by_name, name, inputs, inputs, &out, &grads));
    CHECK_VALUES(grads.data[0], 2, 4);
    CHECK_VALUES(grads.data[1], 6, 10);
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_register_vjp(NULL, eight_and_nine, NULL));
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_register_vjp("no rule", NULL, NULL));
    CHECK(psi_unregister_vjp(name));
    CHECK_ERROR(PSI_UNSUPPORTED_GRADIENT, by_name(inputs, name));
    CHECK_VALUES(psi_add(x, y), 4, 7);
}
