/* vmap.c: mirrors of the rows of upstream's tests/vmap_tests.cpp. What is wanted is the function applied slice by slice. */
#include "functions.h"

#define NOWHERE -1

static psi_arrays mapped(psi_function fn, psi_arrays at, psi_ints in_axes, psi_ints out_axes)
{
    return psi_vmap(fn, NULL, at, in_axes, out_axes);
}

#define MAPPED(fn, x, from, to) nth(mapped(fn, PSI_ARRAYS(x), PSI_INTS(from), PSI_INTS(to)), 0)

static psi_array eight(void)
{
    return psi_array_from((int32_t[]){0, 1, 2, 3, 4, 5, 6, 7}, PSI_INTS(2, 2, 2), PSI_INT32);
}

FUNCTION(as_grid, psi_reshape(x, PSI_INTS(3, 2)))
FUNCTION(as_line, psi_reshape(x, PSI_INTS(4)))
FUNCTION(spread, psi_broadcast_to(x, PSI_INTS(5, 2)))
FUNCTION(turned, psi_transpose(x, PSI_NONE))
FUNCTION(sum_of_two, psi_add(x, y))
FUNCTION(chosen, psi_where(x, y, z))

static psi_arrays within(psi_arrays in, void *context)
{
    return psi_vmap(*(psi_function *)context, NULL, in, PSI_NONE, PSI_NONE);
}

static psi_array mapped_twice(psi_function fn, psi_arrays at)
{
    return nth(psi_vmap(within, &fn, at, PSI_NONE, PSI_NONE), 0);
}

static void check_views(void)
{
    CHECK_EQUAL(MAPPED(as_grid, psi_zeros(PSI_INTS(4, 6), PSI_FLOAT32), 0, 0),
                psi_zeros(PSI_INTS(4, 3, 2), PSI_FLOAT32));
    CHECK_EQUAL(MAPPED(as_line, eight(), 0, 0), SHAPED(eight(), 2, 4));
    CHECK_VALUES(MAPPED(as_line, eight(), 1, 0), 0, 1, 4, 5, 2, 3, 6, 7);
    CHECK_VALUES(MAPPED(as_line, eight(), 1, 1), 0, 2, 1, 3, 4, 6, 5, 7);

    psi_array rows = psi_zeros(PSI_INTS(4, 2), PSI_FLOAT32), columns = psi_zeros(PSI_INTS(2, 4), PSI_FLOAT32);
    CHECK_REFUSED(MAPPED(spread, rows, NOWHERE, 0));
    CHECK_REFUSED(MAPPED(spread, rows, 7, 0));
    CHECK_EQUAL(MAPPED(spread, rows, 0, 0), psi_zeros(PSI_INTS(4, 5, 2), PSI_FLOAT32));
    CHECK_EQUAL(MAPPED(spread, rows, 0, 1), psi_zeros(PSI_INTS(5, 4, 2), PSI_FLOAT32));
    CHECK_EQUAL(MAPPED(spread, rows, 0, 2), psi_zeros(PSI_INTS(5, 2, 4), PSI_FLOAT32));
    CHECK_REFUSED(MAPPED(spread, columns, 0, 2));
    CHECK_EQUAL(MAPPED(spread, columns, 1, 0), psi_zeros(PSI_INTS(4, 5, 2), PSI_FLOAT32));
    CHECK_EQUAL(MAPPED(spread, columns, 1, 1), psi_zeros(PSI_INTS(5, 4, 2), PSI_FLOAT32));
    CHECK_EQUAL(MAPPED(spread, columns, 1, 2), psi_zeros(PSI_INTS(5, 2, 4), PSI_FLOAT32));

    psi_array three = counted(0, PSI_INTS(3, 2), PSI_INT32);
    CHECK_EQUAL(MAPPED(turned, three, 0, 0), three);
    CHECK_EQUAL(MAPPED(turned, three, 0, 1), psi_transpose(three, PSI_NONE));
    CHECK_EQUAL(MAPPED(turned, eight(), 0, 0), psi_transpose(eight(), PSI_INTS(0, 2, 1)));
    CHECK_EQUAL(MAPPED(turned, eight(), 1, 1), psi_transpose(eight(), PSI_INTS(2, 1, 0)));
    CHECK_EQUAL(MAPPED(turned, eight(), 2, 2), psi_transpose(eight(), PSI_INTS(1, 0, 2)));
    psi_array deep = counted(0, PSI_INTS(2, 3, 2, 2), PSI_INT32);
    CHECK_EQUAL(mapped_twice(turned, PSI_ARRAYS(deep)), psi_transpose(deep, PSI_INTS(0, 1, 3, 2)));
}

