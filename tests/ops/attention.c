/* Scaled dot-product attention: literal values, then both kernels against plain loops over masks, sinks, shared heads,
 * layouts and dtypes; gradients and tangents against those of the composition, which float64 is; batching; refusals. */
#include <float.h>
#include <string.h>

#include "values.h"

static psi_array attend(psi_array q, psi_array k, psi_array v, double scale, psi_array mask)
{
    return psi_fast_scaled_dot_product_attention(q, k, v, scale, "", mask, NULL);
}

static void literals(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array q =
        psi_reshape(psi_divide(count_up(PSI_INTS(8)), psi_scalar(8, PSI_FLOAT32)), PSI_INTS(1, 2, 2, 2));
    psi_array k = psi_reshape(PSI_FLOATS(1, 0, 0, 1, 1, -1), PSI_INTS(1, 1, 3, 2));
    psi_array v = psi_reshape(PSI_FLOATS(1, 2, 4), PSI_INTS(1, 1, 3, 1));
    psi_ints shape = PSI_INTS(1, 2, 2, 1);
    EXPECT(attend(q, k, v, 0.5, NULL), shape, 2.2925611, 2.2274246, 2.1656699, 2.1074839);
    EXPECT(psi_fast_scaled_dot_product_attention(q, k, v, 0.5, "causal", NULL, NULL), shape, 1.51562,
           2.2274246, 1.51562, 2.1074839);
    psi_array bools = psi_reshape(PSI_BOOLS(true, false, true, false, false, false), PSI_INTS(2, 3));
    EXPECT(attend(q, k, v, 0.5, bools), shape, 2.4531403, 2.3333335, 2.2675138, 2.3333335);
    EXPECT(attend(q, k, v, 0.5, PSI_FLOATS(0, 1, -INFINITY)), shape, 1.7431681, 1.7431681, 1.7431681,
           1.7431681);
    psi_array y = psi_fast_scaled_dot_product_attention(q, k, v, 2, "", NULL, PSI_FLOATS(0, 1));
    EXPECT(y, shape, 1.6449766, 1.6228495, 1.3202717, 1.3912166);
    /* More queries than keys: those that see none see all. */
    y = psi_fast_scaled_dot_product_attention(psi_zeros(PSI_INTS(1, 1, 4, 2), PSI_FLOAT32), k, v, 1, "causal",
                                              NULL, NULL);
    EXPECT(y, PSI_INTS(1, 1, 4, 1), 2.3333335, 1, 1.5, 2.3333335);
    EXPECT(attend(q, k, v, 1, PSI_FLOATS(-INFINITY)), shape, NAN, NAN, NAN, NAN);
    /* No keys at all. */
    y = psi_zeros(PSI_INTS(1, 1, 0, 2), PSI_FLOAT32);
    EXPECT(attend(q, y, y, 1, NULL), PSI_INTS(1, 2, 2, 2), 0, 0, 0, 0, 0, 0, 0, 0);
}

/* ---- against plain loops ---- */

typedef struct sizes {
    int64_t batch, heads, groups, queries, keys, dim, value_dim;
} sizes;

static psi_array noise(psi_ints shape, uint64_t seed)
{
    psi_array zero = psi_scalar(-1, PSI_FLOAT32), one = psi_scalar(1, PSI_FLOAT32);
    return psi_random_uniform(zero, one, shape, PSI_FLOAT32, psi_random_key((int64_t)seed));
}

static const double *numbers(psi_array a)
{
    return psi_data(psi_astype(a, PSI_FLOAT64));
}

enum mask { NONE, CAUSAL, BOOLS, ADDED, MASKS };

