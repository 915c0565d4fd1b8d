/* utils.c: mirrors of the rows of upstream's tests/utils_tests.cpp: promotion, axes, and the limits of dtypes. */
#include <float.h>
#include <stdint.h>

#include "arrays.h"

static psi_dtype of_all(psi_arrays in)
{
    psi_dtype dtype = psi_dtype_of(in.data[0]);
    for (int i = 1; i < in.count; i++)
        dtype = psi_promote_types(dtype, psi_dtype_of(in.data[i]));
    return dtype;
}

PARITY_CASE(beyond_seed, "tests/utils_tests.cpp", "test type promotion")
{
    const psi_dtype dtypes[] = {PSI_BOOL, PSI_UINT32, PSI_INT32, PSI_INT64, PSI_FLOAT32};
    for (int i = 0; i < 5; i++) {
        psi_array a = psi_scalar_int(1, dtypes[i]);
        CHECK_EQ_INT(of_all(PSI_ARRAYS(a)), dtypes[i]);
        CHECK_EQ_INT(of_all(PSI_ARRAYS(a, psi_scalar_int(0, dtypes[i]))), dtypes[i]);
    }
    CHECK_EQ_INT(of_all(PSI_ARRAYS(truth(true), i32(3))), PSI_INT32);
    CHECK_EQ_INT(of_all(PSI_ARRAYS(i32(3), truth(true), f32(0.5))), PSI_FLOAT32);
    CHECK_EQ_INT(of_all(PSI_ARRAYS(i32(3), psi_scalar_int(1, PSI_UINT32))), PSI_INT64);
}

PARITY_CASE(beyond_seed, "tests/utils_tests.cpp", "test normalize axis")
{
    psi_array a = counted(0, PSI_INTS(2, 3, 4), PSI_FLOAT32);
    const int64_t axes[] = {0, 1, 2, -1, -2, -3}, lengths[] = {2, 3, 4, 4, 3, 2};
    for (int i = 0; i < 6; i++) {
        CHECK_EQ_INT(psi_dim(a, (int)axes[i]), lengths[i]);
        CHECK_EQ_INT(psi_size(psi_sum(a, PSI_INTS(axes[i]), false)), 24 / lengths[i]);
    }
    CHECK_REFUSED(psi_sort(a, 3));
    CHECK_REFUSED(psi_sort(a, -4));
}

PARITY_CASE(beyond_seed, "tests/utils_tests.cpp", "test finfo")
{
    CHECK_EQ_INT(psi_finfo(PSI_FLOAT32).dtype, PSI_FLOAT32);
    CHECK_EQ_INT(psi_finfo(PSI_COMPLEX64).dtype, PSI_FLOAT32);
    CHECK_EQ_INT(psi_finfo(PSI_FLOAT16).dtype, PSI_FLOAT16);
    CHECK_NEAR(psi_finfo(PSI_FLOAT32).min, -FLT_MAX, 0);
    CHECK_NEAR(psi_finfo(PSI_COMPLEX64).min, -FLT_MAX, 0);
    CHECK_NEAR(psi_finfo(PSI_COMPLEX64).max, FLT_MAX, 0);
    CHECK_NEAR(psi_finfo(PSI_FLOAT64).max, DBL_MAX, 0);
    CHECK_NEAR(psi_finfo(PSI_FLOAT16).min, -65504, 0);
    CHECK_NEAR(psi_finfo(PSI_BFLOAT16).eps, 0x1p-7, 0);
    /* the largest is the largest: twice that is infinite */
    const psi_dtype dtypes[] = {PSI_FLOAT16, PSI_BFLOAT16, PSI_FLOAT32};
    for (int i = 0; i < 3; i++) {
        psi_array large = psi_scalar(psi_finfo(dtypes[i]).max, dtypes[i]);
        psi_array both = psi_stack(PSI_ARRAYS(large, psi_negative(large)), 0);
        CHECK_TRUE(psi_isfinite(psi_max(both, PSI_NONE, false)));
        CHECK_TRUE(psi_isinf(psi_add(large, large)));
    }
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_finfo(PSI_INT32));
}

PARITY_CASE(beyond_seed, "tests/utils_tests.cpp", "test iinfo")
{
    CHECK_EQ_INT(psi_iinfo(PSI_INT8).dtype, PSI_INT8);
    CHECK_EQ_INT(psi_iinfo(PSI_INT64).dtype, PSI_INT64);
    CHECK_EQ_INT(psi_iinfo(PSI_INT64).max, INT64_MAX);
    CHECK_EQ_INT(psi_iinfo(PSI_INT64).min, INT64_MIN);
    CHECK(psi_iinfo(PSI_UINT64).max == UINT64_MAX);
    CHECK_EQ_INT(psi_iinfo(PSI_UINT64).min, 0);
    CHECK_EQ_INT(psi_iinfo(PSI_UINT8).max, 255);
    CHECK_EQ_INT(psi_iinfo(PSI_INT16).min, -32768);
    /* one past the largest is the least */
    psi_array large = psi_scalar_int((int64_t)psi_iinfo(PSI_INT8).max, PSI_INT8);
    psi_array next = psi_add(large, psi_scalar_int(1, PSI_INT8));
    CHECK_VALUES(psi_min(psi_stack(PSI_ARRAYS(large, next), 0), PSI_NONE, false), -128);
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_iinfo(PSI_BOOL));
    CHECK_VALUES(psi_max(psi_stack(PSI_ARRAYS(large, next), 0), PSI_NONE, false), 127);
}
