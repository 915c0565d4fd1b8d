/* autograd_views.c: mirrors of the rows of upstream's tests/autograd_tests.cpp on casts, views, slices and joins. */
#include "functions.h"

FUNCTION(to_whole, psi_astype(x, PSI_INT32))
FUNCTION(fill_grid, psi_full(PSI_INTS(3, 4, 2), x, PSI_DTYPE_COUNT))

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test creation grads")
{
    psi_array ones = psi_ones(PSI_INTS(3, 2), PSI_FLOAT32), back, forth;
    back = PULLED(to_whole, ones, psi_full(PSI_INTS(3, 2), i32(5), PSI_INT32));
    CHECK_DTYPE(back, PSI_FLOAT32);
    CHECK_EQUAL(back, filled(5, PSI_INTS(3, 2)));
    forth = PUSHED(to_whole, ones, filled(5, PSI_INTS(3, 2)));
    CHECK_DTYPE(forth, PSI_INT32);
    CHECK_EQUAL(forth, psi_astype(filled(5, PSI_INTS(3, 2)), PSI_INT32));

    psi_array pair = psi_array_from((float[]){1, 1}, PSI_INTS(2), PSI_FLOAT32);
    CHECK_VALUES(PULLED(fill_grid, pair, filled(2, PSI_INTS(3, 4, 2))), 24, 24);
    CHECK_EQUAL(PUSHED(fill_grid, pair, PSI_FLOATS(7, 7)), filled(7, PSI_INTS(3, 4, 2)));
}

FUNCTION(take_flat, psi_take(x, *(psi_array *)context, PSI_NO_INT))
FUNCTION(take_rows, psi_take(x, *(psi_array *)context, 0))
FUNCTION(take_traced, psi_take(x, psi_astype(y, PSI_UINT32), PSI_NO_INT))

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test gather and take grads")
{
    psi_array square = psi_ones(PSI_INTS(3, 3), PSI_FLOAT32),
              first = psi_astype(PSI_INT32S(0, 1, 2), PSI_UINT32);
    psi_array back = nth(pulled(take_flat, &first, PSI_ARRAYS(square), PSI_FLOATS(1, 2, 3)), 0);
    CHECK_VALUES(psi_take(back, PSI_INT32S(0), 0), 1, 2, 3);
    CHECK_EQUAL(psi_take(back, PSI_INT32S(1, 2), 0), psi_zeros(PSI_INTS(2, 3), PSI_FLOAT32));
    psi_array tangent = psi_reshape(psi_arange(0, 9, 1, PSI_FLOAT32), PSI_INTS(3, 3));
    CHECK_VALUES(nth(pushed(take_flat, &first, PSI_ARRAYS(square), PSI_ARRAYS(tangent)), 0), 0, 1, 2);

    psi_array same = psi_array_from((uint32_t[]){1, 1, 1}, PSI_INTS(3), PSI_UINT32),
              row = PSI_FLOATS(1, 1, 1);
    CHECK_VALUES(nth(pulled(take_flat, &same, PSI_ARRAYS(row), PSI_FLOATS(1, 2, 4)), 0), 0, 7, 0);
    CHECK_VALUES(nth(pushed(take_flat, &same, PSI_ARRAYS(row), PSI_ARRAYS(PSI_FLOATS(5, 6, 7))), 0), 6, 6, 6);

    CHECK_EQUAL(nth(pulled(take_rows, &first, PSI_ARRAYS(square), square), 0), square);
    CHECK_EQUAL(nth(pushed(take_rows, &first, PSI_ARRAYS(square), PSI_ARRAYS(tangent)), 0), tangent);
    psi_arrays both = PSI_ARRAYS(square, PSI_FLOATS(0, 1, 2));
    CHECK_REFUSED(pulled(take_traced, NULL, both, square));
    CHECK_REFUSED(pushed(take_traced, NULL, both, PSI_ARRAYS(square, square)));
}

typedef struct range {
    psi_ints start, stop, strides;
} range;

