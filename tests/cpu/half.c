/* half.c: kernels' conversions of float16 and bfloat16: every number there and back, and what lies between two of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>

#include "cpu/gemm_kernels.h"
#include "cpu/half_values.h"

static void half_conversions(void)
{
    const psi_gemm_kernels *kernels = NULL;
    for (int isa = 0; isa < PSI_ISA_COUNT; isa++) {
        if (!psi_isa_runs((psi_isa)isa))
            continue;
        kernels = psi_gemm_kernels_of((psi_isa)isa);
        static uint16_t in[65536], back[65536];
        static float wide[65536];
        for (int h = 0; h < 65536; h++)
            in[h] = (uint16_t)h;
        for (int type = 0; type < 2; type++) {
            psi_dtype dtype = type ? PSI_BFLOAT16 : PSI_FLOAT16;
            kernels->load(dtype, 65536, in, 1, wide);
            kernels->store(dtype, 65536, wide, back);
            for (int h = 0; h < 65536; h++) {
                double expected = type ? brain_value(in[h]) : half_value(in[h]);
                if (isnan(expected)) {
                    assert_true(isnan(wide[h]));
                    assert_true(isnan(type ? brain_value(back[h]) : half_value(back[h])));
                } else {
                    assert_true((double)wide[h] == expected);
                    assert_int_equal(back[h], in[h]);
                }
            }
            /* Halfway between neighbours goes to the even one; a little past it goes up. */
            uint16_t infinite = type ? 0x7f80 : 0x7c00;
            for (uint16_t h = 0; h + 1 < infinite; h++) {
                float middle = (float)(((double)wide[h] + wide[h + 1]) / 2),
                      more = nextafterf(middle, INFINITY);
                float pair[40];
                for (int i = 0; i < 40; i++)
                    pair[i] = i % 2 ? more : middle;
                kernels->store(dtype, h % 2 ? 33 : 7, pair, back);
                assert_int_equal(back[0], h % 2 ? h + 1 : h);
                assert_int_equal(back[1], h + 1);
                assert_int_equal(back[6], back[0]);
            }
        }
        float past[20];
        for (int i = 0; i < 20; i++)
            past[i] = i % 2 ? 65520 : nextafterf(65520, 0);
        kernels->store(PSI_FLOAT16, 20, past, back);
        assert_int_equal(back[0], 0x7bff);
        assert_int_equal(back[1], 0x7c00);
        assert_int_equal(back[18], 0x7bff);
        assert_int_equal(back[19], 0x7c00);
    }
}

static void test_half_conversions(void **unused)
{
    (void)unused;
    half_conversions();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_half_conversions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
