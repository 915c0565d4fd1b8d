/* errors.c: the handler: its data, its destructor, its messages; the one from the start; devices and
 * streams. */
#include "mlxc/mlxc_test.h"

#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

static int destroyed;

static void destroy(void *data)
{
    destroyed += data == &errors;
}

static void data_and_destructors(void **state)
{
    (void)state;
    mlx_set_error_handler(hear, &errors, destroy);
    REFUSED(mlx_array_eval(mlx_array_new()), "invalid_argument: expected a non-empty mlx_array");
    mlx_set_error_handler(hear, &errors, NULL); /* without a destructor it gets its data all the same */
    assert_int_equal(destroyed, 1);
    REFUSED(mlx_array_eval(mlx_array_new()), "non-empty");
    mlx_set_error_handler(hear, &errors, destroy);
    assert_int_equal(destroyed, 1);
    start_hearing(NULL);
    assert_int_equal(destroyed, 2);
}

static void messages_are_no_formats(void **state)
{
    (void)state;
    mlx_array a = mlx_array_new();
    mlx_stream s = mlx_default_cpu_stream_new();
    REFUSED(mlx_load(&a, "/nowhere/%s%n%d.npy", s), "%s%n%d.npy");
    errors = (heard){0};
    mlx_error("%d%% of %s", 5, "%s");
    assert_non_null(strstr(errors.last, "5% of %s at "));
    assert_non_null(strstr(errors.last, "errors.c:"));
    mlx_stream_free(s);
}

/* The first handler prints to stderr and returns. */
static void initial_handler(void **state)
{
    (void)state;
    int ends[2], kept = dup(2);
    char text[256] = "";
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], 2);
    mlx_set_error_handler(NULL, NULL, NULL);
    int code = mlx_array_eval(mlx_array_new());
    dup2(kept, 2);
    close(ends[1]);
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    close(ends[0]);
    close(kept);
    start_hearing(NULL);
    assert_int_equal(code, 1);
    assert_string_equal(text, "MLX error: invalid_argument: expected a non-empty mlx_array\n");
}

/* What refuses now may be built later: then another name must stand here. */
static void what_is_not_built_says_so(void **state)
{
    (void)state;
    mlx_array a = mlx_array_new_int(1);
    REFUSED(mlx_metal_start_capture("x"), "unsupported_op: mlx_metal_start_capture");
    TOLD(mlx_fast_metal_kernel_config_new(),
         "unsupported_backend_capability: mlx_fast_metal_kernel_config_new: there is no Metal backend");
    TOLD(mlx_fast_cuda_kernel_config_new(),
         "unsupported_backend_capability: mlx_fast_cuda_kernel_config_new: there is no CUDA backend");
    bool yes = true;
    OK(mlx_metal_is_available(&yes));
    assert_false(yes);
    OK(mlx_cuda_is_available(&yes));
    assert_false(yes);
    mlx_array_free(a);
}

static void devices(void **state)
{
    (void)state;
    mlx_device cpu = mlx_device_new_type(MLX_CPU, 0), gpu = mlx_device_new_type(MLX_GPU, 0),
               d = mlx_device_new();
    mlx_string s = mlx_string_new();
    mlx_device_type type;
    bool yes;
    int n;
    assert_false(mlx_device_equal(cpu, gpu));
    OK(mlx_get_default_device(&d));
    assert_true(mlx_device_equal(cpu, d));
    OK(mlx_device_tostring(&s, gpu));
    assert_string_equal(mlx_string_data(s), "Device(gpu, 0)");
    OK(mlx_device_get_type(&type, gpu));
    assert_int_equal(type, MLX_GPU);
    OK(mlx_device_is_available(&yes, cpu));
    assert_true(yes);
    OK(mlx_device_count(&n, MLX_CPU));
    assert_int_equal(n, 1);
    OK(mlx_set_default_device(cpu));
    OK(mlx_device_set(&d, gpu));
    assert_true(mlx_device_equal(gpu, d));
    REFUSED(mlx_device_get_index(&n, mlx_device_new()), "non-empty mlx_device");
    REFUSED(mlx_device_count(&n, (mlx_device_type)7), "7");
    TOLD(mlx_device_new_type((mlx_device_type)7, 0), "7");
    TOLD(mlx_device_equal(mlx_device_new(), cpu), "non-empty mlx_device");

    mlx_device_info info = mlx_device_info_new();
    mlx_vector_string keys = mlx_vector_string_new();
    const char *text;
    size_t size;
    REFUSED(mlx_device_info_get_keys(&keys, info), "non-empty mlx_device_info");
    OK(mlx_device_info_get(&info, cpu));
    OK(mlx_device_info_get_string(&text, info, "device_name"));
    assert_true(strlen(text) > 0);
    OK(mlx_device_info_is_string(&yes, info, "architecture"));
    assert_true(yes);
    errors = (heard){0};
    assert_int_equal(mlx_device_info_get_size(&size, info, "architecture"), 2);
    assert_int_equal(mlx_device_info_get_string(&text, info, "memory"), 2);
    assert_int_equal(mlx_device_info_is_string(&yes, info, "memory"), 2);
    assert_int_equal(errors.count, 0);
    OK(mlx_device_info_has_key(&yes, info, "memory"));
    assert_false(yes);
    REFUSED(mlx_device_info_has_key(&yes, info, NULL), "key is NULL");
    OK(mlx_device_info_get_keys(&keys, info));
    assert_int_equal(mlx_vector_string_size(keys), 2);
    mlx_vector_string_free(keys);
    mlx_device_info_free(info);
    mlx_string_free(s);
    mlx_device_free(cpu);
    mlx_device_free(gpu);
    mlx_device_free(d);
}

