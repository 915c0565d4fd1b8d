/* Compiled functions: what is kept, how often a function is traced, what the graph becomes, and transforms around them. */
#include "ops/values.h"

#include <string.h>

#include "core/memory.h"

static psi_array f32(double value)
{
    return psi_scalar(value, PSI_FLOAT32);
}

static int calls;

/* Calls a function compiled for this once. */
static psi_arrays once(psi_function fn, psi_arrays inputs)
{
    psi_compiled *c = psi_compile(fn, NULL, 0);
    psi_arrays out = psi_compiled_call(inputs, c);
    psi_compiled_free(c);
    return out;
}

static psi_arrays sum_of_two(psi_arrays in, void *context)
{
    (void)context;
    calls++;
    return LIST(psi_add(in.data[0], in.data[1]));
}

static void traces_once_per_kind_of_input(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_compiled *c = psi_compile(sum_of_two, NULL, 0);
    calls = 0;
    for (int i = 0; i < 3; i++)
        EXPECT(psi_compiled_call(PSI_ARRAYS(PSI_FLOATS(1, i), PSI_FLOATS(10, 20)), c).data[0], PSI_INTS(2),
               11, 20 + i);
    assert_int_equal(calls, 1);
    EXPECT(psi_compiled_call(PSI_ARRAYS(PSI_FLOATS(1, 2), f32(2)), c).data[0], PSI_INTS(2), 3, 4);
    EXPECT(psi_compiled_call(PSI_ARRAYS(PSI_INT32S(1, 2), PSI_INT32S(1, 2)), c).data[0], PSI_INTS(2), 2, 4);
    EXPECT(psi_compiled_call(PSI_ARRAYS(PSI_INT32S(5, 6), PSI_INT32S(1, 2)), c).data[0], PSI_INTS(2), 6, 8);
    assert_int_equal(calls, 3);
    psi_compile_stats s = psi_compiled_stats(c);
    assert_int_equal(s.cold, 3);
    assert_int_equal(s.warm, 3);
    assert_int_equal(s.size, 3);
    psi_compiled_free(c);
}

static void keeps_the_cache_in_its_bound(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_compiled *c = psi_compile(sum_of_two, NULL, 0);
    assert_true(psi_set_compile_cache_limit(2));
    psi_arrays one = PSI_ARRAYS(PSI_FLOATS(1), PSI_FLOATS(1)),
               two = PSI_ARRAYS(PSI_FLOATS(1, 2), PSI_FLOATS(1, 2)),
               three = PSI_ARRAYS(PSI_FLOATS(1, 2, 3), PSI_FLOATS(1, 2, 3));
    calls = 0;
    psi_compiled_call(one, c);
    psi_compiled_call(two, c);
    psi_compiled_call(one, c);
    psi_compiled_call(three, c); /* drops what was used least recently */
    assert_int_equal(calls, 3);
    assert_true(psi_compiled_trace(c, one) != 0);
    assert_true(psi_compiled_trace(c, two) == 0);
    psi_compiled_call(two, c);
    assert_int_equal(calls, 4);
    psi_compile_stats s = psi_compiled_stats(c);
    assert_int_equal(s.size, 2);
    assert_int_equal(s.limit, 2);
    assert_int_equal(s.invalidated, 2);
    psi_compile_clear_cache();
    assert_int_equal(psi_compiled_stats(c).size, 0);
    assert_false(psi_set_compile_cache_limit(0));
    assert_true(psi_error(NULL));
    assert_true(psi_set_compile_cache_limit(128));
    psi_compiled_free(c);
}

static psi_arrays gelu(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = in.data[0];
    return LIST(psi_divide(psi_multiply(x, psi_add(f32(1), psi_erf(psi_divide(x, f32(1.4142135623730951))))),
                           f32(2)));
}

static psi_arrays into_a_sum(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_sum(psi_abs(psi_negative(psi_exp(in.data[0]))), PSI_NONE, true));
}

static psi_arrays shares_broadcast(psi_arrays in, void *context)
{
    (void)context;
    psi_array y = psi_broadcast_to(in.data[1], psi_shape(in.data[2]));
    return LIST(psi_add(in.data[0], psi_multiply(y, in.data[2])), psi_sum(y, PSI_NONE, false));
}

static psi_arrays inner_output(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = psi_abs(in.data[0]);
    return LIST(x, psi_square(x));
}

static psi_arrays used_outside(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = psi_exp(in.data[0]);
    return LIST(psi_exp(x), psi_sum(x, PSI_NONE, true));
}

