/* attention.c: scaled dot-product attention: the builder, and the same by ops that exist, for float64 and for the rules.
 * Invariant: a node's operands have one dtype among float32, float16 and bfloat16, and fit each other. */
#include "ops/attention.h"

#include <float.h>
#include <string.h>

#include "core/thread.h"
#include "ops/build.h"

#define NAME "scaled_dot_product_attention"

psi_attention psi_attention_of(const psi_node *node, psi_array *in)
{
    bool has_sinks = node->attr[2] != 0;
    psi_attention a = {.q = in[0],
                       .k = in[1],
                       .v = in[2],
                       .sinks = has_sinks ? in[node->in_count - 1] : NULL,
                       .mask = node->in_count - has_sinks > 3 ? in[3] : NULL,
                       .scale = psi_attr_real(node, 0),
                       .causal = node->attr[1] != 0};
    return a;
}

psi_array psi_attention_build(const psi_attention *a)
{
    psi_array in[5] = {a->q, a->k, a->v};
    int count = 3;
    if (a->mask)
        in[count++] = a->mask;
    if (a->sinks)
        in[count++] = a->sinks;
    if (!psi_check_inputs((psi_arrays){in, count}, NAME))
        return psi_error_array();
    const int64_t *q = a->q->shape;
    return psi_build(PSI_OP_scaled_dot_product_attention, (psi_arrays){in, count},
                     PSI_INTS(psi_real_attr(a->scale), a->causal, a->sinks != NULL, false),
                     PSI_INTS(q[0], q[1], q[2], a->v->shape[3]), psi_dtype_of(a->q));
}

/* ---- checks ---- */

static bool check_shapes(psi_array q, psi_array k, psi_array v)
{
    const psi_array all[] = {q, k, v};
    for (int i = 0; i < 3; i++) {
        if (all[i]->ndim != 4) {
            PSI_INVALID(NAME ": operand %d has shape %s; batch, heads, length and features are needed", i + 1,
                        PSI_SHAPE(psi_shape_of(all[i])));
            return false;
        }
        if (all[i]->shape[0] != q->shape[0]) {
            PSI_INVALID(NAME ": a batch of %lld in operand %d for queries with one of %lld",
                        (long long)all[i]->shape[0], i + 1, (long long)q->shape[0]);
            return false;
        }
    }
    const char *what = q->shape[3] != k->shape[3]   ? "features of queries and keys"
                       : k->shape[1] != v->shape[1] ? "heads of keys and values"
                       : k->shape[2] != v->shape[2] ? "lengths of keys and values"
                                                    : NULL;
    if (what) {
        PSI_INVALID(NAME ": the %s differ: queries %s, keys %s, values %s", what, PSI_SHAPE(psi_shape_of(q)),
                    PSI_SHAPE(psi_shape_of(k)), PSI_SHAPE(psi_shape_of(v)));
        return false;
    }
    if (k->shape[1] > 0 ? q->shape[1] % k->shape[1] == 0 : q->shape[1] == 0)
        return true;
    PSI_INVALID(NAME ": %lld heads of queries are no multiple of %lld heads of keys", (long long)q->shape[1],
                (long long)k->shape[1]);
    return false;
}

static bool check_mode(const char *mode, psi_array mask)
{
    bool causal = !strcmp(mode, "causal");
    if (!causal && strcmp(mode, "array") != 0 && *mode) {
        PSI_INVALID(NAME ": mask mode '%.40s'; it must be 'causal', 'array' or ''", mode);
        return false;
    }
    if (!causal || !mask)
        return true;
    PSI_INVALID(NAME ": a mask array is given beside the mask mode 'causal'");
    return false;
}

static bool promotes(psi_array a, psi_dtype dtype, const char *what)
{
    if (psi_promote_types(psi_dtype_of(a), dtype) == dtype)
        return true;
    PSI_INVALID(NAME ": %s of dtype %s, which must promote to the result's, %s", what,
                psi_dtype_name(psi_dtype_of(a)), psi_dtype_name(dtype));
    return false;
}

/* The mask over all scores; an error array where it does not fit. */
static psi_array whole_mask(psi_array mask, psi_array q, psi_array k, psi_dtype dtype)
{
    if (mask->ndim > 4)
        return PSI_INVALID(NAME ": a mask of shape %s; at most 4 dimensions are needed",
                           PSI_SHAPE(psi_shape_of(mask)));
    if (!promotes(mask, dtype, "a mask"))
        return psi_error_array();
    if (mask->dtype != PSI_BOOL)
        mask = psi_astype(mask, dtype);
    return psi_broadcast_to(mask, PSI_INTS(q->shape[0], q->shape[1], q->shape[2], k->shape[2]));
}

static bool check_sinks(psi_array sinks, psi_array q, psi_dtype dtype)
{
    if (!promotes(sinks, dtype, "sinks"))
        return false;
    if (sinks->ndim == 1 && sinks->size == q->shape[1])
        return true;
    PSI_INVALID(NAME ": sinks of shape %s for %lld heads; a vector of one for each is needed",
                PSI_SHAPE(psi_shape_of(sinks)), (long long)q->shape[1]);
    return false;
}

