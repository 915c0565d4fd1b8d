/* jacobian.c: whole Jacobians and Hessians: one pass per basis vector, all of them batched by vmap.
 * Invariant: the result of output o and argument a stands at place o * (number of argnums) + a. */
#include <string.h>

#include <psionic/ops.h>
#include <psionic/transforms.h>

#include "core/node.h"
#include "core/shape.h"
#include "core/thread.h"

/* fn as a function of some of its inputs, the others held fast. */
typedef struct partial {
    psi_function fn;
    void *context;
    psi_arrays inputs, primals;
    psi_ints argnums;
    int which;          /* the output, or the argument, whose basis is gone through */
    psi_arrays vectors; /* all cotangents, or tangents, but that one's are zero */
    bool reverse;
} partial;

static psi_arrays failed(void)
{
    return (psi_arrays){NULL, 0};
}

static psi_arrays copy_of(psi_arrays list)
{
    psi_arrays copy = psi_arrays_new(list.count);
    if (copy.count)
        memcpy(copy.data, list.data, (size_t)list.count * sizeof *list.data);
    return copy;
}

static psi_arrays call_partial(psi_arrays primals, void *context)
{
    const partial *p = context;
    psi_arrays all = copy_of(p->inputs);
    for (int i = 0; i < primals.count && all.count; i++)
        all.data[p->argnums.data[i]] = primals.data[i];
    return psi_failed() ? failed() : p->fn(all, p->context);
}

/* The products with one basis vector, which vmap gives. */
static psi_arrays call_product(psi_arrays basis, void *context)
{
    partial *p = context;
    psi_arrays vectors = copy_of(p->vectors), outputs, products;
    if (psi_failed())
        return failed();
    vectors.data[p->which] = basis.data[0];
    bool ok = p->reverse ? psi_vjp(call_partial, p, p->primals, vectors, &outputs, &products)
                         : psi_jvp(call_partial, p, p->primals, vectors, &outputs, &products);
    return ok ? products : failed();
}

/* The unit vectors of an array's shape, along a new first axis. */
static psi_array basis_of(psi_array a)
{
    int64_t shape[PSI_MAX_NDIM + 1];
    shape[0] = psi_size(a);
    memcpy(shape + 1, psi_shape(a).data, (size_t)psi_ndim(a) * sizeof *shape);
    return psi_reshape(psi_eye(shape[0], PSI_NO_INT, 0, psi_dtype_of(a)), (psi_ints){shape, psi_ndim(a) + 1});
}

/* A batch of products as the Jacobian: the output's axes in front. */
static psi_array arrange(psi_array batch, psi_array output, psi_array input, bool reverse)
{
    int64_t shape[2 * PSI_MAX_NDIM];
    int n = psi_ndim(output), m = psi_ndim(input);
    if (!psi_check_ndim(n + m, "jacobian"))
        return psi_error_array();
    memcpy(shape, psi_shape(output).data, (size_t)n * sizeof *shape);
    memcpy(shape + n, psi_shape(input).data, (size_t)m * sizeof *shape);
    return psi_reshape(reverse ? batch : psi_moveaxis(batch, 0, -1), (psi_ints){shape, n + m});
}

/* Fills the results that come of one output's, or one argument's, basis. */
static bool go_through(partial *p, psi_arrays from, psi_arrays to, psi_arrays results)
{
    psi_arrays batch =
        psi_vmap(call_product, p, PSI_ARRAYS(basis_of(from.data[p->which])), PSI_NONE, PSI_NONE);
    for (int i = 0; i < batch.count && !psi_failed(); i++) {
        int at = p->reverse ? p->which * to.count + i : i * from.count + p->which;
        psi_array output = p->reverse ? from.data[p->which] : to.data[i];
        psi_array input = p->reverse ? to.data[i] : from.data[p->which];
        results.data[at] = arrange(batch.data[i], output, input, p->reverse);
    }
    return !psi_failed();
}

static psi_arrays jacobian(partial *p, const char *name)
{
    if (!psi_check_inputs(p->inputs, name))
        return failed();
    static const int64_t first = 0;
    if (p->argnums.count < 0)
        p->argnums = (psi_ints){&first, 1};
    int64_t *places = psi_scope_memory((size_t)p->argnums.count * sizeof *places + 1);
    p->primals = psi_arrays_new(p->argnums.count);
    for (int i = 0; i < p->primals.count && places; i++) {
        places[i] = psi_axis(p->argnums.data[i], p->inputs.count, name);
        if (places[i] < 0)
            return failed();
        p->primals.data[i] = p->inputs.data[places[i]];
    }
    p->argnums.data = places;
    psi_arrays outputs = psi_failed() ? failed() : call_partial(p->primals, p);
    if (psi_failed() || !psi_check_inputs(outputs, name))
        return failed();
    psi_arrays from = p->reverse ? outputs : p->primals, to = p->reverse ? p->primals : outputs;
    psi_arrays results = psi_arrays_new(from.count * to.count);
    p->vectors = psi_arrays_new(from.count);
    for (int i = 0; i < p->vectors.count && !psi_failed(); i++)
        p->vectors.data[i] = psi_zeros_like(from.data[i]);
    for (p->which = 0; p->which < from.count && !psi_failed(); p->which++)
        if (!go_through(p, from, to, results))
            return failed();
    return psi_failed() ? failed() : results;
}

psi_arrays psi_jacrev(psi_function fn, void *context, psi_arrays inputs, psi_ints argnums)
{
    return jacobian(&(partial){fn, context, inputs, .argnums = argnums, .reverse = true}, "jacrev");
}

psi_arrays psi_jacfwd(psi_function fn, void *context, psi_arrays inputs, psi_ints argnums)
{
    return jacobian(&(partial){fn, context, inputs, .argnums = argnums}, "jacfwd");
}

static psi_arrays call_jacrev(psi_arrays inputs, void *context)
{
    const partial *p = context;
    return psi_jacrev(p->fn, p->context, inputs, p->argnums);
}

psi_arrays psi_hessian(psi_function fn, void *context, psi_arrays inputs, psi_ints argnums)
{
    return psi_jacfwd(call_jacrev, &(partial){fn, context, .argnums = argnums}, inputs, argnums);
}
