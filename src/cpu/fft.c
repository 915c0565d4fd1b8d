/* fft.c: Fourier transforms along axes: one pass of lines per axis, in groups of lines, or line by line where one is long.
 * Invariant: work is cut by the shapes alone. */
#include <stdatomic.h>

#include "core/pool.h"
#include "cpu/fft.h"
#include "cpu/kernels.h"

#define WORTH_SHARING 256 /* a few lines shorter than this run in lanes, most of them idle */

PSI_ISA_TABLES(psi_fft_kernel, psi_fft_kernel)

const psi_fft_kernel *psi_cpu_fft_kernel(psi_isa isa)
{
    return psi_fft_kernel_by_isa[isa];
}

/* Lines along one axis: `outer` x n x `inner`, dense, in either place. */
typedef struct pass {
    float *in, *out;
    bool in_real, out_real, inverse;
    int64_t outer, inner, n, in_n, out_n;
    float scale;
    const psi_fft_kernel *kernel;
    psi_fft_plan *plan;
    bool along_inner;                  /* lines of a group are neighbours along `inner`, else along `outer` */
    int64_t per_row, groups, together; /* groups of a row of such lines, of all, of a task */
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

/* Where line (outer, inner) stands; a real line that goes by halves is one of pairs. */
static psi_fft_place place_of(const pass *p, float *at, bool real, int64_t n, int64_t outer, int64_t inner)
{
    int64_t parts = real ? 1 : 2, step = p->inner * parts;
    bool pairs = real && p->plan->half;
    return (psi_fft_place){.at = at + outer * n * step + inner * parts,
                           .step = pairs ? 2 * step : step,
                           .lane = p->along_inner ? parts : n * step,
                           .gap = pairs  ? step
                                  : real ? 0
                                         : 1,
                           .swap = p->inverse};
}

static psi_fft_group group_of(const pass *p, int64_t outer, int64_t inner)
{
    bool half = p->plan->half;
    return (psi_fft_group){.plan = p->plan,
                           .lanes = 1,
                           .in = place_of(p, p->in, p->in_real, p->in_n, outer, inner),
                           .out = place_of(p, p->out, p->out_real, p->out_n, outer, inner),
                           .in_count = half && p->in_real ? p->n / 2 : p->in_n,
                           .out_count = half && p->out_real ? p->n / 2 : p->out_n,
                           .scale = p->scale};
}

static void groups_task(void *context, int64_t index)
{
    pass *p = context;
    float *space = psi_scratch(0, p->plan->space * sizeof *space);
    if (space == NULL) {
        atomic_store(&p->failed, true);
        return;
    }
    int64_t row = p->along_inner ? p->inner : p->outer, end = least((index + 1) * p->together, p->groups);
    for (int64_t i = index * p->together; i < end; i++) {
        int64_t other = i / p->per_row, first = i % p->per_row * p->kernel->lanes;
        psi_fft_group g = p->along_inner ? group_of(p, other, first) : group_of(p, first, other);
        g.lanes = (int)least(p->kernel->lanes, row - first);
        if (i + 1 < end && i % p->per_row + 1 < p->per_row) {
            g.in.next = g.lanes * g.in.lane;
            g.out.next = g.lanes * g.out.lane;
        }
        p->kernel->run(&g, space);
    }
}

static bool run_groups(pass *p)
{
    int64_t width = p->kernel->lanes;
    p->along_inner = p->inner >= width || p->inner > p->outer;
    p->per_row = ((p->along_inner ? p->inner : p->outer) + width - 1) / width;
    p->groups = p->per_row * (p->along_inner ? p->outer : p->inner);
    p->together = PSI_FFT_TASK_FLOATS / 2 / (p->n * 2 * width);
    p->together += p->together == 0;
    psi_parallel((p->groups + p->together - 1) / p->together, groups_task, p);
    return !atomic_load(&p->failed) || no_memory(p->n);
}

static bool run_shared(const pass *p)
{
    bool ok = true;
    for (int64_t line = 0; ok && line < p->outer * p->inner; line++) {
        psi_fft_group g = group_of(p, line / p->inner, line % p->inner);
        ok = psi_fft_run_shared(p->plan, &g.in, g.in_count, &g.out, g.out_count, g.scale);
    }
    return ok;
}

static bool run_pass(pass *p)
{
    p->kernel = psi_cpu_fft_kernel(psi_isa_current());
    int64_t lines = p->outer * p->inner;
    bool real = (p->in_real || p->out_real) && p->n % 2 == 0;
    bool few = lines < p->kernel->lanes / 2 && p->n >= WORTH_SHARING;
    psi_fft_way way = p->inner == 1 && psi_fft_fits_within(real ? p->n / 2 : p->n) ? PSI_FFT_WITHIN
                      : p->n <= PSI_FFT_SHORT && !few                              ? PSI_FFT_ACROSS
                                                                                   : PSI_FFT_SHARED;
    if (lines == 0)
        return true;
    p->plan = psi_fft_plan_take(p->n, way, real);
    if (p->plan == NULL)
        return no_memory(p->n);
    bool ok = way == PSI_FFT_SHARED ? run_shared(p) : run_groups(p);
    psi_fft_plan_give(p->plan);
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
static bool run_complex(float *in, float *out, psi_ints shape, psi_ints axes, bool inverse)
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
static bool run_forward_real(psi_node *node, float *in, psi_ints axes)
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

static bool run_inverse_real(psi_node *node, float *in, psi_ints axes)
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
    const void *values = psi_dense_values(node->in[0], &temp);
    if (values == NULL)
        return false;
    float *in = (float *)(uintptr_t)values; /* only read */
    bool ok = real && inverse ? run_inverse_real(node, in, axes)
              : real          ? run_forward_real(node, in, axes)
                     : run_complex(in, psi_values(&node->out[0]), psi_shape_of(&node->out[0]), axes, inverse);
    psi_buffer_release(temp);
    return ok;
}
