/* linalg_rules.c: gradients of factorisations, singular values and eigenvalues; tangents are their transposes.
 * Factors are known but for signs, phases and turns among vectors of equal values, along which nothing is differentiated;
 * of a symmetric operand, of which one triangle is read, the gradient is symmetric. */
#include "ops/build.h"
#include "ops/linalg.h"
#include "ops/rules.h"

static psi_array product(psi_array a, psi_array b, psi_array c)
{
    return psi_matmul(psi_matmul(a, b), c);
}

static psi_array half(psi_array a)
{
    return psi_multiply(a, psi_like(a, 0.5));
}

static psi_array symmetric_part(psi_array a)
{
    return half(psi_add(a, psi_linalg_adjoint(a)));
}

/* Rows or columns from one place to another of each matrix. */
static psi_array part(psi_array a, int axis, int64_t from, int64_t to)
{
    int64_t start[PSI_MAX_NDIM] = {0}, stop[PSI_MAX_NDIM];
    psi_ints shape = psi_shape(a);
    psi_linalg_shape(a, psi_dim(a, -2), psi_dim(a, -1), stop);
    start[shape.count + axis] = from;
    stop[shape.count + axis] = to;
    return psi_is_error(a)
               ? a
               : psi_slice(a, (psi_ints){start, shape.count}, (psi_ints){stop, shape.count}, PSI_NONE);
}

/* Zeros behind an axis, up to a length. */
static psi_array padded(psi_array a, int64_t axis, int64_t length)
{
    return psi_pad(a, PSI_INTS(axis), PSI_INTS(0), PSI_INTS(length - psi_dim(a, (int)axis)), NULL,
                   "constant");
}

/* The first values of a vector on the diagonal of a matrix that may be larger. */
static psi_array on_diagonal(psi_array values, int64_t rows, int64_t cols)
{
    values = psi_dim(values, -1) < cols ? padded(values, -1, cols) : values;
    return psi_multiply(psi_eye(rows, cols, 0, psi_dtype_of(values)), psi_expand_dims(values, PSI_INTS(-2)));
}

/* 1 / (w_j - w_i), and 0 where they are equal. */
static psi_array inverse_gaps(psi_array w)
{
    psi_array gaps = psi_subtract(psi_expand_dims(w, PSI_INTS(-2)), psi_expand_dims(w, PSI_INTS(-1)));
    psi_array equal = psi_equal(gaps, psi_like(w, 0));
    return psi_where(equal, psi_like(w, 0), psi_reciprocal(psi_where(equal, psi_like(w, 1), gaps)));
}

/* True when there is nothing to do. */
static bool is_done(psi_vjp_call *c)
{
    if (c->wanted[0] && psi_size(c->in[0]) == 0)
        c->grads[0] = psi_zeros_like(c->in[0]);
    return !c->wanted[0] || c->grads[0];
}

bool psi_cholesky_vjp(psi_vjp_call *c)
{
    bool upper = c->node->attr[0] != 0;
    if (is_done(c))
        return true;
    psi_array l = upper ? psi_linalg_adjoint(c->out[0]) : c->out[0];
    psi_array g =
        psi_matmul(psi_linalg_adjoint(l), upper ? psi_linalg_adjoint(c->cotangents[0]) : c->cotangents[0]);
    psi_array inverse = psi_linalg_tri_inv(l, false);
    g = half(psi_add(psi_tril(g, 0), psi_tril(g, -1)));
    c->grads[0] = symmetric_part(product(psi_linalg_adjoint(inverse), g, inverse));
    return !psi_failed();
}

/* Of Q R = a with square R. */
static psi_array qr_gradient(psi_array q, psi_array r, psi_array gq, psi_array gr)
{
    psi_array m = psi_subtract(psi_matmul(r, psi_linalg_adjoint(gr)), psi_matmul(psi_linalg_adjoint(gq), q));
    psi_array below = psi_tril(m, -1), diagonal = psi_subtract(psi_tril(m, 0), below);
    m = psi_add(psi_add(below, psi_linalg_adjoint(below)),
                symmetric_part(diagonal)); /* R's diagonal stays real */
    return psi_matmul(psi_add(gq, psi_matmul(q, m)), psi_linalg_adjoint(psi_linalg_tri_inv(r, true)));
}

/* Columns past the square follow from Q. */
bool psi_qrf_vjp(psi_vjp_call *c)
{
    psi_array a = c->in[0], q = c->out[0], r = c->out[1], gq = c->cotangents[0], gr = c->cotangents[1];
    int64_t m = psi_dim(a, -2), n = psi_dim(a, -1);
    if (is_done(c))
        return true;
    if (m >= n) {
        c->grads[0] = qr_gradient(q, r, gq, gr);
    } else {
        psi_array right = part(gr, -1, m, n);
        gq = psi_add(gq, psi_matmul(part(a, -1, m, n), psi_linalg_adjoint(right)));
        psi_array left = qr_gradient(q, part(r, -1, 0, m), gq, part(gr, -1, 0, m));
        c->grads[0] = psi_concatenate(PSI_ARRAYS(left, psi_matmul(q, right)), -1);
    }
    return !psi_failed();
}

