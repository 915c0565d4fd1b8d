/* label: long */
/* Arrays of more than 2^31 elements in memory: what is made, read and written beyond that place is right. A machine that
 * has not the memory free skips it. */
#include "values.h"

#include <stdio.h>

enum { SKIPPED = 77, AT = 5 };

static const int64_t length = ((int64_t)1 << 31) + 100; /* one axis of them */

/* Zeros but for one 7, AT elements before the end. */
static psi_array marked(void)
{
    psi_array x = psi_zeros(PSI_INTS(length), PSI_INT8);
    x = psi_slice_update(x, psi_scalar_int(7, PSI_INT8), PSI_INTS(length - AT), PSI_INTS(length - AT + 1),
                         PSI_NONE);
    assert_true(psi_eval1(x));
    return x;
}

static psi_array end_of(psi_array x, int64_t count)
{
    return psi_slice(x, PSI_INTS(psi_dim(x, 0) - count), PSI_INTS(psi_dim(x, 0)), PSI_NONE);
}

#define EXPECT_END(x, ...) EXPECT(end_of(x, 6), PSI_INTS(6), __VA_ARGS__)

static void elements(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = marked();
    EXPECT_END(x, 0, 7, 0, 0, 0, 0);
    EXPECT_END(psi_add(x, x), 0, 14, 0, 0, 0, 0);
    EXPECT_END(psi_subtract(psi_multiply(x, psi_scalar_int(3, PSI_INT8)), psi_scalar_int(1, PSI_INT8)), -1,
               20, -1, -1, -1, -1);
    EXPECT_END(psi_greater(x, psi_scalar_int(1, PSI_INT8)), 0, 1, 0, 0, 0, 0);
    EXPECT_END(psi_astype(x, PSI_UINT8), 0, 7, 0, 0, 0, 0);
}

static void reductions(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = marked();
    EXPECT(psi_sum(x, PSI_NONE, false), PSI_SCALAR_SHAPE, 7);
    EXPECT(psi_max(x, PSI_NONE, false), PSI_SCALAR_SHAPE, 7);
    EXPECT(psi_argmax(x, PSI_NO_INT, false), PSI_SCALAR_SHAPE, (double)(length - AT));
    EXPECT(psi_argmax(x, 0, false), PSI_SCALAR_SHAPE, (double)(length - AT));
    EXPECT_END(psi_cummax(x, 0, false, true), 0, 7, 7, 7, 7, 7);
}

static void indices(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = marked();
    const int64_t where[] = {length - AT, 0, -AT, length - 1};
    psi_array at = psi_array_from(where, PSI_INTS(4), PSI_INT64);
    EXPECT(psi_take(x, at, 0), PSI_INTS(4), 7, 0, 7, 0);
    EXPECT(psi_take_along_axis(x, at, 0), PSI_INTS(4), 7, 0, 7, 0);
    EXPECT(psi_take_index(x, length - AT, 0), PSI_SCALAR_SHAPE, 7);
    EXPECT(psi_slice_dynamic(x, psi_array_from(where, PSI_INTS(1), PSI_INT64), PSI_INTS(0), PSI_INTS(2)),
           PSI_INTS(2), 7, 0);
    psi_array put = psi_put_along_axis(x, psi_array_from(where + 3, PSI_INTS(1), PSI_INT64),
                                       psi_scalar_int(9, PSI_INT8), 0);
    EXPECT_END(put, 0, 7, 0, 0, 0, 9);
    const int64_t first[] = {length - 2};
    psi_array more = psi_scatter_add(x, PSI_ARRAYS(psi_array_from(first, PSI_INTS(1), PSI_INT64)),
                                     psi_reshape(psi_scalar_int(4, PSI_INT8), PSI_INTS(1, 1)), PSI_INTS(0));
    EXPECT_END(more, 0, 7, 0, 0, 4, 0);
}

static void copies(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = marked();
    const int64_t rows = length / 4, place = length - AT;
    psi_array turned = psi_contiguous(psi_transpose(psi_reshape(x, PSI_INTS(rows, 4)), PSI_NONE), false);
    assert_true(psi_eval1(turned));
    const int64_t row = place % 4, column = place / 4;
    EXPECT(psi_slice(turned, PSI_INTS(row, column - 1), PSI_INTS(row + 1, column + 1), PSI_NONE),
           PSI_INTS(1, 2), 0, 7);
    psi_array back =
        psi_contiguous(psi_slice(x, PSI_INTS(length - 1), PSI_INTS(-length - 1), PSI_INTS(-1)), false);
    EXPECT(psi_slice(back, PSI_INTS(AT - 2), PSI_INTS(AT), PSI_NONE), PSI_INTS(2), 0, 7);
}

static void joined(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = marked(), tail = psi_astype(PSI_INT32S(1, 2), PSI_INT8);
    psi_array longer = psi_concatenate(PSI_ARRAYS(x, tail), 0);
    assert_int_equal(psi_size(longer), length + 2);
    EXPECT_END(longer, 0, 0, 0, 0, 1, 2);
    psi_array padded =
        psi_pad(x, PSI_INTS(0), PSI_INTS(3), PSI_INTS(1), psi_scalar_int(8, PSI_INT8), "constant");
    EXPECT_END(padded, 7, 0, 0, 0, 0, 8);
}

static void repeated(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array pair = psi_astype(PSI_INT32S(1, 2), PSI_INT8), many = psi_repeat(pair, length / 2 + 1, 0);
    assert_int_equal(psi_size(many), length + 2);
    EXPECT_END(many, 2, 2, 2, 2, 2, 2);
    EXPECT(psi_slice(many, PSI_INTS(length / 2), PSI_INTS(length / 2 + 2), PSI_NONE), PSI_INTS(2), 1, 2);
    psi_array tiled = psi_tile(pair, PSI_INTS(length / 2 + 1));
    EXPECT_END(tiled, 1, 2, 1, 2, 1, 2);
    psi_array product =
        psi_kron(psi_ones(PSI_INTS((1 << 16) + 1), PSI_INT8), psi_arange(0, (1 << 15) + 1, 1, PSI_INT8));
    assert_true(psi_size(product) > length);
    EXPECT_END(product, -5, -4, -3, -2, -1, 0); /* 2^15 - 5 to 2^15, cut to 8 bits */
}

/* Bytes that can be had without swapping. */
static double available(void)
{
    char line[128];
    double kib = 0;
    FILE *f = fopen("/proc/meminfo", "r");
    while (f && fgets(line, sizeof line, f) && sscanf(line, "MemAvailable: %lf", &kib) != 1)
        ;
    if (f)
        fclose(f);
    return kib * 1024;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements), cmocka_unit_test(reductions), cmocka_unit_test(indices),
        cmocka_unit_test(copies),   cmocka_unit_test(joined),     cmocka_unit_test(repeated),
    };
    const double needed = 6 * (double)length;
    if (available() < needed) {
        printf("skipped: %.1f GiB of memory are needed\n", needed / (1 << 30));
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
