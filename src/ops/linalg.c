/* linalg.c: factorisations, singular values and eigenvalues: builders and rules of their nodes.
 * Invariant: a node's operand has two dimensions at least and float32, float64 or complex64. */
#include "ops/linalg.h"

#include <string.h>

#include "core/thread.h"
#include "ops/batch.h"
#include "ops/build.h"
#include "ops/rules.h"

static const psi_arrays none = {NULL, 0};

bool psi_linalg_dtype(psi_dtype dtype)
{
    return dtype == PSI_FLOAT32 || dtype == PSI_FLOAT64 || dtype == PSI_COMPLEX64;
}

bool psi_linalg_check(psi_array a, bool square, const char *op)
{
    if (!psi_check_inputs(PSI_ARRAYS(a), op))
        return false;
    psi_dtype t = psi_dtype_of(a);
    if (!psi_linalg_dtype(t)) {
        PSI_INVALID("%s: an array of dtype %s; float32, float64 or complex64 is needed", op,
                    psi_dtype_name(t));
        return false;
    }
    if (a->ndim < 2) {
        PSI_INVALID("%s: an array of %d dimensions; at least 2 are needed", op, a->ndim);
        return false;
    }
    if (square && psi_dim(a, -1) != psi_dim(a, -2)) {
        PSI_INVALID("%s: matrices of %lld x %lld are not square", op, (long long)psi_dim(a, -2),
                    (long long)psi_dim(a, -1));
        return false;
    }
    return true;
}

psi_ints psi_linalg_shape(psi_array a, int64_t rows, int64_t cols, int64_t *out)
{
    int leading = a->ndim - 2;
    memcpy(out, a->shape, (size_t)leading * sizeof *out);
    out[leading] = rows;
    out[leading + 1] = cols;
    return (psi_ints){out, leading + (cols < 0 ? 1 : 2)};
}

psi_array psi_linalg_adjoint(psi_array a)
{
    if (psi_is_error(a))
        return a;
    a = psi_swapaxes(a, -1, -2);
    return psi_dtype_of(a) == PSI_COMPLEX64 ? psi_conjugate(a) : a;
}

static psi_dtype real_of(psi_array a)
{
    return psi_dtype_of(a) == PSI_COMPLEX64 ? PSI_FLOAT32 : psi_dtype_of(a);
}

/* ---- QR ---- */

static psi_arrays build_qr(psi_array a)
{
    int64_t q[PSI_MAX_NDIM], r[PSI_MAX_NDIM], m = psi_dim(a, -2), n = psi_dim(a, -1), k = m < n ? m : n;
    const psi_output_spec outputs[2] = {{psi_linalg_shape(a, m, k, q), psi_dtype_of(a)},
                                        {psi_linalg_shape(a, k, n, r), psi_dtype_of(a)}};
    return psi_node_new_many((psi_node_spec){PSI_OP_qrf, PSI_ARRAYS(a), PSI_NONE}, 2, outputs);
}

psi_arrays psi_linalg_qr(psi_array a)
{
    return psi_linalg_check(a, false, "linalg_qr") ? build_qr(a) : none;
}

/* ---- LU ---- */

static psi_arrays build_lu(psi_array a)
{
    int64_t pivots[PSI_MAX_NDIM], rows[PSI_MAX_NDIM], m = psi_dim(a, -2), n = psi_dim(a, -1);
    const psi_output_spec outputs[3] = {{psi_shape_of(a), psi_dtype_of(a)},
                                        {psi_linalg_shape(a, m < n ? m : n, -1, pivots), PSI_UINT32},
                                        {psi_linalg_shape(a, m, -1, rows), PSI_UINT32}};
    return psi_node_new_many((psi_node_spec){PSI_OP_luf, PSI_ARRAYS(a), PSI_NONE}, 3, outputs);
}

psi_arrays psi_linalg_factors(psi_array a, const char *op)
{
    return psi_linalg_check(a, false, op) ? build_lu(a) : none;
}

psi_arrays psi_linalg_lu_factor(psi_array a)
{
    psi_arrays out = psi_linalg_factors(a, "linalg_lu_factor");
    return out.count ? (psi_arrays){out.data, 2} : none;
}

/* The first `rows` rows and `cols` columns of each matrix. */
static psi_array corner(psi_array a, int64_t rows, int64_t cols)
{
    int64_t start[PSI_MAX_NDIM] = {0}, stop[PSI_MAX_NDIM];
    if (psi_is_error(a))
        return a;
    psi_ints end = psi_linalg_shape(a, rows, cols, stop);
    return psi_slice(a, (psi_ints){start, a->ndim}, end, PSI_NONE);
}

psi_arrays psi_linalg_lu(psi_array a)
{
    psi_arrays out = psi_linalg_factors(a, "linalg_lu");
    psi_array *parts = out.count ? psi_scope_memory(3 * sizeof *parts) : NULL;
    if (!parts)
        return none;
    int64_t m = psi_dim(a, -2), n = psi_dim(a, -1), k = m < n ? m : n;
    parts[0] = out.data[2];
    parts[1] = corner(psi_tril(out.data[0], -1), m, k);
    if (k > 0)
        parts[1] = psi_add(parts[1], psi_eye(m, k, 0, psi_dtype_of(a)));
    parts[2] = corner(psi_triu(out.data[0], 0), k, n);
    return psi_failed() ? none : (psi_arrays){parts, 3};
}

/* ---- Cholesky ---- */

