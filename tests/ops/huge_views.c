/* Views of more than 2^31 elements over little memory: sizes, places and sums are counted in 64 bits. The memory of such
 * arrays themselves is tests/ops/huge.c's. */
#include "values.h"

enum { ROWS = (1 << 16) + 2, COLUMNS = 1 << 15 }; /* more than 2^31 together */

/* Rows that overlap: row r holds elements r to r + COLUMNS of these, of which the last alone is not 0. */
static psi_array overlapping(void)
{
    const int64_t last = ROWS + COLUMNS - 2;
    psi_array x = psi_zeros(PSI_INTS(last + 1), PSI_INT8);
    x = psi_slice_update(x, psi_scalar_int(7, PSI_INT8), PSI_INTS(last), PSI_INTS(last + 1), PSI_NONE);
    return psi_as_strided(x, PSI_INTS(ROWS, COLUMNS), PSI_INTS(1, 1), 0);
}

static void sizes(void **state)
{
    (void)state;
    PSI_SCOPE;
    const int64_t length = ((int64_t)1 << 40) + 3;
    psi_array wide = psi_broadcast_to(psi_scalar_int(5, PSI_INT16), PSI_INTS(length));
    assert_int_equal(psi_size(wide), length);
    assert_int_equal(psi_nbytes(wide), 2 * length);
    EXPECT(psi_slice(wide, PSI_INTS(length - 2), PSI_INTS(length), PSI_NONE), PSI_INTS(2), 5, 5);
    EXPECT(psi_slice(wide, PSI_INTS(-1), PSI_INTS(0), PSI_INTS(-(length / 2))), PSI_INTS(2), 5, 5);
    EXPECT(psi_take(wide, psi_scalar_int(length - 1, PSI_INT64), 0), PSI_SCALAR_SHAPE, 5);
    EXPECT(psi_take_index(wide, -1, 0), PSI_SCALAR_SHAPE, 5);
    expect_error(psi_take(wide, psi_scalar_int(length, PSI_INT64), 0), PSI_INDEX_ERROR);
    psi_arrays halves = psi_split_at(wide, PSI_INTS(length - 4), 0);
    assert_int_equal(psi_dim(halves.data[0], 0), length - 4);
    EXPECT(halves.data[1], PSI_INTS(4), 5, 5, 5, 5);
}

static void places(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = overlapping();
    const int64_t row = ROWS - 1, column = COLUMNS - 1;
    EXPECT(psi_slice(x, PSI_INTS(row, column - 1), PSI_INTS(ROWS, COLUMNS), PSI_NONE), PSI_INTS(1, 2), 0, 7);
    EXPECT(psi_slice(psi_transpose(x, PSI_NONE), PSI_INTS(column, row), PSI_INTS(COLUMNS, ROWS), PSI_NONE),
           PSI_INTS(1, 1), 7);
    EXPECT(psi_slice_dynamic(x, PSI_INT32S(row, column), PSI_INTS(0, 1), PSI_INTS(1, 1)), PSI_INTS(1, 1), 7);
    psi_array at = psi_argmax(x, 1, false);
    EXPECT(psi_slice(at, PSI_INTS(row - 1), PSI_INTS(ROWS), PSI_NONE), PSI_INTS(2), 0, column);
}

static void sums(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array row = psi_slice(overlapping(), PSI_INTS(ROWS - 1, 0), PSI_INTS(ROWS, COLUMNS), PSI_NONE);
    psi_array same = psi_broadcast_to(row, PSI_INTS(ROWS, COLUMNS));
    EXPECT(psi_sum(same, PSI_NONE, false), PSI_SCALAR_SHAPE, 7 * ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(places),
        cmocka_unit_test(sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
