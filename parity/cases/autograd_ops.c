/* autograd_ops.c: mirrors of the rows of upstream's tests/autograd_tests.cpp on the derivatives of single ops. Wanted
 * numbers are worked out by hand. */
#include "functions.h"

FUNCTION(f_abs, psi_abs(x))
FUNCTION(f_sign, psi_sign(x))
FUNCTION(f_negative, psi_negative(x))
FUNCTION(f_square, psi_square(x))
FUNCTION(f_sqrt, psi_sqrt(x))
FUNCTION(f_rsqrt, psi_rsqrt(x))
FUNCTION(f_exp, psi_exp(x))
FUNCTION(f_sin, psi_sin(x))
FUNCTION(f_cos, psi_cos(x))
FUNCTION(f_arctan, psi_arctan(x))
FUNCTION(f_log, psi_log(x))
FUNCTION(f_log1p, psi_log1p(x))
FUNCTION(f_erf, psi_erf(x))
FUNCTION(f_erfinv, psi_erfinv(x))
FUNCTION(f_sigmoid, psi_sigmoid(x))
FUNCTION(f_arctan2, psi_arctan2(x, y))
FUNCTION(f_add, psi_add(x, y))
FUNCTION(f_subtract, psi_subtract(x, y))
FUNCTION(f_multiply, psi_multiply(x, y))
FUNCTION(f_divide, psi_divide(x, y))
FUNCTION(f_maximum, psi_maximum(x, y))
FUNCTION(f_minimum, psi_minimum(x, y))
FUNCTION(f_logaddexp, psi_logaddexp(x, y))
FUNCTION(f_power, psi_power(x, y))
FUNCTION(f_sum, psi_sum(x, *(psi_ints *)context, false))
FUNCTION(f_prod, psi_prod(x, *(psi_ints *)context, false))
FUNCTION(f_min, psi_min(x, *(psi_ints *)context, false))
FUNCTION(f_max, psi_max(x, *(psi_ints *)context, false))

/* The one gradient at x, of a cotangent g. */
#define SLOPE(fn, x, g, wanted) CHECK_VALUES_NEAR(PULLED(fn, f32(x), f32(g)), 1e-6, wanted)
/* Both gradients at (x, y). */
#define SLOPES(fn, x, y, g, by_x, by_y)                                          \
    do {                                                                         \
        psi_arrays both_ = pulled(fn, NULL, PSI_ARRAYS(f32(x), f32(y)), f32(g)); \
        CHECK_VALUES_NEAR(nth(both_, 0), 1e-6, by_x);                            \
        CHECK_VALUES_NEAR(nth(both_, 1), 1e-6, by_y);                            \
    } while (0)

/* Of shapes (4, 1) and (1, 3), filled with x and y: every gradient is summed over what was repeated. */
static void check_broadcast(psi_function fn, double x, double y, double by_x, double by_y)
{
    psi_array tall = psi_full(PSI_INTS(4, 1), f32(x), PSI_DTYPE_COUNT);
    psi_array wide = psi_full(PSI_INTS(1, 3), f32(y), PSI_DTYPE_COUNT);
    psi_arrays grads = pulled(fn, NULL, PSI_ARRAYS(tall, wide), psi_ones(PSI_INTS(4, 3), PSI_FLOAT32));
    CHECK_EQUAL(nth(grads, 0), filled(by_x, PSI_INTS(4, 1)));
    CHECK_EQUAL(nth(grads, 1), filled(by_y, PSI_INTS(1, 3)));
}

