/* gradients.c: vjp, jvp and vmap of every element-wise op, from the derivatives in the table.
 * Invariant: operands and result of an element-wise node have one shape, so no rule reduces or broadcasts. */
#include "ops/build.h"

/* Marks a derivative that needs no graph. Never evaluated, never seen outside this file. */
static struct psi_array_s one_, minus_one_, zero_;
#define ONE (&one_)
#define MINUS_ONE (&minus_one_)
#define ZERO (&zero_)

#define num psi_like
#define add psi_add
#define sub psi_subtract
#define mul psi_multiply
#define div psi_divide
#define neg psi_negative
#define exp psi_exp
#define sin psi_sin
#define cos psi_cos
#define sinh psi_sinh
#define cosh psi_cosh
#define square psi_square
#define rsqrt psi_rsqrt
#define reciprocal psi_reciprocal
#define sigmoid psi_sigmoid
#define power psi_power
#define floor_divide psi_floor_divide
#define greater psi_greater
#define greater_equal psi_greater_equal
#define less psi_less
#define less_equal psi_less_equal
#define astype(x, like) psi_astype(x, psi_dtype_of(like))

/* d(a^b)/db = a^b log(a), and 0 where a is 0. */
static psi_array power_by_exponent(psi_array a, psi_array y)
{
    psi_array safe = psi_where(psi_equal(a, num(a, 0)), psi_ones_like(a), a);
    return mul(psi_log(safe), y);
}

typedef psi_array (*derivative)(psi_array a, psi_array b, psi_array y);

#define DERIVATIVE(function, graph)                                                                     \
    static psi_array function(__attribute__((unused)) psi_array a, __attribute__((unused)) psi_array b, \
                              __attribute__((unused)) psi_array y)                                      \
    {                                                                                                   \
        return graph;                                                                                   \
    }
