/* Matrix products under masks of blocks: values, blocks cut short, vectors, dtypes, gradients, refusals. */
#include "values.h"

static psi_array ones(psi_ints shape)
{
    return psi_ones(shape, PSI_FLOAT32);
}

static psi_array mask_of(psi_ints shape, const float *values, psi_dtype dtype)
{
    return psi_astype(psi_array_from(values, shape, PSI_FLOAT32), dtype);
}
#define MASK(dtype, shape, ...) mask_of(shape, (const float[]){__VA_ARGS__}, dtype)

/* Rows 31 and 32, which lie in different blocks. */
static psi_array seam(psi_array a)
{
    return psi_slice(a, PSI_INTS(31, 0), PSI_INTS(33, psi_dim(a, 1)), PSI_NONE);
}

static void values(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = ones(PSI_INTS(40, 33)), b = ones(PSI_INTS(33, 1));
    psi_array left = MASK(PSI_FLOAT32, PSI_INTS(2, 2), 2, 1, 0, 3);
    psi_array right = MASK(PSI_FLOAT32, PSI_INTS(2, 1), 0.5F, 4),
              out = MASK(PSI_FLOAT32, PSI_INTS(2, 1), 10, -1);
    EXPECT(seam(psi_block_masked_mm(a, b, 32, NULL, left, NULL)), PSI_INTS(2, 1), 65, 3);
    EXPECT(seam(psi_block_masked_mm(a, b, 32, NULL, left, right)), PSI_INTS(2, 1), 36, 12);
    EXPECT(seam(psi_block_masked_mm(a, b, 32, out, left, right)), PSI_INTS(2, 1), 360, -12);
    EXPECT(seam(psi_block_masked_mm(a, b, 32, out, NULL, NULL)), PSI_INTS(2, 1), 330, -33);
    EXPECT(seam(psi_block_masked_mm(a, b, 32, NULL, psi_astype(left, PSI_BOOL), NULL)), PSI_INTS(2, 1), 33,
           1);
    EXPECT(seam(psi_block_masked_mm(a, b, 64, NULL, psi_scalar(3, PSI_FLOAT32), NULL)), PSI_INTS(2, 1), 99,
           99);
    EXPECT(seam(psi_block_masked_mm(a, b, 7, NULL, NULL, NULL)), PSI_INTS(2, 1), 33, 33);
    psi_array stack = MASK(PSI_BOOL, PSI_INTS(2, 1, 1), 0, 1);
    EXPECT(psi_block_masked_mm(ones(PSI_INTS(1, 3)), ones(PSI_INTS(2, 3, 1)), 32, stack, NULL, NULL),
           PSI_INTS(2, 1, 1), 0, 3);
    EXPECT(psi_block_masked_mm(ones(PSI_INTS(2, 0)), ones(PSI_INTS(0, 1)), 32,
                               MASK(PSI_BOOL, PSI_INTS(1, 1), 1), NULL, NULL),
           PSI_INTS(2, 1), 0, 0);
}

static void vectors(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = ones(PSI_INTS(33)), half = psi_astype(a, PSI_FLOAT16),
              m = MASK(PSI_FLOAT32, PSI_INTS(2), 2, 5);
    EXPECT(psi_block_masked_mm(a, a, 32, NULL, m, m), (psi_ints){0}, 153);
    EXPECT(psi_block_masked_mm(a, a, 32, psi_scalar(-1, PSI_FLOAT32), m, NULL), (psi_ints){0}, -69);
    EXPECT(psi_block_masked_mm(a, ones(PSI_INTS(33, 2)), 32, MASK(PSI_BOOL, PSI_INTS(1), 1), m, NULL),
           PSI_INTS(2), 69, 69);
    psi_array low = psi_block_masked_mm(half, half, 32, NULL, m, NULL);
    assert_int_equal(psi_dtype_of(low), PSI_FLOAT16);
    EXPECT(low, (psi_ints){0}, 69);
    psi_array nan = psi_broadcast_to(psi_scalar(NAN, PSI_FLOAT32), PSI_INTS(33));
    EXPECT(psi_block_masked_mm(nan, a, 32, NULL, MASK(PSI_BOOL, PSI_INTS(2), 0, 0), NULL), (psi_ints){0}, 0);
    EXPECT(psi_block_masked_mm(nan, a, 32, NULL, MASK(PSI_FLOAT32, PSI_INTS(2), 0, 0), NULL), (psi_ints){0},
           NAN);
}