static void fuses_element_wise_ops(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = PSI_FLOATS(1, -0.5);
    psi_array y = once(gelu, PSI_ARRAYS(x)).data[0];
    assert_string_equal(psi_primitive(y), "CompiledBroadcastDivideErfBroadcastAddMultiplyBroadcastDivide");
    psi_arrays in = psi_inputs(y);
    assert_int_equal(in.count, 4);
    int found = 0;
    for (int i = 0; i < in.count; i++) {
        assert_string_equal(psi_primitive(in.data[i]), "");
        found += psi_id(in.data[i]) == psi_id(x);
    }
    assert_int_equal(found, 1);
    EXPECT(y, PSI_INTS(2), 0.8413447, -0.1542688);
    psi_array total = once(into_a_sum, PSI_ARRAYS(x)).data[0];
    assert_string_equal(psi_primitive(total), "Reduce");
    psi_array inside = psi_inputs(total).data[0];
    assert_string_equal(psi_primitive(inside), "CompiledExpNegativeAbs");
    assert_true(psi_id(psi_inputs(inside).data[0]) == psi_id(x));
    EXPECT(total, PSI_INTS(1), exp(1) + exp(-0.5));
    psi_arrays two = once(inner_output, PSI_ARRAYS(x));
    assert_string_equal(psi_primitive(two.data[0]), "CompiledAbsSquare");
    assert_true(psi_id(psi_siblings(two.data[0]).data[1]) == psi_id(two.data[1]));
    EXPECT(two.data[0], PSI_INTS(2), 1, 0.5);
    EXPECT(two.data[1], PSI_INTS(2), 1, 0.25);
    two = once(used_outside, PSI_ARRAYS(x));
    assert_string_equal(psi_primitive(two.data[0]), "Exp");
    assert_string_equal(psi_primitive(two.data[1]), "Reduce");
    psi_array m = psi_reshape(PSI_FLOATS(1, 2, 3, 4), PSI_INTS(2, 2));
    two = once(shares_broadcast, PSI_ARRAYS(m, f32(0.5), m));
    assert_string_equal(psi_primitive(two.data[0]), "CompiledBroadcastMultiplyAdd");
    EXPECT(two.data[0], PSI_INTS(2, 2), 1.5, 3, 4.5, 6);
    EXPECT(two.data[1], PSI_SCALAR_SHAPE, 2);
}

static psi_arrays repeated(psi_arrays in, void *context)
{
    (void)context;
    psi_array a = psi_exp(in.data[0]), b = psi_exp(psi_copy(psi_stop_gradient(in.data[0])));
    psi_arrays c = psi_divmod(a, f32(2)), d = psi_divmod(b, f32(2));
    return LIST(psi_add(c.data[0], d.data[0]), psi_add(c.data[1], d.data[1]),
                psi_astype(in.data[0], PSI_FLOAT32));
}

static void simplifies(void **state)
{
    (void)state;
    PSI_SCOPE;
    assert_true(psi_set_compile_mode(PSI_COMPILE_NO_FUSE));
    psi_array x = f32(2);
    psi_arrays y = once(repeated, PSI_ARRAYS(x));
    psi_arrays first = psi_inputs(y.data[0]), second = psi_inputs(y.data[1]);
    assert_true(psi_id(first.data[0]) == psi_id(first.data[1]));
    assert_true(psi_id(second.data[0]) == psi_id(second.data[1]));
    assert_true(psi_id(psi_siblings(first.data[0]).data[1]) == psi_id(second.data[0]));
    assert_true(psi_id(y.data[2]) == psi_id(x)); /* an output that is an input */
    EXPECT(y.data[0], PSI_SCALAR_SHAPE, 6);
    assert_true(psi_set_compile_mode(PSI_COMPILE_NO_SIMPLIFY));
    y = once(repeated, PSI_ARRAYS(x));
    first = psi_inputs(y.data[0]);
    assert_true(psi_id(first.data[0]) != psi_id(first.data[1]));
    EXPECT(y.data[0], PSI_SCALAR_SHAPE, 6);
    assert_true(psi_set_compile_mode(PSI_COMPILE_ENABLED));
}

static void can_be_disabled(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_compiled *c = psi_compile(sum_of_two, NULL, 0);
    assert_null(psi_compile(NULL, NULL, 0));
    assert_true(psi_error(NULL));
    assert_null(psi_compile(sum_of_two, NULL, 64));
    assert_true(psi_error(NULL));
    assert_true(psi_set_compile_mode(PSI_COMPILE_DISABLED));
    calls = 0;
    for (int i = 0; i < 2; i++)
        EXPECT(psi_compiled_call(PSI_ARRAYS(f32(1), f32(2)), c).data[0], PSI_SCALAR_SHAPE, 3);
    assert_int_equal(calls, 2);
    assert_int_equal(psi_compiled_stats(c).bypassed, 2);
    psi_compiled *empty = psi_compile(NULL, NULL, 0);
    assert_non_null(empty);
    assert_int_equal(psi_compiled_call(PSI_ARRAYS(f32(1)), empty).count, 0);
    assert_true(psi_error(NULL));
    psi_compiled_free(empty);
    assert_true(psi_set_compile_mode(PSI_COMPILE_ENABLED));
    assert_false(psi_set_compile_mode((psi_compile_mode)9));
    assert_true(psi_error(NULL));
    psi_compiled_free(c);
}

