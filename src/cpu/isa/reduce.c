/* isa: generic v2 v3 v4 */
/* reduce.c: the kernels of reductions, arg-reductions and scans over dense rows, for the ISA named by PSI_ISA.
 * Invariant: the order in which elements are combined depends on their number alone, so that every ISA
 * gives the same bits. */
#include <float.h>

#include "cpu/scalar/complex64.h"

#include "cpu/reduce.h"
#include "ops/reduce.h"

#define BLOCK 4096

/* What differs between classes of elements. */
#define ORDER_beats_min(a, b) ((a) < (b))
#define ORDER_beats_max(a, b) ((a) > (b))
#define WHOLE_min(a, b) ((a) < (b) ? (a) : (b))
#define WHOLE_max(a, b) ((a) > (b) ? (a) : (b))
#define REAL_min(a, b) ((a) != (a) ? (a) : (b) > (a) ? (a) : (b))
#define REAL_max(a, b) ((a) != (a) ? (a) : (b) < (a) ? (a) : (b))
#define PLAIN_add(a, b) ((a) + (b))
#define PLAIN_mul(a, b) ((a) * (b))
#define BOOL_mul(a, b) ((a) & (b))
#define PLAIN_set(x) ((x) != 0)

#define R_ADD PLAIN_add
#define R_SET PLAIN_set
#define R_BEATS_MIN ORDER_beats_min
#define R_BEATS_MAX ORDER_beats_max
#define R_ZERO 0
#define R_ONE 1
#define R_LANES 64
#define R_WIDEN(x) (R_WIDE)(x)
#define R_NARROW(x) (R_TYPE)(x)

#define R_MIN WHOLE_min
#define R_MAX WHOLE_max

#define R_MUL BOOL_mul
#define R_ELEMENT bool
#define R_TYPE bool
#define R_WIDE uint32_t
#define R_LOWEST 0
#define R_HIGHEST 1
#include "cpu/isa/reduce_element.inc"

#undef R_MUL
#define R_MUL PLAIN_mul
#define R_ELEMENT uint8
#define R_TYPE uint8_t
#define R_WIDE uint32_t
#define R_LOWEST 0
#define R_HIGHEST UINT8_MAX
#include "cpu/isa/reduce_element.inc"

#define R_ELEMENT uint16
#define R_TYPE uint16_t
#define R_WIDE uint32_t
#define R_LOWEST 0
#define R_HIGHEST UINT16_MAX
#include "cpu/isa/reduce_element.inc"

#define R_ELEMENT uint32
#define R_TYPE uint32_t
#define R_WIDE uint32_t
#define R_LOWEST 0
#define R_HIGHEST UINT32_MAX
#include "cpu/isa/reduce_element.inc"

#define R_ELEMENT uint64
#define R_TYPE uint64_t
#define R_WIDE uint64_t
#define R_LOWEST 0
#define R_HIGHEST UINT64_MAX
#include "cpu/isa/reduce_element.inc"

#define R_ELEMENT int8
#define R_TYPE int8_t
#define R_WIDE uint32_t
#define R_LOWEST INT8_MIN
#define R_HIGHEST INT8_MAX
#include "cpu/isa/reduce_element.inc"

#define R_ELEMENT int16
#define R_TYPE int16_t
#define R_WIDE uint32_t
#define R_LOWEST INT16_MIN
#define R_HIGHEST INT16_MAX
#include "cpu/isa/reduce_element.inc"

#define R_ELEMENT int32
#define R_TYPE int32_t
#define R_WIDE uint32_t
#define R_LOWEST INT32_MIN
#define R_HIGHEST INT32_MAX
#include "cpu/isa/reduce_element.inc"

#define R_ELEMENT int64
#define R_TYPE int64_t
#define R_WIDE uint64_t
#define R_LOWEST INT64_MIN
#define R_HIGHEST INT64_MAX
#include "cpu/isa/reduce_element.inc"

#undef R_MIN
#undef R_MAX
#define R_MIN REAL_min
#define R_MAX REAL_max