static void check_sums(void)
{
    psi_array x = SHAPED(PSI_FLOATS(1, 2), 2, 1), y = SHAPED(PSI_FLOATS(5, 9), 2, 1),
              ones = filled(1, PSI_INTS(4, 2));
    CHECK_VALUES(nth(mapped(sum_of_two, PSI_ARRAYS(x, y), PSI_NONE, PSI_NONE), 0), 6, 11);
    CHECK_EQUAL(nth(mapped(sum_of_two, PSI_ARRAYS(psi_ones(PSI_INTS(2, 1, 4), PSI_FLOAT32), ones),
                           PSI_INTS(2, 0), PSI_NONE),
                    0),
                filled(2, PSI_INTS(4, 2, 2)));
    CHECK_EQUAL(nth(mapped(sum_of_two, PSI_ARRAYS(f32(3), ones), PSI_INTS(NOWHERE, 0), PSI_NONE), 0),
                filled(4, PSI_INTS(4, 2)));
    CHECK_EQUAL(nth(mapped(sum_of_two, PSI_ARRAYS(ones, f32(3)), PSI_INTS(0, NOWHERE), PSI_NONE), 0),
                filled(4, PSI_INTS(4, 2)));
    CHECK_REFUSED(mapped(sum_of_two, PSI_ARRAYS(f32(3), ones), PSI_INTS(NOWHERE, NOWHERE), PSI_INTS(0)));
    CHECK_REFUSED(mapped(sum_of_two, PSI_ARRAYS(ones, f32(3)), PSI_INTS(0, NOWHERE), PSI_INTS(9)));
    psi_array box = counted(1, PSI_INTS(4, 2, 1), PSI_FLOAT32);
    CHECK_EQUAL(mapped_twice(sum_of_two, PSI_ARRAYS(box, box)), psi_add(box, box));
}

static void check_choices(void)
{
    psi_array c = psi_array_from((bool[]){true, false}, PSI_INTS(2, 1), PSI_BOOL);
    psi_array x = SHAPED(PSI_FLOATS(1, 2), 2, 1), y = SHAPED(PSI_FLOATS(5, 9), 2, 1),
              rows = filled(1, PSI_INTS(3, 2));
    CHECK_VALUES(nth(mapped(chosen, PSI_ARRAYS(c, x, y), PSI_NONE, PSI_NONE), 0), 1, 9);
    psi_array wide = psi_array_from((bool[]){true, false, true}, PSI_INTS(1, 3), PSI_BOOL);
    psi_arrays three =
        PSI_ARRAYS(wide, psi_ones(PSI_INTS(2, 1, 3), PSI_FLOAT32), psi_zeros(PSI_INTS(3, 2), PSI_FLOAT32));
    CHECK_VALUES(nth(mapped(chosen, three, PSI_INTS(1, 2, 0), PSI_NONE), 0), 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1,
                 1);
    CHECK_VALUES(nth(mapped(chosen, three, PSI_INTS(1, 2, 0), PSI_INTS(1)), 0), 1, 1, 0, 0, 1, 1, 1, 1, 0, 0,
                 1, 1);
    psi_array flat = psi_array_from((bool[]){true, false}, PSI_INTS(2), PSI_BOOL);
    CHECK_VALUES(
        nth(mapped(chosen, PSI_ARRAYS(flat, f32(6), rows), PSI_INTS(NOWHERE, NOWHERE, 0), PSI_NONE), 0), 6, 1,
        6, 1, 6, 1);
    CHECK_VALUES(
        nth(mapped(chosen, PSI_ARRAYS(flat, rows, f32(6)), PSI_INTS(NOWHERE, 0, NOWHERE), PSI_NONE), 0), 1, 6,
        1, 6, 1, 6);
    psi_arrays none = PSI_ARRAYS(flat, rows, f32(6));
    CHECK_REFUSED(mapped(chosen, none, PSI_INTS(NOWHERE, NOWHERE, NOWHERE), PSI_INTS(0)));
    CHECK_REFUSED(mapped(chosen, none, PSI_INTS(NOWHERE, 0, NOWHERE), PSI_INTS(0, 0)));
    CHECK_REFUSED(mapped(chosen, none, PSI_INTS(NOWHERE, 0), PSI_INTS(0)));
    CHECK_REFUSED(mapped(chosen, none, PSI_INTS(0, 0, NOWHERE), PSI_INTS(0)));
    psi_array halves = psi_array_from((int32_t[]){1, 1, 0, 0}, PSI_INTS(2, 2, 1), PSI_INT32);
    CHECK_VALUES(
        mapped_twice(chosen, PSI_ARRAYS(halves, filled(1, PSI_INTS(2, 2, 1)), filled(2, PSI_INTS(2, 2, 1)))),
        1, 1, 2, 2);
}

