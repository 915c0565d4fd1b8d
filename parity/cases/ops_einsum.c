/* ops_einsum.c: mirrors of the rows of upstream's tests/einsum_tests.cpp. */
#include "arrays.h"

static psi_array ones(int64_t rows, int64_t columns)
{
    return psi_ones(PSI_INTS(rows, columns), PSI_FLOAT32);
}

PARITY_CASE(ops_numeric, "tests/einsum_tests.cpp", "test einsum path")
{
    CHECK_INTS(psi_einsum_path("ab,bc,cd", PSI_ARRAYS(ones(3, 3), ones(3, 5), ones(5, 3))), 2, 1, 2, 2, 0, 1);
    CHECK_INTS(psi_einsum_cost("ab,bc,cd", PSI_ARRAYS(ones(3, 3), ones(3, 5), ones(5, 3))), 4, 3, 405, 144);
    CHECK_INTS(psi_einsum_path("bca", PSI_ARRAYS(psi_ones(PSI_INTS(3, 4, 5), PSI_FLOAT32))), 1, 0);
    CHECK_INTS(psi_einsum_path("a,a", PSI_ARRAYS(PSI_FLOATS(1, 2, 3), PSI_FLOATS(4))), 2, 0, 1);
    CHECK_INTS(psi_einsum_path("ab,cb", PSI_ARRAYS(ones(3, 4), ones(2, 4))), 2, 0, 1);
    CHECK_INTS(psi_einsum_path("xyz,yxw->zw", PSI_ARRAYS(psi_ones(PSI_INTS(2, 5, 3), PSI_FLOAT32),
                                                         psi_ones(PSI_INTS(5, 2, 4), PSI_FLOAT32))),
               2, 0, 1);
    CHECK_INTS(psi_einsum_path("pa,qb,abcd,rc,sd->pqrs",
                               PSI_ARRAYS(ones(7, 7), ones(7, 7), psi_ones(PSI_INTS(7, 7, 7, 7), PSI_FLOAT32),
                                          ones(7, 7), ones(7, 7))),
               2, 0, 2, 2, 0, 3, 2, 0, 2, 2, 0, 1);
    CHECK_INTS(psi_einsum_path("uv,u,v,wu->w", PSI_ARRAYS(ones(6, 8), psi_ones(PSI_INTS(6), PSI_FLOAT32),
                                                          psi_ones(PSI_INTS(8), PSI_FLOAT32), ones(2, 6))),
               2, 0, 2, 2, 0, 2, 2, 0, 1);
}

PARITY_CASE(ops_numeric, "tests/einsum_tests.cpp", "test einsum")
{
    psi_array pair = PSI_FLOATS(1, 2), three = PSI_FLOATS(1, 2, 3);
    psi_array square = psi_full(PSI_INTS(3, 3), f32(2), PSI_DTYPE_COUNT);
    CHECK_REFUSED(psi_einsum("a,b", PSI_ARRAYS(pair)));
    CHECK_REFUSED(psi_einsum("abc", PSI_ARRAYS(square)));
    CHECK_REFUSED(psi_einsum("", (psi_arrays){NULL, 0}));
    CHECK_REFUSED(psi_einsum("", PSI_ARRAYS(pair)));
    CHECK_REFUSED(psi_einsum("ab", PSI_ARRAYS(pair)));
    CHECK_REFUSED(psi_einsum("a,ab", PSI_ARRAYS(pair, three)));
    CHECK_REFUSED(psi_einsum("a,a", PSI_ARRAYS(pair, three)));
    CHECK_REFUSED(psi_einsum("a->aa", PSI_ARRAYS(pair)));
    CHECK_REFUSED(psi_einsum("34", PSI_ARRAYS(psi_zeros(PSI_INTS(2, 2), PSI_FLOAT32))));
    CHECK_REFUSED(psi_einsum("bb->b", PSI_ARRAYS(psi_zeros(PSI_INTS(2, 4), PSI_FLOAT32))));

    psi_array box = counted(0, PSI_INTS(2, 3, 4), PSI_FLOAT32);
    CHECK_EQUAL(psi_einsum("cab", PSI_ARRAYS(box)), psi_transpose(box, PSI_INTS(1, 2, 0)));
    CHECK_TRUE(
        psi_allclose(psi_einsum("ab,bc->ac", PSI_ARRAYS(square, SHAPED(PSI_FLOATS(1, 0, -1, 2, 4, 1), 3, 2))),
                     SHAPED(PSI_FLOATS(8, 6, 8, 6, 8, 6), 3, 2), 1e-5, 1e-8, false));
    CHECK_EQUAL(psi_einsum("a,b->ab", PSI_ARRAYS(pair, three)), SHAPED(PSI_FLOATS(1, 2, 3, 2, 4, 6), 2, 3));
    CHECK_EQUAL(psi_einsum("bb->b", PSI_ARRAYS(counted(1, PSI_INTS(3, 3), PSI_FLOAT32))),
                PSI_FLOATS(1, 5, 9));
}
