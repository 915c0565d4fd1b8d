/* Reduction kernels and their driver: every ISA, kind, dtype and layout beside a plain loop over the elements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <psionic.h>
#include <string.h>

#include "cpu/reduce.h"
#include "ops/reduce.h"

static const psi_dtype element_dtypes[] = {PSI_BOOL,   PSI_UINT8,   PSI_UINT16,  PSI_UINT32,
                                           PSI_UINT64, PSI_INT8,    PSI_INT16,   PSI_INT32,
                                           PSI_INT64,  PSI_FLOAT32, PSI_FLOAT64, PSI_COMPLEX64};
enum { DTYPES = sizeof element_dtypes / sizeof *element_dtypes, MOST = 9000 };

/* Small whole numbers, so that every order of adding them gives one result; few ones, so that products stay finite. */
static void fill(psi_dtype dtype, int kind, int64_t n, void *out)
{
    static double values[MOST];
    for (int64_t i = 0; i < n; i++)
        values[i] = kind == PSI_REDUCE_PROD ? (i % 701 == 3 ? 2 : 1) : (double)((i * 7919) % 23);
    PSI_SCOPE;
    psi_array a = psi_astype(psi_array_from(values, PSI_INTS(n), PSI_FLOAT64), dtype);
    assert_true(psi_read(a, out, (size_t)n * psi_dtype_size(dtype)));
}

/* All ISAs give the bits of columns taken one by one. */
static void kernels_agree(void **state)
{
    (void)state;
    static _Alignas(16) char in[MOST * 8];
    static const int64_t lengths[] = {1, 2, 7, 8, 9, 63, 64, 65, 200, 4096, 4097, 9000};
    for (int isa = 0; isa < PSI_ISA_COUNT; isa++) {
        if (!psi_isa_runs((psi_isa)isa))
            continue;
        const psi_reduce_table *table = psi_cpu_reduce_table_of((psi_isa)isa);
        for (int d = 0; d < DTYPES; d++)
            for (int kind = 0; kind < PSI_REDUCE_KINDS; kind++) {
                const psi_reduce_kernel *k = &table->reduce[element_dtypes[d]][kind];
                size_t item = psi_dtype_size(psi_accumulator_dtype(kind, element_dtypes[d]));
                fill(element_dtypes[d], kind, MOST, in);
                for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
                    _Alignas(16) char rows[16], plain[16];
                    k->start(1, plain);
                    for (int64_t i = 0; i < lengths[l]; i++)
                        k->columns(1, 1, 0, plain, in + i * (int64_t)psi_dtype_size(element_dtypes[d]));
                    k->rows(1, lengths[l], 0, rows, in);
                    assert_memory_equal(rows, plain, item);
                }
            }
    }
}

/* a[i, j, k] of a float64 copy of any layout, for the plain loop. */
static double plain_sum(const double *x, const int64_t *shape, const bool *reduced, const int64_t *at)
{
    double sum = 0;
    int64_t i[3];
    for (i[0] = 0; i[0] < shape[0]; i[0]++)
        for (i[1] = 0; i[1] < shape[1]; i[1]++)
            for (i[2] = 0; i[2] < shape[2]; i[2]++) {
                bool here = true;
                for (int d = 0; d < 3; d++)
                    here &= reduced[d] || i[d] == at[d];
                sum += here ? x[(i[0] * shape[1] + i[1]) * shape[2] + i[2]] : 0;
            }
    return sum;
}

static void check_layout(psi_array a)
{
    for (int mask = 1; mask < 8; mask++) {
        PSI_SCOPE;
        int64_t axes[3], shape[3], at[3];
        bool reduced[3];
        int count = 0;
        for (int d = 0; d < 3; d++) {
            reduced[d] = mask >> d & 1;
            shape[d] = psi_dim(a, d);
            if (reduced[d])
                axes[count++] = d;
        }
        const double *x = psi_data(psi_astype(a, PSI_FLOAT64));
        const double *y = psi_data(psi_astype(psi_sum(a, (psi_ints){axes, count}, true), PSI_FLOAT64));
        assert_non_null(y);
        int64_t n = 0;
        for (at[0] = 0; at[0] < (reduced[0] ? 1 : shape[0]); at[0]++)
            for (at[1] = 0; at[1] < (reduced[1] ? 1 : shape[1]); at[1]++)
                for (at[2] = 0; at[2] < (reduced[2] ? 1 : shape[2]); at[2]++)
                    assert_true(y[n++] == plain_sum(x, shape, reduced, at));
    }
}

static void any_layout(void **state)
{
    (void)state;
    static const psi_dtype dtypes[] = {PSI_FLOAT32, PSI_INT8, PSI_FLOAT16, PSI_BFLOAT16, PSI_FLOAT64};
    static const int64_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static double values[24 * 70];
    for (int i = 0; i < 24 * 70; i++)
        values[i] = i % 3 - 1;
    for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes; d++)
        for (int o = 0; o < 6; o++) {
            PSI_SCOPE;
            psi_array a = psi_astype(psi_array_from(values, PSI_INTS(4, 70, 6), PSI_FLOAT64), dtypes[d]);
            psi_array b = psi_transpose(a, (psi_ints){orders[o], 3});
            check_layout(b);
            check_layout(psi_split_at(b, PSI_INTS(1, 3), 1).data[1]);
            check_layout(psi_broadcast_to(psi_split_at(b, PSI_INTS(1), 0).data[0],
                                          PSI_INTS(5, psi_dim(b, 1), psi_dim(b, 2))));
        }
}