FUNCTION(plus_held, psi_add(*(psi_array *)context, y))

PARITY_CASE(vmap, "tests/vmap_tests.cpp", "test simple vmap")
{
    check_views();
    check_sums();
    check_choices();
    psi_array held = psi_add(filled(2, PSI_INTS(2)), psi_zeros(PSI_INTS(2), PSI_FLOAT32)),
              rows = filled(1, PSI_INTS(3, 2));
    CHECK_EQUAL(nth(psi_vmap(plus_held, &held, PSI_ARRAYS(rows), PSI_NONE, PSI_NONE), 0),
                filled(3, PSI_INTS(3, 2)));
    CHECK_EQUAL(nth(psi_vmap(plus_held, &held, PSI_ARRAYS(held, rows), PSI_INTS(NOWHERE, 0), PSI_NONE), 0),
                filled(3, PSI_INTS(3, 2)));
}

/* x + 1 is computed on the way. */
static psi_arrays with_eval(psi_arrays in, void *context)
{
    (void)context;
    psi_array x = psi_add(in.data[0], f32(1));
    return psi_eval(PSI_ARRAYS(x)) ? one(psi_add(x, psi_add(in.data[1], f32(4)))) : (psi_arrays){NULL, 0};
}

PARITY_CASE(vmap, "tests/vmap_tests.cpp", "test vmap with eval")
{
    psi_array x = psi_array_from((float[]){1, 2}, PSI_INTS(2, 1), PSI_FLOAT32),
              y = SHAPED(PSI_FLOATS(5, 9), 2, 1);
    CHECK_REFUSED(mapped(with_eval, PSI_ARRAYS(x, y), PSI_NONE, PSI_NONE));
    psi_array out = nth(mapped(with_eval, PSI_ARRAYS(f32(2), y), PSI_INTS(NOWHERE, 0), PSI_NONE), 0);
    CHECK_EQUAL(out, psi_add(y, f32(7)));
    CHECK_REFUSED(mapped(with_eval, PSI_ARRAYS(x, f32(1)), PSI_INTS(0, NOWHERE), PSI_NONE));
    CHECK_VALUES(x, 1, 2);
}

FUNCTION(same, psi_equal(x, y))

PARITY_CASE(vmap, "tests/vmap_tests.cpp", "test vmap comparison ops")
{
    psi_array grid = psi_zeros(PSI_INTS(2, 4), PSI_FLOAT32), row = psi_zeros(PSI_INTS(4), PSI_FLOAT32);
    CHECK_TRUE(psi_all(nth(mapped(same, PSI_ARRAYS(grid, grid), PSI_NONE, PSI_NONE), 0), PSI_NONE, false));
    CHECK_TRUE(psi_all(nth(mapped(same, PSI_ARRAYS(grid, row), PSI_INTS(0, NOWHERE), PSI_NONE), 0), PSI_NONE,
                       false));
    psi_array mixed = psi_array_from((float[]){1, 1, 0, 0}, PSI_INTS(2, 2), PSI_FLOAT32);
    psi_array out = nth(mapped(same, PSI_ARRAYS(mixed, PSI_FLOATS(0, 0)), PSI_INTS(0, NOWHERE), PSI_NONE), 0);
    CHECK_EQUAL(out, SHAPED(psi_array_from((bool[]){0, 0, 1, 1}, PSI_INTS(4), PSI_BOOL), 2, 2));
    CHECK_DTYPE(out, PSI_BOOL);
}

