/* isa: generic v2 v3 v4 */
/* fft.c: Fourier transforms of up to LANES lines, for the ISA named by PSI_ISA. Lines side by side have a lane each; a dense
 * line of a fitting length is spread over all lanes, as a square: LANES columns at a time, then LANES rows. Space holds
 * numbers as two vectors, real parts and imaginary ones. */
#include <math.h>
#include <string.h>

#include "cpu/fft.h"
#include "cpu/isa/gemm_simd.h"

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define NUMBER (2 * LANES) /* floats of a number of all lanes */

#if LANES == 16
#define ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define ZIP_HIGH(a, b) \
    __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#define REVERSE(a) __builtin_shufflevector(a, a, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#elif LANES == 8
#define ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define ZIP_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15)
#define REVERSE(a) __builtin_shufflevector(a, a, 7, 6, 5, 4, 3, 2, 1, 0)
#else
#define ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define ZIP_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7)
#define REVERSE(a) __builtin_shufflevector(a, a, 3, 2, 1, 0)
#endif

#include "cpu/isa/fft_stages.inc"

/* LANES rows of floats to columns: as many perfect shuffles as there are bits in a place. */
ALWAYS_INLINE void transpose(vf *r)
{
    for (int bits = 1; bits < LANES; bits *= 2) {
        vf t[LANES];
        for (int i = 0; i < LANES / 2; i++) {
            t[2 * i] = ZIP_LOW(r[i], r[i + LANES / 2]);
            t[2 * i + 1] = ZIP_HIGH(r[i], r[i + LANES / 2]);
        }
        memcpy(r, t, sizeof t);
    }
}

/* Rows `apart` to columns `step` apart; a row past the last one is that one again. */
ALWAYS_INLINE void load_square(const float *from, int64_t apart, int last, float *x, int64_t step)
{
    vf r[LANES];
    for (int l = 0; l < LANES; l++)
        r[l] = load_f32(from + apart * (l < last ? l : last));
    transpose(r);
    for (int l = 0; l < LANES; l++)
        store_f32(x + l * step, r[l]);
}

ALWAYS_INLINE void store_square(float *to, int64_t apart, int rows, const float *x, float scale)
{
    vf r[LANES];
    for (int l = 0; l < LANES; l++)
        r[l] = load_f32(x + l * LANES) * splat(scale);
    transpose(r);
    for (int l = 0; l < LANES; l++)
        if (l < rows)
            store_f32(to + apart * l, r[l]);
}

/* ---- loading and storing whole lines, by number ---- */

static inline int64_t at_number(const psi_fft_place *p, int64_t k)
{
    return p->block ? k / LANES * p->block + k % LANES * p->step : k * p->step;
}

/* Numbers lie apart by lines and in the way of vectors, so that a stage can use them where they are. */
static bool upright(const psi_fft_place *p, int lanes)
{
    return lanes == LANES && !p->block && p->gap && (p->lane == 1 || (p->lane == 2 && p->gap == 1));
}

static bool dense(const psi_fft_place *p)
{
    return p->step == 2 && p->gap == 1;
}

static strand strand_of(const psi_fft_place *p)
{
    if (p->lane == 1)
        return p->swap ? (strand){p->at + p->gap, p->step, -p->gap, SPLIT}
                       : (strand){p->at, p->step, p->gap, SPLIT};
    return (strand){p->at, p->step, 1, p->swap ? TRADED : ZIPPED};
}

static strand space_strand(float *space, bool swap)
{
    return swap ? (strand){space + LANES, NUMBER, -LANES, SPLIT} : (strand){space, NUMBER, LANES, SPLIT};
}

/* Numbers of the lines there are, parts not traded; the other lanes are zero, or lines that are. */
static void load_lines(const psi_fft_place *p, int lanes, int64_t count, float *x)
{
    form f = p->lane == 1 ? SPLIT : ZIPPED;
    if (upright(p, lanes)) {
        for (int64_t k = 0; k < count; k++)
            store(x + k * NUMBER, LANES, SPLIT, load(p->at + k * p->step, p->gap, f));
        return;
    }
    int64_t k = 0;
    for (; dense(p) && k + LANES / 2 <= count; k += LANES / 2)
        load_square(p->at + at_number(p, k), p->lane, lanes - 1, x + k * NUMBER, LANES);
    for (; k < count; k++) {
        float *to = x + k * NUMBER;
        memset(to, 0, NUMBER * sizeof *to);
        for (int l = 0; l < lanes; l++) {
            const float *from = p->at + at_number(p, k) + l * p->lane;
            to[l] = from[0];
            to[l + LANES] = p->gap ? from[p->gap] : 0;
        }
    }
}

