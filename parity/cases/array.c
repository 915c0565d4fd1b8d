/* array.c: mirrors of upstream's tests/array_tests.cpp: making arrays, asking what they are, sharing memory. */
#include "arrays.h"

#include <limits.h>
#include <stdlib.h>

PARITY_CASE(array_core, "tests/array_tests.cpp", "test array basics")
{
    psi_array scalar = psi_scalar(2.5, PSI_FLOAT32);
    double value = 0;
    CHECK_EQ_INT(psi_size(scalar), 1);
    CHECK_EQ_INT(psi_ndim(scalar), 0);
    CHECK_SCALAR(scalar);
    CHECK_ERROR_KIND(PSI_INVALID_ARGUMENT, PSI_INDEX_ERROR, psi_dim(scalar, 0));
    CHECK_ERROR_KIND(PSI_INVALID_ARGUMENT, PSI_INDEX_ERROR, psi_dim(scalar, -1));
    CHECK_EQ_INT(psi_strides(scalar).count, 0);
    CHECK_EQ_INT(psi_itemsize(scalar), sizeof(float));
    CHECK_EQ_INT(psi_nbytes(scalar), sizeof(float));
    CHECK_DTYPE(scalar, PSI_FLOAT32);
    CHECK(psi_item(scalar, &value) && value == 2.5);

    psi_array whole = psi_scalar_int(7, PSI_FLOAT32);
    CHECK_DTYPE(whole, PSI_FLOAT32);
    CHECK(psi_item(whole, &value) && value == 7);
    psi_array yes = psi_scalar_int(3, PSI_BOOL);
    CHECK_DTYPE(yes, PSI_BOOL);
    CHECK_EQ_INT(psi_itemsize(yes), 1);
    CHECK_EQ_INT(psi_nbytes(yes), 1);
    CHECK(psi_item(yes, &value) && value == 1);

    psi_array one = PSI_FLOATS(-4);
    CHECK_DTYPE(one, PSI_FLOAT32);
    CHECK_EQ_INT(psi_size(one), 1);
    CHECK_EQ_INT(psi_ndim(one), 1);
    CHECK_SHAPE(one, 1);
    CHECK_EQ_INT(psi_dim(one, 0), 1);
    CHECK_EQ_INT(psi_dim(one, -1), 1);
    CHECK_ERROR_KIND(PSI_INVALID_ARGUMENT, PSI_INDEX_ERROR, psi_dim(one, 1));
    CHECK_ERROR_KIND(PSI_INVALID_ARGUMENT, PSI_INDEX_ERROR, psi_dim(one, -2));
    CHECK_EQ_INT(psi_strides(one).data[0], 1);
    CHECK(psi_item(one, &value) && value == -4);

    psi_array none = psi_array_from(NULL, PSI_INTS(0), PSI_FLOAT32);
    CHECK_EQ_INT(psi_size(none), 0);
    CHECK_DTYPE(none, PSI_FLOAT32);
    CHECK_EQ_INT(psi_itemsize(none), sizeof(float));
    CHECK_EQ_INT(psi_nbytes(none), 0);
    CHECK_ERROR_KIND(PSI_INVALID_ARGUMENT, PSI_VALUE_ERROR, psi_item(none, &value));

    psi_array pair = PSI_FLOATS(3, 9);
    CHECK_EQ_INT(psi_size(pair), 2);
    CHECK_SHAPE(pair, 2);
    CHECK_EQ_INT(psi_nbytes(pair), 2 * psi_itemsize(pair));
    CHECK_ERROR_KIND(PSI_INVALID_ARGUMENT, PSI_VALUE_ERROR, psi_item(pair, &value));

    const float grid[] = {5, 6, 7, 8, 9, 10};
    psi_array table = psi_array_from(grid, PSI_INTS(3, 2), PSI_FLOAT32);
    CHECK_EQ_INT(psi_size(table), 6);
    CHECK_SHAPE(table, 3, 2);
    CHECK_EQ_INT(psi_strides(table).data[0], 2);
    CHECK_EQ_INT(psi_strides(table).data[1], 1);
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_array_from(grid, PSI_INTS(-3), PSI_FLOAT32));
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_array_from(grid, PSI_INTS(INT64_MAX, 4), PSI_FLOAT32));
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_array_from(grid, PSI_INTS(2), PSI_DTYPE_COUNT));

    psi_array again = psi_retain(table);
    CHECK(psi_id(again) == psi_id(table));
    CHECK(psi_id(pair) != psi_id(table));
    psi_release(again);
    CHECK(psi_id(psi_scalar(2, PSI_FLOAT32)) != psi_id(psi_scalar(2, PSI_FLOAT32)));

    CHECK_EQUAL(table, psi_reshape(PSI_FLOATS(5, 6, 7, 8, 9, 10), PSI_INTS(3, 2)));
    const int32_t counts[] = {4, 3, 2, 1};
    psi_array whole_numbers = psi_array_from(counts, PSI_INTS(4), PSI_INT32);
    CHECK_DTYPE(whole_numbers, PSI_INT32);
    CHECK_EQUAL(whole_numbers, PSI_INT32S(4, 3, 2, 1));
    const bool flags[] = {true, false, false, true};
    psi_array bools = psi_array_from(flags, PSI_INTS(4), PSI_BOOL);
    CHECK_DTYPE(bools, PSI_BOOL);
    CHECK_EQUAL(bools, PSI_BOOLS(true, false, false, true));
    /* Converted values, not the bools' bits. */
    CHECK_VALUES(psi_astype(bools, PSI_BFLOAT16), 1, 0, 0, 1);
    CHECK_VALUES(psi_astype(bools, PSI_FLOAT16), 1, 0, 0, 1);
}

