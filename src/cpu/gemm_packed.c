/* gemm_packed.c: what is special about products with a packed matrix: panels taken out of codes, and few rows times it,
 * which only stream its words through once. Invariant: every cut is by size. */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "core/error.h"
#include "core/pool.h"
#include "cpu/gemm_job.h"

#define FEW_ROWS 16          /* more, and panels are taken out once for all rows */
#define STRAIGHT_ROWS 2      /* more, and codes are taken out once for all rows */
#define CHUNK_WORK (1 << 17) /* codes that one task reads at least, */
#define MOST_WORK (1 << 19)  /* and at most, */
#define TASKS 128            /* which leaves about so many tasks */
#define K_BLOCK 1024         /* codes of a row that are taken out at a time */
#define PANEL_PART 128       /* codes of each column that are taken out and turned at a time */
#define LINES 4              /* rows of them */
#define COLUMNS 512          /* codes side by side that one task adds up, of rows that are not transposed */

/* ---- scales of rows as float32 ---- */

static int64_t groups_of(const psi_gemm_packed *p)
{
    return p->codes / p->q.group;
}

/* Elements [at, at + n) of scales or biases. */
static void load_some(const psi_gemm_packed *p, const psi_gemm_kernels *kernels, const void *data, int64_t at,
                      int64_t n, float *out)
{
    if (p->dtype != PSI_UINT8) {
        kernels->load(p->dtype, n, (const char *)data + at * psi_gemm_size(p->dtype), 1, out);
        return;
    }
    const uint8_t *places = (const uint8_t *)data + at;
    for (int64_t i = 0; i < n; i++)
        out[i] = p->table[places[i]];
}

/* Where the scales and biases of a matrix's rows are as floats. */
typedef struct row_scales {
    const float *scales, *biases; /* groups_of a row; biases NULL: none */
} row_scales;

/* Where they lie, if float32 and not so near the end that PSI_GEMM_SLACK would leave them; else in memory of
 * 2 * rows * groups_of + PSI_GEMM_SLACK floats. */
static row_scales load_rows(const psi_gemm_call *call, const psi_gemm_kernels *kernels, int64_t entry,
                            int64_t row, int64_t rows, float *memory)
{
    const psi_gemm_packed *p = call->packed;
    int64_t n = groups_of(p), left = (p->transposed ? call->n : call->k) - row - rows;
    int64_t at = row * n + (p->scale_offsets ? p->scale_offsets[entry] : 0);
    int64_t bias_at = row * n + (p->bias_offsets ? p->bias_offsets[entry] : 0);
    if (p->dtype == PSI_FLOAT32 && left * n >= PSI_GEMM_SLACK)
        return (row_scales){(const float *)p->scales + at,
                            p->biases ? (const float *)p->biases + bias_at : NULL};
    load_some(p, kernels, p->scales, at, rows * n, memory);
    if (p->biases)
        load_some(p, kernels, p->biases, bias_at, rows * n, memory + rows * n);
    return (row_scales){memory, p->biases ? memory + rows * n : NULL};
}

static const uint32_t *row_at(const psi_gemm_call *call, int64_t entry, int64_t row)
{
    const psi_gemm_operand *b = &call->b;
    const psi_gemm_packed *p = call->packed;
    return (const uint32_t *)b->data + (b->offsets ? b->offsets[entry] : 0) +
           row * groups_of(p) * psi_group_words(&p->q);
}

/* ---- panels ---- */

bool psi_gemm_packed_panel(const psi_gemm_call *call, const psi_gemm_kernels *kernels, int64_t entry,
                           int64_t row, int64_t k, int64_t col, int64_t cols, float *out)
{
    const psi_gemm_packed *p = call->packed;
    int64_t nr = kernels->nr, lines = p->transposed ? cols : 1, n = groups_of(p);
    int64_t part = psi_gemm_min(k, PANEL_PART);
    float *memory = psi_scratch(PSI_GEMM_PACKED_SCRATCH,
                                (size_t)(lines * (2 * n + part) + PSI_GEMM_SLACK + nr) * sizeof *memory);
    if (!memory)
        return false;
    float *values = memory + 2 * lines * n + PSI_GEMM_SLACK;
    if (p->transposed) {
        row_scales s = load_rows(call, kernels, entry, col, cols, memory);
        for (int64_t k0 = 0; k0 < k; k0 += part) {
            int64_t some = psi_gemm_min(part, k - k0);
            for (int64_t j = 0; j < cols; j++)
                kernels->expand(&p->q, row_at(call, entry, col + j), s.scales + j * n,
                                s.biases ? s.biases + j * n : NULL, row + k0, some, values + j * part);
            kernels->pack_b(PSI_FLOAT32, values, part, 1, (int)cols, some, out + k0 * nr);
        }
        return true;
    }
    memset(values, 0, (size_t)nr * sizeof *values);
    for (int64_t i = 0; i < k; i++) {
        row_scales s = load_rows(call, kernels, entry, row + i, 1, memory);
        kernels->expand(&p->q, row_at(call, entry, row + i), s.scales, s.biases, col, cols, values);
        memcpy(out + i * nr, values, (size_t)nr * sizeof *values);
    }
    return true;
}

