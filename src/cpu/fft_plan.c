/* fft_plan.c: factors, twiddles and chirps of Fourier transforms, and the cache of plans.
 * Invariant: a plan in a cache slot belongs to nobody, and is taken by exchanging the slot, so the cache needs no lock
 * and survives a fork. */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/pool.h"
#include "cpu/fft.h"

#define SLOTS 16
#define KEPT_BYTES (1 << 20) /* larger plans are not kept */
#define ROOTS 1024           /* of a shared real line that a task uses */
#define WITHIN_MAX (4 * PSI_FFT_SHORT)

static _Atomic(psi_fft_plan *) slots[SLOTS];
static atomic_uint turn;

static int lanes(void)
{
    return psi_cpu_fft_kernel(psi_isa_current())->lanes;
}

/* exp(-2 pi i k / n), with k in [0, n). */
static void root_of(int64_t k, int64_t n, double out[2])
{
    /* By octants: the angle stays below pi / 4, where sine and cosine are exact to a unit. */
    int64_t eighth = 8 * k / n, rest = 8 * k - (eighth + eighth % 2) * n;
    double angle = M_PI * 0.25 * (double)rest / (double)n, c = cos(angle), s = sin(angle);
    switch ((eighth + 1) / 2 % 4) {
    case 0:
        out[0] = c, out[1] = -s;
        break;
    case 1:
        out[0] = -s, out[1] = -c;
        break;
    case 2:
        out[0] = -c, out[1] = s;
        break;
    default:
        out[0] = s, out[1] = c;
    }
}

static void put_root(int64_t k, int64_t n, float *re, float *im)
{
    double root[2];
    root_of(k, n, root);
    *re = (float)root[0];
    *im = (float)root[1];
}

/* ---- lengths ---- */

static int64_t without(int64_t n, int prime)
{
    while (n % prime == 0)
        n /= prime;
    return n;
}

/* No prime factor is past PSI_FFT_RADIX_MAX. */
static bool is_smooth(int64_t n)
{
    static const int primes[] = {2, 3, 5, 7, 11, 13};
    for (int i = 0; i < 6; i++)
        n = without(n, primes[i]);
    return n == 1;
}

/* The least length of at least n whose prime factors are 2, 3 and 5. */
static int64_t good_length(int64_t n)
{
    while (without(without(without(n, 2), 3), 5) != 1)
        n++;
    return n;
}

/* The divisor of n next to its root, from below. */
static int64_t side(int64_t n)
{
    int64_t best = 1;
    for (int64_t k = 2; k * k <= n; k++)
        if (n % k == 0)
            best = k;
    return best;
}

bool psi_fft_fits_within(int64_t n)
{
    return n <= WITHIN_MAX && is_smooth(n) && n % lanes() == 0 && n / lanes() >= lanes();
}

/* Appends at least two stages for n. Eights first, as they need the fewest passes; two fours stand for an eight and a two. */
static void factorise(psi_fft_plan *p, int64_t n)
{
    static const int rest[] = {5, 3, 7, 11, 13};
    int twos = 0, before = p->stages;
    for (; n % 2 == 0; n /= 2)
        twos++;
    int fours = twos % 3 == 2 ? 1 : twos % 3 == 1 && twos >= 4 ? 2 : 0;
    for (int i = 0; i < fours; i++, twos -= 2)
        p->stage[p->stages++].radix = 4;
    for (; twos >= 3; twos -= 3)
        p->stage[p->stages++].radix = 8;
    if (twos)
        p->stage[p->stages++].radix = 2;
    for (int i = 0; i < 5; i++)
        for (; n % rest[i] == 0; n /= rest[i])
            p->stage[p->stages++].radix = rest[i];
    while (p->stages < before + 2)
        p->stage[p->stages++].radix = 1;
}

/* ---- tables ---- */

static bool get_tables(psi_fft_plan *p, size_t floats)
{
    p->memory = psi_malloc(floats * sizeof *p->memory + 1);
    p->bytes += floats * sizeof *p->memory;
    return p->memory != NULL;
}

/* The twiddles of number q, of `done`, of a stage; within a line q is that of a vector, whose numbers have their own. */
static float *put_twiddles(int radix, int64_t q, int64_t done, int width, float *at)
{
    for (int k = 1; k < radix; k++, at += 2 * width)
        for (int l = 0; l < width; l++)
            put_root(k * (q * width + (width > 1 ? psi_fft_number_of(l, width) : 0)), done * width * radix,
                     at + l, at + width + l);
    return at;
}

