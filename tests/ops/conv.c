/* conv: values by hand for every parameter, layouts, dtypes, gradients, tangents, vmap, typed refusals. */
#include <string.h>

#include "values.h"

static psi_array ones(psi_ints shape)
{
    return psi_ones(shape, PSI_FLOAT32);
}

static psi_array line(psi_array vector)
{
    return psi_reshape(vector, PSI_INTS(1, -1, 1));
}

static void one_axis(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = line(PSI_FLOATS(1, 2, 3, 4, 5)), w = line(PSI_FLOATS(1, 10, 100));
    EXPECT(psi_conv1d(x, w, 1, 0, 1, 1), PSI_INTS(1, 3, 1), 321, 432, 543);
    EXPECT(psi_conv1d(x, w, 2, 0, 1, 1), PSI_INTS(1, 2, 1), 321, 543);
    EXPECT(psi_conv1d(x, w, 2, 1, 1, 1), PSI_INTS(1, 3, 1), 210, 432, 54);
    EXPECT(psi_conv1d(x, w, 1, 0, 2, 1), PSI_INTS(1, 1, 1), 531);
    EXPECT(psi_conv1d(x, w, 1, -1, 1, 1), PSI_INTS(1, 1, 1), 432);
    EXPECT(psi_conv_general(x, w, PSI_NONE, PSI_INTS(0), PSI_INTS(2), PSI_NONE, PSI_NONE, 1, true),
           PSI_INTS(1, 5, 1), 123, 234, 345, 450, 500);
    EXPECT(psi_conv_general(x, w, PSI_INTS(3), PSI_INTS(1), PSI_NONE, PSI_NONE, PSI_INTS(2), 1, false),
           PSI_INTS(1, 3, 1), 10, 302, 40);
    EXPECT(psi_conv_transpose1d(x, w, 3, 1, 1, 0, 1), PSI_INTS(1, 13, 1), 10, 100, 2, 20, 200, 3, 30, 300, 4,
           40, 400, 5, 50);
    /* the long gap has a position between any two elements, and zeros where no tap meets one */
    EXPECT(psi_conv_transpose1d(line(PSI_FLOATS(1, 2)), line(PSI_FLOATS(3)), 4, 0, 1, 2, 1),
           PSI_INTS(1, 7, 1), 3, 0, 0, 0, 6, 0, 0);
}

static void vectors(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = PSI_FLOATS(1, 2, 3, 4), v = PSI_FLOATS(1, 10);
    EXPECT(psi_convolve(a, v, "full"), PSI_INTS(5), 1, 12, 23, 34, 40);
    EXPECT(psi_convolve(v, a, "full"), PSI_INTS(5), 1, 12, 23, 34, 40);
    EXPECT(psi_convolve(a, v, "same"), PSI_INTS(4), 1, 12, 23, 34);
    EXPECT(psi_convolve(a, v, "valid"), PSI_INTS(3), 12, 23, 34);
    EXPECT(psi_convolve(PSI_FLOATS(3), PSI_FLOATS(4), "same"), PSI_INTS(1), 12);
    expect_error(psi_convolve(a, v, "some"), PSI_VALUE_ERROR);
    expect_error(psi_convolve(a, psi_zeros(PSI_INTS(0), PSI_FLOAT32), "full"), PSI_VALUE_ERROR);
    expect_error(psi_convolve(a, ones(PSI_INTS(1, 2)), "full"), PSI_VALUE_ERROR);
    expect_error(psi_convolve(PSI_INT32S(1, 2), v, "full"), PSI_VALUE_ERROR);
}