static void check_sums_and_products(void)
{
    psi_ints none = PSI_NONE, axis = PSI_INTS(0), both = PSI_INTS(0, 1);
    CHECK_VALUES(nth(pulled(f_sum, &none, PSI_ARRAYS(f32(2)), f32(5)), 0), 5);
    psi_array empty = nth(pulled(f_sum, &axis, PSI_ARRAYS(nothing()), f32(5)), 0);
    CHECK_EQ_INT(psi_size(empty), 0);
    CHECK_SHAPE(empty, 0);
    psi_array cube = psi_ones(PSI_INTS(2, 2, 2), PSI_FLOAT32);
    psi_array g = psi_array_from((float[]){5, 6, 7, 8}, PSI_INTS(2, 2), PSI_FLOAT32);
    for (int i = 0; i < 3; i++) {
        psi_ints along = PSI_INTS(i);
        psi_array wanted = psi_broadcast_to(psi_expand_dims(g, PSI_INTS(i)), PSI_INTS(2, 2, 2));
        CHECK_EQUAL(nth(pulled(f_sum, &along, PSI_ARRAYS(cube), g), 0), wanted);
    }
    CHECK_VALUES(nth(pulled(f_prod, &none, PSI_ARRAYS(f32(2)), f32(5)), 0), 5);
    psi_array grid = SHAPED(PSI_FLOATS(2, 3, 4, 5), 2, 2);
    CHECK_VALUES(nth(pulled(f_prod, &axis, PSI_ARRAYS(grid), PSI_FLOATS(1, 10)), 0), 4, 50, 2, 30);
    CHECK_VALUES(nth(pulled(f_prod, &both, PSI_ARRAYS(grid), f32(1)), 0), 60, 40, 30, 24);
}

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test op vjps")
{
    SLOPE(f_abs, -3, 2, -2);
    SLOPE(f_sign, -3, 7, 0);
    CHECK_EQUAL(PULLED(f_negative, f32(1), f32(4)), f32(-4));
    SLOPE(f_square, 5, 2, 20);
    SLOPE(f_sqrt, 9, 3, 0.5);
    SLOPE(f_rsqrt, 9, 54, -1);
    SLOPE(f_exp, 2, 3, 3 * exp(2));
    SLOPE(f_sin, 2, 1, cos(2));
    SLOPE(f_cos, 2, 1, -sin(2));
    SLOPE(f_arctan, 3, 1, 0.1);
    SLOPES(f_arctan2, 1, 2, 1, 0.4, -0.2);
    SLOPE(f_log, 4, 1, 0.25);
    SLOPE(f_log, 4, 2, 0.5);
    SLOPE(f_log1p, 3, 1, 0.25);
    SLOPE(f_log1p, 3, 2, 0.5);
    SLOPE(f_erf, INFINITY, 1, 0);
    SLOPE(f_erf, -INFINITY, 3, 0);
    SLOPE(f_erf, 0, 1, 2 / sqrt(M_PI));
    CHECK_VALUES(PULLED(f_erfinv, f32(1), f32(1)), INFINITY);
    CHECK_VALUES(PULLED(f_erfinv, f32(-1), f32(3)), INFINITY);
    CHECK_FALSE(psi_is_error(psi_isnan(f32(1))));
    SLOPE(f_erfinv, 0, 1, sqrt(M_PI) / 2);
    SLOPE(f_sigmoid, 0, 1, 0.25);
    SLOPE(f_sigmoid, 0, 8, 2);
    SLOPES(f_add, 1, 2, 5, 5, 5);
    check_broadcast(f_add, 1, 1, 3, 4);
    SLOPES(f_subtract, 1, 2, 5, 5, -5);
    check_broadcast(f_subtract, 1, 1, 3, -4);
    SLOPES(f_multiply, 3, 4, 2, 8, 6);
    check_broadcast(f_multiply, 2, 5, 15, 8);
    SLOPES(f_divide, 8, 4, 1, 0.25, -0.5);
    check_broadcast(f_divide, 8, 4, 0.75, -2);
    SLOPES(f_maximum, 6, 2, 3, 3, 0);
    SLOPES(f_minimum, 6, 2, 3, 0, 3);
    /* Of equal numbers one has the gradient. */
    CHECK_VALUES(
        psi_sum(psi_stack(pulled(f_maximum, NULL, PSI_ARRAYS(f32(2), f32(2)), f32(1)), 0), PSI_NONE, false),
        1);
    CHECK_VALUES(
        psi_prod(psi_stack(pulled(f_minimum, NULL, PSI_ARRAYS(f32(2), f32(2)), f32(1)), 0), PSI_NONE, false),
        0);
    CHECK_VALUES(
        psi_sum(psi_stack(pulled(f_minimum, NULL, PSI_ARRAYS(f32(2), f32(2)), f32(1)), 0), PSI_NONE, false),
        1);
    SLOPES(f_logaddexp, 3, 3, 1, 0.5, 0.5);
    SLOPES(f_logaddexp, 3, 3, 4, 2, 2);
    SLOPES(f_logaddexp, INFINITY, 3, 1, 1, 0);
    SLOPES(f_logaddexp, -INFINITY, 3, 1, 0, 1);
    SLOPES(f_logaddexp, -7, -INFINITY, 1, 1, 0);
    psi_arrays lost = pulled(f_logaddexp, NULL, PSI_ARRAYS(f32(-INFINITY), f32(-INFINITY)), f32(1));
    CHECK_TRUE(psi_isnan(nth(lost, 0)));
    CHECK_TRUE(psi_isnan(nth(lost, 1)));
    SLOPES(f_power, 3, 4, 1, 108, 81 * log(3));
    check_sums_and_products();
}

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test min and max vjp")
{
    psi_ints none = PSI_NONE, axis = PSI_INTS(0), outer = PSI_INTS(0, 2);
    psi_array grid = psi_reshape(PSI_FLOATS(4, 5, 5, -2), PSI_INTS(2, 2)), g = PSI_FLOATS(2, 6);
    psi_array cube = psi_reshape(PSI_FLOATS(1, 0, 0, 1, -1, -1, 1, 0), PSI_INTS(2, 2, 2));
    CHECK_VALUES(nth(pulled(f_min, &none, PSI_ARRAYS(f32(4)), f32(9)), 0), 9);
    CHECK_EQUAL(nth(pulled(f_min, &axis, PSI_ARRAYS(grid), g), 0), SHAPED(PSI_FLOATS(2, 0, 0, 6), 2, 2));
    CHECK_EQUAL(nth(pulled(f_min, &outer, PSI_ARRAYS(cube), g), 0),
                SHAPED(PSI_FLOATS(0, 0, 3, 0, 1, 1, 0, 3), 2, 2, 2)); /* ties share */
    CHECK_VALUES(nth(pulled(f_max, &none, PSI_ARRAYS(f32(4)), f32(9)), 0), 9);
    CHECK_EQUAL(nth(pulled(f_max, &axis, PSI_ARRAYS(grid), g), 0), SHAPED(PSI_FLOATS(0, 6, 2, 0), 2, 2));
    CHECK_EQUAL(nth(pulled(f_max, &outer, PSI_ARRAYS(cube), g), 0),
                SHAPED(PSI_FLOATS(2, 0, 0, 3, 0, 0, 3, 0), 2, 2, 2));
}