/* The mean of v for one query by the definition, into out. */
static void plain(sizes s, const double *q, const double *k, const double *v, const double *mask,
                  enum mask kind, const double *sink, double scale, int64_t row, double *out)
{
    double top = sink ? *sink : -INFINITY, sum = 0;
    double *p = malloc((size_t)s.keys * sizeof *p);
    for (int64_t j = 0; j < s.keys; j++) {
        p[j] = 0;
        for (int64_t i = 0; i < s.dim; i++)
            p[j] += scale * q[i] * k[j * s.dim + i];
        if ((kind == CAUSAL && j > row + s.keys - s.queries) || (kind == BOOLS && mask[j] == 0))
            p[j] = -(double)FLT_MAX;
        if (kind == ADDED)
            p[j] += mask[j];
        top = fmax(top, p[j]);
    }
    for (int64_t j = 0; j < s.keys; j++)
        sum += p[j] = exp(p[j] - top);
    sum += sink ? exp(*sink - top) : 0;
    for (int64_t i = 0; i < s.value_dim; i++) {
        out[i] = 0;
        for (int64_t j = 0; j < s.keys; j++)
            out[i] += p[j] / sum * v[j * s.value_dim + i];
    }
    free(p);
}

static psi_array mask_of(sizes s, enum mask kind)
{
    psi_array m = noise(PSI_INTS(s.heads, s.queries, s.keys), 9);
    if (kind == BOOLS)
        return psi_less(m, psi_scalar(0.3, PSI_FLOAT32));
    return kind == ADDED ? m : NULL;
}

static void compare(sizes s, enum mask kind, bool with_sinks, psi_dtype dtype, bool turned)
{
    PSI_SCOPE;
    psi_array q = psi_astype(noise(PSI_INTS(s.batch, s.heads, s.queries, s.dim), 1), dtype);
    psi_array k = psi_astype(noise(PSI_INTS(s.batch, s.groups, s.keys, s.dim), 2), dtype);
    psi_array v = psi_astype(noise(PSI_INTS(s.batch, s.groups, s.keys, s.value_dim), 3), dtype);
    psi_array mask = mask_of(s, kind),
              sinks = with_sinks ? psi_astype(noise(PSI_INTS(s.heads), 4), dtype) : NULL;
    if (mask && kind == ADDED)
        mask = psi_astype(mask, dtype);
    psi_array seen[] = {q, k, v};
    double scale = turned ? 0.5 : 0.7;
    for (int i = 0; turned && i < 3; i++) /* the features are not neighbours */
        seen[i] = psi_swapaxes(psi_contiguous(psi_swapaxes(seen[i], 1, 3), false), 1, 3);
    const char *mode = kind == CAUSAL ? "causal" : "";
    psi_array y = psi_fast_scaled_dot_product_attention(seen[0], seen[1], seen[2], scale, mode, mask, sinks);
    assert_int_equal(psi_dtype_of(y), dtype);
    const double *in[] = {numbers(q), numbers(k), numbers(v), mask ? numbers(mask) : NULL,
                          sinks ? numbers(sinks) : NULL};
    const double *got = numbers(y);
    double near = dtype == PSI_BFLOAT16 ? 4e-3 : dtype == PSI_FLOAT16 ? 6e-4 : 2e-6;
    double *want = malloc((size_t)s.value_dim * sizeof *want);
    for (int64_t at = 0; at < s.batch * s.heads * s.queries; at++) {
        int64_t row = at % s.queries, head = at / s.queries % s.heads, b = at / s.queries / s.heads;
        int64_t group = b * s.groups + head / (s.heads / s.groups);
        plain(s, in[0] + at * s.dim, in[1] + group * s.keys * s.dim, in[2] + group * s.keys * s.value_dim,
              mask ? in[3] + (head * s.queries + row) * s.keys : NULL, kind, sinks ? in[4] + head : NULL,
              scale, row, want);
        for (int64_t i = 0; i < s.value_dim; i++)
            assert_true(fabs(got[at * s.value_dim + i] - want[i]) <= near);
    }
    free(want);
}

