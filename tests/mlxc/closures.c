/* closures.c: functions of the program: called, copied, differentiated, failing; payloads destroyed once. */
#include "mlxc/mlxc_test.h"

static int destroyed;

static void destroy(void *payload)
{
    destroyed += *(int *)payload;
}

/* sum(x * x * y) */
static int product(mlx_vector_array *res, const mlx_vector_array in)
{
    mlx_stream s = mlx_default_cpu_stream_new();
    mlx_array x = mlx_array_new(), y = mlx_array_new();
    int failed = mlx_vector_array_get(&x, in, 0) || mlx_vector_array_get(&y, in, 1) ||
                 mlx_multiply(&y, y, x, s) || mlx_multiply(&y, y, x, s) || mlx_sum(&y, y, false, s) ||
                 mlx_vector_array_set_value(res, y);
    mlx_array_free(x);
    mlx_array_free(y);
    mlx_stream_free(s);
    return failed;
}

static int square(mlx_array *res, const mlx_array x)
{
    mlx_stream s = mlx_default_cpu_stream_new();
    int failed = mlx_square(res, x, s);
    mlx_stream_free(s);
    return failed;
}

static int count_calls(mlx_vector_array *res, const mlx_vector_array in, void *payload)
{
    ++*(int *)payload;
    return mlx_vector_array_set(res, in);
}

static int return_three(mlx_vector_array *res, const mlx_vector_array in)
{
    (void)in;
    mlx_vector_array_set_data(res, NULL, 0);
    return 3;
}

static int leave_empty(mlx_vector_array *res, const mlx_vector_array in)
{
    (void)res;
    (void)in;
    return 0;
}

static mlx_vector_array two_inputs(void)
{
    mlx_array x = mlx_array_new_data((float[]){1, 2}, (int[]){2}, 1, MLX_FLOAT32), y = mlx_array_new_float(3);
    mlx_vector_array v = mlx_vector_array_new_data((mlx_array[]){x, y}, 2);
    mlx_array_free(x);
    mlx_array_free(y);
    return v;
}

static void assert_item_prints(mlx_vector_array v, size_t at, const char *text)
{
    mlx_array a = mlx_array_new();
    OK(mlx_vector_array_get(&a, v, at));
    assert_prints(a, text);
    mlx_array_free(a);
}

static void calls_and_payloads(void **state)
{
    (void)state;
    int payload = 1;
    destroyed = 0;
    mlx_vector_array in = two_inputs(), out = mlx_vector_array_new();
    mlx_closure c = mlx_closure_new_func_payload(count_calls, &payload, destroy), d = mlx_closure_new();
    OK(mlx_closure_apply(&out, c, in));
    assert_int_equal(mlx_vector_array_size(out), 2);
    assert_int_equal(payload, 2);
    OK(mlx_closure_set(&d, c));
    mlx_closure_free(c);
    assert_int_equal(destroyed, 0);
    OK(mlx_closure_apply(&in, d, in)); /* the result may be the input */
    assert_int_equal(mlx_vector_array_size(in), 2);
    mlx_closure_free(d);
    assert_int_equal(destroyed, 3);

    c = mlx_closure_new_unary(square);
    REFUSED(mlx_closure_apply(&out, c, in), "expected one array, not 2");
    mlx_closure_free(c);
    mlx_vector_array_free(in);
    mlx_vector_array_free(out);
}

