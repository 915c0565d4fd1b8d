/* elementwise.h: the numbers of leaves and element-wise ops. They stand apart from op.h because row kernels, which take
 * longest to compile, need no others: a new structural op leaves them as they are. */
#ifndef PSI_OPS_ELEMENTWISE_H
#define PSI_OPS_ELEMENTWISE_H

enum psi_elementwise_op {
    PSI_OP_LEAF,
#define UNARY(name, ...) PSI_OP_##name,
#define BINARY(name, ...) PSI_OP_##name,
#define COMPARE(name, ...) PSI_OP_##name,
#define TERNARY(name, ...) PSI_OP_##name,
#define PSI_ELEMENTWISE
#include "ops/table.h"
    PSI_OP_ELEMENTWISE_END
};

#endif
