/* gemm.c: the matrix product's kernels for one ISA: register tiles, packers, matrix-vector loops.
 * Invariant: each output element is the same chain of fused multiply-adds in every tile variant, so cutting a
 * product differently changes no bits. */
#include "cpu/gemm_kernels.h"

#include "cpu/isa/gemm_packed.h"
#include "cpu/isa/gemm_simd.h"

#if LANES == 16
#define MR 14
#define NV 2
#define TILES(X, v) \
    X(1, v)         \
    X(2, v)         \
    X(3, v) X(4, v) X(5, v) X(6, v) X(7, v) X(8, v) X(9, v) X(10, v) X(11, v) X(12, v) X(13, v) X(14, v)
#elif LANES == 8
#define MR 6
#define NV 2
#define TILES(X, v) X(1, v) X(2, v) X(3, v) X(4, v) X(5, v) X(6, v)
#else
#define MR 4
#define NV 2
#define TILES(X, v) X(1, v) X(2, v) X(3, v) X(4, v)
#endif
#define NR (NV * LANES)

/* Rows and vectors are constants at every call, so that the sums stay in registers. */
ALWAYS_INLINE void tile(const psi_gemm_tile *t, int rows, int vectors, int64_t a_row, int64_t a_step,
                        int64_t b_step, bool in_parts)
{
    vf sum[MR][NV];
    const float *b = t->b;
    const char *ahead = t->ahead;
    float *c = t->c;
#pragma GCC unroll 32
    for (int i = 0; i < MR; i++)
#pragma GCC unroll 32
        for (int v = 0; v < NV; v++)
            sum[i][v] = (vf){0};
#pragma GCC unroll 32
    for (int i = 0; i < MR; i++)
        if (i < rows)
            __builtin_prefetch(c + i * t->c_row, 1);
    for (int64_t part = 0; part < (in_parts ? t->parts : 1); part++) {
        const float *a = in_parts ? t->a + t->offsets[part] : t->a;
        for (int64_t k = t->k; k > 0; k--) {
            vf bk[NV];
            if (!in_parts)
                __builtin_prefetch(ahead, 0, 2);
            ahead += t->ahead_step;
#pragma GCC unroll 32
            for (int v = 0; v < NV; v++)
                if (v < vectors)
                    bk[v] = load_f32(b + v * LANES);
#pragma GCC unroll 32
            for (int i = 0; i < MR; i++)
                if (i < rows) {
                    vf ak = splat(a[i * a_row]);
#pragma GCC unroll 32
                    for (int v = 0; v < NV; v++)
                        if (v < vectors)
                            sum[i][v] = fma_f32(ak, bk[v], sum[i][v]);
                }
            a += a_step;
            b += b_step;
        }
    }
#pragma GCC unroll 32
    for (int i = 0; i < MR; i++)
#pragma GCC unroll 32
        for (int v = 0; v < NV; v++)
            if (i < rows && v < vectors) {
                float *at = c + i * t->c_row + v * LANES;
                store_f32(at, t->add ? load_f32(at) + sum[i][v] : sum[i][v]);
            }
}

#define DEFINE_TILE(rows, v)                                     \
    static void packed_##rows##_##v(const psi_gemm_tile *t)      \
    {                                                            \
        tile(t, rows, v, 1, MR, NR, false);                      \
    }                                                            \
    static void direct_##rows##_##v(const psi_gemm_tile *t)      \
    {                                                            \
        tile(t, rows, v, t->a_row, t->a_step, t->b_step, false); \
    }                                                            \
    static void patches_##rows##_##v(const psi_gemm_tile *t)     \
    {                                                            \
        tile(t, rows, v, t->a_row, 1, NR, true);                 \
    }
TILES(DEFINE_TILE, 1)
TILES(DEFINE_TILE, 2)

#define NAME_PACKED(rows, v) packed_##rows##_##v,
#define NAME_DIRECT(rows, v) direct_##rows##_##v,
#define NAME_PATCHES(rows, v) patches_##rows##_##v,
static const psi_gemm_tile_fn packed_tiles[] = {TILES(NAME_PACKED, 1) TILES(NAME_PACKED, 2)};
static const psi_gemm_tile_fn direct_tiles[] = {TILES(NAME_DIRECT, 1) TILES(NAME_DIRECT, 2)};
static const psi_gemm_tile_fn patches_tiles[] = {TILES(NAME_PATCHES, 1) TILES(NAME_PATCHES, 2)};