/* A scalar and a pair of one dtype keep dtype and value. */
static void check_type(psi_dtype dtype, int64_t number)
{
    psi_array one = psi_scalar_int(number, dtype);
    psi_array two = psi_astype(PSI_INT64S(number, number), dtype);
    int64_t back = 0;
    CHECK_DTYPE(one, dtype);
    CHECK(psi_item_int(one, &back) && back == number);
    CHECK_DTYPE(two, dtype);
    CHECK_VALUES(two, number, number);
    CHECK_EQ_INT(psi_size(two), 2);
}

PARITY_CASE(array_core, "tests/array_tests.cpp", "test array types")
{
    static const psi_dtype all[] = {PSI_UINT8,   PSI_UINT16,  PSI_UINT32,   PSI_UINT64,
                                    PSI_INT8,    PSI_INT16,   PSI_INT32,    PSI_INT64,
                                    PSI_FLOAT16, PSI_FLOAT32, PSI_BFLOAT16, PSI_FLOAT64};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        check_type(all[i], 93);
    double value = 0;
    int64_t number = 0;
    CHECK_DTYPE(psi_scalar_int(1, PSI_BOOL), PSI_BOOL);
    CHECK(psi_item(psi_scalar_int(1, PSI_BOOL), &value) && value == 1);
    psi_array bools = PSI_BOOLS(false, true);
    CHECK_DTYPE(bools, PSI_BOOL);
    CHECK_DTYPE(psi_astype(bools, PSI_FLOAT32), PSI_FLOAT32);
    CHECK_EQUAL(psi_astype(bools, PSI_FLOAT32), PSI_FLOATS(0, 1));

    psi_array top = psi_scalar_int(UINT_MAX, PSI_UINT32);
    CHECK_DTYPE(top, PSI_UINT32);
    CHECK(psi_item_int(top, &number) && number == UINT_MAX);
    CHECK_DTYPE(PSI_UINT32S(5, 6), PSI_UINT32);
    CHECK_VALUES(psi_scalar_int(-12, PSI_INT32), -12);
    CHECK_DTYPE(PSI_INT32S(-12, 12), PSI_INT32);
    CHECK_EQUAL(psi_astype(PSI_INT32S(0, -2, 5), PSI_BOOL), PSI_BOOLS(false, true, true));
    int64_t below = (int64_t)INT_MIN - 17;
    CHECK_VALUES(psi_scalar_int(below, PSI_INT64), below);
    CHECK_VALUES(PSI_INT64S(below, INT64_MAX), below, INT64_MAX);
    CHECK_VALUES(psi_scalar(2.718f, PSI_FLOAT32), 2.718f);
    CHECK_VALUES(psi_astype(PSI_DOUBLES(0.5, -8, 1024), PSI_FLOAT32), 0.5, -8, 1024);

    CHECK_EQ_INT(sizeof(psi_complex64), 2 * sizeof(float));
    psi_complex64 z = {0, 0};
    psi_array complex = psi_scalar_complex(1.5f, -2);
    CHECK_DTYPE(complex, PSI_COMPLEX64);
    CHECK(psi_item_complex(complex, &z) && z.re == 1.5f && z.im == -2);
}

