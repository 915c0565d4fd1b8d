/* Views, joins and rearrangements: values, layouts, gradients, batching, refusals. */
#include <string.h>

#include "values.h"

static void drops_and_joins_axes(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = count_up(PSI_INTS(1, 2, 1, 3));
    EXPECT(psi_squeeze(a, PSI_NONE), PSI_INTS(2, 3), 0, 1, 2, 3, 4, 5);
    EXPECT(psi_squeeze(a, PSI_INTS(-2)), PSI_INTS(1, 2, 3), 0, 1, 2, 3, 4, 5);
    EXPECT(psi_flatten(a, 1, -1), PSI_INTS(1, 6), 0, 1, 2, 3, 4, 5);
    EXPECT(psi_flatten(psi_scalar(7, PSI_FLOAT32), 0, -1), PSI_INTS(1), 7);
    EXPECT(psi_unflatten(a, -1, PSI_INTS(-1, 1)), PSI_INTS(1, 2, 1, 3, 1), 0, 1, 2, 3, 4, 5);
    EXPECT(psi_swapaxes(a, 1, -1), PSI_INTS(1, 3, 1, 2), 0, 3, 1, 4, 2, 5);
    EXPECT(psi_atleast_3d(PSI_FLOATS(1, 2)), PSI_INTS(1, 2, 1), 1, 2);
    EXPECT(psi_atleast_2d(psi_scalar(1, PSI_FLOAT32)), PSI_INTS(1, 1), 1);
    expect_error(psi_squeeze(a, PSI_INTS(1)), PSI_VALUE_ERROR);
    expect_error(psi_squeeze(a, PSI_INTS(0, 0)), PSI_VALUE_ERROR);
    expect_error(psi_flatten(a, 3, 1), PSI_VALUE_ERROR);
    expect_error(psi_unflatten(a, 3, PSI_INTS(2, -1)), PSI_VALUE_ERROR);
    expect_error(psi_unflatten(a, 3, PSI_INTS(-1, -1)), PSI_VALUE_ERROR);
}

static void broadcasts_and_stacks(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_ints shape = psi_broadcast_shapes(PSI_INTS(2, 1), PSI_INTS(4, 1, 3));
    assert_int_equal(shape.count, 3);
    assert_int_equal(shape.data[1], 2);
    assert_int_equal(psi_broadcast_shapes(PSI_INTS(2), PSI_INTS(3)).count, -1);
    assert_true(psi_error(NULL));
    psi_arrays both =
        psi_broadcast_arrays(PSI_ARRAYS(psi_expand_dims(PSI_FLOATS(1, 2), PSI_INTS(1)), PSI_FLOATS(3, 4)));
    EXPECT(both.data[0], PSI_INTS(2, 2), 1, 1, 2, 2);
    EXPECT(both.data[1], PSI_INTS(2, 2), 3, 4, 3, 4);
    EXPECT(psi_stack(PSI_ARRAYS(PSI_FLOATS(1, 2), PSI_FLOATS(3, 4)), -1), PSI_INTS(2, 2), 1, 3, 2, 4);
    expect_error(psi_stack(PSI_ARRAYS(PSI_FLOATS(1, 2), PSI_FLOATS(3)), 0), PSI_VALUE_ERROR);
    psi_arrays grid = psi_meshgrid(PSI_ARRAYS(PSI_FLOATS(1, 2), PSI_FLOATS(3, 4, 5)), false, "xy");
    EXPECT(grid.data[0], PSI_INTS(3, 2), 1, 2, 1, 2, 1, 2);
    EXPECT(grid.data[1], PSI_INTS(3, 2), 3, 3, 4, 4, 5, 5);
    assert_int_equal(psi_meshgrid(PSI_ARRAYS(PSI_FLOATS(1)), false, "ji").count, 0);
    assert_true(psi_error(NULL));
    EXPECT(psi_full_like(PSI_INT32S(1, 2), psi_scalar(2.5, PSI_FLOAT32), PSI_DTYPE_COUNT), PSI_INTS(2), 2, 2);
}