psi_array psi_fast_scaled_dot_product_attention(psi_array queries, psi_array keys, psi_array values,
                                                double scale, const char *mask_mode, psi_array mask_arr,
                                                psi_array sinks)
{
    psi_array all[] = {queries, keys, values, mask_arr ? mask_arr : queries, sinks ? sinks : queries};
    psi_scores s;
    mask_mode = mask_mode ? mask_mode : "";
    if (!psi_check_inputs((psi_arrays){all, 5}, NAME) || !check_mode(mask_mode, mask_arr) ||
        !check_shapes(queries, keys, values))
        return psi_error_array();
    psi_dtype dtype =
        psi_promote_types(psi_promote_types(psi_dtype_of(queries), psi_dtype_of(keys)), psi_dtype_of(values));
    if (!psi_issubdtype(dtype, PSI_FLOATING))
        return PSI_INVALID(NAME ": dtype %s; a real floating one is needed", psi_dtype_name(dtype));
    if (sinks && !check_sinks(sinks, queries, dtype))
        return psi_error_array();
    psi_attention a = {.q = psi_astype(queries, dtype),
                       .k = psi_astype(keys, dtype),
                       .v = psi_astype(values, dtype),
                       .mask = mask_arr ? whole_mask(mask_arr, queries, keys, dtype) : NULL,
                       .sinks = sinks ? psi_astype(sinks, dtype) : NULL,
                       .scale = scale,
                       .causal = !strcmp(mask_mode, "causal")};
    if (dtype != PSI_FLOAT64)
        return psi_attention_build(&a);
    if (!psi_scores_of(&s, &a))
        return psi_error_array();
    return psi_scores_part(&a, psi_matmul(s.p, s.v), dtype);
}

/* ---- by ops that exist ---- */

psi_array psi_scores_join(const psi_scores *s, const psi_attention *a, psi_array x)
{
    int64_t groups = a->k->shape[1], each = groups ? a->q->shape[1] / groups : 0;
    if (psi_is_error(x))
        return x;
    x = psi_reshape(x, PSI_INTS(a->q->shape[0], groups, each * a->q->shape[2], psi_dim(x, -1)));
    return psi_dtype_of(x) == PSI_BOOL ? x : psi_astype(x, s->wide);
}

psi_array psi_scores_part(const psi_attention *a, psi_array x, psi_dtype dtype)
{
    const int64_t *q = a->q->shape;
    if (psi_is_error(x))
        return x;
    return psi_astype(psi_reshape(x, PSI_INTS(q[0], q[1], q[2], psi_dim(x, -1))), dtype);
}

/* True where a query may see a key: the last query sees all keys, one before it one less. */
static psi_array causal_mask(const psi_attention *a)
{
    const int64_t *q = a->q->shape;
    int64_t keys = a->k->shape[2], ahead = keys - q[2];
    psi_array query = psi_arange((double)ahead, (double)(ahead + q[2]), 1, PSI_INT32);
    psi_array key = psi_arange(0, (double)keys, 1, PSI_INT32);
    psi_array seen = psi_greater_equal(psi_expand_dims(query, PSI_INTS(1)), key);
    return psi_broadcast_to(seen, PSI_INTS(q[0], q[1], q[2], keys));
}

/* Sinks as one more key in front of each row of scores. */
static psi_array with_sinks(const psi_scores *s, const psi_attention *a, psi_array scores)
{
    const int64_t *q = a->q->shape;
    psi_array sinks = psi_reshape(a->sinks, PSI_INTS(a->sinks->ndim > 1 ? q[0] : 1, q[1], 1, 1));
    sinks = psi_scores_join(s, a, psi_broadcast_to(sinks, PSI_INTS(q[0], q[1], q[2], 1)));
    return psi_concatenate(PSI_ARRAYS(sinks, scores), -1);
}

bool psi_scores_of(psi_scores *s, const psi_attention *a)
{
    psi_array all[] = {a->q, a->k, a->v, a->mask ? a->mask : a->q};
    if (!psi_check_inputs((psi_arrays){all, 4}, NAME))
        return false;
    *s = (psi_scores){.wide = psi_promote_types(psi_dtype_of(a->q), PSI_FLOAT32)};
    s->q = psi_scores_join(s, a, a->q);
    s->k = psi_astype(a->k, s->wide);
    s->v = psi_astype(a->v, s->wide);
    psi_array mask = a->causal ? causal_mask(a) : a->mask;
    if (mask)
        mask = psi_scores_join(s, a, mask);
    psi_array scores =
        psi_matmul(psi_multiply(s->q, psi_scalar(a->scale, s->wide)), psi_swapaxes(s->k, -1, -2));
    if (mask && psi_dtype_of(mask) == PSI_BOOL) {
        s->keep = mask;
        scores = psi_where(mask, scores,
                           psi_scalar(s->wide == PSI_FLOAT64 ? -DBL_MAX : (double)-FLT_MAX, s->wide));
    } else if (mask) {
        scores = psi_add(scores, mask);
    }
    if (!a->sinks) {
        s->p = psi_softmax(scores, PSI_INTS(-1), true);
    } else {
        psi_arrays parts =
            psi_split_at(psi_softmax(with_sinks(s, a, scores), PSI_INTS(-1), true), PSI_INTS(1), -1);
        s->rest = parts.count == 2 ? parts.data[0] : psi_error_array();
        s->p = parts.count == 2 ? parts.data[1] : psi_error_array();
    }
    return !psi_failed();
}