/* Long enough for parts on several threads: the sum of 0.1s is near the exact one, which a plain loop's is not. */
static void long_sums_are_accurate(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array a = psi_full(PSI_INTS(3000000), psi_scalar(0.1, PSI_FLOAT32), PSI_FLOAT32);
    double y, exact = 3000000 * (double)0.1f;
    assert_true(psi_item(psi_sum(a, PSI_NONE, false), &y));
    assert_true(fabs(y - exact) <= exact * 1e-6);
    psi_array tall = psi_full(PSI_INTS(200000, 15), psi_scalar(0.1, PSI_FLOAT32), PSI_FLOAT32);
    const float *sums = psi_data(psi_sum(tall, PSI_INTS(0), false));
    for (int i = 0; i < 15; i++)
        assert_true(fabs(sums[i] - 200000 * (double)0.1f) <= 0.03);
}

/* Of every ISA: places and running values are those of the lowest, element by element. */
static void arg_and_scan_kernels_agree(void **state)
{
    (void)state;
    static _Alignas(16) char in[MOST * 8], mine[MOST * 8], plain[MOST * 8];
    const psi_reduce_table *lowest = psi_cpu_reduce_table_of(PSI_ISA_v2);
    for (int isa = 0; isa < PSI_ISA_COUNT; isa++)
        for (int d = 0; psi_isa_runs((psi_isa)isa) && d < DTYPES; d++) {
            psi_dtype t = element_dtypes[d];
            size_t item = psi_dtype_size(t);
            const psi_reduce_table *table = psi_cpu_reduce_table_of((psi_isa)isa);
            fill(t, PSI_REDUCE_SUM, MOST, in);
            for (int kind = 0; kind < 2; kind++) {
                _Alignas(16) char best[16], top[16];
                uint32_t index = 0, at = 0;
                memcpy(best, in, item);
                memcpy(top, in, item);
                table->arg[t][kind].row(MOST, in, 0, best, &index);
                for (uint32_t i = 0; i < MOST; i++)
                    lowest->arg[t][kind].columns(1, in + i * item, i, top, &at);
                assert_int_equal(index, at);
                assert_memory_equal(best, top, item);
            }
            for (int kind = 0; kind < PSI_SCAN_KINDS; kind++) {
                _Alignas(16) char carry[16];
                memcpy(carry, in, item);
                table->scan[t][kind].row(MOST, 1, mine, in, carry);
                memcpy(carry, in, item);
                for (size_t i = 0; i < MOST; i++) {
                    lowest->scan[t][kind].columns(1, plain + i * item, carry, in + i * item);
                    memcpy(carry, plain + i * item, item);
                }
                assert_memory_equal(mine, plain, MOST * item);
            }
        }
}

static psi_array every_reduction(psi_array a, int which)
{
    switch (which) {
    case 0:
        return psi_sum(a, PSI_NONE, false);
    case 1:
        return psi_sum(a, PSI_INTS(0), false);
    case 2:
        return psi_prod(a, PSI_INTS(1), false);
    case 3:
        return psi_softmax(a, PSI_INTS(1), false);
    case 4:
        return psi_softmax(psi_flatten(a, 0, -1), PSI_NONE, false);
    case 5:
        return psi_logsumexp(a, PSI_NONE, false);
    case 6:
        return psi_argmax(psi_flatten(a, 0, -1), 0, false);
    case 7:
        return psi_sum(psi_transpose(a, PSI_NONE), PSI_INTS(0), false);
    default:
        return psi_cumsum(a, 0, false, true);
    }
}

static void threads_change_no_bits(void **state)
{
    (void)state;
    PSI_SCOPE;
    psi_array x = psi_sin(psi_reshape(psi_arange(0, 700 * 1500, 1, PSI_FLOAT32), PSI_INTS(700, 1500)));
    assert_true(psi_eval1(x));
    for (int which = 0; which < 9; which++)
        for (int half = 0; half < 2; half++) {
            psi_array a = half ? psi_astype(x, PSI_BFLOAT16) : x;
            assert_true(psi_set_thread_count(1));
            psi_array alone = every_reduction(a, which);
            assert_true(psi_eval1(alone));
            for (int threads = 2; threads < 5; threads++) {
                assert_true(psi_set_thread_count(threads));
                psi_array many = every_reduction(a, which);
                assert_non_null(psi_data(many));
                assert_memory_equal(psi_data(many), psi_data(alone), psi_nbytes(alone));
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_agree),
        cmocka_unit_test(any_layout),
        cmocka_unit_test(arg_and_scan_kernels_agree),
        cmocka_unit_test(threads_change_no_bits),
        cmocka_unit_test(long_sums_are_accurate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
