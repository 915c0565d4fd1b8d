/* Allocation failure at any point is one typed error: every n-th allocation of a workload over builders, evaluation,
 * gradients and batching fails once; afterwards the same objects still give the right answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <psionic.h>

#include "core/memory.h"

static psi_arrays loss(psi_arrays in, void *context)
{
    psi_arrays out = psi_arrays_new(1);
    (void)context;
    psi_array h = psi_tanh(psi_matmul(in.data[0], in.data[1]));
    psi_arrays parts = psi_split(h, 2, 1);
    psi_array joined =
        psi_concatenate(PSI_ARRAYS(parts.count == 2 ? parts.data[0] : h, psi_transpose(h, PSI_NONE)), 1);
    /* Fused layers, whose kernels want memory of their own: as features of two positions, and one head. */
    psi_array rows = psi_fast_layer_norm(psi_reshape(joined, PSI_INTS(1, 1, 2, -1)), NULL, NULL, 0.1);
    rows = psi_fast_rope(psi_slice(rows, PSI_INTS(0, 0, 0, 0), PSI_INTS(1, 1, 2, 2), PSI_NONE), 2, true, 10,
                         1, 1, NULL);
    psi_array mean = psi_fast_scaled_dot_product_attention(rows, rows, rows, 1, "causal", NULL, NULL);
    if (out.count)
        out.data[0] = psi_add(psi_sum(psi_square(joined), PSI_NONE, false), psi_sum(mean, PSI_NONE, false));
    return out;
}

static psi_arrays scale(psi_arrays in, void *context)
{
    psi_arrays out = psi_arrays_new(1);
    (void)context;
    if (out.count)
        out.data[0] = psi_multiply(in.data[0], psi_scalar(3, PSI_FLOAT32));
    return out;
}

/* The workload's answer in *value; false when anything failed. */
static bool run(psi_array x, psi_array w, double *value)
{
    PSI_SCOPE;
    psi_arrays out, grads;
    if (!psi_value_and_grad(loss, NULL, PSI_ARRAYS(x, w), PSI_INTS(1), &out, &grads))
        return false;
    psi_arrays mapped = psi_vmap(scale, NULL, PSI_ARRAYS(grads.data[0]), PSI_NONE, PSI_NONE);
    return mapped.count == 1 && psi_item(psi_sum(mapped.data[0], PSI_NONE, false), value);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    PSI_SCOPE;
    double right, value;
    psi_array x = psi_reshape(PSI_FLOATS(.1f, .2f, .3f, .4f), PSI_INTS(2, 2));
    psi_array w = psi_reshape(PSI_FLOATS(1, -1, .5f, 2), PSI_INTS(2, 2));
    assert_true(run(x, w, &right));
    psi_clear_cache();
    psi_test_fail_allocation(INT64_MAX);
    assert_true(run(x, w, &value));
    int64_t count = psi_test_fail_allocation(0), failed = 0;
    assert_true(count > 50);
    for (int64_t n = 1; n <= count; n++) {
        psi_error_record e;
        psi_clear_cache();
        psi_test_fail_allocation(n);
        bool ok = run(x, w, &value);
        psi_test_fail_allocation(0);
        bool reported = psi_error(&e);
        assert_true(ok != reported);
        if (!ok)
            assert_int_equal(e.code, PSI_OUT_OF_MEMORY);
        failed += !ok;
        assert_true(run(x, w, &value));
        assert_true(value == right);
    }
    assert_true(failed > count / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
