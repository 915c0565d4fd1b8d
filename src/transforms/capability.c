/* capability.c: which transforms take which op through, from the table of ops itself. */
#include <string.h>

#include <psionic/transforms.h>

#include "core/error.h"
#include "ops/op.h"

const char *psi_op_name(int i)
{
    return i >= 0 && i < PSI_OP_COUNT - PSI_OP_LEAF - 1 ? psi_ops[i + PSI_OP_LEAF + 1].name : NULL;
}

bool psi_op_can(const char *op, psi_transform transform)
{
    for (int i = PSI_OP_LEAF + 1; op && i < PSI_OP_COUNT; i++) {
        if (strcmp(psi_ops[i].name, op))
            continue;
        switch (transform) {
        case PSI_TRANSFORM_VJP: /* gradients end at it, which is its rule */
            return psi_ops[i].vjp || i == PSI_OP_stop_gradient;
        case PSI_TRANSFORM_JVP:
            return psi_ops[i].jvp || psi_ops[i].vjp || i == PSI_OP_stop_gradient;
        case PSI_TRANSFORM_VMAP:
            return psi_ops[i].vmap;
        default:
            PSI_INVALID("op_can: %d is no transform", (int)transform);
            return false;
        }
    }
    PSI_INVALID("op_can: there is no op '%s'", op ? op : "NULL");
    return false;
}
