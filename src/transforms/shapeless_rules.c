/* shapeless_rules.c: the rules by which each op's attributes and outputs follow inputs of other shapes.
 * Invariant: an op that has no rule, or whose attributes name lengths that may have been meant otherwise, is refused. */
#include "transforms/shapeless.h"

#include <string.h>

#include <psionic/transforms.h>

#include "core/thread.h"

bool psi_refuse_shape(const psi_change *c, const char *why)
{
    psi_fail(
        PSI_UNSUPPORTED_OP, PSI_VALUE_ERROR,
        "compile: %s, traced for shape %s, does not follow an input of shape %s: %s; compile without "
        "shapeless",
        psi_ops[c->node->op].name,
        PSI_SHAPE(psi_shape_of(c->in_count ? psi_ref_array(c->graph, c->was[0]) : (psi_array)c->node->out)),
        PSI_SHAPE(psi_shape_of(c->in_count ? c->in[0] : (psi_array)c->node->out)), why);
    return false;
}

static bool answer(psi_change *c, psi_ints shape)
{
    c->ndim = shape.count;
    memcpy(c->shape, shape.data, (size_t)shape.count * sizeof *c->shape);
    return true;
}

static bool like_first(psi_change *c)
{
    return answer(c, psi_shape(c->in[0]));
}

/* The shape all inputs broadcast to but for their last `kept` axes, which are those of the first. */
static bool broadcast_all(psi_change *c, int kept)
{
    int64_t wider[PSI_MAX_NDIM];
    c->ndim = 0;
    for (int i = 0; i < c->in_count; i++) {
        psi_ints s = psi_shape(c->in[i]);
        if (s.count < kept)
            return psi_refuse_shape(c, "it has too few dimensions");
        c->ndim = psi_broadcast_into(psi_shape_now(c), (psi_ints){s.data, s.count - kept}, wider, "compile");
        if (c->ndim < 0)
            return false;
        memcpy(c->shape, wider, (size_t)c->ndim * sizeof *wider);
    }
    psi_ints first = psi_shape(c->in[0]);
    for (int i = 0; i < kept; i++)
        c->shape[c->ndim++] = first.data[first.count - kept + i];
    return true;
}

static bool broadcast_shapes(psi_change *c)
{
    return broadcast_all(c, 0);
}

/* Inputs that no longer have one shape are broadcast to it. */
static bool elementwise(psi_change *c)
{
    if (!broadcast_all(c, 0))
        return false;
    for (int i = 0; i < c->in_count; i++)
        c->in[i] = psi_expand_to(c->in[i], psi_shape_now(c));
    return !psi_failed();
}

static bool divmod(psi_change *c)
{
    if (!elementwise(c))
        return false;
    psi_arrays both = psi_divmod(c->in[0], c->in[1]);
    c->made = both.data;
    return both.count == 2;
}

static bool broadcast(psi_change *c)
{
    psi_ints wanted = psi_attr_list(c->node, 0);
    int kept = c->node->attr_count > wanted.count + 1 ? (int)c->node->attr[wanted.count + 1] : 0;
    if (c->in_count > 1) {
        if (!broadcast_all(c, kept))
            return false;
        c->attr.count = 0;
        psi_put_list(&c->attr, psi_shape_now(c));
        if (kept)
            psi_put(&c->attr, kept);
        return true;
    }
    return !psi_is_error(psi_broadcast_to(c->in[0], wanted)) && answer(c, wanted);
}

static bool reshape(psi_change *c)
{
    psi_array y = psi_reshape(c->in[0], psi_attr_list(c->node, 0));
    c->made = psi_scope_memory(sizeof *c->made);
    if (!c->made || psi_is_error(y))
        return false;
    c->made[0] = y;
    return true;
}

static bool unflatten(psi_change *c)
{
    psi_array y = psi_unflatten(c->in[0], c->node->attr[0], psi_attr_list(c->node, 1));
    c->made = psi_scope_memory(sizeof *c->made);
    if (!c->made || psi_is_error(y))
        return false;
    c->made[0] = y;
    return true;
}

