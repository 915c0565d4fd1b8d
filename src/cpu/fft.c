/* fft.c: Fourier transforms along axes: one pass of lines per axis. Many lines run side by side in a kernel's lanes; a long
 * line is cut into a square whose columns, then rows, are lines (Bailey's four steps, 1990), and a long one of awkward
 * length is a convolution of three such. Invariant: work is cut by the shapes alone. */
#include <stdatomic.h>
#include <string.h>

#include "core/pool.h"
#include "cpu/fft.h"
#include "cpu/kernels.h"

#define SIDE_BY_SIDE 4096 /* longest line that runs in lanes: a group of them stays in a second-level cache */
#define WORTH_CUTTING 256 /* a few lines shorter than this run in lanes, most of them idle */
#define TASK_ELEMENTS (1 << 14)

PSI_ISA_TABLES(psi_fft_kernel, psi_fft_kernel)

const psi_fft_kernel *psi_cpu_fft_kernel(psi_isa isa)
{
    return psi_fft_kernel_by_isa[isa];
}

/* Lines along one axis: `outer` x n x `inner`, dense, in either place. */
typedef struct pass {
    const float *in;
    float *out;
    bool in_real, in_half, out_real, inverse;
    int64_t outer, inner, n, in_n, out_n;
    float scale;
    const psi_fft_kernel *kernel;
    psi_fft_plan *plan;
    int64_t groups, together; /* groups of lines, and how many of them a task has */
    atomic_bool failed;
} pass;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool no_memory(int64_t n)
{
    psi_fail(PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR, "fft: no memory for lines of length %lld", (long long)n);
    return false;
}

static float *space_for(const psi_fft_kernel *kernel, const psi_fft_plan *plan)
{
    return psi_scratch(0, (size_t)plan->space * 4 * sizeof(float) * (size_t)kernel->lanes);
}

static psi_fft_group group_of(const pass *p)
{
    int64_t in_step = p->inner * (p->in_real ? 1 : 2);
    return (psi_fft_group){.plan = p->plan,
                           .in_step = in_step,
                           .in_block = in_step * p->kernel->lanes,
                           .in_real = p->in_real,
                           .in_half = p->in_half,
                           .in_swap = p->inverse,
                           .out_swap = p->inverse,
                           .out_step = p->inner * (p->out_real ? 1 : 2),
                           .out_count = p->out_n,
                           .out_real = p->out_real,
                           .scale = p->scale};
}

/* ---- many lines ---- */

static void lines_task(void *context, int64_t index)
{
    pass *p = context;
    float *space = space_for(p->kernel, p->plan);
    if (space == NULL) {
        atomic_store(&p->failed, true);
        return;
    }
    psi_fft_group g = group_of(p);
    int64_t width = p->kernel->lanes, per_outer = (p->inner + width - 1) / width;
    for (int64_t i = index * p->together; i < least((index + 1) * p->together, p->groups); i++) {
        /* Where a row of lines fills the lanes they do not cross its end. */
        bool rows = p->inner >= width;
        int64_t first = rows ? i / per_outer * p->inner + i % per_outer * width : i * width;
        int64_t end = rows ? (first / p->inner + 1) * p->inner : p->outer * p->inner;
        g.lanes = (int)least(width, end - first);
        g.in_next = g.out_next = rows;
        for (int l = 0; l < g.lanes; l++) {
            int64_t outer = (first + l) / p->inner, inner = (first + l) % p->inner;
            g.in[l] = p->in + (outer * p->in_n * p->inner + inner) * (p->in_real ? 1 : 2);
            g.out[l] = p->out + (outer * p->out_n * p->inner + inner) * (p->out_real ? 1 : 2);
        }
        p->kernel->run(&g, space);
    }
}

