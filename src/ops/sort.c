/* sort.c: sorting, partitioning and medians: builders and rules. All order NaN last, and equal elements of an argsort
 * as they lie. Gradients follow the elements: what was moved to a place is where its cotangent comes from. */
#include <string.h>

#include "ops/batch.h"
#include "ops/build.h"
#include "ops/rules.h"

/* The array flattened and its axis 0 where no axis is given; the axis counted from the front, or -1 with an error. */
static int axis_of(psi_array *a, int64_t axis, const char *op)
{
    if (!psi_check_inputs(PSI_ARRAYS(*a), op))
        return -1;
    if (axis == PSI_NO_INT) {
        *a = psi_reshape(*a, PSI_INTS(psi_size(*a)));
        return psi_is_error(*a) ? -1 : 0;
    }
    return psi_axis(axis, psi_ndim(*a), op);
}

static psi_array build_sort(int op, psi_array a, int64_t axis, const char *name)
{
    int at = axis_of(&a, axis, name);
    if (at < 0)
        return psi_error_array();
    return psi_build(op, PSI_ARRAYS(a), PSI_INTS(at), psi_shape(a),
                     op == PSI_OP_sort ? psi_dtype_of(a) : PSI_UINT32);
}

psi_array psi_sort(psi_array a, int64_t axis)
{
    return build_sort(PSI_OP_sort, a, axis, "sort");
}

psi_array psi_argsort(psi_array a, int64_t axis)
{
    return build_sort(PSI_OP_argsort, a, axis, "argsort");
}

static psi_array build_partition(int op, psi_array a, int64_t kth, int64_t axis, const char *name)
{
    int at = axis_of(&a, axis, name);
    if (at < 0)
        return psi_error_array();
    int64_t length = psi_dim(a, at);
    if (kth < -length || kth >= length)
        return PSI_INVALID("%s: kth %lld of an axis of length %lld", name, (long long)kth, (long long)length);
    return psi_build(op, PSI_ARRAYS(a), PSI_INTS(kth < 0 ? kth + length : kth, at), psi_shape(a),
                     op == PSI_OP_partition ? psi_dtype_of(a) : PSI_UINT32);
}

psi_array psi_partition(psi_array a, int64_t kth, int64_t axis)
{
    return build_partition(PSI_OP_partition, a, kth, axis, "partition");
}

psi_array psi_argpartition(psi_array a, int64_t kth, int64_t axis)
{
    return build_partition(PSI_OP_argpartition, a, kth, axis, "argpartition");
}

/* From `from` to `to` along one axis. */
static psi_array part(psi_array a, int axis, int64_t from, int64_t to)
{
    int64_t start[PSI_MAX_NDIM] = {0}, stop[PSI_MAX_NDIM];
    if (psi_is_error(a))
        return a;
    memcpy(stop, psi_shape(a).data, (size_t)a->ndim * sizeof *stop);
    start[axis] = from;
    stop[axis] = to;
    return psi_slice(a, (psi_ints){start, a->ndim}, (psi_ints){stop, a->ndim}, PSI_NONE);
}

psi_array psi_topk(psi_array a, int64_t k, int64_t axis)
{
    int at = axis_of(&a, axis, "topk");
    if (at < 0)
        return psi_error_array();
    int64_t length = psi_dim(a, at);
    if (k < 0 || k > length)
        return PSI_INVALID("topk: the %lld largest of an axis of length %lld", (long long)k,
                           (long long)length);
    if (k == length)
        return a;
    /* No k elements can be found by partitioning for the one before the first. */
    return k == 0 ? part(a, at, length, length) : part(psi_partition(a, -k, at), at, length - k, length);
}

/* ---- rules ---- */

/* For each place of a sorted or partitioned row, where its element came from. */
static psi_array origin(const psi_node *node, psi_array in)
{
    const int64_t *attr = node->attr;
    return node->op == PSI_OP_sort ? psi_argsort(in, attr[0]) : psi_argpartition(in, attr[0], attr[1]);
}

static int64_t axis_of_node(const psi_node *node)
{
    return node->attr[node->attr_count - 1];
}

/* Sorting the origins says where each element went. */
static bool moved_vjp(psi_vjp_call *c)
{
    int64_t axis = axis_of_node(c->node);
    if (c->wanted[0])
        c->grads[0] =
            psi_take_along_axis(c->cotangents[0], psi_argsort(origin(c->node, c->in[0]), axis), axis);
    return !psi_failed();
}

