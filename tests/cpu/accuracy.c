/* label: long */
/* accuracy.c: how far float32 functions are from the exact value, in units in the last place, over a dense
 * sample of all bit patterns, against the C library's double functions. The limits are stated in the tables
 * below. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/isa.h"
#include "cpu/rows.h"

#define STRIDE 509 /* prime: all exponents and many low bits are met, 8.4 million points per function */
#define BLOCK 1024

static const char *const isa_names[PSI_ISA_COUNT] = {"v2", "v3", "v4", "v4x"};

static double rsqrt(double x)
{
    return 1.0 / sqrt(x);
}

static double sigmoid(double x)
{
    return x < 0 ? exp(x) / (1.0 + exp(x)) : 1.0 / (1.0 + exp(-x));
}

/* Newton's steps on erf, or on erfc where erf is near 1. */
static double erfinv(double a)
{
    double x = fabs(a);
    if (!(x < 1.0))
        return x == 1.0 ? copysign(INFINITY, a) : NAN;
    double y = x < 0.5 ? x * 0.88622692545275801365 : sqrt(-log((1.0 - x) * 1.7));
    for (int i = 0; i < 30; i++) {
        double off = x < 0.5 ? erf(y) - x : (1.0 - x) - erfc(y);
        double step = off * 0.88622692545275801365 * exp(y * y);
        y -= step / (1.0 + y * step);
    }
    return copysign(y, a);
}

static double logaddexp(double a, double b)
{
    double high = a > b ? a : b, low = a > b ? b : a;
    return isinf(high) ? high : high + log1p(exp(low - high));
}

static const struct unary_case {
    const char *name;
    int op;
    double (*reference)(double);
    double limit; /* ulp */
} unary_cases[] = {
    {"sqrt", PSI_OP_sqrt, sqrt, 0.5001},
    {"rsqrt", PSI_OP_rsqrt, rsqrt, 1.5},
    {"exp", PSI_OP_exp, exp, 1.1},
    {"expm1", PSI_OP_expm1, expm1, 0.51},
    {"log", PSI_OP_log, log, 1.0},
    {"log2", PSI_OP_log2, log2, 0.51},
    {"log10", PSI_OP_log10, log10, 0.51},
    {"log1p", PSI_OP_log1p, log1p, 0.51},
    {"sin", PSI_OP_sin, sin, 0.51},
    {"cos", PSI_OP_cos, cos, 0.51},
    {"tan", PSI_OP_tan, tan, 0.51},
    {"arcsin", PSI_OP_arcsin, asin, 0.51},
    {"arccos", PSI_OP_arccos, acos, 0.51},
    {"arctan", PSI_OP_arctan, atan, 0.51},
    {"sinh", PSI_OP_sinh, sinh, 0.51},
    {"cosh", PSI_OP_cosh, cosh, 0.51},
    {"tanh", PSI_OP_tanh, tanh, 1.5},
    {"arcsinh", PSI_OP_arcsinh, asinh, 0.51},
    {"arccosh", PSI_OP_arccosh, acosh, 0.51},
    {"arctanh", PSI_OP_arctanh, atanh, 0.51},
    {"erf", PSI_OP_erf, erf, 1.5},
    {"erfinv", PSI_OP_erfinv, erfinv, 0.55},
    {"sigmoid", PSI_OP_sigmoid, sigmoid, 2.5},
};

static const struct binary_case {
    const char *name;
    int op;
    double (*reference)(double, double);
    double limit; /* ulp */
} binary_cases[] = {
    {"power", PSI_OP_power, pow, 0.51},
    {"arctan2", PSI_OP_arctan2, atan2, 0.51},
    {"logaddexp", PSI_OP_logaddexp, logaddexp, 0.51},
};

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Distance in units of the last place that a float32 has at the exact value; 2^128 stands for infinity. */
static double ulps(float got, double exact)
{
    if (isnan(exact) || isnan(got))
        return isnan(exact) && isnan(got) ? 0.0 : 1e9;
    if (exact == 0.0)
        return got == 0.0f && !signbit(got) == !signbit(exact) ? 0.0
               : got == 0.0f                                   ? 1e6
                                                               : fabs(got) / 0x1p-149;
    double y = isinf(got) ? copysign(0x1p128, got) : (double)got;
    if (isinf(got) && fabs(exact) >= 0x1p128 - 0x1p103)
        return !signbit(got) == !signbit(exact) ? 0.0 : 1e9;
    int e = ilogb(exact);
    e = e < -126 ? -126 : e;
    return fabs(y - exact) / ldexp(1.0, e - 23);
}

