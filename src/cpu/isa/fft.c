/* isa: generic v2 v3 v4 */
/* fft.c: Fourier transforms of LANES lines at once, for the ISA named by PSI_ISA: lines are loaded into separate vectors of
 * real and imaginary parts, transformed by Stockham's autosort stages of radix 2, 3, 4, 5, 8 (others up to 13 by their
 * definition), and stored. Element k of all lines is the pair x[2k], x[2k + 1]. */
#include <math.h>
#include <string.h>

#include "cpu/fft.h"
#include "cpu/isa/gemm_simd.h"

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)

typedef double vd __attribute__((vector_size(LANES * 4)));
enum { PAIRS = LANES / 2 }; /* complex numbers in a vector */

#if LANES == 16
#define ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define ZIP_HIGH(a, b) \
    __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#define PAIR_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define PAIR_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define ROUNDS 3
#elif LANES == 8
#define ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define ZIP_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15)
#define PAIR_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define PAIR_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define ROUNDS 2
#else
#define ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define ZIP_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7)
#define PAIR_LOW(a, b) __builtin_shufflevector(a, b, 0, 2)
#define PAIR_HIGH(a, b) __builtin_shufflevector(a, b, 1, 3)
#define ROUNDS 1
#endif

/* A complex number of every lane. */
typedef struct cv {
    vf r, i;
} cv;

ALWAYS_INLINE cv plus(cv a, cv b)
{
    return (cv){a.r + b.r, a.i + b.i};
}

ALWAYS_INLINE cv minus(cv a, cv b)
{
    return (cv){a.r - b.r, a.i - b.i};
}

/* -i a */
ALWAYS_INLINE cv turned(cv a)
{
    return (cv){a.i, -a.r};
}

ALWAYS_INLINE cv scaled(cv a, float by)
{
    vf s = splat(by);
    return (cv){a.r * s, a.i * s};
}

ALWAYS_INLINE cv times(cv a, vf r, vf i)
{
    return (cv){fma_f32(a.r, r, -(a.i * i)), fma_f32(a.r, i, a.i * r)};
}

/* ---- transforms of small order, in place ---- */

ALWAYS_INLINE void order_2(cv *a)
{
    cv b = a[1];
    a[1] = minus(a[0], b);
    a[0] = plus(a[0], b);
}

ALWAYS_INLINE void order_3(cv *a)
{
    cv sum = plus(a[1], a[2]), turn = turned(scaled(minus(a[1], a[2]), 0.8660254037844386f));
    cv mid = minus(a[0], scaled(sum, 0.5f));
    a[0] = plus(a[0], sum);
    a[1] = plus(mid, turn);
    a[2] = minus(mid, turn);
}

ALWAYS_INLINE void order_4(cv *a)
{
    cv even = plus(a[0], a[2]), even_gap = minus(a[0], a[2]);
    cv odd = plus(a[1], a[3]), odd_gap = turned(minus(a[1], a[3]));
    a[0] = plus(even, odd);
    a[1] = plus(even_gap, odd_gap);
    a[2] = minus(even, odd);
    a[3] = minus(even_gap, odd_gap);
}

ALWAYS_INLINE void order_5(cv *a)
{
    const float c1 = 0.30901699437494745f, c2 = -0.8090169943749475f, s1 = 0.9510565162951535f,
                s2 = 0.5877852522924731f;
    cv sum1 = plus(a[1], a[4]), gap1 = minus(a[1], a[4]), sum2 = plus(a[2], a[3]), gap2 = minus(a[2], a[3]);
    cv mid1 = plus(a[0], plus(scaled(sum1, c1), scaled(sum2, c2)));
    cv mid2 = plus(a[0], plus(scaled(sum1, c2), scaled(sum2, c1)));
    cv turn1 = turned(plus(scaled(gap1, s1), scaled(gap2, s2)));
    cv turn2 = turned(minus(scaled(gap1, s2), scaled(gap2, s1)));
    a[0] = plus(a[0], plus(sum1, sum2));
    a[1] = plus(mid1, turn1);
    a[2] = plus(mid2, turn2);
    a[3] = minus(mid2, turn2);
    a[4] = minus(mid1, turn1);
}