FUNCTION(to_whole, psi_astype(x, PSI_INT32))
FUNCTION(fill_three, psi_full(PSI_INTS(3), x, PSI_DTYPE_COUNT))

PARITY_CASE(vmap, "tests/vmap_tests.cpp", "test vmap creation ops")
{
    psi_array grid = psi_zeros(PSI_INTS(2, 4), PSI_FLOAT32), two = PSI_INT32S(4, 5);
    psi_array whole = MAPPED(to_whole, grid, 0, 0);
    CHECK_DTYPE(whole, PSI_INT32);
    CHECK_EQUAL(whole, psi_zeros(PSI_INTS(2, 4), PSI_INT32));
    CHECK_VALUES(MAPPED(fill_three, two, 0, 0), 4, 4, 4, 5, 5, 5);
    CHECK_EQUAL(MAPPED(fill_three, SHAPED(two, 2, 1), 0, 0),
                psi_array_from((int32_t[]){4, 4, 4, 5, 5, 5}, PSI_INTS(2, 3), PSI_INT32));
    CHECK_REFUSED(MAPPED(fill_three, SHAPED(two, 1, 2), 0, 0));
    CHECK_VALUES(MAPPED(fill_three, SHAPED(two, 1, 2), 1, 1), 4, 5, 4, 5, 4, 5);
}

FUNCTION(every_third, psi_slice(x, PSI_INTS(1), PSI_INTS(8), PSI_INTS(3)))
FUNCTION(corner, psi_slice(x, PSI_INTS(0, 1), PSI_INTS(2, 3), PSI_NONE))

PARITY_CASE(vmap, "tests/vmap_tests.cpp", "test vmap slice")
{
    psi_array rows = psi_reshape(psi_arange(0, 16, 1, PSI_INT32), PSI_INTS(2, 8));
    CHECK_EQUAL(MAPPED(every_third, rows, 0, 0),
                psi_array_from((int32_t[]){1, 4, 7, 9, 12, 15}, PSI_INTS(2, 3), PSI_INT32));
    psi_array box = psi_reshape(psi_arange(0, 12, 1, PSI_INT32), PSI_INTS(2, 2, 3));
    CHECK_EQUAL(MAPPED(corner, box, 1, 0), SHAPED(PSI_INT32S(1, 2, 7, 8, 4, 5, 10, 11), 2, 2, 2));
}

FUNCTION(joined, psi_concatenate(in, 0))

PARITY_CASE(vmap, "tests/vmap_tests.cpp", "test vmap concatenate")
{
    psi_array x = psi_reshape(psi_arange(0, 4, 1, PSI_INT32), PSI_INTS(2, 2)), y = psi_add(x, i32(10));
    CHECK_EQUAL(nth(mapped(joined, PSI_ARRAYS(x, y), PSI_NONE, PSI_NONE), 0),
                psi_array_from((int32_t[]){0, 1, 10, 11, 2, 3, 12, 13}, PSI_INTS(2, 4), PSI_INT32));
    CHECK_EQUAL(nth(mapped(joined, PSI_ARRAYS(x, y), PSI_INTS(1, 1), PSI_NONE), 0),
                SHAPED(PSI_INT32S(0, 2, 10, 12, 1, 3, 11, 13), 2, 4));
    CHECK_EQUAL(nth(mapped(joined, PSI_ARRAYS(x, y), PSI_INTS(0, 1), PSI_NONE), 0),
                SHAPED(PSI_INT32S(0, 1, 10, 12, 2, 3, 11, 13), 2, 4));
}

FUNCTION(picked,
         psi_squeeze(psi_gather(x, PSI_ARRAYS(y), PSI_INTS(0), PSI_INTS(1, 2, 2)), PSI_INTS(psi_ndim(y))))
FUNCTION(picked_deep,
         psi_squeeze(psi_gather(x, PSI_ARRAYS(y), PSI_INTS(0), PSI_INTS(1, 2, 2, 2)), PSI_INTS(1)))
FUNCTION(picked_twice,
         psi_squeeze(psi_gather(x, PSI_ARRAYS(y, z), PSI_INTS(0, 1), PSI_INTS(1, 1, 2, 2)), PSI_INTS(1, 2)))

