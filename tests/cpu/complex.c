/* complex.c: complex kernels on ordinary values, where a compiler may be tempted to fuse products. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "cpu/isa.h"
#include "cpu/rows.h"

enum { COUNT = 67 };

static psi_complex64 in[COUNT], out[COUNT];

static psi_row_fn row_of(int isa, int op)
{
    return psi_isa_runs((psi_isa)isa) ? psi_cpu_row_of((psi_isa)isa, op, PSI_COMPLEX64) : NULL;
}

/* The square's real part is 0x1.ccf3aep-2 with rounded products, and one unit less when one of them is fused. */
static void products_are_rounded_before_they_are_added(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++)
        in[i] = (psi_complex64){0.8190569f, -0.46979636f};
    float re = 0.8190569f * 0.8190569f, im = 0.46979636f * 0.46979636f;
    for (int isa = 0; isa < PSI_ISA_COUNT; isa++) {
        psi_row_fn row = row_of(isa, PSI_OP_multiply);
        if (!row)
            continue;
        row(COUNT, out, in, in, NULL);
        for (int i = 0; i < COUNT; i++) {
            assert_true(out[i].re == re - im && out[i].re == 0.45014566f);
            assert_true(out[i].im == -0.76957995f);
        }
    }
}

static void the_sign_of_a_number_whose_modulus_overflows_is_zero(void **state)
{
    (void)state;
    in[0] = (psi_complex64){-3.4e38f, 3.4e38f};
    in[1] = (psi_complex64){INFINITY, 1};
    for (int isa = 0; isa < PSI_ISA_COUNT; isa++) {
        psi_row_fn row = row_of(isa, PSI_OP_sign);
        if (!row)
            continue;
        row(2, out, in, NULL, NULL);
        assert_true(out[0].re == 0 && signbit(out[0].re) && out[0].im == 0 && !signbit(out[0].im));
        assert_true(isnan(out[1].re) && isnan(out[1].im));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_rounded_before_they_are_added),
        cmocka_unit_test(the_sign_of_a_number_whose_modulus_overflows_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