static psi_arrays captures(psi_arrays in, void *context)
{
    return LIST(psi_add(in.data[0], context), context, in.data[0]);
}

static void keeps_what_was_captured(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_compiled *c;
    {
        PSI_SCOPE;
        c = psi_compile(captures, psi_multiply(PSI_FLOATS(1, 2), f32(3)), 0);
        EXPECT(psi_compiled_call(PSI_ARRAYS(PSI_FLOATS(1, 1)), c).data[0], PSI_INTS(2), 4, 7);
    }
    psi_array x = PSI_FLOATS(5, 5);
    psi_arrays y = psi_compiled_call(PSI_ARRAYS(x), c);
    EXPECT(y.data[0], PSI_INTS(2), 8, 11);
    EXPECT(y.data[1], PSI_INTS(2), 3, 6);
    assert_true(y.data[2] == x);
    psi_compiled_free(c);
    c = psi_compile(captures, x, 0); /* an input may not be captured as well */
    assert_int_equal(psi_compiled_call(PSI_ARRAYS(x), c).count, 0);
    psi_error_record e;
    assert_true(psi_error(&e));
    assert_int_equal(e.kind, PSI_VALUE_ERROR);
    psi_compiled_free(c);
}

static psi_arrays sum_of_gelu(psi_arrays in, void *context)
{
    psi_arrays y = psi_compiled_call((psi_arrays){in.data, 1}, context);
    return y.count ? LIST(psi_sum(y.data[0], PSI_NONE, false)) : y;
}

static psi_arrays gelu_gradient(psi_arrays in, void *context)
{
    psi_arrays outputs, grads;
    psi_value_and_grad(sum_of_gelu, context, in, PSI_INTS(0), &outputs, &grads);
    return grads;
}

static void transforms_go_through(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_compiled *inner = psi_compile(gelu, NULL, 0), *outer = psi_compile(gelu_gradient, inner, 0);
    psi_array x = PSI_FLOATS(1, -2), eager = gelu_gradient(PSI_ARRAYS(x), inner).data[0];
    const double expected[] = {1.0833154, -0.0852318};
    expect_within(eager, PSI_INTS(2), expected, 1e-6);
    for (int i = 0; i < 2; i++)
        expect_within(psi_compiled_call(PSI_ARRAYS(x), outer).data[0], PSI_INTS(2), expected, 1e-6);
    psi_arrays outputs, tangents, batch;
    assert_true(
        psi_jvp(psi_compiled_call, inner, PSI_ARRAYS(x), PSI_ARRAYS(PSI_FLOATS(1, 10)), &outputs, &tangents));
    EXPECT(tangents.data[0], PSI_INTS(2), 1.0833154, -0.852318);
    batch =
        psi_vmap(psi_compiled_call, outer, PSI_ARRAYS(psi_reshape(x, PSI_INTS(2, 1))), PSI_NONE, PSI_NONE);
    assert_int_equal(batch.count, 1);
    expect_within(batch.data[0], PSI_INTS(2, 1), expected, 1e-6);
    assert_true(psi_compiled_stats(inner).inlined >= 3);
    psi_compiled_free(inner);
    psi_compiled_free(outer);
}

static psi_arrays hundred_adds(psi_arrays in, void *context)
{
    (void)context;
    psi_array y = in.data[0];
    for (int i = 0; i < 100; i++)
        y = psi_add(y, in.data[1]);
    return LIST(y);
}

static psi_arrays mixed(psi_arrays in, void *context)
{
    (void)context;
    psi_array a = in.data[0], b = in.data[1], c = in.data[2];
    psi_array y =
        psi_where(psi_greater(a, b), psi_multiply(a, c), psi_subtract(b, psi_astype(c, PSI_FLOAT16)));
    return LIST(y, psi_sum(y, PSI_INTS(0), false), psi_maximum(psi_exp(c), psi_zeros_like(a)));
}