static void trade(float *x, int64_t count)
{
    for (; count > 0; count--, x += NUMBER) {
        cv z = load(x, LANES, SPLIT);
        store(x, LANES, SPLIT, (cv){z.i, z.r});
    }
}

/* What is stored is x, scaled; parts trade places first when the place says so. */
static void store_lines(const psi_fft_place *p, int lanes, int64_t count, float *x, float scale)
{
    int64_t k = 0;
    if (p->swap)
        trade(x, count);
    for (; dense(p) && p->lane != 2 && k + LANES / 2 <= count; k += LANES / 2)
        store_square(p->at + 2 * k, p->lane, lanes, x + k * NUMBER, scale);
    for (; k < count; k++) {
        cv z = scaled(load(x + k * NUMBER, LANES, SPLIT), scale);
        float *to = p->at + k * p->step, r[NUMBER];
        if (lanes == LANES && p->lane == 2 && p->gap == 1) {
            store(to, 1, ZIPPED, z);
            continue;
        }
        store(r, LANES, SPLIT, z);
        for (int l = 0; l < lanes; l++) {
            to[l * p->lane] = r[l];
            if (p->gap)
                to[l * p->lane + p->gap] = r[l + LANES];
        }
    }
}

/* ---- lines side by side ---- */

static void multiply(float *x, const float *factor, int64_t n)
{
    for (int64_t k = 0; k < n; k++, x += NUMBER)
        store(x, LANES, SPLIT, times(load(x, LANES, SPLIT), splat(factor[2 * k]), splat(factor[2 * k + 1])));
}

static void multiply_both(float *x, const psi_fft_group *g)
{
    const factor f = {g->by_number, g->by_lane, 1, 1};
    for (int64_t k = 0; k < g->out_count; k++)
        store(x + k * NUMBER, LANES, SPLIT, finished(load(x + k * NUMBER, LANES, SPLIT), &f, k, true, true));
}

/* What follows a place. Numbers a multiple of 4 KiB apart share a set of the cache: fetched early, they would push each
 * other out. */
static wanted after(const psi_fft_place *p, bool to_write)
{
    bool rows = dense(p) && p->lane != 2; /* runs of a dense line lie side by side with those of others */
    int64_t step = rows ? p->lane : p->step, block = p->block ? p->block : rows ? NUMBER : LANES * step;
    bool useful = p->next && (rows || step % 1024);
    return (wanted){useful ? p->at + p->next : NULL, step, block - LANES * step, LANES, to_write};
}

static void smooth(const psi_fft_plan *p, strand in, strand out, const factor *f, wanted next[2],
                   float *between, float *space)
{
    int64_t rows = p->rows, cols = p->cols;
    if (p->of_rows == NULL) {
        leaf(p, in, out, f, next, space);
        return;
    }
    for (int64_t c = 0; c < cols; c++)
        leaf(p->of_rows, (strand){in.at + c * in.step, cols * in.step, in.gap, in.form},
             (strand){between + c * NUMBER, cols * NUMBER, LANES, SPLIT},
             &(factor){.by_number = p->twiddles + 2 * c * rows, .every = 1}, &next[0], space);
    for (int64_t r = 0; r < rows; r++) {
        factor own = {f->by_number ? f->by_number + 2 * r * f->every : NULL,
                      f->by_lane ? f->by_lane + NUMBER * r * f->every : NULL, rows * f->every, f->scale};
        leaf(p->of_cols, (strand){between + r * cols * NUMBER, NUMBER, LANES, SPLIT},
             (strand){out.at + r * out.step, rows * out.step, out.gap, out.form}, &own, &next[1], space);
    }
}

/* From a to b, with a lost. */
static void convolve(const psi_fft_plan *p, float *a, float *b, bool swap, float *space)
{
    const psi_fft_plan *c = p->convolution;
    const factor none = {.every = 1};
    wanted nothing[2] = {{.at = NULL}, {.at = NULL}};
    if (swap)
        trade(a, p->n);
    multiply(a, p->chirp, p->n);
    memset(a + p->n * NUMBER, 0, (size_t)(c->n - p->n) * NUMBER * sizeof *a);
    smooth(c, space_strand(a, false), space_strand(b, false), &none, nothing, a, space);
    multiply(b, p->filter, c->n);
    smooth(c, space_strand(b, true), space_strand(a, true), &none, nothing, b, space);
    memcpy(b, a, (size_t)p->n * NUMBER * sizeof *a);
    multiply(b, p->chirp, p->n);
}