FUNCTION(cut, psi_slice(x, ((range *)context)->start, ((range *)context)->stop, ((range *)context)->strides))

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test slice grads")
{
    range block = {PSI_INTS(2, 0, 1), PSI_INTS(4, 3, 3), PSI_INTS(1, 1, 1)};
    psi_array cube = psi_ones(PSI_INTS(5, 5, 5), PSI_FLOAT32),
              part = psi_ones(PSI_INTS(2, 3, 2), PSI_FLOAT32);
    CHECK_VALUES(psi_sum(nth(pulled(cut, &block, PSI_ARRAYS(cube), part), 0), PSI_NONE, false), 12);
    CHECK_EQUAL(nth(pushed(cut, &block, PSI_ARRAYS(cube), PSI_ARRAYS(filled(3, PSI_INTS(5, 5, 5)))), 0),
                filled(3, PSI_INTS(2, 3, 2)));

    psi_array square = psi_ones(PSI_INTS(4, 4), PSI_FLOAT32);
    range low = {PSI_INTS(3, 0), PSI_INTS(4, 4), PSI_INTS(1, 1)};
    psi_array back = nth(pulled(cut, &low, PSI_ARRAYS(square), psi_ones(PSI_INTS(1, 4), PSI_FLOAT32)), 0);
    CHECK_EQUAL(psi_take(back, PSI_INT32S(0, 1, 2), 0), psi_zeros(PSI_INTS(3, 4), PSI_FLOAT32));
    CHECK_EQUAL(psi_take(back, PSI_INT32S(3), 0), psi_ones(PSI_INTS(1, 4), PSI_FLOAT32));

    range sparse = {PSI_INTS(1, 0), PSI_INTS(4, 4), PSI_INTS(2, 3)};
    back = nth(pulled(cut, &sparse, PSI_ARRAYS(square), SHAPED(PSI_FLOATS(1, 2, 3, 4), 2, 2)), 0);
    CHECK_EQUAL(
        back, psi_reshape(psi_astype(PSI_INT32S(0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 4), PSI_FLOAT32),
                          PSI_INTS(4, 4)));
    CHECK_EQUAL(nth(pushed(cut, &sparse, PSI_ARRAYS(square), PSI_ARRAYS(square)), 0),
                psi_ones(PSI_INTS(2, 2), PSI_FLOAT32));

    range empty = {PSI_INTS(1, 0), PSI_INTS(1, 4), PSI_INTS(1, 1)};
    psi_array nothing_at_all = psi_array_from(NULL, PSI_INTS(0, 4), PSI_FLOAT32);
    CHECK_EQUAL(nth(pulled(cut, &empty, PSI_ARRAYS(square), nothing_at_all), 0),
                psi_zeros(PSI_INTS(4, 4), PSI_FLOAT32));
    CHECK_EQ_INT(psi_size(nth(pushed(cut, &empty, PSI_ARRAYS(square), PSI_ARRAYS(square)), 0)), 0);
}

FUNCTION(by_three, psi_reshape(x, PSI_INTS(2, 3)))
FUNCTION(turned, psi_transpose(x, PSI_INTS(2, 0, 1)))

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test reshape and transpose grads")
{
    psi_array six = psi_ones(PSI_INTS(6), PSI_FLOAT32);
    CHECK_EQUAL(PULLED(by_three, six, filled(4, PSI_INTS(2, 3))), filled(4, PSI_INTS(6)));
    CHECK_EQUAL(PUSHED(by_three, six, filled(4, PSI_INTS(6))), filled(4, PSI_INTS(2, 3)));
    psi_array box = psi_ones(PSI_INTS(2, 3, 4), PSI_FLOAT32);
    psi_array g = psi_reshape(psi_arange(0, 24, 1, PSI_FLOAT32), PSI_INTS(4, 2, 3));
    CHECK_EQUAL(PULLED(turned, box, g), psi_transpose(g, PSI_INTS(1, 2, 0)));
    psi_array t = psi_reshape(psi_arange(0, 24, 1, PSI_FLOAT32), PSI_INTS(2, 3, 4));
    CHECK_EQUAL(PUSHED(turned, box, t), psi_transpose(t, PSI_INTS(2, 0, 1)));
}