static void repeats_and_rolls(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array m = count_up(PSI_INTS(2, 2));
    EXPECT(psi_repeat(m, 2, 1), PSI_INTS(2, 4), 0, 0, 1, 1, 2, 2, 3, 3);
    EXPECT(psi_repeat(m, 2, PSI_NO_INT), PSI_INTS(8), 0, 0, 1, 1, 2, 2, 3, 3);
    EXPECT(psi_tile(m, PSI_INTS(2)), PSI_INTS(2, 4), 0, 1, 0, 1, 2, 3, 2, 3);
    EXPECT(psi_tile(PSI_FLOATS(1, 2), PSI_INTS(2, 1)), PSI_INTS(2, 2), 1, 2, 1, 2);
    EXPECT(psi_roll(m, PSI_INTS(1), PSI_NONE), PSI_INTS(2, 2), 3, 0, 1, 2);
    EXPECT(psi_roll(m, PSI_INTS(-3, 2), PSI_INTS(1, 0)), PSI_INTS(2, 2), 1, 0, 3, 2);
    expect_error(psi_repeat(m, -1, 0), PSI_VALUE_ERROR);
    expect_error(psi_tile(m, PSI_INTS(-1)), PSI_VALUE_ERROR);
    expect_error(psi_roll(m, PSI_INTS(1), PSI_INTS(0, 1)), PSI_VALUE_ERROR);
}

static void lays_out(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array m = count_up(PSI_INTS(2, 3)), t = psi_transpose(m, PSI_NONE);
    expect_strides(t, PSI_INTS(1, 3));
    assert_true(psi_is_col_contiguous(t) && !psi_is_row_contiguous(t));
    expect_strides(psi_contiguous(t, false), PSI_INTS(2, 1));
    expect_strides(psi_contiguous(t, true), PSI_INTS(1, 3));
    EXPECT(psi_contiguous(t, false), PSI_INTS(3, 2), 0, 3, 1, 4, 2, 5);
    EXPECT(psi_copy(t), PSI_INTS(3, 2), 0, 3, 1, 4, 2, 5);
    /* Long enough to be cut into blocks, in both directions. */
    psi_array big = psi_reshape(psi_repeat(PSI_FLOATS(0, 1, 2, 3, 4), 100 * 70, 0), PSI_INTS(350, 100));
    psi_array back =
        psi_contiguous(psi_transpose(psi_contiguous(psi_transpose(big, PSI_NONE), false), PSI_NONE), false);
    float *x = malloc(140000), *y = malloc(140000);
    assert_true(psi_read(big, x, 140000) && psi_read(back, y, 140000));
    assert_memory_equal(x, y, 140000);
    free(x);
    free(y);
}

static void views_bits(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array ones = PSI_FLOATS(1, 2);
    EXPECT(psi_view(ones, PSI_INT32), PSI_INTS(2), 0x3f800000, 0x40000000);
    EXPECT(psi_view(ones, PSI_UINT16), PSI_INTS(4), 0, 0x3f80, 0, 0x4000);
    EXPECT(psi_view(PSI_INT32S(1, 0, 2, 1), PSI_INT64), PSI_INTS(2), 1, 4294967298.0);
    /* Neither aligned nor dense. */
    psi_array bytes = psi_view(PSI_INT32S(0x03020100, 0x07060504, 0x0b0a0908), PSI_UINT8);
    EXPECT(psi_view(psi_split_at(bytes, PSI_INTS(1, 5), 0).data[1], PSI_UINT16), PSI_INTS(2), 0x0201, 0x0403);
    psi_array t = psi_transpose(psi_reshape(bytes, PSI_INTS(4, 3)), PSI_NONE);
    EXPECT(psi_view(t, PSI_UINT16), PSI_INTS(3, 2), 0x0300, 0x0906, 0x0401, 0x0a07, 0x0502, 0x0b08);
    psi_array column = psi_broadcast_to(psi_reshape(PSI_INT32S(0x00070005), PSI_INTS(1, 1)), PSI_INTS(2, 1));
    EXPECT(psi_view(column, PSI_UINT16), PSI_INTS(2, 2), 5, 7, 5, 7);
    expect_error(psi_view(bytes, PSI_COMPLEX64), PSI_VALUE_ERROR);
    expect_error(psi_view(psi_scalar(1, PSI_FLOAT32), PSI_UINT8), PSI_VALUE_ERROR);
}

