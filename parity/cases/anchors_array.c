/* anchors_array.c: the named tests of the array families: arrays as a graph, host interop, trees, and what is answered
 * where a GPU is asked for. */
#include "case.h"

ANCHOR_CASE(public_lazy_array_surface_builds_graph_backed_arithmetic)
{
    psi_array x = PSI_FLOATS(1, 2, 3, 4), y = PSI_FLOATS(0.5, 4, -2, 8);
    psi_array sum = psi_add(x, y);
    psi_array chain = psi_subtract(psi_multiply(sum, y), psi_divide(x, y));
    CHECK_SHAPE(chain, 4);
    CHECK_DTYPE(chain, PSI_FLOAT32);
    CHECK_FALSE(psi_is_available(sum));
    CHECK_FALSE(psi_is_available(chain));
    REQUIRE(psi_eval(PSI_ARRAYS(chain)));
    CHECK(psi_is_available(chain));
    CHECK_VALUES(chain, -1.25, 23.5, -0.5, 95.5);
    CHECK_VALUES(x, 1, 2, 3, 4);

    /* One graph of mixed dtypes and shapes. */
    psi_array column = psi_reshape(PSI_INT32S(10, 20), PSI_INTS(2, 1));
    psi_array grid = psi_add(column, PSI_INT32S(1, 2, 3));
    CHECK_SHAPE(grid, 2, 3);
    CHECK_DTYPE(psi_multiply(grid, psi_scalar(0.5, PSI_FLOAT32)), PSI_FLOAT32);
    CHECK_VALUES(psi_multiply(grid, psi_scalar(0.5, PSI_FLOAT32)), 5.5, 6, 6.5, 10.5, 11, 11.5);
    CHECK_VALUES(psi_sum(grid, PSI_INTS(1), false), 36, 66);
    CHECK_VALUES(psi_matmul(psi_reshape(x, PSI_INTS(2, 2)), psi_reshape(y, PSI_INTS(2, 2))), -3.5, 20, -6.5,
                 44);
    CHECK_EVERY_ISA(psi_sqrt(psi_abs(chain)));

    /* A graph that cannot be built says so at once, and leaves its operands as they were. */
    CHECK_ERROR_KIND(PSI_INVALID_ARGUMENT, PSI_VALUE_ERROR, psi_add(x, PSI_FLOATS(1, 2, 3)));
    CHECK_VALUES(psi_add(x, x), 2, 4, 6, 8);

    /* Deep graphs are built, evaluated and freed without recursion. */
    psi_array deep = psi_scalar_int(0, PSI_INT64);
    for (int i = 0; i < 50000; i++)
        deep = psi_add(deep, psi_scalar_int(1, PSI_INT64));
    int64_t depth = 0;
    CHECK(psi_item_int(deep, &depth) && depth == 50000);
}

ANCHOR_CASE(public_lazy_array_creation_and_view_families_materialize)
{
    psi_array a = psi_arange(0, 12, 1, PSI_INT32);
    CHECK_DTYPE(a, PSI_INT32);
    CHECK_VALUES(a, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    CHECK_VALUES(psi_arange(1, -1, -0.5, PSI_FLOAT32), 1, 0.5, 0, -0.5);
    CHECK_VALUES(psi_linspace(2, 4, 5, PSI_FLOAT32), 2, 2.5, 3, 3.5, 4);
    CHECK_VALUES(psi_zeros(PSI_INTS(2, 1), PSI_FLOAT16), 0, 0);
    CHECK_VALUES(psi_ones(PSI_INTS(3), PSI_COMPLEX64), 1, 0, 1, 0, 1, 0);
    CHECK_VALUES(psi_full(PSI_INTS(2, 2), PSI_INT32S(5, 6), PSI_FLOAT64), 5, 6, 5, 6);
    CHECK_VALUES(psi_eye(2, 3, 1, PSI_FLOAT32), 0, 1, 0, 0, 0, 1);
    CHECK_VALUES(psi_tril(psi_ones(PSI_INTS(2, 2), PSI_FLOAT32), 0), 1, 0, 1, 1);
    CHECK_DTYPE(psi_zeros_like(a), PSI_INT32);
    CHECK_SHAPE(psi_ones_like(psi_reshape(a, PSI_INTS(3, 4))), 3, 4);

    psi_array grid = psi_reshape(a, PSI_INTS(2, -1, 3)), turned = psi_transpose(grid, PSI_INTS(2, 0, 1));
    CHECK_SHAPE(grid, 2, 2, 3);
    CHECK_SHAPE(turned, 3, 2, 2);
    CHECK_VALUES(turned, 0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11);
    CHECK_VALUES(psi_flatten(turned, 0, -1), 0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11);
    CHECK_SHAPE(psi_moveaxis(grid, 0, -1), 2, 3, 2);
    CHECK_SHAPE(psi_swapaxes(grid, 0, 2), 3, 2, 2);
    CHECK_SHAPE(psi_squeeze(psi_expand_dims(grid, PSI_INTS(0, 4)), PSI_NONE), 2, 2, 3);
    CHECK_SHAPE(psi_unflatten(a, 0, PSI_INTS(3, -1)), 3, 4);
    CHECK_VALUES(psi_broadcast_to(PSI_INT32S(1, 2), PSI_INTS(2, 2)), 1, 2, 1, 2);
    CHECK_VALUES(psi_concatenate(PSI_ARRAYS(PSI_INT32S(1, 2), PSI_FLOATS(0.5)), 0), 1, 2, 0.5);
    CHECK_VALUES(psi_stack(PSI_ARRAYS(PSI_INT32S(1, 2), PSI_INT32S(3, 4)), 1), 1, 3, 2, 4);
    CHECK_VALUES(psi_split(a, 3, 0).data[1], 4, 5, 6, 7);
    CHECK_VALUES(psi_repeat(PSI_INT32S(7, 8), 2, 0), 7, 7, 8, 8);
    CHECK_VALUES(psi_tile(PSI_INT32S(7, 8), PSI_INTS(2)), 7, 8, 7, 8);
    CHECK_VALUES(psi_roll(PSI_INT32S(1, 2, 3, 4), PSI_INTS(1), PSI_INTS(0)), 4, 1, 2, 3);

    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_arange(0, 5, 0, PSI_FLOAT32));
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_zeros(PSI_INTS(2, -1), PSI_FLOAT32));
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_reshape(a, PSI_INTS(5, -1)));
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_transpose(grid, PSI_INTS(0, 0, 1)));
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_stack(PSI_ARRAYS(a, grid), 0));
}