static void more_axes(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = count_up(PSI_INTS(1, 3, 3, 1)),
              w = psi_reshape(PSI_FLOATS(1, 10, 100, 1000), PSI_INTS(1, 2, 2, 1));
    EXPECT(psi_conv2d(x, w, PSI_NONE, PSI_NONE, PSI_NONE, 1), PSI_INTS(1, 2, 2, 1), 4310, 5421, 7643, 8754);
    EXPECT(psi_conv2d(x, w, PSI_INTS(2), PSI_INTS(1, 0), PSI_NONE, 1), PSI_INTS(1, 2, 1, 1), 1000, 7643);
    EXPECT(psi_conv2d(x, w, PSI_NONE, PSI_NONE, PSI_INTS(2, 2), 1), PSI_INTS(1, 1, 1, 1), 8620);
    EXPECT(psi_conv_transpose2d(w, count_up(PSI_INTS(1, 1, 2, 1)), PSI_INTS(1, 2), PSI_NONE, PSI_NONE,
                                PSI_NONE, 1),
           PSI_INTS(1, 2, 4, 1), 0, 1, 0, 10, 0, 100, 0, 1000);
    psi_array cube = count_up(PSI_INTS(1, 2, 2, 2, 2)), kernel = ones(PSI_INTS(2, 2, 1, 2, 1));
    EXPECT(psi_conv3d(cube, ones(PSI_INTS(1, 2, 2, 2, 2)), PSI_NONE, PSI_NONE, PSI_NONE, 1),
           PSI_INTS(1, 1, 1, 1, 1), 120);
    EXPECT(psi_conv3d(cube, kernel, PSI_NONE, PSI_NONE, PSI_NONE, 2), PSI_INTS(1, 1, 2, 1, 2), 20, 24, 36,
           40);
    EXPECT(psi_conv_transpose3d(psi_ones(PSI_INTS(1, 1, 1, 2, 1), PSI_FLOAT32), kernel, PSI_INTS(1, 1, 2),
                                PSI_NONE, PSI_NONE, PSI_NONE, 1),
           PSI_INTS(1, 2, 1, 4, 2), 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
}

/* The same sums whatever the operands' memory looks like, in tiles, by channels and as a product. */
static void layouts(void **state)
{
    (void)state;
    PSI_SCOPE;
    const int64_t kernels[] = {1, 2}, groups[] = {1, 2, 6};
    for (int k = 0; k < 2; k++)
        for (int g = 0; g < 3; g++) {
            psi_array x = count_up(PSI_INTS(2, 3, 4, 6)), y, back = psi_transpose(x, PSI_NONE);
            psi_array w = count_up(PSI_INTS(6, kernels[k], kernels[k], 6 / groups[g]));
            psi_array turned = psi_transpose(psi_contiguous(back, false), PSI_NONE);
            psi_array other = psi_transpose(psi_contiguous(psi_transpose(w, PSI_NONE), false), PSI_NONE);
            psi_array mirrored =
                psi_slice(psi_slice(x, PSI_INTS(0, 0, 3, 0), PSI_INTS(2, 3, -5, 6), PSI_INTS(1, 1, -1, 1)),
                          PSI_INTS(0, 0, 3, 0), PSI_INTS(2, 3, -5, 6), PSI_INTS(1, 1, -1, 1));
            y = psi_conv2d(x, w, PSI_NONE, PSI_INTS(0, 0), PSI_NONE, groups[g]);
            const psi_array same[] = {psi_conv2d(turned, w, PSI_NONE, PSI_NONE, PSI_NONE, groups[g]),
                                      psi_conv2d(x, other, PSI_NONE, PSI_NONE, PSI_NONE, groups[g]),
                                      psi_conv2d(mirrored, other, PSI_NONE, PSI_NONE, PSI_NONE, groups[g])};
            for (int i = 0; i < 3; i++)
                EXPECT(psi_array_equal(y, same[i], false), PSI_SCALAR_SHAPE, 1);
            EXPECT(psi_slice(y, PSI_INTS(0, 0, 0, 0), PSI_INTS(1, 1, 1, 1), PSI_NONE), PSI_INTS(1, 1, 1, 1),
                   k        ? g == 0   ? 6844
                              : g == 1 ? 1550
                                       : 144
                   : g == 0 ? 55
                   : g == 1 ? 5
                            : 0);
        }
}

static void dtypes(void **state)
{
    (void)state;
    PSI_SCOPE;
    static const psi_dtype real[] = {PSI_FLOAT16, PSI_BFLOAT16, PSI_FLOAT32, PSI_FLOAT64};
    psi_array x = count_up(PSI_INTS(1, 4, 2)), w = count_up(PSI_INTS(3, 2, 2));
    for (int i = 0; i < 4; i++) {
        psi_array y = psi_conv1d(psi_astype(x, real[i]), psi_astype(w, real[i]), 2, 0, 1, 1);
        assert_int_equal(psi_dtype_of(y), real[i]);
        EXPECT(y, PSI_INTS(1, 2, 3), 14, 38, 62, 38, 126, 214);
        y = psi_conv_transpose1d(psi_astype(x, real[i]), psi_astype(w, PSI_INT32), 2, 0, 1, 0, 1);
        assert_int_equal(psi_dtype_of(y), real[i]);
        EXPECT(psi_slice(y, PSI_INTS(0, 0, 1), PSI_INTS(1, 4, 2), PSI_NONE), PSI_INTS(1, 4, 1), 5, 7, 23, 33);
    }
    const float tiny = 0x1p-40f;
    psi_array exact = psi_conv1d(
        psi_astype(line(PSI_FLOATS(1, 1)), PSI_FLOAT64),
        psi_reshape(psi_array_from((float[]){1, tiny}, PSI_INTS(2), PSI_FLOAT32), PSI_INTS(1, 2, 1)), 1, 0, 1,
        1);
    const double *sum = psi_data(exact);
    assert_true(sum[0] == 1 + 0x1p-40);
    psi_array turn =
        psi_reshape(psi_array_from((float[]){0, 1, 2, 0}, PSI_INTS(2), PSI_COMPLEX64), PSI_INTS(1, 2, 1));
    const float *parts = psi_data(psi_conv1d(line(PSI_FLOATS(3, 4)), turn, 1, 0, 1, 1));
    assert_true(parts[0] == 8 && parts[1] == 3);
    expect_error(psi_conv1d(psi_astype(x, PSI_INT32), w, 1, 0, 1, 1), PSI_VALUE_ERROR);
    expect_error(psi_conv1d(psi_astype(x, PSI_COMPLEX64), w, 1, 0, 1, 1), PSI_VALUE_ERROR);
}

static psi_array input_of(int64_t groups)
{
    return count_up(PSI_INTS(1, 4, 2 * groups));
}

static void groups(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array w = ones(PSI_INTS(4, 2, 2));
    EXPECT(psi_conv1d(input_of(2), w, 2, 0, 1, 2), PSI_INTS(1, 2, 4), 10, 10, 18, 18, 42, 42, 50, 50);
    /* a channel each, two outputs of each channel */
    psi_array each = psi_reshape(PSI_FLOATS(1, 0, 0, 1, 1, 1, 2, 2), PSI_INTS(4, 2, 1));
    EXPECT(psi_conv1d(input_of(1), each, 1, 0, 1, 2), PSI_INTS(1, 3, 4), 0, 2, 4, 8, 2, 4, 8, 16, 4, 6, 12,
           24);
    psi_array many = psi_conv1d(ones(PSI_INTS(1, 9, 100)), ones(PSI_INTS(100, 3, 1)), 1, 1, 1, 100);
    EXPECT(psi_sum(many, PSI_NONE, false), PSI_SCALAR_SHAPE, 2500);
}

static void nothing(void **state)
{
    (void)state;
    PSI_SCOPE;
    assert_int_equal(psi_size(psi_conv1d(ones(PSI_INTS(0, 4, 2)), ones(PSI_INTS(3, 2, 2)), 1, 0, 1, 1)), 0);
    assert_int_equal(psi_size(psi_conv1d(ones(PSI_INTS(1, 4, 2)), ones(PSI_INTS(0, 2, 2)), 1, 0, 1, 1)), 0);
    EXPECT(psi_conv1d(ones(PSI_INTS(1, 3, 0)), ones(PSI_INTS(1, 2, 0)), 1, 0, 1, 1), PSI_INTS(1, 2, 1), 0, 0);
    EXPECT(psi_conv1d(ones(PSI_INTS(1, 0, 1)), ones(PSI_INTS(1, 2, 1)), 1, 1, 1, 1), PSI_INTS(1, 1, 1), 0);
    EXPECT(psi_conv1d(ones(PSI_INTS(1, 2, 1)), ones(PSI_INTS(1, 0, 1)), 1, 0, 1, 1), PSI_INTS(1, 3, 1), 0, 0,
           0);
}

/* Long sums are cut the same way on every thread, large strides and pads cost no memory. */
static void large(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array y = psi_conv1d(ones(PSI_INTS(2, 3000, 3)), ones(PSI_INTS(5, 1500, 3)), 500, 0, 1, 1);
    EXPECT(psi_slice(y, PSI_INTS(0, 3, 4), PSI_INTS(2, 4, 5), PSI_NONE), PSI_INTS(2, 1, 1), 4500, 4500);
    y = psi_conv1d(ones(PSI_INTS(1, 2, 1)), ones(PSI_INTS(1, 2, 1)), 1 << 30, 1 << 30, 1 << 30, 1);
    EXPECT(y, PSI_INTS(1, 2, 1), 1, 1);
    y = psi_conv2d(ones(PSI_INTS(1, 40, 40, 200)), ones(PSI_INTS(70, 3, 3, 200)), PSI_NONE, PSI_INTS(1),
                   PSI_NONE, 1);
    EXPECT(psi_sum(y, PSI_NONE, false), PSI_SCALAR_SHAPE, 70.0 * 200 * (40 * 3 - 2) * (40 * 3 - 2));
    y = psi_conv2d(ones(PSI_INTS(20, 2, 2, 3)), ones(PSI_INTS(4, 2, 2, 3)), PSI_NONE, PSI_NONE, PSI_NONE, 1);
    EXPECT(psi_sum(y, PSI_NONE, false), PSI_SCALAR_SHAPE, 20 * 4 * 12);
}

static psi_arrays both(psi_arrays in, void *context)
{
    const int64_t *how = context;
    return LIST(psi_conv_general(in.data[0], in.data[1], PSI_INTS(how[0]), PSI_INTS(how[1]), PSI_INTS(how[2]),
                                 PSI_INTS(how[3]), PSI_INTS(how[4]), how[5], how[6]));
}

/* Reverse against forward mode: <g, J t> = <J' g, t>, and J t is linear in each operand. */
static void derivatives(void **state)
{
    (void)state;
    /* stride, low and high padding, dilations of kernel and input, groups, flip */
    static const int64_t how[][7] = {{1, 0, 0, 1, 1, 1, 0},
                                     {2, 1, 0, 1, 1, 2, 0},
                                     {3, 4, 5, 2, 1, 1, 1},
                                     {1, 2, 1, 1, 3, 2, 1},
                                     {2, 5, 0, 2, 3, 1, 0}};
    for (int i = 0; i < 5; i++) {
        PSI_SCOPE;
        int64_t each = 2 / how[i][5];
        psi_array x = count_up(PSI_INTS(2, 7, 2)), w = count_up(PSI_INTS(4, 3, each)),
                  scalar = psi_scalar(1, PSI_FLOAT32);
        psi_array tx = psi_subtract(scalar, psi_square(psi_sin(x))), tw = psi_cos(w);
        psi_arrays in = PSI_ARRAYS(x, w), out, tangents, grads;
        assert_true(psi_jvp(both, (void *)how[i], in, PSI_ARRAYS(tx, tw), &out, &tangents));
        psi_array g = psi_cos(count_up(psi_shape(out.data[0])));
        assert_true(psi_vjp(both, (void *)how[i], in, PSI_ARRAYS(g), &out, &grads));
        double ahead, back[2];
        assert_true(psi_item(psi_sum(psi_multiply(g, tangents.data[0]), PSI_NONE, false), &ahead));
        assert_true(psi_item(psi_sum(psi_multiply(grads.data[0], tx), PSI_NONE, false), &back[0]));
        assert_true(psi_item(psi_sum(psi_multiply(grads.data[1], tw), PSI_NONE, false), &back[1]));
        assert_true(fabs(ahead - back[0] - back[1]) < 1e-4 * (fabs(ahead) + fabs(back[0]) + fabs(back[1])));
        psi_array left = both(PSI_ARRAYS(tx, w), (void *)how[i]).data[0],
                  right = both(PSI_ARRAYS(x, tw), (void *)how[i]).data[0];
        EXPECT(psi_allclose(tangents.data[0], psi_add(left, right), 1e-4, 1e-3, false), PSI_SCALAR_SHAPE, 1);
    }
}

static psi_arrays of_input(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_conv1d(in.data[0], line(PSI_FLOATS(1, 10)), 1, 0, 1, 1));
}

