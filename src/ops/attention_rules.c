/* attention_rules.c: vjp, jvp and vmap of scaled dot-product attention. Derivatives make the probabilities again. */
#include "core/thread.h"
#include "ops/attention.h"
#include "ops/batch.h"
#include "ops/build.h"
#include "ops/rules.h"

static psi_array transposed(psi_array a)
{
    return psi_swapaxes(a, -1, -2);
}

static psi_array sum_of(psi_array a, psi_array b)
{
    return !a ? b : !b ? a : psi_add(a, b);
}

/* Scores that a mask replaces do not depend on anything. */
static psi_array kept(const psi_scores *s, psi_array x)
{
    return s->keep ? psi_where(s->keep, x, psi_scalar(0, s->wide)) : x;
}

/* Sinks take part by what they leave of each row. */
static psi_array gradient_of_sinks(const psi_scores *s, const psi_attention *a, psi_array along)
{
    psi_array g = psi_scores_part(a, psi_negative(psi_multiply(s->rest, along)), s->wide);
    psi_ints axes = a->sinks->ndim > 1 ? PSI_INTS(2, 3) : PSI_INTS(0, 2, 3);
    return psi_astype(psi_sum(g, axes, false), psi_dtype_of(a->sinks));
}

/* Gradients of operands in their order, for a cotangent. */
static bool gradients(psi_attention a, psi_array cotangent, const bool *wanted, int in_count,
                      psi_array *grads)
{
    psi_scores s;
    if (!psi_scores_of(&s, &a))
        return false;
    psi_dtype dtype = psi_dtype_of(a.q);
    psi_array scale = psi_scalar(a.scale, s.wide), g = psi_scores_join(&s, &a, cotangent);
    psi_array dp = psi_matmul(g, transposed(s.v)), along = psi_sum(psi_multiply(s.p, dp), PSI_INTS(-1), true);
    psi_array ds = kept(&s, psi_multiply(s.p, psi_subtract(dp, along)));
    if (wanted[0])
        grads[0] = psi_scores_part(&a, psi_multiply(psi_matmul(ds, s.k), scale), dtype);
    if (wanted[1])
        grads[1] = psi_astype(psi_multiply(psi_matmul(transposed(ds), s.q), scale), dtype);
    if (wanted[2])
        grads[2] = psi_astype(psi_matmul(transposed(s.p), g), dtype);
    if (a.mask && wanted[3] && psi_dtype_of(a.mask) != PSI_BOOL)
        grads[3] = psi_scores_part(&a, ds, psi_dtype_of(a.mask));
    if (a.sinks && wanted[in_count - 1])
        grads[in_count - 1] = gradient_of_sinks(&s, &a, along);
    return !psi_failed();
}

/* Consecutive rows of every head. */
static psi_array rows(psi_array x, int64_t from, int64_t to)
{
    psi_ints shape = psi_shape(x);
    return psi_slice(x, PSI_INTS(0, 0, from, 0), PSI_INTS(shape.data[0], shape.data[1], to, shape.data[3]),
                     PSI_NONE);
}

static psi_array add_rows(psi_array sum, psi_array x)
{
    psi_ints shape = psi_shape(x), all = psi_shape(sum);
    if (!psi_failed() && shape.data[2] == all.data[2])
        return psi_add(sum, x);
    return psi_slice_update(sum, psi_add(rows(sum, 0, shape.data[2]), x), PSI_INTS(0, 0, 0, 0), shape,
                            PSI_NONE);
}

enum { CUTS = 4, LEAST_ROWS = 64 };

/* Queries in a few parts, as the earlier ones see only the first keys: little more than half of all scores is made then.
 * Of whole lengths and without sinks. */
static bool causal_gradients(psi_attention a, psi_vjp_call *c)
{
    int64_t length = a.q->shape[2], ahead = a.k->shape[2] - length, step = (length + CUTS - 1) / CUTS;
    psi_array dq[CUTS], total[3] = {NULL};
    int parts = 0;
    for (int64_t to = length; to > 0; to -= step) {
        int64_t from = to > step ? to - step : 0;
        psi_attention part = a;
        psi_array grads[3] = {NULL};
        part.q = rows(a.q, from, to);
        part.k = rows(a.k, 0, ahead + to);
        part.v = rows(a.v, 0, ahead + to);
        if (psi_failed() || !gradients(part, rows(c->cotangents[0], from, to), c->wanted, 3, grads))
            return false;
        dq[CUTS - ++parts] = grads[0];
        for (int i = 1; i < 3; i++)
            if (c->wanted[i])
                total[i] = total[i] ? add_rows(total[i], grads[i]) : grads[i];
    }
    if (c->wanted[0])
        c->grads[0] = psi_concatenate((psi_arrays){dq + CUTS - parts, parts}, 2);
    c->grads[1] = total[1];
    c->grads[2] = total[2];
    return !psi_failed();
}