/* What a real line's pairs became, in x, to the m + 1 numbers of the line. */
static void unpack(const psi_fft_plan *p, float *x)
{
    int64_t m = p->n / 2;
    cv first = load(x, LANES, SPLIT);
    store(x, LANES, SPLIT, (cv){first.r + first.i, splat(0)});
    store(x + m * NUMBER, LANES, SPLIT, (cv){first.r - first.i, splat(0)});
    for (int64_t k = 1; k <= m - k; k++) {
        float *low = x + k * NUMBER, *high = x + (m - k) * NUMBER;
        cv a = scaled(load(low, LANES, SPLIT), 0.5f), b = scaled(load(high, LANES, SPLIT), 0.5f);
        cv even = {a.r + b.r, a.i - b.i}, odd = turned((cv){a.r - b.r, a.i + b.i});
        odd = times(odd, splat(p->roots[k]), splat(p->roots[m + k]));
        store(low, LANES, SPLIT, plus(even, odd));
        store(high, LANES, SPLIT, (cv){even.r - odd.r, odd.i - even.i});
    }
}

/* The other way, times two; what must be real is taken to be. */
static void pack(const psi_fft_plan *p, float *x, float scale)
{
    int64_t m = p->n / 2;
    vf first = load_f32(x) * splat(scale), last = load_f32(x + m * NUMBER) * splat(scale);
    store(x, LANES, SPLIT, (cv){first + last, first - last});
    for (int64_t k = 1; k <= m - k; k++) {
        float *low = x + k * NUMBER, *high = x + (m - k) * NUMBER;
        cv a = scaled(load(low, LANES, SPLIT), scale), b = scaled(load(high, LANES, SPLIT), scale);
        cv even = {a.r + b.r, a.i - b.i}, odd = turned((cv){a.r - b.r, a.i + b.i});
        odd = times(odd, splat(p->roots[k]), splat(-p->roots[m + k]));
        store(low, LANES, SPLIT, minus(even, odd));
        store(high, LANES, SPLIT, (cv){even.r + odd.r, -even.i - odd.i});
    }
}

/* Conjugates that were left out; what must be real is taken to be. */
static void mirror(float *x, int64_t n)
{
    store_f32(x + LANES, splat(0));
    if (n % 2 == 0)
        store_f32(x + n / 2 * NUMBER + LANES, splat(0));
    for (int64_t k = n / 2 + 1; k < n; k++) {
        cv z = load(x + (n - k) * NUMBER, LANES, SPLIT);
        store(x + k * NUMBER, LANES, SPLIT, (cv){z.r, -z.i});
    }
}

/* Straight from place to place where vectors can be used as they lie, else by way of a, or b. */
static void across(const psi_fft_group *g, float *a)
{
    const psi_fft_plan *p = g->plan, *inner = p->half ? p->half : p;
    int64_t longest = inner->convolution ? inner->convolution->n : inner->n;
    float *b = a + (longest + 1) * NUMBER, *space = b + (longest + 1) * NUMBER, scale = g->scale;
    bool loads = !upright(&g->in, g->lanes) || g->in_count != inner->n || inner->convolution;
    bool stores = !upright(&g->out, g->lanes) || g->out_count != inner->n || inner->convolution;
    strand in = loads ? space_strand(a, g->in.swap) : strand_of(&g->in);
    strand out = stores ? space_strand(b, false) : strand_of(&g->out);
    wanted next[2] = {after(&g->in, false), after(&g->out, true)};
    if (loads)
        load_lines(&g->in, g->lanes, g->in_count, a);
    if (p->half && g->in_count > inner->n) {
        pack(p, a, scale);
        scale = 1;
    } else if (g->in_count < inner->n) {
        mirror(a, inner->n);
    }
    factor f = {stores ? NULL : g->by_number, stores ? NULL : g->by_lane, 1, scale};
    if (inner->convolution)
        convolve(inner, a, b, g->in.swap, space);
    else
        smooth(inner, in, out, &f, next, a, space);
    if (stores) {
        if (p->half && g->out_count > inner->n)
            unpack(p, b);
        if (g->by_number)
            multiply_both(b, g);
        store_lines(&g->out, g->lanes, g->out_count, b, scale);
    }
}

/* ---- a dense line over all lanes ---- */

