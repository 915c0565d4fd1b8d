/* fft_shared.c: a long line that all threads transform: it is cut into a square whose columns, then rows, are lines of their
 * own, side by side in lanes; one of awkward length is a convolution of such. Invariant: work is cut by the length alone. */
#include <stdatomic.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/pool.h"
#include "cpu/fft.h"

typedef struct square {
    const psi_fft_kernel *kernel;
    const psi_fft_plan *plan;
    psi_fft_place in, out;
    float *between; /* columns transformed: groups of LANES of them, each group row by row */
    float scale;
    bool columns;     /* columns are being transformed, not rows */
    int64_t together; /* groups of a task */
    atomic_bool failed;
} square;

static bool no_memory(int64_t n)
{
    psi_fail(PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR, "fft: no memory for a line of length %lld", (long long)n);
    return false;
}

static int64_t groups_of(const square *s, int64_t lines)
{
    return (lines + s->kernel->lanes - 1) / s->kernel->lanes;
}

static int64_t tasks_of(int64_t groups, int64_t together)
{
    return (groups + together - 1) / together;
}

/* Sets how many of `lines` there are from `first` on; true when this group and one after it, of the same task, are full. */
static bool set_lanes(const square *s, psi_fft_group *g, int64_t first, int64_t lines, bool more)
{
    int64_t width = s->kernel->lanes;
    g->lanes = (int)(lines - first < width ? lines - first : width);
    return more && lines - first >= 2 * width;
}

static void run_columns(square *s, int64_t index, bool more, float *by_number, float *space)
{
    const psi_fft_plan *p = s->plan;
    int64_t width = s->kernel->lanes, first = index * width;
    psi_fft_shared_roots(p, first, by_number);
    psi_fft_group g = {
        .plan = p->of_rows,
        .in = s->in,
        .out = {.at = s->between + 2 * first * p->rows, .step = 2 * width, .lane = 2, .gap = 1},
        .in_count = p->rows,
        .out_count = p->rows,
        .scale = 1,
        .by_number = by_number,
        .by_lane = p->by_lane};
    g.in.at += first * s->in.step;
    g.in.lane = s->in.step;
    g.in.step = p->cols * s->in.step;
    if (set_lanes(s, &g, first, p->cols, more)) {
        g.in.next = width * g.in.lane;
        g.out.next = 2 * width * p->rows;
    }
    s->kernel->run(&g, space);
}

static void run_rows(square *s, int64_t index, bool more, float *space)
{
    const psi_fft_plan *p = s->plan;
    int64_t width = s->kernel->lanes, first = index * width;
    psi_fft_group g = {.plan = p->of_cols,
                       .in = {.at = s->between + 2 * first * width,
                              .step = 2,
                              .lane = 2 * width,
                              .gap = 1,
                              .block = 2 * width * p->rows},
                       .out = s->out,
                       .in_count = p->cols,
                       .out_count = p->cols,
                       .scale = s->scale};
    g.out.at += first * s->out.step;
    g.out.lane = s->out.step;
    g.out.step = p->rows * s->out.step;
    if (set_lanes(s, &g, first, p->rows, more)) {
        g.in.next = width * g.in.lane;
        g.out.next = width * g.out.lane;
    }
    s->kernel->run(&g, space);
}

static void task(void *context, int64_t index)
{
    square *s = context;
    const psi_fft_plan *p = s->plan, *lines = s->columns ? p->of_rows : p->of_cols;
    int64_t groups = groups_of(s, s->columns ? p->cols : p->rows), end = (index + 1) * s->together;
    float *space = psi_scratch(0, lines->space * sizeof *space);
    float *by_number = psi_scratch(1, (size_t)p->rows * 2 * sizeof *by_number);
    if (space == NULL || by_number == NULL) {
        atomic_store(&s->failed, true);
        return;
    }
    for (int64_t i = index * s->together; i < end && i < groups; i++)
        if (s->columns)
            run_columns(s, i, i + 1 < end, by_number, space);
        else
            run_rows(s, i, i + 1 < end, space);
}

/* All columns, or all rows. */
static bool run_side(square *s, bool columns)
{
    const psi_fft_plan *p = s->plan;
    int64_t lines = columns ? p->cols : p->rows, length = columns ? p->rows : p->cols,
            width = s->kernel->lanes;
    s->columns = columns;
    s->together = PSI_FFT_TASK_FLOATS / (2 * width * length);
    s->together += s->together == 0;
    psi_parallel(tasks_of(groups_of(s, lines), s->together), task, s);
    return !atomic_load(&s->failed);
}

static bool run_square(const psi_fft_plan *plan, psi_fft_place in, psi_fft_place out, float scale)
{
    square s = {
        .kernel = psi_cpu_fft_kernel(psi_isa_current()), .plan = plan, .in = in, .out = out, .scale = scale};
    int64_t numbers = groups_of(&s, plan->cols) * s.kernel->lanes * plan->rows;
    psi_buffer *between = psi_buffer_new((size_t)numbers * 2 * sizeof(float));
    if (between == NULL)
        return no_memory(plan->n);
    s.between = between->data;
    bool ok = run_side(&s, true) && run_side(&s, false);
    psi_buffer_release(between);
    return ok || no_memory(plan->n);
}

/* The line's numbers, conjugates filled in, parts traded for an inverse. */
static void gather(const psi_fft_place *in, int64_t count, int64_t n, float *x)
{
    for (int64_t k = 0; k < count; k++) {
        x[2 * k] = in->at[k * in->step];
        x[2 * k + 1] = in->gap ? in->at[k * in->step + in->gap] : 0;
    }
    if (count < n) {
        x[1] = 0;
        if (n % 2 == 0)
            x[n + 1] = 0;
    }
    for (int64_t k = count; k < n; k++) {
        x[2 * k] = x[2 * (n - k)];
        x[2 * k + 1] = -x[2 * (n - k) + 1];
    }
    for (int64_t k = 0; in->swap && k < n; k++) {
        float r = x[2 * k];
        x[2 * k] = x[2 * k + 1];
        x[2 * k + 1] = r;
    }
}