PARITY_CASE(vmap, "tests/vmap_tests.cpp", "test vmap gather")
{
    psi_array x = counted(0, PSI_INTS(2, 2, 2, 2), PSI_FLOAT32),
              y = SHAPED(PSI_INT32S(0, 1, 0, 0, 1, 0), 2, 3);
    psi_array out = nth(mapped(picked, PSI_ARRAYS(x, y), PSI_INTS(0, NOWHERE), PSI_NONE), 0);
    CHECK_SHAPE(out, 2, 2, 3, 2, 2);
    CHECK_EQUAL(psi_take_index(out, 1, 0), psi_take(psi_take_index(x, 1, 0), y, 0));
    CHECK_SHAPE(nth(mapped(picked, PSI_ARRAYS(x, y), PSI_INTS(0, NOWHERE), PSI_INTS(3)), 0), 2, 3, 2, 2, 2);
    out = nth(mapped(picked, PSI_ARRAYS(x, y), PSI_INTS(0, 0), PSI_NONE), 0);
    CHECK_SHAPE(out, 2, 3, 2, 2);
    CHECK_EQUAL(psi_take_index(out, 1, 0), psi_take(psi_take_index(x, 1, 0), PSI_INT32S(0, 1, 0), 0));
    out = nth(mapped(picked_deep, PSI_ARRAYS(x, y), PSI_INTS(NOWHERE, 0), PSI_NONE), 0);
    CHECK_SHAPE(out, 2, 3, 2, 2, 2);
    CHECK_EQUAL(out, psi_take(x, y, 0));
    out = nth(mapped(picked_twice, PSI_ARRAYS(x, y, y), PSI_INTS(NOWHERE, 0, 0), PSI_NONE), 0);
    CHECK_SHAPE(out, 2, 3, 2, 2);
    psi_array turned_y = psi_array_from((int32_t[]){0, 0, 1, 1, 0, 0}, PSI_INTS(3, 2), PSI_INT32);
    CHECK_EQUAL(nth(mapped(picked_twice, PSI_ARRAYS(x, y, turned_y), PSI_INTS(NOWHERE, 0, 1), PSI_NONE), 0),
                out);
    CHECK_SHAPE(psi_zeros(PSI_INTS(2, 3), PSI_FLOAT32), 2, 3);
}

#define PUT(name, updates, axes, ...) FUNCTION(name, psi_scatter(x, PSI_ARRAYS(__VA_ARGS__), updates, axes))

PUT(put_rows, SHAPED(PSI_FLOATS(1, 2), 1, 1, 2), PSI_INTS(0), PSI_INT32S(1))
PUT(put_columns, SHAPED(PSI_FLOATS(1, 2), 1, 2, 1), PSI_INTS(1), PSI_INT32S(1))
PUT(put_corner, SHAPED(PSI_FLOATS(4), 1, 1, 1), PSI_INTS(0, 1), PSI_INT32S(1), PSI_INT32S(2))

PARITY_CASE(vmap, "tests/vmap_tests.cpp", "test vmap scatter")
{
    psi_array row = SHAPED(psi_array_from((float[]){0, 0, 1, 2, 0, 0}, PSI_INTS(6), PSI_FLOAT32), 1, 3, 2);
    CHECK_EQUAL(MAPPED(put_rows, psi_zeros(PSI_INTS(2, 3, 2), PSI_FLOAT32), 0, 0),
                psi_broadcast_to(row, PSI_INTS(2, 3, 2)));
    CHECK_EQUAL(MAPPED(put_rows, psi_zeros(PSI_INTS(3, 2, 2), PSI_FLOAT32), 1, 1),
                psi_broadcast_to(psi_moveaxis(row, 0, 1), PSI_INTS(3, 2, 2)));
    CHECK_EQUAL(MAPPED(put_columns, psi_zeros(PSI_INTS(2, 2, 3), PSI_FLOAT32), 0, 0),
                psi_broadcast_to(SHAPED(PSI_FLOATS(0, 1, 0, 0, 2, 0), 1, 2, 3), PSI_INTS(2, 2, 3)));
    psi_array at = psi_slice_update(psi_zeros(PSI_INTS(2, 3, 2), PSI_FLOAT32), f32(4), PSI_INTS(1, 2, 0),
                                    PSI_INTS(2, 3, 2), PSI_NONE);
    CHECK_EQUAL(MAPPED(put_corner, psi_zeros(PSI_INTS(2, 3, 2), PSI_FLOAT32), 2, 2), at);
}

