/* containers.c: vectors, maps and strings: what goes in comes out, changes are whole, bad input changes
 * nothing. */
#include "mlxc/mlxc_test.h"

static int first_of(mlx_vector_array v, size_t at)
{
    int32_t i = -1;
    mlx_array a = mlx_array_new();
    OK(mlx_vector_array_get(&a, v, at));
    OK(mlx_array_item_int32(&i, a));
    mlx_array_free(a);
    return i;
}

static void arrays(void **state)
{
    (void)state;
    mlx_array one = mlx_array_new_int(1), two = mlx_array_new_int(2), none = mlx_array_new();
    mlx_vector_array v = mlx_vector_array_new(), w = v;
    assert_int_equal(mlx_vector_array_size(v), 0);
    OK(mlx_vector_array_append_value(v, one));
    OK(mlx_vector_array_append_data(v, (mlx_array[]){two, one}, 2));
    assert_int_equal(mlx_vector_array_size(w), 3);
    assert_int_equal(first_of(v, 1), 2);
    REFUSED(mlx_vector_array_append_data(v, (mlx_array[]){one, none}, 2), "non-empty mlx_array");
    REFUSED(mlx_vector_array_append_data(v, NULL, 2), "NULL list of 2");
    REFUSED(mlx_vector_array_append_value(v, none), "non-empty mlx_array");
    REFUSED(mlx_vector_array_get(&one, v, 3), "index 3 is past the end of 3");
    REFUSED(mlx_vector_array_get(&one, v, SIZE_MAX), "past the end");
    REFUSED(mlx_vector_array_get(NULL, v, 0), "NULL");
    assert_int_equal(mlx_vector_array_size(v), 3);
    mlx_vector_array copy = mlx_vector_array_new();
    OK(mlx_vector_array_set(&copy, v));
    OK(mlx_vector_array_set(&v, w));
    OK(mlx_vector_array_set_value(&v, two));
    assert_int_equal(mlx_vector_array_size(w), 1);
    assert_int_equal(mlx_vector_array_size(copy), 3);
    OK(mlx_vector_array_set_data(&v, NULL, 0));
    assert_int_equal(mlx_vector_array_size(v), 0);
    mlx_vector_array nothing = {NULL};
    TOLD(mlx_vector_array_size(nothing), "non-empty");
    REFUSED(mlx_vector_array_append_value(nothing, one), "non-empty");
    REFUSED(mlx_vector_array_set(&v, nothing), "non-empty");
    REFUSED(mlx_vector_array_set(NULL, v), "NULL");
    REFUSED(mlx_eval(nothing), "empty handle");
    OK(mlx_vector_array_free(nothing));
    TOLD(mlx_vector_array_new_data(NULL, 1), "NULL list");
    TOLD(mlx_vector_array_new_value(none), "non-empty");
    mlx_vector_array_free(v);
    mlx_vector_array_free(copy);
    mlx_array_free(one);
    mlx_array_free(two);
}

static void lists_of_arrays(void **state)
{
    (void)state;
    mlx_array one = mlx_array_new_int(1);
    mlx_vector_array in = mlx_vector_array_new_data((mlx_array[]){one, one}, 2), out = mlx_vector_array_new();
    mlx_vector_vector_array v = mlx_vector_vector_array_new_value(in);
    OK(mlx_vector_vector_array_append_value(v, out));
    OK(mlx_vector_array_append_value(in, one)); /* the vector holds a copy */
    assert_int_equal(mlx_vector_vector_array_size(v), 2);
    OK(mlx_vector_vector_array_get(&out, v, 0));
    assert_int_equal(mlx_vector_array_size(out), 2);
    REFUSED(mlx_vector_vector_array_get(&out, v, 2), "past the end");
    mlx_vector_vector_array w = mlx_vector_vector_array_new();
    OK(mlx_vector_vector_array_set(&w, v));
    mlx_vector_vector_array_free(v);
    OK(mlx_vector_vector_array_get(&out, w, 1));
    assert_int_equal(mlx_vector_array_size(out), 0);
    mlx_vector_vector_array_free(w);
    mlx_vector_array_free(in);
    mlx_vector_array_free(out);
    mlx_array_free(one);
}

static void ints_and_strings(void **state)
{
    (void)state;
    mlx_vector_int v = mlx_vector_int_new_data((int[]){1, 2, 3}, 3), empty = {NULL};
    int i;
    for (int k = 4; k < 1000; k++)
        OK(mlx_vector_int_append_value(v, k));
    OK(mlx_vector_int_append_data(v, (int[]){7, 8}, 2));
    assert_int_equal(mlx_vector_int_size(v), 1001);
    OK(mlx_vector_int_get(&i, v, 998));
    assert_int_equal(i, 999);
    REFUSED(mlx_vector_int_get(&i, v, 1001), "past the end");
    REFUSED(mlx_vector_int_get(&i, empty, 0), "non-empty");
    OK(mlx_vector_int_set(&empty, v));
    assert_int_equal(mlx_vector_int_size(empty), 1001);
    mlx_vector_int_free(v);
    mlx_vector_int_free(empty);

    char *text, written[] = "b";
    mlx_vector_string s = mlx_vector_string_new_value("a");
    OK(mlx_vector_string_append_value(s, written));
    written[0] = 'x';
    OK(mlx_vector_string_get(&text, s, 1));
    assert_string_equal(text, "b");
    REFUSED(mlx_vector_string_append_value(s, NULL), "NULL");
    REFUSED(mlx_vector_string_append_data(s, (const char *[]){"c", NULL}, 2), "NULL");
    assert_int_equal(mlx_vector_string_size(s), 2);
    OK(mlx_vector_string_set_data(&s, (const char *[]){"%s%n", ""}, 2));
    OK(mlx_vector_string_get(&text, s, 0));
    assert_string_equal(text, "%s%n");
    mlx_vector_string_free(s);

    mlx_string t = mlx_string_new(), u = mlx_string_new_data("100%");
    TOLD(mlx_string_data(t), "non-empty mlx_string");
    REFUSED(mlx_string_set(&u, t), "non-empty mlx_string");
    OK(mlx_string_set(&t, u));
    assert_string_equal(mlx_string_data(t), "100%");
    TOLD(mlx_string_new_data(NULL), "NULL");
    OK(mlx_version(&u));
    assert_string_equal(mlx_string_data(u), "0.31.1");
    mlx_string_free(t);
    mlx_string_free(u);
}

