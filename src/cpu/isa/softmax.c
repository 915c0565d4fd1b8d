/* isa: generic v2 v3 v4 */
/* softmax.c: the row kernels of softmax and logsumexp for the ISA named by PSI_ISA. Invariant: a sum is kept in lanes
 * over blocks, whose sums are added in double. */
#include "cpu/scalar/float32.h"
#include "cpu/scalar/float64.h"

#include "cpu/softmax.h"

#define BLOCK 2048
#define LANES 64

#define S_ELEMENT float32
#define S_TYPE float
#include "cpu/isa/softmax_rows.inc"

#define S_ELEMENT float64
#define S_TYPE double
#include "cpu/isa/softmax_rows.inc"

#define TABLE PSI_PASTE(psi_softmax_table_, PSI_ISA)
extern const psi_softmax_table TABLE;
const psi_softmax_table TABLE = {
    .float32 = {exp_sum_float32, exp_scaled_float32, scale_row_float32},
    .float64 = {exp_sum_float64, exp_scaled_float64, scale_row_float64},
};
