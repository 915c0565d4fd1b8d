/* refusals.c: kinds of errors that differ from the usual value error, as upstream's Python raises them. */
#include "values.h"

static void axes_out_of_range_are_index_errors_where_upstream_says_so(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = psi_zeros(PSI_INTS(2, 3), PSI_FLOAT32);
    expect_error(psi_moveaxis(a, 2, 0), PSI_INDEX_ERROR);
    expect_error(psi_moveaxis(a, 0, -3), PSI_INDEX_ERROR);
    expect_error(psi_swapaxes(a, 0, 5), PSI_INDEX_ERROR);
    expect_error(psi_transpose(a, PSI_INTS(0, 5)), PSI_VALUE_ERROR);
}

static void bits_of_floats_are_runtime_errors_for_two_operands(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = PSI_FLOATS(1, 2);
    expect_error(psi_bitwise_and(a, a), PSI_RUNTIME_ERROR);
    expect_error(psi_left_shift(PSI_INT32S(1, 2), a), PSI_RUNTIME_ERROR);
    expect_error(psi_bitwise_invert(a), PSI_VALUE_ERROR);
    expect_error(psi_floor(psi_scalar_complex(1, 2)), PSI_VALUE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_out_of_range_are_index_errors_where_upstream_says_so),
        cmocka_unit_test(bits_of_floats_are_runtime_errors_for_two_operands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
