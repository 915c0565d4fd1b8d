/* rows.c: the element-wise kernels beyond accuracy: special values, integer edges, agreement between ISAs,
 * outputs in an operand's memory, tails, casts, half types. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/isa.h"
#include "cpu/rows.h"

#define COUNT 1031
#define MAX_BYTES (COUNT * 8 + 64)

static const char *const names[PSI_OP_ELEMENTWISE_END] = {
    "",
#define UNARY(name, ...) #name,
#define BINARY UNARY
#define COMPARE UNARY
#define TERNARY UNARY
#include "ops/table.h"
};

static const bool compares[PSI_OP_ELEMENTWISE_END] = {
#define COMPARE(name, ...) [PSI_OP_##name] = true,
#include "ops/table.h"
};

static const psi_dtype dtypes[] = {PSI_BOOL,    PSI_UINT8,   PSI_UINT16,   PSI_UINT32,   PSI_UINT64,
                                   PSI_INT8,    PSI_INT16,   PSI_INT32,    PSI_INT64,    PSI_FLOAT16,
                                   PSI_FLOAT32, PSI_FLOAT64, PSI_BFLOAT16, PSI_COMPLEX64};
#define DTYPES (sizeof dtypes / sizeof dtypes[0])

static size_t result_size(int op, psi_dtype in)
{
    if (compares[op])
        return 1;
    if (in == PSI_COMPLEX64 && (op == PSI_OP_abs || op == PSI_OP_real || op == PSI_OP_imag))
        return sizeof(float);
    return psi_dtype_size(in);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 24;
}

static float number(uint64_t *seed)
{
    static const float edges[] = {0.0f, -0.0f, 1.0f,  -1.0f,  INFINITY, -INFINITY,
                                  NAN,  1e30f, -2.5f, 1e-41f, 3e7f};
    uint64_t r = next_random(seed);
    if (r % 6 == 0)
        return edges[r / 6 % (sizeof edges / sizeof edges[0])];
    return ((float)(r % 100000) - 50000.0f) / (r % 7 == 0 ? 500.0f : 50000.0f);
}

/* Values of any dtype: all bits for integers, a mix of ordinary and special ones for floats. */
static void fill(void *data, psi_dtype dtype, uint64_t seed)
{
    for (int64_t i = 0; i < COUNT; i++) {
        uint64_t bits = next_random(&seed) >> (next_random(&seed) % 4 ? 0 : 36);
        double d = (double)number(&seed);
        float f = (float)d, z[2] = {f, number(&seed)};
        uint8_t truth = bits & 1;
        if (dtype == PSI_BOOL)
            memcpy((char *)data + i, &truth, 1);
        else if (dtype == PSI_FLOAT32)
            memcpy((float *)data + i, &f, 4);
        else if (dtype == PSI_FLOAT64)
            memcpy((double *)data + i, &d, 8);
        else if (dtype == PSI_COMPLEX64)
            memcpy((char *)data + 8 * i, z, 8);
        else if (dtype == PSI_FLOAT16 || dtype == PSI_BFLOAT16)
            psi_cpu_cast(dtype, PSI_FLOAT32)(1, (uint16_t *)data + i, &f, NULL, NULL);
        else
            memcpy((char *)data + i * (int64_t)psi_dtype_size(dtype), &bits, psi_dtype_size(dtype));
    }
}

static _Alignas(64) unsigned char condition[COUNT], left[MAX_BYTES], right[MAX_BYTES], fresh[MAX_BYTES],
    other[MAX_BYTES];

static void call(psi_row_fn row, int op, int64_t n, void *out, const void *a, const void *b)
{
    if (op == PSI_OP_select)
        row(n, out, condition, a, b);
    else
        row(n, out, a, b, NULL);
}

static void fill_all(psi_dtype dtype)
{
    fill(condition, PSI_BOOL, 7);
    fill(left, dtype, 1);
    fill(right, dtype, 2);
}