static void kernels(void **state)
{
    (void)state;
    static const sizes all[] = {
        {1, 1, 1, 1, 1, 1, 1},     {2, 4, 2, 1, 300, 16, 8},  {1, 2, 2, 5, 7, 3, 4},
        {1, 4, 1, 9, 300, 20, 33}, {1, 2, 1, 70, 260, 17, 5}, {1, 1, 1, 3, 2100, 8, 64},
        {1, 1, 1, 40, 1500, 8, 8}, {1, 2, 2, 40, 16, 8, 8},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (int kind = 0; kind < MASKS; kind++)
            for (int more = 0; more < 2; more++) {
                compare(all[i], (enum mask)kind, more, PSI_FLOAT32, !more);
                compare(all[i], (enum mask)kind, more, PSI_BFLOAT16, more);
            }
    for (int i = 1; i < 5; i++)
        compare(all[i], BOOLS, true, PSI_FLOAT16, false);
}

/* ---- transforms ---- */

typedef struct how {
    const char *mode;
    psi_array bools;
    bool adds, sinks;
} how;

static psi_arrays attention(psi_arrays in, void *context)
{
    const how *h = context;
    psi_array mask = h->adds ? in.data[3] : h->bools, sinks = h->sinks ? in.data[in.count - 1] : NULL;
    return LIST(
        psi_fast_scaled_dot_product_attention(in.data[0], in.data[1], in.data[2], 0.6, h->mode, mask, sinks));
}

static void expect_near(psi_array a, psi_array b)
{
    EXPECT(psi_allclose(psi_astype(a, PSI_FLOAT64), b, 1e-4, 2e-6, false), PSI_SCALAR_SHAPE, 1);
}

/* float64 is a composition of ops with rules of their own. */
static void derivatives(how h)
{
    PSI_SCOPE;
    psi_array in[5] = {noise(PSI_INTS(2, 4, 3, 5), 1), noise(PSI_INTS(2, 2, 6, 5), 2),
                       noise(PSI_INTS(2, 2, 6, 4), 3)};
    psi_array change[5], wide[5], wide_change[5], g = noise(PSI_INTS(2, 4, 3, 4), 6);
    int count = 3;
    if (h.adds)
        in[count++] = noise(PSI_INTS(3, 6), 4);
    if (h.sinks)
        in[count++] = noise(PSI_INTS(4), 5);
    for (int i = 0; i < count; i++) {
        change[i] = noise(psi_shape(in[i]), 10 + (uint64_t)i);
        wide[i] = psi_astype(in[i], PSI_FLOAT64);
        wide_change[i] = psi_astype(change[i], PSI_FLOAT64);
    }
    psi_arrays out, ours, theirs;
    psi_array wide_g = psi_astype(g, PSI_FLOAT64);
    assert_true(psi_vjp(attention, &h, (psi_arrays){in, count}, PSI_ARRAYS(g), &out, &ours));
    assert_true(psi_vjp(attention, &h, (psi_arrays){wide, count}, PSI_ARRAYS(wide_g), &out, &theirs));
    for (int i = 0; i < count; i++)
        expect_near(ours.data[i], theirs.data[i]);
    assert_true(psi_jvp(attention, &h, (psi_arrays){in, count}, (psi_arrays){change, count}, &out, &ours));
    assert_true(
        psi_jvp(attention, &h, (psi_arrays){wide, count}, (psi_arrays){wide_change, count}, &out, &theirs));
    expect_near(ours.data[0], theirs.data[0]);
}

static void gradients(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array bools = psi_less(noise(PSI_INTS(3, 6), 7), psi_scalar(0.2, PSI_FLOAT32));
    derivatives((how){.mode = ""});
    derivatives((how){.mode = "causal", .sinks = true});
    derivatives((how){.mode = "", .adds = true, .sinks = true});
    derivatives((how){.mode = "", .bools = bools});
}

/* Everything mapped, then the queries alone: the same as one by one. */
static void batched(void **state)
{
    (void)state;
    PSI_SCOPE;
    how h = {.mode = "", .adds = true, .sinks = true};
    psi_array in[] = {noise(PSI_INTS(3, 2, 4, 3, 5), 1), noise(PSI_INTS(3, 2, 2, 6, 5), 2),
                      noise(PSI_INTS(3, 2, 2, 6, 4), 3), noise(PSI_INTS(3, 3, 6), 4),
                      noise(PSI_INTS(3, 4), 5)};
    psi_array all = psi_vmap(attention, &h, (psi_arrays){in, 5}, PSI_NONE, PSI_INTS(0)).data[0];
    psi_array alone[5], first[5];
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 5; k++) {
            first[k] = psi_squeeze(psi_split(in[k], 3, 0).data[0], PSI_INTS(0));
            alone[k] = psi_squeeze(psi_split(in[k], 3, 0).data[i], PSI_INTS(0));
        }
        psi_array one = attention((psi_arrays){alone, 5}, &h).data[0];
        psi_array part = psi_squeeze(psi_split(all, 3, 0).data[i], PSI_INTS(0));
        EXPECT(psi_allclose(part, one, 1e-5, 1e-6, false), PSI_SCALAR_SHAPE, 1);
    }
    first[0] = in[0];
    psi_array queries =
        psi_vmap(attention, &h, (psi_arrays){first, 5}, PSI_INTS(0, -1, -1, -1, -1), PSI_INTS(0)).data[0];
    psi_array part = psi_split(queries, 3, 0).data[0], other = psi_split(all, 3, 0).data[0];
    EXPECT(psi_allclose(part, other, 1e-5, 1e-6, false), PSI_SCALAR_SHAPE, 1);
}

