/* ops_sort.c: mirrors of the rows of upstream's tests/ops_tests.cpp on order; what else sorts is asked about the same
 * numbers, so that each of its ops is watched. */
#include "arrays.h"

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test topk")
{
    psi_array rising = psi_reshape(psi_arange(1, 9, 1, PSI_INT32), PSI_INTS(2, 4));
    CHECK_EQUAL(psi_topk(rising, 1, 1), SHAPED(PSI_INT32S(4, 8), 2, 1));
    CHECK_EQUAL(psi_topk(rising, 1, 0), SHAPED(PSI_INT32S(5, 6, 7, 8), 1, 4));
    CHECK_EQUAL(psi_topk(rising, 2, 0), rising);

    psi_array mixed = PSI_FLOATS(3, -2, NAN, 7, 0);
    CHECK_VALUES(psi_sort(mixed, -1), -2, 0, 3, 7, NAN);
    CHECK_VALUES(psi_argsort(mixed, -1), 1, 4, 0, 3, 2);
    psi_array split = psi_partition(mixed, 2, -1), places = psi_argpartition(mixed, 2, -1);
    CHECK_VALUES(psi_take_index(split, 2, 0), 3);
    CHECK_VALUES(psi_sort(psi_slice(split, PSI_INTS(0), PSI_INTS(2), PSI_NONE), -1), -2, 0);
    CHECK_VALUES(psi_take_index(places, 2, 0), 0);
    CHECK_VALUES(psi_sort(psi_slice(places, PSI_INTS(0), PSI_INTS(2), PSI_NONE), -1), 1, 4);
}
