/* addmm: factors, broadcasting of the addend, vectors, dtypes, gradients, tangents, typed refusals. */
#include "values.h"

static psi_array a23(void)
{
    return count_up(PSI_INTS(2, 3));
}

static psi_array b32(void)
{
    return count_up(PSI_INTS(3, 2));
}

static psi_array one(double value)
{
    return psi_scalar(value, PSI_FLOAT32);
}

static void values(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array row = count_up(PSI_INTS(2)), v = count_up(PSI_INTS(3));
    EXPECT(psi_addmm(row, a23(), b32(), 1, 1), PSI_INTS(2, 2), 10, 14, 28, 41);
    EXPECT(psi_addmm(row, a23(), b32(), 0.5, -2), PSI_INTS(2, 2), 5, 4.5, 14, 18);
    EXPECT(psi_addmm(one(3), a23(), b32(), 1, 0), PSI_INTS(2, 2), 10, 13, 28, 40);
    EXPECT(psi_addmm(count_up(PSI_INTS(2, 1)), a23(), b32(), 0, 1), PSI_INTS(2, 2), 0, 0, 1, 1);
    EXPECT(psi_addmm(row, v, b32(), 1, 1), PSI_INTS(2), 10, 14);
    EXPECT(psi_addmm(row, a23(), v, 1, 1), PSI_INTS(2), 5, 15);
    EXPECT(psi_addmm(one(1), v, v, 2, 1), PSI_SCALAR_SHAPE, 11);
    psi_array turned = psi_transpose(count_up(PSI_INTS(2, 2)), PSI_NONE);
    EXPECT(psi_addmm(turned, a23(), b32(), 1, 1), PSI_INTS(2, 2), 10, 15, 29, 43);
    EXPECT(psi_addmm(row, count_up(PSI_INTS(2, 1, 3)), b32(), 1, 1), PSI_INTS(2, 1, 2), 10, 14, 28, 41);
    EXPECT(
        psi_addmm(row, psi_zeros(PSI_INTS(1, 0), PSI_FLOAT32), psi_zeros(PSI_INTS(0, 2), PSI_FLOAT32), 1, 3),
        PSI_INTS(1, 2), 0, 3);
    EXPECT(psi_addmm(row, psi_zeros(PSI_INTS(0, 3), PSI_FLOAT32), b32(), 1, 3), PSI_INTS(0, 2), 0);
}

static void dtypes(void **state)
{
    (void)state;
    PSI_SCOPE;
    static const psi_dtype all[] = {PSI_FLOAT16, PSI_FLOAT32, PSI_FLOAT64, PSI_BFLOAT16, PSI_COMPLEX64};
    for (int i = 0; i < 5; i++) {
        psi_array y = psi_addmm(psi_astype(count_up(PSI_INTS(2)), all[i]), psi_astype(a23(), all[i]),
                                psi_astype(b32(), all[i]), 0.5, 2);
        assert_int_equal(psi_dtype_of(y), all[i]);
        EXPECT(psi_real(y), PSI_INTS(2, 2), 5, 8.5, 14, 22);
    }
    psi_array mixed = psi_addmm(one(0), psi_astype(a23(), PSI_FLOAT16), psi_astype(b32(), PSI_INT32), 1, 1);
    assert_int_equal(psi_dtype_of(mixed), PSI_FLOAT32);
}

static psi_arrays of_a(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_addmm(one(1), in.data[0], b32(), 0.5, 3));
}

static psi_arrays of_b(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_addmm(one(1), a23(), in.data[0], 0.5, 3));
}

static psi_arrays of_c(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_addmm(in.data[0], a23(), b32(), 0.5, 3));
}

static psi_arrays of_all(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_addmm(in.data[0], in.data[1], in.data[2], 0.5, 3));
}

static void gradients(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT(gradient(of_a, a23()), PSI_INTS(2, 3), 1, 4, 7, 2, 9, 16);
    EXPECT(gradient(of_b, b32()), PSI_INTS(3, 2), 4.5, 6, 6.5, 9, 8.5, 12);
    EXPECT(gradient(of_c, count_up(PSI_INTS(2))), PSI_INTS(2), 12, 18);
    psi_arrays out = {NULL, 0}, tangents = {NULL, 0}, in = PSI_ARRAYS(count_up(PSI_INTS(2, 2)), a23(), b32());
    assert_true(psi_jvp(of_all, NULL, in, in, &out, &tangents));
    /* Twice half the product, and three times c. */
    EXPECT(tangents.data[0], PSI_INTS(2, 2), 10, 16, 34, 49);
}

static void refusals(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array whole = psi_astype(a23(), PSI_INT32);
    expect_error(psi_addmm(one(1), a23(), a23(), 1, 1), PSI_VALUE_ERROR);
    expect_error(psi_addmm(one(1), one(1), b32(), 1, 1), PSI_VALUE_ERROR);
    expect_error(psi_addmm(count_up(PSI_INTS(3)), a23(), b32(), 1, 1), PSI_VALUE_ERROR);
    expect_error(psi_addmm(count_up(PSI_INTS(4, 2, 2)), a23(), b32(), 1, 1), PSI_VALUE_ERROR);
    expect_error(psi_addmm(psi_scalar_int(1, PSI_INT32), whole, psi_transpose(whole, PSI_NONE), 1, 1),
                 PSI_VALUE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(dtypes),
        cmocka_unit_test(gradients),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