/* L and U are filled up to square ones by rows of the identity; then L^-1 dA U^-1 falls into their changes' triangles. */
bool psi_luf_vjp(psi_vjp_call *c)
{
    psi_array lu = c->out[0], g = c->cotangents[0];
    int64_t m = psi_dim(lu, -2), n = psi_dim(lu, -1), k = m < n ? m : n;
    if (is_done(c))
        return true;
    psi_array eye = psi_eye(n, n, 0, psi_dtype_of(lu));
    psi_array l = padded(part(psi_tril(lu, -1), -1, 0, k), -1, m);
    psi_array u = padded(part(psi_triu(lu, 0), -2, 0, k), -2, n);
    l = psi_add(l, psi_eye(m, m, 0, psi_dtype_of(lu)));
    u = psi_add(u, psi_concatenate(PSI_ARRAYS(psi_zeros_like(part(eye, -2, 0, k)), part(eye, -2, k, n)), -2));
    psi_array below = psi_tril(psi_matmul(psi_linalg_adjoint(l), psi_tril(g, -1)), -1);
    psi_array above = psi_triu(psi_matmul(psi_triu(g, 0), psi_linalg_adjoint(u)), 0);
    psi_array by_rows = product(psi_linalg_adjoint(psi_linalg_tri_inv(l, false)), psi_add(below, above),
                                psi_linalg_adjoint(psi_linalg_tri_inv(u, true)));
    c->grads[0] = psi_take_along_axis(by_rows, psi_expand_dims(c->out[2], PSI_INTS(-1)), -2);
    return !psi_failed();
}

/* M + M^H where M is G over the gaps of the squares of the values, of which there may be fewer than vectors. */
static psi_array turn(psi_array vectors, psi_array g, psi_array s, int64_t count)
{
    psi_array gaps = inverse_gaps(psi_square(padded(s, -1, count)));
    psi_array m = psi_multiply(psi_matmul(psi_linalg_adjoint(vectors), g), gaps);
    return psi_add(m, psi_linalg_adjoint(m));
}

/* What phases of U give to the imaginary part of the diagonal, those of V staying. */
static psi_array from_phases(psi_array u, psi_array gu, psi_array s, int64_t rows, int64_t cols)
{
    psi_array along = psi_sum(psi_multiply(psi_conjugate(u), gu), PSI_INTS(-2), false);
    along = part(psi_expand_dims(psi_imag(along), PSI_INTS(-2)), -1, 0, psi_dim(s, -1));
    return psi_multiply(psi_scalar_complex(0, 1),
                        on_diagonal(psi_divide(psi_squeeze(along, PSI_INTS(-2)), s), rows, cols));
}

bool psi_svd_vjp(psi_vjp_call *c)
{
    psi_array a = c->in[0];
    bool all = c->node->out_count == 3;
    int64_t m = psi_dim(a, -2), n = psi_dim(a, -1);
    if (is_done(c))
        return true;
    psi_arrays parts = all ? (psi_arrays){c->out, 3} : psi_linalg_svd(a, true);
    if (parts.count != 3)
        return false;
    psi_array u = parts.data[0], s = parts.data[1], v = psi_linalg_adjoint(parts.data[2]);
    psi_array g = on_diagonal(c->cotangents[all ? 1 : 0], m, n);
    if (all) {
        psi_array wide = on_diagonal(s, m, n);
        psi_array left = psi_matmul(turn(u, c->cotangents[0], s, m), wide);
        psi_array right = psi_matmul(wide, turn(v, psi_linalg_adjoint(c->cotangents[2]), s, n));
        g = psi_add(g, psi_add(left, right));
        if (psi_dtype_of(a) == PSI_COMPLEX64)
            g = psi_add(g, from_phases(u, c->cotangents[0], s, m, n));
    }
    c->grads[0] = product(u, g, psi_linalg_adjoint(v));
    return !psi_failed();
}

bool psi_eigh_vjp(psi_vjp_call *c)
{
    bool all = c->node->out_count == 2;
    int64_t n = psi_dim(c->in[0], -1);
    const char side[2] = {(char)c->node->attr[1], 0};
    if (is_done(c))
        return true;
    psi_arrays parts = all ? (psi_arrays){c->out, 2} : psi_linalg_eigh(c->in[0], side);
    if (parts.count != 2)
        return false;
    psi_array v = parts.data[1], g = on_diagonal(c->cotangents[0], n, n);
    if (all)
        g = psi_add(g, psi_multiply(psi_matmul(psi_linalg_adjoint(v), c->cotangents[1]),
                                    inverse_gaps(parts.data[0])));
    c->grads[0] = symmetric_part(product(v, g, psi_linalg_adjoint(v)));
    return !psi_failed();
}

/* Vectors keep their length 1. */
bool psi_eig_vjp(psi_vjp_call *c)
{
    bool all = c->node->out_count == 2;
    int64_t n = psi_dim(c->in[0], -1);
    if (is_done(c))
        return true;
    psi_arrays parts = all ? (psi_arrays){c->out, 2} : psi_linalg_eig(c->in[0]);
    if (parts.count != 2)
        return false;
    psi_array v = parts.data[1], g = on_diagonal(c->cotangents[0], n, n);
    if (all) {
        psi_array gv = c->cotangents[1];
        psi_array along = psi_real(psi_sum(psi_multiply(psi_conjugate(v), gv), PSI_INTS(-2), true));
        gv = psi_matmul(psi_linalg_adjoint(v), psi_subtract(gv, psi_multiply(v, along)));
        g = psi_add(g, psi_multiply(gv, psi_conjugate(inverse_gaps(parts.data[0]))));
    }
    g = product(psi_linalg_adjoint(psi_linalg_inv(v)), g, psi_linalg_adjoint(v));
    c->grads[0] =
        psi_astype(psi_dtype_of(c->in[0]) == PSI_COMPLEX64 ? g : psi_real(g), psi_dtype_of(c->in[0]));
    return !psi_failed();
}
