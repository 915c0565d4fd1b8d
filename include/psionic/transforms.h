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

/* Outputs of fn at primals, and the Jacobian-vector products with tangents (one per primal, of its shape). Errors: as
 * psi_vjp's. */
PSI_API bool psi_jvp(psi_function fn, void *context, psi_arrays primals, psi_arrays tangents,
                     psi_arrays *outputs, psi_arrays *jvps);

/* fn's first output must be a scalar: all outputs, and the gradient with regard to inputs[argnums] (PSI_NONE is the first).
 * Errors: an output of another shape, argnums out of range or repeated, unsupported_gradient naming the op. */
PSI_API bool psi_value_and_grad(psi_function fn, void *context, psi_arrays inputs, psi_ints argnums,
                                psi_arrays *outputs, psi_arrays *grads);

/* fn applied along an axis of each input (in_axes[i], -1 for an input that is not mapped; PSI_NONE is axis 0 of all),
 * results stacked along out_axes (PSI_NO_INT for one that is not mapped and shall stay as it is). Errors: unsupported_op naming
 * the op, axes out of range, sizes that differ. */
PSI_API psi_arrays psi_vmap(psi_function fn, void *context, psi_arrays inputs, psi_ints in_axes,
                            psi_ints out_axes);

/* vmap's two halves: fn's graph on inputs without their axes; then that graph with the axes, which is all that vmap does. */
PSI_API bool psi_vmap_trace(psi_function fn, void *context, psi_arrays inputs, psi_ints in_axes,
                            psi_arrays *tracers, psi_arrays *outputs);
PSI_API psi_arrays psi_vmap_replace(psi_arrays inputs, psi_arrays tracers, psi_arrays outputs,
                                    psi_ints in_axes, psi_ints out_axes);

/* Jacobians of fn's outputs with regard to inputs[argnums] (PSI_NONE is the first): for each output, for each argnum,
 * an array of the output's shape followed by the input's. jacfwd costs a pass per element of the inputs, jacrev per
 * element of the outputs, each as one batch. */
PSI_API psi_arrays psi_jacfwd(psi_function fn, void *context, psi_arrays inputs, psi_ints argnums);
PSI_API psi_arrays psi_jacrev(psi_function fn, void *context, psi_arrays inputs, psi_ints argnums);
/* Second derivatives: for each output and each pair of argnums, an array of the output's shape followed by both inputs'. */
PSI_API psi_arrays psi_hessian(psi_function fn, void *context, psi_arrays inputs, psi_ints argnums);

/* What a function that an op is part of may go through. */
typedef enum psi_transform {
    PSI_TRANSFORM_VJP,
    PSI_TRANSFORM_JVP,
    PSI_TRANSFORM_VMAP,
    PSI_TRANSFORM_COMPILE,
    PSI_TRANSFORM_SHAPELESS, /* compiled, then called with inputs of other shapes */
    PSI_TRANSFORM_COUNT
} psi_transform;

/* The capability matrix: the name of its i-th op, NULL past the last one; and whether a transform takes an op through. Where
 * it does not, it refuses with a typed error; but vmap and shapeless ask an op without inputs for no rule.
 * An unknown op is an error, and false. */
PSI_API const char *psi_op_name(int i);
PSI_API bool psi_op_can(const char *op, psi_transform transform);

/* ---- functions with rules of their own ----
 * A rule answers arrays of the innermost scope, or fails by recording an error. */

/* One gradient per primal, of its shape or one that broadcasts to it; NULL is zero. */
typedef psi_arrays (*psi_custom_vjp)(psi_arrays primals, psi_arrays cotangents, psi_arrays outputs,
                                     void *context);
/* One tangent per output; NULL is zero, in `tangents` too. */
typedef psi_arrays (*psi_custom_jvp)(psi_arrays primals, psi_arrays tangents, void *context);
/* axes[i] is -1 for an input that is not mapped; out_axes has room for every output and begins as zeros. */
typedef psi_arrays (*psi_custom_vmap)(psi_arrays inputs, psi_ints axes, int64_t *out_axes, void *context);

typedef struct psi_custom {
    psi_function fn;
    /* Where a rule is NULL, the transform goes through fn. */
    psi_custom_vjp vjp;
    psi_custom_jvp jvp;
    psi_custom_vmap vmap;
    /* Without a vjp of its own: fn runs again in the backward pass, after its outputs are there. */
    bool recompute;
    void *context;
    /* The arrays made keep the context by these; both are NULL when it outlives them anyway. */
    void (*retain)(void *context);
    void (*release)(void *context);
} psi_custom;

/* fn's outputs, which transforms take through the rules. */
PSI_API psi_arrays psi_custom_function(const psi_custom *custom, psi_arrays inputs);

/* fn, whose inner values are not kept for the backward pass but computed again. The context must outlive the outputs. */
PSI_API psi_arrays psi_checkpoint(psi_function fn, void *context, psi_arrays inputs);

/* Rules by name, for the whole process. Registering a name twice, taking back one that is not there, and applying one
 * that is not there are errors; arrays made with a rule keep it after it is taken back. */
PSI_API bool psi_register_vjp(const char *name, psi_custom_vjp rule, void *context);
PSI_API bool psi_unregister_vjp(const char *name);
PSI_API psi_arrays psi_apply_registered(const char *name, psi_function fn, void *context, psi_arrays inputs);

#ifdef __cplusplus
}
#endif
#endif
