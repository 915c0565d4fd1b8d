/* rows.c: finds the kernel of an element-wise op or a cast for the ISA in use, and builds the half types'
 * kernels out of float32's: widen a block, compute, narrow. Invariant: a half's every op is rounded once,
 * from float32; floor_divide alone is two ops. */
#include "cpu/rows.h"

#define HALF_BLOCK 512

PSI_ISA_TABLES(psi_row_table, psi_rows_bool)
PSI_ISA_TABLES(psi_row_table, psi_rows_uint8)
PSI_ISA_TABLES(psi_row_table, psi_rows_uint16)
PSI_ISA_TABLES(psi_row_table, psi_rows_uint32)
PSI_ISA_TABLES(psi_row_table, psi_rows_uint64)
PSI_ISA_TABLES(psi_row_table, psi_rows_int8)
PSI_ISA_TABLES(psi_row_table, psi_rows_int16)
PSI_ISA_TABLES(psi_row_table, psi_rows_int32)
PSI_ISA_TABLES(psi_row_table, psi_rows_int64)
PSI_ISA_TABLES(psi_row_table, psi_rows_float32)
PSI_ISA_TABLES(psi_row_table, psi_rows_float64)
PSI_ISA_TABLES(psi_row_table, psi_rows_complex64)
PSI_ISA_TABLES(psi_cast_table, psi_casts)
PSI_ISA_TABLES(psi_copy_fn, psi_copy_far)

/* By dtype, then ISA; half types have none. */
static const psi_row_table *const *const rows[PSI_DTYPE_COUNT] = {
    [PSI_BOOL] = psi_rows_bool_by_isa,       [PSI_UINT8] = psi_rows_uint8_by_isa,
    [PSI_UINT16] = psi_rows_uint16_by_isa,   [PSI_UINT32] = psi_rows_uint32_by_isa,
    [PSI_UINT64] = psi_rows_uint64_by_isa,   [PSI_INT8] = psi_rows_int8_by_isa,
    [PSI_INT16] = psi_rows_int16_by_isa,     [PSI_INT32] = psi_rows_int32_by_isa,
    [PSI_INT64] = psi_rows_int64_by_isa,     [PSI_FLOAT32] = psi_rows_float32_by_isa,
    [PSI_FLOAT64] = psi_rows_float64_by_isa, [PSI_COMPLEX64] = psi_rows_complex64_by_isa,
};

/* What a half kernel is: an op on blocks of float32, between conversions. */
typedef struct half_op {
    int op, arity;
    psi_dtype half;
    bool answers_bool;
} half_op;

static void half_row(half_op h, int64_t n, void *out, const void *const *in)
{
    const psi_row_table *table = psi_rows_float32_by_isa[psi_isa_current()];
    psi_row_fn row = table->row[h.op == PSI_OP_floor_divide ? PSI_OP_divide : h.op];
    psi_row_fn widen = psi_cpu_cast(PSI_FLOAT32, h.half), narrow = psi_cpu_cast(h.half, PSI_FLOAT32);
    float wide[2][HALF_BLOCK];
    for (int64_t at = 0; at < n; at += HALF_BLOCK) {
        int64_t count = n - at < HALF_BLOCK ? n - at : HALF_BLOCK;
        const void *operand[2] = {NULL, NULL};
        for (int k = 0; k < h.arity; k++) {
            widen(count, wide[k], (const uint16_t *)in[k] + at, NULL, NULL);
            operand[k] = wide[k];
        }
        if (h.answers_bool) {
            row(count, (bool *)out + at, operand[0], operand[1], NULL);
            continue;
        }
        row(count, wide[h.arity - 1], operand[0], operand[1], NULL);
        if (h.op == PSI_OP_floor_divide) {
            /* Upstream's is two ops, so the quotient is rounded before it is taken down. */
            narrow(count, (uint16_t *)out + at, wide[1], NULL, NULL);
            widen(count, wide[1], (uint16_t *)out + at, NULL, NULL);
            table->row[PSI_OP_floor](count, wide[1], wide[1], NULL, NULL);
        }
        narrow(count, (uint16_t *)out + at, wide[h.arity - 1], NULL, NULL);
    }
}