static void differentiates(void **state)
{
    (void)state;
    mlx_vector_array in = two_inputs(), out = mlx_vector_array_new(), more = mlx_vector_array_new();
    mlx_closure c = mlx_closure_new_func(product);
    mlx_closure_value_and_grad g = mlx_closure_value_and_grad_new();
    OK(mlx_value_and_grad(&g, c, (int[]){0, 1}, 2));
    OK(mlx_closure_value_and_grad_apply(&out, &more, g, in));
    assert_item_prints(out, 0, "array(15, dtype=float32)");
    assert_item_prints(more, 0, "array([6, 12], dtype=float32)");
    assert_item_prints(more, 1, "array(5, dtype=float32)");

    mlx_array one = mlx_array_new_float(2);
    mlx_vector_array with = mlx_vector_array_new_value(one);
    OK(mlx_vjp(&out, &more, c, in, with));
    assert_item_prints(more, 0, "array([12, 24], dtype=float32)");
    OK(mlx_jvp(&out, &more, c, in, in));
    assert_item_prints(more, 0, "array(45, dtype=float32)");
    REFUSED(mlx_vjp(&out, &more, c, in, in), "invalid_argument");
    REFUSED(mlx_value_and_grad(&g, (mlx_closure){NULL}, (int[]){0}, 1), "non-empty mlx_closure");
    REFUSED(mlx_value_and_grad(&g, c, NULL, 1), "argnums is NULL");
    REFUSED(mlx_value_and_grad(&g, c, (int[]){0}, 0), "0 argument numbers");
    REFUSED(mlx_vjp(&out, &more, (mlx_closure){NULL}, in, with), "non-empty mlx_closure");
    OK(mlx_value_and_grad(&g, c, (int[]){5}, 1));
    REFUSED(mlx_closure_value_and_grad_apply(&out, &more, g, in), "5");
    mlx_array_free(one);
    mlx_vector_array_free(with);
    mlx_closure_free(c);
    mlx_closure_value_and_grad_free(g);
    mlx_vector_array_free(in);
    mlx_vector_array_free(out);
    mlx_vector_array_free(more);
}

/* Its two halves: the traced graph of rows, then that graph for all of them. */
static void maps(void **state)
{
    (void)state;
    mlx_vector_array in = mlx_vector_array_new(), traced = mlx_vector_array_new(),
                     out = mlx_vector_array_new();
    mlx_array rows = floats((const float[]){1, 2, 3, 4}, 2, 2);
    mlx_closure c = mlx_closure_new_unary(square);
    OK(mlx_vector_array_append_value(in, rows));
    OK(mlx_detail_vmap_trace(&traced, &out, c, in, (int[]){1}, 1));
    mlx_array row = mlx_array_new();
    OK(mlx_vector_array_get(&row, traced, 0));
    assert_int_equal(mlx_array_ndim(row), 1);
    OK(mlx_detail_vmap_replace(&out, in, traced, out, (int[]){1}, 1, (int[]){0}, 1));
    assert_item_prints(out, 0, "array([[1, 9],\n       [4, 16]], dtype=float32)");
    REFUSED(mlx_detail_vmap_trace(&traced, &out, c, in, (int[]){2}, 1), "out of");
    REFUSED(mlx_detail_vmap_replace(&out, in, traced, traced, (int[]){1}, 1, (int[]){0, 0}, 2), "2 out_axes");
    mlx_array_free(rows);
    mlx_array_free(row);
    mlx_closure_free(c);
    mlx_vector_array_free(in);
    mlx_vector_array_free(traced);
    mlx_vector_array_free(out);
}

static void failures_pass_through(void **state)
{
    (void)state;
    mlx_vector_array in = two_inputs(), out = mlx_vector_array_new(), more = mlx_vector_array_new();
    mlx_closure c = mlx_closure_new_func(return_three), e = mlx_closure_new_func(leave_empty);
    REFUSED(mlx_closure_apply(&out, c, in), "the closure returned 3");
    REFUSED(mlx_closure_apply(&out, e, in), "non-empty result of the closure");
    REFUSED(mlx_closure_apply(&out, mlx_closure_new(), in), "non-empty mlx_closure");
    REFUSED(mlx_closure_set(&c, mlx_closure_new()), "non-empty mlx_closure");
    REFUSED(mlx_closure_set(NULL, c), "NULL");
    errors = (heard){0};
    assert_int_equal(mlx_vjp(&out, &more, c, in, in), 1);
    assert_non_null(strstr(errors.last, "the closure failed"));
    TOLD(mlx_closure_new_func(NULL), "NULL");
    TOLD(mlx_closure_new_unary(NULL), "NULL");
    OK(mlx_closure_free(mlx_closure_new()));
    mlx_closure_free(c);
    mlx_closure_free(e);
    mlx_vector_array_free(in);
    mlx_vector_array_free(out);
    mlx_vector_array_free(more);
}