/* The sum of a product that one of the masks takes part in. */
static psi_arrays summed(psi_array out, psi_array left, psi_array right)
{
    psi_array a = ones(PSI_INTS(1, 33)), b = ones(PSI_INTS(33, 34));
    return LIST(psi_sum(psi_block_masked_mm(a, b, 32, out, left, right), PSI_NONE, false));
}

static psi_arrays of_out(psi_arrays in, void *context)
{
    (void)context;
    return summed(in.data[0], NULL, NULL);
}

static psi_arrays of_left(psi_arrays in, void *context)
{
    (void)context;
    return summed(NULL, in.data[0], NULL);
}

static psi_arrays of_right(psi_arrays in, void *context)
{
    (void)context;
    return summed(NULL, NULL, in.data[0]);
}

static psi_arrays of_operand(psi_arrays in, void *context)
{
    (void)context;
    psi_array left = MASK(PSI_BOOL, PSI_INTS(1, 2), 1, 0);
    return LIST(
        psi_block_masked_mm(in.data[0], ones(PSI_INTS(33, 1)), 32, psi_scalar(4, PSI_FLOAT32), left, NULL));
}

static void gradients(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array row = MASK(PSI_FLOAT32, PSI_INTS(1, 2), 3, 5);
    EXPECT(gradient(of_out, row), PSI_INTS(1, 2), 1056, 66);
    EXPECT(gradient(of_left, row), PSI_INTS(1, 2), 1088, 34);
    EXPECT(gradient(of_right, MASK(PSI_FLOAT32, PSI_INTS(2, 2), 3, 5, 0, 1)), PSI_INTS(2, 2), 1024, 64, 32,
           2);
    psi_array of_a = gradient(of_operand, ones(PSI_INTS(1, 33)));
    EXPECT(psi_slice(of_a, PSI_INTS(0, 31), PSI_INTS(1, 33), PSI_NONE), PSI_INTS(1, 2), 4, 0);
}

static void refusals(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = ones(PSI_INTS(4, 4)), mask = MASK(PSI_BOOL, PSI_INTS(1, 1), 1),
              wide = psi_zeros(PSI_INTS(1, 2), PSI_BOOL);
    psi_array whole = psi_astype(a, PSI_INT32), pairs = psi_astype(a, PSI_COMPLEX64);
    expect_error(psi_block_masked_mm(a, a, 16, mask, NULL, NULL), PSI_VALUE_ERROR);
    expect_error(psi_block_masked_mm(a, a, -32, NULL, mask, NULL), PSI_VALUE_ERROR);
    expect_error(psi_block_masked_mm(a, a, 32, wide, NULL, NULL), PSI_VALUE_ERROR);
    expect_error(psi_block_masked_mm(a, a, 32, NULL, wide, NULL), PSI_VALUE_ERROR);
    expect_error(psi_block_masked_mm(a, a, 32, NULL, NULL, wide), PSI_VALUE_ERROR);
    expect_error(psi_block_masked_mm(a, ones(PSI_INTS(3, 4)), 32, mask, NULL, NULL), PSI_VALUE_ERROR);
    expect_error(psi_block_masked_mm(whole, whole, 32, mask, NULL, NULL), PSI_VALUE_ERROR);
    expect_error(psi_block_masked_mm(pairs, pairs, 32, mask, NULL, NULL), PSI_VALUE_ERROR);
    expect_error(psi_block_masked_mm(psi_scalar(1, PSI_FLOAT32), a, 32, mask, NULL, NULL), PSI_VALUE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(vectors),
        cmocka_unit_test(gradients),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
