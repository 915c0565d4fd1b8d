/* ops.c: generated wrappers of every shape of signature give the right values, and refuse what they cannot
 * take. */
#include "mlxc/mlxc_test.h"

static mlx_stream s;
static mlx_array a, b, r;

static int start(void **state)
{
    start_hearing(state);
    s = mlx_default_cpu_stream_new();
    a = floats((float[]){1, 2, 3, 4, 5, 6}, 2, 3);
    b = mlx_array_new_float(2);
    r = mlx_array_new();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    mlx_array_free(a);
    mlx_array_free(b);
    mlx_array_free(r);
    return mlx_stream_free(s);
}

/* The call succeeds and r prints as `text`. */
#define GIVES(call, text)                    \
    do {                                     \
        OK(call);                            \
        assert_prints(r, "array(" text ")"); \
    } while (0)

static void elementwise(void **state)
{
    (void)state;
    mlx_array yes = mlx_array_new_bool(true);
    GIVES(mlx_negative(&r, b, s), "-2, dtype=float32");
    GIVES(mlx_power(&r, a, b, s), "[[1, 4, 9],\n       [16, 25, 36]], dtype=float32");
    GIVES(mlx_greater(&r, a, b, s), "[[false, false, true],\n       [true, true, true]], dtype=bool");
    GIVES(mlx_where(&r, yes, b, a, s), "[[2, 2, 2],\n       [2, 2, 2]], dtype=float32");
    GIVES(mlx_astype(&r, b, MLX_INT8, s), "2, dtype=int8");
    GIVES(mlx_nan_to_num(&r, b, 0, (mlx_optional_float){0}, (mlx_optional_float){0}, s), "2, dtype=float32");
    mlx_array_free(yes);
}

static void axes_in_three_forms(void **state)
{
    (void)state;
    GIVES(mlx_sum(&r, a, false, s), "21, dtype=float32");
    GIVES(mlx_sum_axis(&r, a, -1, true, s), "[[6],\n       [15]], dtype=float32");
    GIVES(mlx_sum_axes(&r, a, (int[]){0, 1}, 2, true, s), "[[21]], dtype=float32");
    GIVES(mlx_max_axis(&r, a, 0, false, s), "[4, 5, 6], dtype=float32");
    GIVES(mlx_var(&r, a, false, 1, s), "3.5, dtype=float32");
    GIVES(mlx_sum_axes(&r, b, NULL, 0, false, s), "2, dtype=float32");
    REFUSED(mlx_sum_axis(&r, a, 2, false, s), "2");
    REFUSED(mlx_sum_axes(&r, a, NULL, 2, false, s), "axes is a NULL list of 2 items");
    REFUSED(mlx_sum_axes(&r, a, (int[]){0}, SIZE_MAX, false, s), "axes is a list");
    GIVES(mlx_cumsum(&r, a, 1, true, false, s), "[[5, 3, 0],\n       [11, 6, 0]], dtype=float32");
    GIVES(mlx_argmax(&r, a, false, s), "5, dtype=uint32");
    GIVES(mlx_argmax_axis(&r, a, 0, false, s), "[1, 1, 1], dtype=uint32");
}