static bool transpose(psi_change *c)
{
    psi_ints axes = psi_attr_list(c->node, 0);
    c->ndim = axes.count;
    for (int i = 0; i < axes.count; i++)
        c->shape[i] = psi_shape(c->in[0]).data[axes.data[i]];
    return true;
}

static bool has(psi_ints list, int64_t value)
{
    for (int i = 0; i < list.count; i++)
        if (list.data[i] == value)
            return true;
    return false;
}

static bool expand_dims(psi_change *c)
{
    psi_ints axes = psi_attr_list(c->node, 0), s = psi_shape(c->in[0]);
    int next = 0;
    c->ndim = s.count + axes.count;
    for (int i = 0; i < c->ndim; i++)
        c->shape[i] = has(axes, i) ? 1 : s.data[next++];
    return true;
}

static bool squeeze(psi_change *c)
{
    psi_ints axes = psi_attr_list(c->node, 0), s = psi_shape(c->in[0]);
    c->ndim = 0;
    for (int i = 0; i < s.count; i++)
        if (!has(axes, i))
            c->shape[c->ndim++] = s.data[i];
        else if (s.data[i] != 1)
            return psi_refuse_shape(c, "an axis that it drops is no longer of length 1");
    return true;
}

static bool flatten(psi_change *c)
{
    psi_ints s = psi_shape(c->in[0]);
    c->ndim = 0;
    for (int i = 0; i < s.count; i++)
        if (i > c->node->attr[0] && i <= c->node->attr[1])
            c->shape[c->ndim - 1] *= s.data[i];
        else
            c->shape[c->ndim++] = s.data[i];
    return true;
}

static bool reduce(psi_change *c)
{
    psi_ints axes = psi_attr_list(c->node, 1);
    like_first(c);
    for (int i = 0; i < axes.count; i++)
        c->shape[axes.data[i]] = 1;
    return true;
}

static bool arg_reduce(psi_change *c)
{
    if (psi_size(c->in[0]) == 0)
        return psi_refuse_shape(c, "it has no elements");
    like_first(c);
    c->shape[c->node->attr[1]] = 1;
    return true;
}

static bool logsumexp(psi_change *c)
{
    like_first(c);
    c->shape[c->ndim - 1] = 1;
    return true;
}

static bool scalar(psi_change *c)
{
    c->ndim = 0;
    return true;
}

/* Rows of the first, columns of the second. */
static bool matmul(psi_change *c)
{
    psi_ints a = psi_shape(c->in[0]), b = psi_shape(c->in[1]);
    int64_t batch[PSI_MAX_NDIM];
    int n = psi_broadcast_into((psi_ints){a.data, a.count - 2}, (psi_ints){b.data, b.count - 2}, batch,
                               "compile");
    if (n < 0)
        return false;
    if (a.data[a.count - 1] != b.data[b.count - 2])
        return psi_refuse_shape(c, "the inner lengths differ");
    for (int i = 0; i < 2; i++) {
        memcpy(batch + n, (i ? b.data + b.count : a.data + a.count) - 2, 2 * sizeof *batch);
        c->in[i] = psi_expand_to(c->in[i], (psi_ints){batch, n + 2});
    }
    answer(c, (psi_ints){batch, n});
    c->shape[c->ndim++] = a.data[a.count - 2];
    c->shape[c->ndim++] = b.data[b.count - 1];
    return !psi_failed();
}

static bool addmm(psi_change *c)
{
    if (!matmul(c))
        return false;
    c->in[2] = psi_broadcast_to(c->in[2], psi_shape_now(c));
    return !psi_failed();
}

static bool concatenate(psi_change *c)
{
    int axis = (int)c->node->attr[0];
    like_first(c);
    for (int i = 1; i < c->in_count; i++)
        for (int d = 0; d < c->ndim; d++)
            if (d == axis)
                c->shape[d] += psi_shape(c->in[i]).data[d];
            else if (psi_shape(c->in[i]).data[d] != c->shape[d])
                return psi_refuse_shape(c, "the other lengths differ");
    return true;
}

