/* Slices, their updates and pads: values, layouts, sharing of memory, gradients, batching, refusals. */
#include "values.h"

static void slices(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = count_up(PSI_INTS(8)), m = count_up(PSI_INTS(3, 4));
    EXPECT(psi_slice(a, PSI_INTS(1), PSI_INTS(6), PSI_INTS(2)), PSI_INTS(3), 1, 3, 5);
    EXPECT(psi_slice(a, PSI_INTS(-3), PSI_INTS(100), PSI_NONE), PSI_INTS(3), 5, 6, 7);
    EXPECT(psi_slice(a, PSI_INTS(100), PSI_INTS(-100), PSI_INTS(-3)), PSI_INTS(3), 7, 4, 1);
    EXPECT(psi_slice(a, PSI_INTS(-1), PSI_INTS(-9), PSI_INTS(-1)), PSI_INTS(8), 7, 6, 5, 4, 3, 2, 1, 0);
    EXPECT(psi_slice(m, PSI_INTS(2, 1), PSI_INTS(0, 3), PSI_INTS(-1, 1)), PSI_INTS(2, 2), 9, 10, 5, 6);
    expect_strides(psi_slice(m, PSI_INTS(0, 3), PSI_INTS(3, -5), PSI_INTS(2, -2)), PSI_INTS(8, -2));
    assert_int_equal(psi_size(psi_slice(a, PSI_INTS(5), PSI_INTS(2), PSI_NONE)), 0);
    assert_int_equal(psi_size(psi_slice(a, PSI_INTS(-9), PSI_INTS(-20), PSI_INTS(-1))), 0);
    assert_true(psi_eval1(psi_slice(a, PSI_INTS(50), PSI_INTS(60), PSI_NONE)));
    assert_ptr_equal(psi_slice(m, PSI_INTS(0, 0), PSI_INTS(3, 4), PSI_NONE), m);
    expect_error(psi_slice(m, PSI_INTS(0), PSI_INTS(1), PSI_NONE), PSI_VALUE_ERROR);
    expect_error(psi_slice(a, PSI_INTS(0), PSI_INTS(1), PSI_INTS(0)), PSI_VALUE_ERROR);
    /* A read is a view, also of a view. */
    psi_array part = psi_slice(psi_slice(m, PSI_INTS(1, 0), PSI_INTS(3, 4), PSI_NONE), PSI_INTS(0, 1),
                               PSI_INTS(2, 4), PSI_NONE);
    assert_true(psi_eval1(m) && psi_eval1(part));
    expect_strides(part, PSI_INTS(4, 1));
    EXPECT(part, PSI_INTS(2, 3), 5, 6, 7, 9, 10, 11);
}

static void updates(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = count_up(PSI_INTS(5)), m = count_up(PSI_INTS(2, 3));
    EXPECT(psi_slice_update(a, psi_scalar_int(9, PSI_INT32), PSI_INTS(1), PSI_INTS(5), PSI_INTS(2)),
           PSI_INTS(5), 0, 9, 2, 9, 4);
    EXPECT(psi_slice_update(a, PSI_FLOATS(7, 8), PSI_INTS(-1), PSI_INTS(-3), PSI_INTS(-1)), PSI_INTS(5), 0, 1,
           2, 8, 7);
    EXPECT(psi_slice_update(psi_transpose(m, PSI_NONE), PSI_FLOATS(7, 8), PSI_INTS(1, 0), PSI_INTS(2, 2),
                            PSI_NONE),
           PSI_INTS(3, 2), 0, 3, 7, 8, 2, 5);
    EXPECT(a, PSI_INTS(5), 0, 1, 2, 3, 4);
    expect_error(psi_slice_update(a, PSI_FLOATS(1, 2, 3), PSI_INTS(0), PSI_INTS(2), PSI_NONE),
                 PSI_VALUE_ERROR);
    /* Nobody else has the sum: it is updated in place, once and again. */
    psi_array x = psi_add(a, a);
    for (int i = 0; i < 3; i++)
        x = psi_slice_update(x, psi_scalar(-i, PSI_FLOAT32), PSI_INTS(i), PSI_INTS(i + 1), PSI_NONE);
    EXPECT(x, PSI_INTS(5), 0, -1, -2, 6, 8);
}

static void starts_from_arrays(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array m = count_up(PSI_INTS(3, 4)), start = PSI_INT32S(1, 2);
    EXPECT(psi_slice_dynamic(m, start, PSI_INTS(0, 1), PSI_INTS(2, 2)), PSI_INTS(2, 2), 6, 7, 10, 11);
    EXPECT(psi_slice_dynamic(m, psi_scalar_int(2, PSI_UINT8), PSI_INTS(-1), PSI_INTS(1, 2)), PSI_INTS(1, 2),
           2, 3);
    EXPECT(psi_slice_update_dynamic(m, psi_scalar(9, PSI_FLOAT32), start, PSI_INTS(0, 1)), PSI_INTS(3, 4), 0,
           1, 2, 3, 4, 5, 9, 7, 8, 9, 10, 11);
    EXPECT(psi_slice_update_dynamic(m, PSI_FLOATS(8, 9), start, PSI_INTS(0, 1)), PSI_INTS(3, 4), 0, 1, 2, 3,
           4, 5, 8, 9, 8, 9, 10, 11);
    psi_array deep = psi_reshape(psi_arange(0, 36, 1, PSI_FLOAT32), PSI_INTS(1, 2, 3, 6));
    EXPECT(psi_slice_dynamic(deep, psi_scalar_int(1, PSI_INT32), PSI_INTS(2), PSI_INTS(1, 1, 2, 2)),
           PSI_INTS(1, 1, 2, 2), 6, 7, 12, 13);
    expect_error(psi_slice_dynamic(m, start, PSI_INTS(0, 1), PSI_INTS(3, 1)), PSI_INDEX_ERROR);
    expect_error(psi_slice_dynamic(m, PSI_INT32S(-1), PSI_INTS(0), PSI_INTS(1, 1)), PSI_INDEX_ERROR);
    expect_error(psi_slice_update_dynamic(m, PSI_FLOATS(8, 9), PSI_INT32S(3), PSI_INTS(1)), PSI_INDEX_ERROR);
    expect_error(psi_slice_dynamic(m, start, PSI_INTS(0), PSI_INTS(1, 1)), PSI_VALUE_ERROR);
    expect_error(psi_slice_dynamic(m, start, PSI_INTS(0, 0), PSI_INTS(1, 1)), PSI_VALUE_ERROR);
    expect_error(psi_slice_dynamic(m, start, PSI_INTS(0, 1), PSI_INTS(4, 1)), PSI_VALUE_ERROR);
    expect_error(psi_slice_dynamic(m, PSI_FLOATS(0), PSI_INTS(0), PSI_INTS(1, 1)), PSI_VALUE_ERROR);
}