static bool run_lines(pass *p)
{
    int64_t width = p->kernel->lanes;
    p->plan = psi_fft_plan_take(p->n);
    if (p->plan == NULL)
        return no_memory(p->n);
    p->groups = p->inner >= width ? p->outer * ((p->inner + width - 1) / width)
                                  : (p->outer * p->inner + width - 1) / width;
    p->together = 1 + TASK_ELEMENTS / (p->plan->space * width);
    psi_parallel((p->groups + p->together - 1) / p->together, lines_task, p);
    psi_fft_plan_give(p->plan);
    return !atomic_load(&p->failed) || no_memory(p->n);
}

/* ---- one long line ---- */

/* A line of n = rows * cols numbers: element r * cols + c stands in row r. */
typedef struct square {
    const psi_fft_kernel *kernel;
    int64_t n, rows, cols;
    psi_fft_plan *of_rows, *of_cols; /* of the lengths of columns and rows: `rows` and `cols` */
    const float *in;
    int64_t in_step;
    bool in_real, inverse, out_real;
    psi_buffer *between; /* columns transformed: groups of them, row by row */
    float *out;
    int64_t out_step;
    float scale;
    float *by_lane;                  /* rows x (lanes real, lanes imaginary): exp(-2 pi i row lane / n) */
    double (*coarse)[2], (*fine)[2]; /* roots k * fines and k of order n: their products are all roots */
    int64_t fines;
    atomic_bool failed;
} square;

/* The divisor of a smooth number next to its root. */
static int64_t side(int64_t n)
{
    int64_t best = 1;
    for (int64_t k = 2; k * k <= n; k++)
        if (n % k == 0)
            best = k;
    return best;
}

static void column_task(void *context, int64_t index)
{
    square *s = context;
    int64_t width = s->kernel->lanes, first = index * width;
    float *space = space_for(s->kernel, s->of_rows);
    float *by_element = psi_scratch(1, (size_t)s->rows * 2 * sizeof(float));
    if (space == NULL || by_element == NULL) {
        atomic_store(&s->failed, true);
        return;
    }
    for (int64_t row = 0; row < s->rows; row++) {
        int64_t k = row * first % s->n;
        const double *a = s->coarse[k / s->fines], *b = s->fine[k % s->fines];
        by_element[2 * row] = (float)(a[0] * b[0] - a[1] * b[1]);
        by_element[2 * row + 1] = (float)(a[0] * b[1] + a[1] * b[0]);
    }
    psi_fft_group g = {.plan = s->of_rows,
                       .lanes = (int)least(width, s->cols - first),
                       .in_step = s->cols * s->in_step,
                       .in_block = s->cols * s->in_step * width,
                       .in_next = s->in_step == (s->in_real ? 1 : 2),
                       .in_real = s->in_real,
                       .in_swap = s->inverse,
                       .out_step = 2 * width,
                       .out_count = s->rows,
                       .out_next = true,
                       .scale = 1,
                       .by_element = by_element,
                       .by_lane = s->by_lane};
    for (int l = 0; l < g.lanes; l++) {
        g.in[l] = s->in + (first + l) * s->in_step;
        g.out[l] = (float *)s->between->data + 2 * (index * width * s->rows + l);
    }
    s->kernel->run(&g, space);
}

static void row_task(void *context, int64_t index)
{
    square *s = context;
    int64_t width = s->kernel->lanes, first = index * width;
    float *space = space_for(s->kernel, s->of_cols);
    if (space == NULL) {
        atomic_store(&s->failed, true);
        return;
    }
    psi_fft_group g = {.plan = s->of_cols,
                       .lanes = (int)least(width, s->rows - first),
                       .in_step = 2,
                       .in_block = 2 * width * s->rows,
                       .out_swap = s->inverse,
                       .out_step = s->rows * s->out_step,
                       .out_count = s->cols,
                       .out_next = s->out_step == (s->out_real ? 1 : 2),
                       .out_real = s->out_real,
                       .scale = s->scale};
    for (int l = 0; l < g.lanes; l++) {
        g.in[l] = (const float *)s->between->data + 2 * (first + l) * width;
        g.out[l] = s->out + (first + l) * s->out_step;
    }
    s->kernel->run(&g, space);
}