PARITY_CASE(array_core, "tests/array_tests.cpp", "test array iteration")
{
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_split(psi_scalar(1, PSI_FLOAT32), 1, 0));
    psi_arrays each = psi_split(PSI_INT32S(11, 12, 13, 14), 4, 0);
    CHECK_EQ_INT(each.count, 4);
    for (int i = 0; i < each.count; i++) {
        int64_t number = 0;
        CHECK(psi_item_int(each.data[i], &number) && number == 11 + i);
    }
    psi_array grid = psi_reshape(PSI_INT32S(6, 5, 4, 3, 2, 1), PSI_INTS(2, 3));
    psi_arrays rows = psi_split(grid, 2, 0);
    REQUIRE(rows.count == 2);
    CHECK_EQUAL(psi_reshape(rows.data[0], PSI_INTS(3)), PSI_INT32S(6, 5, 4));
    CHECK_EQUAL(psi_reshape(rows.data[1], PSI_INTS(3)), PSI_INT32S(3, 2, 1));
    CHECK_EQUAL(grid, psi_reshape(PSI_INT32S(6, 5, 4, 3, 2, 1), PSI_INTS(2, 3)));
}

/* Counts how often foreign memory is given back, and whether it is the memory that was lent. */
typedef struct lent {
    void *memory;
    int returned;
    bool intact;
} lent;

static void give_back(void *context)
{
    lent *loan = context;
    loan->returned++;
    loan->intact = ((float *)loan->memory)[0] == 1.5f;
    free(loan->memory);
}

PARITY_CASE(array_core, "tests/array_tests.cpp", "test array shared buffer")
{
    float *memory = malloc(6 * sizeof *memory);
    REQUIRE(memory);
    for (int i = 0; i < 6; i++)
        memory[i] = 1.5f;
    lent loan = {memory, 0, false};
    {
        PSI_SCOPE;
        psi_array shared = psi_array_wrap(memory, PSI_INTS(2, 3), PSI_FLOAT32, give_back, &loan);
        psi_array sum = psi_add(psi_ones(PSI_INTS(2, 3), PSI_FLOAT32), shared);
        CHECK(psi_data(shared) == memory);
        CHECK(psi_eval1(sum));
        CHECK_VALUES(sum, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5);
        CHECK_EQ_INT(loan.returned, 0);
    }
    CHECK_EQ_INT(loan.returned, 1);
    CHECK(loan.intact);
}

PARITY_CASE(array_core, "tests/array_tests.cpp", "test make empty array")
{
    static const psi_dtype kinds[] = {PSI_FLOAT32, PSI_INT32, PSI_BOOL, PSI_BFLOAT16, PSI_COMPLEX64};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        psi_array empty = psi_array_from(NULL, PSI_INTS(0), kinds[i]);
        CHECK_EQ_INT(psi_size(empty), 0);
        CHECK_DTYPE(empty, kinds[i]);
        CHECK_EMPTY(empty);
    }
}

static void count_return(void *context)
{
    ++*(int *)context;
}

PARITY_CASE(array_core, "tests/array_tests.cpp", "test make array from user buffer")
{
    enum { COUNT = 3000 };
    static int32_t memory[COUNT];
    int returned = 0;
    {
        PSI_SCOPE;
        psi_array lent = psi_array_wrap(memory, PSI_INTS(COUNT), PSI_INT32, count_return, &returned);
        psi_array next = psi_add(lent, psi_scalar_int(1, PSI_INT32));
        CHECK(psi_eval1(next));
        CHECK(psi_is_available(next));
        CHECK_EQUAL(next, psi_ones(PSI_INTS(COUNT), PSI_INT32));
        CHECK(psi_data(lent) == memory);
    }
    CHECK_EQ_INT(returned, 1);
    /* Also when the array cannot be made. */
    CHECK_ERROR(PSI_INVALID_ARGUMENT,
                psi_array_wrap(memory, PSI_INTS(-1), PSI_INT32, count_return, &returned));
    CHECK_EQ_INT(returned, 2);
}

PARITY_CASE(array_core, "tests/array_tests.cpp", "test negative indexing for shape/strides")
{
    static const float cells[20] = {1};
    psi_array a = psi_array_from(cells, PSI_INTS(4, 5), PSI_FLOAT32);
    CHECK_EQ_INT(psi_dim(a, -1), psi_dim(a, 1));
    CHECK_EQ_INT(psi_dim(a, -2), psi_dim(a, 0));
    CHECK_EQ_INT(psi_dim(a, -1), 5);
    CHECK_EQ_INT(psi_dim(a, -2), 4);
    psi_ints strides = psi_strides(a);
    CHECK_EQ_INT(strides.count, 2);
    CHECK_EQ_INT(strides.data[0], 5);
    CHECK_EQ_INT(strides.data[1], 1);
    CHECK_ERROR_KIND(PSI_INVALID_ARGUMENT, PSI_INDEX_ERROR, psi_dim(a, -3));
    CHECK_ERROR_KIND(PSI_INVALID_ARGUMENT, PSI_INDEX_ERROR, psi_dim(a, 2));
}
