/* arrays.c: mlx_array: made, set, asked, read, printed; handles that are copies see what an answer puts
 * in. */
#include "mlxc/mlxc_test.h"

static void scalars(void **state)
{
    (void)state;
    bool b;
    int32_t i;
    float f;
    double d;
    mlx_complex64_t z;
    mlx_array a = mlx_array_new_bool(true);
    OK(mlx_array_item_bool(&b, a));
    assert_true(b);
    OK(mlx_array_set_int(&a, -7));
    OK(mlx_array_item_int32(&i, a));
    assert_int_equal(i, -7);
    OK(mlx_array_set_float(&a, 1.5F));
    OK(mlx_array_item_float32(&f, a));
    assert_true(f == 1.5F);
    OK(mlx_array_set_double(&a, 0.1));
    OK(mlx_array_item_float64(&d, a));
    assert_true(d == 0.1);
    OK(mlx_array_set_complex(&a, 1, -2));
    OK(mlx_array_item_complex64(&z, a));
    assert_true(crealf(z) == 1 && cimagf(z) == -2);
    mlx_array_free(a);
    mlx_array all[] = {mlx_array_new_int(1),     mlx_array_new_float32(1), mlx_array_new_float(1),
                       mlx_array_new_float64(1), mlx_array_new_double(1),  mlx_array_new_complex(1, 1)};
    mlx_dtype dtypes[] = {MLX_INT32, MLX_FLOAT32, MLX_FLOAT32, MLX_FLOAT64, MLX_FLOAT64, MLX_COMPLEX64};
    for (int k = 0; k < 6; k++) {
        assert_int_equal(mlx_array_dtype(all[k]), dtypes[k]);
        assert_int_equal(mlx_array_ndim(all[k]), 0);
        mlx_array_free(all[k]);
    }
}

static void shapes(void **state)
{
    (void)state;
    mlx_array a = floats((float[]){1, 2, 3, 4, 5, 6}, 2, 3);
    assert_int_equal(mlx_array_ndim(a), 2);
    assert_int_equal(mlx_array_size(a), 6);
    assert_int_equal(mlx_array_itemsize(a), 4);
    assert_int_equal(mlx_array_nbytes(a), 24);
    assert_int_equal(mlx_array_shape(a)[0], 2);
    assert_int_equal(mlx_array_shape(a)[1], 3);
    assert_int_equal(mlx_array_dim(a, -1), 3);
    assert_int_equal(mlx_array_strides(a)[0], 3);
    TOLD(mlx_array_dim(a, 2), "2");
    assert_int_equal(mlx_dtype_size(MLX_COMPLEX64), 8);
    assert_int_equal(mlx_dtype_size((mlx_dtype)99), 0);
    mlx_array empty = mlx_array_new_data(NULL, (int[]){0, 4}, 2, MLX_INT8);
    assert_int_equal(mlx_array_size(empty), 0);
    errors = (heard){0};
    assert_non_null(mlx_array_data_int8(empty));
    assert_int_equal(errors.count, 0);
    assert_prints(empty, "array([], dtype=int8)");
    mlx_array_free(empty);
    mlx_array_free(a);
}

static void copies_of_a_handle_share_its_box(void **state)
{
    (void)state;
    mlx_stream s = mlx_default_cpu_stream_new();
    mlx_array a = mlx_array_new_int(3), b = a, c = mlx_array_new();
    int32_t i;
    OK(mlx_add(&a, a, b, s));
    OK(mlx_array_item_int32(&i, b));
    assert_int_equal(i, 6);
    OK(mlx_array_set(&c, b));
    OK(mlx_array_set_int(&b, 1));
    OK(mlx_array_item_int32(&i, c));
    assert_int_equal(i, 6);
    OK(mlx_array_set(&b, b));
    OK(mlx_array_item_int32(&i, a));
    assert_int_equal(i, 1);
    mlx_array_free(a);
    mlx_array_free(c);
    mlx_stream_free(s);
}