static void an_output_in_an_operands_memory_gets_the_same_bits(void **state)
{
    (void)state;
    for (int isa = 0; isa < PSI_ISA_COUNT; isa++)
        for (size_t d = 0; d < DTYPES; d++)
            for (int op = 1; op < PSI_OP_ELEMENTWISE_END; op++) {
                psi_row_fn row =
                    psi_isa_runs((psi_isa)isa) ? psi_cpu_row_of((psi_isa)isa, op, dtypes[d]) : NULL;
                size_t size = psi_dtype_size(dtypes[d]);
                if (row == NULL || result_size(op, dtypes[d]) != size)
                    continue;
                fill_all(dtypes[d]);
                call(row, op, COUNT, fresh, left, right);
                memcpy(other, left, COUNT * size);
                call(row, op, COUNT, other, other, right);
                if (memcmp(fresh, other, COUNT * size) != 0)
                    fail_msg("%s of %s differs in place of its first operand", names[op],
                             psi_dtype_name(dtypes[d]));
                memcpy(other, right, COUNT * size);
                call(row, op, COUNT, other, left, other);
                if (memcmp(fresh, other, COUNT * size) != 0)
                    fail_msg("%s of %s differs in place of its second operand", names[op],
                             psi_dtype_name(dtypes[d]));
            }
}

static void any_length_writes_its_elements_and_no_others(void **state)
{
    (void)state;
    for (int isa = 0; isa < PSI_ISA_COUNT; isa++)
        for (size_t d = 0; d < DTYPES; d++)
            for (int op = 1; op < PSI_OP_ELEMENTWISE_END; op++) {
                psi_row_fn row =
                    psi_isa_runs((psi_isa)isa) ? psi_cpu_row_of((psi_isa)isa, op, dtypes[d]) : NULL;
                if (row == NULL)
                    continue;
                size_t size = result_size(op, dtypes[d]);
                fill_all(dtypes[d]);
                call(row, op, COUNT, fresh, left, right);
                for (int64_t n = 0; n <= 67; n++) {
                    memset(other, 0xa5, MAX_BYTES);
                    call(row, op, n, other + 8, left, right);
                    size_t bytes = (size_t)n * size;
                    if (memcmp(other + 8, fresh, bytes) != 0)
                        fail_msg("%s of %s depends on the length %d", names[op], psi_dtype_name(dtypes[d]),
                                 (int)n);
                    for (size_t k = 0; k < 8 + 64; k++) {
                        size_t at = k < 8 ? k : bytes + k;
                        if (other[at] != 0xa5)
                            fail_msg("%s of %s writes outside", names[op], psi_dtype_name(dtypes[d]));
                    }
                }
            }
}

/* Ops whose polynomials use fused multiply-add where there is one; the others agree bit for bit, NaN apart.
 * */
static bool may_differ(int op, psi_dtype dtype)
{
    bool float32 = dtype == PSI_FLOAT32;
    return float32 && (op == PSI_OP_exp || op == PSI_OP_log || op == PSI_OP_tanh || op == PSI_OP_erf ||
                       op == PSI_OP_sigmoid);
}

static bool same_float(float x, float y, float slack)
{
    return x == y || (x != x && y != y) || fabsf(x - y) <= slack * fabsf(x);
}

static void instruction_sets_agree(void **state)
{
    (void)state;
    for (int isa = 1; isa < PSI_ISA_COUNT; isa++)
        for (size_t d = 0; d < DTYPES; d++)
            for (int op = 1; op < PSI_OP_ELEMENTWISE_END; op++) {
                psi_row_fn plain = psi_cpu_row_of(PSI_ISA_v2, op, dtypes[d]);
                if (plain == NULL || !psi_isa_runs((psi_isa)isa))
                    continue;
                fill_all(dtypes[d]);
                memset(fresh, 0, MAX_BYTES);
                memset(other, 0, MAX_BYTES);
                call(plain, op, COUNT, fresh, left, right);
                call(psi_cpu_row_of((psi_isa)isa, op, dtypes[d]), op, COUNT, other, left, right);
                size_t bytes = COUNT * result_size(op, dtypes[d]);
                bool same = memcmp(fresh, other, bytes) == 0;
                bool floats = dtypes[d] == PSI_FLOAT32 || dtypes[d] == PSI_COMPLEX64;
                if (!same && floats && !compares[op]) {
                    float slack = may_differ(op, dtypes[d]) ? 4e-7f : 0.0f;
                    same = true;
                    for (size_t i = 0; i < bytes / 4; i++)
                        same = same && same_float(((float *)fresh)[i], ((float *)other)[i], slack);
                }
                if (!same && dtypes[d] == PSI_FLOAT64 && !compares[op]) {
                    same = true;
                    for (size_t i = 0; i < COUNT; i++) {
                        double x = ((double *)fresh)[i], y = ((double *)other)[i];
                        same = same && (x == y || (x != x && y != y));
                    }
                }
                if (!same)
                    fail_msg("%s of %s: isa %d and v2 disagree", names[op], psi_dtype_name(dtypes[d]), isa);
            }
}