/* Lanes are neighbours in memory. Whole vectors are stored here too: see pack_across. */
ALWAYS_INLINE void pack_along(psi_dtype dtype, const char *data, int64_t step, int width, int lanes,
                              int64_t k, float *out)
{
    for (int64_t i = 0; i < k; i++, data += step, out += width)
#pragma GCC unroll 32
        for (int lane = 0; lane < width; lane += LANES) {
            vf v = lane + LANES <= lanes ? load_vector(dtype, data, lane)
                                         : load_some(dtype, data, lane, lanes - lane);
            if (width % LANES == 0 || i < k - 1)
                store_f32(out + lane, v);
            else
                memcpy(out + lane, &v, (size_t)width % LANES * sizeof *out);
        }
}

/* k runs through memory: squares are turned in registers. A panel narrower than a vector is stored by whole vectors too,
 * each but the last of a square ending in what the next one writes. */
ALWAYS_INLINE void pack_across(psi_dtype dtype, const char *data, int64_t step, int width, int lanes,
                               int64_t k, float *out)
{
    int64_t whole = k / LANES * LANES;
    for (int first = 0; first < width; first += LANES)
        for (int64_t i = 0; i < whole; i += LANES) {
            vf row[LANES];
#pragma GCC unroll 32
            for (int r = 0; r < LANES; r++)
                row[r] = first + r < lanes ? load_vector(dtype, data + (first + r) * step, i) : (vf){0};
            transpose_lanes(row);
#pragma GCC unroll 32
            for (int r = 0; r < LANES; r++)
                if (width % LANES == 0 || r < LANES - 1)
                    store_f32(out + (i + r) * width + first, row[r]);
                else
                    memcpy(out + (i + r) * width + first, &row[r], (size_t)width * sizeof *out);
        }
    for (int64_t i = whole; i < k; i++)
        for (int lane = 0; lane < width; lane++)
            out[i * width + lane] = lane < lanes ? load_one(dtype, data + lane * step, i) : 0;
}

ALWAYS_INLINE void pack(psi_dtype dtype, const char *data, int64_t lane_stride, int64_t k_stride, int width,
                        int lanes, int64_t k, float *out)
{
    int64_t size = dtype == PSI_FLOAT32 ? 4 : 2;
    if (lane_stride == 1) {
        pack_along(dtype, data, k_stride * size, width, lanes, k, out);
    } else if (k_stride == 1) {
        pack_across(dtype, data, lane_stride * size, width, lanes, k, out);
    } else {
        for (int64_t i = 0; i < k; i++, data += k_stride * size, out += width)
            for (int lane = 0; lane < width; lane++)
                out[lane] = lane < lanes ? load_one(dtype, data, lane * lane_stride) : 0;
    }
}

#define DEFINE_PACK(name, width)                                                                          \
    static void name(psi_dtype dtype, const void *data, int64_t lane_stride, int64_t k_stride, int lanes, \
                     int64_t k, float *out)                                                               \
    {                                                                                                     \
        if (dtype == PSI_FLOAT32)                                                                         \
            pack(PSI_FLOAT32, data, lane_stride, k_stride, width, lanes, k, out);                         \
        else if (dtype == PSI_FLOAT16)                                                                    \
            pack(PSI_FLOAT16, data, lane_stride, k_stride, width, lanes, k, out);                         \
        else                                                                                              \
            pack(PSI_BFLOAT16, data, lane_stride, k_stride, width, lanes, k, out);                        \
    }
DEFINE_PACK(pack_a, MR)
DEFINE_PACK(pack_b, NR)

ALWAYS_INLINE void load_row(psi_dtype dtype, int64_t n, const void *data, int64_t stride, float *out)
{
    int64_t i = 0;
    if (stride == 1)
        for (; i + LANES <= n; i += LANES)
            store_f32(out + i, load_vector(dtype, data, i));
    for (; i < n; i++)
        out[i] = load_one(dtype, data, i * stride);
}

static void load(psi_dtype dtype, int64_t n, const void *data, int64_t stride, float *out)
{
    if (dtype == PSI_FLOAT32)
        load_row(PSI_FLOAT32, n, data, stride, out);
    else if (dtype == PSI_FLOAT16)
        load_row(PSI_FLOAT16, n, data, stride, out);
    else
        load_row(PSI_BFLOAT16, n, data, stride, out);
}

