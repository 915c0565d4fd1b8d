/* Einstein summation: values, diagonals, ellipses, broadcasting, the path and its costs, gradients, typed refusals. */
#include <string.h>

#include "values.h"

static psi_array ones(int64_t rows, int64_t columns)
{
    return psi_ones(PSI_INTS(rows, columns), PSI_FLOAT32);
}

static void one_operand(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = count_up(PSI_INTS(3, 3)), b = count_up(PSI_INTS(2, 2, 3, 3)), c = count_up(PSI_INTS(2, 3));
    EXPECT(psi_einsum("ii", PSI_ARRAYS(a)), PSI_SCALAR_SHAPE, 12);
    EXPECT(psi_einsum(" i i -> i ", PSI_ARRAYS(a)), PSI_INTS(3), 0, 4, 8);
    EXPECT(psi_einsum("ba", PSI_ARRAYS(c)), PSI_INTS(3, 2), 0, 3, 1, 4, 2, 5);
    EXPECT(psi_einsum("bA", PSI_ARRAYS(c)), PSI_INTS(3, 2), 0, 3, 1, 4, 2, 5);
    EXPECT(psi_einsum("ij->j", PSI_ARRAYS(c)), PSI_INTS(3), 3, 5, 7);
    EXPECT(psi_einsum("iijj->ji", PSI_ARRAYS(b)), PSI_INTS(3, 2), 0, 27, 4, 31, 8, 35);
    EXPECT(psi_einsum("iijj", PSI_ARRAYS(b)), PSI_SCALAR_SHAPE, 105);
    EXPECT(psi_einsum("iii->i", PSI_ARRAYS(count_up(PSI_INTS(2, 2, 2)))), PSI_INTS(2), 0, 7);
    EXPECT(psi_einsum("i...->...", PSI_ARRAYS(c)), PSI_INTS(3), 3, 5, 7);
    EXPECT(psi_einsum("...", PSI_ARRAYS(c)), PSI_INTS(2, 3), 0, 1, 2, 3, 4, 5);
    EXPECT(psi_einsum("ii->i", PSI_ARRAYS(psi_zeros(PSI_INTS(0, 0), PSI_FLOAT32))), PSI_INTS(0), 0);
    psi_array whole = psi_einsum("ij->i", PSI_ARRAYS(psi_astype(c, PSI_INT8)));
    EXPECT(whole, PSI_INTS(2), 3, 12);
    assert_int_equal(psi_dtype_of(whole), PSI_INT32);
}

static void several_operands(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = count_up(PSI_INTS(2, 3)), b = count_up(PSI_INTS(3, 2)), v = count_up(PSI_INTS(3));
    EXPECT(psi_einsum("ij,jk", PSI_ARRAYS(a, b)), PSI_INTS(2, 2), 10, 13, 28, 40);
    EXPECT(psi_einsum("ij,jk->ki", PSI_ARRAYS(a, b)), PSI_INTS(2, 2), 10, 28, 13, 40);
    EXPECT(psi_einsum("ij,ji", PSI_ARRAYS(a, b)), PSI_SCALAR_SHAPE, 50);
    EXPECT(psi_einsum("i,i", PSI_ARRAYS(v, v)), PSI_SCALAR_SHAPE, 5);
    EXPECT(psi_einsum("i,j->ji", PSI_ARRAYS(v, v)), PSI_INTS(3, 3), 0, 0, 0, 0, 1, 2, 0, 2, 4);
    EXPECT(psi_einsum("ab,cb->c", PSI_ARRAYS(a, a)), PSI_INTS(2), 19, 64);
    EXPECT(psi_einsum("ij,jk,k->i",
                      PSI_ARRAYS(a, b, psi_array_from((float[]){1, -1}, PSI_INTS(2), PSI_FLOAT32))),
           PSI_INTS(2), -3, -12);
    EXPECT(psi_einsum("i,i,i,i->i", PSI_ARRAYS(v, v, v, v)), PSI_INTS(3), 0, 1, 16);
    EXPECT(psi_einsum("...j,j...", PSI_ARRAYS(a, b)), PSI_INTS(2), 10, 40);
    EXPECT(psi_einsum(",i", PSI_ARRAYS(psi_scalar(3, PSI_FLOAT32), v)), PSI_INTS(3), 0, 3, 6);
    EXPECT(psi_einsum("ij,jk->ki", PSI_ARRAYS(psi_zeros(PSI_INTS(0, 3), PSI_FLOAT32), b)), PSI_INTS(2, 0), 0);
    EXPECT(psi_einsum("ij,jk", PSI_ARRAYS(psi_zeros(PSI_INTS(1, 0), PSI_FLOAT32),
                                          psi_zeros(PSI_INTS(0, 2), PSI_FLOAT32))),
           PSI_INTS(1, 2), 0, 0);
    /* Whole numbers multiply, but do not contract: as in matmul. */
    psi_array n = psi_astype(v, PSI_INT32);
    EXPECT(psi_einsum("i,i->i", PSI_ARRAYS(n, n)), PSI_INTS(3), 0, 1, 4);
    expect_error(psi_einsum("i,i", PSI_ARRAYS(n, n)), PSI_VALUE_ERROR);
}