/* Whole slices along the axes that are not indexed follow the array. */
static bool gather(psi_change *c)
{
    psi_ints axes = psi_attr_list(c->node, 0), sizes = psi_attr_list(c->node, axes.count + 1);
    psi_ints s = psi_shape(c->in[0]), before = psi_traced_shape(c, 0);
    int64_t now[PSI_MAX_NDIM];
    c->ndim = 0;
    if (c->in_count > 1)
        answer(c, psi_shape(c->in[1]));
    for (int i = 2; i < c->in_count; i++)
        if (!psi_same_ints(psi_shape(c->in[i]), psi_shape(c->in[1])))
            return psi_refuse_shape(c, "the indices' shapes differ");
    for (int i = 0; i < sizes.count; i++) {
        bool whole = sizes.data[i] == before.data[i] && !has(axes, i);
        if (!whole && s.data[i] != before.data[i] && !has(axes, i))
            return psi_refuse_shape(c, "it takes a part of an axis whose length changed");
        now[i] = whole ? s.data[i] : sizes.data[i];
        if (now[i] > s.data[i])
            return psi_refuse_shape(c, "a slice is longer than the axis");
        c->shape[c->ndim++] = now[i];
    }
    c->attr.count = 0;
    psi_put_list(&c->attr, axes);
    psi_put_list(&c->attr, (psi_ints){now, sizes.count});
    return true;
}

/* Updates have the shape of the indices, and then that of slices: whole ones along the axes that are not indexed. */
static bool scatter(psi_change *c)
{
    psi_ints axes = psi_attr_list(c->node, 1), s = psi_shape(c->in[0]), u = psi_shape(c->in[c->in_count - 1]);
    int first = u.count - s.count;
    for (int i = 0; i < s.count; i++)
        if (first < 0 || (has(axes, i) ? u.data[first + i] > s.data[i] : u.data[first + i] != s.data[i]))
            return psi_refuse_shape(c, "the updates are not whole slices of it");
    for (int i = 1; i + 1 < c->in_count; i++)
        if (!psi_same_ints(psi_shape(c->in[i]), (psi_ints){u.data, first}))
            return psi_refuse_shape(c, "the updates do not fit the indices");
    return like_first(c);
}

static bool same_but(psi_ints a, psi_ints b, int axis)
{
    bool same = a.count == b.count;
    for (int i = 0; same && i < a.count; i++)
        same = i == axis || a.data[i] == b.data[i];
    return same;
}

static bool gather_axis(psi_change *c)
{
    if (!same_but(psi_shape(c->in[0]), psi_shape(c->in[1]), (int)c->node->attr[0]))
        return psi_refuse_shape(c, "the indices do not fit it");
    return answer(c, psi_shape(c->in[1]));
}

static bool scatter_axis(psi_change *c)
{
    if (!same_but(psi_shape(c->in[0]), psi_shape(c->in[1]), (int)c->node->attr[1]) ||
        !psi_same_ints(psi_shape(c->in[1]), psi_shape(c->in[2])))
        return psi_refuse_shape(c, "the indices or updates do not fit it");
    return like_first(c);
}

static int64_t length_of(int64_t start, int64_t stop, int64_t step)
{
    return stop > start ? (stop - start + step - 1) / step : 0;
}

/* Ranges of a slice, whose traced lengths are `taken`: whole axes follow. `fixed` allows a part of an axis whose length changed, where it still fits. */
static bool ranges(psi_change *c, psi_ints taken, bool fixed)
{
    psi_ints start = psi_attr_list(c->node, 0), stop = psi_attr_list(c->node, start.count + 1),
             step = psi_attr_list(c->node, start.count + stop.count + 2);
    psi_ints s = psi_shape(c->in[0]), before = psi_traced_shape(c, 0);
    int64_t stops[PSI_MAX_NDIM];
    for (int i = 0; i < s.count; i++) {
        bool whole = start.data[i] == 0 && stop.data[i] == before.data[i] && step.data[i] == 1;
        stops[i] = whole ? s.data[i] : stop.data[i];
        if (!whole && s.data[i] != before.data[i] &&
            (!fixed || step.data[i] < 1 || start.data[i] > s.data[i] || stop.data[i] > s.data[i]))
            return psi_refuse_shape(c, "it takes a part of an axis whose length changed");
        c->shape[i] = s.data[i] == before.data[i] ? taken.data[i]
                      : whole                     ? s.data[i]
                                                  : length_of(start.data[i], stop.data[i], step.data[i]);
    }
    c->ndim = s.count;
    c->attr.count = 0;
    psi_put_list(&c->attr, start);
    psi_put_list(&c->attr, (psi_ints){stops, s.count});
    psi_put_list(&c->attr, step);
    return true;
}