bool psi_scaled_dot_product_attention_vjp(psi_vjp_call *c)
{
    psi_attention a = psi_attention_of(c->node, c->in);
    if (a.causal && !a.sinks && a.q->shape[2] >= CUTS * LEAST_ROWS && a.k->shape[2] >= a.q->shape[2])
        return causal_gradients(a, c);
    return gradients(a, c->cotangents[0], c->wanted, c->node->in_count, c->grads);
}

/* The change of the scores; NULL where nothing that they depend on changes. */
static psi_array tangent_of_scores(const psi_scores *s, const psi_attention *a, const psi_array *tangents)
{
    psi_array t = NULL;
    if (tangents[0])
        t = psi_matmul(psi_scores_join(s, a, tangents[0]), transposed(s->k));
    if (tangents[1])
        t = sum_of(t, psi_matmul(s->q, transposed(psi_astype(tangents[1], s->wide))));
    if (t)
        t = psi_multiply(t, psi_scalar(a->scale, s->wide));
    if (a->mask && tangents[3] && psi_dtype_of(a->mask) != PSI_BOOL)
        t = sum_of(t, psi_scores_join(s, a, tangents[3]));
    return t ? kept(s, t) : NULL;
}

bool psi_scaled_dot_product_attention_jvp(psi_jvp_call *c)
{
    psi_attention a = psi_attention_of(c->node, c->in);
    psi_scores s;
    if (!psi_scores_of(&s, &a))
        return false;
    psi_array t = tangent_of_scores(&s, &a, c->tangents), y = NULL;
    psi_array mean = t ? psi_sum(psi_multiply(s.p, t), PSI_INTS(-1), true) : NULL;
    psi_array sinks = a.sinks ? c->tangents[c->node->in_count - 1] : NULL;
    if (sinks) {
        const int64_t *q = a.q->shape;
        sinks = psi_reshape(sinks, PSI_INTS(a.sinks->ndim > 1 ? q[0] : 1, q[1], 1, 1));
        sinks = psi_scores_join(&s, &a, psi_broadcast_to(sinks, PSI_INTS(q[0], q[1], q[2], 1)));
        mean = sum_of(mean, psi_multiply(s.rest, sinks));
    }
    if (mean) {
        psi_array change = t ? psi_subtract(t, mean) : psi_negative(mean);
        y = psi_matmul(psi_multiply(s.p, change), s.v);
    }
    if (c->tangents[2])
        y = sum_of(y, psi_matmul(s.p, psi_astype(c->tangents[2], s.wide)));
    c->out_tangents[0] = y ? psi_scores_part(&a, y, psi_dtype_of(a.q)) : NULL;
    return !psi_failed();
}

/* The mapped axis and the batch axis become one; sinks that are mapped get a row for each entry. */
bool psi_scaled_dot_product_attention_vmap(psi_vmap_call *c)
{
    psi_array in[5];
    int count = c->node->in_count;
    int64_t n = psi_batch_length(c), batch = c->node->out[0].shape[0];
    for (int i = 0; i < count; i++) {
        bool sinks = c->node->attr[2] && i + 1 == count;
        if (!sinks) {
            in[i] = psi_flatten(psi_batch_in(c, i), 0, 1);
        } else if (c->axes[i] < 0 && psi_ndim(c->in[i]) == 1) {
            in[i] = c->in[i];
        } else {
            psi_array each = psi_batch_in(c, i);
            int64_t heads = psi_dim(each, -1);
            each = psi_reshape(each, PSI_INTS(n, psi_ndim(each) > 2 ? batch : 1, heads));
            in[i] = psi_flatten(psi_broadcast_to(each, PSI_INTS(n, batch, heads)), 0, 1);
        }
    }
    if (psi_failed())
        return false;
    psi_attention a = psi_attention_of(c->node, in);
    return psi_batch_done(c, psi_unflatten(psi_attention_build(&a), 0, PSI_INTS(n, batch)));
}