typedef struct worst {
    double ulp;
    float a, b, got;
} worst;

static void note(worst *w, float got, double exact, float a, float b)
{
    double u = ulps(got, exact);
    if (u > w->ulp)
        *w = (worst){u, a, b, got};
}

/* 1 when the limit is passed. */
static int report(const char *name, psi_isa isa, worst w, double limit)
{
    print_message("%-10s %-4s %8.4f ulp at (%.9g, %.9g): %.9g\n", name, isa_names[isa], w.ulp, (double)w.a,
                  (double)w.b, (double)w.got);
    if (w.ulp > limit)
        print_error("%s on %s is off by more than %.4f ulp\n", name, isa_names[isa], limit);
    return w.ulp > limit;
}

static void unary_functions_are_accurate(void **state)
{
    (void)state;
    int beyond = 0;
    for (size_t k = 0; k < sizeof unary_cases / sizeof unary_cases[0]; k++) {
        const struct unary_case *c = &unary_cases[k];
        worst w[PSI_ISA_COUNT] = {{0}};
        float x[BLOCK], y[BLOCK];
        double exact[BLOCK];
        for (uint64_t bits = k; bits < 0x100000000u;) {
            int n = 0;
            for (; n < BLOCK && bits < 0x100000000u; n++, bits += STRIDE) {
                x[n] = float_of((uint32_t)bits);
                exact[n] = c->reference((double)x[n]);
            }
            for (int isa = 0; isa < PSI_ISA_v4x; isa++) {
                if (!psi_isa_runs((psi_isa)isa))
                    continue;
                psi_cpu_row_of((psi_isa)isa, c->op, PSI_FLOAT32)(n, y, x, NULL, NULL);
                for (int i = 0; i < n; i++)
                    note(&w[isa], y[i], exact[i], x[i], 0);
            }
        }
        for (int isa = 0; isa < PSI_ISA_v4x; isa++)
            if (psi_isa_runs((psi_isa)isa))
                beyond += report(c->name, (psi_isa)isa, w[isa], c->limit);
    }
    assert_int_equal(beyond, 0);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 32;
}

/* Three operands in four are of moderate size, one is any bit pattern. */
static float operand(uint64_t *seed)
{
    uint32_t bits = (uint32_t)next_random(seed);
    if (next_random(seed) % 4 == 0)
        return float_of(bits);
    float x = (float)((double)bits / 4294967296.0 * 40.0);
    return next_random(seed) % 2 ? -x : x;
}

static void binary_functions_are_accurate(void **state)
{
    (void)state;
    int beyond = 0;
    for (size_t k = 0; k < sizeof binary_cases / sizeof binary_cases[0]; k++) {
        const struct binary_case *c = &binary_cases[k];
        uint64_t seed = 1;
        worst w[PSI_ISA_COUNT] = {{0}};
        float a[BLOCK], b[BLOCK], y[BLOCK];
        for (int round = 0; round < 4000; round++) {
            for (int i = 0; i < BLOCK; i++) {
                a[i] = operand(&seed);
                b[i] = operand(&seed);
            }
            for (int isa = 0; isa < PSI_ISA_v4x; isa++) {
                if (!psi_isa_runs((psi_isa)isa))
                    continue;
                psi_cpu_row_of((psi_isa)isa, c->op, PSI_FLOAT32)(BLOCK, y, a, b, NULL);
                for (int i = 0; i < BLOCK; i++)
                    note(&w[isa], y[i], c->reference((double)a[i], (double)b[i]), a[i], b[i]);
            }
        }
        for (int isa = 0; isa < PSI_ISA_v4x; isa++)
            if (psi_isa_runs((psi_isa)isa))
                beyond += report(c->name, (psi_isa)isa, w[isa], c->limit);
    }
    assert_int_equal(beyond, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unary_functions_are_accurate),
        cmocka_unit_test(binary_functions_are_accurate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
