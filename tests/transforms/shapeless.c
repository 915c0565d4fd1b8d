/* One trace for many shapes: what follows, to the same values as without compile, and what is refused. */
#include "ops/values.h"

static psi_array noise(psi_ints shape)
{
    return psi_random_normal(shape, PSI_FLOAT32, NULL, NULL, psi_random_key(5));
}

/* Traces for one shape and compares at others, all of one number of dimensions. */
static void follows(psi_function fn, int shapes, const psi_ints *at)
{
    psi_compiled *c = psi_compile(fn, NULL, PSI_COMPILE_SHAPELESS);
    for (int i = 0; i < shapes; i++) {
        PSI_SCOPE;
        psi_arrays in = PSI_ARRAYS(noise(at[i]), noise(PSI_INTS(at[i].data[at[i].count - 1])));
        psi_arrays plain = fn(in, NULL), out = psi_compiled_call(in, c);
        psi_error_record e = {0};
        psi_error(&e);
        assert_string_equal(e.message, "");
        assert_int_equal(out.count, plain.count);
        for (int k = 0; k < out.count; k++) {
            assert_int_equal(psi_ndim(out.data[k]), psi_ndim(plain.data[k]));
            for (int d = 0; d < psi_ndim(plain.data[k]); d++)
                assert_int_equal(psi_dim(out.data[k], d), psi_dim(plain.data[k], d));
            double same;
            assert_true(psi_item(psi_allclose(out.data[k], plain.data[k], 1e-5, 1e-6, true), &same) && same);
        }
    }
    assert_int_equal(psi_compiled_stats(c).cold, 1);
    psi_compiled_free(c);
}
#define FOLLOWS(fn, ...) follows(fn, PSI_COUNT_(psi_ints, __VA_ARGS__), (psi_ints[]){__VA_ARGS__})

/* Refused at the second shape, and fine at the first again. */
static void refuses(psi_function fn, psi_ints first, psi_ints second, psi_code code)
{
    PSI_SCOPE;
    psi_error_record e = {0};
    psi_compiled *c = psi_compile(fn, NULL, PSI_COMPILE_SHAPELESS);
    psi_arrays before = PSI_ARRAYS(noise(first), noise(PSI_INTS(first.data[first.count - 1])));
    psi_arrays after = PSI_ARRAYS(noise(second), noise(PSI_INTS(second.data[second.count - 1])));
    assert_true(psi_compiled_call(before, c).count > 0);
    assert_int_equal(psi_compiled_call(after, c).count, 0);
    assert_true(psi_error(&e));
    assert_int_equal(e.code, code);
    assert_int_equal(e.kind, PSI_VALUE_ERROR);
    assert_true(psi_compiled_call(before, c).count > 0);
    psi_compiled_free(c);
}

static psi_arrays element_wise(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = in.data[0], b = in.data[1], y = psi_multiply(psi_add(x, b), psi_sigmoid(x));
    return LIST(y, psi_where(psi_greater(x, psi_scalar(0, PSI_FLOAT32)), y, b), psi_zeros_like(y),
                psi_subtract(psi_ones_like(x), psi_square(b)), psi_divmod(x, b).data[0]);
}

static psi_arrays explicit_broadcast(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_multiply(psi_broadcast_to(in.data[0], PSI_INTS(4, 4)), psi_scalar(2, PSI_FLOAT32)));
}

static psi_arrays reductions(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = in.data[0];
    return LIST(psi_mean(x, PSI_NONE, false), psi_var(x, PSI_INTS(0), true, 0),
                psi_std(x, PSI_INTS(-1), false, 1), psi_max(x, PSI_INTS(1), false),
                psi_logsumexp(x, PSI_INTS(-1), true), psi_argmax(x, 0, true), psi_cumsum(x, 1, false, true),
                psi_softmax(x, PSI_INTS(-1), false), psi_sort(x, -1));
}

static psi_arrays rearranged(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = in.data[0];
    return LIST(psi_transpose(x, PSI_NONE), psi_flatten(x, 0, -1), psi_expand_dims(x, PSI_INTS(0, 2)),
                psi_reshape(x, PSI_INTS(-1)), psi_reshape(x, PSI_INTS(2, -1)),
                psi_unflatten(x, 0, PSI_INTS(2, -1)), psi_concatenate(PSI_ARRAYS(x, psi_exp(x), x), 1),
                psi_matmul(x, psi_transpose(x, PSI_NONE)),
                psi_slice(x, PSI_INTS(0, 0), psi_shape(x), PSI_NONE),
                psi_pad(x, PSI_INTS(1), PSI_INTS(2), PSI_INTS(1), NULL, "constant"));
}

static psi_arrays indexed(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = in.data[0];
    return LIST(psi_take(x, PSI_INT32S(1, 0, 1), 0), psi_take_along_axis(x, psi_argsort(x, -1), -1));
}

