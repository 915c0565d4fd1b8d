/* quantize.h: how values are packed into uint32 words, as MLX packs them: codes of `bits` bits, the lowest bits first, a
 * row of them without gaps; and for every `group` codes of a row one scale, and in affine mode one bias. */
#ifndef PSI_OPS_QUANTIZE_H
#define PSI_OPS_QUANTIZE_H

#include "ops/op.h"

/* MLX's numbers. Affine codes are integers, the others 4 or 8 bit floats under scales of 8 bits. */
enum { PSI_AFFINE, PSI_MXFP4, PSI_MXFP8, PSI_NVFP4 };

typedef struct psi_quantization {
    int64_t group, bits;
    int mode;
} psi_quantization;

/* A packed matrix (or a batch of them) with what goes with it. */
typedef struct psi_packed {
    psi_quantization q;
    psi_array w, scales, biases; /* biases NULL but in affine mode */
} psi_packed;

/* Reads a mode's name and its numbers, PSI_NO_INT being the mode's own. False with an error. */
bool psi_quantization_read(psi_quantization *q, const char *mode, int64_t group_size, int64_t bits,
                           const char *op);

/* Checks that words, scales and biases belong together; one that is an error is an error. False with an error. */
bool psi_packed_read(psi_packed *p, const char *mode, int64_t group_size, int64_t bits, const char *op);

/* Words of a group. */
static inline int64_t psi_group_words(const psi_quantization *q)
{
    return q->group * q->bits / 32;
}

/* Codes in a row. */
static inline int64_t psi_packed_codes(const psi_packed *p)
{
    return psi_dim(p->scales, -1) * p->q.group;
}

/* False with an error when a global scale is given that the mode does not take, or is not one float32. */
bool psi_global_scale_check(const psi_quantization *q, psi_array scale, const char *op);

/* The first three attributes of every node of quantised values. */
static inline psi_quantization psi_quantization_of(const psi_node *node)
{
    return (psi_quantization){node->attr[0], node->attr[1], (int)node->attr[2]};
}

const char *psi_quantization_mode(int mode);

#endif
