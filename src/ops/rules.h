/* rules.h: prototypes of every rule the table names. A rule that is missing is a link error. */
#ifndef PSI_OPS_RULES_H
#define PSI_OPS_RULES_H

#include "ops/op.h"

bool psi_elementwise_vjp(psi_vjp_call *call);
bool psi_elementwise_jvp(psi_jvp_call *call);
bool psi_elementwise_vmap(psi_vmap_call *call);

#define PSI_OWN_RULES(name)                    \
    bool psi_##name##_vjp(psi_vjp_call *call); \
    bool psi_##name##_jvp(psi_jvp_call *call);
PSI_OWN_RULES(abs)
PSI_OWN_RULES(sign)
PSI_OWN_RULES(conjugate)
PSI_OWN_RULES(real)
PSI_OWN_RULES(imag)
PSI_OWN_RULES(select)
#undef PSI_OWN_RULES

#define PSI_RULE_vjp_YES(name) bool psi_##name##_vjp(psi_vjp_call *call);
#define PSI_RULE_jvp_YES(name) bool psi_##name##_jvp(psi_jvp_call *call);
#define PSI_RULE_vmap_YES(name) bool psi_##name##_vmap(psi_vmap_call *call);
#define PSI_RULE_vjp_NO(name)
#define PSI_RULE_jvp_NO(name)
#define PSI_RULE_vmap_NO(name)
#define NODE(name, prim, state, v, j, m, doc) \
    PSI_RULE_vjp_##v(name) PSI_RULE_jvp_##j(name) PSI_RULE_vmap_##m(name)
#include "ops/table.h"

#endif