ALWAYS_INLINE void order_8(cv *a)
{
    const float half = 0.7071067811865476f;
    cv even[4] = {a[0], a[2], a[4], a[6]}, odd[4] = {a[1], a[3], a[5], a[7]};
    order_4(even);
    order_4(odd);
    odd[1] = scaled(plus(odd[1], turned(odd[1])), half);
    odd[2] = turned(odd[2]);
    odd[3] = scaled(minus(turned(odd[3]), odd[3]), half);
    for (int k = 0; k < 4; k++) {
        a[k] = plus(even[k], odd[k]);
        a[k + 4] = minus(even[k], odd[k]);
    }
}

/* ---- stages: x to y, where parts of `length` numbers lie `step` apart ---- */

#define STAGE(radix)                                                                             \
    static void stage_##radix(const vf *x, vf *y, int64_t length, int64_t step, const float *w)  \
    {                                                                                            \
        int64_t places = length / radix;                                                         \
        for (int64_t place = 0; place < places; place++, w += 2 * (radix - 1))                   \
            for (int64_t q = 0; q < step; q++) {                                                 \
                cv a[radix];                                                                     \
                for (int k = 0; k < radix; k++) {                                                \
                    const vf *from = x + 2 * (q + step * (place + places * k));                  \
                    a[k] = (cv){from[0], from[1]};                                               \
                }                                                                                \
                order_##radix(a);                                                                \
                vf *to = y + 2 * (q + step * radix * place);                                     \
                to[0] = a[0].r;                                                                  \
                to[1] = a[0].i;                                                                  \
                for (int k = 1; k < radix; k++) {                                                \
                    cv b = place ? times(a[k], splat(w[2 * k - 2]), splat(w[2 * k - 1])) : a[k]; \
                    to[2 * step * k] = b.r;                                                      \
                    to[2 * step * k + 1] = b.i;                                                  \
                }                                                                                \
            }                                                                                    \
    }
STAGE(2)
STAGE(3)
STAGE(4)
STAGE(5)
STAGE(8)

/* Any radix, by the definition. */
static void stage_any(const vf *x, vf *y, int64_t length, int64_t step, const psi_fft_stage *s)
{
    int64_t places = length / s->radix;
    const float *w = s->twiddles;
    for (int64_t place = 0; place < places; place++, w += 2 * (s->radix - 1))
        for (int64_t q = 0; q < step; q++)
            for (int k = 0; k < s->radix; k++) {
                cv sum = {splat(0), splat(0)};
                for (int j = 0; j < s->radix; j++) {
                    const vf *from = x + 2 * (q + step * (place + places * j));
                    const float *root = s->roots + 2 * (j * k % s->radix);
                    sum = plus(sum, times((cv){from[0], from[1]}, splat(root[0]), splat(root[1])));
                }
                if (k && place)
                    sum = times(sum, splat(w[2 * k - 2]), splat(w[2 * k - 1]));
                vf *to = y + 2 * (q + step * (s->radix * place + k));
                to[0] = sum.r;
                to[1] = sum.i;
            }
}

/* The transform of x, in x or in y; the other one is overwritten. */
static vf *transform_smooth(const psi_fft_plan *plan, vf *x, vf *y)
{
    int64_t length = plan->n, step = 1;
    for (int i = 0; i < plan->stages; i++) {
        const psi_fft_stage *s = &plan->stage[i];
        switch (s->radix) {
        case 2:
            stage_2(x, y, length, step, s->twiddles);
            break;
        case 3:
            stage_3(x, y, length, step, s->twiddles);
            break;
        case 4:
            stage_4(x, y, length, step, s->twiddles);
            break;
        case 5:
            stage_5(x, y, length, step, s->twiddles);
            break;
        case 8:
            stage_8(x, y, length, step, s->twiddles);
            break;
        default:
            stage_any(x, y, length, step, s);
        }
        vf *z = x;
        x = y;
        y = z;
        length /= s->radix;
        step *= s->radix;
    }
    return x;
}