static psi_arrays all_factors(psi_arrays in, void *context)
{
    (void)context;
    return psi_linalg_svd(in.data[0], true);
}

static psi_arrays only_values(psi_arrays in, void *context)
{
    (void)context;
    return psi_linalg_svd(in.data[0], false);
}

PARITY_CASE(vmap, "tests/vmap_tests.cpp", "test vmap SVD")
{
    psi_array a = psi_astype(psi_reshape(psi_arange(0, 24, 1, PSI_INT32), PSI_INTS(3, 4, 2)), PSI_FLOAT32);
    psi_arrays out = mapped(all_factors, PSI_ARRAYS(a), PSI_INTS(1), PSI_NONE);
    REQUIRE(out.count == 3);
    CHECK_SHAPE(out.data[0], 4, 3, 3);
    CHECK_SHAPE(out.data[1], 4, 2);
    CHECK_SHAPE(out.data[2], 4, 2, 2);
    psi_array last = psi_take_index(a, 3, 1),
              thin = psi_slice(psi_take_index(out.data[0], 3, 0), PSI_INTS(0, 0), PSI_INTS(3, 2), PSI_NONE);
    psi_array scaled = psi_multiply(thin, psi_take_index(out.data[1], 3, 0));
    CHECK_CLOSE(psi_matmul(scaled, psi_take_index(out.data[2], 3, 0)), last, 1e-5, 1e-5);
    out = mapped(all_factors, PSI_ARRAYS(a), PSI_INTS(2), PSI_NONE);
    REQUIRE(out.count == 3);
    CHECK_SHAPE(out.data[0], 2, 3, 3);
    CHECK_SHAPE(out.data[1], 2, 3);
    CHECK_SHAPE(out.data[2], 2, 4, 4);
    CHECK_SHAPE(nth(mapped(only_values, PSI_ARRAYS(a), PSI_INTS(1), PSI_NONE), 0), 4, 2);
    psi_array values = nth(mapped(only_values, PSI_ARRAYS(a), PSI_INTS(2), PSI_NONE), 0);
    CHECK_SHAPE(values, 2, 3);
    CHECK_CLOSE(values, out.data[1], 1e-5, 1e-5);
}

FUNCTION(two_from_one, psi_slice_dynamic(x, PSI_INT32S(1), PSI_INTS(0), PSI_INTS(2)))
FUNCTION(put_at_one, psi_slice_update_dynamic(x, y, PSI_INT32S(1), PSI_INTS(0)))

PARITY_CASE(vmap, "tests/vmap_tests.cpp", "test vmap dynamic slices")
{
    psi_array x = psi_reshape(psi_arange(0, 12, 1, PSI_INT32), PSI_INTS(3, 4));
    CHECK_EQUAL(MAPPED(two_from_one, x, 0, 0),
                psi_array_from((int32_t[]){1, 2, 5, 6, 9, 10}, PSI_INTS(3, 2), PSI_INT32));
    CHECK_EQUAL(MAPPED(two_from_one, x, 1, 1), psi_slice(x, PSI_INTS(1, 0), PSI_INTS(3, 4), PSI_NONE));
    psi_array zeros = psi_zeros(PSI_INTS(2, 3), PSI_FLOAT32), update = SHAPED(PSI_FLOATS(7, 8), 2, 1);
    CHECK_VALUES(nth(mapped(put_at_one, PSI_ARRAYS(zeros, update), PSI_NONE, PSI_NONE), 0), 0, 7, 0, 0, 8, 0);
    psi_array turned_zeros = psi_transpose(zeros, PSI_NONE);
    CHECK_VALUES(nth(mapped(put_at_one, PSI_ARRAYS(turned_zeros, update), PSI_INTS(1, 0), PSI_INTS(1)), 0), 0,
                 0, 7, 8, 0, 0);
    CHECK_EQUAL(psi_slice_update(zeros, psi_ones(PSI_INTS(2, 3), PSI_FLOAT32), PSI_INTS(0, 0), PSI_INTS(2, 3),
                                 PSI_NONE),
                psi_ones(PSI_INTS(2, 3), PSI_FLOAT32));
}