static void fill_roots(square *s)
{
    int64_t width = s->kernel->lanes, coarses = (s->n + s->fines - 1) / s->fines;
    for (int64_t k = 0; k < coarses; k++)
        psi_fft_root(k * s->fines, s->n, s->coarse[k]);
    for (int64_t k = 0; k < s->fines; k++)
        psi_fft_root(k, s->n, s->fine[k]);
    for (int64_t row = 0; row < s->rows; row++)
        for (int64_t l = 0; l < width; l++) {
            double root[2];
            psi_fft_root(row * l % s->n, s->n, root);
            s->by_lane[2 * width * row + l] = (float)root[0];
            s->by_lane[2 * width * row + width + l] = (float)root[1];
        }
}

static void end_square(square *s)
{
    psi_fft_plan_give(s->of_rows);
    psi_fft_plan_give(s->of_cols);
    psi_buffer_release(s->between);
    psi_free(s->by_lane);
    psi_free(s->coarse);
    psi_free(s->fine);
}

/* Tables and space for lines of a smooth length. */
static bool begin_square(square *s, int64_t n)
{
    int64_t width = psi_cpu_fft_kernel(psi_isa_current())->lanes;
    *s = (square){.kernel = psi_cpu_fft_kernel(psi_isa_current()), .n = n, .rows = side(n)};
    s->cols = n / s->rows;
    s->fines = s->cols;
    s->of_rows = psi_fft_plan_take(s->rows);
    s->of_cols = psi_fft_plan_take(s->cols);
    s->between =
        psi_buffer_new((size_t)((s->cols + width - 1) / width * width * s->rows) * 2 * sizeof(float));
    s->by_lane = psi_malloc((size_t)(s->rows * width) * 2 * sizeof(float));
    s->coarse = psi_malloc((size_t)s->rows * sizeof *s->coarse);
    s->fine = psi_malloc((size_t)s->fines * sizeof *s->fine);
    if (!s->of_rows || !s->of_cols || !s->between || !s->by_lane || !s->coarse || !s->fine) {
        end_square(s);
        return no_memory(n);
    }
    fill_roots(s);
    return true;
}

static bool run_square(square *s)
{
    int64_t width = s->kernel->lanes;
    psi_parallel((s->cols + width - 1) / width, column_task, s);
    if (!atomic_load(&s->failed))
        psi_parallel((s->rows + width - 1) / width, row_task, s);
    return !atomic_load(&s->failed) || no_memory(s->n);
}

/* A long line on its way: its elements, complex and dense, and for an awkward length what the convolution needs. */
typedef struct long_line {
    const pass *p;
    square s;
    psi_buffer *memory;
    float *line;           /* of it: n, or the convolution's length, complex numbers */
    float *chirp, *filter; /* NULL for a smooth length */
} long_line;

static void multiply(float *x, const float *by, int64_t n)
{
    for (int64_t k = 0; k < n; k++) {
        float r = x[2 * k] * by[2 * k] - x[2 * k + 1] * by[2 * k + 1];
        x[2 * k + 1] = x[2 * k] * by[2 * k + 1] + x[2 * k + 1] * by[2 * k];
        x[2 * k] = r;
    }
}

/* line = transform of line, scaled */
static bool transform_line(long_line *t, bool inverse, float scale)
{
    square *s = &t->s;
    s->in = s->out = t->line;
    s->in_step = s->out_step = 2;
    s->in_real = s->out_real = false;
    s->inverse = inverse;
    s->scale = scale;
    return run_square(s);
}