static void refusals(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array q = noise(PSI_INTS(2, 4, 3, 5), 1), k = noise(PSI_INTS(2, 2, 6, 5), 2);
    psi_array other[] = {noise(PSI_INTS(1, 2, 6, 5), 2), noise(PSI_INTS(2, 3, 6, 5), 2),
                         noise(PSI_INTS(2, 2, 6, 4), 2), noise(PSI_INTS(2, 6, 5), 2),
                         noise(PSI_INTS(2, 0, 6, 5), 2)};
    for (int i = 0; i < 5; i++)
        expect_error(attend(q, other[i], other[i], 1, NULL), PSI_VALUE_ERROR);
    expect_error(attend(q, k, noise(PSI_INTS(2, 1, 6, 5), 1), 1, NULL), PSI_VALUE_ERROR);
    expect_error(attend(q, k, noise(PSI_INTS(2, 2, 7, 5), 1), 1, NULL), PSI_VALUE_ERROR);
    expect_error(
        attend(psi_astype(q, PSI_INT32), psi_astype(k, PSI_INT32), psi_astype(k, PSI_INT32), 1, NULL),
        PSI_VALUE_ERROR);
    expect_error(attend(q, k, k, 1, noise(PSI_INTS(3, 5), 1)), PSI_VALUE_ERROR);
    expect_error(attend(q, k, k, 1, noise(PSI_INTS(1, 1, 1, 3, 6), 1)), PSI_VALUE_ERROR);
    expect_error(attend(q, k, k, 1, psi_zeros(PSI_INTS(6), PSI_FLOAT64)), PSI_VALUE_ERROR);
    psi_array sinks[] = {PSI_FLOATS(1, 2), psi_zeros(PSI_INTS(4), PSI_FLOAT64),
                         psi_zeros(PSI_INTS(4, 1), PSI_FLOAT32)};
    for (int i = 0; i < 3; i++)
        expect_error(psi_fast_scaled_dot_product_attention(q, k, k, 1, "", NULL, sinks[i]), PSI_VALUE_ERROR);
    psi_array mask = PSI_FLOATS(0, 0, 0, 0, 0, 0);
    expect_error(psi_fast_scaled_dot_product_attention(q, k, k, 1, "causal", mask, NULL), PSI_VALUE_ERROR);
    expect_error(psi_fast_scaled_dot_product_attention(q, k, k, 1, "diagonal", NULL, NULL), PSI_VALUE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals), cmocka_unit_test(kernels),  cmocka_unit_test(gradients),
        cmocka_unit_test(batched),  cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