/* ---- the other kinds ---- */

static int kwargs(mlx_vector_array *res, const mlx_vector_array in, const mlx_map_string_to_array named)
{
    mlx_array a = mlx_array_new();
    int failed = mlx_map_string_to_array_get(&a, named, "x") || mlx_vector_array_set(res, in) ||
                 mlx_vector_array_append_value(*res, a);
    mlx_array_free(a);
    return failed;
}

static int vjp_rule(mlx_vector_array *res, const mlx_vector_array primals, const mlx_vector_array cotangents,
                    const mlx_vector_array outputs)
{
    (void)primals;
    (void)outputs;
    return mlx_vector_array_set(res, cotangents);
}

static int jvp_rule(mlx_vector_array *res, const mlx_vector_array primals, const mlx_vector_array tangents,
                    const int *places, size_t count)
{
    (void)primals;
    return count == 2 && places[1] == 4 ? mlx_vector_array_set(res, tangents) : 1;
}

static int vmap_rule(mlx_vector_array *res, mlx_vector_int *res_axes, const mlx_vector_array in,
                     const int *axes, size_t count)
{
    return mlx_vector_array_set(res, in) || mlx_vector_int_set_data(res_axes, (int *)axes, count);
}

static void other_kinds(void **state)
{
    (void)state;
    mlx_vector_array in = two_inputs(), out = mlx_vector_array_new();
    mlx_map_string_to_array named = mlx_map_string_to_array_new();
    mlx_array x = mlx_array_new_int(5);
    OK(mlx_map_string_to_array_insert(named, "x", x));
    mlx_closure_kwargs k = mlx_closure_kwargs_new_func(kwargs);
    OK(mlx_closure_kwargs_apply(&out, k, in, named));
    assert_item_prints(out, 2, "array(5, dtype=int32)");
    mlx_closure_custom c = mlx_closure_custom_new_func(vjp_rule);
    OK(mlx_closure_custom_apply(&out, c, in, in, in));
    mlx_closure_custom_jvp j = mlx_closure_custom_jvp_new_func(jvp_rule);
    OK(mlx_closure_custom_jvp_apply(&out, j, in, in, (int[]){0, 4}, 2));
    REFUSED(mlx_closure_custom_jvp_apply(&out, j, in, in, (int[]){0, 4}, 1), "returned 1");
    mlx_closure_custom_vmap v = mlx_closure_custom_vmap_new_func(vmap_rule);
    mlx_vector_int axes = {NULL};
    int axis;
    OK(mlx_closure_custom_vmap_apply(&out, &axes, v, in, (int[]){-1, 6}, 2));
    OK(mlx_vector_int_get(&axis, axes, 1));
    assert_int_equal(axis, 6);
    REFUSED(mlx_closure_custom_vmap_apply(&out, NULL, v, in, (int[]){-1, 6}, 2), "NULL");
    mlx_vector_int_free(axes);
    mlx_closure_kwargs_free(k);
    mlx_closure_custom_free(c);
    mlx_closure_custom_jvp_free(j);
    mlx_closure_custom_vmap_free(v);
    mlx_array_free(x);
    mlx_map_string_to_array_free(named);
    mlx_vector_array_free(in);
    mlx_vector_array_free(out);
}

/* ---- rules and checkpoints ---- */

/* The gradient with regard to both inputs is the cotangent. */
static int same_twice(mlx_vector_array *res, const mlx_vector_array primals,
                      const mlx_vector_array cotangents, const mlx_vector_array outputs)
{
    (void)outputs;
    mlx_array g = mlx_array_new();
    int failed = mlx_vector_array_size(primals) != 2 || mlx_vector_array_get(&g, cotangents, 0) ||
                 mlx_vector_array_set_value(res, g) || mlx_vector_array_append_value(*res, g);
    mlx_array_free(g);
    return failed;
}