/* x *= factor for n numbers, the result's parts traded when `swap`. */
static void multiply(vf *x, const float *factor, int64_t n, bool swap)
{
    for (int64_t k = 0; k < n; k++) {
        cv z = times((cv){x[2 * k], x[2 * k + 1]}, splat(factor[2 * k]), splat(factor[2 * k + 1]));
        x[2 * k] = swap ? z.i : z.r;
        x[2 * k + 1] = swap ? z.r : z.i;
    }
}

static vf *transform(const psi_fft_plan *plan, vf *x, vf *y)
{
    const psi_fft_plan *c = plan->convolution;
    if (c == NULL)
        return transform_smooth(plan, x, y);
    multiply(x, plan->chirp, plan->n, false);
    memset(x + 2 * plan->n, 0, (size_t)(c->n - plan->n) * 2 * sizeof *x);
    vf *z = transform_smooth(c, x, y);
    multiply(z, plan->filter, c->n, true);
    z = transform_smooth(c, z, z == x ? y : x);
    for (int64_t k = 0; k < plan->n; k++) {
        vf r = z[2 * k + 1];
        z[2 * k + 1] = z[2 * k];
        z[2 * k] = r;
    }
    multiply(z, plan->chirp, plan->n, false);
    return z;
}

/* ---- loading and storing ---- */

/* PAIRS rows of PAIRS complex numbers to columns: as many perfect shuffles as there are bits in a place. */
ALWAYS_INLINE void transpose(vd *r)
{
    vd t[PAIRS];
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < PAIRS / 2; i++) {
            t[2 * i] = PAIR_LOW(r[i], r[i + PAIRS / 2]);
            t[2 * i + 1] = PAIR_HIGH(r[i], r[i + PAIRS / 2]);
        }
        memcpy(r, t, sizeof t);
    }
}

