/* Products with packed matrices: against the product with their unpacked values, for every mode, width, group, dtype
 * and side; chosen matrices; both sides quantised; gradients, batching, refusals. */
#include "values.h"

static psi_array normal(psi_ints shape, uint64_t seed)
{
    return psi_random_normal(shape, PSI_FLOAT32, NULL, NULL, psi_random_key(seed));
}

typedef struct matrix {
    psi_array w, scales, biases;
    int64_t group, bits;
    const char *mode;
} matrix;

static matrix pack(psi_array w, int64_t group, int64_t bits, const char *mode)
{
    psi_arrays q = psi_quantize(w, group, bits, mode, NULL);
    return (matrix){q.data[0], q.data[1], q.count > 2 ? q.data[2] : NULL, group, bits, mode};
}

static psi_array unpack(matrix m)
{
    return psi_dequantize(m.w, m.scales, m.biases, m.group, m.bits, m.mode, NULL, PSI_FLOAT32);
}

static psi_array times(psi_array x, matrix m, bool transpose)
{
    return psi_quantized_matmul(x, m.w, m.scales, m.biases, transpose, m.group, m.bits, m.mode);
}

/* The largest distance is a small part of the root mean square. */
static void expect_close(psi_array y, psi_array expected, double part)
{
    assert_int_equal(psi_size(y), psi_size(expected));
    psi_array off = psi_max(psi_abs(psi_subtract(psi_astype(y, PSI_FLOAT32), expected)), PSI_NONE, false);
    psi_array rms = psi_sqrt(psi_mean(psi_square(expected), PSI_NONE, false));
    EXPECT(psi_less_equal(off, psi_multiply(rms, psi_scalar(part, PSI_FLOAT32))), PSI_SCALAR_SHAPE, 1);
}

static void check(matrix m, int64_t rows, bool transpose)
{
    static const psi_dtype dtypes[] = {PSI_FLOAT32, PSI_FLOAT16, PSI_BFLOAT16};
    static const double parts[] = {4e-6, 4e-3, 3e-2};
    int64_t k = transpose ? 128 * 5 : 75;
    for (int i = 0; i < 3; i++) {
        matrix n = m;
        if (m.biases) {
            n.scales = psi_astype(m.scales, dtypes[i]);
            n.biases = psi_astype(m.biases, dtypes[i]);
        }
        psi_array x = psi_astype(normal(PSI_INTS(rows, k), 3), dtypes[i]), w = unpack(n);
        psi_array y = times(x, n, transpose);
        assert_int_equal(psi_dtype_of(y), dtypes[i]);
        expect_close(y, psi_matmul(psi_astype(x, PSI_FLOAT32), transpose ? psi_swapaxes(w, 0, 1) : w),
                     parts[i]);
    }
}

/* One row and few go straight through the codes, many through panels. */
static void every_kind(void **state)
{
    (void)state;
    PSI_SCOPE;
    static const int64_t bits[] = {2, 3, 4, 5, 6, 8}, groups[] = {32, 64, 128}, rows[] = {1, 3, 19};
    psi_array w = normal(PSI_INTS(75, 640), 4);
    for (int r = 0; r < 3; r++) {
        for (int t = 0; t < 2; t++) {
            for (int b = 0; b < 6; b++)
                for (int g = 0; g < 3; g++)
                    check(pack(w, groups[g], bits[b], "affine"), rows[r], t);
            check(pack(w, 32, 4, "mxfp4"), rows[r], t);
            check(pack(w, 32, 8, "mxfp8"), rows[r], t);
            check(pack(w, 16, 4, "nvfp4"), rows[r], t);
        }
    }
}

