/* fft.h: plans of discrete Fourier transforms, and the kernel that runs one plan over as many lines at once as a vector has
 * floats ("lanes"). Complex numbers are pairs of floats in memory, and separate vectors of parts in a kernel's space. */
#ifndef PSI_CPU_FFT_H
#define PSI_CPU_FFT_H

#include <stdint.h>

#include "cpu/isa.h"

#define PSI_FFT_LANES_MAX 16
#define PSI_FFT_RADIX_MAX 13 /* a length with a larger prime factor goes through a convolution */
#define PSI_FFT_STAGES_MAX 40

/* A stage combines `radix` parts; twiddles are (radix - 1) numbers for each of the n / radix places it has. */
typedef struct psi_fft_stage {
    int radix;
    const float *twiddles,
        *roots; /* roots: the radix roots of one, for radices without a formula of their own */
} psi_fft_stage;

/* A transform of length n in a kernel's space. A length with a large prime factor is a convolution with a chirp
 * (L. Bluestein, 1970), done by a plan of a convenient length of at least 2n - 1. */
typedef struct psi_fft_plan psi_fft_plan;
struct psi_fft_plan {
    int64_t n, space; /* space: the longest line needed on the way */
    int stages;
    psi_fft_stage stage[PSI_FFT_STAGES_MAX];
    psi_fft_plan *convolution;
    float *chirp, *filter;
    float *memory;
};

/* Lines to transform, one per lane. Steps count floats. */
typedef struct psi_fft_group {
    const psi_fft_plan *plan;
    int lanes; /* lines there are */
    const float *in[PSI_FFT_LANES_MAX];
    int64_t in_step, in_block; /* from an element to the next; from one run of LANES elements to the next */
    bool in_next;              /* each line begins one element behind the one before */
    bool in_real, in_half;     /* in_half: elements past n / 2 are conjugates of those before */
    bool in_swap,
        out_swap; /* real and imaginary parts trade places: what makes the transform an inverse one */
    float *out[PSI_FFT_LANES_MAX];
    int64_t out_step, out_count;
    bool out_next, out_real;
    float scale;
    const float *by_element,
        *by_lane; /* factors: a number an element, times LANES real, then imaginary parts; or NULL */
} psi_fft_group;

typedef struct psi_fft_kernel {
    int lanes;
    /* space: 4 * lanes * plan->space floats, 64-byte aligned */
    void (*run)(const psi_fft_group *group, float *space);
} psi_fft_kernel;

const psi_fft_kernel *psi_cpu_fft_kernel(psi_isa isa);

/* A plan for length n >= 1, from the cache of plans or new; NULL with an error. */
psi_fft_plan *psi_fft_plan_take(int64_t n);
/* Gives it back, to be taken again. */
void psi_fft_plan_give(psi_fft_plan *plan);

/* No prime factor is past PSI_FFT_RADIX_MAX. */
bool psi_fft_is_smooth(int64_t n);
/* The least length of at least `n` whose prime factors are 2, 3 and 5. */
int64_t psi_fft_good_length(int64_t n);

/* exp(-2 pi i k / n), with k in [0, n). */
void psi_fft_root(int64_t k, int64_t n, double out[2]);
/* out[k] = exp(-pi i k^2 / n) for k in [0, n), as floats. */
void psi_fft_chirp(int64_t n, float *out);
/* The chirp's conjugate as a filter of period m, of m >= 2n - 1 numbers. */
void psi_fft_filter(int64_t n, int64_t m, const float *chirp, float *out);

#endif
