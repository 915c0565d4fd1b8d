/* tree.c: structure is preserved, bad unflattens are refused, depth and failing memory are survived. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <psionic/device.h>
#include <psionic/scope.h>
#include <psionic/tree.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/node.h"

/* A scalar of the innermost scope holding `value`. */
static psi_array number(int32_t value)
{
    psi_buffer *buffer = psi_buffer_new(sizeof value);
    if (!buffer)
        return psi_error_array();
    memcpy(buffer->data, &value, sizeof value);
    return psi_leaf_new(buffer, PSI_SCALAR_SHAPE, PSI_INT32);
}

static int32_t value_of(psi_array a)
{
    return *(int32_t *)psi_values(a);
}

static void expect_invalid(const char *word)
{
    psi_error_record record;
    assert_true(psi_error(&record));
    assert_int_equal(record.code, PSI_INVALID_ARGUMENT);
    if (!strstr(record.message, word))
        fail_msg("\"%s\" does not say \"%s\"", record.message, word);
}

/* {"layers": [{"w": 1, "b": 2}, {"w": 3, "b": 4}], "scale": 5}, or NULL when memory fails. */
static psi_tree *sample(void)
{
    psi_tree *root = psi_tree_dict(), *layers = psi_tree_list();
    bool ok = root && layers;
    for (int i = 0; i < 2 && ok; i++) {
        psi_tree *layer = psi_tree_dict();
        ok = layer && psi_tree_set(layer, "w", psi_tree_leaf(number(2 * i + 1))) &&
             psi_tree_set(layer, "b", psi_tree_leaf(number(2 * i + 2)));
        if (ok)
            ok = psi_tree_append(layers, layer);
        else
            psi_tree_free(layer);
    }
    if (ok)
        ok = psi_tree_set(root, "layers", layers);
    else
        psi_tree_free(layers);
    if (ok && psi_tree_set(root, "scale", psi_tree_leaf(number(5))))
        return root;
    psi_tree_free(root);
    return NULL;
}

static void trees_answer_what_they_hold(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_tree *root = sample();
    assert_int_equal(psi_tree_kind_of(root), PSI_DICT);
    assert_int_equal(psi_tree_count(root), 2);
    assert_string_equal(psi_tree_key(root, 0), "layers");
    assert_string_equal(psi_tree_key(root, 1), "scale");
    const psi_tree *layers = psi_tree_get(root, "layers");
    assert_int_equal(psi_tree_kind_of(layers), PSI_LIST);
    assert_int_equal(value_of(psi_tree_array(psi_tree_get(psi_tree_at(layers, 1), "w"))), 3);
    assert_null(psi_tree_get(root, "nothing"));
    assert_false(psi_failed());
    assert_null(psi_tree_at(layers, 2));
    psi_error_record record;
    assert_true(psi_error(&record));
    assert_int_equal(record.kind, PSI_INDEX_ERROR);
    assert_true(psi_is_error(psi_tree_array(layers)));
    expect_invalid("not a leaf");
    psi_tree_free((psi_tree *)layers); /* part of a larger tree: left alone */
    assert_int_equal(psi_tree_count(root), 2);
    psi_tree_free(root);
    psi_tree_free(NULL);
}

static psi_array plus_ten(psi_array leaf, void *context)
{
    ++*(int *)context;
    return number(value_of(leaf) + 10);
}

static psi_array refuse_three(psi_array leaf, void *context)
{
    (void)context;
    return value_of(leaf) == 3 ? PSI_INVALID("three is refused") : leaf;
}