static int tangent_of_eight(mlx_vector_array *res, const mlx_vector_array primals,
                            const mlx_vector_array tangents, const int *places, size_t count)
{
    (void)primals;
    mlx_array eight = mlx_array_new_float(8);
    int failed = count != 2 || places[0] != 0 || places[1] != 1 || mlx_vector_array_size(tangents) != 2 ||
                 mlx_vector_array_set_value(res, eight);
    mlx_array_free(eight);
    return failed;
}

static void custom_rules(void **state)
{
    (void)state;
    int calls = 0;
    mlx_vector_array in = two_inputs(), out = mlx_vector_array_new(), made = mlx_vector_array_new();
    mlx_array one = mlx_array_new_float(1);
    mlx_vector_array ones = mlx_vector_array_new_value(one), both = mlx_vector_array_new();
    mlx_closure f = mlx_closure_new_func(product), g = mlx_closure_new(), none = mlx_closure_new();
    mlx_closure_custom rule = mlx_closure_custom_new_func(same_twice);
    OK(mlx_custom_vjp(&g, f, rule));
    OK(mlx_vjp(&out, &made, g, in, ones));
    assert_item_prints(out, 0, "array(15, dtype=float32)");
    assert_item_prints(made, 0, "array([1, 1], dtype=float32)");
    assert_item_prints(made, 1, "array(1, dtype=float32)");
    mlx_closure_custom_jvp forward = mlx_closure_custom_jvp_new_func(tangent_of_eight);
    OK(mlx_custom_function(&g, f, (mlx_closure_custom){NULL}, forward, (mlx_closure_custom_vmap){NULL}));
    OK(mlx_vector_array_set(&both, in));
    OK(mlx_jvp(&out, &made, g, in, both));
    assert_item_prints(made, 0, "array(8, dtype=float32)");
    OK(mlx_vjp(&out, &made, g, in, ones));
    assert_item_prints(made, 0, "array([6, 12], dtype=float32)");
    OK(mlx_custom_function(&g, f, (mlx_closure_custom){NULL}, (mlx_closure_custom_jvp){NULL},
                           (mlx_closure_custom_vmap){NULL}));
    OK(mlx_closure_apply(&out, g, in));
    assert_item_prints(out, 0, "array(15, dtype=float32)");

    mlx_closure counted = mlx_closure_new_func_payload(count_calls, &calls, NULL), again = mlx_closure_new();
    OK(mlx_checkpoint(&again, counted));
    OK(mlx_vjp(&out, &made, again, in, in));
    assert_int_equal(calls, 2);
    assert_item_prints(made, 0, "array([1, 2], dtype=float32)");

    REFUSED(mlx_custom_vjp(&g, f, (mlx_closure_custom){NULL}), "non-empty mlx_closure_custom");
    REFUSED(mlx_checkpoint(&g, none), "non-empty mlx_closure");
    REFUSED(mlx_checkpoint(NULL, f), "NULL");
    mlx_closure_free(f);
    mlx_closure_free(g);
    mlx_closure_free(counted);
    mlx_closure_free(again);
    mlx_closure_custom_free(rule);
    mlx_closure_custom_jvp_free(forward);
    mlx_vector_array_free(in);
    mlx_vector_array_free(out);
    mlx_vector_array_free(made);
    mlx_vector_array_free(ones);
    mlx_vector_array_free(both);
    mlx_array_free(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_and_payloads),
        cmocka_unit_test(differentiates),
        cmocka_unit_test(maps),
        cmocka_unit_test(failures_pass_through),
        cmocka_unit_test(other_kinds),
        cmocka_unit_test(custom_rules),
    };
    return cmocka_run_group_tests(tests, start_hearing, NULL);
}