ALWAYS_INLINE void store_row(psi_dtype dtype, int64_t n, const float *in, void *out)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        store_vector(dtype, out, i, load_f32(in + i));
    for (; i < n; i++)
        store_one(dtype, out, i, in[i]);
}

static void store(psi_dtype dtype, int64_t n, const float *in, void *out)
{
    if (dtype == PSI_FLOAT32)
        store_row(PSI_FLOAT32, n, in, out);
    else if (dtype == PSI_FLOAT16)
        store_row(PSI_FLOAT16, n, in, out);
    else
        store_row(PSI_BFLOAT16, n, in, out);
}

/* What is asked for ahead of a stream read once: a page, which the processor's own prefetcher does not cross. */
#define AHEAD 4096

/* `rows` is 1 or 4, a constant; both add each row in the same order. */
ALWAYS_INLINE void dot_rows(psi_dtype dtype, int rows, int64_t k, const char *data, int64_t step,
                            const float *x, float *y)
{
    enum { CHAINS = 2 };
    int64_t size = dtype == PSI_FLOAT32 ? 4 : 2, i = 0;
    vf sum[4][CHAINS];
#pragma GCC unroll 32
    for (int r = 0; r < 4; r++)
#pragma GCC unroll 32
        for (int c = 0; c < CHAINS; c++)
            sum[r][c] = (vf){0};
    for (; i + CHAINS * LANES <= k; i += CHAINS * LANES)
#pragma GCC unroll 32
        for (int r = 0; r < 4; r++)
            if (r < rows) {
                const char *row = data + r * step;
#pragma GCC unroll 32
                for (int64_t byte = 0; byte < CHAINS * LANES * size; byte += 64)
                    __builtin_prefetch(row + i * size + AHEAD + byte);
#pragma GCC unroll 32
                for (int c = 0; c < CHAINS; c++) {
                    vf xs = load_f32(x + i + c * LANES);
                    sum[r][c] = fma_f32(load_vector(dtype, row, i + c * LANES), xs, sum[r][c]);
                }
            }
    for (; i + LANES <= k; i += LANES)
#pragma GCC unroll 32
        for (int r = 0; r < 4; r++)
            if (r < rows)
                sum[r][0] = fma_f32(load_vector(dtype, data + r * step, i), load_f32(x + i), sum[r][0]);
    v4f totals[4];
#pragma GCC unroll 32
    for (int r = 0; r < 4; r++)
        totals[r] = fold_to_four(sum[r][0] + sum[r][1]);
    transpose_four(totals);
    v4f total = (totals[0] + totals[2]) + (totals[1] + totals[3]);
    for (; i < k; i++)
#pragma GCC unroll 32
        for (int r = 0; r < 4; r++)
            if (r < rows)
                total[r] += load_one(dtype, data + r * step, i) * x[i];
#pragma GCC unroll 32
    for (int r = 0; r < 4; r++)
        if (r < rows)
            y[r] = total[r];
}

ALWAYS_INLINE void dot_typed(psi_dtype dtype, int64_t rows, int64_t k, const char *data, int64_t row_stride,
                             const float *x, float *y)
{
    int64_t step = row_stride * (dtype == PSI_FLOAT32 ? 4 : 2), i = 0;
    for (; i + 4 <= rows; i += 4)
        dot_rows(dtype, 4, k, data + i * step, step, x, y + i);
    for (; i < rows; i++)
        dot_rows(dtype, 1, k, data + i * step, step, x, y + i);
}

static void dot(psi_dtype dtype, int64_t rows, int64_t k, const void *data, int64_t row_stride,
                const float *x, float *y)
{
    if (dtype == PSI_FLOAT32)
        dot_typed(PSI_FLOAT32, rows, k, data, row_stride, x, y);
    else if (dtype == PSI_FLOAT16)
        dot_typed(PSI_FLOAT16, rows, k, data, row_stride, x, y);
    else
        dot_typed(PSI_BFLOAT16, rows, k, data, row_stride, x, y);
}

