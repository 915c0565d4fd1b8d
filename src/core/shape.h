/* shape.h: arithmetic on shapes, axes and strides, and the checks of arguments that all builders share. */
#ifndef PSI_CORE_SHAPE_H
#define PSI_CORE_SHAPE_H

#include <psionic/types.h>

/* axis in [0, ndim), counting a negative one from the end; -1 with an error naming `op`: a value error, or, where
 * upstream raises one, an index error. */
int psi_axis(int64_t axis, int ndim, const char *op);
int psi_axis_index(int64_t axis, int ndim, const char *op);

/* Axes normalised, checked for repeats and sorted ascending into out[0 .. return value); PSI_NONE is all axes;
 * -1 with an error naming `op`. `out` holds PSI_MAX_NDIM. */
int psi_axes(psi_ints axes, int ndim, int64_t *out, const char *op);

/* The same in the order given; all are 0, 1, ... */
int psi_axes_in_order(psi_ints axes, int ndim, int64_t *out, const char *op);

/* NumPy's broadcast of two shapes into out; its ndim, or -1 with an error naming `op`. */
int psi_broadcast_into(psi_ints a, psi_ints b, int64_t *out, const char *op);

bool psi_same_ints(psi_ints a, psi_ints b);

/* False with an error naming `op` for what is no dtype; for a number of dimensions that no array has; for an array without
 * elements. */
bool psi_check_dtype(psi_dtype dtype, const char *op);
bool psi_check_ndim(int ndim, const char *op);
bool psi_check_not_empty(psi_array a, const char *op);

/* Merges neighbouring axes that step together in all `count` stride lists (each of shape->ndim, outermost first),
 * and drops axes of length one; writes the shorter shape and strides back and returns the new ndim (at least 1;
 * a scalar becomes shape {1}). */
int psi_collapse(int ndim, int64_t *shape, int count, int64_t *const strides[]);

#endif
