/* tour.c: arrays, vectors, maps and errors through mlx-c, printed so that two libraries can be compared
 * line by line (scripts/compare-mlxc). Maps are printed sorted; of errors only the codes are printed, and
 * how often the handler ran. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mlx/c/mlx.h>

static int told;

static void count(const char *message, void *data)
{
    (void)message;
    ++*(int *)data;
}

static void show(const char *name, mlx_array a)
{
    mlx_string text = mlx_string_new();
    mlx_array_tostring(&text, a);
    printf("%s = %s\n", name, mlx_string_data(text));
    mlx_string_free(text);
}

static void code(const char *name, int value)
{
    printf("%s: %d, told %d\n", name, value, told);
    told = 0;
}

static void nothing(void *data)
{
    (void)data;
}

static void arrays(mlx_stream s)
{
    const float data[] = {1, 2, 3, 4, 5, 6};
    mlx_array a = mlx_array_new_data(data, (int[]){2, 3}, 2, MLX_FLOAT32), b = mlx_array_new_float(0.5F);
    mlx_array r = mlx_array_new(), alias = mlx_array_new_int(1), other = alias;
    show("a", a);
    mlx_multiply(&r, a, b, s);
    show("a * 0.5", r);
    mlx_transpose(&r, a, s);
    mlx_array_eval(r);
    show("transposed", r);
    printf("strides %zu %zu, shape %d %d, ndim %zu, size %zu, nbytes %zu\n", mlx_array_strides(r)[0],
           mlx_array_strides(r)[1], mlx_array_shape(r)[0], mlx_array_shape(r)[1], mlx_array_ndim(r),
           mlx_array_size(r), mlx_array_nbytes(r));
    printf("second stored value %g\n", (double)mlx_array_data_float32(r)[1]);
    mlx_sum_axis(&r, a, 1, true, s);
    show("rows summed", r);
    code("bad product", mlx_matmul(&r, a, a, s));
    mlx_astype(&r, a, MLX_INT8, s);
    show("int8", r);
    mlx_arange(&r, 0, 20, 2, MLX_INT64, s);
    show("range", r);
    mlx_greater(&r, a, b, s);
    show("a > 0.5", r);
    mlx_array_set_bool(&other, true); /* seen through the copy of the handle */
    show("alias", alias);
    mlx_array_set_complex(&alias, 1, -2);
    show("complex", alias);
    float f = 0;
    mlx_array_item_float32(&f, b);
    printf("item %g\n", (double)f);
    mlx_array_free(a);
    mlx_array_free(b);
    mlx_array_free(r);
    mlx_array_free(alias);
}

static void vectors(mlx_stream s)
{
    mlx_array one = mlx_array_new_int(1), two = mlx_array_new_int(2), r = mlx_array_new();
    mlx_vector_array v = mlx_vector_array_new_data((mlx_array[]){one, two}, 2), w = v;
    mlx_vector_array_append_value(v, one);
    printf("vector of %zu, %zu\n", mlx_vector_array_size(v), mlx_vector_array_size(w));
    mlx_stack(&r, v, s);
    show("stacked", r);
    code("past the end", mlx_vector_array_get(&r, v, 3));
    mlx_split(&v, r, 3, 0, s);
    mlx_vector_array_get(&r, v, 1);
    show("second part", r);
    mlx_vector_vector_array vv = mlx_vector_vector_array_new_value(v);
    mlx_vector_vector_array_append_value(vv, v);
    printf("vectors %zu\n", mlx_vector_vector_array_size(vv));
    mlx_vector_int ints = mlx_vector_int_new_data((int[]){4, 5, 6}, 3);
    int i = 0;
    mlx_vector_int_append_value(ints, 7);
    code("int", mlx_vector_int_get(&i, ints, 3));
    printf("%d\n", i);
    char *text = NULL;
    mlx_vector_string strings = mlx_vector_string_new_value("100%");
    code("string", mlx_vector_string_get(&text, strings, 0));
    puts(text);
    mlx_vector_string_free(strings);
    mlx_vector_int_free(ints);
    mlx_vector_vector_array_free(vv);
    mlx_vector_array_free(v);
    mlx_array_free(one);
    mlx_array_free(two);
    mlx_array_free(r);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void maps(void)
{
    const char *names[] = {"weight", "bias", "scale", "bias"}, *keys[4], *key, *text;
    mlx_map_string_to_array map = mlx_map_string_to_array_new();
    mlx_map_string_to_string strings = mlx_map_string_to_string_new();
    mlx_array value = mlx_array_new();
    int n = 0, end;
    for (int i = 0; i < 4; i++) {
        mlx_array_set_int(&value, i);
        mlx_map_string_to_array_insert(map, names[i], value);
        mlx_map_string_to_string_insert(strings, names[i], names[3 - i]);
    }
    mlx_map_string_to_array_iterator it = mlx_map_string_to_array_iterator_new(map);
    while ((end = mlx_map_string_to_array_iterator_next(&key, &value, it)) == 0)
        keys[n++] = key;
    code("end of the map", end);
    qsort(keys, (size_t)n, sizeof *keys, by_text);
    for (int i = 0; i < n; i++) {
        mlx_map_string_to_array_get(&value, map, keys[i]);
        mlx_map_string_to_string_get(&text, strings, keys[i]);
        printf("%s ", text);
        show(keys[i], value);
    }
    code("missing key", mlx_map_string_to_array_get(&value, map, "missing"));
    code("missing string", mlx_map_string_to_string_get(&text, strings, ""));
    mlx_map_string_to_array_iterator_free(it);
    mlx_map_string_to_array_free(map);
    mlx_map_string_to_string_free(strings);
    mlx_array_free(value);
}

static void errors(mlx_stream s)
{
    mlx_array a = mlx_array_new_int(1), none = mlx_array_new(), r = mlx_array_new();
    mlx_vector_array empty = {NULL};
    code("empty array", mlx_add(&r, a, none, s));
    code("empty stream", mlx_add(&r, a, a, mlx_stream_new()));
    code("empty vector", mlx_stack(&r, empty, s));
    code("empty string", mlx_string_set(&(mlx_string){NULL}, mlx_string_new()));
    code("bad shape", mlx_reshape(&r, a, (int[]){2, 2}, 2, s));
    code("bad axis", mlx_sum_axis(&r, a, 3, false, s));
    code("no such file", mlx_load(&r, "/nowhere/a.npy", s));
    code("freeing nothing", mlx_array_free(none));
    printf("size of nothing %zu", mlx_array_size(none));
    code("", 0);
    code("and on it goes", mlx_add(&r, a, a, s));
    show("r", r);
    mlx_array_free(a);
    mlx_array_free(r);
}

int main(void)
{
    mlx_set_error_handler(count, &told, nothing);
    mlx_stream s = mlx_default_cpu_stream_new();
    mlx_string text = mlx_string_new();
    mlx_version(&text);
    printf("version %s\n", mlx_string_data(text));
    mlx_stream_tostring(&text, s);
    puts(mlx_string_data(text));
    mlx_string_free(text);
    arrays(s);
    vectors(s);
    maps();
    errors(s);
    mlx_stream_free(s);
    return 0;
}
