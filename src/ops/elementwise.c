/* elementwise.c: builders of the element-wise rows, one body each for unary and binary ops, and the public
 * functions generated from the table. Invariant: operands of a node agree in dtype and shape. */
#include "ops/build.h"

#include "core/thread.h"

/* The dtype operands of dtype `t` are cast to, or -1 with an error when the op refuses them. */
static int operand_dtype(const psi_op_info *op, psi_dtype t)
{
    bool complex = t == PSI_COMPLEX64, inexact = psi_issubdtype(t, PSI_INEXACT);
    switch (op->types) {
    case PSI_TYPES_NUMBER:
        if (t != PSI_BOOL)
            return t;
        break;
    case PSI_TYPES_REAL:
        if (!complex)
            return t;
        break;
    case PSI_TYPES_FLOATING:
        return inexact ? t : PSI_FLOAT32;
    case PSI_TYPES_REALFLOAT:
        if (!complex)
            return inexact ? t : PSI_FLOAT32;
        break;
    case PSI_TYPES_INTEGRAL:
        if (!inexact)
            return t;
        break;
    case PSI_TYPES_INTEGER:
        if (!inexact)
            return t == PSI_BOOL ? PSI_UINT8 : t;
        break;
    case PSI_TYPES_LOGICAL:
        return PSI_BOOL;
    default:
        return t;
    }
    bool bitwise = op->types == PSI_TYPES_INTEGRAL || op->types == PSI_TYPES_INTEGER;
    bool runtime = bitwise && op->kind == PSI_CLASS_BINARY; /* upstream's kind of error for these */
    psi_fail(PSI_INVALID_ARGUMENT, runtime ? PSI_RUNTIME_ERROR : PSI_VALUE_ERROR,
             "%s: dtype %s is not supported", op->name, psi_dtype_name(t));
    return -1;
}

static psi_dtype result_dtype(int op, psi_dtype in)
{
    if (psi_ops[op].kind == PSI_CLASS_COMPARE)
        return PSI_BOOL;
    if (in == PSI_COMPLEX64 && (psi_ops[op].types == PSI_TYPES_PART || op == PSI_OP_abs))
        return PSI_FLOAT32;
    return in;
}

static bool inputs_ok(int op, psi_arrays in)
{
    return psi_check_inputs(in, psi_ops[op].name);
}

psi_array psi_build_unary(int op, psi_array a)
{
    if (!inputs_ok(op, PSI_ARRAYS(a)))
        return psi_error_array();
    if (psi_ops[op].types == PSI_TYPES_PART && a->dtype != PSI_COMPLEX64)
        return op == PSI_OP_real ? psi_own(psi_retain(a)) : psi_zeros_like(a);
    int dtype = operand_dtype(&psi_ops[op], (psi_dtype)a->dtype);
    if (dtype < 0)
        return psi_error_array();
    a = psi_astype(a, (psi_dtype)dtype);
    return psi_build(op, PSI_ARRAYS(a), PSI_NONE, psi_shape(a), result_dtype(op, (psi_dtype)dtype));
}

psi_array psi_build_binary(int op, psi_array a, psi_array b)
{
    if (!inputs_ok(op, PSI_ARRAYS(a, b)))
        return psi_error_array();
    int dtype = operand_dtype(&psi_ops[op], psi_promote_types((psi_dtype)a->dtype, (psi_dtype)b->dtype));
    if (dtype < 0)
        return psi_error_array();
    if (a->dtype != dtype)
        a = psi_astype(a, (psi_dtype)dtype);
    if (b->dtype != dtype)
        b = psi_astype(b, (psi_dtype)dtype);
    psi_ints shape = psi_shape_of(a);
    int64_t common[PSI_MAX_NDIM];
    if (!psi_same_ints(shape, psi_shape_of(b))) {
        int ndim = psi_broadcast_into(shape, psi_shape_of(b), common, psi_ops[op].name);
        if (ndim < 0)
            return psi_error_array();
        shape = (psi_ints){common, ndim};
        psi_array first = a;
        a = psi_expand_with(a, shape, PSI_ARRAYS(b), 0);
        b = psi_expand_with(b, shape, PSI_ARRAYS(first), 0);
    }
    return psi_build(op, PSI_ARRAYS(a, b), PSI_NONE, shape, result_dtype(op, (psi_dtype)dtype));
}

psi_array psi_like(psi_array a, double value)
{
    return psi_is_error(a) ? a : psi_scalar(value, (psi_dtype)a->dtype);
}

psi_array psi_where(psi_array condition, psi_array x, psi_array y)
{
    if (!psi_check_inputs(PSI_ARRAYS(condition, x, y), "where"))
        return psi_error_array();
    psi_dtype dtype = psi_promote_types((psi_dtype)x->dtype, (psi_dtype)y->dtype);
    int64_t xy[PSI_MAX_NDIM], all[PSI_MAX_NDIM];
    int ndim = psi_broadcast_into(psi_shape_of(x), psi_shape_of(y), xy, "where");
    if (ndim >= 0)
        ndim = psi_broadcast_into(psi_shape_of(condition), (psi_ints){xy, ndim}, all, "where");
    if (ndim < 0)
        return psi_error_array();
    psi_ints shape = {all, ndim};
    psi_arrays in = PSI_ARRAYS(psi_astype(condition, PSI_BOOL), psi_astype(x, dtype), psi_astype(y, dtype));
    if (psi_failed())
        return psi_error_array();
    condition = psi_expand_with(in.data[0], shape, in, 0);
    x = psi_expand_with(in.data[1], shape, in, 0);
    y = psi_expand_with(in.data[2], shape, in, 0);
    return psi_build(PSI_OP_select, PSI_ARRAYS(condition, x, y), PSI_NONE, shape, dtype);
}

#define UNARY(name, ...)                          \
    psi_array psi_##name(psi_array a)             \
    {                                             \
        return psi_build_unary(PSI_OP_##name, a); \
    }
#define BINARY(name, ...)                             \
    psi_array psi_##name(psi_array a, psi_array b)    \
    {                                                 \
        return psi_build_binary(PSI_OP_##name, a, b); \
    }
#define COMPARE BINARY
#include "ops/table.h"
