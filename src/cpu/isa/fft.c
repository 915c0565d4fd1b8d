/* isa: generic v2 v3 v4 */
/* fft.c: Fourier transforms of up to LANES lines, for the ISA named by PSI_ISA. Lines side by side have a lane each; a dense
 * line of a fitting length is spread over all lanes: its first stage leaves LANES parts of it, a lane each, which the stages
 * for lines side by side finish. Space holds numbers as two vectors, real parts and imaginary ones. */
#include <math.h>
#include <string.h>

#include "cpu/fft.h"
#include "cpu/isa/gemm_simd.h"

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define NUMBER (2 * LANES) /* floats of a number of all lanes */

/* BACK: what stands in order of quads in two runs of LANES numbers, from the first of the later one down. */
#if LANES == 16
#define QUADS(a, b, i, j, k, l)                                                                       \
    __builtin_shufflevector(a, b, i, j, k, l, i + 4, j + 4, k + 4, l + 4, i + 8, j + 8, k + 8, l + 8, \
                            i + 12, j + 12, k + 12, l + 12)
#define BACK(a, b) __builtin_shufflevector(a, b, 16, 15, 2, 13, 14, 11, 12, 9, 10, 7, 8, 5, 6, 3, 4, 1)
#define ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define ZIP_HIGH(a, b) \
    __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#define REVERSE(a) __builtin_shufflevector(a, a, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#elif LANES == 8
#define QUADS(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l, i + 4, j + 4, k + 4, l + 4)
#define BACK(a, b) __builtin_shufflevector(a, b, 8, 7, 2, 5, 6, 3, 4, 1)
#define ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define ZIP_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15)
#define REVERSE(a) __builtin_shufflevector(a, a, 7, 6, 5, 4, 3, 2, 1, 0)
#else
#define QUADS(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#define BACK(a, b) __builtin_shufflevector(a, b, 4, 3, 2, 1)
#define ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define ZIP_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7)
#define REVERSE(a) __builtin_shufflevector(a, a, 3, 2, 1, 0)
#endif

#define QUADS_LOW(a, b) QUADS(a, b, 0, LANES, 1, LANES + 1)
#define QUADS_HIGH(a, b) QUADS(a, b, 2, LANES + 2, 3, LANES + 3)

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
    for (int64_t k = 0; k < g->out_count; k++, x += NUMBER) {
        cv z = times(load(x, LANES, SPLIT), splat(g->by_number[2 * k]), splat(g->by_number[2 * k + 1]));
        const float *lane = g->by_lane + k * NUMBER;
        store(x, LANES, SPLIT, times(z, load_f32(lane), load_f32(lane + LANES)));
    }
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

/* Columns, then rows; or the only column. */
static void smooth(const psi_fft_plan *p, const strand *in, const strand *out, const factor *f,
                   wanted *next_in, wanted *next_out, float *between, float *space)
{
    int64_t rows = p->rows, cols = p->cols;
    if (cols == 1) {
        leaf(p, 0, p->stages, 0, in, out, f, next_in, space);
        return;
    }
    const factor none = {.every = 1};
    for (int64_t c = 0; c < cols; c++)
        leaf(p, 0, p->column_stages, 0, &(strand){in->at + c * in->step, cols * in->step, in->gap, in->form},
             &(strand){between + c * NUMBER, cols * NUMBER, LANES, SPLIT}, &none, next_in, space);
    for (int64_t r = 0; r < rows; r++) {
        factor own = {f->by_number ? f->by_number + 2 * r * f->every : NULL,
                      f->by_lane ? f->by_lane + NUMBER * r * f->every : NULL, rows * f->every, f->scale};
        leaf(p, p->column_stages, p->stages, r, &(strand){between + r * cols * NUMBER, NUMBER, LANES, SPLIT},
             &(strand){out->at + r * out->step, rows * out->step, out->gap, out->form}, &own, next_out,
             space);
    }
}

/* From a to b, with a lost. */
static void convolve(const psi_fft_plan *p, float *a, float *b, bool swap, float *space)
{
    const psi_fft_plan *c = p->convolution;
    const factor none = {.every = 1};
    wanted nothing = {.at = NULL};
    if (swap)
        trade(a, p->n);
    multiply(a, p->chirp, p->n);
    memset(a + p->n * NUMBER, 0, (size_t)(c->n - p->n) * NUMBER * sizeof *a);
    const strand from = space_strand(a, false), back = space_strand(b, false),
                 swapped = space_strand(b, true), to = space_strand(a, true);
    smooth(c, &from, &back, &none, &nothing, &nothing, a, space);
    multiply(b, p->filter, c->n);
    smooth(c, &swapped, &to, &none, &nothing, &nothing, b, space);
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
    wanted next_in = after(&g->in, false), next_out = after(&g->out, true);
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
        smooth(inner, &in, &out, &f, &next_in, &next_out, a, space);
    if (stores) {
        if (p->half && g->out_count > inner->n)
            unpack(p, b);
        if (g->by_number)
            multiply_both(b, g);
        store_lines(&g->out, g->lanes, g->out_count, b, scale);
    }
}

/* ---- a dense line over all lanes ---- */