static void special_values_come_out_right(void **state)
{
    (void)state;
    static const struct {
        int op;
        float a, b, y;
    } cases[] = {
        {PSI_OP_exp, INFINITY, 0, INFINITY},
        {PSI_OP_exp, -INFINITY, 0, 0},
        {PSI_OP_exp, 88.8f, 0, INFINITY},
        {PSI_OP_exp, -103.0f, 0, 1.4012985e-45f},
        {PSI_OP_log, 0, 0, -INFINITY},
        {PSI_OP_log, -0.0f, 0, -INFINITY},
        {PSI_OP_log, -1, 0, NAN},
        {PSI_OP_log, INFINITY, 0, INFINITY},
        {PSI_OP_log2, 8, 0, 3},
        {PSI_OP_log10, 1000, 0, 3},
        {PSI_OP_log1p, -1, 0, -INFINITY},
        {PSI_OP_log1p, -0.0f, 0, -0.0f},
        {PSI_OP_expm1, -0.0f, 0, -0.0f},
        {PSI_OP_expm1, -INFINITY, 0, -1},
        {PSI_OP_sin, -0.0f, 0, -0.0f},
        {PSI_OP_sin, INFINITY, 0, NAN},
        {PSI_OP_sin, 3e38f, 0, 0} /* computed below */,
        {PSI_OP_arcsin, 1.5f, 0, NAN},
        {PSI_OP_arccosh, 0.5f, 0, NAN},
        {PSI_OP_arctanh, -1, 0, -INFINITY},
        {PSI_OP_tanh, -INFINITY, 0, -1},
        {PSI_OP_arcsinh, -INFINITY, 0, -INFINITY},
        {PSI_OP_erf, INFINITY, 0, 1},
        {PSI_OP_erfinv, -1, 0, -INFINITY},
        {PSI_OP_erfinv, 1.5f, 0, NAN},
        {PSI_OP_sigmoid, -INFINITY, 0, 0},
        {PSI_OP_sign, NAN, 0, 0},
        {PSI_OP_sign, -3, 0, -1},
        {PSI_OP_rint, 2.5f, 0, 2},
        {PSI_OP_rint, -0.5f, 0, -0.0f},
        {PSI_OP_maximum, NAN, 1, NAN},
        {PSI_OP_maximum, 1, NAN, NAN},
        {PSI_OP_minimum, 1, NAN, NAN},
        {PSI_OP_remainder, -1, 3, 2},
        {PSI_OP_remainder, 1, -3, -2},
        {PSI_OP_remainder, -1, INFINITY, INFINITY},
        {PSI_OP_remainder, 1, 0, NAN},
        {PSI_OP_remainder, 3e38f, 7, 0} /* computed below */,
        {PSI_OP_floor_divide, -7, 2, -4},
        {PSI_OP_floor_divide, 1, 0, INFINITY},
        {PSI_OP_power, -8, 3, -512},
        {PSI_OP_power, -8, 0.5f, NAN},
        {PSI_OP_power, NAN, 0, 1},
        {PSI_OP_power, 1, NAN, 1},
        {PSI_OP_power, -1, INFINITY, 1},
        {PSI_OP_power, -0.0f, -3, -INFINITY},
        {PSI_OP_power, -INFINITY, 3, -INFINITY},
        {PSI_OP_power, 0.5f, -INFINITY, INFINITY},
        {PSI_OP_logaddexp, -INFINITY, -INFINITY, -INFINITY},
        {PSI_OP_logaddexp, INFINITY, -INFINITY, INFINITY},
        {PSI_OP_arctan2, 0.0f, -0.0f, 3.14159274f},
        {PSI_OP_arctan2, -0.0f, 1, -0.0f},
        {PSI_OP_arctan2, INFINITY, -INFINITY, 2.3561945f},
    };
    for (int isa = 0; isa < PSI_ISA_COUNT; isa++)
        for (size_t i = 0; psi_isa_runs((psi_isa)isa) && i < sizeof cases / sizeof cases[0]; i++) {
            float y, want = cases[i].y;
            if (cases[i].op == PSI_OP_sin && cases[i].a == 3e38f)
                want = (float)sin((double)3e38f);
            if (cases[i].op == PSI_OP_remainder && cases[i].a == 3e38f)
                want = (float)fmod((double)3e38f, 7.0);
            psi_cpu_row_of((psi_isa)isa, cases[i].op, PSI_FLOAT32)(1, &y, &cases[i].a, &cases[i].b, NULL);
            if (!same_float(y, want, 0.0f) || (y == 0 && !signbit(y) != !signbit(want)))
                fail_msg("%s(%g, %g) is %g, not %g", names[cases[i].op], (double)cases[i].a,
                         (double)cases[i].b, (double)y, (double)want);
        }
}