static bool make_stages(psi_fft_plan *p)
{
    int width = p->way == PSI_FFT_WITHIN ? lanes() : 1;
    int64_t n = p->n / width, done = 1;
    size_t floats = 0;
    p->rows = n * (int64_t)sizeof(float[2]) * lanes() <= PSI_FFT_LEAF_BYTES ? n : side(n);
    p->cols = n / p->rows;
    factorise(p, p->rows);
    p->column_stages = p->stages;
    if (p->cols > 1)
        factorise(p, p->cols);
    for (int i = 0; i < p->stages; done *= p->stage[i++].radix)
        floats += (size_t)(2 * (done * width * (p->stage[i].radix - 1) + p->stage[i].radix));
    if (!get_tables(p, floats))
        return false;
    float *at = p->memory;
    done = 1;
    for (int i = 0; i < p->stages; i++) {
        psi_fft_stage *s = &p->stage[i];
        int64_t rows = i < p->column_stages ? 1 : p->rows;
        s->twiddles = i || width > 1 ? at : NULL;
        for (int64_t r = 0; s->twiddles && r < rows; r++)
            for (int64_t q = 0; q < done / rows; q++)
                at = put_twiddles(s->radix, r + q * rows, done, width, at);
        s->roots = at;
        for (int k = 0; k < s->radix; k++, at += 2)
            put_root(k, s->radix, at, at + 1);
        done *= s->radix;
    }
    return true;
}

static psi_fft_plan *new_plan(int64_t n, psi_fft_way way, bool real);

/* Roots of order n in two tables: every cols-th of them, `rows` in all, and the first cols. */
static bool make_roots(psi_fft_plan *p)
{
    p->coarse = psi_malloc((size_t)p->rows * sizeof *p->coarse);
    p->fine = psi_malloc((size_t)p->cols * sizeof *p->fine);
    if (p->coarse == NULL || p->fine == NULL)
        return false;
    p->bytes += (size_t)(p->rows + p->cols) * sizeof *p->fine;
    for (int64_t k = 0; k < p->rows; k++)
        root_of(k * p->cols, p->n, p->coarse[k]);
    for (int64_t k = 0; k < p->cols; k++)
        root_of(k, p->n, p->fine[k]);
    return true;
}

static bool make_shared(psi_fft_plan *p)
{
    int64_t width = lanes();
    p->rows = side(p->n);
    p->cols = p->n / p->rows;
    p->of_rows = new_plan(p->rows, PSI_FFT_ACROSS, false);
    p->of_cols = p->rows == p->cols ? p->of_rows : new_plan(p->cols, PSI_FFT_ACROSS, false);
    if (p->of_rows == NULL || p->of_cols == NULL || !get_tables(p, (size_t)(2 * p->rows * width)))
        return false;
    p->bytes += p->of_rows->bytes + p->of_cols->bytes;
    p->by_lane = p->memory;
    for (int64_t r = 0; r < p->rows; r++)
        for (int64_t l = 0; l < width; l++)
            put_root(r * l % p->n, p->n, p->by_lane + 2 * width * r + l,
                     p->by_lane + 2 * width * r + width + l);
    return make_roots(p);
}

void psi_fft_shared_roots(const psi_fft_plan *p, int64_t step, float *out)
{
    int64_t coarse = 0, fine = 0;
    for (int64_t row = 0; row < p->rows; row++) {
        const double *a = p->coarse[coarse], *b = p->fine[fine];
        out[2 * row] = (float)(a[0] * b[0] - a[1] * b[1]);
        out[2 * row + 1] = (float)(a[0] * b[1] + a[1] * b[0]);
        fine += step;
        if (fine >= p->cols) {
            fine -= p->cols;
            coarse++;
        }
    }
}

/* chirp[k] = exp(-pi i k^2 / n) for k in [0, n), and its conjugate as a filter of period m. */
static void fill_chirp(psi_fft_plan *p, int64_t m)
{
    int64_t n = p->n, square = 0; /* k^2 modulo 2n, by k^2 = (k - 1)^2 + 2k - 1 */
    memset(p->filter, 0, (size_t)m * 2 * sizeof *p->filter);
    for (int64_t k = 0; k < n; k++) {
        float *chirp = p->chirp + 2 * k, *filter = p->filter + 2 * k,
              *mirror = p->filter + 2 * (k ? m - k : 0);
        put_root(square, 2 * n, chirp, chirp + 1);
        filter[0] = mirror[0] = chirp[0];
        filter[1] = mirror[1] = -chirp[1];
        square = (square + 2 * k + 1) % (2 * n);
    }
}