#define UNARY(name, prim, state, types, expr, da, doc) DERIVATIVE(name##_da, da)
#define OWN_UNARY(...)
#define BINARY(name, prim, state, types, expr, da, db, doc) \
    DERIVATIVE(name##_da, da) DERIVATIVE(name##_db, db)
#include "ops/table.h"

static const derivative derivatives[PSI_OP_ELEMENTWISE_END][2] = {
#define UNARY(name, ...) [PSI_OP_##name] = {name##_da},
#define OWN_UNARY(...)
#define BINARY(name, ...) [PSI_OP_##name] = {name##_da, name##_db},
#include "ops/table.h"
};

/* g times a derivative; conjugated for reverse mode. NULL is zero. */
static psi_array apply(psi_array g, psi_array d, bool reverse)
{
    if (d == ZERO)
        return NULL;
    if (d == ONE)
        return g;
    if (d == MINUS_ONE)
        return psi_negative(g);
    return psi_multiply(g, reverse ? psi_conjugated(d) : d);
}

static psi_array sum_of(psi_array a, psi_array b)
{
    return !a ? b : !b ? a : psi_add(a, b);
}

bool psi_elementwise_vjp(psi_vjp_call *c)
{
    psi_array second = c->node->in_count > 1 ? c->in[1] : NULL;
    for (int i = 0; i < c->node->in_count; i++) {
        derivative d = derivatives[c->node->op][i];
        if (c->wanted[i])
            c->grads[i] = d ? apply(c->cotangents[0], d(c->in[0], second, c->out[0]), true) : NULL;
    }
    return !psi_failed();
}

bool psi_elementwise_jvp(psi_jvp_call *c)
{
    psi_array second = c->node->in_count > 1 ? c->in[1] : NULL, total = NULL;
    for (int i = 0; i < c->node->in_count; i++) {
        derivative d = derivatives[c->node->op][i];
        if (c->tangents[i] && d)
            total = sum_of(total, apply(c->tangents[i], d(c->in[0], second, c->out[0]), false));
    }
    c->out_tangents[0] = total;
    return !psi_failed();
}

psi_array psi_take_so_far(psi_vjp_call *c, int i)
{
    psi_array sum = c->so_far ? *c->so_far[i] : NULL;
    if (!sum || psi_dtype_of(sum) != psi_dtype_of(c->in[i]))
        return NULL;
    *c->so_far[i] = NULL;
    return sum;
}

/* ---- ops whose rule is no product with a derivative ---- */

/* |a| of complex a is real: its cotangent flows along a / |a|. */
bool psi_abs_vjp(psi_vjp_call *c)
{
    if (c->wanted[0])
        c->grads[0] = mul(c->cotangents[0], psi_sign(c->in[0]));
    return !psi_failed();
}

bool psi_abs_jvp(psi_jvp_call *c)
{
    if (c->tangents[0])
        c->out_tangents[0] = psi_real(mul(c->tangents[0], psi_conjugate(psi_sign(c->in[0]))));
    return !psi_failed();
}

/* Of a complex number the sign turns with what of t is across it: (t - s Re(conj(s) t)) / |a|; t and the result exchanged,
 * that is the same map. Real signs stay as they are. */
static psi_array turned(psi_array a, psi_array s, psi_array t)
{
    psi_array along = psi_real(mul(psi_conjugate(s), t)), size = psi_abs(a);
    return psi_where(psi_equal(size, num(size, 0)), num(a, 0), div(sub(t, mul(s, along)), size));
}

bool psi_sign_vjp(psi_vjp_call *c)
{
    if (c->wanted[0] && psi_dtype_of(c->in[0]) == PSI_COMPLEX64)
        c->grads[0] = turned(c->in[0], c->out[0], c->cotangents[0]);
    return !psi_failed();
}

bool psi_sign_jvp(psi_jvp_call *c)
{
    if (c->tangents[0] && psi_dtype_of(c->in[0]) == PSI_COMPLEX64)
        c->out_tangents[0] = turned(c->in[0], c->out[0], c->tangents[0]);
    return !psi_failed();
}

bool psi_conjugate_vjp(psi_vjp_call *c)
{
    if (c->wanted[0])
        c->grads[0] = psi_conjugate(c->cotangents[0]);
    return !psi_failed();
}

bool psi_conjugate_jvp(psi_jvp_call *c)
{
    if (c->tangents[0])
        c->out_tangents[0] = psi_conjugate(c->tangents[0]);
    return !psi_failed();
}

bool psi_real_vjp(psi_vjp_call *c)
{
    if (c->wanted[0])
        c->grads[0] = psi_astype(c->cotangents[0], PSI_COMPLEX64);
    return !psi_failed();
}

bool psi_real_jvp(psi_jvp_call *c)
{
    if (c->tangents[0])
        c->out_tangents[0] = psi_real(c->tangents[0]);
    return !psi_failed();
}

bool psi_imag_vjp(psi_vjp_call *c)
{
    if (c->wanted[0])
        c->grads[0] = mul(psi_scalar_complex(0, 1), c->cotangents[0]);
    return !psi_failed();
}

bool psi_imag_jvp(psi_jvp_call *c)
{
    if (c->tangents[0])
        c->out_tangents[0] = psi_imag(c->tangents[0]);
    return !psi_failed();
}

bool psi_select_vjp(psi_vjp_call *c)
{
    psi_array g = c->cotangents[0], zero = psi_like(g, 0);
    if (c->wanted[1])
        c->grads[1] = psi_where(c->in[0], g, zero);
    if (c->wanted[2])
        c->grads[2] = psi_where(c->in[0], zero, g);
    return !psi_failed();
}

bool psi_select_jvp(psi_jvp_call *c)
{
    psi_array zero = psi_like(c->out[0], 0);
    psi_array x = c->tangents[1] ? c->tangents[1] : zero, y = c->tangents[2] ? c->tangents[2] : zero;
    if (c->tangents[1] || c->tangents[2])
        c->out_tangents[0] = psi_where(c->in[0], x, y);
    return !psi_failed();
}

/* Moves every mapped axis to the front and rebuilds the op on what broadcasts to one shape. */
bool psi_elementwise_vmap(psi_vmap_call *c)
{
    psi_array in[3], wide[3];
    int64_t shape[PSI_MAX_NDIM + 1];
    psi_ints inner = psi_shape_of((psi_array)&c->node->out[0]);
    for (int i = 0; i < c->node->in_count; i++) {
        in[i] =
            c->axes[i] < 0 ? psi_expand_dims(c->in[i], PSI_INTS(0)) : psi_moveaxis(c->in[i], c->axes[i], 0);
        if (psi_is_error(in[i]))
            return false;
        if (c->axes[i] >= 0)
            shape[0] = in[i]->shape[0];
    }
    for (int d = 0; d < inner.count; d++)
        shape[d + 1] = inner.data[d];
    psi_ints full = {shape, inner.count + 1};
    for (int i = 0; i < c->node->in_count; i++)
        wide[i] = psi_expand_with(in[i], full, (psi_arrays){in, c->node->in_count}, 0);
    c->out[0] =
        psi_build(c->node->op, (psi_arrays){wide, c->node->in_count},
                  (psi_ints){c->node->attr, c->node->attr_count}, full, (psi_dtype)c->node->out[0].dtype);
    c->out_axes[0] = 0;
    return !psi_failed();
}