FUNCTION(f_matmul, psi_matmul(x, y))

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test matmul vjp")
{
    psi_array row = SHAPED(PSI_FLOATS(2, 3), 1, 2), column = SHAPED(PSI_FLOATS(4, 5), 2, 1);
    psi_arrays grads = pulled(f_matmul, NULL, PSI_ARRAYS(row, column), SHAPED(PSI_FLOATS(3), 1, 1));
    CHECK_EQUAL(nth(grads, 0), SHAPED(PSI_FLOATS(12, 15), 1, 2));
    CHECK_EQUAL(nth(grads, 1), SHAPED(PSI_FLOATS(6, 9), 2, 1));
    grads = pulled(f_matmul, NULL, PSI_ARRAYS(column, row), SHAPED(PSI_FLOATS(1, 2, 3, 4), 2, 2));
    CHECK_EQUAL(nth(grads, 0), SHAPED(PSI_FLOATS(8, 18), 2, 1));
    CHECK_EQUAL(nth(grads, 1), SHAPED(PSI_FLOATS(19, 28), 1, 2));
    psi_array a = SHAPED(PSI_FLOATS(1, 2, 3, 4), 2, 2, 1), b = SHAPED(PSI_FLOATS(1, 2, 3, 5), 2, 1, 2);
    grads = pulled(f_matmul, NULL, PSI_ARRAYS(a, b), psi_ones(PSI_INTS(2, 2, 2), PSI_FLOAT32));
    CHECK_EQUAL(nth(grads, 0), SHAPED(PSI_FLOATS(3, 3, 8, 8), 2, 2, 1));
    CHECK_EQUAL(nth(grads, 1), SHAPED(PSI_FLOATS(3, 3, 7, 7), 2, 1, 2));
    CHECK_VALUES(psi_array_from((float[]){2}, PSI_INTS(1), PSI_FLOAT32), 2);
}

typedef psi_array (*comparison)(psi_array a, psi_array b);
FUNCTION(compare, (*(comparison *)context)(x, y))

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test comparison grads")
{
    psi_array tall = psi_ones(PSI_INTS(2, 1), PSI_FLOAT32), wide = psi_zeros(PSI_INTS(1, 4), PSI_FLOAT32);
    psi_ints shape = psi_broadcast_shapes(psi_shape(tall), psi_shape(wide));
    const comparison all[] = {psi_equal,         psi_greater,    psi_less,
                              psi_greater_equal, psi_less_equal, psi_not_equal};
    REQUIRE(shape.count == 2 && psi_default_device().type == PSI_CPU);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        comparison fn = all[i];
        psi_arrays grads = pulled(compare, &fn, PSI_ARRAYS(tall, wide), psi_ones(shape, PSI_FLOAT32));
        CHECK_EQUAL(nth(grads, 0), psi_zeros_like(tall));
        CHECK_EQUAL(nth(grads, 1), psi_zeros_like(wide));
        psi_array out = nth(pushed(compare, &fn, PSI_ARRAYS(tall, wide), PSI_ARRAYS(tall, wide)), 0);
        CHECK_EQUAL(out, psi_zeros(shape, PSI_FLOAT32));
    }
}

