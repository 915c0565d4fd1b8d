/* anchors_compile.c: the named tests of compile: its cache made visible, one trace for a family of shapes, and the matrix of
 * what a compiled function keeps to and what it refuses. */
#include "compiled.h"

static psi_arrays scaled_sum(psi_arrays in, void *context)
{
    ++*(int *)context;
    psi_array x = psi_multiply(in.data[0], f32(2));
    return ANSWER(psi_sum(psi_add(x, x), PSI_NONE, false));
}

ANCHOR_CASE(compile_transform_emits_cold_then_warm_cache_hits_with_trace_and_debug)
{
    char recorded[1000], used[1000];
    int calls = 0;
    psi_set_compile_debug(true);
    psi_compiled *c = psi_compile(scaled_sum, &calls, 0);
    CHECK_EQ_INT(psi_compiled_stats(c).cold, 0);
    CHECK_EQ_INT(psi_compiled_text(c, 0, false, used, sizeof used), 0);
    CHECK_VALUES(psi_compiled_call(PSI_ARRAYS(PSI_FLOATS(1, 2)), c).data[0], 12);
    psi_compile_stats s = psi_compiled_stats(c);
    CHECK_EQ_INT(s.cold, 1);
    CHECK_EQ_INT(s.warm, 0);
    CHECK_VALUES(psi_compiled_call(PSI_ARRAYS(PSI_FLOATS(5, -1)), c).data[0], 16);
    CHECK_VALUES(psi_compiled_call(PSI_ARRAYS(PSI_FLOATS(0, 1)), c).data[0], 4);
    s = psi_compiled_stats(c);
    CHECK_EQ_INT(s.cold, 1);
    CHECK_EQ_INT(s.warm, 2);
    CHECK_EQ_INT(s.size, 1);
    CHECK_EQ_INT(calls, 1);
    CHECK(psi_compiled_text(c, 0, true, recorded, sizeof recorded) > 0);
    CHECK(psi_compiled_text(c, 0, false, used, sizeof used) > 0);
    CHECK(strstr(recorded, "= Multiply") != NULL);
    CHECK(strstr(recorded, "Compiled") == NULL);
    CHECK(strstr(used, "CompiledBroadcastMultiplyAdd") != NULL);
    CHECK(strstr(used, "= Reduce") != NULL);
    psi_set_compile_debug(false);
    psi_compiled_free(c);
}

ANCHOR_CASE(compile_transform_cache_controls_make_bypass_and_invalidation_explicit)
{
    int calls = 0;
    psi_compiled *c = psi_compile(scaled_sum, &calls, 0), *other = psi_compile(scaled_sum, &calls, 0);
    psi_arrays at = PSI_ARRAYS(PSI_FLOATS(1, 2)), wide = PSI_ARRAYS(PSI_FLOATS(1, 2, 3));
    psi_compiled_call(at, c);
    psi_set_compile_mode(PSI_COMPILE_DISABLED);
    CHECK_VALUES(psi_compiled_call(at, c).data[0], 12);
    psi_set_compile_mode(PSI_COMPILE_ENABLED);
    psi_compile_stats s = psi_compiled_stats(c);
    CHECK_EQ_INT(s.bypassed, 1);
    CHECK_EQ_INT(s.cold, 1);
    CHECK_EQ_INT(calls, 2);
    psi_compiled_call(at, other);
    psi_compiled_clear(c); /* the other function's traces stay */
    CHECK_EQ_INT(psi_compiled_stats(c).invalidated, 1);
    CHECK_EQ_INT(psi_compiled_stats(c).size, 0);
    CHECK_EQ_INT(psi_compiled_stats(other).size, 1);
    psi_compiled_call(at, c);
    CHECK_EQ_INT(psi_compiled_stats(c).cold, 2);
    REQUIRE(psi_set_compile_cache_limit(1));
    psi_compiled_call(wide, c); /* the bound drops the trace used before */
    s = psi_compiled_stats(c);
    CHECK_EQ_INT(s.limit, 1);
    CHECK_EQ_INT(s.size, 1);
    CHECK_EQ_INT(s.invalidated, 2);
    CHECK(psi_compiled_trace(c, at) == 0);
    CHECK(psi_compiled_trace(c, wide) != 0);
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_set_compile_cache_limit(0));
    REQUIRE(psi_set_compile_cache_limit(128));
    psi_compile_clear_cache();
    CHECK_EQ_INT(psi_compiled_stats(c).size + psi_compiled_stats(other).size, 0);
    psi_compiled_free(other);
    psi_compiled_free(c);
}

static psi_arrays normalised(psi_arrays in, void *context)
{
    ++*(int *)context;
    psi_array x = in.data[0], last = PSI_INTS(-1).count ? psi_mean(x, PSI_INTS(-1), true) : x;
    return ANSWER(psi_subtract(x, last), psi_ones_like(x),
                  psi_softmax(psi_matmul(x, in.data[1]), PSI_INTS(-1), false));
}