static void scatter(const psi_fft_place *out, int64_t count, const float *x)
{
    for (int64_t k = 0; k < count; k++) {
        out->at[k * out->step] = x[2 * k + out->swap];
        if (out->gap)
            out->at[k * out->step + out->gap] = x[2 * k + !out->swap];
    }
}

static void multiply(float *x, const float *by, int64_t n)
{
    for (int64_t k = 0; k < n; k++) {
        float r = x[2 * k] * by[2 * k] - x[2 * k + 1] * by[2 * k + 1];
        x[2 * k + 1] = x[2 * k] * by[2 * k + 1] + x[2 * k + 1] * by[2 * k];
        x[2 * k] = r;
    }
}

static bool convolve(const psi_fft_plan *p, float *x, float scale)
{
    const psi_fft_plan *c = p->convolution;
    psi_fft_place there = {.at = x, .step = 2, .gap = 1}, back = there;
    back.swap = true;
    multiply(x, p->chirp, p->n);
    memset(x + 2 * p->n, 0, (size_t)(c->n - p->n) * 2 * sizeof *x);
    if (!run_square(c, there, there, 1))
        return false;
    multiply(x, p->filter, c->n);
    if (!run_square(c, back, back, scale))
        return false;
    multiply(x, p->chirp, p->n);
    return true;
}

static bool run_complex(const psi_fft_plan *p, const psi_fft_place *in, int64_t in_count,
                        const psi_fft_place *out, int64_t out_count, float scale)
{
    if (!p->convolution && in_count == p->n && out_count == p->n)
        return run_square(p, *in, *out, scale);
    int64_t longest = p->convolution ? p->convolution->n : p->n;
    psi_buffer *memory = psi_buffer_new((size_t)longest * 2 * sizeof(float));
    if (memory == NULL)
        return no_memory(p->n);
    float *x = memory->data;
    psi_fft_place line = {.at = x, .step = 2, .gap = 1};
    gather(in, in_count, p->n, x);
    bool ok = p->convolution ? convolve(p, x, scale) : run_square(p, line, line, scale);
    if (ok)
        scatter(out, out_count, x);
    psi_buffer_release(memory);
    return ok;
}

/* ---- real lines of even length, by halves ---- */

/* From pairs transformed, m numbers, to the line's m + 1, or, `inverse`, the other way. */
typedef struct halves {
    const psi_fft_plan *plan;
    const float *from;
    float *to;
    int64_t from_step, to_step;
    bool inverse;
    float scale;
} halves;

/* Numbers k and m - k, for as many k as a task has roots; what must be real is taken to be. */
static void halves_task(void *context, int64_t index)
{
    const halves *h = context;
    int64_t m = h->plan->n / 2, first = index * h->plan->cols, end = first + h->plan->cols;
    const double *coarse = h->plan->coarse[index];
    float sign = h->inverse ? -1 : 1;
    for (int64_t k = first; k < end && k <= m - k; k++) {
        const double *fine = h->plan->fine[k - first];
        const float *a = h->from + k * h->from_step;
        const float *b = h->from + (k || h->inverse ? m - k : 0) * h->from_step;
        float w_r = (float)(coarse[0] * fine[0] - coarse[1] * fine[1]) * h->scale * sign;
        float w_i = (float)(coarse[0] * fine[1] + coarse[1] * fine[0]) * h->scale;
        float a_i = k || !h->inverse ? a[1] : 0, b_i = k || !h->inverse ? b[1] : 0;
        float even_r = (a[0] + b[0]) * h->scale, even_i = (a_i - b_i) * h->scale;
        float gap_r = a_i + b_i, gap_i = b[0] - a[0]; /* times -i */
        float odd_r = gap_r * w_r - gap_i * w_i, odd_i = gap_r * w_i + gap_i * w_r;
        float *low = h->to + k * h->to_step, *high = h->to + (m - k) * h->to_step;
        low[0] = even_r + odd_r;
        low[1] = even_i + odd_i;
        if (k || !h->inverse) {
            high[0] = even_r - odd_r;
            high[1] = odd_i - even_i;
        }
    }
}

static bool run_halves(const psi_fft_plan *p, const psi_fft_place *in, const psi_fft_place *out, bool inverse,
                       float scale)
{
    int64_t m = p->n / 2;
    psi_buffer *memory = psi_buffer_new((size_t)m * 2 * sizeof(float));
    if (memory == NULL)
        return no_memory(p->n);
    psi_fft_place line = {.at = memory->data, .step = 2, .gap = 1, .swap = inverse};
    halves h = {p, line.at, out->at, 2, out->step, inverse, 0.5f * scale};
    if (inverse)
        h = (halves){p, in->at, line.at, in->step, 2, inverse, scale};
    bool ok = inverse || run_complex(p->half, in, m, &line, m, 1);
    if (ok)
        psi_parallel(p->rows, halves_task, &h);
    ok = ok && (!inverse || run_complex(p->half, &line, m, out, m, 1));
    psi_buffer_release(memory);
    return ok;
}

bool psi_fft_run_shared(const psi_fft_plan *p, const psi_fft_place *in, int64_t in_count,
                        const psi_fft_place *out, int64_t out_count, float scale)
{
    return p->half ? run_halves(p, in, out, in_count > out_count, scale)
                   : run_complex(p, in, in_count, out, out_count, scale);
}