static void flatten_map_and_unflatten_keep_the_structure(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_tree *root = sample();
    psi_arrays leaves = psi_tree_flatten(root);
    assert_int_equal(leaves.count, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(value_of(leaves.data[i]), i + 1);
    int calls = 0;
    psi_tree *mapped = psi_tree_map(root, plus_ten, &calls);
    assert_int_equal(calls, 5);
    psi_tree *back = psi_tree_unflatten(mapped, leaves);
    psi_tree_free(root);
    assert_int_equal(value_of(psi_tree_array(psi_tree_get(mapped, "scale"))), 15);
    const psi_tree *second = psi_tree_at(psi_tree_get(back, "layers"), 1);
    assert_string_equal(psi_tree_key(second, 1), "b");
    assert_int_equal(value_of(psi_tree_array(psi_tree_at(second, 1))), 4);
    psi_tree_free(back);
    assert_null(psi_tree_unflatten(mapped, (psi_arrays){leaves.data, 4}));
    expect_invalid("5 leaves and 4 were given");
    assert_null(psi_tree_unflatten(mapped, (psi_arrays){leaves.data, 0}));
    expect_invalid("0 were given");
    assert_null(psi_tree_unflatten(NULL, leaves));
    expect_invalid("NULL");
    psi_tree_free(mapped);
    mapped = sample();
    assert_null(psi_tree_map(mapped, refuse_three, NULL));
    expect_invalid("three is refused");
    psi_tree_free(mapped);
    psi_tree *empty = psi_tree_list();
    assert_int_equal(psi_tree_flatten(empty).count, 0);
    assert_false(psi_failed());
    psi_tree_free(empty);
}

static void bad_children_are_refused(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_tree *list = psi_tree_list(), *dict = psi_tree_dict(), *inner = psi_tree_list();
    assert_null(psi_tree_leaf(NULL));
    expect_invalid("psi_tree_leaf");
    assert_null(psi_tree_leaf(psi_error_array()));
    expect_invalid("failed call");
    assert_false(psi_tree_append(list, NULL));
    expect_invalid("NULL");
    assert_false(psi_tree_append(dict, psi_tree_list()));
    expect_invalid("not a list");
    assert_false(psi_tree_set(list, "a", psi_tree_list()));
    expect_invalid("not a dictionary");
    assert_false(psi_tree_append(NULL, psi_tree_list()));
    expect_invalid("NULL");
    assert_false(psi_tree_set(dict, NULL, psi_tree_list()));
    expect_invalid("key is NULL");
    assert_true(psi_tree_set(dict, "a", psi_tree_leaf(number(1))));
    assert_false(psi_tree_set(dict, "a", psi_tree_leaf(number(2))));
    expect_invalid("\"a\" is there already");
    assert_true(psi_tree_append(list, inner));
    assert_false(psi_tree_append(list, inner));
    expect_invalid("already has a place");
    assert_false(psi_tree_append(inner, list));
    expect_invalid("inside itself");
    assert_false(psi_tree_append(list, list));
    expect_invalid("inside itself");
    assert_true(psi_tree_append(inner, dict));
    assert_int_equal(psi_tree_flatten(list).count, 1);
    psi_tree_free(list);
}

static void large_dictionaries_find_their_keys(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_tree *dict = psi_tree_dict();
    char key[32];
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "weight_%d", i * 7);
        PSI_SCOPE;
        assert_true(psi_tree_set(dict, key, psi_tree_leaf(number(i))));
    }
    for (int i = 0; i < 35000; i++) {
        snprintf(key, sizeof key, "weight_%d", i);
        const psi_tree *leaf = psi_tree_get(dict, key);
        assert_int_equal(leaf != NULL, i % 7 == 0);
        if (leaf)
            assert_int_equal(value_of(psi_tree_array(leaf)), i / 7);
    }
    assert_false(psi_tree_set(dict, "weight_0", psi_tree_list()));
    expect_invalid("weight_0");
    psi_tree_free(dict);
}

static void paths_go_there_and_back(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_tree *root = sample(), *flat = psi_tree_flatten_paths(root);
    static const char *const paths[] = {"layers.0.w", "layers.0.b", "layers.1.w", "layers.1.b", "scale"};
    assert_int_equal(psi_tree_count(flat), 5);
    for (int i = 0; i < 5; i++) {
        assert_string_equal(psi_tree_key(flat, i), paths[i]);
        assert_int_equal(value_of(psi_tree_array(psi_tree_at(flat, i))), i + 1);
    }
    psi_tree *back = psi_tree_unflatten_paths(flat), *again = psi_tree_flatten_paths(back);
    assert_int_equal(psi_tree_kind_of(psi_tree_get(back, "layers")), PSI_LIST);
    for (int i = 0; i < 5; i++)
        assert_string_equal(psi_tree_key(again, i), paths[i]);
    psi_tree_free(root);
    psi_tree_free(flat);
    psi_tree_free(back);
    psi_tree_free(again);
}

/* A flat dictionary of numbered leaves at the given paths, ended by NULL. */
static psi_tree *flat_of(const char *const *paths)
{
    psi_tree *flat = psi_tree_dict();
    for (int i = 0; paths[i]; i++)
        assert_true(psi_tree_set(flat, paths[i], psi_tree_leaf(number(i))));
    return flat;
}

static void lists_are_put_in_order(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_tree *flat =
        flat_of((const char *const[]){"2", "0", "11", "1", "3", "4", "5", "10", "6", "8", "7", "9", NULL});
    psi_tree *list = psi_tree_unflatten_paths(flat);
    static const int32_t order[] = {1, 3, 0, 4, 5, 6, 8, 10, 9, 11, 7, 2};
    assert_int_equal(psi_tree_kind_of(list), PSI_LIST);
    for (int i = 0; i < 12; i++)
        assert_int_equal(value_of(psi_tree_array(psi_tree_at(list, i))), order[i]);
    assert_null(psi_tree_key(list, 0));
    assert_true(psi_tree_append(list, psi_tree_leaf(number(12))));
    psi_tree_free(list);
    psi_tree_free(flat);
    flat = flat_of(
        (const char *const[]){"a.0", "a.x", "b.01", "b.1", NULL}); /* not all plain numbers: dictionaries */
    psi_tree *mixed = psi_tree_unflatten_paths(flat);
    assert_int_equal(psi_tree_kind_of(psi_tree_get(mixed, "a")), PSI_DICT);
    assert_int_equal(psi_tree_kind_of(psi_tree_get(mixed, "b")), PSI_DICT);
    psi_tree_free(mixed);
    psi_tree_free(flat);
    flat = psi_tree_dict();
    psi_tree *empty = psi_tree_unflatten_paths(flat);
    assert_int_equal(psi_tree_kind_of(empty), PSI_LIST);
    psi_tree_free(empty);
    psi_tree_free(flat);
}

