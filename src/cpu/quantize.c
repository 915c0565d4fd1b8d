/* quantize.c: floats packed into codes of few bits, and back. Bit for bit upstream's CPU: scales and codes are computed in
 * float32, and where upstream works in the array's own dtype (the floating modes, and dequantize) each step is rounded
 * to it. float64 is read as float32. */
#include "cpu/quantize.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "core/half.h"
#include "core/pool.h"
#include "cpu/gemm_job.h"
#include "cpu/kernels.h"

enum { CHUNK = 1 << 13, GROUP_MAX = 128 };

/* ---- scales of 8 bits ---- */

/* 2 to the power code - 127, which is 0 below float32 and infinite for 255. */
static float power_of(int code)
{
    return psi_float_of_bits(code > 0 ? (uint32_t)code << 23 : 0x400000);
}

void psi_quantized_scales(const psi_quantization *q, float factor, float *table)
{
    for (int i = 0; i < 256; i++)
        table[i] = (q->mode == PSI_NVFP4 ? psi_float_of_fp8((uint8_t)i) : power_of(i)) * factor;
}

float psi_global_factor(psi_array global)
{
    return *(const float *)psi_values(global) / (448.0f * 6.0f);
}

/* ---- one group ---- */

typedef struct job {
    psi_quantization q;
    psi_dtype dtype; /* of the values */
    psi_row_fn widen, narrow;
    const char *values;
    uint32_t *words;
    char *scales, *biases;
    int64_t groups;
    float encode; /* what scales are multiplied by before they are rounded */
    atomic_bool failed;
} job;

static float nearest(const job *j, float x)
{
    uint16_t half;
    if (!j->narrow)
        return x;
    j->narrow(1, &half, &x, NULL, NULL);
    j->widen(1, &x, &half, NULL, NULL);
    return x;
}

/* Codes put side by side, lowest bits first. */
static void pack(int64_t bits, int64_t n, const uint8_t *codes, uint32_t *words)
{
    uint64_t waiting = 0;
    int64_t filled = 0;
    for (int64_t i = 0; i < n; i++) {
        waiting |= (uint64_t)codes[i] << filled;
        filled += bits;
        if (filled >= 32) {
            *words++ = (uint32_t)waiting;
            waiting >>= 32;
            filled -= 32;
        }
    }
}

/* The scale makes the value of the largest size a whole number of steps from zero, so that zero itself has a code. */
static void affine_group(const job *j, const float *x, float *scale_out, float *bias_out, uint8_t *codes)
{
    const int64_t n = j->q.group;
    float high[8], low[8], bins = (float)((1 << j->q.bits) - 1);
    for (int i = 0; i < 8; i++) {
        high[i] = -INFINITY;
        low[i] = INFINITY;
    }
    for (int64_t at = 0; at < n; at += 8)
        for (int i = 0; i < 8; i++) {
            high[i] = high[i] < x[at + i] ? x[at + i] : high[i];
            low[i] = x[at + i] < low[i] ? x[at + i] : low[i];
        }
    for (int i = 1; i < 8; i++) {
        high[0] = high[0] < high[i] ? high[i] : high[0];
        low[0] = low[i] < low[0] ? low[i] : low[0];
    }
    bool down = fabsf(low[0]) > fabsf(high[0]);
    float scale = (high[0] - low[0]) / bins, edge = down ? low[0] : high[0], bias = 0;
    scale = scale < 1e-7f ? 1e-7f : scale;
    scale = down ? scale : -scale;
    float steps = rintf(edge / scale);
    if (steps != 0) {
        scale = edge / steps;
        bias = edge;
    }
    for (int64_t i = 0; i < n; i++) {
        float place = rintf((x[i] - bias) / scale);
        place = place > 0 ? place : 0; /* NaN too */
        codes[i] = (uint8_t)(place < bins ? place : bins);
    }
    *scale_out = scale;
    *bias_out = bias;
}

/* Floats of 4 bits: the nearest of 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives, the smaller of two; infinity is 0. */
static uint8_t fp4_of(float x)
{
    float size = fabsf(x);
    uint8_t code = (uint8_t)((size > 0.25f) + (size > 0.75f) + (size > 1.25f) + (size > 1.75f) +
                             (size > 2.5f) + (size > 3.5f) + (size > 5));
    code = size < INFINITY ? code : 0;
    return code && x < 0 ? code | 8 : code;
}

static float largest_size(const float *x, int64_t n)
{
    float largest = 0;
    for (int64_t i = 0; i < n; i++)
        largest = fabsf(x[i]) <= largest ? largest : fabsf(x[i]);
    for (int64_t i = 0; i < n; i++)
        if (x[i] != x[i])
            return NAN;
    return largest;
}