/* `rows` is 1 or 8, a constant; both add in order of k. */
ALWAYS_INLINE void combine_rows(psi_dtype dtype, int rows, int64_t n, const char *data, int64_t step,
                                const float *x, float *y)
{
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        vf sum = load_f32(y + j);
#pragma GCC unroll 32
        for (int r = 0; r < 8; r++)
            if (r < rows) {
                __builtin_prefetch(data + (r + rows) * step + j * (dtype == PSI_FLOAT32 ? 4 : 2));
                sum = fma_f32(load_vector(dtype, data + r * step, j), splat(x[r]), sum);
            }
        store_f32(y + j, sum);
    }
    for (; j < n; j++)
        for (int r = 0; r < rows; r++)
            y[j] = fma_one(load_one(dtype, data + r * step, j), x[r], y[j]);
}

ALWAYS_INLINE void combine_typed(psi_dtype dtype, int64_t n, int64_t k, const char *data, int64_t k_stride,
                                 const float *x, float *y)
{
    int64_t step = k_stride * (dtype == PSI_FLOAT32 ? 4 : 2), i = 0;
    for (; i + 8 <= k; i += 8)
        combine_rows(dtype, 8, n, data + i * step, step, x + i, y);
    for (; i < k; i++)
        combine_rows(dtype, 1, n, data + i * step, step, x + i, y);
}

static void combine(psi_dtype dtype, int64_t n, int64_t k, const void *data, int64_t k_stride, const float *x,
                    float *y)
{
    if (dtype == PSI_FLOAT32)
        combine_typed(PSI_FLOAT32, n, k, data, k_stride, x, y);
    else if (dtype == PSI_FLOAT16)
        combine_typed(PSI_FLOAT16, n, k, data, k_stride, x, y);
    else
        combine_typed(PSI_BFLOAT16, n, k, data, k_stride, x, y);
}

/* `rows` is 1 or 4, a constant; one vector of columns, of which `cols` are stored. */
ALWAYS_INLINE void depthwise_rows(const psi_gemm_tile *t, int rows, const float *a, const float *b, float *c,
                                  int64_t cols)
{
    vf sum[4];
#pragma GCC unroll 32
    for (int i = 0; i < 4; i++)
        sum[i] = (vf){0};
    for (int64_t part = 0; part < t->parts; part++) {
        vf bp = load_f32(b + part * t->b_step);
#pragma GCC unroll 32
        for (int i = 0; i < 4; i++)
            if (i < rows)
                sum[i] = fma_f32(load_f32(a + t->offsets[part] + i * t->a_row), bp, sum[i]);
    }
#pragma GCC unroll 32
    for (int i = 0; i < 4; i++)
        if (i < rows) {
            float *at = c + i * t->c_row, edge[LANES];
            if (cols >= LANES) {
                store_f32(at, t->add ? load_f32(at) + sum[i] : sum[i]);
                continue;
            }
            store_f32(edge, sum[i]);
            for (int64_t j = 0; j < cols; j++)
                at[j] = t->add ? at[j] + edge[j] : edge[j];
        }
}

static void depthwise(const psi_gemm_tile *t, int64_t rows, int64_t cols)
{
    for (int64_t j = 0; j < cols; j += LANES) {
        int64_t i = 0;
        for (; i + 4 <= rows; i += 4)
            depthwise_rows(t, 4, t->a + i * t->a_row + j, t->b + j, t->c + i * t->c_row + j, cols - j);
        for (; i < rows; i++)
            depthwise_rows(t, 1, t->a + i * t->a_row + j, t->b + j, t->c + i * t->c_row + j, cols - j);
    }
}

#include "cpu/isa/gemm_brain.inc"
#include "cpu/isa/gemm_bytes.inc"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
extern const psi_gemm_kernels JOIN(psi_gemm_kernels_, PSI_ISA);
const psi_gemm_kernels JOIN(psi_gemm_kernels_, PSI_ISA) = {
    .mr = MR,
    .nr = NR,
    .lanes = LANES,
    .pair = 1,
    .step = 1,
    .cut = 384,
    .brain = BRAIN_KERNELS,
    .bytes = BYTES_KERNELS,
    .packed = packed_tiles,
    .direct = direct_tiles,
    .patches = patches_tiles,
    .pack_a = pack_a,
    .pack_b = pack_b,
    .load = load,
    .store = store,
    .dot = dot,
    .combine = combine,
    .depthwise = depthwise,
    .expand = expand,
    .dot_packed = dot_packed,
    .arrange = arrange,
};
