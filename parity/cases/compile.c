/* compile.c: upstream's tests of compile: results, what equal parts become, and who is called how often. The cases about
 * fusing are in compile_fuse.c. */
#include "compiled.h"

static psi_arrays plus(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_add(in.data[0], in.data[1]));
}

static psi_arrays total_of_exp(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_exp(psi_multiply(in.data[0], in.data[1])));
}

static psi_arrays both_gradients(psi_arrays in, void *context)
{
    psi_arrays outputs, grads;
    psi_value_and_grad(total_of_exp, context, in, PSI_INTS(0, 1), &outputs, &grads);
    return grads;
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test simple compile")
{
    psi_compiled *c = psi_compile(plus, NULL, 0);
    for (int i = 0; i < 2; i++)
        CHECK_VALUES(psi_compiled_call(PSI_ARRAYS(f32(1.5), f32(4)), c).data[0], 5.5);
    /* Other shapes, on either side, and other dtypes. */
    CHECK_TRUE(psi_array_equal(psi_compiled_call(PSI_ARRAYS(PSI_FLOATS(3, -1, 2), f32(2)), c).data[0],
                               PSI_FLOATS(5, 1, 4), false));
    CHECK_VALUES(psi_compiled_call(PSI_ARRAYS(f32(2), PSI_FLOATS(3, -1, 2)), c).data[0], 5, 1, 4);
    CHECK_VALUES(psi_compiled_call(PSI_ARRAYS(i32(7), PSI_FLOATS(0.5, 1)), c).data[0], 7.5, 8);
    psi_array y = psi_compiled_call(PSI_ARRAYS(f32(0.5), PSI_INT32S(1, 2)), c).data[0];
    CHECK_DTYPE(y, PSI_FLOAT32);
    CHECK_VALUES(y, 1.5, 2.5);
    CHECK_EQ_INT(psi_compiled_stats(c).cold, 5);
    psi_compiled_free(c);
    psi_arrays grads = once(both_gradients, PSI_ARRAYS(f32(1), f32(2)));
    CHECK_VALUES_NEAR(grads.data[0], 1e-6, 2 * exp(2));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile with grad")
{
    psi_arrays at = PSI_ARRAYS(f32(0.5), f32(-1)), outputs, grads;
    psi_arrays compiled = once(both_gradients, at);
    REQUIRE(psi_value_and_grad(total_of_exp, NULL, at, PSI_INTS(0, 1), &outputs, &grads));
    REQUIRE(compiled.count == 2);
    CHECK_TRUE(psi_allclose(compiled.data[0], grads.data[0], 1e-6, 0, false));
    CHECK_TRUE(psi_allclose(compiled.data[1], grads.data[1], 1e-6, 0, false));
    CHECK_VALUES_NEAR(compiled.data[1], 1e-6, 0.5 * exp(-0.5));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile inputs with primitive")
{
    psi_arrays keys = psi_random_split(psi_random_key(3));
    psi_array first = keys.data[0], second = keys.data[1], half = f32(0.5);
    psi_array plain = NULL;
    for (int i = 0; i < 3; i++) {
        psi_array x =
            psi_random_uniform(psi_scalar(0, PSI_FLOAT32), half, PSI_INTS(4, 3), PSI_FLOAT32, first);
        psi_array y =
            psi_random_uniform(psi_scalar(0, PSI_FLOAT32), half, PSI_INTS(4, 3), PSI_FLOAT32, second);
        psi_array sum = i ? once(plus, PSI_ARRAYS(x, y)).data[0] : plus(PSI_ARRAYS(x, y), NULL).data[0];
        if (i)
            CHECK_TRUE(psi_array_equal(plain, sum, false));
        else
            plain = sum;
    }
    CHECK_SHAPE(plain, 4, 3);
}

static psi_arrays adds_its_own(psi_arrays in, void *context)
{
    ++*(int *)context;
    return ANSWER(psi_add(in.data[0], f32(2.25)));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile with created array")
{
    int calls = 0;
    psi_compiled *c = psi_compile(adds_its_own, &calls, 0);
    CHECK_VALUES(psi_compiled_call(PSI_ARRAYS(f32(2)), c).data[0], 4.25);
    CHECK_VALUES(psi_compiled_call(PSI_ARRAYS(f32(-2)), c).data[0], 0.25);
    CHECK_EQ_INT(calls, 1);
    psi_compiled_free(c);
}

static psi_arrays triples(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_multiply(i32(3), in.data[0]));
}

static psi_arrays sum_and_triple(psi_arrays in, void *inner)
{
    psi_array x = psi_add(in.data[0], in.data[1]);
    return ANSWER(psi_subtract(psi_compiled_call(PSI_ARRAYS(x), inner).data[0], x));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test nested compile")
{
    psi_compiled *inner = psi_compile(triples, NULL, 0), *outer = psi_compile(sum_and_triple, inner, 0);
    CHECK_VALUES(psi_compiled_call(PSI_ARRAYS(i32(4), i32(1)), outer).data[0], 10);
    psi_array y = psi_compiled_call(PSI_ARRAYS(i32(4), i32(-5)), outer).data[0];
    CHECK_COMPILED(y); /* the inner function is part of the outer one's graph */
    CHECK_VALUES(y, -2);
    CHECK_EQ_INT(psi_compiled_stats(inner).cold, 0);
    psi_compiled_free(outer);
    psi_compiled_free(inner);
}

static psi_arrays twice_over(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_abs(psi_maximum(in.data[0], f32(0))));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test enable and disable compile")
{
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_compile(NULL, NULL, 0));
    psi_compiled *c = psi_compile(twice_over, NULL, 0);
    psi_arrays at = PSI_ARRAYS(PSI_FLOATS(-3, 2));
    CHECK_COMPILED(psi_compiled_call(at, c).data[0]);
    psi_set_compile_mode(PSI_COMPILE_DISABLED);
    psi_compiled *none = psi_compile(NULL, NULL, 0);
    CHECK(none != NULL);
    psi_compiled_free(none);
    CHECK_PRIMITIVE(psi_compiled_call(at, c).data[0], "Abs");
    psi_set_compile_mode(PSI_COMPILE_ENABLED);
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_compile(NULL, NULL, 0));
    CHECK_VALUES(psi_compiled_call(at, c).data[0], 0, 2);
    psi_compiled_free(c);
}

/* ---- simplifying ---- */

static psi_arrays equal_scalars(psi_arrays in, void *context)
{
    (void)in, (void)context;
    psi_array a = f32(-4), b = f32(-4);
    return ANSWER(psi_exp(a), psi_abs(b));
}

static psi_arrays two_maxima(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = in.data[0], up = psi_maximum(x, f32(0)), down = psi_maximum(psi_negative(x), f32(0));
    return ANSWER(up, down, psi_subtract(up, down));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test simplify scalars")
{
    psi_set_compile_mode(PSI_COMPILE_NO_FUSE);
    psi_arrays pair = once(equal_scalars, NO_INPUTS);
    CHECK(psi_id(input_of(pair.data[0], 0)) == psi_id(input_of(pair.data[1], 0)));
    psi_arrays maxima = once(two_maxima, PSI_ARRAYS(PSI_FLOATS(5, -6)));
    CHECK(psi_id(input_of(maxima.data[0], 1)) == psi_id(input_of(maxima.data[1], 1)));
    CHECK_VALUES(maxima.data[2], 5, -6);
    psi_set_compile_mode(PSI_COMPILE_ENABLED);
}

static psi_arrays same_sine_twice(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_multiply(psi_sin(in.data[0]), psi_sin(in.data[0])));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test simplify")
{
    psi_set_compile_mode(PSI_COMPILE_NO_FUSE);
    psi_array y = once(same_sine_twice, PSI_ARRAYS(PSI_FLOATS(0, 1))).data[0];
    CHECK(psi_id(input_of(y, 0)) == psi_id(input_of(y, 1)));
    CHECK_VALUES_NEAR(y, 1e-6, 0, sin(1) * sin(1));
    psi_set_compile_mode(PSI_COMPILE_ENABLED);
}

static psi_arrays does_little(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = psi_stop_gradient(psi_copy(in.data[0]));
    return ANSWER(psi_stop_gradient(psi_copy(psi_add(psi_cos(x), psi_multiply(psi_sin(x), psi_exp(x))))));
}

static psi_arrays only_cosine(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_copy(psi_cos(psi_stop_gradient(in.data[0]))));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test simplify noops")
{
    psi_set_compile_mode(PSI_COMPILE_NO_FUSE);
    psi_array x = PSI_FLOATS(0.25, 2);
    psi_array y = once(only_cosine, PSI_ARRAYS(x)).data[0];
    CHECK_PRIMITIVE(y, "Cos");
    CHECK(psi_id(input_of(y, 0)) == psi_id(x));
    y = once(does_little, PSI_ARRAYS(x)).data[0];
    CHECK_PRIMITIVE(y, "Add");
    CHECK(psi_id(input_of(input_of(y, 0), 0)) == psi_id(x));
    CHECK_VALUES_NEAR(y, 1e-5, cos(0.25) + sin(0.25) * exp(0.25), cos(2) + sin(2) * exp(2));
    psi_set_compile_mode(PSI_COMPILE_ENABLED);
}

static psi_arrays unlike_halves(psi_arrays in, void *context)
{
    (void)context;
    psi_arrays a = psi_divmod(in.data[0], f32(3)), b = psi_divmod(f32(3), in.data[0]);
    return ANSWER(psi_stack(PSI_ARRAYS(a.data[0], b.data[0]), 0));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test no simplify")
{
    psi_set_compile_mode(PSI_COMPILE_NO_FUSE);
    psi_array y = once(unlike_halves, PSI_ARRAYS(PSI_FLOATS(7, 2))).data[0];
    psi_array left = input_of(input_of(y, 0), 0), right = input_of(input_of(y, 1), 0);
    CHECK(psi_id(left) != psi_id(right));
    CHECK_PRIMITIVE(left, "DivMod");
    CHECK_VALUES(y, 2, 0, 0, 1);
    psi_set_compile_mode(PSI_COMPILE_ENABLED);
}

static psi_arrays divided_twice(psi_arrays in, void *context)
{
    (void)in, (void)context;
    psi_array a = f32(7), b = f32(2);
    psi_arrays x = psi_divmod(a, b), y = psi_divmod(a, b);
    return ANSWER(psi_add(x.data[0], y.data[0]), psi_multiply(x.data[1], y.data[1]));
}

static psi_arrays all_parts(psi_arrays in, void *context)
{
    (void)in, (void)context;
    psi_array a = psi_abs(psi_negative(f32(7))), b = f32(2);
    psi_arrays x = psi_divmod(a, b), y = psi_divmod(a, b);
    psi_array parts = psi_concatenate(
        PSI_ARRAYS(psi_expand_dims(x.data[1], PSI_INTS(0)), psi_expand_dims(x.data[0], PSI_INTS(0)),
                   psi_expand_dims(y.data[1], PSI_INTS(0)), psi_expand_dims(y.data[0], PSI_INTS(0))),
        0);
    return ANSWER(parts, psi_sum(psi_exp(psi_subtract(parts, parts)), PSI_NONE, false));
}

static psi_arrays by_itself(psi_arrays in, void *context)
{
    (void)in, (void)context;
    return psi_divmod(f32(5), f32(5));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test simplify multi output")
{
    psi_set_compile_mode(PSI_COMPILE_NO_FUSE);
    psi_arrays two = once(divided_twice, NO_INPUTS);
    CHECK(psi_id(input_of(two.data[0], 0)) == psi_id(input_of(two.data[0], 1)));
    CHECK(psi_id(input_of(two.data[1], 0)) == psi_id(input_of(two.data[1], 1)));
    CHECK_VALUES(two.data[0], 6);
    CHECK_VALUES(two.data[1], 1);
    psi_arrays own = once(by_itself, NO_INPUTS);
    CHECK(psi_id(input_of(own.data[0], 0)) == psi_id(input_of(own.data[0], 1)));
    CHECK(psi_id(input_of(own.data[0], 0)) == psi_id(input_of(own.data[1], 0)));
    CHECK_EQ_INT(psi_siblings(own.data[0]).count, 2);
    /* The outputs of a merged op keep their order. */
    psi_arrays parts = once(all_parts, NO_INPUTS);
    CHECK_EQ_INT(psi_inputs(parts.data[0]).count, 4);
    CHECK(psi_id(input_of(parts.data[0], 0)) == psi_id(input_of(parts.data[0], 2)));
    CHECK(psi_id(input_of(parts.data[0], 1)) == psi_id(input_of(parts.data[0], 3)));
    CHECK_TRUE(psi_array_equal(parts.data[0], PSI_FLOATS(1, 3, 1, 3), false));
    CHECK_EQ_INT(psi_size(parts.data[0]), 4);
    CHECK_VALUES(parts.data[1], 4);
    psi_set_compile_mode(PSI_COMPILE_ENABLED);
}

/* ---- shapes, streams, functions that come and go ---- */

static psi_arrays into_a_square(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_reshape(in.data[0], PSI_INTS(3, 3)));
}

static psi_arrays plus_a_vector(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_add(in.data[0], PSI_INT32S(10)));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test shapeless compile")
{
    psi_compiled *square = psi_compile(into_a_square, NULL, PSI_COMPILE_SHAPELESS);
    CHECK_SHAPE(psi_compiled_call(PSI_ARRAYS(psi_zeros(PSI_INTS(9), PSI_INT32)), square).data[0], 3, 3);
    CHECK_ERROR(PSI_INVALID_ARGUMENT,
                psi_compiled_call(PSI_ARRAYS(psi_zeros(PSI_INTS(8), PSI_INT32)), square));
    psi_compiled_free(square);
    psi_compiled *c = psi_compile(plus_a_vector, NULL, PSI_COMPILE_SHAPELESS);
    psi_array few = psi_compiled_call(PSI_ARRAYS(PSI_INT32S(1, 2)), c).data[0];
    psi_array more = psi_compiled_call(PSI_ARRAYS(PSI_INT32S(5, 6, 7)), c).data[0];
    CHECK(psi_id(input_of(few, 1)) == psi_id(input_of(more, 1))); /* the constant is the same: no new trace */
    psi_array floats = psi_compiled_call(PSI_ARRAYS(PSI_FLOATS(1, 2)), c).data[0];
    CHECK(psi_id(input_of(few, 1)) != psi_id(input_of(floats, 1)));
    psi_array flat = psi_compiled_call(PSI_ARRAYS(psi_reshape(PSI_INT32S(1, 2), PSI_INTS(2, 1))), c).data[0];
    CHECK(psi_id(input_of(few, 1)) != psi_id(input_of(flat, 1)));
    CHECK_TRUE(psi_array_equal(more, PSI_INT32S(15, 16, 17), false));
    CHECK_VALUES(flat, 11, 12);
    psi_compiled_free(c);
}

static psi_arrays plus_zeros(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_add(in.data[0], psi_zeros(PSI_INTS(3, 4), PSI_FLOAT32)));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile strides")
{
    psi_array y = once(plus_zeros, PSI_ARRAYS(psi_ones(PSI_INTS(1, 3, 4), PSI_FLOAT32))).data[0];
    REQUIRE(psi_eval(PSI_ARRAYS(y)));
    CHECK_EQ_INT(psi_strides(y).count, 3);
    CHECK_EQ_INT(psi_strides(y).data[1], 4);
    CHECK_EQ_INT(psi_size(y), 12);
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile change streams")
{
    psi_compiled *c = psi_compile(plus, NULL, 0);
    psi_stream before = psi_default_stream(psi_default_device()),
               fresh = psi_new_stream(psi_default_device());
    psi_arrays at = PSI_ARRAYS(f32(1), f32(2));
    CHECK_VALUES(psi_compiled_call(at, c).data[0], 3);
    REQUIRE(psi_set_default_stream(fresh));
    psi_array y = psi_compiled_call(at, c).data[0];
    CHECK_EQ_INT(psi_compiled_stats(c).cold, 2); /* traced again, for the other stream */
    CHECK_VALUES(y, 3);
    REQUIRE(psi_set_default_stream(before));
    psi_compiled_call(at, c);
    CHECK_EQ_INT(psi_compiled_stats(c).warm, 1);
    psi_compiled_free(c);
}

static psi_arrays plus_captured(psi_arrays in, void *context)
{
    return ANSWER(psi_abs(psi_add(in.data[0], i32(*(int *)context))));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile lambda")
{
    int x = -4;
    psi_arrays zero = PSI_ARRAYS(i32(0));
    psi_compiled *first = psi_compile(plus_captured, &x, 0);
    CHECK_VALUES(psi_compiled_call(zero, first).data[0], 4);
    x = 9; /* what was captured when it was traced stays */
    CHECK_VALUES(psi_compiled_call(zero, first).data[0], 4);
    psi_compiled *second = psi_compile(plus_captured, &x, 0);
    CHECK_VALUES(psi_compiled_call(zero, second).data[0], 9);
    CHECK(psi_compiled_stats(first).id != psi_compiled_stats(second).id);
    psi_compiled_free(first);
    CHECK_VALUES(psi_compiled_call(PSI_ARRAYS(i32(-10)), second).data[0], 1);
    psi_compiled_clear(second);
    x = 20;
    CHECK_VALUES(psi_compiled_call(PSI_ARRAYS(i32(-10)), second).data[0], 10);
    psi_compiled_free(second);
}

static psi_arrays stops_between(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_negative(psi_stop_gradient(psi_abs(in.data[0]))));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile with no-ops")
{
    psi_array x = PSI_FLOATS(-2, 3), y = once(stops_between, PSI_ARRAYS(x)).data[0];
    CHECK(psi_id(input_of(y, 0)) == psi_id(x));
    CHECK_VALUES(y, -2, -3);
}

static psi_arrays two_widths(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_add(psi_random_bits(PSI_INTS(5, 7), 4, in.data[0]),
                          psi_random_bits(PSI_INTS(5, 7), 1, in.data[0])));
}

PARITY_CASE(compile, "tests/compile_tests.cpp", "test compile random bits")
{
    psi_array key = psi_random_key(11);
    psi_array plain = two_widths(PSI_ARRAYS(key), NULL).data[0],
              compiled = once(two_widths, PSI_ARRAYS(key)).data[0];
    CHECK_TRUE(psi_array_equal(plain, compiled, false));
    CHECK_SAME(plain, compiled);
}