ANCHOR_CASE(compile_transform_shapeless_trace_family_identity_groups_same_rank_graphs)
{
    int calls = 0;
    psi_compiled *c = psi_compile(normalised, &calls, PSI_COMPILE_SHAPELESS);
    uint64_t family = 0;
    for (int n = 2; n < 6; n++) {
        psi_arrays at =
            PSI_ARRAYS(psi_random_normal(PSI_INTS(n, n + 1), PSI_FLOAT32, NULL, NULL, psi_random_key(n)),
                       psi_random_normal(PSI_INTS(n + 1, 3), PSI_FLOAT32, NULL, NULL, psi_random_key(n)));
        psi_arrays plain = normalised(at, &(int){0}), out = psi_compiled_call(at, c);
        REQUIRE(out.count == 3);
        for (int i = 0; i < 3; i++)
            CHECK_CLOSE(out.data[i], plain.data[i], 1e-5, 1e-6);
        uint64_t id = psi_compiled_trace(c, at);
        CHECK(id != 0);
        CHECK(family == 0 || id == family);
        family = id;
    }
    CHECK_EQ_INT(calls, 1);
    CHECK_EQ_INT(psi_compiled_stats(c).warm, 3);
    /* Another number of dimensions, or another dtype, is another family. */
    psi_array half = psi_zeros(PSI_INTS(2, 3), PSI_FLOAT16);
    psi_arrays deep =
        PSI_ARRAYS(psi_zeros(PSI_INTS(2, 2, 3), PSI_FLOAT32), psi_zeros(PSI_INTS(3, 3), PSI_FLOAT32));
    CHECK(psi_compiled_trace(c, deep) == 0);
    CHECK_SHAPE(psi_compiled_call(deep, c).data[2], 2, 2, 3);
    CHECK(psi_compiled_trace(c, deep) != family);
    psi_compiled_call(PSI_ARRAYS(half, psi_zeros(PSI_INTS(3, 3), PSI_FLOAT16)), c);
    CHECK_EQ_INT(calls, 3);
    psi_compiled_free(c);
}

static psi_arrays into_rows(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_reshape(psi_exp(in.data[0]), PSI_INTS(2, 3)));
}

static psi_arrays into_open_rows(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_reshape(in.data[0], PSI_INTS(2, -1)));
}

static psi_arrays halves(psi_arrays in, void *context)
{
    (void)context;
    return psi_split(in.data[0], 2, 0);
}

static psi_arrays tail(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_slice(in.data[0], PSI_INTS(psi_dim(in.data[0], 0) - 2),
                            PSI_INTS(psi_dim(in.data[0], 0)), PSI_NONE));
}

ANCHOR_CASE(compile_transform_shapeless_trace_family_refuses_reshape_without_formula)
{
    psi_array six = psi_zeros(PSI_INTS(6), PSI_FLOAT32), eight = psi_zeros(PSI_INTS(8), PSI_FLOAT32);
    psi_array nine = psi_zeros(PSI_INTS(9), PSI_FLOAT32);
    psi_compiled *fixed = psi_compile(into_rows, NULL, PSI_COMPILE_SHAPELESS);
    CHECK_SHAPE(psi_compiled_call(PSI_ARRAYS(six), fixed).data[0], 2, 3);
    CHECK_ERROR_KIND(PSI_INVALID_ARGUMENT, PSI_VALUE_ERROR, psi_compiled_call(PSI_ARRAYS(eight), fixed));
    CHECK_SHAPE(psi_compiled_call(PSI_ARRAYS(six), fixed).data[0], 2, 3);          /* and goes on */
    psi_compiled *open = psi_compile(into_open_rows, NULL, PSI_COMPILE_SHAPELESS); /* -1 is a formula */
    CHECK_SHAPE(psi_compiled_call(PSI_ARRAYS(six), open).data[0], 2, 3);
    CHECK_SHAPE(psi_compiled_call(PSI_ARRAYS(eight), open).data[0], 2, 4);
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_compiled_call(PSI_ARRAYS(nine), open));
    psi_compiled *cut = psi_compile(halves, NULL, PSI_COMPILE_SHAPELESS),
                 *end = psi_compile(tail, NULL, PSI_COMPILE_SHAPELESS);
    psi_compiled_call(PSI_ARRAYS(six), cut);
    psi_compiled_call(PSI_ARRAYS(six), end);
    CHECK_ERROR_KIND(PSI_UNSUPPORTED_OP, PSI_VALUE_ERROR, psi_compiled_call(PSI_ARRAYS(eight), cut));
    CHECK_ERROR_KIND(PSI_UNSUPPORTED_OP, PSI_VALUE_ERROR, psi_compiled_call(PSI_ARRAYS(eight), end));
    psi_compiled_free(fixed);
    psi_compiled_free(open);
    psi_compiled_free(cut);
    psi_compiled_free(end);
}

/* ---- the hygiene matrix ---- */

static psi_arrays equal_parts(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = in.data[0];
    return ANSWER(psi_multiply(psi_sin(x), psi_sin(x)), psi_add(x, f32(1)), psi_subtract(x, f32(1)));
}

static psi_arrays unused_parts(psi_arrays in, void *context)
{
    (void)context;
    psi_exp(in.data[0]);
    return ANSWER(psi_negative(in.data[0]));
}