static void check_int(int op, psi_dtype dtype, int64_t a, int64_t b, int64_t want)
{
    for (int isa = 0; isa < PSI_ISA_COUNT; isa++) {
        if (!psi_isa_runs((psi_isa)isa))
            continue;
        int64_t x[16], y[16], out[16] = {0};
        for (int i = 0; i < 16; i++) {
            psi_cpu_cast(dtype, PSI_INT64)(1, (char *)x + i * (int)psi_dtype_size(dtype), &a, NULL, NULL);
            psi_cpu_cast(dtype, PSI_INT64)(1, (char *)y + i * (int)psi_dtype_size(dtype), &b, NULL, NULL);
        }
        psi_cpu_row_of((psi_isa)isa, op, dtype)(16, out, x, y, NULL);
        int64_t wide[16];
        psi_cpu_cast(PSI_INT64, dtype)(16, wide, out, NULL, NULL);
        for (int i = 0; i < 16; i++)
            if (wide[i] != want)
                fail_msg("%s(%lld, %lld) of %s is %lld, not %lld", names[op], (long long)a, (long long)b,
                         psi_dtype_name(dtype), (long long)wide[i], (long long)want);
    }
}

static void integers_wrap_and_never_trap(void **state)
{
    (void)state;
    static const struct {
        psi_dtype dtype;
        int64_t least;
        int bits;
    } kinds[] = {{PSI_INT8, INT8_MIN, 8},
                 {PSI_INT16, INT16_MIN, 16},
                 {PSI_INT32, INT32_MIN, 32},
                 {PSI_INT64, INT64_MIN, 64}};
    for (size_t k = 0; k < 4; k++) {
        psi_dtype t = kinds[k].dtype;
        int64_t least = kinds[k].least, most = -(least + 1);
        check_int(PSI_OP_add, t, most, 1, least);
        check_int(PSI_OP_subtract, t, least, 1, most);
        check_int(PSI_OP_multiply, t, least, -1, least);
        check_int(PSI_OP_negative, t, least, 0, least);
        check_int(PSI_OP_abs, t, least, 0, least);
        check_int(PSI_OP_floor_divide, t, least, -1, least);
        check_int(PSI_OP_floor_divide, t, 5, 0, 0);
        check_int(PSI_OP_floor_divide, t, -5, 2, -2);
        check_int(PSI_OP_remainder, t, least, -1, 0);
        check_int(PSI_OP_remainder, t, 5, 0, 0);
        check_int(PSI_OP_remainder, t, -5, 3, 1);
        check_int(PSI_OP_remainder, t, 5, -3, -1);
        check_int(PSI_OP_power, t, 3, 4, 81);
        check_int(PSI_OP_power, t, 2, kinds[k].bits, 0);
        check_int(PSI_OP_power, t, -1, -3, -1);
        check_int(PSI_OP_power, t, -1, -4, 1);
        check_int(PSI_OP_power, t, 2, -1, 0);
        check_int(PSI_OP_power, t, 0, -1, 0);
        check_int(PSI_OP_power, t, 1, least, 1);
        check_int(PSI_OP_power, t, 0, 0, 1);
        check_int(PSI_OP_left_shift, t, 1, kinds[k].bits - 1, least);
        check_int(PSI_OP_left_shift, t, 1, kinds[k].bits, 0);
        check_int(PSI_OP_left_shift, t, 1, -1, 0);
        check_int(PSI_OP_right_shift, t, -8, 2, -2);
        check_int(PSI_OP_right_shift, t, -8, kinds[k].bits, -1);
        check_int(PSI_OP_right_shift, t, 8, -1, 0);
        check_int(PSI_OP_bitwise_invert, t, 0, 0, -1);
        check_int(PSI_OP_sign, t, least, 0, -1);
    }
    check_int(PSI_OP_subtract, PSI_UINT8, 1, 2, 255);
    check_int(PSI_OP_left_shift, PSI_UINT16, 3, 15, 32768);
    check_int(PSI_OP_right_shift, PSI_UINT32, 4294967295, 31, 1);
    check_int(PSI_OP_floor_divide, PSI_UINT64, -1, 2, INT64_MAX);
    check_int(PSI_OP_power, PSI_BOOL, 0, 0, 1);
    check_int(PSI_OP_subtract, PSI_BOOL, 1, 1, 0);
}