/* One small function per op and half type, as a kernel carries no context. Those of ops that refuse float32
 * are never looked up. */
#define HALF_FN(name, half, HALF, arity, answers_bool)                                           \
    static void name##_##half(int64_t n, void *out, const void *a, const void *b, const void *c) \
    {                                                                                            \
        half_row((half_op){PSI_OP_##name, arity, HALF, answers_bool}, n, out,                    \
                 (const void *const[]){a, b, c});                                                \
    }
#define HALF_FNS(name, ...)                          \
    HALF_FN(name, float16, PSI_FLOAT16, __VA_ARGS__) \
    HALF_FN(name, bfloat16, PSI_BFLOAT16, __VA_ARGS__)
#define UNARY(name, ...) HALF_FNS(name, 1, false)
#define BINARY(name, ...) HALF_FNS(name, 2, false)
#define COMPARE(name, ...) HALF_FNS(name, 2, true)
#include "ops/table.h"

/* clang-format off */
static const psi_row_fn half_rows[2][PSI_OP_ELEMENTWISE_END] = {
    {
#define UNARY(name, ...) [PSI_OP_##name] = name##_float16,
#define BINARY UNARY
#define COMPARE UNARY
#include "ops/table.h"
    },
    {
#define UNARY(name, ...) [PSI_OP_##name] = name##_bfloat16,
#define BINARY UNARY
#define COMPARE UNARY
#include "ops/table.h"
    }};
/* clang-format on */

/* Ops that a half type's sign bit, or its place in memory, answers: nothing is widened. */
static void abs_half(int64_t n, void *out, const void *a, const void *b, const void *c)
{
    (void)b, (void)c;
    uint16_t *o = out;
    const uint16_t *x = a;
    for (int64_t i = 0; i < n; i++)
        o[i] = x[i] & 0x7fff;
}

static void negative_half(int64_t n, void *out, const void *a, const void *b, const void *c)
{
    (void)b, (void)c;
    uint16_t *o = out;
    const uint16_t *x = a;
    for (int64_t i = 0; i < n; i++)
        o[i] = x[i] ^ 0x8000;
}

static psi_row_fn half_row_of(psi_isa isa, int op, psi_dtype half)
{
    switch (op) {
    case PSI_OP_abs:
        return abs_half;
    case PSI_OP_negative:
        return negative_half;
    case PSI_OP_select:
        return psi_rows_uint16_by_isa[isa]->row[op];
    default:
        return psi_rows_float32_by_isa[isa]->row[op] ? half_rows[half == PSI_BFLOAT16][op] : NULL;
    }
}

psi_row_fn psi_cpu_row_of(psi_isa isa, int op, psi_dtype in)
{
    if (op <= PSI_OP_LEAF || op >= PSI_OP_ELEMENTWISE_END || (unsigned)in >= PSI_DTYPE_COUNT)
        return NULL;
    if (in != PSI_FLOAT16 && in != PSI_BFLOAT16)
        return rows[in][isa]->row[op];
    return half_row_of(isa, op, in);
}

psi_row_fn psi_cpu_cast_of(psi_isa isa, psi_dtype to, psi_dtype from)
{
    return psi_casts_by_isa[isa]->cast[to][from];
}

psi_row_fn psi_cpu_row(int op, psi_dtype in)
{
    return psi_cpu_row_of(psi_isa_current(), op, in);
}

psi_row_fn psi_cpu_cast(psi_dtype to, psi_dtype from)
{
    return psi_cpu_cast_of(psi_isa_current(), to, from);
}

psi_copy_fn psi_cpu_copy_far(void)
{
    return *psi_copy_far_by_isa[psi_isa_current()];
}