static void map_of_arrays(void **state)
{
    (void)state;
    mlx_map_string_to_array map = mlx_map_string_to_array_new(), same = map,
                            other = mlx_map_string_to_array_new();
    mlx_array a = mlx_array_new_int(0), none = mlx_array_new();
    const char *keys[] = {"delta", "alpha", "charlie", "bravo", "alpha"}, *key;
    int32_t i;
    for (int k = 0; k < 5; k++) {
        OK(mlx_array_set_int(&a, k));
        OK(mlx_map_string_to_array_insert(map, keys[k], a));
    }
    OK(mlx_map_string_to_array_get(&a, same, "alpha"));
    OK(mlx_array_item_int32(&i, a));
    assert_int_equal(i, 4);
    errors = (heard){0};
    assert_int_equal(mlx_map_string_to_array_get(&a, map, "echo"), 2);
    assert_int_equal(errors.count, 0);
    OK(mlx_map_string_to_array_set(&other, map));
    mlx_map_string_to_array_iterator it = mlx_map_string_to_array_iterator_new(map);
    const char *sorted[] = {"alpha", "bravo", "charlie", "delta"};
    int values[] = {4, 3, 2, 0};
    for (int k = 0; k < 4; k++) {
        OK(mlx_map_string_to_array_iterator_next(&key, &a, it));
        assert_string_equal(key, sorted[k]);
        OK(mlx_array_item_int32(&i, a));
        assert_int_equal(i, values[k]);
    }
    assert_int_equal(mlx_map_string_to_array_iterator_next(&key, &a, it), 2);
    assert_int_equal(errors.count, 0);
    REFUSED(mlx_map_string_to_array_insert(map, NULL, a), "key is NULL");
    REFUSED(mlx_map_string_to_array_insert(map, "x", none), "non-empty mlx_array");
    REFUSED(mlx_map_string_to_array_get(&a, map, NULL), "key is NULL");
    REFUSED(mlx_map_string_to_array_get(NULL, map, "alpha"), "NULL");
    REFUSED(mlx_map_string_to_array_get(&a, (mlx_map_string_to_array){NULL}, "alpha"), "non-empty map");
    REFUSED(mlx_map_string_to_array_iterator_next(&key, &a, (mlx_map_string_to_array_iterator){NULL, NULL}),
            "iterator");
    TOLD(mlx_map_string_to_array_iterator_new((mlx_map_string_to_array){NULL}), "non-empty map");
    mlx_map_string_to_array_free(map);
    assert_int_equal(mlx_map_string_to_array_iterator_next(&key, &a, it), 2); /* it outlives the handle */
    mlx_map_string_to_array_iterator_free(it);
    OK(mlx_map_string_to_array_get(&a, other, "delta"));
    mlx_map_string_to_array_free(other);
    mlx_array_free(a);
}

static void map_of_strings(void **state)
{
    (void)state;
    mlx_map_string_to_string map = mlx_map_string_to_string_new(), filled = {NULL};
    const char *key, *value;
    char name[8];
    for (int k = 99; k >= 0; k--) {
        snprintf(name, sizeof name, "k%02d", k);
        OK(mlx_map_string_to_string_insert(map, name, k % 2 ? "odd" : "even"));
    }
    OK(mlx_map_string_to_string_get(&value, map, "k07"));
    assert_string_equal(value, "odd");
    assert_int_equal(mlx_map_string_to_string_get(&value, map, "k7"), 2);
    REFUSED(mlx_map_string_to_string_insert(map, "a", NULL), "value is NULL");
    OK(mlx_map_string_to_string_set(&filled, map));
    mlx_map_string_to_string_free(map);
    mlx_map_string_to_string_iterator it = mlx_map_string_to_string_iterator_new(filled);
    for (int k = 0; k < 100; k++) {
        snprintf(name, sizeof name, "k%02d", k);
        OK(mlx_map_string_to_string_iterator_next(&key, &value, it));
        assert_string_equal(key, name);
    }
    assert_int_equal(mlx_map_string_to_string_iterator_next(&key, &value, it), 2);
    mlx_map_string_to_string_iterator_free(it);
    mlx_map_string_to_string_free(filled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays),           cmocka_unit_test(lists_of_arrays),
        cmocka_unit_test(ints_and_strings), cmocka_unit_test(map_of_arrays),
        cmocka_unit_test(map_of_strings),
    };
    return cmocka_run_group_tests(tests, start_hearing, NULL);
}