static psi_arrays of_weight(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_conv1d(line(PSI_FLOATS(1, 10, 100)), in.data[0], 1, 0, 1, 1));
}

static psi_arrays grouped(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_conv1d(in.data[0], in.data[1], 1, 0, 1, 2));
}

static void transforms(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT(gradient(of_input, line(PSI_FLOATS(1, 2, 3, 4))), PSI_INTS(1, 4, 1), 1, 12, 23, 30);
    EXPECT(gradient(of_weight, line(PSI_FLOATS(1, 2))), PSI_INTS(1, 2, 1), 21, 210);
    psi_arrays out;
    psi_array w = psi_reshape(PSI_FLOATS(1, 2, 3, 4), PSI_INTS(2, 2, 1, 1)), x = count_up(PSI_INTS(1, 2, 2));
    psi_ints over_weight = PSI_INTS(-1, 0), over_both = PSI_INTS(0, 0);
    out = psi_vmap(grouped, NULL, PSI_ARRAYS(x, w), over_weight, PSI_INTS(0));
    EXPECT(out.data[0], PSI_INTS(2, 1, 2, 2), 0, 2, 2, 6, 0, 4, 6, 12);
    psi_array stacked = psi_stack(PSI_ARRAYS(x, psi_negative(x)), 0);
    out = psi_vmap(grouped, NULL, PSI_ARRAYS(stacked, w), over_both, PSI_INTS(0));
    EXPECT(out.data[0], PSI_INTS(2, 1, 2, 2), 0, 2, 2, 6, 0, -4, -6, -12);
}