FUNCTION(copied, psi_copy(x))

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test copy grads")
{
    psi_array five = psi_arange(0, 5, 1, PSI_FLOAT32), ones = psi_ones(PSI_INTS(5), PSI_FLOAT32);
    CHECK_EQUAL(PULLED(copied, ones, five), five);
    CHECK_EQUAL(PUSHED(copied, ones, five), five);
}

/* Joins five pieces, the second and the fourth of which are the inputs. */
static psi_arrays join(psi_arrays in, void *context)
{
    const psi_arrays *parts = context;
    psi_arrays all = psi_arrays_new(parts->count);
    for (int i = 0; i < all.count; i++)
        all.data[i] = i == 1 ? in.data[0] : i == 3 ? in.data[1] : parts->data[i];
    return one(psi_concatenate(all, 0));
}

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test concatenate grads")
{
    psi_array five = psi_arange(0, 5, 1, PSI_FLOAT32);
    psi_arrays parts = psi_split(five, 5, 0);
    REQUIRE(parts.count == 5 && psi_eval(parts));
    psi_arrays at = PSI_ARRAYS(parts.data[1], parts.data[3]), grads = pulled(join, &parts, at, five);
    CHECK_EQ_INT(grads.count, 2);
    CHECK_EQ_INT(psi_size(nth(grads, 0)), 1);
    CHECK_VALUES(nth(grads, 0), 1);
    CHECK_VALUES(nth(grads, 1), 3);
    psi_arrays tangents = pushed(join, &parts, at, PSI_ARRAYS(PSI_FLOATS(6), PSI_FLOATS(7)));
    CHECK_EQ_INT(tangents.count, 1);
    CHECK_EQUAL(nth(tangents, 0), psi_array_from((float[]){0, 6, 0, 7, 0}, PSI_INTS(5), PSI_FLOAT32));
}

static psi_arrays three_parts(psi_arrays in, void *context)
{
    psi_arrays parts = psi_split(in.data[0], 3, 0);
    psi_array product = psi_multiply(nth(parts, 0), nth(parts, *(bool *)context ? 1 : 2));
    return one(*(bool *)context ? psi_subtract(product, nth(parts, 2)) : product);
}

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test split grads")
{
    psi_array six = psi_add(psi_arange(0, 6, 1, PSI_FLOAT32), PSI_FLOATS(1)),
              pair = psi_ones(PSI_INTS(2), PSI_FLOAT32);
    bool all = true;
    REQUIRE(psi_eval(PSI_ARRAYS(six)));
    psi_array back = nth(pulled(three_parts, &all, PSI_ARRAYS(six), pair), 0);
    CHECK_EQ_INT(psi_size(back), 6);
    CHECK_EQUAL(back, psi_array_from((float[]){3, 4, 1, 2, -1, -1}, PSI_INTS(6), PSI_FLOAT32));
    all = false;
    back = nth(pulled(three_parts, &all, PSI_ARRAYS(six), pair), 0);
    CHECK_EQ_INT(psi_size(back), 6);
    CHECK_EQUAL(back, PSI_FLOATS(5, 6, 0, 0, 1, 2));
}

typedef struct window {
    psi_ints shape, strides;
    int64_t offset;
} window;

FUNCTION(windows, psi_as_strided(x, ((window *)context)->shape, ((window *)context)->strides,
                                 ((window *)context)->offset))

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test as_strided grads")
{
    psi_array nine = psi_ones(PSI_INTS(9), PSI_FLOAT32), square = psi_ones(PSI_INTS(4, 4), PSI_FLOAT32);
    window w = {PSI_INTS(4, 4), PSI_INTS(1, 1), 0};
    CHECK_EQUAL(nth(pulled(windows, &w, PSI_ARRAYS(nine), square), 0),
                psi_array_from((float[]){1, 2, 3, 4, 3, 2, 1, 0, 0}, PSI_INTS(9), PSI_FLOAT32));
    w.offset = 2;
    CHECK_EQUAL(nth(pulled(windows, &w, PSI_ARRAYS(nine), square), 0), PSI_FLOATS(0, 0, 1, 2, 3, 4, 3, 2, 1));
    w = (window){PSI_INTS(4, 2), PSI_INTS(0, 1), 5};
    CHECK_EQUAL(nth(pulled(windows, &w, PSI_ARRAYS(nine), psi_ones(PSI_INTS(4, 2), PSI_FLOAT32)), 0),
                PSI_FLOATS(0, 0, 0, 0, 0, 4, 4, 0, 0));
    psi_array g = psi_reshape(psi_astype(psi_arange(0, 8, 1, PSI_INT32), psi_dtype_of(nine)), PSI_INTS(4, 2));
    CHECK_EQUAL(nth(pulled(windows, &w, PSI_ARRAYS(nine), g), 0), PSI_FLOATS(0, 0, 0, 0, 0, 12, 16, 0, 0));
}