static void float_group(const job *j, float *x, uint8_t *scale_out, uint8_t *codes)
{
    const int64_t n = j->q.group;
    float scale = nearest(j, largest_size(x, n) / (j->q.bits == 4 ? 6.0f : 448.0f)), by, encode = 1;
    if (j->q.mode == PSI_NVFP4) {
        encode = j->encode;
        *scale_out = psi_fp8_of_float(scale * encode);
        by = psi_float_of_fp8(*scale_out);
    } else {
        /* A group that holds an infinity or NaN gets the infinite scale. */
        int power = scale == 0 ? 0 : isfinite(scale) ? (int)rintf(nearest(j, log2f(scale))) : 128;
        *scale_out = (uint8_t)(power + 127);
        by = nearest(j, ldexpf(1, power));
    }
    for (int64_t i = 0; i < n; i++)
        x[i] = x[i] / by;
    if (j->narrow) {
        uint16_t halves[GROUP_MAX];
        j->narrow(n, halves, x, NULL, NULL);
        j->widen(n, x, halves, NULL, NULL);
    }
    for (int64_t i = 0; i < n; i++)
        codes[i] = j->q.bits == 4 ? fp4_of(x[i] * encode) : psi_fp8_of_float(x[i] * encode);
}

/* ---- quantize ---- */

static void quantize_chunk(void *context, int64_t index)
{
    job *j = context;
    const int64_t group = j->q.group, per = CHUNK / group, words = psi_group_words(&j->q);
    const int64_t first = index * per, last = first + per < j->groups ? first + per : j->groups;
    const int64_t item = (int64_t)psi_dtype_size(j->dtype), n = last - first;
    float *x = psi_scratch(0, CHUNK * sizeof *x), scales[CHUNK / 16], biases[CHUNK / 16];
    uint8_t codes[GROUP_MAX];
    if (!x) {
        atomic_store(&j->failed, true);
        return;
    }
    const char *from = j->values + first * group * item;
    if (j->widen)
        j->widen(n * group, x, from, NULL, NULL);
    else
        memcpy(x, from, (size_t)(n * group) * sizeof *x);
    for (int64_t g = 0; g < n; g++) {
        if (j->q.mode == PSI_AFFINE)
            affine_group(j, x + g * group, scales + g, biases + g, codes);
        else
            float_group(j, x + g * group, (uint8_t *)j->scales + first + g, codes);
        pack(j->q.bits, group, codes, j->words + (first + g) * words);
    }
    if (j->q.mode != PSI_AFFINE)
        return;
    psi_row_fn store = psi_cpu_cast(j->dtype, PSI_FLOAT32);
    for (int i = 0; i < 2; i++) {
        char *to = (i ? j->biases : j->scales) + first * item;
        const float *parts = i ? biases : scales;
        if (j->widen)
            store(n, to, parts, NULL, NULL);
        else
            memcpy(to, parts, (size_t)n * sizeof *parts);
    }
}

static void set_dtype(job *j, psi_dtype dtype)
{
    j->dtype = dtype;
    if (dtype != PSI_FLOAT32)
        j->widen = psi_cpu_cast(PSI_FLOAT32, dtype);
    if (dtype == PSI_FLOAT16 || dtype == PSI_BFLOAT16)
        j->narrow = psi_cpu_cast(dtype, PSI_FLOAT32);
}

bool psi_cpu_quantize(psi_node *node)
{
    psi_array a = node->in[0];
    psi_buffer *temp = NULL;
    for (int i = 0; i < node->out_count; i++)
        if (!psi_output_new(&node->out[i]))
            return false;
    if (a->size == 0)
        return true;
    job j = {.q = psi_quantization_of(node), .encode = 1};
    set_dtype(&j, (psi_dtype)a->dtype);
    j.values = psi_dense_values(a, &temp);
    if (!j.values)
        return false;
    j.words = node->out[0].buffer->data;
    j.scales = node->out[1].buffer->data;
    if (node->out_count > 2)
        j.biases = node->out[2].buffer->data;
    if (node->in_count > 1)
        j.encode = (448.0f * 6.0f) / *(const float *)psi_values(node->in[1]);
    j.groups = a->size / j.q.group;
    int64_t per = CHUNK / j.q.group;
    psi_parallel((j.groups + per - 1) / per, quantize_chunk, &j);
    psi_buffer_release(temp);
    return psi_tasks_done(&j.failed, "quantize");
}

/* ---- rounding in place, as qqmm does to its operands: ties go to even codes ---- */

static float even_fp4(float x)
{
    static const float values[] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
    float size = fabsf(x);
    int code = x != x ? 7
                      : (size > 0.25f) + (size >= 0.75f) + (size > 1.25f) + (size >= 1.75f) + (size > 2.5f) +
                            (size >= 3.5f) + (size > 5);
    return x < 0 ? -values[code] : values[code];
}

void psi_quantized_round(const psi_quantization *q, int64_t n, float *x, float factor)
{
    for (int64_t at = 0; at < n; at += q->group, x += q->group) {
        float scale = largest_size(x, q->group) / (q->bits == 4 ? 6.0f : 448.0f), by;
        if (q->mode == PSI_NVFP4) {
            by = psi_float_of_fp8(psi_fp8_of_float(scale / factor)) * factor;
        } else {
            float power = isfinite(scale) ? roundf(log2f(scale)) : 128;
            by = power_of((int)(power < -127 ? -127 : power) + 127);
        }
        for (int64_t i = 0; i < q->group; i++) {
            float part = by == 0 ? 0 : x[i] / by;
            x[i] = by * (q->bits == 4 ? even_fp4(part) : psi_float_of_fp8(psi_fp8_of_float(part)));
        }
    }
}

