/* window.c: the window functions, as compositions in float32. */
#include <math.h>

#include "core/thread.h"
#include "ops/build.h"

static psi_array f32(double value)
{
    return psi_scalar(value, PSI_FLOAT32);
}

/* Trivial windows: nothing below one place, a one for one. NULL where M is larger. */
static psi_array trivial(int64_t M, const char *op)
{
    if (M > INT32_MAX)
        return PSI_INVALID("%s: M is %lld; the limit is %d", op, (long long)M, INT32_MAX);
    if (M < 1)
        return psi_zeros(PSI_INTS(0), PSI_FLOAT32);
    return M == 1 ? psi_ones(PSI_INTS(1), PSI_FLOAT32) : NULL;
}

/* 0, 1, ..., M - 1 times `whole` / (M - 1). */
static psi_array angles(int64_t M, double whole)
{
    return psi_multiply(f32(whole / (double)(M - 1)), psi_arange(0, (double)M, 1, PSI_FLOAT32));
}

psi_array psi_bartlett(int64_t M)
{
    psi_array y = trivial(M, "bartlett");
    return y ? y : psi_subtract(f32(1), psi_abs(psi_subtract(angles(M, 2), f32(1))));
}

psi_array psi_hanning(int64_t M)
{
    psi_array y = trivial(M, "hanning");
    return y ? y : psi_square(psi_sin(angles(M, M_PI)));
}

psi_array psi_hamming(int64_t M)
{
    psi_array y = trivial(M, "hamming");
    return y ? y : psi_subtract(f32(0.54), psi_multiply(f32(0.46), psi_cos(angles(M, 2 * M_PI))));
}

/* 0.42 - 0.5 cos x + 0.08 cos 2x, by the square of cos x. */
psi_array psi_blackman(int64_t M)
{
    psi_array y = trivial(M, "blackman");
    if (y)
        return y;
    psi_array wave = psi_cos(angles(M, 2 * M_PI));
    return psi_add(psi_subtract(f32(0.34), psi_multiply(f32(0.5), wave)),
                   psi_multiply(f32(0.16), psi_square(wave)));
}