static void data_lies_by_strides(void **state)
{
    (void)state;
    mlx_stream s = mlx_default_cpu_stream_new();
    mlx_array a = floats((float[]){1, 2, 3, 4, 5, 6}, 2, 3), t = mlx_array_new();
    bool yes;
    OK(mlx_transpose(&t, a, s));
    OK(_mlx_array_is_available(&yes, t));
    assert_false(yes);
    const size_t *strides = mlx_array_strides(t);
    assert_int_equal(strides[0], 1);
    assert_int_equal(strides[1], 3);
    const float *data = mlx_array_data_float32(t);
    assert_true(data[2 * strides[0] + 1 * strides[1]] == 6);
    OK(_mlx_array_is_available(&yes, t));
    assert_true(yes);
    OK(_mlx_array_is_row_contiguous(&yes, t));
    assert_false(yes);
    OK(_mlx_array_is_col_contiguous(&yes, t));
    assert_true(yes);
    OK(_mlx_array_is_contiguous(&yes, t));
    assert_true(yes);
    OK(_mlx_array_wait(t));
    assert_prints(t, "array([[1, 4],\n       [2, 5],\n       [3, 6]], dtype=float32)");
    mlx_array_free(a);
    mlx_array_free(t);
    mlx_stream_free(s);
}

