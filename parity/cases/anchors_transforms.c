/* anchors_transforms.c: the named tests of differentiation and batching. Derivatives are held against numbers worked
 * out by hand. */
#include "case.h"

static psi_arrays one(psi_array y)
{
    psi_arrays out = psi_arrays_new(1);
    if (out.count == 1)
        out.data[0] = y;
    return out;
}

/* sum(w * x^2), whose gradients are 2 w x and x^2. */
static psi_arrays weighted_square(psi_arrays in, void *context)
{
    ++*(int *)context;
    return one(psi_sum(psi_multiply(in.data[0], psi_square(in.data[1])), PSI_NONE, false));
}

static psi_arrays products(psi_arrays in, void *context)
{
    (void)context;
    return one(psi_multiply(psi_sin(in.data[0]), in.data[1]));
}

ANCHOR_CASE(public_reverse_mode_transforms_expose_grad_value_and_grad_and_vjp)
{
    psi_array w = PSI_FLOATS(1, -2, 3), x = PSI_FLOATS(4, 5, 0.5);
    psi_arrays inputs = PSI_ARRAYS(w, x), outputs, grads;
    int calls = 0;
    REQUIRE(psi_value_and_grad(weighted_square, &calls, inputs, PSI_INTS(0, 1), &outputs, &grads));
    CHECK_EQ_INT(calls, 1);
    CHECK_EQ_INT(grads.count, 2);
    CHECK_VALUES(outputs.data[0], 16 - 50 + 0.75);
    CHECK_VALUES(grads.data[0], 16, 25, 0.25);
    CHECK_VALUES(grads.data[1], 8, -20, 3);
    REQUIRE(psi_value_and_grad(weighted_square, &calls, inputs, PSI_INTS(1), &outputs, &grads));
    CHECK_EQ_INT(grads.count, 1);
    CHECK_VALUES(grads.data[0], 8, -20, 3);

    psi_arrays vjps, angles = PSI_ARRAYS(PSI_FLOATS(0, 1), PSI_FLOATS(2, 3));
    REQUIRE(psi_vjp(products, NULL, angles, PSI_ARRAYS(PSI_FLOATS(10, 100)), &outputs, &vjps));
    CHECK_VALUES_NEAR(outputs.data[0], 1e-6, 0, 3 * sin(1));
    CHECK_VALUES_NEAR(vjps.data[0], 1e-6, 20, 300 * cos(1));
    CHECK_VALUES_NEAR(vjps.data[1], 1e-6, 0, 100 * sin(1));

    /* Only a scalar has a gradient; cotangents and argument numbers must fit. */
    CHECK_ERROR(PSI_INVALID_ARGUMENT,
                psi_value_and_grad(products, NULL, angles, PSI_INTS(0), &outputs, &grads));
    CHECK_ERROR(PSI_INVALID_ARGUMENT,
                psi_value_and_grad(weighted_square, &calls, inputs, PSI_INTS(2), &outputs, &grads));
    CHECK_ERROR(PSI_INVALID_ARGUMENT,
                psi_vjp(products, NULL, angles, PSI_ARRAYS(PSI_FLOATS(1, 2, 3)), &outputs, &vjps));
}

ANCHOR_CASE(public_forward_mode_jvp_exposes_value_and_tangent)
{
    psi_arrays outputs, tangents, inputs = PSI_ARRAYS(PSI_FLOATS(0, 2), PSI_FLOATS(3, -1));
    REQUIRE(
        psi_jvp(products, NULL, inputs, PSI_ARRAYS(PSI_FLOATS(1, 1), PSI_FLOATS(0, 5)), &outputs, &tangents));
    CHECK_EQ_INT(outputs.count, 1);
    CHECK_EQ_INT(tangents.count, 1);
    CHECK_VALUES_NEAR(outputs.data[0], 1e-6, 0, -sin(2));
    CHECK_VALUES_NEAR(tangents.data[0], 1e-6, 3, -cos(2) + 5 * sin(2));
    CHECK_DTYPE(tangents.data[0], PSI_FLOAT32);
    CHECK_ERROR(PSI_INVALID_ARGUMENT,
                psi_jvp(products, NULL, inputs, PSI_ARRAYS(PSI_FLOATS(1, 1)), &outputs, &tangents));
}

/* sum((A B) C) */
static psi_arrays chain(psi_arrays in, void *context)
{
    (void)context;
    return one(psi_sum(psi_matmul(psi_matmul(in.data[0], in.data[1]), in.data[2]), PSI_NONE, false));
}

