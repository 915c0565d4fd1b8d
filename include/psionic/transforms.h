/* transforms.h: functions of functions. A psi_function maps arrays to arrays; it is called inside a scope
 * and returns arrays of that scope (or error arrays). */
#ifndef PSIONIC_TRANSFORMS_H
#define PSIONIC_TRANSFORMS_H

#include <psionic/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Fills outputs->data[0 .. outputs->count) where the callee sets `*outputs` with psi_arrays_new or a static list. */
typedef psi_arrays (*psi_function)(psi_arrays inputs, void *context);

/* A list of `count` NULL arrays that belongs to the innermost scope. count 0 with an error when memory runs out. */
PSI_API psi_arrays psi_arrays_new(int count);

/* Outputs of fn at primals, and the vector-Jacobian products with cotangents (one per output, of its shape).
 * Errors: counts or shapes that differ, unsupported_gradient naming the op. */
PSI_API bool psi_vjp(psi_function fn, void *context, psi_arrays primals, psi_arrays cotangents,
                     psi_arrays *outputs, psi_arrays *vjps);

/* Outputs of fn at primals, and the Jacobian-vector products with tangents (one per primal, of its shape). */
PSI_API bool psi_jvp(psi_function fn, void *context, psi_arrays primals, psi_arrays tangents,
                     psi_arrays *outputs, psi_arrays *jvps);

/* fn's first output must be a scalar: all outputs, and the gradient with regard to inputs[argnums]. */
PSI_API bool psi_value_and_grad(psi_function fn, void *context, psi_arrays inputs, psi_ints argnums,
                                psi_arrays *outputs, psi_arrays *grads);

/* fn applied along an axis of each input (in_axes[i], -1 for an input that is not mapped; PSI_NONE is axis 0 of all),
 * results stacked along out_axes. Errors: unsupported_op naming the op, axes out of range, sizes that differ. */
PSI_API psi_arrays psi_vmap(psi_function fn, void *context, psi_arrays inputs, psi_ints in_axes,
                            psi_ints out_axes);

#ifdef __cplusplus
}
#endif
#endif
