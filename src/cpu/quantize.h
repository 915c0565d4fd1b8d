/* quantize.h: scales of 8 bits, and the rounding that both sides of qqmm go through. */
#ifndef PSI_CPU_QUANTIZE_H
#define PSI_CPU_QUANTIZE_H

#include "ops/quantize.h"

/* The values of the 256 scales of a mode, times a factor. */
void psi_quantized_scales(const psi_quantization *q, float factor, float *table);

/* What codes and scales stand for is multiplied by this under a global scale. */
float psi_global_factor(psi_array global);

/* n values, in whole groups, become what nvfp4 or mxfp8 can hold; factor is 1, or of the global scale. */
void psi_quantized_round(const psi_quantization *q, int64_t n, float *x, float factor);

#endif
