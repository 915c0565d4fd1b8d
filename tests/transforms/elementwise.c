/* Every element-wise row's vjp and jvp against central differences in float64, and its vmap against the op itself; the ops
 * come from the table, so that a new row cannot be forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <psionic.h>
#include <string.h>

#include "ops/build.h"

enum { N = 4 };

/* Points inside the op's domain, away from where it has no derivative. */
static void points(const char *name, double *a, double *b)
{
    static const double usual[N] = {0.31, 0.87, 0.52, 0.11}, above[N] = {1.4, 2.3, 5.1, 1.1};
    static const double other[N] = {0.77, 0.23, 1.9, 0.46};
    memcpy(a, strcmp(name, "arccosh") ? usual : above, sizeof usual);
    memcpy(b, other, sizeof other);
}

static bool is_differentiable(const psi_op_info *op)
{
    return (op->kind == PSI_CLASS_UNARY || op->kind == PSI_CLASS_BINARY) && op->types != PSI_TYPES_INTEGRAL &&
           op->types != PSI_TYPES_INTEGER && op->types != PSI_TYPES_LOGICAL && op->types != PSI_TYPES_PART;
}

static psi_array apply(int op, psi_array a, psi_array b)
{
    return psi_ops[op].kind == PSI_CLASS_UNARY ? psi_build_unary(op, a) : psi_build_binary(op, a, b);
}

static psi_arrays call(psi_arrays in, void *context)
{
    psi_arrays out = psi_arrays_new(1);
    out.data[0] = apply(*(const int *)context, in.data[0], in.count > 1 ? in.data[1] : NULL);
    return out;
}

/* The op's value at a shifted point, as doubles. */
static void value_at(int op, const double *a, const double *b, double *out)
{
    PSI_SCOPE;
    psi_array y =
        apply(op, psi_array_from(a, PSI_INTS(N), PSI_FLOAT64), psi_array_from(b, PSI_INTS(N), PSI_FLOAT64));
    assert_true(psi_read(y, out, N * sizeof *out));
}

/* d/da for which 0, d/db for which 1. */
static void difference(int op, const double *a, const double *b, int which, double *out)
{
    const double h = 1e-6;
    double moved[2][N], high[N], low[N];
    for (int side = 0; side < 2; side++) {
        memcpy(moved[0], a, sizeof moved[0]);
        memcpy(moved[1], b, sizeof moved[1]);
        for (int i = 0; i < N; i++)
            moved[which][i] += side ? -h : h;
        value_at(op, moved[0], moved[1], side ? low : high);
    }
    for (int i = 0; i < N; i++)
        out[i] = (high[i] - low[i]) / (2 * h);
}

static void assert_close(const char *name, psi_array got, const double *wanted)
{
    double values[N];
    assert_true(psi_read(got, values, sizeof values));
    for (int i = 0; i < N; i++)
        if (!(fabs(values[i] - wanted[i]) <= 1e-5 * (1 + fabs(wanted[i]))))
            fail_msg("%s: derivative %d is %.9g, the difference quotient %.9g", name, i, values[i],
                     wanted[i]);
}

static void check_op(int op)
{
    PSI_SCOPE;
    double a[N], b[N], d[2][N], total[N];
    const char *name = psi_ops[op].name;
    int count = psi_ops[op].kind == PSI_CLASS_UNARY ? 1 : 2;
    points(name, a, b);
    psi_arrays out, got, in = psi_arrays_new(2);
    in.data[0] = psi_array_from(a, PSI_INTS(N), PSI_FLOAT64);
    in.data[1] = psi_array_from(b, PSI_INTS(N), PSI_FLOAT64);
    in.count = count;
    psi_array ones = psi_ones(PSI_INTS(N), PSI_FLOAT64);
    for (int which = 0; which < count; which++)
        difference(op, a, b, which, d[which]);
    assert_true(psi_vjp(call, &op, in, PSI_ARRAYS(ones), &out, &got));
    for (int which = 0; which < count; which++)
        assert_close(name, got.data[which], d[which]);
    assert_true(psi_jvp(call, &op, in, (psi_arrays){(psi_array[]){ones, ones}, count}, &out, &got));
    for (int i = 0; i < N; i++)
        total[i] = d[0][i] + (count > 1 ? d[1][i] : 0);
    assert_close(name, got.data[0], total);
}

static void derivatives(void **state)
{
    (void)state;
    int checked = 0;
    for (int op = PSI_OP_LEAF + 1; op < PSI_OP_ELEMENTWISE_END; op++)
        if (is_differentiable(&psi_ops[op])) {
            check_op(op);
            checked++;
        }
    assert_true(checked > 40);
}

static void mapped(void **state)
{
    (void)state;
    for (int op = PSI_OP_LEAF + 1; op < PSI_OP_ELEMENTWISE_END; op++) {
        PSI_SCOPE;
        if (psi_ops[op].kind == PSI_CLASS_TERNARY)
            continue; /* its builder is not uniform; tests/transforms/slice.c maps it */
        psi_dtype dtype = psi_ops[op].types == PSI_TYPES_PART ? PSI_COMPLEX64 : PSI_INT32;
        psi_array a = psi_astype(psi_reshape(PSI_INT32S(3, 1, 4, 1, 5, 9), PSI_INTS(2, 3)), dtype);
        psi_array b = psi_astype(PSI_INT32S(2, 7), dtype);
        psi_arrays in = {(psi_array[]){a, b}, psi_ops[op].kind == PSI_CLASS_UNARY ? 1 : 2};
        psi_arrays y = psi_vmap(call, &op, in, in.count == 1 ? PSI_INTS(1) : PSI_INTS(1, -1), PSI_NONE);
        assert_int_equal(y.count, 1);
        psi_array wanted = apply(op, psi_transpose(a, PSI_NONE), b);
        double same = 0;
        assert_true(psi_item(
            psi_sum(psi_astype(psi_equal_nan(y.data[0], wanted), PSI_INT32), PSI_NONE, false), &same));
        if (same != 6)
            fail_msg("%s: vmap differs in %g of 6", psi_ops[op].name, 6 - same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(derivatives), cmocka_unit_test(mapped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
