/* rows.h: the element-wise kernels: one table per element type and ISA, and what looks them up. */
#ifndef PSI_CPU_ROWS_H
#define PSI_CPU_ROWS_H

#include "cpu/isa.h"
#include "eval/backend.h"
#include "ops/elementwise.h"

/* Kernels by op number; NULL where the op does not take the element type. */
typedef struct psi_row_table {
    psi_row_fn row[PSI_OP_ELEMENTWISE_END];
} psi_row_table;

/* Casts by [to][from]; never NULL. */
typedef struct psi_cast_table {
    psi_row_fn cast[PSI_DTYPE_COUNT][PSI_DTYPE_COUNT];
} psi_cast_table;

/* The kernel of an element-wise op for operands of dtype `in` (of select, for its values' dtype; its operands
 * are condition, then values), in the ISA in use. NULL when the op does not take the dtype. */
psi_row_fn psi_cpu_row(int op, psi_dtype in);

/* The kernel that converts n elements, with C's semantics made total: floats become integers by truncation,
 * complex numbers lose their imaginary part, and anything but zero is true. */
psi_row_fn psi_cpu_cast(psi_dtype to, psi_dtype from);

/* The same for one ISA, which must run here (half types always use the ISA in use): for tests and benches. */
psi_row_fn psi_cpu_row_of(psi_isa isa, int op, psi_dtype in);
psi_row_fn psi_cpu_cast_of(psi_isa isa, psi_dtype to, psi_dtype from);

/* Copies from near memory to memory that is not read soon; in the ISA in use. */
psi_copy_fn psi_cpu_copy_far(void);

#endif
