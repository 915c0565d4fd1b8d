/* isa: generic v2 v3 v4 */
/* fast_norm.c: the row kernels of RMS norm and layer norm for the ISA named by PSI_ISA. Invariant: a sum is kept in
 * lanes over blocks, whose sums are added in double. */
#include "cpu/scalar/common.h"

#include "cpu/fast_norm.h"

#define BLOCK 2048
#define LANES 64

#define S_ELEMENT float32
#define S_TYPE float
#include "cpu/isa/fast_norm_row.inc"

#define S_ELEMENT float64
#define S_TYPE double
#include "cpu/isa/fast_norm_row.inc"

#define TABLE PSI_PASTE(psi_norm_table_, PSI_ISA)
extern const psi_norm_table TABLE;
const psi_norm_table TABLE = {.float32 = norm_row_float32, .float64 = norm_row_float64};