static psi_array build_cholesky(psi_array a, bool upper)
{
    return psi_build(PSI_OP_cholesky, PSI_ARRAYS(a), PSI_INTS(upper), psi_shape_of(a), psi_dtype_of(a));
}

psi_array psi_linalg_cholesky(psi_array a, bool upper)
{
    bool fit = psi_linalg_check(a, true, "linalg_cholesky");
    return fit ? build_cholesky(a, upper) : psi_error_array();
}

/* ---- singular values ---- */

static psi_arrays build_svd(psi_array a, bool vectors)
{
    int64_t u[PSI_MAX_NDIM], s[PSI_MAX_NDIM], vt[PSI_MAX_NDIM], m = psi_dim(a, -2), n = psi_dim(a, -1);
    const psi_output_spec outputs[3] = {{psi_linalg_shape(a, m, m, u), psi_dtype_of(a)},
                                        {psi_linalg_shape(a, m < n ? m : n, -1, s), real_of(a)},
                                        {psi_linalg_shape(a, n, n, vt), psi_dtype_of(a)}};
    psi_node_spec spec = {PSI_OP_svd, PSI_ARRAYS(a), PSI_INTS(vectors)};
    return vectors ? psi_node_new_many(spec, 3, outputs) : psi_node_new_many(spec, 1, outputs + 1);
}

psi_arrays psi_linalg_svd(psi_array a, bool compute_uv)
{
    return psi_linalg_check(a, false, "linalg_svd") ? build_svd(a, compute_uv) : none;
}

/* ---- eigenvalues ---- */

static psi_arrays build_eig(psi_node_spec spec, psi_dtype value, psi_dtype vector, bool vectors)
{
    int64_t shape[PSI_MAX_NDIM];
    psi_array a = spec.in.data[0];
    const psi_output_spec outputs[2] = {{psi_linalg_shape(a, psi_dim(a, -1), -1, shape), value},
                                        {psi_shape_of(a), vector}};
    return psi_node_new_many(spec, vectors ? 2 : 1, outputs);
}

static psi_array first_of(psi_arrays arrays)
{
    return arrays.count ? arrays.data[0] : psi_error_array();
}

/* The triangle is kept as a string of one character. */
static psi_arrays eigh(psi_array a, const char *uplo, bool vectors, const char *op)
{
    if (!psi_linalg_check(a, true, op))
        return none;
    char side = uplo && strlen(uplo) == 1 ? (char)(uplo[0] & ~0x20) : 0;
    if (side != 'L' && side != 'U') {
        PSI_INVALID("%s: UPLO is '%.20s', not L or U", op, uplo ? uplo : "");
        return none;
    }
    return build_eig((psi_node_spec){PSI_OP_eigh, PSI_ARRAYS(a), PSI_INTS(1, side, vectors)}, real_of(a),
                     psi_dtype_of(a), vectors);
}

psi_arrays psi_linalg_eigh(psi_array a, const char *UPLO)
{
    return eigh(a, UPLO, true, "linalg_eigh");
}

psi_array psi_linalg_eigvalsh(psi_array a, const char *UPLO)
{
    return first_of(eigh(a, UPLO, false, "linalg_eigvalsh"));
}

static psi_arrays eig(psi_array a, bool vectors, const char *op)
{
    if (!psi_linalg_check(a, true, op))
        return none;
    return build_eig((psi_node_spec){PSI_OP_eig, PSI_ARRAYS(a), PSI_INTS(vectors)}, PSI_COMPLEX64,
                     PSI_COMPLEX64, vectors);
}

psi_arrays psi_linalg_eig(psi_array a)
{
    return eig(a, true, "linalg_eig");
}

psi_array psi_linalg_eigvals(psi_array a)
{
    return first_of(eig(a, false, "linalg_eigvals"));
}

/* ---- batching: one more leading axis ---- */

static psi_arrays rebuild(const psi_node *node, psi_array a)
{
    psi_node_spec spec = {node->op, PSI_ARRAYS(a), {node->attr, node->attr_count}};
    switch (node->op) {
    case PSI_OP_qrf:
        return build_qr(a);
    case PSI_OP_luf:
        return build_lu(a);
    case PSI_OP_svd:
        return build_svd(a, node->out_count == 3);
    case PSI_OP_eigh:
        return build_eig(spec, real_of(a), psi_dtype_of(a), node->out_count == 2);
    case PSI_OP_eig:
        return build_eig(spec, PSI_COMPLEX64, PSI_COMPLEX64, node->out_count == 2);
    default: /* Cholesky and inverses: a result like the operand */
        return psi_node_new_many(spec, 1, &(psi_output_spec){psi_shape_of(a), psi_dtype_of(a)});
    }
}

/* Builds the call's node again on its operand with the mapped axis in front. */
static bool map_operand(psi_vmap_call *c)
{
    psi_array a = psi_batch_in(c, 0);
    psi_arrays out = psi_is_error(a) ? none : rebuild(c->node, a);
    for (int i = 0; i < out.count; i++) {
        c->out[i] = out.data[i];
        c->out_axes[i] = 0;
    }
    return !psi_failed();
}

#define VMAP(name)                           \
    bool psi_##name##_vmap(psi_vmap_call *c) \
    {                                        \
        return map_operand(c);               \
    }
VMAP(qrf)
VMAP(luf)
VMAP(svd)
VMAP(eigh)
VMAP(eig)
VMAP(cholesky)
VMAP(inverse)