FUNCTION(last_row, psi_slice_dynamic(x, PSI_INT32S(1), PSI_INTS(0), PSI_INTS(1, 2)))
FUNCTION(new_row, psi_slice_update_dynamic(x, y, PSI_INT32S(1), PSI_INTS(0)))

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test grad dynamic slices")
{
    psi_array x = psi_zeros(PSI_INTS(2, 2), PSI_FLOAT32), g = SHAPED(PSI_FLOATS(5, 6), 1, 2);
    CHECK_EQUAL(PULLED(last_row, x, g), SHAPED(PSI_FLOATS(0, 0, 5, 6), 2, 2));
    psi_arrays grads = pulled(new_row, NULL, PSI_ARRAYS(x, g), SHAPED(PSI_FLOATS(1, 2, 3, 4), 2, 2));
    CHECK_TRUE(psi_allclose(nth(grads, 0), SHAPED(PSI_FLOATS(1, 2, 0, 0), 2, 2), 1e-5, 1e-8, false));
    CHECK_TRUE(psi_allclose(nth(grads, 1), SHAPED(PSI_FLOATS(3, 4), 1, 2), 1e-5, 1e-8, false));
    CHECK_EQUAL(nth(psi_vjp(new_row, NULL, PSI_ARRAYS(x, g),
                            PSI_ARRAYS(psi_ones(PSI_INTS(2, 2), PSI_FLOAT32)), &(psi_arrays){NULL, 0}, &grads)
                        ? grads
                        : grads,
                    1),
                psi_ones(PSI_INTS(1, 2), PSI_FLOAT32));
    psi_array whole = psi_slice_update(x, g, PSI_INTS(0, 0), PSI_INTS(1, 2), PSI_NONE);
    CHECK_EQUAL(psi_slice(whole, PSI_INTS(0, 0), PSI_INTS(1, 2), PSI_NONE), g);
}

FUNCTION(masked, psi_masked_scatter(x, *(psi_array *)context, y))
FUNCTION(masked_total, psi_sum(psi_masked_scatter(x, *(psi_array *)context, y), PSI_NONE, false))

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test masked_scatter autograd")
{
    psi_array x = PSI_FLOATS(1, 2, 3, 4, 5), source = PSI_FLOATS(8, 9);
    psi_array mask = psi_array_from((bool[]){true, false, false, true, false}, PSI_INTS(5), PSI_BOOL);
    psi_arrays out, tangents;
    REQUIRE(psi_jvp(masked, &mask, PSI_ARRAYS(x, source),
                    PSI_ARRAYS(PSI_FLOATS(1, 2, 3, 4, 5), PSI_FLOATS(60, 70)), &out, &tangents));
    CHECK_EQ_INT(tangents.count, 1);
    CHECK_EQ_INT(psi_size(tangents.data[0]), 5);
    CHECK_EQUAL(tangents.data[0], PSI_FLOATS(60, 2, 3, 70, 5));
    psi_arrays grads = pulled(masked_total, &mask, PSI_ARRAYS(x, source), f32(2));
    CHECK_EQUAL(nth(grads, 0), PSI_FLOATS(0, 2, 2, 0, 2));
    CHECK_EQUAL(nth(grads, 1), PSI_FLOATS(2, 2));
    CHECK(psi_is_available(x));
}