#define R_ELEMENT float32
#define R_TYPE float
#define R_MASK uint32_t
#define R_WIDE float
#define R_LOWEST -INFINITY
#define R_HIGHEST INFINITY
#include "cpu/isa/reduce_element.inc"

#define R_ELEMENT float64
#define R_TYPE double
#define R_MASK uint64_t
#define R_WIDE double
#define R_LOWEST (double)-INFINITY
#define R_HIGHEST (double)INFINITY
#include "cpu/isa/reduce_element.inc"

#undef R_ADD
#undef R_MUL
#undef R_SET
#undef R_MIN
#undef R_MAX
#undef R_BEATS_MIN
#undef R_BEATS_MAX
#undef R_ZERO
#undef R_ONE
#undef R_LANES
#undef R_WIDEN
#undef R_NARROW
#define COMPLEX_mul(a, b) mul_complex64(a, b, true)
#define COMPLEX_set(x) ((x).re != 0.0f || (x).im != 0.0f)
#define R_ADD add_complex64
#define R_MUL COMPLEX_mul
#define R_SET COMPLEX_set
#define R_MIN min_complex64
#define R_MAX max_complex64
#define R_BEATS_MIN lt_complex64
#define R_BEATS_MAX gt_complex64
#define R_ZERO complex_of(0.0f, 0.0f)
#define R_ONE complex_of(1.0f, 0.0f)
#define R_LANES 16
#define R_WIDEN(x) (x)
#define R_NARROW(x) (x)

#define R_ELEMENT complex64
#define R_TYPE psi_complex64
#define R_MASK bool
#define R_WIDE psi_complex64
#define R_LOWEST complex_of(-INFINITY, -INFINITY)
#define R_HIGHEST complex_of(INFINITY, INFINITY)
#include "cpu/isa/reduce_element.inc"

/* clang-format off */
#define REDUCE_ENTRY(kind, element) {PSI_PASTE(start_##kind##_, element), PSI_PASTE(rows_##kind##_, element), \
                                     PSI_PASTE(columns_##kind##_, element)}
#define REDUCE_ENTRIES(DTYPE, element)                                                                        \
    [DTYPE] = {[PSI_REDUCE_AND] = REDUCE_ENTRY(all, element), [PSI_REDUCE_OR] = REDUCE_ENTRY(any, element),   \
               [PSI_REDUCE_SUM] = REDUCE_ENTRY(sum, element), [PSI_REDUCE_PROD] = REDUCE_ENTRY(prod, element),\
               [PSI_REDUCE_MIN] = REDUCE_ENTRY(min, element), [PSI_REDUCE_MAX] = REDUCE_ENTRY(max, element)},
#define ARG_ENTRIES(DTYPE, element)                                                                           \
    [DTYPE] = {{arg_row_min_##element, arg_columns_min_##element}, {arg_row_max_##element, arg_columns_max_##element}},
#define SCAN_ENTRIES(DTYPE, element)                                                                          \
    [DTYPE] = {{scan_row_max_##element, scan_columns_max_##element}, {scan_row_min_##element, scan_columns_min_##element}, \
               {scan_row_sum_##element, scan_columns_sum_##element}, {scan_row_prod_##element, scan_columns_prod_##element}},
#define EVERY(entries)                                                                                        \
    entries(PSI_BOOL, bool) entries(PSI_UINT8, uint8) entries(PSI_UINT16, uint16) entries(PSI_UINT32, uint32) \
    entries(PSI_UINT64, uint64) entries(PSI_INT8, int8) entries(PSI_INT16, int16) entries(PSI_INT32, int32)   \
    entries(PSI_INT64, int64) entries(PSI_FLOAT32, float32) entries(PSI_FLOAT64, float64)                     \
    entries(PSI_COMPLEX64, complex64)

#define TABLE PSI_PASTE(psi_reduce_table_, PSI_ISA)
extern const psi_reduce_table TABLE;
const psi_reduce_table TABLE = {
    .reduce = {EVERY(REDUCE_ENTRIES)},
    .arg = {EVERY(ARG_ENTRIES)},
    .scan = {EVERY(SCAN_ENTRIES)},
};
/* clang-format on */