/* The filter's transform, divided by the length: what the convolution multiplies by. */
static bool transform_filter(psi_fft_plan *p)
{
    const psi_fft_plan *c = p->convolution;
    float scale = (float)(1 / (double)c->n);
    psi_fft_place place = {.at = p->filter, .step = 2, .gap = 1};
    if (c->way == PSI_FFT_SHARED)
        return psi_fft_run_shared(c, &place, c->n, &place, c->n, scale);
    float *space = psi_scratch(0, c->space * sizeof *space);
    psi_fft_group g = {.plan = c,
                       .lanes = 1,
                       .in = place,
                       .out = place,
                       .in_count = c->n,
                       .out_count = c->n,
                       .scale = scale};
    if (space)
        psi_cpu_fft_kernel(psi_isa_current())->run(&g, space);
    return space != NULL;
}

static bool make_convolution(psi_fft_plan *p)
{
    int64_t m = good_length(2 * p->n - 1);
    p->convolution = new_plan(m, p->way, false);
    if (p->convolution == NULL || !get_tables(p, (size_t)(p->n + m) * 2))
        return false;
    p->bytes += p->convolution->bytes;
    p->chirp = p->memory;
    p->filter = p->memory + 2 * p->n;
    fill_chirp(p, m);
    return transform_filter(p);
}

static bool make_halves(psi_fft_plan *p)
{
    int64_t m = p->n / 2;
    p->half = new_plan(m, p->way, false);
    if (p->half == NULL)
        return false;
    p->bytes += p->half->bytes;
    if (p->way == PSI_FFT_SHARED) {
        p->cols = ROOTS;
        p->rows = m / 2 / ROOTS + 1;
        return make_roots(p);
    }
    if (!get_tables(p, (size_t)m * 2))
        return false;
    p->roots = p->memory;
    bool within = p->way == PSI_FFT_WITHIN;
    int width = lanes();
    for (int64_t k = 0; k < m; k++)
        put_root(within ? k - k % width + psi_fft_number_of((int)(k % width), width) : k, p->n, p->roots + k,
                 p->roots + m + k);
    return true;
}

/* ---- plans ---- */

static void free_plan(psi_fft_plan *p)
{
    if (p == NULL)
        return;
    free_plan(p->of_rows);
    if (p->of_cols != p->of_rows)
        free_plan(p->of_cols);
    free_plan(p->half);
    free_plan(p->convolution);
    psi_free(p->memory);
    psi_free(p->coarse);
    psi_free(p->fine);
    psi_free(p);
}

/* Two buffers of the longest line on the way, and two of the longest leaf. */
static size_t space_of(const psi_fft_plan *p)
{
    const psi_fft_plan *inner = p->half ? p->half : p,
                       *longest = inner->convolution ? inner->convolution : inner;
    bool within = p->way == PSI_FFT_WITHIN;
    int64_t n = within ? longest->n / lanes() : longest->n,
            leaf = longest->rows > longest->cols ? longest->rows : longest->cols, number = 2 * lanes();
    return (size_t)((2 * (n + 1) + 2 * leaf) * number);
}

static psi_fft_plan *new_plan(int64_t n, psi_fft_way way, bool real)
{
    psi_fft_plan *p = psi_malloc(sizeof *p);
    if (p == NULL)
        return NULL;
    *p = (psi_fft_plan){.way = way, .real = real, .n = n};
    bool (*make)(psi_fft_plan *) = real                    ? make_halves
                                   : !is_smooth(n)         ? make_convolution
                                   : way == PSI_FFT_SHARED ? make_shared
                                                           : make_stages;
    if (!make(p)) {
        free_plan(p);
        return NULL;
    }
    p->space = space_of(p);
    return p;
}

/* ---- the cache ---- */

psi_fft_plan *psi_fft_plan_take(int64_t n, psi_fft_way way, bool real)
{
    for (int i = 0; i < SLOTS; i++) {
        psi_fft_plan *p = atomic_exchange(&slots[i], NULL);
        if (p && p->n == n && p->way == way && p->real == real)
            return p;
        psi_fft_plan *expected = NULL;
        if (p && !atomic_compare_exchange_strong(&slots[i], &expected, p))
            free_plan(p);
    }
    return new_plan(n, way, real);
}

void psi_fft_plan_give(psi_fft_plan *plan)
{
    if (plan == NULL)
        return;
    if (plan->bytes > KEPT_BYTES) {
        free_plan(plan);
        return;
    }
    for (int i = 0; i < SLOTS; i++) {
        psi_fft_plan *expected = NULL;
        if (atomic_compare_exchange_strong(&slots[i], &expected, plan))
            return;
    }
    free_plan(atomic_exchange(&slots[atomic_fetch_add(&turn, 1) % SLOTS], plan));
}

static __attribute__((destructor)) void drop_plans(void)
{
    for (int i = 0; i < SLOTS; i++)
        free_plan(atomic_exchange(&slots[i], NULL));
}