/* Length 1 broadcasts: where a letter goes, where it stays, and on both sides of a batch. */
static void broadcasting(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array column = count_up(PSI_INTS(2, 1)), wide = count_up(PSI_INTS(2, 3));
    EXPECT(psi_einsum("ij,ij->ij", PSI_ARRAYS(column, wide)), PSI_INTS(2, 3), 0, 0, 0, 3, 4, 5);
    EXPECT(psi_einsum("ij,ij", PSI_ARRAYS(column, wide)), PSI_SCALAR_SHAPE, 12);
    EXPECT(psi_einsum("ab,cb->ac", PSI_ARRAYS(column, wide)), PSI_INTS(2, 2), 0, 0, 3, 12);
    EXPECT(psi_einsum("bij,bjk->bik", PSI_ARRAYS(count_up(PSI_INTS(1, 1, 2)), count_up(PSI_INTS(2, 2, 1)))),
           PSI_INTS(2, 1, 1), 1, 3);
}

static void expect_ints(psi_ints got, psi_ints expected)
{
    assert_int_equal(got.count, expected.count);
    for (int i = 0; i < got.count; i++)
        assert_int_equal(got.data[i], expected.data[i]);
}

static void path(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_arrays chain = PSI_ARRAYS(ones(2, 2), ones(2, 4), ones(4, 2));
    expect_ints(psi_einsum_path("ij,jk,kl", chain), PSI_INTS(2, 1, 2, 2, 0, 1));
    expect_ints(psi_einsum_cost("ij,jk,kl", chain), PSI_INTS(4, 3, 96, 48));
    expect_ints(psi_einsum_path("ij,jk,kl", PSI_ARRAYS(ones(5, 8), ones(8, 3), ones(3, 7))),
                PSI_INTS(2, 0, 1, 2, 0, 1));
    expect_ints(psi_einsum_path("ii", PSI_ARRAYS(ones(5, 5))), PSI_INTS(1, 0));
    /* Outer products that would grow past the largest term: all in one go. */
    psi_array v = psi_ones(PSI_INTS(4), PSI_FLOAT32);
    expect_ints(psi_einsum_path("a,b,c->", PSI_ARRAYS(v, v, v)), PSI_INTS(2, 0, 1, 2, 0, 1));
    expect_ints(psi_einsum_path("a,a,a->a", PSI_ARRAYS(v, v, v)), PSI_INTS(2, 0, 1, 2, 0, 1));
    assert_int_equal(psi_einsum_path("ij", PSI_ARRAYS(v)).count, -1);
    assert_true(psi_error(NULL));
}

static psi_arrays chain_of(psi_arrays in, void *context)
{
    (void)context;
    psi_array b = psi_array_from((float[]){1, 2, 3, 4, 5, 6}, PSI_INTS(3, 2), PSI_FLOAT32);
    return LIST(psi_einsum("ij,jk,k->i", PSI_ARRAYS(in.data[0], b, psi_ones(PSI_INTS(2), PSI_FLOAT32))));
}

static psi_arrays trace_of(psi_arrays in, void *context)
{
    (void)context;
    return LIST(psi_einsum("ii->i", in));
}

static void gradients(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT(gradient(chain_of, count_up(PSI_INTS(2, 3))), PSI_INTS(2, 3), 3, 7, 11, 6, 14, 22);
    EXPECT(gradient(trace_of, count_up(PSI_INTS(2, 2))), PSI_INTS(2, 2), 1, 0, 0, 2);
}

static void refusals(void **state)
{
    (void)state;
    PSI_SCOPE;
    static const char *const wrong[] = {
        "",    "i",      "ijk",     "i1",     "i-",   "ij->i->", "ij->ii", "ij->k",
        "..i", "......", "...i...", "ijk...", "i\tj", "ij,",     "->",     "ij->...i...",
    };
    psi_array a = ones(2, 3);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        bool fine = !strcmp(wrong[i], "ij,"); /* as upstream: nothing behind the last comma */
        psi_array y = psi_einsum(wrong[i], PSI_ARRAYS(a));
        assert_int_equal(psi_is_error(y), !fine);
        assert_int_equal(psi_error(NULL), !fine);
    }
    expect_error(psi_einsum("ii", PSI_ARRAYS(a)), PSI_VALUE_ERROR);
    expect_error(psi_einsum("ij,jk", PSI_ARRAYS(a, a)), PSI_VALUE_ERROR);
    expect_error(psi_einsum("ij,ij", PSI_ARRAYS(a)), PSI_VALUE_ERROR);
    expect_error(psi_einsum("ij", PSI_ARRAYS(a, a)), PSI_VALUE_ERROR);
    expect_error(psi_einsum(NULL, PSI_ARRAYS(a)), PSI_VALUE_ERROR);
    expect_error(psi_einsum("", (psi_arrays){NULL, 0}), PSI_VALUE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_operand), cmocka_unit_test(several_operands), cmocka_unit_test(broadcasting),
        cmocka_unit_test(path),        cmocka_unit_test(gradients),        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