static psi_arrays gradients(psi_arrays in, void *context);

static psi_arrays loss(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_sum(psi_mean(psi_multiply(in.data[0], in.data[1]), PSI_INTS(0), false), PSI_NONE, false));
}

static psi_arrays gradients(psi_arrays in, void *context)
{
    psi_arrays outputs, grads;
    psi_value_and_grad(loss, context, in, PSI_INTS(0, 1), &outputs, &grads);
    return grads;
}

static psi_arrays batched(psi_arrays in, void *context)
{
    return psi_vmap(element_wise, context, in, PSI_INTS(0, -1), PSI_NONE);
}

static void shapes_follow(void **state)
{
    (void)state;
    PSI_SCOPE;
    FOLLOWS(element_wise, PSI_INTS(3, 4), PSI_INTS(5, 2), PSI_INTS(1, 7), PSI_INTS(2, 1));
    FOLLOWS(explicit_broadcast, PSI_INTS(1, 4), PSI_INTS(4, 1), PSI_INTS(4, 4));
    FOLLOWS(reductions, PSI_INTS(1, 4), PSI_INTS(5, 2), PSI_INTS(3, 7));
    FOLLOWS(rearranged, PSI_INTS(2, 4), PSI_INTS(4, 3), PSI_INTS(6, 1));
    FOLLOWS(indexed, PSI_INTS(3, 4), PSI_INTS(2, 9), PSI_INTS(6, 1));
    FOLLOWS(gradients, PSI_INTS(3, 4), PSI_INTS(2, 9), PSI_INTS(6, 2));
    FOLLOWS(batched, PSI_INTS(3, 4), PSI_INTS(2, 9), PSI_INTS(6, 2));
}

static psi_arrays to_its_length(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_reshape(in.data[0], PSI_INTS(6)));
}

static psi_arrays halves(psi_arrays in, void *context)
{
    (void)context;
    return psi_split(in.data[0], 2, 0);
}

static psi_arrays all_but_the_first(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_slice(in.data[0], PSI_INTS(1), psi_shape(in.data[0]), PSI_NONE));
}

static psi_arrays without_the_first_axis(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_squeeze(in.data[0], PSI_INTS(0)));
}

static void what_is_not_known_is_refused(void **state)
{
    (void)state;
    refuses(to_its_length, PSI_INTS(6), PSI_INTS(8), PSI_INVALID_ARGUMENT);
    refuses(halves, PSI_INTS(4), PSI_INTS(6), PSI_UNSUPPORTED_OP);
    refuses(all_but_the_first, PSI_INTS(4), PSI_INTS(6), PSI_UNSUPPORTED_OP);
    refuses(without_the_first_axis, PSI_INTS(1, 2), PSI_INTS(3, 2), PSI_UNSUPPORTED_OP);
    refuses(explicit_broadcast, PSI_INTS(1, 4), PSI_INTS(3, 1), PSI_INVALID_ARGUMENT);
    refuses(gradients, PSI_INTS(3, 4), PSI_INTS(3, 1), PSI_UNSUPPORTED_OP);
}

/* A group that reads a sink of a group with several outputs takes that output's dtype, not the first one's. */
static psi_arrays several_dtypes(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = psi_astype(psi_square(in.data[0]), PSI_FLOAT16), y = psi_cos(psi_astype(x, PSI_FLOAT32));
    return LIST(x, y, psi_sum(y, PSI_NONE, false),
                psi_abs(psi_negative(psi_subtract(y, psi_sum(y, PSI_NONE, false)))));
}

static void outputs_keep_their_dtypes(void **state)
{
    (void)state;
    PSI_SCOPE;
    FOLLOWS(several_dtypes, PSI_INTS(3), PSI_INTS(5));
}

static psi_arrays sine_and_square(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_sin(in.data[0]), psi_square(psi_add(in.data[0], in.data[1])));
}

static psi_arrays with_rules(psi_arrays in, void *context)
{
    (void)context;
    return psi_custom_function(&(psi_custom){.fn = sine_and_square}, in);
}

/* Simplified, its node is gone; without that, its rule is asked. */
static void custom_functions_follow(void **state)
{
    (void)state;
    PSI_SCOPE;
    FOLLOWS(with_rules, PSI_INTS(2, 3), PSI_INTS(4, 5));
    assert_true(psi_set_compile_mode(PSI_COMPILE_NO_SIMPLIFY));
    FOLLOWS(with_rules, PSI_INTS(2, 3), PSI_INTS(4, 5));
    assert_true(psi_set_compile_mode(PSI_COMPILE_ENABLED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_follow), cmocka_unit_test(what_is_not_known_is_refused),
        cmocka_unit_test(outputs_keep_their_dtypes), cmocka_unit_test(custom_functions_follow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