static void shapes(void **state)
{
    (void)state;
    GIVES(mlx_reshape(&r, a, (int[]){3, -1}, 2, s),
          "[[1, 2],\n       [3, 4],\n       [5, 6]], dtype=float32");
    REFUSED(mlx_reshape(&r, a, (int[]){4}, 1, s), "(4)");
    assert_int_equal(mlx_array_dim(r, 0), 3); /* a failed call leaves its result as it was */
    OK(mlx_transpose_axes(&r, a, (int[]){1, 0}, 2, s));
    assert_int_equal(mlx_array_dim(r, 0), 3);
    OK(mlx_expand_dims(&r, a, 0, s));
    assert_int_equal(mlx_array_ndim(r), 3);
    OK(mlx_squeeze_axis(&r, r, 0, s));
    assert_int_equal(mlx_array_ndim(r), 2);
    GIVES(mlx_slice(&r, a, (int[]){0, 2}, 2, (int[]){2, 0}, 2, (int[]){1, -1}, 2, s),
          "[[3, 2],\n       [6, 5]], dtype=float32");
    GIVES(mlx_roll_axis(&r, a, (int[]){1, 1}, 2, 1, s), "[[2, 3, 1],\n       [5, 6, 4]], dtype=float32");
    GIVES(mlx_as_strided(&r, a, (int[]){2, 2}, 2, (int64_t[]){1, 1}, 2, 1, s),
          "[[2, 3],\n       [3, 4]], dtype=float32");
    GIVES(mlx_full(&r, (int[]){2}, 1, b, MLX_INT32, s), "[2, 2], dtype=int32");
    GIVES(mlx_eye(&r, 2, 3, 1, MLX_INT32, s), "[[0, 1, 0],\n       [0, 0, 1]], dtype=int32");
    GIVES(mlx_linspace(&r, 0, 1, 3, MLX_FLOAT64, s), "[0, 0.5, 1], dtype=float64");
    REFUSED(mlx_zeros(&r, (int[]){-1}, 1, MLX_INT32, s), "-1");
}

static void lists(void **state)
{
    (void)state;
    mlx_vector_array v = mlx_vector_array_new_data((mlx_array[]){a, a}, 2), none = {NULL};
    OK(mlx_concatenate_axis(&r, v, 1, s));
    assert_int_equal(mlx_array_dim(r, 1), 6);
    OK(mlx_concatenate(&r, v, s)); /* without an axis, of the arrays as vectors */
    assert_int_equal(mlx_array_ndim(r), 1);
    assert_int_equal(mlx_array_size(r), 12);
    OK(mlx_stack(&r, v, s));
    assert_int_equal(mlx_array_ndim(r), 3);
    REFUSED(mlx_stack(&r, none, s), "arrays is an empty handle");
    OK(mlx_split(&v, a, 3, 1, s));
    assert_int_equal(mlx_vector_array_size(v), 3);
    OK(mlx_vector_array_get(&r, v, 2));
    assert_prints(r, "array([[3],\n       [6]], dtype=float32)");
    REFUSED(mlx_split(&v, a, 2, 1, s), "split");
    assert_int_equal(mlx_vector_array_size(v), 3);
    int many[200];
    for (int i = 0; i < 200; i++)
        many[i] = 1;
    OK(mlx_split_sections(&v, a, many, 200, 1, s));
    assert_int_equal(mlx_vector_array_size(v), 201);
    REFUSED(mlx_meshgrid(&v, v, false, NULL, s), "indexing is NULL");
    mlx_vector_array_free(v);
}

static void products_and_random(void **state)
{
    (void)state;
    mlx_array t = mlx_array_new(), key = mlx_array_new(), other = mlx_array_new(), none = {NULL},
              zero = mlx_array_new_float(0);
    OK(mlx_transpose(&t, a, s));
    GIVES(mlx_matmul(&r, a, t, s), "[[14, 32],\n       [32, 77]], dtype=float32");
    REFUSED(mlx_matmul(&r, a, a, s), "(2,3)");
    OK(mlx_random_key(&key, 7));
    OK(mlx_random_split(&t, &other, key, s));
    assert_int_equal(mlx_array_size(t), 2);
    OK(mlx_random_uniform(&r, zero, b, (int[]){3}, 1, MLX_FLOAT32, key, s));
    assert_int_equal(mlx_array_size(r), 3);
    OK(mlx_random_normal(&t, (int[]){3}, 1, MLX_FLOAT16, 0, 1, none,
                         s)); /* an empty key is the default one */
    assert_int_equal(mlx_array_dtype(t), MLX_FLOAT16);
    OK(mlx_random_seed(3));
    OK(mlx_random_bits(&t, (int[]){2}, 1, 4, none, s));
    OK(mlx_random_seed(3));
    OK(mlx_random_bits(&other, (int[]){2}, 1, 4, none, s));
    GIVES(mlx_array_equal(&r, t, other, false, s), "true, dtype=bool");
    mlx_array_free(t);
    mlx_array_free(other);
    mlx_array_free(key);
    mlx_array_free(zero);
}

