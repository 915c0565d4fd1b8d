/* compile.c: compiled closures: called as often as they are traced; identities, modes and refusals. */
#include "mlxc/mlxc_test.h"

static int count_calls(mlx_vector_array *res, const mlx_vector_array in, void *payload)
{
    mlx_stream s = mlx_default_cpu_stream_new();
    mlx_array x = mlx_array_new();
    ++*(int *)payload;
    int failed = mlx_vector_array_get(&x, in, 0) || mlx_exp(&x, x, s) || mlx_negative(&x, x, s) ||
                 mlx_vector_array_set_value(res, x);
    mlx_array_free(x);
    mlx_stream_free(s);
    return failed;
}

static int return_five(mlx_vector_array *res, const mlx_vector_array in)
{
    (void)res, (void)in;
    return 5;
}

/* The only output of the closure at zeros of a length. */
static float first_at(mlx_closure c, int n)
{
    mlx_stream s = mlx_default_cpu_stream_new();
    mlx_array x = mlx_array_new();
    mlx_vector_array out = mlx_vector_array_new();
    float value = 0;
    OK(mlx_zeros(&x, (int[]){n}, 1, MLX_FLOAT32, s));
    mlx_vector_array in = mlx_vector_array_new_value(x);
    OK(mlx_closure_apply(&out, c, in));
    OK(mlx_vector_array_get(&x, out, 0));
    OK(mlx_sum(&x, x, false, s));
    OK(mlx_array_item_float32(&value, x));
    mlx_vector_array_free(in);
    mlx_vector_array_free(out);
    mlx_array_free(x);
    mlx_stream_free(s);
    return value;
}

static void traces_once(void **state)
{
    (void)state;
    int calls = 0;
    mlx_closure fun = mlx_closure_new_func_payload(count_calls, &calls, NULL), c = mlx_closure_new();
    OK(mlx_compile(&c, fun, false));
    mlx_closure_free(fun); /* the compiled one keeps it */
    for (int i = 0; i < 3; i++)
        assert_true(first_at(c, 2) == -2);
    assert_true(first_at(c, 3) == -3);
    assert_int_equal(calls, 2);
    OK(mlx_detail_compile_clear_cache());
    first_at(c, 3);
    assert_int_equal(calls, 3);
    OK(mlx_disable_compile());
    first_at(c, 3);
    OK(mlx_set_compile_mode(MLX_COMPILE_MODE_NO_FUSE));
    first_at(c, 3);
    assert_int_equal(calls, 5);
    OK(mlx_enable_compile());
    first_at(c, 3);
    assert_int_equal(calls, 5);
    mlx_closure_free(c);
}

static void shares_by_identity(void **state)
{
    (void)state;
    int calls = 0;
    uint64_t one = 1, two = 2;
    mlx_closure fun = mlx_closure_new_func_payload(count_calls, &calls, NULL);
    mlx_closure a = mlx_closure_new(), b = mlx_closure_new(), c = mlx_closure_new();
    OK(mlx_detail_compile(&a, fun, 77, true, &one, 1));
    OK(mlx_detail_compile(&b, fun, 77, true, &one, 1));
    OK(mlx_detail_compile(&c, fun, 77, true, &two, 1));
    assert_true(first_at(a, 2) == -2);
    assert_true(first_at(b, 5) == -5);
    assert_int_equal(calls, 1);
    first_at(c, 2);
    assert_int_equal(calls, 2);
    OK(mlx_detail_compile_erase(77));
    OK(mlx_detail_compile_erase(78));
    first_at(b, 2);
    assert_int_equal(calls, 3);
    mlx_closure_free(a);
    mlx_closure_free(b);
    mlx_closure_free(c);
    mlx_closure_free(fun);
}

static void refuses(void **state)
{
    (void)state;
    mlx_closure c = mlx_closure_new(), failing = mlx_closure_new_func(return_five);
    mlx_vector_array in = mlx_vector_array_new(), out = mlx_vector_array_new();
    REFUSED(mlx_compile(&c, mlx_closure_new(), false), "non-empty mlx_closure");
    REFUSED(mlx_compile(NULL, failing, false), "res");
    REFUSED(mlx_detail_compile(&c, failing, 1, false, NULL, 2), "constants");
    REFUSED(mlx_set_compile_mode((mlx_compile_mode)9), "9 is not a mode");
    OK(mlx_compile(&c, failing, false));
    assert_int_equal(mlx_closure_apply(&out, c, in), 1);
    assert_non_null(strstr(errors.last, "the closure failed"));
    mlx_vector_array_free(in);
    mlx_vector_array_free(out);
    mlx_closure_free(c);
    mlx_closure_free(failing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(traces_once), cmocka_unit_test(shares_by_identity),
                                       cmocka_unit_test(refuses)};
    return cmocka_run_group_tests(tests, start_hearing, NULL);
}