static bool moved_jvp(psi_jvp_call *c)
{
    if (c->tangents[0])
        c->out_tangents[0] =
            psi_take_along_axis(c->tangents[0], origin(c->node, c->in[0]), axis_of_node(c->node));
    return !psi_failed();
}

bool psi_sort_vjp(psi_vjp_call *c)
{
    return moved_vjp(c);
}

bool psi_sort_jvp(psi_jvp_call *c)
{
    return moved_jvp(c);
}

bool psi_partition_vjp(psi_vjp_call *c)
{
    return moved_vjp(c);
}

bool psi_partition_jvp(psi_jvp_call *c)
{
    return moved_jvp(c);
}

/* Places are whole numbers: no gradient flows. */
bool psi_argsort_vjp(psi_vjp_call *c)
{
    c->grads[0] = NULL;
    return true;
}

bool psi_argsort_jvp(psi_jvp_call *c)
{
    c->out_tangents[0] = NULL;
    return true;
}

bool psi_argpartition_vjp(psi_vjp_call *c)
{
    return psi_argsort_vjp(c);
}

bool psi_argpartition_jvp(psi_jvp_call *c)
{
    return psi_argsort_jvp(c);
}

bool psi_sort_vmap(psi_vmap_call *c)
{
    return psi_batch_done(c, psi_sort(psi_batch_in(c, 0), c->node->attr[0] + 1));
}

bool psi_argsort_vmap(psi_vmap_call *c)
{
    return psi_batch_done(c, psi_argsort(psi_batch_in(c, 0), c->node->attr[0] + 1));
}

bool psi_partition_vmap(psi_vmap_call *c)
{
    return psi_batch_done(c, psi_partition(psi_batch_in(c, 0), c->node->attr[0], c->node->attr[1] + 1));
}

bool psi_argpartition_vmap(psi_vmap_call *c)
{
    return psi_batch_done(c, psi_argpartition(psi_batch_in(c, 0), c->node->attr[0], c->node->attr[1] + 1));
}

/* ---- medians ---- */

/* The axes moved to the end and joined into one, which may be of length 1. */
static psi_array joined(psi_array a, const int64_t *axes, int count)
{
    int64_t order[PSI_MAX_NDIM], shape[PSI_MAX_NDIM + 1], length = 1;
    int left = 0, ndim = a->ndim;
    for (int i = 0, next = 0; i < ndim; i++) {
        bool reduced = next < count && axes[next] == i;
        next += reduced;
        if (!reduced) {
            shape[left] = a->shape[i];
            order[left++] = i;
        } else {
            length *= a->shape[i];
        }
    }
    memcpy(order + left, axes, (size_t)count * sizeof *order);
    shape[left] = length;
    return psi_reshape(psi_transpose(a, (psi_ints){order, ndim}), (psi_ints){shape, left + 1});
}

psi_array psi_median(psi_array a, psi_ints axes, bool keepdims)
{
    int64_t sorted[PSI_MAX_NDIM];
    if (!psi_check_inputs(PSI_ARRAYS(a), "median"))
        return psi_error_array();
    int count = psi_axes(axes, a->ndim, sorted, "median");
    psi_array flat = count < 0 ? psi_error_array() : joined(a, sorted, count);
    if (psi_is_error(flat))
        return flat;
    int last = flat->ndim - 1;
    int64_t n = flat->shape[last], middle = n / 2;
    if (n == 0)
        return PSI_INVALID("median: of no elements: array of shape %s", PSI_SHAPE(psi_shape(a)));
    psi_dtype t = psi_dtype_of(a);
    psi_dtype dtype = psi_issubdtype(t, PSI_INEXACT) ? t : psi_promote_types(t, PSI_FLOAT32);
    psi_array order = psi_sort(flat, last), y = psi_astype(part(order, last, middle, middle + 1), dtype);
    if (n % 2 == 0)
        y = psi_add(y, psi_astype(part(order, last, middle - 1, middle), dtype));
    if (n % 2 == 0)
        y = psi_multiply(y, psi_like(y, 0.5));
    y = psi_squeeze(y, PSI_INTS(last));
    return keepdims && count > 0 ? psi_expand_dims(y, (psi_ints){sorted, count}) : y;
}
