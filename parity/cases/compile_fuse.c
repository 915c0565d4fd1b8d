/* compile_fuse.c: upstream's tests of what compile fuses: which primitives a compiled function's outputs have, what they
 * read, and that the numbers stay. */
#include "compiled.h"

static psi_arrays only_sine(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_sin(in.data[0]));
}

static psi_arrays three_unary(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_abs(psi_square(psi_sin(in.data[0]))));
}

static psi_arrays three_others(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_abs(psi_sin(psi_square(in.data[0]))));
}

static psi_arrays unary_then_sum(psi_arrays in, void *context)
{
    return ANSWER(psi_sum(three_unary(in, context).data[0], PSI_NONE, true));
}

static psi_arrays sum_then_unary(psi_arrays in, void *context)
{
    return three_unary(PSI_ARRAYS(psi_sum(in.data[0], PSI_NONE, true)), context);
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile unary fused")
{
    psi_array x = PSI_FLOATS(0.5, -2), y = once(only_sine, PSI_ARRAYS(x)).data[0];
    CHECK_PRIMITIVE(y, "Sin"); /* one op alone stays what it is */
    CHECK(psi_id(input_of(y, 0)) == psi_id(x));
    y = once(three_unary, PSI_ARRAYS(x)).data[0];
    CHECK_PRIMITIVE(y, "CompiledSinSquareAbs");
    CHECK(psi_id(input_of(y, 0)) == psi_id(x));
    CHECK_TRUE(psi_allclose(y, three_unary(PSI_ARRAYS(x), NULL).data[0], 1e-6, 0, false));
    psi_arrays total = once(unary_then_sum, PSI_ARRAYS(x));
    CHECK_EQ_INT(total.count, 1);
    CHECK_PRIMITIVE(total.data[0], "Reduce");
    CHECK_EQ_INT(psi_size(total.data[0]), 1);
    CHECK_PRIMITIVE(input_of(total.data[0], 0), "CompiledSinSquareAbs");
    CHECK(psi_id(input_of(input_of(total.data[0], 0), 0)) == psi_id(x));
    y = once(sum_then_unary, PSI_ARRAYS(x)).data[0];
    CHECK_PRIMITIVE(y, "CompiledSinSquareAbs");
    CHECK_EQ_INT(psi_inputs(y).count, 1);
    CHECK_PRIMITIVE(input_of(y, 0), "Reduce");
    CHECK(psi_id(input_of(input_of(y, 0), 0)) == psi_id(x));
    CHECK_VALUES_NEAR(y, 1e-6, sin(1.5) * sin(1.5));
    /* The same function compiled again is the same program; another order is another. */
    psi_array again = once(three_unary, PSI_ARRAYS(f32(1))).data[0],
              other = once(three_others, PSI_ARRAYS(f32(1))).data[0];
    CHECK_PRIMITIVE(again, "CompiledSinSquareAbs");
    CHECK(strcmp(psi_primitive(again), psi_primitive(other)) != 0);
}

static psi_arrays product(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_multiply(in.data[0], in.data[1]));
}

static psi_arrays erf_of_product(psi_arrays in, void *context)
{
    return ANSWER(psi_erf(product(in, context).data[0]));
}

static psi_arrays product_and_first(psi_arrays in, void *context)
{
    return ANSWER(psi_subtract(product(in, context).data[0], in.data[0]));
}

