/* isa: generic v2 v3 v4 */
/* attention.c: the score kernels of attention for the ISA named by PSI_ISA. Invariant: lanes do not mix. */
#include "cpu/scalar/common.h"

#include <float.h>

#include "cpu/attention.h"
#include "cpu/isa/gemm_simd.h"

#define NR (2 * LANES)

/* exp of numbers up to 0; 0 for what is too small for a normal number, NaN for NaN. */
ALWAYS_INLINE vf exp_down(vf x)
{
    /* The low bits of t are the exponent's, which is 0, making the factor 0, at the bound. */
    const vf magic = splat(12582912.0f + 127.0f);
    vf c = max_f32(splat(-88.0296919f), x);
    vf t = fma_f32(c, splat(1.44269504f), magic), k = t - magic;
    vf r = fma_f32(k, splat(-0.693145752f), c);
    r = fma_f32(k, splat(-1.42860677e-6f), r);
    vf p = splat(1.9875691500e-4f);
    p = fma_f32(p, r, splat(1.3981999507e-3f));
    p = fma_f32(p, r, splat(8.3334519073e-3f));
    p = fma_f32(p, r, splat(4.1665795894e-2f));
    p = fma_f32(p, r, splat(1.6666665459e-1f));
    p = fma_f32(p, r, splat(5.0000001201e-1f));
    p = fma_f32(p, r * r, r) + splat(1.0f);
    return p * (vf)((vu)t << 23);
}

ALWAYS_INLINE bool step_lanes(int64_t keys, int vectors, float *scores, psi_attention_state state)
{
    vf top[2], shift[2], sum[2];
    vu changed = {0};
#pragma GCC unroll 2
    for (int v = 0; v < 2; v++)
        top[v] = v < vectors ? load_f32(state.top + v * LANES) : splat(0);
    for (int64_t k = 0; k < keys; k++)
#pragma GCC unroll 2
        for (int v = 0; v < 2; v++)
            if (v < vectors) {
                vf s = load_f32(scores + k * NR + v * LANES);
                top[v] = max_f32(s, top[v]);
            }
#pragma GCC unroll 2
    for (int v = 0; v < 2; v++)
        if (v < vectors) {
            vf old = load_f32(state.top + v * LANES);
            /* Where all is minus infinity, any number will do. */
            shift[v] = max_f32(splat(-FLT_MAX), top[v]);
            vf factor = exp_down(old - shift[v]);
            changed |= (vu)(factor != splat(1));
            store_f32(state.top + v * LANES, top[v]);
            store_f32(state.factor + v * LANES, factor);
            sum[v] = load_f32(state.sum + v * LANES) * factor;
        }
    for (int64_t k = 0; k < keys; k++)
#pragma GCC unroll 2
        for (int v = 0; v < 2; v++)
            if (v < vectors) {
                float *at = scores + k * NR + v * LANES;
                vf e = exp_down(load_f32(at) - shift[v]);
                store_f32(at, e);
                sum[v] += e;
            }
    uint32_t any = 0;
#pragma GCC unroll 2
    for (int v = 0; v < 2; v++)
        if (v < vectors)
            store_f32(state.sum + v * LANES, sum[v]);
    for (int i = 0; i < LANES; i++)
        any |= changed[i];
    return any != 0;
}

static bool step(int64_t keys, int lanes, float *scores, psi_attention_state state)
{
    return lanes > LANES ? step_lanes(keys, 2, scores, state) : step_lanes(keys, 1, scores, state);
}

static void cut(int64_t keys, int lanes, float *scores, const int32_t *limit)
{
    for (int64_t k = 0; k < keys; k++)
        for (int i = 0; i < lanes; i++)
            scores[k * NR + i] = (int32_t)k < limit[i] ? scores[k * NR + i] : -FLT_MAX;
}

static void add(int64_t keys, int lanes, float *scores, const float *mask)
{
    for (int64_t k = 0; k < keys; k++)
        for (int i = 0; i < lanes; i++)
            scores[k * NR + i] += mask[k * NR + i];
}

static void keep(int64_t keys, int lanes, float *scores, const float *mask)
{
    for (int64_t k = 0; k < keys; k++)
        for (int i = 0; i < lanes; i++)
            scores[k * NR + i] = mask[k * NR + i] != 0 ? scores[k * NR + i] : -FLT_MAX;
}

static void scale(int64_t rows, int lanes, float *values, const float *factor)
{
    for (int64_t r = 0; r < rows; r++)
        for (int i = 0; i < lanes; i++)
            values[r * NR + i] *= factor[i];
}

#define TABLE PSI_PASTE(psi_attention_kernels_, PSI_ISA)
extern const psi_attention_kernels TABLE;
const psi_attention_kernels TABLE = {step, cut, add, keep, scale};