ANCHOR_CASE(reverse_mode_autodiff_materializes_matmul_chain_gradients)
{
    psi_array a = psi_reshape(PSI_FLOATS(1, 2, 3, 4), PSI_INTS(2, 2));
    psi_array b = psi_reshape(PSI_FLOATS(0, 1, -1, 2, 5, 3), PSI_INTS(2, 3));
    psi_array c = psi_reshape(PSI_FLOATS(2, -1, 4), PSI_INTS(3, 1));
    psi_arrays outputs, grads;
    REQUIRE(psi_value_and_grad(chain, NULL, PSI_ARRAYS(a, b, c), PSI_INTS(0, 1, 2), &outputs, &grads));
    CHECK_VALUES(outputs.data[0], 46);
    CHECK_SHAPE(grads.data[0], 2, 2);
    CHECK_VALUES(grads.data[0], -5, 11, -5, 11);
    CHECK_SHAPE(grads.data[1], 2, 3);
    CHECK_VALUES(grads.data[1], 8, -4, 16, 12, -6, 24);
    CHECK_SHAPE(grads.data[2], 3, 1);
    CHECK_VALUES(grads.data[2], 12, 34, 14);
}

static psi_arrays row_product(psi_arrays in, void *context)
{
    (void)context;
    return one(psi_sum(psi_multiply(in.data[0], in.data[1]), PSI_NONE, false));
}

ANCHOR_CASE(public_vmap_transform_batches_reference_graph_outputs)
{
    psi_array rows = psi_reshape(PSI_FLOATS(1, 2, 3, 4, 5, 6), PSI_INTS(3, 2)), pair = PSI_FLOATS(10, -1);
    psi_arrays each = psi_vmap(row_product, NULL, PSI_ARRAYS(rows, pair), PSI_INTS(0, -1), PSI_NONE);
    REQUIRE(each.count == 1);
    CHECK_SHAPE(each.data[0], 3);
    CHECK_VALUES(each.data[0], 8, 26, 44);
    psi_arrays both = psi_vmap(row_product, NULL, PSI_ARRAYS(rows, rows), PSI_NONE, PSI_NONE);
    REQUIRE(both.count == 1);
    CHECK_VALUES(both.data[0], 5, 25, 61);
    psi_array columns = psi_reshape(PSI_FLOATS(1, 2, 3, 4), PSI_INTS(2, 2));
    psi_arrays turned = psi_vmap(products, NULL, PSI_ARRAYS(columns, columns), PSI_INTS(1, 0), PSI_INTS(1));
    REQUIRE(turned.count == 1);
    CHECK_SHAPE(turned.data[0], 2, 2);
    CHECK_VALUES_NEAR(turned.data[0], 1e-6, sin(1), 3 * sin(2), 2 * sin(3), 4 * sin(4));
    CHECK_ERROR(PSI_INVALID_ARGUMENT,
                psi_vmap(row_product, NULL, PSI_ARRAYS(rows, pair), PSI_NONE, PSI_NONE));
    CHECK_ERROR(PSI_INVALID_ARGUMENT,
                psi_vmap(row_product, NULL, PSI_ARRAYS(rows, pair), PSI_INTS(7, -1), PSI_NONE));
}

/* ---- the capability matrix ---- */

static psi_arrays only(psi_arrays in, void *context)
{
    (void)context;
    return one(psi_sort(in.data[0], -1));
}

static psi_arrays factors(psi_arrays in, void *context)
{
    (void)context;
    return psi_linalg_qr(in.data[0]);
}

static psi_arrays bits(psi_arrays in, void *context)
{
    (void)context;
    return one(psi_view(in.data[0], PSI_INT32));
}

static psi_arrays segments(psi_arrays in, void *context)
{
    (void)context;
    return one(psi_segmented_mm(in.data[0], in.data[0], psi_reshape(PSI_INT32S(0, 2), PSI_INTS(1, 2))));
}