static void fused_layers(void **state)
{
    (void)state;
    mlx_array none = {NULL}, x = floats((float[]){3, 1, 1, 3}, 1, 4), q = mlx_array_new();
    mlx_optional_float ten = {10, true}, absent = {0, false};
    GIVES(mlx_fast_rms_norm(&r, x, none, 11, s), "[[0.75, 0.25, 0.25, 0.75]], dtype=float32");
    GIVES(mlx_fast_layer_norm(&r, x, none, none, 0, s), "[[1, -1, -1, 1]], dtype=float32");
    OK(mlx_reshape(&q, x, (int[]){1, 1, 1, 4}, 4, s));
    GIVES(mlx_fast_rope(&r, q, 4, true, ten, 1, 0, none, s), "[[[[3, 1, 1, 3]]]], dtype=float32");
    REFUSED(mlx_fast_rope(&r, q, 4, true, absent, 1, 0, none, s), "neither base nor freqs");
    REFUSED(mlx_fast_rope(&r, q, 3, true, ten, 1, 0, none, s), "dims is 3");
    mlx_array zero = mlx_array_new_int(0);
    GIVES(mlx_fast_rope_dynamic(&r, q, 2, false, ten, 1, zero, none, s), "[[[[3, 1, 1, 3]]]], dtype=float32");
    GIVES(mlx_fast_scaled_dot_product_attention(&r, q, q, q, 1, "causal", none, none, s),
          "[[[[3, 1, 1, 3]]]], dtype=float32");
    REFUSED(mlx_fast_scaled_dot_product_attention(&r, x, q, q, 1, "", none, none, s), "operand 1");
    mlx_array_free(zero);
    mlx_array_free(x);
    mlx_array_free(q);
}

static void memory(void **state)
{
    (void)state;
    size_t before, active, peak;
    OK(mlx_zeros(&r, (int[]){1000, 1000}, 2, MLX_FLOAT32, s));
    OK(mlx_array_eval(r));
    OK(mlx_get_active_memory(&active));
    OK(mlx_get_peak_memory(&peak));
    assert_true(active >= 4000000 && peak >= active);
    OK(mlx_reset_peak_memory());
    OK(mlx_clear_cache());
    OK(mlx_get_cache_memory(&active));
    assert_int_equal(active, 0);
    OK(mlx_get_memory_limit(&before));
    OK(mlx_set_memory_limit(&active, before));
    assert_int_equal(active, before);
    OK(mlx_set_cache_limit(&before, 1 << 20));
    OK(mlx_set_cache_limit(&active, before));
    assert_int_equal(active, 1 << 20);
    OK(mlx_set_wired_limit(&active, 1));
    REFUSED(mlx_get_active_memory(NULL), "NULL");
}

static void bad_handles(void **state)
{
    (void)state;
    mlx_array none = {NULL};
    REFUSED(mlx_add(&r, a, none, s), "mlx_add: b is an empty mlx_array");
    REFUSED(mlx_add(NULL, a, a, s), "NULL");
    REFUSED(mlx_sum(&r, none, false, s), "mlx_sum: a is an empty mlx_array");
    REFUSED(mlx_clip(&r, none, none, none, s), "empty mlx_array");
    REFUSED(mlx_exp(&r, a, (mlx_stream){NULL}), "non-empty mlx_stream");
    REFUSED(mlx_astype(&r, a, (mlx_dtype)1000, s), "1000");
    mlx_array gone = mlx_array_new_int(1);
    mlx_array_free(gone);
    gone = mlx_array_empty;
    REFUSED(mlx_add(&r, gone, a, s), "empty mlx_array");
    OK(mlx_array_free(gone));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elementwise), cmocka_unit_test(axes_in_three_forms), cmocka_unit_test(shapes),
        cmocka_unit_test(lists),       cmocka_unit_test(products_and_random), cmocka_unit_test(memory),
        cmocka_unit_test(bad_handles), cmocka_unit_test(fused_layers),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