static void complex_numbers_keep_their_special_cases(void **state)
{
    (void)state;
    psi_complex64 a = {INFINITY, NAN}, b = {1, 0}, y;
    psi_cpu_row(PSI_OP_multiply, PSI_COMPLEX64)(1, &y, &a, &b, NULL);
    assert_true(isinf(y.re));
    psi_complex64 c = {3e38f, 3e38f};
    float size;
    psi_cpu_row(PSI_OP_abs, PSI_COMPLEX64)(1, &size, &c, NULL, NULL);
    assert_true(isinf(size));
    psi_complex64 d = {3, -4}, e = {3, 4};
    psi_cpu_row(PSI_OP_abs, PSI_COMPLEX64)(1, &size, &d, NULL, NULL);
    assert_true(size == 5.0f);
    bool less;
    psi_cpu_row(PSI_OP_less, PSI_COMPLEX64)(1, &less, &d, &e, NULL);
    assert_true(less);
    psi_complex64 tiny = {1e-20f, 1e-20f};
    psi_cpu_row(PSI_OP_expm1, PSI_COMPLEX64)(1, &y, &tiny, NULL, NULL);
    assert_true(y.re == 1e-20f && y.im == 1e-20f);
    assert_null(psi_cpu_row(PSI_OP_erf, PSI_COMPLEX64));
    assert_null(psi_cpu_row(PSI_OP_floor, PSI_COMPLEX64));
}

static void casts_truncate_wrap_and_saturate_as_stated(void **state)
{
    (void)state;
    const float x[] = {300.7f, -1.5f, 3e9f, NAN, INFINITY, -3e9f, 1e20f, 0.5f, -0.0f};
    const uint8_t u8[] = {44, 255, 0, 0, 0, 0, 0, 0, 0};
    const int32_t i32[] = {300, -1, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, 0, 0};
    const uint32_t u32[] = {300, UINT32_MAX, 3000000000u, 0, 0, 1294967296u, 0, 0, 0};
    const int64_t i64[] = {300, -1, 3000000000, INT64_MIN, INT64_MIN, -3000000000, INT64_MIN, 0, 0};
    const uint64_t u64[] = {300, UINT64_MAX, 3000000000u, 1ull << 63, 0, 18446744070709551616u, 0, 0, 0};
    const unsigned char truth[] = {1, 1, 1, 1, 1, 1, 1, 1, 0};
    char out[80];
    for (int isa = 0; isa < PSI_ISA_COUNT; isa++) {
        if (!psi_isa_runs((psi_isa)isa))
            continue;
        psi_cpu_cast_of((psi_isa)isa, PSI_UINT8, PSI_FLOAT32)(9, out, x, NULL, NULL);
        assert_memory_equal(out, u8, sizeof u8);
        psi_cpu_cast_of((psi_isa)isa, PSI_INT32, PSI_FLOAT32)(9, out, x, NULL, NULL);
        assert_memory_equal(out, i32, sizeof i32);
        psi_cpu_cast_of((psi_isa)isa, PSI_UINT32, PSI_FLOAT32)(9, out, x, NULL, NULL);
        assert_memory_equal(out, u32, sizeof u32);
        psi_cpu_cast_of((psi_isa)isa, PSI_INT64, PSI_FLOAT32)(9, out, x, NULL, NULL);
        assert_memory_equal(out, i64, sizeof i64);
        psi_cpu_cast_of((psi_isa)isa, PSI_UINT64, PSI_FLOAT32)(9, out, x, NULL, NULL);
        assert_memory_equal(out, u64, sizeof u64);
        psi_cpu_cast_of((psi_isa)isa, PSI_BOOL, PSI_FLOAT32)(9, out, x, NULL, NULL);
        assert_memory_equal(out, truth, sizeof truth);
        for (size_t to = 0; to < DTYPES; to++)
            for (size_t from = 0; from < DTYPES; from++)
                assert_non_null(psi_cpu_cast_of((psi_isa)isa, dtypes[to], dtypes[from]));
    }
}

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The nearest of the two float16 around x, found by trying; ties to even. */
static void halves_round_to_nearest_even(void **state)
{
    (void)state;
    static float wide[65536];
    static uint16_t half[65536], back[65536];
    for (int i = 0; i < 65536; i++)
        half[i] = (uint16_t)i;
    for (int isa = 0; isa < PSI_ISA_COUNT; isa++) {
        if (!psi_isa_runs((psi_isa)isa))
            continue;
        for (int bf = 0; bf < 2; bf++) {
            psi_dtype t = bf ? PSI_BFLOAT16 : PSI_FLOAT16;
            psi_cpu_cast_of((psi_isa)isa, PSI_FLOAT32, t)(65536, wide, half, NULL, NULL);
            psi_cpu_cast_of((psi_isa)isa, t, PSI_FLOAT32)(65536, back, wide, NULL, NULL);
            for (int i = 0; i < 65536; i++)
                assert_true(isnan(wide[i]) ? (back[i] & 0x7fff) > (bf ? 0x7f80 : 0x7c00)
                                           : back[i] == half[i]);
            /* Halfway between neighbours goes to the even one, a little more goes up. */
            for (int i = 0; i < (bf ? 0x7f7f : 0x7bff); i++) {
                float middle = 0.5f * wide[i] + 0.5f * wide[i + 1], above = nextafterf(middle, INFINITY);
                if (0.5f * wide[i] + 0.5f * wide[i + 1] == wide[i] || bits_of(wide[i]) < 0x00800000u)
                    continue;
                uint16_t r[2];
                psi_cpu_cast_of((psi_isa)isa, t, PSI_FLOAT32)(2, r, (float[]){middle, above}, NULL, NULL);
                assert_int_equal(r[0], i & 1 ? i + 1 : i);
                assert_int_equal(r[1], i + 1);
            }
        }
    }
    uint16_t r[3];
    psi_cpu_cast(PSI_FLOAT16, PSI_FLOAT32)(3, r, (float[]){65519.0f, 65520.0f, 1e30f}, NULL, NULL);
    assert_int_equal(r[0], 0x7bff);
    assert_int_equal(r[1], 0x7c00);
    assert_int_equal(r[2], 0x7c00);
}