static psi_arrays passes_through(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(in.data[0], psi_stop_gradient(in.data[0]), f32(3));
}

static psi_arrays around_a_sum(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = psi_exp(in.data[0]);
    return ANSWER(psi_divide(x, psi_sum(x, PSI_NONE, true)));
}

static psi_arrays backwards(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = psi_slice(in.data[0], PSI_INTS(3), PSI_INTS(-5), PSI_INTS(-1));
    return ANSWER(psi_subtract(psi_square(x), in.data[0]));
}

static psi_arrays mixed_types(psi_arrays in, void *context)
{
    (void)context;
    psi_array half = psi_astype(in.data[0], PSI_BFLOAT16), whole = psi_astype(in.data[0], PSI_INT32);
    return ANSWER(psi_where(psi_greater(half, f32(0)), psi_multiply(half, whole), psi_add(half, half)));
}

static psi_arrays random_part(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(
        psi_multiply(in.data[0], psi_random_normal(PSI_INTS(4), PSI_FLOAT32, NULL, NULL, psi_random_key(1))));
}

static psi_arrays gradient_inside(psi_arrays in, void *context)
{
    psi_arrays outputs, grads;
    psi_vjp(around_a_sum, context, in, PSI_ARRAYS(PSI_FLOATS(1, 0, 2, -1)), &outputs, &grads);
    return grads;
}

static psi_arrays batched_inside(psi_arrays in, void *context)
{
    return psi_vmap(mixed_types, context, in, PSI_NONE, PSI_NONE);
}

static psi_arrays several_outputs(psi_arrays in, void *context)
{
    (void)context;
    return psi_divmod(in.data[0], psi_abs(in.data[0]));
}

static psi_arrays evaluates_inside(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = psi_sin(in.data[0]);
    return psi_eval1(x) ? ANSWER(x) : NO_INPUTS;
}

static psi_arrays captures_an_input(psi_arrays in, void *context)
{
    return ANSWER(psi_add(in.data[0], context));
}

static psi_arrays fails_inside(psi_arrays in, void *context)
{
    (void)context;
    return ANSWER(psi_add(in.data[0], PSI_FLOATS(1, 2, 3)));
}

static psi_arrays no_gradient(psi_arrays in, void *context)
{
    psi_arrays outputs, grads;
    psi_vjp(halves, context, PSI_ARRAYS(psi_view(in.data[0], PSI_INT32)), PSI_ARRAYS(in.data[0]), &outputs,
            &grads);
    return grads;
}

ANCHOR_CASE(compiler_hygiene_parity_matrix_tracks_seeded_supported_and_refusal_cases)
{
    static const struct {
        const char *name;
        psi_function fn;
        psi_code refusal; /* PSI_OK: the same values as without compile, in every mode */
    } rows[] = {
        {"equal parts are one", equal_parts, PSI_OK},
        {"unused parts are dropped", unused_parts, PSI_OK},
        {"inputs and constants as outputs", passes_through, PSI_OK},
        {"a reduction between element-wise ops", around_a_sum, PSI_OK},
        {"negative strides", backwards, PSI_OK},
        {"dtypes mixed", mixed_types, PSI_OK},
        {"random numbers of a key", random_part, PSI_OK},
        {"a gradient inside", gradient_inside, PSI_OK},
        {"a vmap inside", batched_inside, PSI_OK},
        {"an op with several outputs", several_outputs, PSI_OK},
        {"evaluation while tracing", evaluates_inside, PSI_INVALID_ARGUMENT},
        {"an input that is captured too", captures_an_input, PSI_INVALID_ARGUMENT},
        {"a call that fails while tracing", fails_inside, PSI_INVALID_ARGUMENT},
        {"cotangents that do not fit", no_gradient, PSI_INVALID_ARGUMENT},
    };
    int supported = 0, refused = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        psi_array x = PSI_FLOATS(0.5, -1, 2, 3);
        NOTE("row: %s", rows[i].name);
        for (int mode = PSI_COMPILE_NO_SIMPLIFY; mode <= PSI_COMPILE_ENABLED; mode++) {
            psi_set_compile_mode((psi_compile_mode)mode);
            psi_compiled *c = psi_compile(rows[i].fn, x, 0);
            if (rows[i].refusal) {
                refused += CHECK_ERROR(rows[i].refusal, psi_compiled_call(PSI_ARRAYS(x), c));
                psi_compiled_free(c);
                continue;
            }
            psi_arrays plain = rows[i].fn(PSI_ARRAYS(x), x);
            for (int again = 0; again < 2; again++) {
                psi_arrays out = psi_compiled_call(PSI_ARRAYS(x), c);
                REQUIRE(out.count == plain.count);
                for (int k = 0; k < out.count; k++)
                    supported += CHECK_SAME(out.data[k], plain.data[k]);
            }
            CHECK_EQ_INT(psi_compiled_stats(c).warm, 1);
            psi_compiled_free(c);
        }
    }
    psi_set_compile_mode(PSI_COMPILE_ENABLED);
    CHECK_EQ_INT(supported, 3 * 2 * 15);
    CHECK_EQ_INT(refused, 3 * 4);
}