ANCHOR_CASE(public_lazy_array_host_interop_and_item_access_stay_explicit)
{
    const int16_t values[] = {-300, 0, 7, 32767, 12, -1};
    psi_array a = psi_array_from(values, PSI_INTS(2, 3), PSI_INT16);
    int16_t out[6] = {0};
    CHECK(psi_read(a, out, sizeof out));
    CHECK(memcmp(out, values, sizeof values) == 0);
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_read(a, out, sizeof out - 1));

    /* Views come out in row-major order, whatever their strides. */
    psi_array turned = psi_transpose(a, PSI_NONE);
    CHECK_SHAPE(turned, 3, 2);
    const int16_t *data = psi_data(turned);
    REQUIRE(data);
    CHECK(data[0] == -300 && data[1] == 32767 && data[2] == 0 && data[5] == -1);
    CHECK_VALUES(psi_broadcast_to(PSI_INT32S(4, 5), PSI_INTS(2, 2)), 4, 5, 4, 5);

    /* One element can be taken as an item, more cannot; a lazy one is evaluated for it. */
    double real = 0;
    int64_t whole = 0;
    psi_complex64 complex = {0, 0};
    psi_array lazy = psi_multiply(psi_scalar(1.5, PSI_FLOAT64), psi_scalar(3, PSI_FLOAT64));
    CHECK_FALSE(psi_is_available(lazy));
    CHECK(psi_item(lazy, &real) && real == 4.5);
    CHECK(psi_is_available(lazy));
    CHECK(psi_item_int(psi_scalar_int(INT64_MIN, PSI_INT64), &whole) && whole == INT64_MIN);
    CHECK(psi_item_complex(psi_scalar_complex(0.25f, 8), &complex) && complex.re == 0.25f && complex.im == 8);
    CHECK(psi_item(psi_reshape(PSI_FLOATS(6), PSI_INTS(1, 1, 1)), &real) && real == 6);
    CHECK_ERROR_KIND(PSI_INVALID_ARGUMENT, PSI_VALUE_ERROR, psi_item(a, &real));
    CHECK_ERROR_KIND(PSI_INVALID_ARGUMENT, PSI_VALUE_ERROR,
                     psi_item_int(psi_array_from(NULL, PSI_INTS(0), PSI_INT8), &whole));

    /* Host memory is copied when taken, unless it is lent. */
    float host[] = {1, 2};
    psi_array copied = psi_array_from(host, PSI_INTS(2), PSI_FLOAT32);
    psi_array lent = psi_array_wrap(host, PSI_INTS(2), PSI_FLOAT32, NULL, NULL);
    host[0] = 9;
    CHECK_VALUES(copied, 1, 2);
    CHECK_VALUES(lent, 9, 2);
    CHECK(psi_data(lent) == host);
}

static psi_array twice(psi_array leaf, void *context)
{
    return ++*(int *)context > 100 ? NULL : psi_add(leaf, leaf);
}

/* {"weights": [leaf, leaf], "bias": leaf} */
static psi_tree *model(void)
{
    psi_tree *list = psi_tree_list(), *dict = psi_tree_dict();
    bool made = psi_tree_append(list, psi_tree_leaf(PSI_FLOATS(1, 2))) &&
                psi_tree_append(list, psi_tree_leaf(PSI_FLOATS(3))) && psi_tree_set(dict, "weights", list) &&
                psi_tree_set(dict, "bias", psi_tree_leaf(PSI_FLOATS(4)));
    return made ? dict : NULL;
}

