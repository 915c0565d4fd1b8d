/* array_layout.c: the mirror of upstream's "test array metadata" in tests/array_tests.cpp: which layouts arrays have. */
#include "case.h"

#define FLAGS_(a, c, r, k)                                                            \
    CHECK_EQ_INT(psi_is_contiguous(a), c), CHECK_EQ_INT(psi_is_row_contiguous(a), r), \
        CHECK_EQ_INT(psi_is_col_contiguous(a), k)
/* An evaluated array spans `span` elements of its buffer and is contiguous in some, row-major, column-major order. */
#define CHECK_LAYOUT(a, span, c, r, k)            \
    do {                                          \
        psi_array here_ = (a);                    \
        REQUIRE(psi_eval1(here_));                \
        CHECK_EQ_INT(psi_data_size(here_), span); \
        FLAGS_(here_, c, r, k);                   \
    } while (0)

PARITY_CASE(array_core, "tests/array_tests.cpp", "test array metadata")
{
    psi_array scalar = psi_scalar(3, PSI_FLOAT32), y;
    CHECK_LAYOUT(scalar, 1, true, true, true);
    CHECK_LAYOUT(psi_reshape(PSI_FLOATS(4), PSI_INTS(1, 1, 1, 1)), 1, true, true, true);
    CHECK_LAYOUT(psi_reshape(PSI_FLOATS(4, 5, 6), PSI_INTS(1, 3)), 3, true, true, true);
    CHECK_LAYOUT(psi_zeros(PSI_INTS(1, 5, 1), PSI_FLOAT32), 5, true, true, true);
    CHECK_LAYOUT(psi_zeros(PSI_INTS(3, 5), PSI_FLOAT32), 15, true, true, false);

    CHECK_LAYOUT(psi_broadcast_to(scalar, PSI_INTS(1, 1)), 1, true, true, true);
    CHECK_LAYOUT(psi_broadcast_to(scalar, PSI_INTS(3, 7)), 1, true, false, false);
    CHECK_LAYOUT(psi_broadcast_to(scalar, PSI_INTS(0, 1)), 0, true, true, true);
    CHECK_LAYOUT(psi_broadcast_to(psi_zeros(PSI_INTS(3, 5, 1), PSI_FLOAT32), PSI_INTS(3, 5, 0)), 0, true,
                 true, true);

    CHECK_LAYOUT(psi_transpose(scalar, PSI_NONE), 1, true, true, true);
    psi_array ones = psi_ones(PSI_INTS(1, 1, 1), PSI_FLOAT32);
    CHECK_LAYOUT(psi_transpose(ones, PSI_NONE), 1, true, true, true);
    CHECK_LAYOUT(psi_transpose(ones, PSI_INTS(2, 0, 1)), 1, true, true, true);
    CHECK_LAYOUT(psi_transpose(psi_ones(PSI_INTS(6, 1), PSI_FLOAT32), PSI_NONE), 6, true, true, true);
    psi_array box = psi_ones(PSI_INTS(3, 4, 5), PSI_FLOAT32);
    CHECK_LAYOUT(psi_transpose(box, PSI_NONE), 60, true, false, true);
    CHECK_LAYOUT(psi_transpose(box, PSI_INTS(1, 0, 2)), 60, true, false, false);
    y = psi_transpose(psi_transpose(box, PSI_INTS(1, 0, 2)), PSI_INTS(1, 0, 2));
    CHECK_LAYOUT(y, 60, true, true, false);

    CHECK_LAYOUT(psi_reshape(scalar, PSI_INTS(1, 1)), 1, true, true, true);
    psi_array plane = psi_ones(PSI_INTS(3, 4), PSI_FLOAT32);
    CHECK_LAYOUT(psi_reshape(plane, PSI_INTS(12)), 12, true, true, true);
    CHECK_LAYOUT(psi_reshape(plane, PSI_INTS(1, 12, 1)), 12, true, true, true);
    CHECK_LAYOUT(psi_reshape(psi_ones(PSI_INTS(24), PSI_FLOAT32), PSI_INTS(4, 2, 3)), 24, true, true, false);

    CHECK_LAYOUT(psi_slice(PSI_FLOATS(6), PSI_INTS(-9), PSI_INTS(9), PSI_INTS(9)), 1, true, true, true);
    psi_array row = psi_reshape(PSI_FLOATS(1, 2, 3, 4), PSI_INTS(1, 4));
    CHECK_LAYOUT(psi_slice(row, PSI_INTS(0, 0), PSI_INTS(1, 4), PSI_INTS(1, 1)), 4, true, true, true);
    CHECK_LAYOUT(psi_slice(row, PSI_INTS(0, 0), PSI_INTS(0, 4), PSI_INTS(1, 1)), 0, true, true, true);
    CHECK_LAYOUT(psi_slice(row, PSI_INTS(0, 1), PSI_INTS(1, 3), PSI_INTS(1, 1)), 2, true, true, true);
    y = psi_slice(row, PSI_INTS(0, 0), PSI_INTS(1, 4), PSI_INTS(2, 4));
    CHECK_SHAPE(y, 1, 1);
    CHECK_LAYOUT(y, 1, true, true, true);
    y = psi_slice(row, PSI_INTS(0, 0), PSI_INTS(1, 4), PSI_INTS(1, 2));
    CHECK_SHAPE(y, 1, 2);
    REQUIRE(psi_eval1(y));
    FLAGS_(y, false, false, false);
    y = psi_slice(psi_broadcast_to(scalar, PSI_INTS(6, 8)), PSI_INTS(0, 0), PSI_INTS(6, 8), PSI_INTS(2, 2));
    CHECK_SHAPE(y, 3, 4);
    CHECK_LAYOUT(y, 1, true, false, false);
    psi_array rows = psi_broadcast_to(PSI_FLOATS(7, 8, 9), PSI_INTS(4, 3));
    CHECK_LAYOUT(psi_slice(rows, PSI_INTS(2, 0), PSI_INTS(3, 3), PSI_INTS(1, 1)), 3, true, true, true);
    psi_array square = psi_reshape(PSI_FLOATS(1, 2, 3, 4), PSI_INTS(2, 2));
    CHECK_LAYOUT(psi_slice(square, PSI_INTS(0, 0), PSI_INTS(2, 2), PSI_INTS(1, 1)), 4, true, true, false);
    y = psi_slice(psi_transpose(square, PSI_NONE), PSI_INTS(0, 0), PSI_INTS(2, 2), PSI_INTS(1, 1));
    CHECK_LAYOUT(y, 4, true, false, true);

    psi_arrays halves = psi_split(psi_ones(PSI_INTS(2, 6), PSI_FLOAT32), 2, 0);
    REQUIRE(halves.count == 2 && psi_eval(halves));
    for (int i = 0; i < 2; i++)
        CHECK_LAYOUT(halves.data[i], 6, true, true, true);
    psi_arrays columns = psi_split(psi_ones(PSI_INTS(2, 6), PSI_FLOAT32), 6, 1);
    REQUIRE(columns.count == 6 && psi_eval(columns));
    for (int i = 0; i < 6; i++)
        FLAGS_(columns.data[i], false, false, false);
}