static void strides_stay_inside(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = count_up(PSI_INTS(6));
    EXPECT(psi_as_strided(a, PSI_INTS(3, 2), PSI_INTS(1, 2), 1), PSI_INTS(3, 2), 1, 3, 2, 4, 3, 5);
    EXPECT(psi_as_strided(a, PSI_INTS(3), PSI_INTS(-2), 5), PSI_INTS(3), 5, 3, 1);
    psi_array every_other = psi_transpose(psi_reshape(a, PSI_INTS(3, 2)), PSI_NONE);
    EXPECT(psi_as_strided(every_other, PSI_INTS(2), PSI_INTS(3), 1), PSI_INTS(2), 2, 3);
    expect_error(psi_as_strided(a, PSI_INTS(3), PSI_INTS(2), 2), PSI_VALUE_ERROR);
    expect_error(psi_as_strided(a, PSI_INTS(2), PSI_INTS(-1), 0), PSI_VALUE_ERROR);
    expect_error(psi_as_strided(a, PSI_INTS(3, 3), PSI_INTS(INT64_MAX, INT64_MAX), 0), PSI_VALUE_ERROR);
    expect_error(psi_as_strided(a, PSI_INTS(1), PSI_INTS(1), -1), PSI_VALUE_ERROR);
    expect_error(psi_as_strided(a, PSI_INTS(2), PSI_NONE, 5), PSI_VALUE_ERROR);
}

static psi_arrays folded(psi_arrays in, void *context)
{
    (void)context;
    psi_array a = psi_unflatten(psi_flatten(in.data[0], 0, 1), 0, PSI_INTS(3, -1));
    return LIST(
        psi_squeeze(psi_contiguous(psi_expand_dims(psi_swapaxes(a, 0, 1), PSI_INTS(0)), false), PSI_INTS(0)));
}

static psi_arrays rolled(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_roll(in.data[0], PSI_INTS(1), PSI_INTS(-1)));
}

static psi_arrays windows(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_as_strided(in.data[0], PSI_INTS(2, 2), PSI_INTS(1, 1), 0));
}

static psi_arrays bits(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_view(in.data[0], PSI_INT32));
}

static void transforms(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array m = count_up(PSI_INTS(2, 3)), n = count_up(PSI_INTS(2, 2, 3));
    EXPECT(folded(PSI_ARRAYS(m), NULL).data[0], PSI_INTS(2, 3), 0, 2, 4, 1, 3, 5);
    EXPECT(gradient(folded, m), PSI_INTS(2, 3), 1, 4, 2, 5, 3, 6);
    EXPECT(gradient(rolled, m), PSI_INTS(2, 3), 2, 3, 1, 5, 6, 4);
    psi_arrays y = psi_vmap(folded, NULL, PSI_ARRAYS(n), PSI_INTS(1), PSI_NONE);
    EXPECT(y.data[0], PSI_INTS(2, 2, 3), 0, 2, 7, 1, 6, 8, 3, 5, 10, 4, 9, 11);
    y = psi_vmap(windows, NULL, PSI_ARRAYS(m), PSI_NONE, PSI_NONE);
    EXPECT(y.data[0], PSI_INTS(2, 2, 2), 0, 1, 1, 2, 3, 4, 4, 5);
    y = psi_vmap(bits, NULL, PSI_ARRAYS(PSI_FLOATS(1, 2)), PSI_NONE, PSI_NONE);
    EXPECT(y.data[0], PSI_INTS(2), 0x3f800000, 0x40000000);
    psi_arrays out, tangents;
    assert_true(psi_jvp(folded, NULL, PSI_ARRAYS(m), PSI_ARRAYS(m), &out, &tangents));
    EXPECT(tangents.data[0], PSI_INTS(2, 3), 0, 2, 4, 1, 3, 5);
}

/* Of axes of length 1 the stride is never taken. */
static void strides_that_are_never_taken(void **state)
{
    (void)state;
    PSI_SCOPE;
    char text[64];
    psi_array a = psi_as_strided(PSI_FLOATS(1, 2, 3), PSI_INTS(1, 3), PSI_INTS(INT64_MIN, 1), 0);
    EXPECT(a, PSI_INTS(1, 3), 1, 2, 3);
    assert_int_equal(psi_text(a, text, sizeof text), strlen("array([[1, 2, 3]], dtype=float32)"));
    assert_string_equal(text, "array([[1, 2, 3]], dtype=float32)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strides_that_are_never_taken),
        cmocka_unit_test(drops_and_joins_axes),
        cmocka_unit_test(broadcasts_and_stacks),
        cmocka_unit_test(repeats_and_rolls),
        cmocka_unit_test(lays_out),
        cmocka_unit_test(views_bits),
        cmocka_unit_test(strides_stay_inside),
        cmocka_unit_test(transforms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