static void every_dtype_is_read_as_itself(void **state)
{
    (void)state;
    mlx_stream s = mlx_default_cpu_stream_new();
    mlx_array one = mlx_array_new_int(1), a = mlx_array_new();
    union {
        bool b;
        uint8_t u8;
        uint16_t u16;
        uint32_t u32;
        uint64_t u64;
        int8_t i8;
        int16_t i16;
        int32_t i32;
        int64_t i64;
        float f;
        double d;
        mlx_complex64_t z;
    } v;
#define TRY(type, member)                                             \
    v.u64 = 0;                                                        \
    errors = (heard){0};                                              \
    good = mlx_array_item_##type(&v.member, a) == 0 && v.member == 1; \
    assert_int_equal(good, errors.count == 0);                        \
    assert_int_equal(good, mlx_array_data_##type(a) != NULL);         \
    readers += good;
    for (mlx_dtype dtype = MLX_BOOL; dtype <= MLX_COMPLEX64; dtype++) {
        int readers = 0;
        bool good;
        OK(mlx_astype(&a, one, dtype, s));
        TRY(bool, b)
        TRY(uint8, u8)
        TRY(uint32, u32)
        TRY(uint64, u64)
        TRY(int8, i8)
        TRY(int16, i16)
        TRY(int32, i32)
        TRY(int64, i64)
        TRY(float32, f)
        TRY(float64, d)
        TRY(complex64, z)
        bool sixteen = dtype == MLX_UINT16 || dtype == MLX_FLOAT16 || dtype == MLX_BFLOAT16;
        assert_int_equal(readers, !sixteen);
        assert_int_equal(mlx_array_data_uint16(a) != NULL, sixteen);
    }
    OK(mlx_astype(&a, one, MLX_FLOAT16, s));
    OK(mlx_array_item_uint16(&v.u16, a));
    assert_int_equal(v.u16, 0x3c00);
    REFUSED(mlx_astype(&a, one, (mlx_dtype)14, s), "14");
    mlx_array_free(one);
    mlx_array_free(a);
    mlx_stream_free(s);
}

static int released;

static void release(void *payload)
{
    released += *(int *)payload;
}

static void managed_memory_is_released_once(void **state)
{
    (void)state;
    static float data[2] = {1, 2};
    static int payload = 1;
    released = 0;
    mlx_array a = mlx_array_new_data_managed_payload(data, (int[]){2}, 1, MLX_FLOAT32, &payload, release);
    assert_ptr_equal(mlx_array_data_float32(a), data);
    assert_int_equal(released, 0);
    mlx_array_free(a);
    assert_int_equal(released, 1);
    TOLD(mlx_array_new_data_managed_payload(data, (int[]){-2}, 1, MLX_FLOAT32, &payload, release), "-2");
    assert_int_equal(released, 2);
    TOLD(mlx_array_new_data_managed_payload(NULL, (int[]){2}, 1, MLX_FLOAT32, &payload, release), "NULL");
    assert_int_equal(released, 3);
    static int itself = 10;
    mlx_array_free(mlx_array_new_data_managed(&itself, NULL, 0, MLX_INT32, release));
    assert_int_equal(released, 13);
}

static void prints(void **state)
{
    (void)state;
    mlx_stream s = mlx_default_cpu_stream_new();
    mlx_array a = mlx_array_new();
    OK(mlx_arange(&a, 0, 8, 1, MLX_INT64, s));
    assert_prints(a, "array([0, 1, 2, ..., 5, 6, 7], dtype=int64)");
    OK(mlx_array_set_bool(&a, false));
    assert_prints(a, "array(false, dtype=bool)");
    OK(mlx_array_set_complex(&a, 0.5F, -1));
    assert_prints(a, "array(0.5-1j, dtype=complex64)");
    OK(mlx_array_set_data(&a, (double[]){1e300, 0.1}, (int[]){1, 1, 2}, 3, MLX_FLOAT64));
    assert_prints(a, "array([[[1e+300, 0.1]]], dtype=float64)");
    mlx_array_free(a);
    mlx_stream_free(s);
}

static void bad_arguments(void **state)
{
    (void)state;
    mlx_array a = mlx_array_new_int(1), none = mlx_array_new();
    int32_t i;
    REFUSED(mlx_array_set_data(&a, NULL, (int[]){2}, 1, MLX_INT32), "data is NULL");
    REFUSED(mlx_array_set_data(&a, &i, NULL, 1, MLX_INT32), "shape");
    REFUSED(mlx_array_set_data(&a, &i, (int[]){1}, -1, MLX_INT32), "shape");
    REFUSED(mlx_array_set_data(&a, &i, (int[]){1}, 1, (mlx_dtype)-1), "dtype");
    REFUSED(mlx_array_set_data(NULL, &i, (int[]){1}, 1, MLX_INT32), "NULL");
    REFUSED(mlx_array_set(&a, none), "non-empty mlx_array");
    REFUSED(mlx_array_set(NULL, a), "NULL");
    REFUSED(mlx_array_item_int32(NULL, a), "NULL");
    REFUSED(mlx_array_item_int32(&i, none), "non-empty mlx_array");
    REFUSED(mlx_array_item_float32((float[]){0}, a), "int32");
    REFUSED(mlx_array_eval(none), "non-empty");
    REFUSED(_mlx_array_wait(none), "non-empty");
    REFUSED(_mlx_array_is_available(NULL, a), "NULL");
    REFUSED(mlx_array_tostring(NULL, a), "NULL");
    TOLD(mlx_array_size(none), "non-empty");
    TOLD(mlx_array_shape(none), "non-empty");
    TOLD(mlx_array_strides(none), "non-empty");
    TOLD(mlx_array_dtype(none), "non-empty");
    TOLD(mlx_array_data_int32(none), "non-empty");
    OK(mlx_array_item_int32(&i, a)); /* none of it has changed the array */
    assert_int_equal(i, 1);
    OK(mlx_array_set_data(&a, (int[]){1, 2}, (int[]){2}, 1, MLX_INT32));
    REFUSED(mlx_array_item_int32(&i, a), "2 elements");
    OK(mlx_array_free(none));
    mlx_array_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars),
        cmocka_unit_test(shapes),
        cmocka_unit_test(copies_of_a_handle_share_its_box),
        cmocka_unit_test(data_lies_by_strides),
        cmocka_unit_test(every_dtype_is_read_as_itself),
        cmocka_unit_test(managed_memory_is_released_once),
        cmocka_unit_test(prints),
        cmocka_unit_test(bad_arguments),
    };
    return cmocka_run_group_tests(tests, start_hearing, NULL);
}