ANCHOR_CASE(public_lazy_array_tree_utilities_preserve_structure_and_refuse_bad_unflatten)
{
    psi_tree *tree = model();
    REQUIRE(tree);
    psi_arrays leaves = psi_tree_flatten(tree);
    REQUIRE(leaves.count == 3);
    CHECK_VALUES(leaves.data[0], 1, 2);
    CHECK_VALUES(leaves.data[2], 4);

    psi_array others[] = {PSI_INT32S(7), PSI_INT32S(8), PSI_INT32S(9)};
    psi_tree *again = psi_tree_unflatten(tree, (psi_arrays){others, 3});
    REQUIRE(again);
    CHECK_EQ_INT(psi_tree_kind_of(again), PSI_DICT);
    CHECK_STR(psi_tree_key(again, 0), "weights");
    CHECK_EQ_INT(psi_tree_count(psi_tree_get(again, "weights")), 2);
    CHECK_VALUES(psi_tree_array(psi_tree_get(again, "bias")), 9);
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_tree_unflatten(tree, (psi_arrays){others, 2}));
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_tree_unflatten(NULL, (psi_arrays){others, 3}));

    int calls = 0;
    psi_tree *doubled = psi_tree_map(tree, twice, &calls);
    REQUIRE(doubled);
    CHECK_EQ_INT(calls, 3);
    CHECK_VALUES(psi_tree_array(psi_tree_at(psi_tree_get(doubled, "weights"), 0)), 2, 4);

    psi_tree *flat = psi_tree_flatten_paths(tree);
    REQUIRE(flat);
    CHECK_EQ_INT(psi_tree_count(flat), 3);
    CHECK_STR(psi_tree_key(flat, 1), "weights.1");
    psi_tree *back = psi_tree_unflatten_paths(flat);
    REQUIRE(back);
    CHECK_EQ_INT(psi_tree_kind_of(psi_tree_get(back, "weights")), PSI_LIST);
    CHECK_VALUES(psi_tree_array(psi_tree_at(psi_tree_get(back, "weights"), 1)), 3);

    /* Paths that make no tree: a gap, an empty component, a leaf that is a branch too. */
    static const char *const bad[][2] = {{"w.0", "w.2"}, {"w", "b..x"}, {"w", "w.x"}, {"", "w"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        psi_tree *paths = psi_tree_dict();
        CHECK(psi_tree_set(paths, bad[i][0], psi_tree_leaf(others[0])) &&
              psi_tree_set(paths, bad[i][1], psi_tree_leaf(others[1])));
        CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_tree_unflatten_paths(paths));
        psi_tree_free(paths);
    }
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_tree_set(tree, "bias", psi_tree_leaf(others[0])));
    CHECK_VALUES(psi_tree_array(psi_tree_get(tree, "bias")), 4);
    psi_tree_free(tree);
    psi_tree_free(again);
    psi_tree_free(doubled);
    psi_tree_free(flat);
    psi_tree_free(back);
}

static const psi_device gpu = {PSI_GPU, 0};

/* No GPU backend is built: every way to one is the typed refusal, and the CPU stays the default. */
static void refuse_gpu(const char *scope)
{
    CHECK_FALSE(psi_device_is_available(gpu));
    CHECK_EQ_INT(psi_device_count(PSI_GPU), 0);
    EXPECT_REFUSAL(PSI_UNSUPPORTED_BACKEND_CAPABILITY, scope, psi_set_default_device(gpu));
    EXPECT_REFUSAL(PSI_UNSUPPORTED_BACKEND_CAPABILITY, scope, psi_new_stream(gpu));
    CHECK_EQ_INT(psi_default_device().type, PSI_CPU);
    CHECK_VALUES(psi_add(PSI_FLOATS(1), PSI_FLOATS(2)), 3);
}

ANCHOR_CASE(public_lazy_array_metal_eval_refuses_ops_outside_bounded_surface_when_hardware_available)
{
    refuse_gpu("metal");
}

ANCHOR_CASE(public_lazy_array_cuda_eval_refuses_ops_outside_bounded_surface_when_hardware_available)
{
    refuse_gpu("cuda");
}

ANCHOR_CASE(public_lazy_array_metal_eval_executes_bounded_dense_surface_when_hardware_available)
{
    refuse_gpu("metal");
}

ANCHOR_CASE(public_lazy_array_cuda_eval_executes_bounded_dense_surface_when_hardware_available)
{
    refuse_gpu("cuda");
}

ANCHOR_CASE(public_lazy_array_metal_constructor_reports_runtime_availability)
{
    refuse_gpu("metal");
}

ANCHOR_CASE(public_lazy_array_cuda_constructor_reports_runtime_availability)
{
    refuse_gpu("cuda");
}
