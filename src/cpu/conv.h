/* conv.h: what the parts of convolution share: one phase of it, all of whose positions have the same taps.
 * A dilated input has a phase per residue of its positions, in which nothing is dilated any more.
 * Invariant: batch and spatial axes are alike, the batch being an axis of one tap; axis 3 is the one that tiles run
 * along. All cuts of a sum depend on sizes alone. */
#ifndef PSI_CPU_CONV_H
#define PSI_CPU_CONV_H

#include <stdatomic.h>

#include "cpu/gemm_job.h"

#define PSI_CONV_AXES 4
#define PSI_CONV_SCRATCH 2 /* slot of a running block */

/* Position p with tap t reads place first + (p * stride + t * move) * unit of the input, zero outside [0, size). */
typedef struct psi_conv_axis {
    int64_t count, taps;
    int64_t first, size, unit, stride, move;
    int64_t in_stride;                   /* elements per place */
    int64_t weight_first, weight_stride; /* of tap 0, and per tap */
    int64_t out_first, out_stride;       /* of position 0, and per position */
} psi_conv_axis;

typedef struct psi_conv {
    psi_conv_axis axis[PSI_CONV_AXES];
    psi_dtype dtype;
    const char *in, *weight; /* of the group's first channel */
    char *out;
    int64_t channels, in_channel; /* and the stride from one to the next */
    int64_t columns, weight_channel, weight_column;
    /* Each column has a sum of its own, over `inner` channels that `multiple` columns share; then channels counts
     * columns, too. */
    bool depthwise;
    int64_t multiple, inner;
} psi_conv;

static inline int64_t psi_conv_taps(const psi_conv *c)
{
    return c->axis[0].taps * c->axis[1].taps * c->axis[2].taps * c->axis[3].taps;
}

/* One phase of one group: float32, float16 and bfloat16 in tiles, float64 and complex64 by BLAS. */
bool psi_conv_tiles(const psi_conv *c);
bool psi_conv_wide(const psi_conv *c);

/* Part of the positions, taps and channels; `from` and `size` per axis. */
typedef struct psi_conv_part {
    int64_t at[PSI_CONV_AXES], positions[PSI_CONV_AXES];
    int64_t tap[PSI_CONV_AXES], taps[PSI_CONV_AXES];
    int64_t channel, channels;
} psi_conv_part;

/* Places of the input that a part reads along an axis. */
static inline int64_t psi_conv_extent(const psi_conv_axis *a, int64_t positions, int64_t taps)
{
    return (positions - 1) * a->stride + (taps - 1) * a->move + 1;
}

/* Fills to[place 0][place 1][place 2][place 3][channel] with what a part reads, as float32; `width` channels of
 * memory each, those past the part's are zero. Depthwise: [place 3][inner][column], a column's channel. */
void psi_conv_window(const psi_conv *c, const psi_gemm_kernels *kernels, const psi_conv_part *part,
                     int64_t width, float *to);

#endif