bool psi_gemm_packed_bytes(const psi_gemm_call *call, const psi_gemm_kernels *kernels,
                           const psi_gemm_bytes *bytes, int64_t entry, int64_t row, int64_t k, int64_t col,
                           int64_t cols, float *out)
{
    const psi_gemm_packed *p = call->packed;
    int64_t n = groups_of(p), g = row / p->q.group, words = psi_group_words(&p->q);
    float *memory = psi_scratch(PSI_GEMM_PACKED_SCRATCH, (size_t)(2 * cols * n) * sizeof *memory);
    if (!memory)
        return false;
    row_scales s = load_rows(call, kernels, entry, col, cols, memory);
    bytes->pack_codes(&p->q, row_at(call, entry, col) + g * words, n * words, s.scales + g, s.biases + g, n,
                      k, cols, out);
    return true;
}

/* ---- few rows ---- */

typedef struct few {
    const psi_gemm_call *call;
    const psi_gemm_kernels *kernels;
    bool straight;  /* dot products from the words themselves, */
    int planes;     /* of so many planes of eight bits of x: 16 bits are enough for what has no more itself */
    int64_t stride; /* floats between the rows of x once prepared */
    float *x;       /* of every entry and row: its values, straight ones arranged, and the sums of groups */
    int64_t chunk, chunks;
    atomic_bool odd; /* x has an infinity or NaN, which straight dots would spread too far */
    atomic_bool failed;
} few;

float psi_gemm_largest(int64_t k, const float *x)
{
    float largest = 0;
    bool odd = false;
    for (int64_t i = 0; i < k; i++) {
        float size = __builtin_fabsf(x[i]);
        largest = size > largest ? size : largest;
        odd |= !(size < INFINITY);
    }
    return odd ? INFINITY : largest;
}

float psi_gemm_factor(float largest)
{
    return largest == INFINITY                 ? NAN
           : largest > 0 && largest < 0x1p-60f ? 0x1p64f
           : largest > 0x1p60f                 ? 0x1p-64f
                                               : 1;
}

/* One row of x for one entry: as floats, or arranged, with the sums of its groups and what to multiply results by. */
static void prepare_row(void *context, int64_t index)
{
    few *f = context;
    const psi_gemm_call *call = f->call;
    const psi_gemm_packed *p = call->packed;
    int64_t k = call->k, group = p->q.group;
    float *out = f->x + index * f->stride, *sums = out + psi_gemm_arranged(&p->q, k);
    float *values = f->straight ? psi_scratch(PSI_GEMM_PACKED_SCRATCH, (size_t)k * sizeof *values) : out;
    if (!values) {
        atomic_store(&f->failed, true);
        return;
    }
    f->kernels->load(call->a.dtype, k, psi_gemm_at(&call->a, index / call->m, index % call->m, 0),
                     call->a.col_stride, values);
    if (!f->straight)
        return;
    float factor = psi_gemm_factor(psi_gemm_largest(k, values));
    if (factor != factor) {
        atomic_store(&f->odd, true);
        return;
    }
    for (int64_t i = 0; i < k; i++)
        values[i] *= factor;
    sums[k / group] = 1 / factor;
    f->kernels->arrange(&p->q, f->planes, k, values, out);
    for (int64_t g = 0; g < k / group; g++) {
        float sum[8] = {0};
        for (int64_t i = 0; i < group; i++)
            sum[i % 8] += values[g * group + i];
        sums[g] = ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
    }
}

/* Rows of a transposed matrix, each against every row of x: sums[i * lines + line]. `dots` holds as many numbers. */
static void dot_straight(const few *f, int64_t entry, int64_t first, int64_t lines, float *memory,
                         float *dots, float *sums)
{
    const psi_gemm_call *call = f->call;
    const psi_gemm_packed *p = call->packed;
    int64_t n = groups_of(p), arranged = psi_gemm_arranged(&p->q, call->k);
    row_scales s = load_rows(call, f->kernels, entry, first, lines, memory);
    for (int64_t i = 0; i < call->m; i++, sums += lines) {
        const float *x = f->x + (entry * call->m + i) * f->stride, *group_sums = x + arranged;
        f->kernels->dot(PSI_FLOAT32, lines, n, s.biases, n, group_sums, sums);
        f->kernels->dot_packed(&p->q, f->planes, lines, call->k, row_at(call, entry, first), s.scales, x,
                               dots);
        for (int64_t j = 0; j < lines; j++)
            sums[j] = (sums[j] + dots[j]) * group_sums[n];
    }
}

