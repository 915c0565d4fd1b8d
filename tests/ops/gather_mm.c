/* Products of chosen matrices and over parts of the inner axis: values, defaults, layouts, gradients, refusals. */
#include "values.h"

static psi_array three(void)
{
    return count_up(PSI_INTS(3, 2, 2)); /* [0 1; 2 3], [4 5; 6 7], [8 9; 10 11] */
}

static psi_array index_of(int64_t first, int64_t second)
{
    int32_t values[] = {(int32_t)first, (int32_t)second};
    return psi_array_from(values, PSI_INTS(2), PSI_INT32);
}

static void gathered(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = three(), b = psi_swapaxes(three(), 1, 2);
    EXPECT(psi_gather_mm(a, a, index_of(0, 2), index_of(1, 0), false), PSI_INTS(2, 2, 2), 6, 7, 26, 31, 18,
           35, 22, 43);
    EXPECT(psi_gather_mm(a, b, index_of(0, 0), index_of(2, 0), true), PSI_INTS(2, 2, 2), 9, 11, 43, 53, 1, 3,
           3, 13);
    psi_array rows = psi_expand_dims(index_of(1, 0), PSI_INTS(1));
    EXPECT(psi_gather_mm(a, count_up(PSI_INTS(1, 2, 1)), rows, psi_scalar_int(0, PSI_UINT8), false),
           PSI_INTS(2, 1, 2, 1), 5, 7, 1, 3);
    psi_array pair = psi_slice(a, PSI_INTS(0, 0, 0), PSI_INTS(2, 2, 2), PSI_NONE);
    EXPECT(psi_gather_mm(pair, a, NULL, index_of(0, 1), false), PSI_INTS(2, 2, 2), 2, 3, 6, 11, 46, 55, 66,
           79);
    EXPECT(psi_gather_mm(count_up(PSI_INTS(2)), a, NULL, index_of(2, 0), false), PSI_INTS(2, 2), 10, 11, 2,
           3);
    EXPECT(psi_gather_mm(pair, pair, NULL, NULL, false), PSI_INTS(2, 2, 2), 2, 3, 6, 11, 46, 55, 66, 79);
    psi_array half = psi_gather_mm(psi_astype(a, PSI_FLOAT16), psi_astype(a, PSI_FLOAT16), index_of(1, 1),
                                   index_of(0, 0), false);
    assert_int_equal(psi_dtype_of(half), PSI_FLOAT16);
    EXPECT(half, PSI_INTS(2, 2, 2), 10, 19, 14, 27, 10, 19, 14, 27);
    EXPECT(psi_gather_mm(psi_zeros(PSI_INTS(3, 0, 2), PSI_FLOAT32), a, index_of(1, 1), index_of(0, 0), false),
           PSI_INTS(2, 0, 2), 0);
}

static psi_arrays of_left(psi_arrays in, void *context)
{
    (void)context;
    return LIST(
        psi_sum(psi_gather_mm(in.data[0], three(), index_of(1, 1), index_of(0, 2), false), PSI_NONE, false));
}

static psi_arrays of_right(psi_arrays in, void *context)
{
    (void)context;
    return LIST(
        psi_sum(psi_gather_mm(three(), in.data[0], index_of(1, 1), index_of(0, 2), false), PSI_NONE, false));
}

static void gradients(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT(gradient(of_left, three()), PSI_INTS(3, 2, 2), 0, 0, 0, 0, 18, 26, 18, 26, 0, 0, 0, 0);
    EXPECT(gradient(of_right, three()), PSI_INTS(3, 2, 2), 10, 10, 12, 12, 0, 0, 0, 0, 10, 10, 12, 12);
}

static void segmented(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = count_up(PSI_INTS(2, 4)), b = count_up(PSI_INTS(4, 1));
    int32_t values[] = {0, 2, 1, 4, 3, 3, 2, 1};
    psi_array segments = psi_array_from(values, PSI_INTS(4, 2), PSI_INT32);
    EXPECT(psi_segmented_mm(a, b, segments), PSI_INTS(4, 2, 1), 1, 5, 14, 38, 0, 0, 0, 0);
    psi_array turned = psi_transpose(count_up(PSI_INTS(4, 2)), PSI_NONE);
    EXPECT(psi_segmented_mm(turned, b, index_of(1, 3)), PSI_INTS(2, 1), 10, 13);
    EXPECT(psi_segmented_mm(psi_astype(a, PSI_FLOAT16), psi_astype(b, PSI_FLOAT16), index_of(1, 4)),
           PSI_INTS(2, 1), 14, 38);
    EXPECT(psi_segmented_mm(a, psi_astype(b, PSI_FLOAT64), index_of(0, 4)), PSI_INTS(2, 1), 14, 38);
    EXPECT(psi_segmented_mm(a, b, psi_zeros(PSI_INTS(0, 2), PSI_UINT32)), PSI_INTS(0, 2, 1), 0);
}

static void refusals(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = three(), whole = psi_astype(a, PSI_INT32), flat = count_up(PSI_INTS(2, 2));
    expect_error(psi_gather_mm(a, a, index_of(0, 3), index_of(0, 0), false), PSI_INDEX_ERROR);
    expect_error(psi_gather_mm(a, a, index_of(0, 0), index_of(0, -1), false), PSI_INDEX_ERROR);
    expect_error(psi_gather_mm(a, a, count_up(PSI_INTS(2)), NULL, false), PSI_VALUE_ERROR);
    expect_error(psi_gather_mm(a, a, index_of(0, 0), NULL, false), PSI_VALUE_ERROR); /* 2 against 3 */
    expect_error(psi_gather_mm(whole, whole, index_of(0, 0), index_of(0, 0), false), PSI_VALUE_ERROR);
    expect_error(psi_gather_mm(a, count_up(PSI_INTS(3, 1)), index_of(0, 0), NULL, false), PSI_VALUE_ERROR);
    expect_error(psi_segmented_mm(a, flat, index_of(0, 1)), PSI_VALUE_ERROR);
    expect_error(psi_segmented_mm(flat, flat, index_of(0, 3)), PSI_INDEX_ERROR);
    expect_error(psi_segmented_mm(flat, flat, count_up(PSI_INTS(2))), PSI_VALUE_ERROR);
    expect_error(psi_segmented_mm(flat, flat, psi_scalar_int(1, PSI_INT32)), PSI_VALUE_ERROR);
    expect_error(psi_segmented_mm(flat, count_up(PSI_INTS(3, 1)), index_of(0, 1)), PSI_VALUE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gathered),
        cmocka_unit_test(gradients),
        cmocka_unit_test(segmented),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