/* Rows that are hard to hold in few bits, times matrices of every width and group. */
static psi_array hard_rows(int kind, int64_t rows, int64_t k, int64_t group)
{
    psi_array x = normal(PSI_INTS(rows, k), 7), place = psi_arange(0, (double)k, 1, PSI_FLOAT32);
    psi_array first =
        psi_equal(psi_remainder(place, psi_scalar((double)group, PSI_FLOAT32)), psi_scalar(5, PSI_FLOAT32));
    switch (kind) {
    case 0: /* one large number in each group */
        return psi_where(first, psi_multiply(x, psi_scalar(1000, PSI_FLOAT32)), x);
    case 1: /* nothing but it */
        return psi_where(first, x, psi_scalar(0, PSI_FLOAT32));
    case 2: /* numbers below what float32 holds in full */
        return psi_multiply(x, psi_scalar(0x1p-129, PSI_FLOAT32));
    case 3: /* large ones, of which multiples would be infinite */
        return psi_multiply(x, psi_scalar(0x1p118, PSI_FLOAT32));
    default: /* of every size */
        place = psi_remainder(place, psi_scalar(70, PSI_FLOAT32));
        return psi_multiply(x, psi_exp(psi_negative(place)));
    }
}

static void hard_numbers(void **state)
{
    (void)state;
    PSI_SCOPE;
    static const int64_t bits[] = {2, 3, 4, 5, 6, 8}, groups[] = {32, 64, 128}, rows[] = {1, 2, 40};
    psi_array w = normal(PSI_INTS(75, 640), 4);
    for (int b = 0; b < 6; b++)
        for (int g = 0; g < 3; g++)
            for (int r = 0; r < 3; r++)
                for (int kind = 0; kind < 5; kind++) {
                    PSI_SCOPE;
                    matrix m = pack(w, groups[g], bits[b], "affine");
                    double size = kind == 2 ? 0x1p129 : kind == 3 ? 0x1p-118 : 1;
                    psi_array x = hard_rows(kind, rows[r], 640, groups[g]),
                              scale = psi_scalar(size, PSI_FLOAT64);
                    psi_array exact = psi_matmul(psi_astype(x, PSI_FLOAT64),
                                                 psi_swapaxes(psi_astype(unpack(m), PSI_FLOAT64), 0, 1));
                    psi_array y = psi_multiply(psi_astype(times(x, m, true), PSI_FLOAT64), scale);
                    expect_close(psi_astype(y, PSI_FLOAT32),
                                 psi_astype(psi_multiply(exact, scale), PSI_FLOAT32), 1e-5);
                }
}

/* Each row that has no number, or an infinite one, has in the result what a product of floats has, and no other row. */
static void odd_numbers(void **state)
{
    (void)state;
    PSI_SCOPE;
    static float values[40 * 128];
    values[3 * 128 + 7] = INFINITY;
    values[9 * 128 + 100] = -INFINITY;
    values[30 * 128] = NAN;
    for (int64_t bits = 2; bits <= 8; bits *= 2) {
        matrix m = pack(normal(PSI_INTS(35, 128), 4), 64, bits, "affine");
        psi_array x = psi_array_from(values, PSI_INTS(40, 128), PSI_FLOAT32);
        for (int i = 0; i < 2; i++) { /* many rows, and few */
            psi_array y = psi_matmul(x, psi_swapaxes(unpack(m), 0, 1));
            EXPECT(psi_array_equal(times(x, m, true), y, true), PSI_SCALAR_SHAPE, 1);
            x = psi_slice(x, PSI_INTS(3, 0), PSI_INTS(4, 128), PSI_NONE);
        }
    }
}