static void streams(void **state)
{
    (void)state;
    mlx_device cpu = mlx_device_new_type(MLX_CPU, 0), d = mlx_device_new();
    mlx_stream first = mlx_default_cpu_stream_new(), s = mlx_stream_new_device(cpu), t = mlx_stream_new();
    mlx_string text = mlx_string_new();
    char expected[64];
    int index, before;
    assert_false(mlx_stream_equal(first, s));
    OK(mlx_stream_get_index(&index, s));
    snprintf(expected, sizeof expected, "Stream(Device(cpu, 0), %d)", index);
    OK(mlx_stream_tostring(&text, s));
    assert_string_equal(mlx_string_data(text), expected);
    OK(mlx_stream_get_device(&d, s));
    assert_true(mlx_device_equal(cpu, d));
    /* An op on another stream leaves the default as it was. */
    mlx_array a = mlx_array_new_int(2), b = mlx_array_new();
    OK(mlx_square(&b, a, s));
    OK(mlx_synchronize(s));
    OK(mlx_get_default_stream(&t, cpu));
    OK(mlx_stream_get_index(&before, t));
    assert_true(mlx_stream_equal(t, first));
    OK(mlx_set_default_stream(s));
    OK(mlx_get_default_stream(&t, cpu));
    assert_true(mlx_stream_equal(t, s));
    OK(mlx_set_default_stream(first));
    int32_t four;
    OK(mlx_array_item_int32(&four, b));
    assert_int_equal(four, 4);
    REFUSED(mlx_square(&b, a, mlx_stream_new()), "non-empty mlx_stream");
    REFUSED(mlx_synchronize(mlx_stream_new()), "non-empty mlx_stream");
    REFUSED(mlx_stream_set(&t, mlx_stream_new()), "non-empty mlx_stream");
    TOLD(mlx_stream_new_device(mlx_device_new()), "non-empty mlx_device");
    TOLD(mlx_default_gpu_stream_new(), "unsupported_backend_capability");
    mlx_array_free(a);
    mlx_array_free(b);
    mlx_string_free(text);
    mlx_stream_free(first);
    mlx_stream_free(s);
    mlx_stream_free(t);
    mlx_device_free(cpu);
    mlx_device_free(d);
}

static void ignore(const char *message, void *data)
{
    (void)message;
    (void)data;
}

static void *fail_often(void *unused)
{
    for (int i = 0; i < 2000; i++)
        mlx_array_eval(mlx_array_new());
    return unused;
}

static void handlers_change_while_others_fail(void **state)
{
    (void)state;
    pthread_t threads[3];
    mlx_set_error_handler(ignore, NULL, NULL);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fail_often, NULL), 0);
    for (int i = 0; i < 500; i++)
        mlx_set_error_handler(ignore, malloc(1), free);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    start_hearing(NULL);
}

/* Every allocation of the library fails in turn: the call says so or works, and the process goes on. */
static void failing_allocations(void **state)
{
    (void)state;
    int64_t (*fail_allocation)(int64_t) = NULL;
    *(void **)&fail_allocation = dlsym(RTLD_DEFAULT, "psi_test_fail_allocation");
    assert_non_null(fail_allocation);
    mlx_stream s = mlx_default_cpu_stream_new();
    mlx_array a = mlx_array_new_data((float[]){1, 2, 3}, (int[]){3}, 1, MLX_FLOAT32), r = mlx_array_new();
    int failures = 0;
    for (int nth = 1; nth < 60; nth++) {
        errors = (heard){0};
        fail_allocation(nth);
        int failed = mlx_softmax(&r, a, false, s) || mlx_outer(&r, r, a, s) || mlx_array_eval(r);
        fail_allocation(0);
        assert_int_equal(failed, errors.count);
        failures += failed;
    }
    assert_true(failures > 5);
    OK(mlx_sum(&r, a, false, s));
    assert_prints(r, "array(6, dtype=float32)");
    mlx_array_free(a);
    mlx_array_free(r);
    mlx_stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_and_destructors),
        cmocka_unit_test(messages_are_no_formats),
        cmocka_unit_test(initial_handler),
        cmocka_unit_test(what_is_not_built_says_so),
        cmocka_unit_test(devices),
        cmocka_unit_test(streams),
        cmocka_unit_test(handlers_change_while_others_fail),
        cmocka_unit_test(failing_allocations),
    };
    return cmocka_run_group_tests(tests, start_hearing, NULL);
}