ALWAYS_INLINE vd load_pairs(const float *p)
{
    vd v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Elements k to k + PAIRS of all lines, each line dense there. */
ALWAYS_INLINE void load_square(const psi_fft_group *g, int64_t at, vf *x)
{
    vd low[PAIRS], high[PAIRS];
    for (int l = 0; l < PAIRS; l++) {
        low[l] = load_pairs(g->in[l] + at);
        high[l] = load_pairs(g->in[l + PAIRS] + at);
    }
    transpose(low);
    transpose(high);
    for (int l = 0; l < PAIRS; l++) {
        x[2 * l] = EVEN((vf)low[l], (vf)high[l]);
        x[2 * l + 1] = ODD((vf)low[l], (vf)high[l]);
    }
}

ALWAYS_INLINE void store_square(const psi_fft_group *g, int64_t at, const vf *x)
{
    vd low[PAIRS], high[PAIRS];
    for (int l = 0; l < PAIRS; l++) {
        low[l] = (vd)ZIP_LOW(x[2 * l], x[2 * l + 1]);
        high[l] = (vd)ZIP_HIGH(x[2 * l], x[2 * l + 1]);
    }
    transpose(low);
    transpose(high);
    for (int l = 0; l < PAIRS; l++) {
        memcpy(g->out[l] + at, &low[l], sizeof(vd));
        memcpy(g->out[l + PAIRS] + at, &high[l], sizeof(vd));
    }
}

static inline int64_t in_at(const psi_fft_group *g, int64_t k)
{
    return k / LANES * g->in_block + k % LANES * g->in_step;
}

/* One element of the lines there are; the other lanes are zero. */
static void load_element(const psi_fft_group *g, int64_t k, vf *x)
{
    float r[LANES] = {0}, i[LANES] = {0};
    int64_t at = in_at(g, k);
    for (int l = 0; l < g->lanes; l++) {
        r[l] = g->in[l][at];
        i[l] = g->in_real ? 0 : g->in[l][at + 1];
    }
    x[0] = load_f32(r);
    x[1] = load_f32(i);
}

static void load_lines(const psi_fft_group *g, vf *x)
{
    int64_t n = g->plan->n, count = g->in_half ? n / 2 + 1 : n, k = 0;
    if (g->lanes == LANES && g->in_next)
        for (; k < count; k++) {
            const float *from = g->in[0] + in_at(g, k);
            vf a = load_f32(from);
            if (g->in_real) {
                x[2 * k] = a;
                x[2 * k + 1] = splat(0);
                continue;
            }
            vf b = load_f32(from + LANES);
            x[2 * k] = EVEN(a, b);
            x[2 * k + 1] = ODD(a, b);
        }
    else if (g->lanes == LANES && g->in_step == 2 && !g->in_real)
        for (; k + PAIRS <= count; k += PAIRS)
            load_square(g, in_at(g, k), x + 2 * k);
    for (; k < count; k++)
        load_element(g, k, x + 2 * k);
    if (g->in_half) { /* what must be real is taken to be */
        x[1] = splat(0);
        if (n % 2 == 0)
            x[n + 1] = splat(0);
    }
    for (; k < n; k++) {
        x[2 * k] = x[2 * (n - k)];
        x[2 * k + 1] = -x[2 * (n - k) + 1];
    }
    for (k = 0; g->in_swap && k < n; k++) {
        vf r = x[2 * k];
        x[2 * k] = x[2 * k + 1];
        x[2 * k + 1] = r;
    }
}

/* What is done to all results before they are stored. */
static void finish(const psi_fft_group *g, vf *x)
{
    vf scale = splat(g->scale);
    for (int64_t k = 0; k < g->out_count; k++) {
        cv z = {x[2 * k], x[2 * k + 1]};
        if (g->by_element) {
            const float *by = g->by_lane + 2 * LANES * k;
            z = times(z, splat(g->by_element[2 * k]), splat(g->by_element[2 * k + 1]));
            z = times(z, load_f32(by), load_f32(by + LANES));
        }
        x[2 * k] = (g->out_swap ? z.i : z.r) * scale;
        x[2 * k + 1] = (g->out_swap ? z.r : z.i) * scale;
    }
}

static void store_element(const psi_fft_group *g, int64_t k, const vf *x)
{
    float r[LANES], i[LANES];
    store_f32(r, x[0]);
    store_f32(i, x[1]);
    for (int l = 0; l < g->lanes; l++) {
        float *to = g->out[l] + k * g->out_step;
        to[0] = r[l];
        if (!g->out_real)
            to[1] = i[l];
    }
}

static void store_lines(const psi_fft_group *g, const vf *x)
{
    int64_t k = 0;
    if (g->lanes == LANES && g->out_next)
        for (; k < g->out_count; k++) {
            float *to = g->out[0] + k * g->out_step;
            if (g->out_real) {
                store_f32(to, x[2 * k]);
                continue;
            }
            store_f32(to, ZIP_LOW(x[2 * k], x[2 * k + 1]));
            store_f32(to + LANES, ZIP_HIGH(x[2 * k], x[2 * k + 1]));
        }
    else if (g->lanes == LANES && g->out_step == 2 && !g->out_real)
        for (; k + PAIRS <= g->out_count; k += PAIRS)
            store_square(g, 2 * k, x + 2 * k);
    for (; k < g->out_count; k++)
        store_element(g, k, x + 2 * k);
}

static void run(const psi_fft_group *g, float *space)
{
    vf *x = (vf *)(void *)space;
    load_lines(g, x);
    x = transform(g->plan, x, x + 2 * g->plan->space);
    finish(g, x);
    store_lines(g, x);
}

extern const psi_fft_kernel PASTE(psi_fft_kernel_, PSI_ISA);
const psi_fft_kernel PASTE(psi_fft_kernel_, PSI_ISA) = {LANES, run};