static void pads(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array m = count_up(PSI_INTS(2, 2));
    EXPECT(psi_pad(m, PSI_INTS(1), PSI_INTS(1), PSI_INTS(2), psi_scalar_int(7, PSI_INT32), "constant"),
           PSI_INTS(2, 5), 7, 0, 1, 7, 7, 7, 2, 3, 7, 7);
    EXPECT(psi_pad(m, PSI_INTS(0, -1), PSI_INTS(1, 0), PSI_INTS(0, 1), NULL, "constant"), PSI_INTS(3, 3), 0,
           0, 0, 0, 1, 0, 2, 3, 0);
    EXPECT(psi_pad(m, PSI_INTS(0, 1), PSI_INTS(1, 2), PSI_INTS(1, 0), NULL, "edge"), PSI_INTS(4, 4), 0, 0, 0,
           1, 0, 0, 0, 1, 2, 2, 2, 3, 2, 2, 2, 3);
    expect_error(psi_pad(m, PSI_INTS(0), PSI_INTS(-1), PSI_INTS(0), NULL, "constant"), PSI_VALUE_ERROR);
    expect_error(psi_pad(m, PSI_INTS(0), PSI_INTS(1, 1), PSI_INTS(0), NULL, "constant"), PSI_VALUE_ERROR);
    expect_error(psi_pad(m, PSI_INTS(2), PSI_INTS(1), PSI_INTS(0), NULL, "constant"), PSI_VALUE_ERROR);
    expect_error(psi_pad(m, PSI_INTS(0), PSI_INTS(1), PSI_INTS(0), NULL, "wrap"), PSI_VALUE_ERROR);
}

static psi_arrays backwards(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_slice(in.data[0], PSI_INTS(3), PSI_INTS(0), PSI_INTS(-2)));
}

static psi_arrays squared_update(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = in.data[0], head = psi_slice(x, PSI_INTS(0), PSI_INTS(2), PSI_NONE);
    return LIST(psi_slice_update(x, psi_square(head), PSI_INTS(2), PSI_INTS(4), PSI_NONE));
}

static psi_arrays moving(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = in.data[0], start = PSI_INT32S(1);
    psi_array part = psi_slice_dynamic(x, start, PSI_INTS(0), PSI_INTS(2));
    return LIST(psi_slice_update_dynamic(x, psi_square(part), PSI_INT32S(2), PSI_INTS(0)));
}

static psi_arrays padded(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_pad(in.data[0], PSI_INTS(0), PSI_INTS(1), PSI_INTS(2), NULL, "constant"));
}

static void transforms(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = PSI_FLOATS(1, 2, 3, 4), m = count_up(PSI_INTS(4, 2));
    EXPECT(gradient(backwards, x), PSI_INTS(4), 0, 2, 0, 1);
    EXPECT(gradient(squared_update, x), PSI_INTS(4), 7, 18, 0, 0);
    EXPECT(gradient(moving, x), PSI_INTS(4), 1, 14, 24, 0);
    EXPECT(gradient(padded, x), PSI_INTS(4), 2, 3, 4, 5);
    psi_arrays y = psi_vmap(backwards, NULL, PSI_ARRAYS(m), PSI_INTS(1), PSI_NONE);
    EXPECT(y.data[0], PSI_INTS(2, 2), 6, 2, 7, 3);
    y = psi_vmap(squared_update, NULL, PSI_ARRAYS(m), PSI_INTS(1), PSI_NONE);
    EXPECT(y.data[0], PSI_INTS(2, 4), 0, 2, 0, 4, 1, 3, 1, 9);
    y = psi_vmap(moving, NULL, PSI_ARRAYS(m), PSI_INTS(1), PSI_NONE);
    EXPECT(y.data[0], PSI_INTS(2, 4), 0, 2, 4, 16, 1, 3, 9, 25);
    y = psi_vmap(padded, NULL, PSI_ARRAYS(m), PSI_INTS(1), PSI_NONE);
    EXPECT(y.data[0], PSI_INTS(2, 7), 0, 0, 2, 4, 6, 0, 0, 0, 1, 3, 5, 7, 0, 0);
    psi_arrays out, tangents;
    assert_true(psi_jvp(squared_update, NULL, PSI_ARRAYS(x), PSI_ARRAYS(x), &out, &tangents));
    EXPECT(tangents.data[0], PSI_INTS(4), 1, 2, 2, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices), cmocka_unit_test(updates),    cmocka_unit_test(starts_from_arrays),
        cmocka_unit_test(pads),   cmocka_unit_test(transforms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
