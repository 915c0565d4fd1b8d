/* fft.h: plans of discrete Fourier transforms, and the kernel that runs one plan over up to as many lines at once as a
 * vector has floats ("lanes"). Complex numbers are pairs of floats in memory, and separate vectors of parts in a kernel's
 * space. Invariant: a plan is made once and then only read. */
#ifndef PSI_CPU_FFT_H
#define PSI_CPU_FFT_H

#include <stddef.h>
#include <stdint.h>

#include "cpu/isa.h"

#define PSI_FFT_LANES_MAX 16
#define PSI_FFT_RADIX_MAX 13 /* a length with a larger prime factor goes through a convolution */
#define PSI_FFT_STAGES_MAX 16
#define PSI_FFT_SHORT 4096            /* longest line that one task transforms */
#define PSI_FFT_TASK_FLOATS (1 << 17) /* of the lines of a task, at least where a line is shorter */
/* Of the numbers of all lanes that stages run over at once, which stay near the first-level cache. */
#define PSI_FFT_LEAF_BYTES 32768

/* A stage combines `radix` parts of as many numbers as the stages before it made one of; for each of these it has
 * radix - 1 complex twiddles, in the order in which they are read. */
typedef struct psi_fft_stage {
    int radix;
    float *twiddles; /* NULL for a first stage, where all are one */
    float *roots;    /* the radix roots of one, for radices without a formula of their own */
} psi_fft_stage;

/* What a plan is for: lines side by side in lanes; dense lines one by one, each over all lanes, of a length that is a
 * multiple of LANES; a line that threads share. */
typedef enum psi_fft_way { PSI_FFT_ACROSS, PSI_FFT_WITHIN, PSI_FFT_SHARED } psi_fft_way;

/* A transform of length n:
 * - stages: the first ones run over each of `cols` columns of `rows` numbers, the others over each row; or all over one
 *   column. Within a line, an order of LANES comes before them, which leaves LANES parts of n / LANES, a lane each;
 * - a shared square: n = rows * cols; element r * cols + c stands in row r. Columns are transformed by of_rows, multiplied
 *   by exp(-2 pi i r c / n), then rows by of_cols (D. Bailey's four steps, 1990);
 * - halves: a real line is a complex one of n / 2 pairs, and `roots` tell the two apart (even n);
 * - a convolution with a chirp, for a large prime factor, by a plan of at least 2n - 1 (L. Bluestein, 1970). */
typedef struct psi_fft_plan psi_fft_plan;
struct psi_fft_plan {
    psi_fft_way way;
    bool real;
    int64_t n;
    size_t space; /* floats that a kernel needs */
    size_t bytes; /* of tables, with the parts' */
    int stages, column_stages;
    psi_fft_stage stage[PSI_FFT_STAGES_MAX];
    int64_t rows, cols;
    psi_fft_plan *of_rows, *of_cols; /* may be one */
    psi_fft_plan *half, *convolution;
    float *memory;  /* of the tables that follow and the stages' */
    float *by_lane; /* shared: (lanes real, lanes imaginary) by row: exp(-2 pi i row lane / n) */
    float *
        roots; /* exp(-2 pi i k / n) for k in [0, n / 2): real, then imaginary parts; within: in lanes' order */
    float *chirp, *filter; /* the chirp, and what the convolution multiplies by */
    double (*coarse)[2];   /* shared: roots k * cols of order n, for k < rows, */
    double (*fine)[2];     /* and roots k < cols: their products are all that are needed */
};

/* Where lines stand, in floats: number k of line l is at[k * step + l * lane]; the imaginary part stands `gap` further, or
 * nowhere when that is 0. */
typedef struct psi_fft_place {
    float *at;
    int64_t step, lane, gap;
    int64_t block; /* from one run of LANES numbers to the next; 0: step * LANES */
    int64_t next;  /* how much further those of the group to come stand; 0: nothing comes */
    bool swap;     /* parts trade places: on both sides, what makes the transform an inverse one */
} psi_fft_place;

/* Up to LANES lines to transform. An input of n / 2 + 1 numbers leaves out the conjugates, as does such an output. */
typedef struct psi_fft_group {
    const psi_fft_plan *plan;
    int lanes; /* lines there are */
    psi_fft_place in, out;
    int64_t in_count, out_count;
    float scale;
    const float *by_number,
        *by_lane; /* factors: a number each, times LANES real, then imaginary parts; or NULL */
} psi_fft_group;

/* Which of LANES numbers of a line lane l has: a vector of numbers, parts in turn, is cheapest to part within quads. */
static inline int psi_fft_number_of(int l, int lanes)
{
    return l % 4 / 2 * (lanes / 2) + l / 4 * 2 + l % 2;
}

typedef struct psi_fft_kernel {
    int lanes;
    /* space: plan->space floats, 64-byte aligned */
    void (*run)(const psi_fft_group *group, float *space);
} psi_fft_kernel;

const psi_fft_kernel *psi_cpu_fft_kernel(psi_isa isa);

/* A plan from the cache of plans, or new; NULL with an error. Real ones are for even lengths. */
psi_fft_plan *psi_fft_plan_take(int64_t n, psi_fft_way way, bool real);
/* Gives it back, to be taken again. */
void psi_fft_plan_give(psi_fft_plan *plan);

/* True when a dense line of n complex numbers can be spread over all lanes. */
bool psi_fft_fits_within(int64_t n);

/* One line through a shared plan, by all threads; `out` may be `in`. Counts are as in a group. */
bool psi_fft_run_shared(const psi_fft_plan *plan, const psi_fft_place *in, int64_t in_count,
                        const psi_fft_place *out, int64_t out_count, float scale);

/* Every step-th root of order n of a smooth shared plan, as many as it has rows; step is less than its columns. */
void psi_fft_shared_roots(const psi_fft_plan *plan, int64_t step, float *out);

#endif