static void refusals(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = ones(PSI_INTS(1, 5, 4)), w = ones(PSI_INTS(6, 2, 4)), plane = ones(PSI_INTS(1, 5, 5, 4)),
              kernel = ones(PSI_INTS(2, 2, 2, 4));
    expect_error(psi_conv1d(x, w, 0, 0, 1, 1), PSI_VALUE_ERROR);
    expect_error(psi_conv1d(x, w, -2, 0, 1, 1), PSI_VALUE_ERROR);
    expect_error(psi_conv1d(x, w, INT64_MAX, 0, 1, 1), PSI_VALUE_ERROR);
    expect_error(psi_conv1d(x, w, 1, INT64_MIN, 1, 1), PSI_VALUE_ERROR);
    expect_error(psi_conv1d(x, w, 1, -3, 1, 1), PSI_VALUE_ERROR);
    expect_error(psi_conv1d(x, w, 1, 0, 0, 1), PSI_VALUE_ERROR);
    expect_error(psi_conv1d(x, w, 1, 0, 5, 1), PSI_VALUE_ERROR);
    expect_error(psi_conv1d(x, w, 5, 0, 5, 1), PSI_VALUE_ERROR);
    expect_error(psi_conv1d(x, w, 1, 0, 1, 0), PSI_VALUE_ERROR);
    expect_error(psi_conv1d(x, w, 1, 0, 1, -1), PSI_VALUE_ERROR);
    expect_error(psi_conv1d(x, w, 1, 0, 1, 2), PSI_VALUE_ERROR);
    expect_error(psi_conv1d(x, w, 1, 0, 1, 3), PSI_VALUE_ERROR);
    expect_error(psi_conv1d(x, kernel, 1, 0, 1, 1), PSI_VALUE_ERROR);
    expect_error(psi_conv2d(x, w, PSI_NONE, PSI_NONE, PSI_NONE, 1), PSI_VALUE_ERROR);
    expect_error(psi_conv2d(plane, kernel, PSI_INTS(1, 2, 3), PSI_NONE, PSI_NONE, 1), PSI_VALUE_ERROR);
    expect_error(
        psi_conv_general(plane, kernel, PSI_NONE, PSI_NONE, PSI_NONE, PSI_NONE, PSI_INTS(1, 0), 1, false),
        PSI_VALUE_ERROR);
    expect_error(psi_conv_transpose1d(x, w, 0, 0, 1, 0, 1), PSI_VALUE_ERROR);
    expect_error(psi_conv_transpose1d(x, w, 1, 5, 1, 0, 1), PSI_VALUE_ERROR);
    expect_error(psi_conv_transpose2d(x, w, PSI_NONE, PSI_NONE, PSI_NONE, PSI_NONE, 1), PSI_VALUE_ERROR);
    expect_error(psi_conv3d(ones(PSI_INTS(1, 2, 2, 2, 2, 2)), ones(PSI_INTS(1, 2, 2, 2, 2, 2)), PSI_NONE,
                            PSI_NONE, PSI_NONE, 1),
                 PSI_VALUE_ERROR);
    psi_error_record e;
    psi_conv1d(x, w, 1, 0, 5, 1);
    assert_true(psi_error(&e));
    assert_non_null(strstr(e.message, "6 elements of axis 1, where the padded input has 5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_axis),   cmocka_unit_test(vectors),  cmocka_unit_test(more_axes),
        cmocka_unit_test(layouts),    cmocka_unit_test(dtypes),   cmocka_unit_test(groups),
        cmocka_unit_test(nothing),    cmocka_unit_test(large),    cmocka_unit_test(derivatives),
        cmocka_unit_test(transforms), cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