static bool slice(psi_change *c)
{
    return ranges(c, psi_shape_of((psi_array)c->node->out), false);
}

static bool slice_update(psi_change *c)
{
    if (!ranges(c, psi_traced_shape(c, 1), true))
        return false;
    if (!psi_same_ints(psi_shape(c->in[1]), psi_shape_now(c)))
        return psi_refuse_shape(c, "the update does not have the range's shape");
    return like_first(c);
}

static bool pad(psi_change *c)
{
    psi_ints axes = psi_attr_list(c->node, 0), low = psi_attr_list(c->node, axes.count + 1),
             high = psi_attr_list(c->node, axes.count + low.count + 2);
    like_first(c);
    for (int i = 0; i < axes.count; i++)
        c->shape[axes.data[i]] += low.data[i] + high.data[i];
    return true;
}

/* Outputs are its last inputs, which have followed already. */
static bool custom_transforms(psi_change *c)
{
    c->made = c->in + c->in_count - c->node->out_count;
    return true;
}

static const psi_shape_rule rules[PSI_OP_COUNT] = {
    [PSI_OP_astype] = {.follow = like_first},
    [PSI_OP_copy] = {.follow = like_first},
    [PSI_OP_stop_gradient] = {.follow = like_first},
    [PSI_OP_full] = {.follow = like_first},
    [PSI_OP_contiguous] = {.follow = like_first},
    [PSI_OP_scan] = {.follow = like_first},
    [PSI_OP_softmax] = {.follow = like_first},
    [PSI_OP_sort] = {.follow = like_first},
    [PSI_OP_argsort] = {.follow = like_first},
    [PSI_OP_to_fp8] = {.follow = like_first},
    [PSI_OP_from_fp8] = {.follow = like_first},
    [PSI_OP_compiled] = {.follow = broadcast_shapes, .many = true, .axes = PSI_SPREADS},
    [PSI_OP_custom_transforms] = {.follow = custom_transforms, .many = true},
    [PSI_OP_divmod] = {.follow = divmod, .many = true, .axes = PSI_SPREADS},
    [PSI_OP_broadcast] = {.follow = broadcast, .axes = PSI_SPREADS},
    [PSI_OP_reshape] = {.follow = reshape},
    [PSI_OP_unflatten] = {.follow = unflatten},
    [PSI_OP_transpose] = {.follow = transpose},
    [PSI_OP_expand_dims] = {.follow = expand_dims},
    [PSI_OP_squeeze] = {.follow = squeeze},
    [PSI_OP_flatten] = {.follow = flatten},
    [PSI_OP_reduce] = {.follow = reduce},
    [PSI_OP_arg_reduce] = {.follow = arg_reduce},
    [PSI_OP_logsumexp] = {.follow = logsumexp},
    [PSI_OP_number_of_elements] = {.follow = scalar},
    [PSI_OP_matmul] = {.follow = matmul, .axes = PSI_SPREADS_MATRICES},
    [PSI_OP_addmm] = {.follow = addmm},
    [PSI_OP_concatenate] = {.follow = concatenate},
    [PSI_OP_gather] = {.follow = gather},
    [PSI_OP_gather_axis] = {.follow = gather_axis},
    [PSI_OP_scatter] = {.follow = scatter},
    [PSI_OP_scatter_axis] = {.follow = scatter_axis},
    [PSI_OP_slice] = {.follow = slice},
    [PSI_OP_slice_update] = {.follow = slice_update},
    [PSI_OP_pad] = {.follow = pad},
};

psi_shape_rule psi_shape_rule_of(int op)
{
    return psi_is_elementwise(op) ? (psi_shape_rule){elementwise, false, PSI_SPREADS} : rules[op];
}

bool psi_graph_can_follow(int op)
{
    return psi_shape_rule_of(op).follow != NULL;
}