static void dot_expanded(const few *f, int64_t entry, int64_t first, int64_t lines, float *memory,
                         float *sums)
{
    const psi_gemm_call *call = f->call;
    const psi_gemm_packed *p = call->packed;
    int64_t n = groups_of(p);
    row_scales s = load_rows(call, f->kernels, entry, first, lines, memory);
    float *values = memory + 2 * lines * n + PSI_GEMM_SLACK, part[LINES];
    memset(sums, 0, (size_t)(call->m * lines) * sizeof *sums);
    for (int64_t at = 0; at < lines; at += LINES) {
        int64_t some = psi_gemm_min(LINES, lines - at);
        for (int64_t k0 = 0; k0 < call->k; k0 += K_BLOCK) {
            int64_t k = psi_gemm_min(K_BLOCK, call->k - k0);
            for (int64_t j = 0; j < some; j++)
                f->kernels->expand(&p->q, row_at(call, entry, first + at + j), s.scales + (at + j) * n,
                                   s.biases ? s.biases + (at + j) * n : NULL, k0, k, values + j * K_BLOCK);
            for (int64_t i = 0; i < call->m; i++) {
                const float *x = f->x + (entry * call->m + i) * f->stride + k0;
                f->kernels->dot(PSI_FLOAT32, some, k, values, K_BLOCK, x, part);
                for (int64_t j = 0; j < some; j++)
                    sums[i * lines + at + j] += part[j];
            }
        }
    }
}

/* Columns of a matrix that is not transposed: its rows, times x, are added up. */
static void combine_rows(const few *f, int64_t entry, int64_t first, int64_t lines, float *memory,
                         float *sums)
{
    const psi_gemm_call *call = f->call;
    const psi_gemm_packed *p = call->packed;
    float *values = memory + 2 * groups_of(p) + PSI_GEMM_SLACK;
    memset(sums, 0, (size_t)(call->m * lines) * sizeof *sums);
    for (int64_t k0 = 0; k0 < call->k; k0 += 8) {
        int64_t k = psi_gemm_min(8, call->k - k0);
        for (int64_t i = 0; i < k; i++) {
            row_scales s = load_rows(call, f->kernels, entry, k0 + i, 1, memory);
            f->kernels->expand(&p->q, row_at(call, entry, k0 + i), s.scales, s.biases, first, lines,
                               values + i * lines);
        }
        for (int64_t i = 0; i < call->m; i++)
            f->kernels->combine(PSI_FLOAT32, lines, k, values, lines,
                                f->x + (entry * call->m + i) * f->stride + k0, sums + i * lines);
    }
}

static void few_task(void *context, int64_t index)
{
    few *f = context;
    const psi_gemm_call *call = f->call;
    const psi_gemm_packed *p = call->packed;
    int64_t entry = index / f->chunks, first = index % f->chunks * f->chunk;
    int64_t lines = psi_gemm_min(f->chunk, call->n - first), n = groups_of(p), m = call->m;
    int64_t scales = 2 * n * (p->transposed ? lines : 1) + PSI_GEMM_SLACK;
    int64_t values = p->transposed ? LINES * K_BLOCK : 8 * lines;
    float *memory = psi_scratch(PSI_GEMM_SCRATCH, (size_t)(scales + values + m * lines) * sizeof *memory);
    if (!memory) {
        atomic_store(&f->failed, true);
        return;
    }
    float *sums = memory + scales + values;
    if (f->straight)
        dot_straight(f, entry, first, lines, memory, memory + scales, sums);
    else if (p->transposed)
        dot_expanded(f, entry, first, lines, memory, sums);
    else
        combine_rows(f, entry, first, lines, memory, sums);
    psi_gemm_finish(call, f->kernels, (psi_gemm_part){entry, 0, m, first, lines}, sums, lines);
}

bool psi_gemm_packed_few(const psi_gemm_call *call, const psi_gemm_kernels *kernels, bool *ok)
{
    const psi_gemm_packed *p = call->packed;
    int64_t k = call->k;
    if (call->m > FEW_ROWS || k == 0)
        return false;
    few f = {.call = call, .kernels = kernels, .planes = call->a.dtype == PSI_FLOAT32 ? 3 : 2};
    f.straight = call->m <= STRAIGHT_ROWS && p->transposed && p->q.mode == PSI_AFFINE &&
                 (p->q.bits & (p->q.bits - 1)) == 0;
    f.stride = psi_gemm_round_up(psi_gemm_arranged(&p->q, k) + k / p->q.group + 1, 16);
    f.x = psi_scratch(PSI_GEMM_SHARED_SCRATCH, (size_t)(call->batch * call->m * f.stride) * sizeof *f.x);
    *ok = f.x != NULL;
    if (!*ok)
        return true;
    int64_t lines = psi_gemm_clamp(call->n / TASKS, CHUNK_WORK / k, MOST_WORK / k);
    int64_t chunk = p->transposed ? psi_gemm_clamp(lines, LINES, 256) / LINES * LINES : COLUMNS;
    f.chunk = psi_gemm_min(chunk, call->n);
    f.chunks = psi_gemm_ceil(call->n, f.chunk);
    psi_parallel(call->batch * call->m, prepare_row, &f);
    if (atomic_load(&f.odd)) {
        f.straight = false;
        psi_parallel(call->batch * call->m, prepare_row, &f);
    }
    if (!atomic_load(&f.failed))
        psi_parallel(call->batch * f.chunks, few_task, &f);
    *ok = !atomic_load(&f.failed);
    if (!*ok)
        psi_fail(PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR, "quantized_matmul: no scratch memory for rows of %lld",
                 (long long)k);
    return true;
}