static void half_rows_round_float32_rows(void **state)
{
    (void)state;
    static float a[COUNT], b[COUNT], y[COUNT];
    for (int bf = 0; bf < 2; bf++) {
        psi_dtype t = bf ? PSI_BFLOAT16 : PSI_FLOAT16;
        fill_all(t);
        psi_cpu_cast(PSI_FLOAT32, t)(COUNT, a, left, NULL, NULL);
        psi_cpu_cast(PSI_FLOAT32, t)(COUNT, b, right, NULL, NULL);
        for (int op = 1; op < PSI_OP_ELEMENTWISE_END; op++) {
            psi_row_fn row = psi_cpu_row(op, PSI_FLOAT32), narrow = psi_cpu_row(op, t);
            assert_true((row == NULL) == (narrow == NULL));
            if (row == NULL)
                continue;
            call(narrow, op, COUNT, other, left, right);
            call(row, op, COUNT, y, a, b);
            if (op == PSI_OP_floor_divide) {
                call(psi_cpu_row(PSI_OP_divide, t), PSI_OP_divide, COUNT, fresh, left, right);
                call(psi_cpu_row(PSI_OP_floor, t), PSI_OP_floor, COUNT, fresh, fresh, NULL);
            } else if (!compares[op])
                psi_cpu_cast(t, PSI_FLOAT32)(COUNT, fresh, y, NULL, NULL);
            else
                memcpy(fresh, y, COUNT);
            if (memcmp(fresh, other, COUNT * (compares[op] ? 1 : 2)) != 0)
                fail_msg("%s of %s is not float32's, rounded", names[op], psi_dtype_name(t));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_output_in_an_operands_memory_gets_the_same_bits),
        cmocka_unit_test(any_length_writes_its_elements_and_no_others),
        cmocka_unit_test(instruction_sets_agree),
        cmocka_unit_test(special_values_come_out_right),
        cmocka_unit_test(integers_wrap_and_never_trap),
        cmocka_unit_test(complex_numbers_keep_their_special_cases),
        cmocka_unit_test(casts_truncate_wrap_and_saturate_as_stated),
        cmocka_unit_test(halves_round_to_nearest_even),
        cmocka_unit_test(half_rows_round_float32_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
