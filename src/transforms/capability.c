/* capability.c: which transforms take which op through, from the table of ops and the rules of compile. */
#include <string.h>

#include <psionic/transforms.h>

#include "core/error.h"
#include "ops/op.h"
#include "transforms/graph.h"

const char *psi_op_name(int i)
{
    return i >= 0 && i < PSI_OP_COUNT - PSI_OP_LEAF - 1 ? psi_ops[i + PSI_OP_LEAF + 1].name : NULL;
}

bool psi_op_can(const char *op, psi_transform transform)
{
    for (int i = PSI_OP_LEAF + 1; op && i < PSI_OP_COUNT; i++) {
        if (strcmp(psi_ops[i].name, op) != 0)
            continue;
        switch (transform) {
        case PSI_TRANSFORM_VJP: /* gradients end at it, which is its rule */
            return psi_ops[i].vjp || i == PSI_OP_stop_gradient;
        case PSI_TRANSFORM_JVP:
            return psi_ops[i].jvp || psi_ops[i].vjp || i == PSI_OP_stop_gradient;
        case PSI_TRANSFORM_VMAP:
            return psi_ops[i].vmap;
        case PSI_TRANSFORM_COMPILE:
            return psi_graph_can_keep(i);
        case PSI_TRANSFORM_SHAPELESS:
            return psi_graph_can_follow(i);
        default:
            PSI_INVALID("op_can: %d is no transform", (int)transform);
            return false;
        }
    }
    PSI_INVALID("op_can: there is no op '%s'", op ? op : "NULL");
    return false;
}