static psi_arrays sum_of_erf(psi_arrays in, void *context)
{
    return ANSWER(psi_sum(erf_of_product(in, context).data[0], PSI_NONE, true));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile binary fused")
{
    psi_array x = PSI_FLOATS(2, 3), y = PSI_FLOATS(0.25, -1);
    psi_arrays at = PSI_ARRAYS(x, y);
    psi_array one = once(product, at).data[0];
    CHECK_PRIMITIVE(one, "Multiply");
    CHECK(psi_id(input_of(one, 0)) == psi_id(x));
    psi_array two = once(erf_of_product, at).data[0];
    CHECK_PRIMITIVE(two, "CompiledMultiplyErf");
    CHECK(psi_id(input_of(two, 0)) == psi_id(x));
    CHECK(psi_id(input_of(two, 1)) == psi_id(y));
    CHECK_VALUES_NEAR(two, 1e-6, erf(0.5), erf(-3));
    psi_array three = once(product_and_first, at).data[0];
    CHECK_PRIMITIVE(three, "CompiledMultiplySubtract");
    CHECK_EQ_INT(psi_inputs(three).count, 2); /* an input that is read twice is there once */
    CHECK(psi_id(input_of(three, 0)) == psi_id(x));
    CHECK(psi_id(input_of(three, 1)) == psi_id(y));
    CHECK_VALUES(three, -1.5, -6);
    psi_array total = once(sum_of_erf, at).data[0];
    CHECK_PRIMITIVE(total, "Reduce");
    CHECK_PRIMITIVE(input_of(total, 0), "CompiledMultiplyErf");
    CHECK(psi_id(input_of(input_of(total, 0), 1)) == psi_id(y));
}

static psi_arrays gelu(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = in.data[0];
    return ANSWER(psi_divide(
        psi_multiply(x, psi_add(f32(1), psi_erf(psi_divide(x, f32(1.4142135623730951))))), f32(2)));
}

static psi_arrays sum_of_exp_abs(psi_arrays in, void *context)
{
    return ANSWER(psi_sum(psi_exp(psi_abs(gelu(in, context).data[0])), PSI_NONE, false));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile gelu")
{
    psi_array points[] = {f32(-1.25), PSI_FLOATS(-1.25, 3)};
    for (int i = 0; i < 2; i++) {
        psi_array y = once(gelu, PSI_ARRAYS(points[i])).data[0];
        CHECK_COMPILED(y);
        CHECK_EQ_INT(psi_inputs(y).count, 4); /* x and three constants, whose broadcasts are read through */
        for (int k = 0; k < 4; k++)
            CHECK_PRIMITIVE(input_of(y, k), "");
        CHECK_TRUE(psi_allclose(y, gelu(PSI_ARRAYS(points[i]), NULL).data[0], 1e-6, 1e-7, false));
    }
    psi_array total = once(sum_of_exp_abs, PSI_ARRAYS(points[1])).data[0];
    CHECK_EQ_INT(psi_size(total), 1);
    CHECK_VALUES_NEAR(total, 1e-5, exp(0.13206222) + exp(2.9959503));
}

static psi_arrays read_from_outside(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = psi_exp(in.data[0]);
    return ANSWER(psi_abs(x), psi_sum(x, PSI_NONE, true));
}

static psi_arrays input_from_outside(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_subtract(in.data[0], psi_exp(psi_abs(in.data[1]))),
                  psi_sum(in.data[0], PSI_NONE, true));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile tape with outside parents")
{
    psi_array x = PSI_FLOATS(1, 2), y = PSI_FLOATS(-0.5, 0.25);
    psi_arrays out = once(read_from_outside, PSI_ARRAYS(x));
    CHECK_PRIMITIVE(out.data[0], "Abs");
    CHECK_PRIMITIVE(out.data[1], "Reduce");
    CHECK(psi_id(input_of(out.data[0], 0)) == psi_id(input_of(out.data[1], 0)));
    psi_arrays plain = input_from_outside(PSI_ARRAYS(x, y), NULL);
    psi_stream before = psi_default_stream(psi_default_device()),
               fresh = psi_new_stream(psi_default_device());
    for (int i = 0; i < 2; i++) {
        psi_set_default_stream(i ? fresh : before);
        out = once(input_from_outside, PSI_ARRAYS(x, y));
        CHECK_PRIMITIVE(out.data[0], "CompiledAbsExpSubtract");
        CHECK_PRIMITIVE(out.data[1], "Reduce");
        CHECK_EQ_INT(psi_inputs(out.data[0]).count, 2);
        CHECK_EQ_INT(psi_size(out.data[1]), 1);
        CHECK_TRUE(psi_allclose(out.data[0], plain.data[0], 1e-6, 0, false));
        CHECK_TRUE(psi_allclose(out.data[1], plain.data[1], 1e-6, 0, false));
    }
    psi_set_default_stream(before);
}

static psi_arrays over_two_streams(psi_arrays in, void *context)
{
    psi_stream before = psi_default_stream(psi_default_device());
    psi_array x = psi_square(psi_abs(in.data[0]));
    psi_set_default_stream(*(psi_stream *)context);
    psi_array y = psi_square(psi_abs(x));
    psi_set_default_stream(before);
    return ANSWER(y);
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile across streams")
{
    psi_stream other = psi_new_stream(psi_default_device());
    psi_compiled *c = psi_compile(over_two_streams, &other, 0);
    psi_array x = PSI_FLOATS(-1, 2), y = psi_compiled_call(PSI_ARRAYS(x), c).data[0];
    CHECK_PRIMITIVE(y, "CompiledAbsSquare");
    CHECK_EQ_INT(psi_inputs(y).count, 1);
    CHECK_PRIMITIVE(input_of(y, 0), "CompiledAbsSquare");
    CHECK(psi_id(input_of(input_of(y, 0), 0)) == psi_id(x));
    CHECK_EQ_INT(psi_size(y), 2);
    CHECK_VALUES(y, 1, 16);
    psi_compiled_free(c);
}

static psi_arrays cosine_and_sine_of_it(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = psi_cos(in.data[0]);
    return ANSWER(x, psi_sin(x));
}

static psi_arrays two_sums(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = psi_subtract(in.data[0], in.data[1]);
    return ANSWER(x, psi_subtract(x, in.data[1]));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile internal output")
{
    psi_array x = PSI_INT32S(8, -3), y = PSI_INT32S(2, 5);
    psi_arrays plain = cosine_and_sine_of_it(PSI_ARRAYS(x), NULL),
               out = once(cosine_and_sine_of_it, PSI_ARRAYS(x));
    CHECK_COMPILED(out.data[0]);
    CHECK_COMPILED(out.data[1]);
    CHECK(psi_id(psi_siblings(out.data[0]).data[1]) == psi_id(out.data[1]));
    CHECK_TRUE(psi_array_equal(out.data[0], plain.data[0], false));
    CHECK_TRUE(psi_array_equal(out.data[1], plain.data[1], false));
    out = once(two_sums, PSI_ARRAYS(x, y));
    CHECK_PRIMITIVE(out.data[0], "CompiledSubtractSubtract");
    CHECK_PRIMITIVE(out.data[1], "CompiledSubtractSubtract");
    CHECK_VALUES(out.data[0], 6, -8);
    CHECK_VALUES(out.data[1], 4, -13);
}

static psi_arrays twenty(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = in.data[0];
    for (int i = 0; i < 10; i++)
        x = psi_abs(psi_exp(psi_negative(x)));
    return ANSWER(x, psi_sum(x, PSI_NONE, false));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile deep graph")
{
    psi_array x = PSI_FLOATS(3, -0.5);
    psi_arrays plain = twenty(PSI_ARRAYS(x), NULL), out = once(twenty, PSI_ARRAYS(x));
    CHECK_TRUE(psi_allclose(out.data[0], plain.data[0], 1e-6, 0, false));
    CHECK_SAME(out.data[1], plain.data[1]);
}

static psi_arrays read_twice(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = psi_square(psi_exp(in.data[0])), y = psi_square(psi_exp(psi_mean(x, PSI_NONE, false)));
    return ANSWER(psi_multiply(x, psi_reciprocal(y)));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile repeat input")
{
    psi_array x = PSI_FLOATS(0.25, -1);
    CHECK_TRUE(psi_allclose(once(read_twice, PSI_ARRAYS(x)).data[0], read_twice(PSI_ARRAYS(x), NULL).data[0],
                            1e-6, 0, false));
}

static psi_arrays square_twice(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_square(psi_square(in.data[0])));
}

static psi_arrays apply_twice(psi_arrays in, void *inner)
{
    return psi_compiled_call(psi_compiled_call(in, inner), inner);
}

static psi_arrays value_and_slope(psi_arrays in, void *inner)
{
    psi_arrays outputs, grads;
    if (!psi_value_and_grad(psi_compiled_call, inner, in, PSI_INTS(0), &outputs, &grads))
        return NO_INPUTS;
    return ANSWER(outputs.data[0], grads.data[0]);
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile compiled function")
{
    psi_compiled *inner = psi_compile(square_twice, NULL, 0), *outer = psi_compile(apply_twice, inner, 0);
    psi_array x = PSI_FLOATS(2, -1), y = psi_compiled_call(PSI_ARRAYS(x), outer).data[0];
    CHECK_PRIMITIVE(y, "CompiledSquareSquareSquareSquare");
    CHECK(psi_id(input_of(y, 0)) == psi_id(x));
    CHECK_VALUES(y, 65536, 1);
    psi_arrays slope = value_and_slope(PSI_ARRAYS(f32(2)), inner);
    CHECK_VALUES(slope.data[1], 32);
    psi_compiled_free(outer);
    psi_compiled_free(inner);
}

static psi_arrays tanh_of_exp(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_tanh(psi_exp(in.data[0])));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test transform compiled function")
{
    psi_compiled *inner = psi_compile(tanh_of_exp, NULL, 0), *outer = psi_compile(value_and_slope, inner, 0);
    psi_arrays out = psi_compiled_call(PSI_ARRAYS(f32(-0.5)), outer);
    REQUIRE(out.count == 2);
    CHECK_COMPILED(out.data[0]);
    CHECK(psi_id(psi_siblings(out.data[0]).data[1]) == psi_id(out.data[1]));
    for (int i = 0; i < psi_inputs(out.data[0]).count; i++)
        CHECK_PRIMITIVE(input_of(out.data[0], i), "");
    double e = exp(-0.5), y = tanh(e);
    CHECK_VALUES_NEAR(out.data[0], 1e-6, y);
    CHECK_VALUES_NEAR(out.data[1], 1e-6, (1 - y * y) * e);
    psi_compiled_free(outer);
    psi_compiled_free(inner);
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test fusion kernel reuse")
{
    psi_compiled *c = psi_compile(gelu, NULL, 0);
    psi_array y = psi_compiled_call(PSI_ARRAYS(PSI_FLOATS(1, -1)), c).data[0];
    char name[256];
    snprintf(name, sizeof name, "%s", psi_primitive(y));
    REQUIRE(psi_eval(PSI_ARRAYS(y)));
    psi_array x = psi_astype(psi_reshape(psi_arange(0, 6, 1, PSI_INT32), PSI_INTS(2, 3)), PSI_FLOAT32);
    psi_array z = psi_compiled_call(PSI_ARRAYS(x), c).data[0];
    CHECK(strlen(name) > 8);
    CHECK_PRIMITIVE(z, name); /* another shape: another trace, the same program */
    CHECK_TRUE(psi_allclose(z, gelu(PSI_ARRAYS(x), NULL).data[0], 1e-6, 0, false));
    psi_compiled_free(c);
}

static psi_arrays four_times(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_add(psi_add(psi_add(in.data[0], in.data[0]), in.data[0]), in.data[0]));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test fusion types")
{
    psi_compiled *c = psi_compile(four_times, NULL, 0);
    psi_array y = psi_compiled_call(PSI_ARRAYS(PSI_FLOATS(1.5, -1)), c).data[0];
    psi_array z = psi_compiled_call(PSI_ARRAYS(psi_reshape(PSI_INT32S(3, -7), PSI_INTS(2, 1))), c).data[0];
    CHECK_PRIMITIVE(y, "CompiledAddAddAdd");
    CHECK_PRIMITIVE(z, "CompiledAddAddAdd");
    REQUIRE(psi_eval(PSI_ARRAYS(y, z)));
    CHECK_VALUES(y, 6, -4);
    CHECK_DTYPE(z, PSI_INT32);
    CHECK_VALUES(z, 12, -28);
    psi_compiled_free(c);
}