/* ---- dequantize ---- */

typedef struct opening {
    psi_quantization q;
    const psi_gemm_kernels *kernels;
    const uint32_t *words;
    const char *scales, *biases;
    char *out;
    psi_dtype dtype;
    psi_row_fn widen, narrow; /* of a dtype that is not float32 */
    float table[256];
    int64_t rows, codes, per; /* rows a task */
    atomic_bool failed;
} opening;

static void load_floats(const opening *o, int64_t n, const char *from, int64_t at, float *out)
{
    if (o->widen)
        o->widen(n, out, from + at * (int64_t)psi_dtype_size(o->dtype), NULL, NULL);
    else
        memcpy(out, from + at * (int64_t)sizeof *out, (size_t)n * sizeof *out);
}

/* Steps are rounded to the dtype one by one. */
static void open_half(const opening *o, const float *scales, const float *biases, float *x, char *out)
{
    const int64_t group = o->q.group;
    for (int64_t i = 0; i < o->codes; i++)
        x[i] *= scales[i / group];
    o->narrow(o->codes, out, x, NULL, NULL);
    if (!biases)
        return;
    o->widen(o->codes, x, out, NULL, NULL);
    for (int64_t i = 0; i < o->codes; i++)
        x[i] += biases[i / group];
    o->narrow(o->codes, out, x, NULL, NULL);
}

static void open_rows(void *context, int64_t index)
{
    opening *o = context;
    const int64_t n = o->codes / o->q.group, words = n * psi_group_words(&o->q);
    const int64_t item = (int64_t)psi_dtype_size(o->dtype);
    float *scales = psi_scratch(0, (size_t)(2 * n + o->codes) * sizeof *scales);
    if (!scales) {
        atomic_store(&o->failed, true);
        return;
    }
    float *biases = o->biases ? scales + n : NULL, *x = scales + 2 * n;
    for (int64_t row = index * o->per; row < (index + 1) * o->per && row < o->rows; row++) {
        char *out = o->out + row * o->codes * item;
        if (o->biases) {
            load_floats(o, n, o->scales, row * n, scales);
            load_floats(o, n, o->biases, row * n, biases);
        } else {
            for (int64_t g = 0; g < n; g++)
                scales[g] = o->table[(uint8_t)o->scales[row * n + g]];
        }
        if (!o->narrow) {
            o->kernels->expand(&o->q, o->words + row * words, scales, biases, 0, o->codes,
                               (float *)(void *)out);
            continue;
        }
        o->kernels->expand(&o->q, o->words + row * words, NULL, NULL, 0, o->codes, x);
        open_half(o, scales, biases, x, out);
    }
}

/* Scales in the dtype of the result. */
static void fill_table(opening *o, psi_node *node)
{
    psi_quantized_scales(&o->q, 1, o->table);
    for (int i = 0; i < 256 && o->widen && o->dtype != PSI_FLOAT64; i++) {
        uint16_t half;
        o->narrow(1, &half, o->table + i, NULL, NULL);
        o->widen(1, o->table + i, &half, NULL, NULL);
    }
    for (int i = 0; i < 256 && node->in_count > 2; i++)
        o->table[i] *= psi_global_factor(node->in[2]);
}

bool psi_cpu_dequantize(psi_node *node)
{
    psi_array out = &node->out[0];
    psi_buffer *temp[3] = {NULL, NULL, NULL};
    opening o = {
        .q = psi_quantization_of(node), .kernels = psi_gemm_kernels_in_use(), .dtype = (psi_dtype)out->dtype};
    if (!psi_output_new(out))
        return false;
    if (out->size == 0)
        return true;
    if (o.dtype != PSI_FLOAT32) {
        o.widen = psi_cpu_cast(PSI_FLOAT32, o.dtype);
        o.narrow = psi_cpu_cast(o.dtype, PSI_FLOAT32);
    }
    o.codes = out->shape[out->ndim - 1];
    o.rows = out->size / o.codes;
    o.per = o.codes < CHUNK * 8 ? CHUNK * 8 / o.codes : 1;
    o.out = out->buffer->data;
    bool affine = o.q.mode == PSI_AFFINE;
    if (!affine)
        fill_table(&o, node);
    o.words = psi_dense_values(node->in[0], &temp[0]);
    o.scales = o.words ? psi_dense_values(node->in[1], &temp[1]) : NULL;
    o.biases = o.scales && affine ? psi_dense_values(node->in[2], &temp[2]) : NULL;
    bool ok = o.scales && (o.biases || !affine);
    if (ok)
        psi_parallel((o.rows + o.per - 1) / o.per, open_rows, &o);
    for (int i = 0; i < 3; i++)
        psi_buffer_release(temp[i]);
    return ok && psi_tasks_done(&o.failed, "dequantize");
}
