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
#define KEPT_LENGTH (1 << 16) /* longer plans are not kept */

static _Atomic(psi_fft_plan *) slots[SLOTS];
static atomic_uint turn;

void psi_fft_root(int64_t k, int64_t n, double out[2])
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

void psi_fft_chirp(int64_t n, float *out)
{
    int64_t square = 0; /* k^2 modulo 2n, by k^2 = (k - 1)^2 + 2k - 1 */
    for (int64_t k = 0; k < n; k++) {
        double root[2];
        psi_fft_root(square, 2 * n, root);
        out[2 * k] = (float)root[0];
        out[2 * k + 1] = (float)root[1];
        square = (square + 2 * k + 1) % (2 * n);
    }
}

static int64_t without(int64_t n, int prime)
{
    while (n % prime == 0)
        n /= prime;
    return n;
}

bool psi_fft_is_smooth(int64_t n)
{
    static const int primes[] = {2, 3, 5, 7, 11, 13};
    for (int i = 0; i < 6; i++)
        n = without(n, primes[i]);
    return n == 1;
}

int64_t psi_fft_good_length(int64_t n)
{
    while (without(without(without(n, 2), 3), 5) != 1)
        n++;
    return n;
}

/* Eights first, as they need the fewest passes; two fours stand for an eight and a two. */
static void factorise(psi_fft_plan *p)
{
    static const int rest[] = {5, 3, 7, 11, 13};
    int64_t n = p->n;
    int twos = 0;
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
}

static size_t stage_floats(const psi_fft_plan *p)
{
    size_t floats = 0;
    int64_t n = p->n;
    for (int i = 0; i < p->stages; i++) {
        int radix = p->stage[i].radix;
        n /= radix;
        floats += (size_t)(2 * n * (radix - 1) + 2 * radix);
    }
    return floats;
}

static void fill_stages(psi_fft_plan *p)
{
    float *at = p->memory;
    int64_t n = p->n;
    double root[2];
    for (int i = 0; i < p->stages; i++) {
        psi_fft_stage *s = &p->stage[i];
        s->twiddles = at;
        for (int64_t place = 0; place < n / s->radix; place++)
            for (int k = 1; k < s->radix; k++, at += 2) {
                psi_fft_root(place * k, n, root);
                at[0] = (float)root[0];
                at[1] = (float)root[1];
            }
        s->roots = at;
        for (int k = 0; k < s->radix; k++, at += 2) {
            psi_fft_root(k, s->radix, root);
            at[0] = (float)root[0];
            at[1] = (float)root[1];
        }
        n /= s->radix;
    }
}

static void free_plan(psi_fft_plan *p)
{
    if (p == NULL)
        return;
    if (p->convolution)
        free_plan(p->convolution);
    psi_free(p->memory);
    psi_free(p);
}

void psi_fft_filter(int64_t n, int64_t m, const float *chirp, float *out)
{
    memset(out, 0, (size_t)m * 2 * sizeof *out);
    for (int64_t k = 0; k < n; k++) {
        int64_t mirror = k ? m - k : 0;
        out[2 * k] = out[2 * mirror] = chirp[2 * k];
        out[2 * k + 1] = out[2 * mirror + 1] = -chirp[2 * k + 1];
    }
}

/* The filter's transform, divided by the length: what the convolution multiplies by. */
static bool fill_filter(psi_fft_plan *p)
{
    const psi_fft_kernel *kernel = psi_cpu_fft_kernel(psi_isa_current());
    int64_t m = p->convolution->n;
    float *space = psi_scratch(0, (size_t)m * 4 * sizeof *space * (size_t)kernel->lanes);
    if (space == NULL)
        return false;
    psi_fft_filter(p->n, m, p->chirp, p->filter);
    psi_fft_group g = {.plan = p->convolution,
                       .lanes = 1,
                       .in = {p->filter},
                       .in_step = 2,
                       .in_block = 2 * kernel->lanes,
                       .out = {p->filter},
                       .out_step = 2,
                       .out_count = m,
                       .scale = (float)(1 / (double)m)};
    kernel->run(&g, space);
    return true;
}

static psi_fft_plan *new_plan(int64_t n)
{
    psi_fft_plan *p = psi_malloc(sizeof *p);
    if (p == NULL)
        return NULL;
    *p = (psi_fft_plan){.n = n, .space = n};
    if (psi_fft_is_smooth(n)) {
        factorise(p);
        p->memory = psi_malloc(stage_floats(p) * sizeof *p->memory + 1);
        if (p->memory) {
            fill_stages(p);
            return p;
        }
    } else {
        p->convolution = new_plan(psi_fft_good_length(2 * n - 1));
        p->space = p->convolution ? p->convolution->n : 0;
        p->memory = psi_malloc((size_t)(n + p->space) * 2 * sizeof *p->memory);
        if (p->convolution && p->memory) {
            p->chirp = p->memory;
            p->filter = p->memory + 2 * n;
            psi_fft_chirp(n, p->chirp);
            if (fill_filter(p))
                return p;
        }
    }
    free_plan(p);
    return NULL;
}

psi_fft_plan *psi_fft_plan_take(int64_t n)
{
    for (int i = 0; i < SLOTS; i++) {
        psi_fft_plan *p = atomic_exchange(&slots[i], NULL);
        if (p && p->n == n)
            return p;
        psi_fft_plan *expected = NULL;
        if (p && !atomic_compare_exchange_strong(&slots[i], &expected, p))
            free_plan(p);
    }
    return new_plan(n);
}

void psi_fft_plan_give(psi_fft_plan *plan)
{
    if (plan == NULL)
        return;
    if (plan->space > KEPT_LENGTH) {
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