static void numbers(void **state)
{
    (void)state;
    PSI_SCOPE;
    float steps[64];
    for (int i = 0; i < 64; i++)
        steps[i] = (float)(i % 16) - (i < 32 ? 0 : 15);
    matrix m = pack(psi_array_from(steps, PSI_INTS(2, 32), PSI_FLOAT32), 32, 4, "affine");
    psi_array x = psi_add(psi_zeros(PSI_INTS(1, 32), PSI_FLOAT32), psi_scalar(2, PSI_FLOAT32));
    EXPECT(times(x, m, true), PSI_INTS(1, 2), 480, -480);
    EXPECT(times(psi_reshape(x, PSI_INTS(32)), m, true), PSI_INTS(2), 480, -480);
    EXPECT(times(psi_astype(x, PSI_FLOAT64), m, true), PSI_INTS(1, 2), 480, -480);
    psi_array row = psi_array_from((float[]){1, -1}, PSI_INTS(1, 2), PSI_FLOAT32);
    EXPECT(psi_slice(times(row, m, false), PSI_INTS(0, 14), PSI_INTS(1, 18), PSI_NONE), PSI_INTS(1, 4), 15,
           15, 15, 15);
    /* Numbers so small that scaled copies of them would vanish. */
    psi_array tiny = psi_multiply(x, psi_scalar(0x1p-120, PSI_FLOAT32));
    EXPECT(psi_multiply(times(tiny, m, true), psi_scalar(0x1p120, PSI_FLOAT32)), PSI_INTS(1, 2), 480, -480);
    /* What is not finite spreads as it does in a product of floats. */
    float odd[64] = {0};
    odd[3] = INFINITY;
    odd[35] = NAN;
    EXPECT(times(psi_array_from(odd, PSI_INTS(2, 32), PSI_FLOAT32), m, true), PSI_INTS(2, 2), INFINITY,
           -INFINITY, NAN, NAN);
    assert_int_equal(psi_size(times(psi_zeros(PSI_INTS(0, 32), PSI_FLOAT32), m, true)), 0);
    matrix nothing = pack(psi_zeros(PSI_INTS(3, 0), PSI_FLOAT32), 32, 4, "affine");
    EXPECT(times(psi_zeros(PSI_INTS(1, 0), PSI_FLOAT32), nothing, true), PSI_INTS(1, 3), 0, 0, 0);
}

static void batches(void **state)
{
    (void)state;
    PSI_SCOPE;
    matrix m = pack(normal(PSI_INTS(3, 24, 64), 5), 32, 4, "affine");
    psi_array w = psi_swapaxes(unpack(m), -1, -2), x = normal(PSI_INTS(2, 1, 5, 64), 6);
    psi_array y = times(x, m, true);
    assert_int_equal(psi_ndim(y), 4);
    assert_int_equal(psi_dim(y, 1), 3);
    expect_close(y, psi_matmul(x, w), 1e-5);
    expect_close(times(normal(PSI_INTS(5, 64), 8), m, true), psi_matmul(normal(PSI_INTS(5, 64), 8), w), 1e-5);
    expect_close(times(normal(PSI_INTS(64), 8), m, true), psi_matmul(normal(PSI_INTS(64), 8), w), 1e-5);
    psi_array turned = psi_swapaxes(normal(PSI_INTS(3, 64, 9), 9), 1, 2);
    expect_close(times(turned, m, true), psi_matmul(turned, w), 1e-5);
    matrix one = pack(normal(PSI_INTS(24, 64), 5), 32, 8, "affine");
    expect_close(times(x, one, true), psi_matmul(x, psi_swapaxes(unpack(one), 0, 1)), 1e-5);
}

static psi_array chosen(psi_array x, matrix m, psi_array left, psi_array right, bool transpose, bool sorted)
{
    return psi_gather_qmm(x, m.w, m.scales, m.biases, left, right, transpose, m.group, m.bits, m.mode,
                          sorted);
}

static void gathered(void **state)
{
    (void)state;
    PSI_SCOPE;
    const char *modes[] = {"affine", "mxfp4", "mxfp8", "nvfp4"};
    const int64_t bits[] = {4, 4, 8, 4}, groups[] = {64, 32, 32, 16};
    psi_array left = psi_array_from((int32_t[]){0, 2, 1, 1, 2, 0}, PSI_INTS(2, 3), PSI_INT32);
    psi_array right = psi_array_from((uint32_t[]){3, 3, 0}, PSI_INTS(3), PSI_UINT32);
    for (int i = 0; i < 4; i++)
        for (int t = 0; t < 2; t++) {
            matrix m = pack(normal(PSI_INTS(2, 2, 64, 128), 5), groups[i], bits[i], modes[i]);
            psi_array x = normal(t ? PSI_INTS(3, 2, 128) : PSI_INTS(3, 2, 64), 6), w = unpack(m);
            w = t ? psi_swapaxes(w, -1, -2) : w;
            expect_close(chosen(x, m, left, right, t, false), psi_gather_mm(x, w, left, right, false), 1e-5);
            expect_close(chosen(x, m, NULL, right, t, true), psi_gather_mm(x, w, NULL, right, false), 1e-5);
            psi_array column = psi_array_from((uint8_t[]){2, 0}, PSI_INTS(2, 1), PSI_UINT8);
            expect_close(chosen(x, m, column, NULL, t, false), psi_gather_mm(x, w, column, NULL, false),
                         1e-5);
        }
}