/* Pairs of a real line, real parts apart from imaginary ones, to the m + 1 numbers of the line. */
static void unpack_line(const psi_fft_plan *p, float *re, float *im, float scale, float *to)
{
    int64_t m = p->n / 2;
    re[m] = re[0];
    im[m] = im[0];
    for (int64_t k = 0; k < m; k += LANES) {
        cv a = scaled((cv){load_f32(re + k), load_f32(im + k)}, 0.5f * scale);
        vf back_r = load_f32(re + m - k - LANES + 1), back_i = load_f32(im + m - k - LANES + 1);
        cv b = scaled((cv){REVERSE(back_r), REVERSE(back_i)}, 0.5f * scale);
        cv even = {a.r + b.r, a.i - b.i}, odd = turned((cv){a.r - b.r, a.i + b.i});
        odd = times(odd, load_f32(p->roots + k), load_f32(p->roots + m + k));
        store(to + 2 * k, 1, ZIPPED, plus(even, odd));
    }
    to[2 * m] = (re[0] - im[0]) * scale;
    to[2 * m + 1] = 0;
}

/* The other way, times two. */
static void pack_line(const psi_fft_plan *p, const float *from, float scale, float *re, float *im)
{
    int64_t m = p->n / 2;
    for (int64_t k = 0; k < m; k += LANES) {
        cv a = scaled(load(from + 2 * k, 1, ZIPPED), scale);
        cv back = scaled(load(from + 2 * (m - k - LANES + 1), 1, ZIPPED), scale);
        cv b = {REVERSE(back.r), REVERSE(back.i)};
        cv even = {a.r + b.r, a.i - b.i}, odd = turned((cv){a.r - b.r, a.i + b.i});
        odd = times(odd, load_f32(p->roots + k), -load_f32(p->roots + m + k));
        store_f32(re + k, even.r - odd.r);
        store_f32(im + k, even.i - odd.i);
    }
    re[0] = (from[0] + from[2 * m]) * scale;
    im[0] = (from[0] - from[2 * m]) * scale;
}

static void within(const psi_fft_group *g, int line, float *space)
{
    const psi_fft_plan *p = g->plan, *inner = p->half ? p->half : p;
    int64_t n = inner->n, rows = inner->rows, cols = inner->cols, gap = n + LANES;
    float *from = g->in.at + line * g->in.lane, *to = g->out.at + line * g->out.lane;
    float *square = space, *re = square + 2 * n, *im = re + gap, *turned_rows = im + gap,
          *rest = turned_rows + cols * NUMBER;
    strand in = {from, 2, 1, g->in.swap ? TRADED : ZIPPED};
    strand out = {to, 2, 1, g->out.swap ? TRADED : ZIPPED};
    factor f = {.every = 1, .scale = g->scale};
    wanted next_in = {from + g->in.lane, NUMBER, 0, LANES, false};
    wanted next_out = {to + g->out.lane, NUMBER, 0, LANES, true};
    if (g->in_count > n) {
        pack_line(p, from, g->scale, re, im);
        in = g->in.swap ? (strand){im, 1, -gap, SPLIT} : (strand){re, 1, gap, SPLIT};
        f.scale = 1;
    }
    if (g->out_count > n)
        out = (strand){re, 1, gap, SPLIT};
    for (int64_t c = 0; c < cols; c += LANES)
        leaf(inner->of_rows, (strand){in.at + c * in.step, cols * in.step, in.gap, in.form},
             (strand){square + c, cols, n, SPLIT},
             &(factor){.by_lane = inner->twiddles + 2 * c * rows, .every = 1}, &next_in, rest);
    for (int64_t r = 0; r < rows; r += LANES) {
        for (int64_t c = 0; c < cols; c += LANES)
            for (int part = 0; part < 2; part++)
                load_square(square + part * n + r * cols + c, cols, LANES,
                            turned_rows + c * NUMBER + part * LANES, NUMBER);
        leaf(inner->of_cols, space_strand(turned_rows, false),
             (strand){out.at + r * out.step, rows * out.step, out.gap, out.form}, &f, &next_out, rest);
    }
    if (g->out_count > n)
        unpack_line(p, re, im, g->scale, to);
}

static void run(const psi_fft_group *g, float *space)
{
    if (g->plan->way != PSI_FFT_WITHIN)
        across(g, space);
    for (int line = 0; g->plan->way == PSI_FFT_WITHIN && line < g->lanes; line++)
        within(g, line, space);
}

extern const psi_fft_kernel PASTE(psi_fft_kernel_, PSI_ISA);
const psi_fft_kernel PASTE(psi_fft_kernel_, PSI_ISA) = {LANES, run};