/* The same bits as without, over layouts of all kinds. */
static void computes_the_same(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array base = psi_reshape(psi_sin(psi_arange(0, 5000, 1, PSI_FLOAT32)), PSI_INTS(50, 100));
    psi_array turned = psi_slice(base, PSI_INTS(49, 99), PSI_INTS(-51, -101), PSI_INTS(-1, -1));
    psi_array layouts[] = {base, psi_transpose(psi_reshape(base, PSI_INTS(100, 50)), PSI_NONE), turned,
                           psi_slice(base, PSI_INTS(0, 0), PSI_INTS(1, 100), PSI_NONE), f32(0.25)};
    enum { LAYOUTS = sizeof layouts / sizeof *layouts };
    psi_compiled *c = psi_compile(mixed, NULL, 0);
    for (int i = 0; i < LAYOUTS - 2; i++)
        for (int j = 0; j < LAYOUTS; j++)
            for (int k = 0; k < LAYOUTS; k++) {
                PSI_SCOPE;
                psi_arrays in = PSI_ARRAYS(layouts[i], layouts[j], layouts[k]);
                psi_arrays plain = mixed(in, NULL), fused = psi_compiled_call(in, c);
                for (int n = 0; n < 3; n++) {
                    assert_int_equal(psi_dtype_of(plain.data[n]), psi_dtype_of(fused.data[n]));
                    size_t bytes = psi_nbytes(plain.data[n]);
                    assert_int_equal(bytes, psi_nbytes(fused.data[n]));
                    assert_memory_equal(psi_data(plain.data[n]), psi_data(fused.data[n]), bytes);
                }
            }
    psi_compiled_free(c);
    psi_array chain = once(hundred_adds, PSI_ARRAYS(PSI_FLOATS(1, 2), f32(0.5))).data[0];
    assert_int_equal(psi_inputs(chain).count, 2);
    EXPECT(chain, PSI_INTS(2), 51, 52);
}

static void writes_graphs_down(void **state)
{
    (void)state;
    PSI_SCOPE;
    char text[2000];
    psi_array x = PSI_FLOATS(1, 2), y = psi_sum(psi_exp(x), PSI_NONE, false);
    assert_true(psi_graph_text(PSI_ARRAYS(y), text, sizeof text) > 0);
    assert_string_equal(text, "A float32 (2): constant\n"
                              "B float32 (2) = Exp A\n"
                              "C float32 (1) = Reduce [2 1 0] B\n"
                              "D float32 () = Squeeze [1 0] C\n"
                              "outputs: D\n");
    const char *names[] = {"x", NULL};
    size_t n = psi_export_to_dot(PSI_ARRAYS(x, y), names, text, sizeof text);
    assert_int_equal(n, strlen(text));
    assert_non_null(strstr(text, "{ rank=source; \"x\"; }"));
    assert_non_null(strstr(text, "[label =\"Exp\", shape=rectangle]"));
    assert_non_null(strstr(text, "{ rank=sink; \"D\"; }"));
    assert_int_equal(psi_export_to_dot(PSI_ARRAYS(x, y), NULL, text, 4), n - 1 + 1);
    assert_string_equal(text, "dig");
    psi_set_compile_debug(true);
    psi_compiled *c = psi_compile(inner_output, NULL, 0);
    psi_compiled_call(PSI_ARRAYS(x), c);
    psi_set_compile_debug(false);
    assert_true(psi_compiled_text(c, 0, true, text, sizeof text) > 0);
    assert_non_null(strstr(text, "B float32 (2) = Abs A\n"));
    assert_true(psi_compiled_text(c, 0, false, text, sizeof text) > 0);
    assert_non_null(strstr(text, "= CompiledAbsSquare A\n"));
    assert_int_equal(psi_compiled_text(c, 1, false, text, sizeof text), 0);
    psi_compiled_free(c);
}

/* Whatever allocation fails, the call fails with a typed error, nothing leaks, and the next call works. */
static void survives_failing_allocations(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = PSI_FLOATS(1, -2);
    bool failed = true;
    for (int64_t n = 1; failed && n < 2000; n++) {
        PSI_SCOPE;
        psi_test_fail_allocation(n);
        psi_compiled *c = psi_compile(gelu, NULL, 0);
        psi_arrays y = c ? psi_compiled_call(PSI_ARRAYS(x), c) : (psi_arrays){NULL, 0};
        if (y.count == 1)
            psi_eval1(y.data[0]);
        psi_test_fail_allocation(0);
        psi_error_record e;
        failed = psi_error(&e);
        if (failed)
            assert_int_equal(e.code, PSI_OUT_OF_MEMORY);
        psi_arrays again = psi_compiled_call(PSI_ARRAYS(x), c ? c : (c = psi_compile(gelu, NULL, 0)));
        EXPECT(again.data[0], PSI_INTS(2), 0.8413447, -0.0455003);
        psi_compiled_free(c);
    }
    assert_false(failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traces_once_per_kind_of_input),
        cmocka_unit_test(keeps_the_cache_in_its_bound),
        cmocka_unit_test(fuses_element_wise_ops),
        cmocka_unit_test(simplifies),
        cmocka_unit_test(can_be_disabled),
        cmocka_unit_test(keeps_what_was_captured),
        cmocka_unit_test(transforms_go_through),
        cmocka_unit_test(computes_the_same),
        cmocka_unit_test(writes_graphs_down),
        cmocka_unit_test(survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