/* Whether the library does what the matrix says, for a function through an op of this name. */
static void check_capability(const char *op, psi_function fn, psi_array x, psi_arrays cotangents)
{
    psi_arrays outputs, made;
    psi_array pair = psi_stack(PSI_ARRAYS(x, x), 0);
    bool pulls = psi_vjp(fn, NULL, PSI_ARRAYS(x), cotangents, &outputs, &made);
    psi_error(NULL);
    bool pushes = psi_jvp(fn, NULL, PSI_ARRAYS(x), PSI_ARRAYS(x), &outputs, &made);
    psi_error(NULL);
    bool maps = psi_vmap(fn, NULL, PSI_ARRAYS(pair), PSI_NONE, PSI_NONE).count > 0;
    psi_error(NULL);
    psi_array longer = psi_concatenate(PSI_ARRAYS(x, x), 0);
    psi_compiled *fixed = psi_compile(fn, NULL, 0), *shapeless = psi_compile(fn, NULL, PSI_COMPILE_SHAPELESS);
    bool compiles = psi_compiled_call(PSI_ARRAYS(x), fixed).count > 0;
    psi_error(NULL);
    bool traced = psi_compiled_call(PSI_ARRAYS(x), shapeless).count > 0;
    bool follows = psi_compiled_call(PSI_ARRAYS(longer), shapeless).count > 0;
    psi_error(NULL);
    psi_compiled_free(fixed);
    psi_compiled_free(shapeless);
    NOTE("%s: vjp %d, jvp %d, vmap %d, compile %d, shapeless %d", op, pulls, pushes, maps, compiles, follows);
    CHECK(psi_op_can(op, PSI_TRANSFORM_VJP) == pulls);
    CHECK(psi_op_can(op, PSI_TRANSFORM_JVP) == pushes);
    CHECK(psi_op_can(op, PSI_TRANSFORM_VMAP) == maps);
    CHECK(psi_op_can(op, PSI_TRANSFORM_COMPILE) == compiles);
    CHECK(traced && psi_op_can(op, PSI_TRANSFORM_SHAPELESS) == follows);
}

ANCHOR_CASE(program_transform_capability_matrix_tracks_seeded_transform_and_future_cases)
{
    /* Every op is in it once, and whatever has a gradient has a tangent and a batch too. */
    int count = 0, pulls = 0, compiled = 0, follows = 0;
    for (const char *name; (name = psi_op_name(count)) != NULL; count++) {
        for (int i = 0; i < count; i++)
            REQUIRE(strcmp(name, psi_op_name(i)) != 0);
        pulls += psi_op_can(name, PSI_TRANSFORM_VJP);
        compiled += psi_op_can(name, PSI_TRANSFORM_COMPILE);
        follows += psi_op_can(name, PSI_TRANSFORM_SHAPELESS);
        REQUIRE(!psi_op_can(name, PSI_TRANSFORM_VJP) ||
                (psi_op_can(name, PSI_TRANSFORM_JVP) && psi_op_can(name, PSI_TRANSFORM_VMAP)));
    }
    CHECK(count > 100);
    CHECK(pulls > count / 2 && pulls < count);
    CHECK(compiled == count);
    CHECK(follows > count / 2 && follows < count);
    CHECK(psi_op_name(-1) == NULL);

    /* Seeded: what it says is what happens. */
    psi_array x = psi_reshape(PSI_FLOATS(3, 1, 2, 4), PSI_INTS(2, 2));
    check_capability("sort", only, x, PSI_ARRAYS(x));
    check_capability("qrf", factors, x, PSI_ARRAYS(x, x));
    check_capability("segmented_mm", segments, x, PSI_ARRAYS(psi_reshape(x, PSI_INTS(1, 2, 2))));
    CHECK(psi_op_can("add", PSI_TRANSFORM_SHAPELESS));
    CHECK(psi_op_can("reduce", PSI_TRANSFORM_SHAPELESS));
    CHECK(psi_op_can("matmul", PSI_TRANSFORM_VJP));
    CHECK(psi_op_can("select", PSI_TRANSFORM_JVP));
    CHECK(psi_op_can("custom_transforms", PSI_TRANSFORM_VMAP));

    /* Future: what it denies is refused by name. */
    check_capability("view", bits, x, PSI_ARRAYS(x));
    psi_arrays outputs, made;
    CHECK(!psi_op_can("convolution", PSI_TRANSFORM_SHAPELESS));
    CHECK(psi_op_can("convolution", PSI_TRANSFORM_COMPILE));
    EXPECT_REFUSAL(PSI_UNSUPPORTED_GRADIENT, "vjp of view",
                   psi_vjp(bits, NULL, PSI_ARRAYS(x), PSI_ARRAYS(x), &outputs, &made));
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_op_can("no such op", PSI_TRANSFORM_VJP));
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_op_can("sort", PSI_TRANSFORM_COUNT));
}