static psi_array complex(double re, double im)
{
    return psi_scalar_complex((float)re, (float)im);
}

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test complex gradients")
{
    psi_array x = complex(2, 1), y = complex(1, -1), g = complex(3, 2);
    REQUIRE(psi_default_device().type == PSI_CPU);
    CHECK_VALUES(nth(pushed(f_add, NULL, PSI_ARRAYS(x, y), PSI_ARRAYS(complex(1, 2), complex(4, 1))), 0), 5,
                 3);
    psi_arrays grads = pulled(f_add, NULL, PSI_ARRAYS(x, y), g);
    CHECK_VALUES(nth(grads, 0), 3, 2);
    CHECK_VALUES(nth(grads, 1), 3, 2);

    /* A complex number and a real one, whose gradient is real. */
    psi_array r = f32(5);
    CHECK_VALUES(nth(pushed(f_multiply, NULL, PSI_ARRAYS(x, r), PSI_ARRAYS(complex(1, 2), f32(3))), 0), 11,
                 13);
    grads = pulled(f_multiply, NULL, PSI_ARRAYS(x, r), g);
    CHECK_DTYPE(nth(grads, 0), PSI_COMPLEX64);
    CHECK_VALUES(nth(grads, 0), 15, 10);
    CHECK_DTYPE(nth(grads, 1), PSI_FLOAT32);
    CHECK_VALUES(nth(grads, 1), 8);

    /* x / y = (1 + 3 i) / 2; by y it is -x / y^2 = 1/2 - i. */
    CHECK_VALUES_NEAR(
        nth(pushed(f_divide, NULL, PSI_ARRAYS(x, y), PSI_ARRAYS(complex(2, 0), complex(0, 2))), 0), 1e-6, 3,
        2);
    grads = pulled(f_divide, NULL, PSI_ARRAYS(x, y), g);
    CHECK_VALUES_NEAR(nth(grads, 0), 1e-6, 2.5, -0.5);
    CHECK_VALUES_NEAR(nth(grads, 1), 1e-6, -0.5, 4);
}

typedef struct scan {
    bool reverse, inclusive;
} scan;

FUNCTION(f_cumsum, psi_cumsum(x, 0, ((scan *)context)->reverse, ((scan *)context)->inclusive))
FUNCTION(f_cumprod, psi_cumprod(x, 0, ((scan *)context)->reverse, ((scan *)context)->inclusive))

PARITY_CASE(autograd, "tests/autograd_tests.cpp", "test scan grads")
{
    scan ways[] = {{false, true}, {true, true}, {true, false}, {false, false}};
    psi_array ones = psi_ones(PSI_INTS(3), PSI_FLOAT32), x = PSI_FLOATS(2, 3, 4), g = PSI_FLOATS(1, 10, 100);
    const float sums[4][3] = {{3, 2, 1}, {1, 2, 3}, {0, 1, 2}, {2, 1, 0}};
    const float tangents[4][3] = {{1, 2, 3}, {3, 2, 1}, {2, 1, 0}, {0, 1, 2}};
    const float products[4][3] = {
        {1 + 30 + 1200, 20 + 800, 600}, {12, 8 + 40, 6 + 30 + 100}, {0, 4, 3 + 10}, {10 + 300, 200, 0}};
    for (int i = 0; i < 4; i++) {
        CHECK_EQUAL(nth(pulled(f_cumsum, &ways[i], PSI_ARRAYS(ones), ones), 0),
                    psi_array_from(sums[i], PSI_INTS(3), PSI_FLOAT32));
        CHECK_TRUE(psi_allclose(nth(pulled(f_cumprod, &ways[i], PSI_ARRAYS(x), g), 0),
                                psi_array_from(products[i], PSI_INTS(3), PSI_FLOAT32), 1e-5, 1e-8, false));
        CHECK_EQUAL(nth(pushed(f_cumsum, &ways[i], PSI_ARRAYS(x), PSI_ARRAYS(ones)), 0),
                    psi_array_from(tangents[i], PSI_INTS(3), PSI_FLOAT32));
    }
}
