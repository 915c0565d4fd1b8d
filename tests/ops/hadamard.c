/* The Hadamard transform: literal values, orders 12, 20 and 28, dtypes, layouts, gradients, batching, refusals. */
#include "values.h"

static psi_array eye(int64_t n)
{
    return psi_eye(n, PSI_NO_INT, 0, PSI_FLOAT32);
}

static void values(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = count_up(PSI_INTS(2, 4));
    EXPECT(psi_hadamard_transform(a, 1), PSI_INTS(2, 4), 6, -2, -4, 0, 22, -2, -4, 0);
    EXPECT(psi_hadamard_transform(a, NAN), PSI_INTS(2, 4), 3, -1, -2, 0, 11, -1, -2, 0);
    EXPECT(psi_hadamard_transform(psi_transpose(a, PSI_NONE), 0.5), PSI_INTS(4, 2), 2, -2, 3, -2, 4, -2, 5,
           -2);
    EXPECT(psi_hadamard_transform(psi_scalar(5, PSI_FLOAT32), 0.2), PSI_SCALAR_SHAPE, 1);
    EXPECT(psi_hadamard_transform(psi_scalar(5, PSI_FLOAT32), NAN), PSI_SCALAR_SHAPE, 5);
    static const psi_dtype dtypes[] = {PSI_FLOAT16, PSI_BFLOAT16, PSI_FLOAT64, PSI_INT32, PSI_BOOL};
    for (int i = 0; i < 5; i++) {
        psi_array y = psi_hadamard_transform(psi_astype(eye(2), dtypes[i]), 3);
        assert_int_equal(psi_dtype_of(y), i < 3 ? dtypes[i] : PSI_FLOAT32);
        EXPECT(y, PSI_INTS(2, 2), 3, 3, 3, -3);
    }
}

/* Rows of each small matrix, and that it is a Hadamard matrix: its rows are orthogonal. */
static void orders(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array first = psi_slice(psi_transpose(psi_hadamard_transform(eye(12), 1), PSI_NONE), PSI_INTS(2, 0),
                                PSI_INTS(3, 12), PSI_NONE);
    EXPECT(first, PSI_INTS(1, 12), 1, 1, 1, -1, 1, 1, -1, -1, -1, -1, 1, 1);
    EXPECT(psi_hadamard_transform(count_up(PSI_INTS(12)), 1), PSI_INTS(12), 64, -6, 0, -6, -20, -10, 0, -14,
           20, -18, 0, -22);
    static const int64_t lengths[] = {2, 12, 20, 28, 24, 80, 112, 256};
    for (int i = 0; i < 8; i++) {
        int64_t n = lengths[i];
        psi_array h = psi_hadamard_transform(eye(n), 1);
        psi_array off = psi_subtract(psi_matmul(h, psi_transpose(h, PSI_NONE)),
                                     psi_multiply(eye(n), psi_scalar((double)n, PSI_FLOAT32)));
        EXPECT(psi_max(psi_abs(off), PSI_NONE, false), PSI_SCALAR_SHAPE, 0);
    }
}

static psi_arrays transform(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_hadamard_transform(in.data[0], 1));
}

/* The gradient of sum(w * H x) is w H, whether H is symmetric or not. */
static void gradients(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT(gradient(transform, count_up(PSI_INTS(4))), PSI_INTS(4), 10, -2, -4, 0);
    static const int64_t lengths[] = {12, 20, 28, 40};
    for (int i = 0; i < 4; i++) {
        int64_t n = lengths[i];
        psi_array columns = psi_hadamard_transform(eye(n), 1);
        psi_array weights = psi_add(count_up(PSI_INTS(n)), psi_scalar(1, PSI_FLOAT32));
        psi_array off =
            psi_subtract(gradient(transform, count_up(PSI_INTS(n))), psi_matmul(columns, weights));
        EXPECT(psi_max(psi_abs(off), PSI_NONE, false), PSI_SCALAR_SHAPE, 0);
    }
}

static void refusals(void **state)
{
    (void)state;
    PSI_SCOPE;
    static const int64_t lengths[] = {3, 6, 10, 36, 60, 44};
    for (int i = 0; i < 6; i++)
        expect_error(psi_hadamard_transform(count_up(PSI_INTS(lengths[i])), 1), PSI_VALUE_ERROR);
    expect_error(psi_hadamard_transform(psi_zeros(PSI_INTS(2, 0), PSI_FLOAT32), 1), PSI_VALUE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(orders),
        cmocka_unit_test(gradients),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