/* Pairs of a real line to the m + 1 numbers of the line. */
static void unpack_line(const psi_fft_plan *p, float *x, float scale, float *to)
{
    int64_t m = p->n / 2;
    float first = x[0] * scale, other = x[LANES] * scale;
    memcpy(x + 2 * m, x, NUMBER * sizeof *x);
    for (int64_t k = 0; k < m; k += LANES) {
        cv a = scaled(load(x + 2 * k, LANES, SPLIT), 0.5f * scale),
           late = load(x + 2 * (m - k), LANES, SPLIT), early = load(x + 2 * (m - k - LANES), LANES, SPLIT);
        cv b = scaled((cv){BACK(early.r, late.r), BACK(early.i, late.i)}, 0.5f * scale);
        cv even = {a.r + b.r, a.i - b.i}, odd = turned((cv){a.r - b.r, a.i + b.i});
        odd = times(odd, load_f32(p->roots + k), load_f32(p->roots + m + k));
        store(to + 2 * k, 1, QUADS_ZIPPED, plus(even, odd));
    }
    to[2 * m] = first - other;
    to[2 * m + 1] = 0;
}

/* The other way, times two. */
static void pack_line(const psi_fft_plan *p, const float *from, float scale, float *to)
{
    int64_t m = p->n / 2;
    for (int64_t k = 0; k < m; k += LANES) {
        cv a = scaled(load(from + 2 * k, 1, QUADS_ZIPPED), scale);
        cv back = scaled(load(from + 2 * (m - k - LANES + 1), 1, QUADS_ZIPPED), scale);
        cv b = {REVERSE(back.r), REVERSE(back.i)};
        cv even = {a.r + b.r, a.i - b.i}, odd = turned((cv){a.r - b.r, a.i + b.i});
        odd = times(odd, load_f32(p->roots + k), -load_f32(p->roots + m + k));
        store(to + 2 * k, 1, QUADS_ZIPPED, (cv){even.r - odd.r, even.i - odd.i});
    }
    to[0] = (from[0] + from[2 * m]) * scale;
    to[1] = (from[0] - from[2 * m]) * scale;
}

/* Lane l of vector k, for k in a quad, goes to float k of `to` + place l * NUMBER. */
ALWAYS_INLINE void store_quads(const vf *r, float *to)
{
    vf a = QUADS_LOW(r[0], r[2]), b = QUADS_LOW(r[1], r[3]), c = QUADS_HIGH(r[0], r[2]),
       d = QUADS_HIGH(r[1], r[3]);
    vf t[4] = {QUADS_LOW(a, b), QUADS_HIGH(a, b), QUADS_LOW(c, d), QUADS_HIGH(c, d)};
    for (int k = 0; k < 4; k++)
        for (int quad = 0; quad < LANES / 4; quad++) {
            v4f part;
            memcpy(&part, (const char *)&t[k] + quad * sizeof part, sizeof part);
            memcpy(to + psi_fft_number_of(4 * quad + k, LANES) * NUMBER, &part, sizeof part);
        }
}

/* Parts of a line, one from each of LANES equal runs of it, transformed: that of numbers p, p + m and so on to number p of
 * space, a lane each. What are too few for the lanes at the end are taken with some that are done. */
ALWAYS_INLINE void spread(const float *from, form f, int64_t m, float *out, wanted *next)
{
    for (int64_t p = 0; p < m; p += LANES) {
        cv a[LANES];
        int64_t first = p < m - LANES ? p : m - LANES;
        for (int k = 0; k < LANES; k++)
            a[k] = load(from + 2 * (first + m * k), 1, f);
        fetch(next, LANES);
        order(LANES, a, NULL);
        for (int k = 0; k < LANES; k += 4) {
            vf r[4], i[4];
            for (int j = 0; j < 4; j++) {
                r[j] = a[psi_fft_number_of(k + j, LANES)].r;
                i[j] = a[psi_fft_number_of(k + j, LANES)].i;
            }
            store_quads(r, out + first * NUMBER + k);
            store_quads(i, out + first * NUMBER + k + LANES);
        }
    }
}

static void within(const psi_fft_group *g, int line, float *space)
{
    const psi_fft_plan *p = g->plan, *inner = p->half ? p->half : p;
    int64_t n = inner->n;
    float *from = g->in.at + line * g->in.lane, *to = g->out.at + line * g->out.lane;
    float *a = space, *b = a + 2 * n + NUMBER, *rest = b + 2 * n + NUMBER;
    bool packs = g->in_count > n, unpacks = g->out_count > n;
    factor f = {.every = 1, .scale = packs ? 1 : g->scale};
    wanted next_in = {from + g->in.lane, NUMBER, 0, LANES, false};
    wanted next_out = {to + g->out.lane, NUMBER, 0, LANES, true}, nothing = {.at = NULL};
    if (packs)
        pack_line(p, from, g->scale, b);
    strand in = space_strand(packs || unpacks || to == from ? a : to,
                             false); /* the less memory, the more of it is near */
    if (g->in.swap)
        spread(packs ? b : from, QUADS_TRADED, n / LANES, in.at, &next_in);
    else
        spread(packs ? b : from, QUADS_ZIPPED, n / LANES, in.at, &next_in);
    strand out = unpacks ? in : (strand){to, NUMBER, 1, g->out.swap ? TRADED : ZIPPED};
    smooth(inner, &in, &out, &f, inner->cols > 1 ? &nothing : &next_out, &next_out, b, rest);
    if (unpacks)
        unpack_line(p, a, g->scale, to);
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