static void bad_paths_are_refused(void **state)
{
    (void)state;
    PSI_SCOPE;
    static const struct {
        const char *paths[4], *word;
    } bad[] = {
        {{""}, "empty"},
        {{"a..b"}, "\"a..b\" is empty or has an empty component"},
        {{".a"}, "empty component"},
        {{"a."}, "empty component"},
        {{"a.b", "a"}, "both a leaf and a branch"},
        {{"a", "a.b.c"}, "\"a\" of the path \"a.b.c\" is both"},
        {{"a.0", "a.2"}, "index 2 of the list \"a\""},
        {{"1"}, "gap"},
        {{"0", "99999999999999999999"}, "index 99999999999999999999"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        psi_tree *flat = flat_of(bad[i].paths);
        assert_null(psi_tree_unflatten_paths(flat));
        expect_invalid(bad[i].word);
        psi_tree_free(flat);
    }
    psi_tree *root = sample(), *leaf = psi_tree_leaf(number(1));
    assert_null(psi_tree_unflatten_paths(root));
    expect_invalid("\"layers\" is not a leaf");
    assert_null(psi_tree_unflatten_paths(leaf));
    expect_invalid("not a dictionary");
    assert_null(psi_tree_flatten_paths(leaf));
    expect_invalid("single leaf");
    assert_true(psi_tree_set(root, "a.b", leaf));
    assert_null(psi_tree_flatten_paths(root));
    expect_invalid("\"a.b\"");
    psi_tree_free(root);
}

static void depth_is_no_danger(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_tree *root = psi_tree_list(), *at = root;
    for (int i = 0; i < 300000; i++) {
        psi_tree *next = psi_tree_list();
        assert_true(psi_tree_append(at, next));
        at = next;
    }
    assert_true(psi_tree_append(at, psi_tree_leaf(number(9))));
    psi_tree *copy = psi_tree_unflatten(root, psi_tree_flatten(root));
    psi_tree *flat = psi_tree_flatten_paths(copy), *back = psi_tree_unflatten_paths(flat);
    assert_int_equal(strlen(psi_tree_key(flat, 0)), 2 * 300001 - 1);
    assert_int_equal(value_of(psi_tree_flatten(back).data[0]), 9);
    assert_false(psi_tree_append(at, root));
    expect_invalid("inside itself");
    psi_tree_free(root);
    psi_tree_free(copy);
    psi_tree_free(flat);
    psi_tree_free(back);
}

static psi_array same(psi_array leaf, void *context)
{
    (void)context;
    return leaf;
}

/* Everything a tree can do; true when all of it worked. */
static bool workload(void)
{
    PSI_SCOPE;
    psi_tree *root = sample();
    psi_tree *mapped = root ? psi_tree_map(root, same, NULL) : NULL;
    psi_arrays leaves = mapped ? psi_tree_flatten(mapped) : (psi_arrays){0};
    psi_tree *rebuilt = leaves.count ? psi_tree_unflatten(mapped, leaves) : NULL;
    psi_tree *flat = rebuilt ? psi_tree_flatten_paths(rebuilt) : NULL;
    char key[16];
    bool ok = flat != NULL;
    for (int i = 0; i < 40 && ok; i++) {
        snprintf(key, sizeof key, "more.%d", i);
        ok = psi_tree_set(flat, key, psi_tree_leaf(leaves.data[0]));
    }
    psi_tree *back = ok ? psi_tree_unflatten_paths(flat) : NULL;
    ok = back != NULL;
    psi_tree_free(root);
    psi_tree_free(mapped);
    psi_tree_free(rebuilt);
    psi_tree_free(flat);
    psi_tree_free(back);
    return ok;
}

static void every_failing_allocation_is_an_error(void **state)
{
    (void)state;
    size_t active = psi_active_memory();
    psi_test_fail_allocation(INT64_MAX);
    assert_true(workload());
    int64_t made = psi_test_fail_allocation(0);
    assert_true(made > 100);
    for (int64_t n = 1; n <= made; n++) {
        psi_test_fail_allocation(n);
        assert_false(workload());
        psi_test_fail_allocation(0);
        psi_error_record record;
        assert_true(psi_error(&record));
        assert_int_equal(record.code, PSI_OUT_OF_MEMORY);
        assert_int_equal(psi_active_memory(), active);
    }
    assert_true(workload());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_answer_what_they_hold),
        cmocka_unit_test(flatten_map_and_unflatten_keep_the_structure),
        cmocka_unit_test(bad_children_are_refused),
        cmocka_unit_test(large_dictionaries_find_their_keys),
        cmocka_unit_test(paths_go_there_and_back),
        cmocka_unit_test(lists_are_put_in_order),
        cmocka_unit_test(bad_paths_are_refused),
        cmocka_unit_test(depth_is_no_danger),
        cmocka_unit_test(every_failing_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
