/* upsample: values by hand in every mode, both ways of placing, axes, dtypes, gradients, typed refusals. */
#include "values.h"

static psi_array line(void)
{
    return psi_reshape(PSI_FLOATS(1, 2, 4), PSI_INTS(1, 3, 1));
}

static void values(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = line();
    EXPECT(psi_upsample(x, 1, 2, "nearest", false), PSI_INTS(1, 6, 1), 1, 1, 2, 2, 4, 4);
    EXPECT(psi_upsample(x, -2, 1.5, "nearest", false), PSI_INTS(1, 4, 1), 1, 2, 2, 4);
    EXPECT(psi_upsample(x, 1, 0.7, "nearest", false), PSI_INTS(1, 2, 1), 1, 2);
    EXPECT(psi_upsample(x, 1, 2, "linear", false), PSI_INTS(1, 6, 1), 1, 1.25, 1.75, 2.5, 3.5, 4);
    EXPECT(psi_upsample(x, 1, 2, "linear", true), PSI_INTS(1, 6, 1), 1, 1.4, 1.8, 2.4, 3.2, 4);
    EXPECT(psi_upsample(x, 1, 0.4, "linear", true), PSI_INTS(1, 1, 1), 1);
    EXPECT(psi_upsample(x, 1, 1, "cubic", false), PSI_INTS(1, 3, 1), 1, 2, 4);
    EXPECT(psi_upsample(x, 1, 5.0 / 3, "cubic", true), PSI_INTS(1, 5, 1), 1, 1.3125, 2, 3.09375, 4);
    EXPECT(psi_upsample(psi_zeros(PSI_INTS(2, 0, 1), PSI_FLOAT32), 1, 3, "cubic", false), PSI_INTS(2, 0, 1),
           0);
    EXPECT(psi_upsample(count_up(PSI_INTS(2, 2)), 0, 2, "linear", true), PSI_INTS(4, 2), 0, 1, 2. / 3, 5. / 3,
           4. / 3, 7. / 3, 2, 3);
}

static void dtypes(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array whole = psi_astype(line(), PSI_INT32);
    assert_int_equal(psi_dtype_of(psi_upsample(whole, 1, 2, "nearest", false)), PSI_INT32);
    assert_int_equal(psi_dtype_of(psi_upsample(whole, 1, 2.5, "nearest", false)), PSI_INT32);
    psi_array y = psi_upsample(whole, 1, 2, "linear", true);
    assert_int_equal(psi_dtype_of(y), PSI_FLOAT32);
    EXPECT(y, PSI_INTS(1, 6, 1), 1, 1.4, 1.8, 2.4, 3.2, 4);
}

static psi_arrays twice(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_upsample(in.data[0], 1, 2, "linear", false));
}

static void transforms(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT(gradient(twice, line()), PSI_INTS(1, 3, 1), 3.25, 7, 10.75);
}

static void refusals(void **state)
{
    (void)state;
    PSI_SCOPE;
    expect_error(psi_upsample(line(), 3, 2, "nearest", false), PSI_VALUE_ERROR);
    expect_error(psi_upsample(line(), 1, 0, "nearest", false), PSI_VALUE_ERROR);
    expect_error(psi_upsample(line(), 1, -1, "linear", false), PSI_VALUE_ERROR);
    expect_error(psi_upsample(line(), 1, NAN, "linear", false), PSI_VALUE_ERROR);
    expect_error(psi_upsample(line(), 1, 1e300, "linear", false), PSI_VALUE_ERROR);
    expect_error(psi_upsample(line(), 1, 2, "sharp", false), PSI_VALUE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(dtypes),
        cmocka_unit_test(transforms),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