static bool begin_long(long_line *t, const pass *p)
{
    int64_t n = p->n, m = psi_fft_is_smooth(n) ? n : psi_fft_good_length(2 * n - 1);
    *t = (long_line){.p = p};
    if (!begin_square(&t->s, m))
        return false;
    t->memory = psi_buffer_new((size_t)m * 2 * sizeof(float));
    t->line = t->memory ? t->memory->data : NULL;
    if (m != n) {
        t->chirp = psi_malloc((size_t)n * 2 * sizeof(float));
        t->filter = psi_malloc((size_t)m * 2 * sizeof(float));
    }
    if (!t->line || (m != n && (!t->chirp || !t->filter)))
        return no_memory(n);
    if (m == n)
        return true;
    psi_fft_chirp(n, t->chirp);
    psi_fft_filter(n, m, t->chirp, t->filter);
    memcpy(t->line, t->filter, (size_t)m * 2 * sizeof(float));
    if (!transform_line(t, false, (float)(1 / (double)m)))
        return false;
    memcpy(t->filter, t->line, (size_t)m * 2 * sizeof(float));
    return true;
}

static void end_long(long_line *t)
{
    end_square(&t->s);
    psi_buffer_release(t->memory);
    psi_free(t->chirp);
    psi_free(t->filter);
}

/* The line's elements, conjugates filled in, parts traded for an inverse. */
static void gather_line(long_line *t, const float *from)
{
    const pass *p = t->p;
    int64_t n = p->n, count = p->in_half ? n / 2 + 1 : n, step = p->inner * (p->in_real ? 1 : 2);
    float *x = t->line;
    for (int64_t k = 0; k < count; k++) {
        x[2 * k] = from[k * step];
        x[2 * k + 1] = p->in_real ? 0 : from[k * step + 1];
    }
    if (p->in_half)
        x[1] = 0;
    if (p->in_half && n % 2 == 0)
        x[n + 1] = 0;
    for (int64_t k = count; k < n; k++) {
        x[2 * k] = x[2 * (n - k)];
        x[2 * k + 1] = -x[2 * (n - k) + 1];
    }
    for (int64_t k = 0; p->inverse && k < n; k++) {
        float r = x[2 * k];
        x[2 * k] = x[2 * k + 1];
        x[2 * k + 1] = r;
    }
}

static void scatter_line(const long_line *t, float *to)
{
    const pass *p = t->p;
    int64_t step = p->inner * (p->out_real ? 1 : 2);
    for (int64_t k = 0; k < p->out_n; k++) {
        to[k * step] = t->line[2 * k + p->inverse];
        if (!p->out_real)
            to[k * step + 1] = t->line[2 * k + !p->inverse];
    }
}

static bool convolve_line(long_line *t)
{
    int64_t n = t->p->n, m = t->s.n;
    multiply(t->line, t->chirp, n);
    memset(t->line + 2 * n, 0, (size_t)(m - n) * 2 * sizeof(float));
    if (!transform_line(t, false, 1))
        return false;
    multiply(t->line, t->filter, m);
    if (!transform_line(t, true, t->p->scale))
        return false;
    multiply(t->line, t->chirp, n);
    return true;
}

static bool run_long_line(long_line *t, int64_t line)
{
    const pass *p = t->p;
    int64_t outer = line / p->inner, inner = line % p->inner;
    const float *in = p->in + (outer * p->in_n * p->inner + inner) * (p->in_real ? 1 : 2);
    float *out = p->out + (outer * p->out_n * p->inner + inner) * (p->out_real ? 1 : 2);
    if (t->chirp == NULL && !p->in_half && p->out_n == p->n) { /* straight from place to place */
        square *s = &t->s;
        s->in = in;
        s->out = out;
        s->in_step = p->inner * (p->in_real ? 1 : 2);
        s->out_step = p->inner * (p->out_real ? 1 : 2);
        s->in_real = p->in_real;
        s->out_real = p->out_real;
        s->inverse = p->inverse;
        s->scale = p->scale;
        return run_square(s);
    }
    gather_line(t, in);
    if (!(t->chirp ? convolve_line(t) : transform_line(t, false, p->scale)))
        return false;
    scatter_line(t, out);
    return true;
}