/* Rows in order with sorted matrices are products of many rows. */
static void gathered_runs(void **state)
{
    (void)state;
    PSI_SCOPE;
    matrix m = pack(normal(PSI_INTS(4, 24, 64), 5), 64, 4, "affine");
    psi_array x = normal(PSI_INTS(12, 1, 64), 6), w = psi_swapaxes(unpack(m), -1, -2);
    psi_array right =
        psi_array_from((uint32_t[]){0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 3}, PSI_INTS(12), PSI_UINT32);
    expect_close(chosen(x, m, NULL, right, true, true), psi_gather_mm(x, w, NULL, right, false), 1e-5);
}

static void both_quantised(void **state)
{
    (void)state;
    PSI_SCOPE;
    const char *modes[] = {"nvfp4", "mxfp8"};
    const int64_t bits[] = {4, 8}, groups[] = {16, 32};
    psi_array x = normal(PSI_INTS(5, 96), 1), w = normal(PSI_INTS(7, 96), 2);
    for (int i = 0; i < 2; i++) {
        matrix m = pack(w, groups[i], bits[i], modes[i]), rows = pack(x, groups[i], bits[i], modes[i]);
        psi_array y = psi_qqmm(x, m.w, m.scales, PSI_NO_INT, PSI_NO_INT, modes[i], NULL, NULL);
        psi_array expected = psi_matmul(unpack(rows), psi_transpose(unpack(m), PSI_NONE));
        expect_close(y, expected, 1e-5);
        expect_close(psi_qqmm(x, w, NULL, PSI_NO_INT, PSI_NO_INT, modes[i], NULL, NULL), expected, 1e-5);
        psi_array box = psi_reshape(x, PSI_INTS(1, 5, 96));
        y = psi_qqmm(psi_astype(box, PSI_FLOAT16), m.w, m.scales, PSI_NO_INT, PSI_NO_INT, modes[i], NULL,
                     NULL);
        assert_int_equal(psi_ndim(y), 3);
        assert_int_equal(psi_dtype_of(y), PSI_FLOAT16);
    }
    psi_array largest = psi_scalar(4, PSI_FLOAT32);
    psi_arrays q = psi_quantize(w, 16, 4, "nvfp4", largest), p = psi_quantize(x, 16, 4, "nvfp4", largest);
    psi_array left = psi_dequantize(p.data[0], p.data[1], NULL, 16, 4, "nvfp4", largest, PSI_FLOAT32);
    psi_array right = psi_dequantize(q.data[0], q.data[1], NULL, 16, 4, "nvfp4", largest, PSI_FLOAT32);
    psi_array expected = psi_matmul(left, psi_transpose(right, PSI_NONE));
    expect_close(psi_qqmm(x, q.data[0], q.data[1], 16, 4, "nvfp4", largest, largest), expected, 1e-5);
    expect_close(psi_qqmm(x, w, NULL, 16, 4, "nvfp4", largest, largest), expected, 1e-5);
    /* Halves go to even codes: 0.75 becomes 1, 1.25 becomes 1, 5 becomes 4. */
    float ties[16] = {6, 0.75f, 1.25f, 5, -2.5f, 0.25f};
    psi_array row = psi_array_from(ties, PSI_INTS(1, 16), PSI_FLOAT32), eye = psi_eye(16, 16, 0, PSI_FLOAT32);
    psi_array y =
        psi_qqmm(row, psi_multiply(eye, psi_scalar(6, PSI_FLOAT32)), NULL, 16, 4, "nvfp4", NULL, NULL);
    EXPECT(y, PSI_INTS(1, 16), 36, 6, 6, 24, -12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

/* ---- transforms ---- */

typedef struct setting {
    matrix m;
    psi_array x, left, right;
    bool transpose;
} setting;

static psi_array wide(psi_array a)
{
    return a ? psi_astype(a, PSI_FLOAT64) : NULL;
}

/* Of x, scales and biases. */
static psi_arrays product(psi_arrays in, void *context)
{
    setting *s = context;
    return LIST(psi_gather_qmm(in.data[0], s->m.w, in.data[1], in.data[2], s->left, s->right, s->transpose,
                               s->m.group, s->m.bits, "affine", false));
}

/* The same in float64, where it is made of ordinary ops. */
static void compare_transforms(setting s)
{
    psi_arrays in = PSI_ARRAYS(s.x, s.m.scales, s.m.biases);
    psi_arrays exact = PSI_ARRAYS(wide(s.x), wide(s.m.scales), wide(s.m.biases)), outputs, mine, theirs;
    psi_array y = product(in, &s).data[0], g = normal(psi_shape(y), 11);
    assert_true(psi_vjp(product, &s, in, PSI_ARRAYS(g), &outputs, &mine));
    assert_true(psi_vjp(product, &s, exact, PSI_ARRAYS(wide(g)), &outputs, &theirs));
    for (int i = 0; i < 3; i++)
        expect_close(mine.data[i], psi_astype(theirs.data[i], PSI_FLOAT32), 1e-4);
}

static void compare_tangents(setting s)
{
    psi_arrays in = PSI_ARRAYS(s.x, s.m.scales, s.m.biases);
    psi_arrays exact = PSI_ARRAYS(wide(s.x), wide(s.m.scales), wide(s.m.biases)), outputs, mine, theirs;
    psi_array t[3];
    for (int i = 0; i < 3; i++)
        t[i] = normal(psi_shape(in.data[i]), (uint64_t)i);
    assert_true(psi_jvp(product, &s, in, PSI_ARRAYS(t[0], t[1], t[2]), &outputs, &mine));
    assert_true(
        psi_jvp(product, &s, exact, PSI_ARRAYS(wide(t[0]), wide(t[1]), wide(t[2])), &outputs, &theirs));
    expect_close(mine.data[0], psi_astype(theirs.data[0], PSI_FLOAT32), 1e-4);
}

static void gradients(void **state)
{
    (void)state;
    PSI_SCOPE;
    for (int t = 0; t < 2; t++) {
        setting s = {.m = pack(normal(PSI_INTS(32, 64), 5), 32, 4, "affine"), .transpose = t};
        s.x = normal(t ? PSI_INTS(2, 3, 64) : PSI_INTS(2, 3, 32), 6);
        compare_transforms(s);
        compare_tangents(s);
        s.m = pack(normal(PSI_INTS(2, 32, 64), 5), 32, 8, "affine");
        compare_transforms(s);
        compare_tangents(s);
    }
}

static void gradients_of_gathered(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array left = psi_array_from((int32_t[]){0, 2, 1, 1}, PSI_INTS(2, 2), PSI_INT32);
    psi_array right = psi_array_from((uint32_t[]){3, 3, 0, 1}, PSI_INTS(2, 2), PSI_UINT32);
    for (int t = 0; t < 2; t++) {
        setting s = {.m = pack(normal(PSI_INTS(2, 2, 32, 64), 5), 32, 4, "affine"), .transpose = t};
        s.x = normal(t ? PSI_INTS(3, 2, 64) : PSI_INTS(3, 2, 32), 6);
        s.left = left;
        s.right = right;
        compare_transforms(s);
    }
}

/* Of scales of 8 bits. */
static psi_arrays of_scales(psi_arrays in, void *context)
{
    setting *s = context;
    return LIST(
        psi_gather_qmm(s->x, s->m.w, in.data[0], NULL, s->left, s->right, true, 32, 4, "mxfp4", false));
}

static void refused_gradients(void **state)
{
    (void)state;
    PSI_SCOPE;
    setting s = {.m = pack(normal(PSI_INTS(32, 64), 5), 32, 4, "mxfp4"), .x = normal(PSI_INTS(3, 64), 6)};
    psi_arrays outputs, vjps;
    psi_array g = psi_ones(PSI_INTS(3, 32), PSI_FLOAT32);
    for (int i = 0; i < 2; i++) {
        psi_error_record e = {0};
        assert_false(psi_vjp(of_scales, &s, PSI_ARRAYS(s.m.scales), PSI_ARRAYS(g), &outputs, &vjps));
        assert_true(psi_error(&e));
        assert_int_equal(e.code, PSI_UNSUPPORTED_GRADIENT);
        assert_int_equal(e.kind, PSI_VALUE_ERROR);
        s.left = s.right = psi_array_from((int32_t[]){0}, PSI_INTS(1), PSI_INT32);
        g = psi_ones(PSI_INTS(1, 3, 32), PSI_FLOAT32);
    }
}

static psi_arrays batched(psi_arrays in, void *context)
{
    setting *s = context;
    psi_array biases = in.count > 3 ? in.data[3] : NULL;
    return LIST(psi_gather_qmm(in.data[0], in.data[1], in.data[2], biases, s->left, s->right, true,
                               s->m.group, s->m.bits, s->m.mode, false));
}

static void batching(void **state)
{
    (void)state;
    PSI_SCOPE;
    setting s = {.m = pack(normal(PSI_INTS(4, 24, 64), 5), 32, 4, "affine")};
    psi_array x = normal(PSI_INTS(4, 3, 64), 6), w = psi_swapaxes(unpack(s.m), 1, 2);
    psi_arrays in = PSI_ARRAYS(x, s.m.w, s.m.scales, s.m.biases);
    expect_close(psi_vmap(batched, &s, in, PSI_INTS(0, 0, 0, 0), PSI_NONE).data[0], psi_matmul(x, w), 1e-5);
    psi_array rows = normal(PSI_INTS(64, 4), 7);
    in = PSI_ARRAYS(rows, s.m.w, s.m.scales, s.m.biases);
    expect_close(
        psi_vmap(batched, &s, in, PSI_INTS(1, 0, 0, 0), PSI_NONE).data[0],
        psi_squeeze(psi_matmul(psi_expand_dims(psi_transpose(rows, PSI_NONE), PSI_INTS(1)), w), PSI_INTS(1)),
        1e-5);
    expect_close(
        psi_vmap(batched, &s, PSI_ARRAYS(x, s.m.w, s.m.scales, s.m.biases), PSI_INTS(1, -1, -1, -1), PSI_NONE)
            .data[0],
        psi_matmul(psi_expand_dims(psi_swapaxes(x, 0, 1), PSI_INTS(1)), w), 1e-5);
}

static void batching_of_gathered(void **state)
{
    (void)state;
    PSI_SCOPE;
    setting s = {.m = pack(normal(PSI_INTS(3, 4, 24, 64), 5), 32, 8, "mxfp8")};
    s.left = psi_array_from((int32_t[]){1, 0, 1}, PSI_INTS(3), PSI_INT32);
    s.right = psi_array_from((int32_t[]){3, 0, 2}, PSI_INTS(3), PSI_INT32);
    psi_array x = normal(PSI_INTS(2, 3, 5, 64), 6), w = psi_swapaxes(unpack(s.m), -1, -2), each[3];
    for (int i = 0; i < 3; i++)
        each[i] = psi_gather_mm(psi_take_index(x, i, 1), psi_take_index(w, i, 0), s.left, s.right, false);
    psi_array expected = psi_stack(PSI_ARRAYS(each[0], each[1], each[2]), 0);
    psi_arrays in = PSI_ARRAYS(x, s.m.w, s.m.scales);
    expect_close(psi_vmap(batched, &s, in, PSI_INTS(1, 0, 0), PSI_NONE).data[0], expected, 1e-5);
}

static void refusals(void **state)
{
    (void)state;
    PSI_SCOPE;
    matrix m = pack(normal(PSI_INTS(32, 64), 5), 32, 4, "affine"),
           f = pack(normal(PSI_INTS(32, 64), 5), 32, 4, "mxfp4");
    psi_array x = normal(PSI_INTS(3, 64), 6), index = psi_array_from((int32_t[]){1}, PSI_INTS(1), PSI_INT32);
#define REFUSED(x, w, s, b, t, g, n, mode) \
    expect_error(psi_quantized_matmul(x, w, s, b, t, g, n, mode), PSI_VALUE_ERROR)
    REFUSED(x, m.w, m.scales, m.biases, false, 32, 4, "affine");
    REFUSED(x, m.w, m.scales, m.biases, true, 64, 4, "affine");
    REFUSED(x, m.w, m.scales, m.biases, true, 32, 7, "affine");
    REFUSED(x, m.w, m.scales, m.biases, true, 32, 4, "mxfp4");
    REFUSED(x, m.w, m.scales, NULL, true, 32, 4, "affine");
    REFUSED(x, m.w, m.scales, NULL, true, 32, 4, "mxfp4");
    REFUSED(x, f.w, f.scales, NULL, true, 32, 8, "mxfp4");
    REFUSED(x, f.w, f.scales, NULL, true, 32, 4, "fp4");
    REFUSED(psi_astype(x, PSI_COMPLEX64), m.w, m.scales, m.biases, true, 32, 4, "affine");
    REFUSED(psi_astype(x, PSI_INT32), f.w, f.scales, NULL, true, 32, 4, "mxfp4");
    REFUSED(psi_scalar(1, PSI_FLOAT32), m.w, m.scales, m.biases, true, 32, 4, "affine");
    REFUSED(x, psi_astype(m.w, PSI_INT64), m.scales, m.biases, true, 32, 4, "affine");
    REFUSED(normal(PSI_INTS(3, 2, 64), 1), psi_stack(PSI_ARRAYS(m.w, m.w), 0),
            psi_stack(PSI_ARRAYS(m.scales, m.scales), 0), psi_stack(PSI_ARRAYS(m.biases, m.biases), 0), true,
            32, 8, "affine");
    expect_error(chosen(x, m, NULL, psi_astype(index, PSI_FLOAT32), true, false), PSI_VALUE_ERROR);
    expect_error(chosen(psi_reshape(x, PSI_INTS(192)), m, NULL, index, true, false), PSI_VALUE_ERROR);
    expect_error(chosen(normal(PSI_INTS(64), 1), m, NULL, index, true, false), PSI_VALUE_ERROR);
    expect_error(chosen(x, m, NULL, index, true, false), PSI_INDEX_ERROR);
    matrix n = pack(normal(PSI_INTS(32, 64), 5), 16, 4, "nvfp4");
    psi_array one = psi_scalar(1, PSI_FLOAT32);
    expect_error(psi_qqmm(x, f.w, f.scales, 32, 4, "mxfp4", NULL, NULL), PSI_VALUE_ERROR);
    expect_error(psi_qqmm(x, n.w, NULL, 16, 4, "nvfp4", NULL, NULL), PSI_VALUE_ERROR);
    expect_error(psi_qqmm(x, x, n.scales, 16, 4, "nvfp4", NULL, NULL), PSI_VALUE_ERROR);
    expect_error(psi_qqmm(x, n.w, n.scales, 16, 4, "nvfp4", one, NULL), PSI_VALUE_ERROR);
    expect_error(psi_qqmm(x, n.w, n.scales, 32, 4, "nvfp4", NULL, NULL), PSI_VALUE_ERROR);
    expect_error(psi_qqmm(wide(x), n.w, n.scales, 16, 4, "nvfp4", NULL, NULL), PSI_VALUE_ERROR);
    expect_error(psi_qqmm(x, normal(PSI_INTS(3, 48), 1), NULL, 16, 4, "nvfp4", NULL, NULL), PSI_VALUE_ERROR);
    expect_error(psi_qqmm(x, normal(PSI_INTS(1, 3, 64), 1), NULL, 16, 4, "nvfp4", NULL, NULL),
                 PSI_VALUE_ERROR);
    expect_error(psi_qqmm(x, psi_astype(x, PSI_INT32), NULL, 16, 4, "nvfp4", NULL, NULL), PSI_VALUE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind),
        cmocka_unit_test(hard_numbers),
        cmocka_unit_test(odd_numbers),
        cmocka_unit_test(numbers),
        cmocka_unit_test(batches),
        cmocka_unit_test(gathered),
        cmocka_unit_test(gathered_runs),
        cmocka_unit_test(both_quantised),
        cmocka_unit_test(gradients),
        cmocka_unit_test(gradients_of_gathered),
        cmocka_unit_test(refused_gradients),
        cmocka_unit_test(batching),
        cmocka_unit_test(batching_of_gathered),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