static bool run_pass(pass *p)
{
    p->kernel = psi_cpu_fft_kernel(psi_isa_current());
    int64_t lines = p->outer * p->inner;
    if (lines == 0)
        return true;
    bool few = lines < p->kernel->lanes / 2 && p->n >= WORTH_CUTTING;
    if (p->n <= SIDE_BY_SIDE && !few)
        return run_lines(p);
    long_line t;
    bool ok = begin_long(&t, p);
    for (int64_t line = 0; ok && line < lines; line++)
        ok = run_long_line(&t, line);
    end_long(&t);
    return ok;
}

/* ---- the node ---- */

/* The pass over one axis of `shape`, where lines are to become `n` long. */
static pass pass_over(psi_ints shape, int64_t axis, int64_t n, bool inverse)
{
    pass p = {.outer = 1, .inner = 1, .n = n, .in_n = shape.data[axis], .out_n = n, .inverse = inverse};
    for (int i = 0; i < shape.count; i++)
        if (i != axis)
            *(i < axis ? &p.outer : &p.inner) *= shape.data[i];
    p.scale = inverse ? (float)(1 / (double)n) : 1;
    return p;
}

/* Complex passes over the axes before the last, from `in` to `out` or within `out`. */
static bool run_complex(const float *in, float *out, psi_ints shape, psi_ints axes, bool inverse)
{
    for (int i = axes.count - 1; i >= 0; i--) {
        int64_t axis = axes.data[i];
        pass p = pass_over(shape, axis, shape.data[axis], inverse);
        p.in = in;
        p.out = out;
        if (!run_pass(&p))
            return false;
        in = out;
    }
    return true;
}

/* Real lines along the last axis first, then complex ones along the others. */
static bool run_forward_real(psi_node *node, const float *in, psi_ints axes)
{
    psi_array out = &node->out[0];
    int64_t last = axes.data[axes.count - 1];
    pass p = pass_over(psi_shape_of(node->in[0]), last, node->in[0]->shape[last], false);
    p.in = in;
    p.in_real = true;
    p.out = psi_values(out);
    p.out_n = out->shape[last];
    return run_pass(&p) &&
           run_complex(p.out, p.out, psi_shape_of(out), (psi_ints){axes.data, axes.count - 1}, false);
}

static bool run_inverse_real(psi_node *node, const float *in, psi_ints axes)
{
    psi_array out = &node->out[0], from = node->in[0];
    int64_t last = axes.data[axes.count - 1];
    psi_buffer *between = NULL;
    if (axes.count > 1) {
        between = psi_buffer_new(psi_nbytes(from));
        if (between == NULL || !run_complex(in, between->data, psi_shape_of(from),
                                            (psi_ints){axes.data, axes.count - 1}, true)) {
            psi_buffer_release(between);
            return false;
        }
    }
    pass p = pass_over(psi_shape_of(from), last, out->shape[last], true);
    p.in = between ? between->data : in;
    p.in_half = true;
    p.out = psi_values(out);
    p.out_real = true;
    bool ok = run_pass(&p);
    psi_buffer_release(between);
    return ok;
}

bool psi_cpu_fft(psi_node *node)
{
    psi_ints axes = psi_attr_list(node, 0);
    bool inverse = node->attr[axes.count + 1], real = node->attr[axes.count + 2];
    psi_buffer *temp;
    if (!psi_output_new(&node->out[0]))
        return false;
    if (node->out[0].size == 0)
        return true;
    const void *in = psi_dense_values(node->in[0], &temp);
    if (in == NULL)
        return false;
    bool ok = real && inverse ? run_inverse_real(node, in, axes)
              : real          ? run_forward_real(node, in, axes)
                     : run_complex(in, psi_values(&node->out[0]), psi_shape_of(&node->out[0]), axes, inverse);
    psi_buffer_release(temp);
    return ok;
}
