/* rows.c: finds the kernel of an element-wise op or a cast for the ISA in use, and builds the half types'
 * kernels out of float32's: widen a block, compute, narrow. Invariant: a half's every op is rounded once,
 * from float32; floor_divide alone is two ops. */
#include "cpu/rows.h"

#define HALF_BLOCK 512

#define DECLARE_ROWS(isa)                                                                           \
    extern const psi_row_table psi_rows_bool_##isa, psi_rows_uint8_##isa, psi_rows_uint16_##isa,    \
        psi_rows_uint32_##isa, psi_rows_uint64_##isa, psi_rows_int8_##isa, psi_rows_int16_##isa,    \
        psi_rows_int32_##isa, psi_rows_int64_##isa, psi_rows_float32_##isa, psi_rows_float64_##isa, \
        psi_rows_complex64_##isa;                                                                   \
    extern const psi_cast_table psi_casts_##isa;                                                    \
    void psi_copy_far_##isa(char *to, const char *from, size_t bytes);

typedef struct kernel_set {
    const psi_row_table *rows[PSI_DTYPE_COUNT];
    const psi_cast_table *casts;
    psi_copy_fn copy_far;
} kernel_set;

/* clang-format off */
#define KERNEL_SET(isa)                                                                                      \
    {.rows = {[PSI_BOOL] = &psi_rows_bool_##isa,                                                             \
              [PSI_UINT8] = &psi_rows_uint8_##isa,                                                           \
              [PSI_UINT16] = &psi_rows_uint16_##isa,                                                         \
              [PSI_UINT32] = &psi_rows_uint32_##isa,                                                         \
              [PSI_UINT64] = &psi_rows_uint64_##isa,                                                         \
              [PSI_INT8] = &psi_rows_int8_##isa,                                                             \
              [PSI_INT16] = &psi_rows_int16_##isa,                                                           \
              [PSI_INT32] = &psi_rows_int32_##isa,                                                           \
              [PSI_INT64] = &psi_rows_int64_##isa,                                                           \
              [PSI_FLOAT32] = &psi_rows_float32_##isa,                                                       \
              [PSI_FLOAT64] = &psi_rows_float64_##isa,                                                       \
              [PSI_COMPLEX64] = &psi_rows_complex64_##isa},                                                  \
     .casts = &psi_casts_##isa,                                                                              \
     .copy_far = psi_copy_far_##isa}
/* clang-format on */

/* Every ISA has an entry; one that was not built stands for the next below it. */
#ifdef PSI_HAVE_generic
DECLARE_ROWS(generic)
#define SET_v2 KERNEL_SET(generic)
#else
DECLARE_ROWS(v2)
#define SET_v2 KERNEL_SET(v2)
#endif
#ifdef PSI_HAVE_v3
DECLARE_ROWS(v3)
#define SET_v3 KERNEL_SET(v3)
#else
#define SET_v3 SET_v2
#endif
#ifdef PSI_HAVE_v4
DECLARE_ROWS(v4)
#define SET_v4 KERNEL_SET(v4)
#else
#define SET_v4 SET_v3
#endif

static const kernel_set sets[PSI_ISA_COUNT] = {
    [PSI_ISA_v2] = SET_v2, [PSI_ISA_v3] = SET_v3, [PSI_ISA_v4] = SET_v4, [PSI_ISA_v4x] = SET_v4};

/* What a half kernel is: an op on blocks of float32, between conversions. */
typedef struct half_op {
    int op, arity;
    psi_dtype half;
    bool answers_bool, selects;
} half_op;

static void half_row(half_op h, int64_t n, void *out, const void *const *in)
{
    const kernel_set *set = &sets[psi_isa_current()];
    psi_row_fn row = set->rows[PSI_FLOAT32]->row[h.op == PSI_OP_floor_divide ? PSI_OP_divide : h.op];
    psi_row_fn widen = set->casts->cast[PSI_FLOAT32][h.half], narrow = set->casts->cast[h.half][PSI_FLOAT32];
    float wide[3][HALF_BLOCK];
    for (int64_t at = 0; at < n; at += HALF_BLOCK) {
        int64_t count = n - at < HALF_BLOCK ? n - at : HALF_BLOCK;
        const void *operand[3] = {NULL, NULL, NULL};
        for (int k = 0; k < h.arity; k++) {
            if (h.selects && k == 0) {
                operand[k] = (const bool *)in[k] + at;
                continue;
            }
            widen(count, wide[k], (const uint16_t *)in[k] + at, NULL, NULL);
            operand[k] = wide[k];
        }
        if (h.answers_bool) {
            row(count, (bool *)out + at, operand[0], operand[1], operand[2]);
            continue;
        }
        row(count, wide[h.arity - 1], operand[0], operand[1], operand[2]);
        if (h.op == PSI_OP_floor_divide) {
            /* Upstream's is two ops, so the quotient is rounded before it is taken down. */
            narrow(count, (uint16_t *)out + at, wide[1], NULL, NULL);
            widen(count, wide[1], (uint16_t *)out + at, NULL, NULL);
            set->rows[PSI_FLOAT32]->row[PSI_OP_floor](count, wide[1], wide[1], NULL, NULL);
        }
        narrow(count, (uint16_t *)out + at, wide[h.arity - 1], NULL, NULL);
    }
}

/* One small function per op and half type, as a kernel carries no context. Those of ops that refuse float32
 * are never looked up. */
#define HALF_FN(name, half, HALF, arity, answers_bool, selects)                                  \
    static void name##_##half(int64_t n, void *out, const void *a, const void *b, const void *c) \
    {                                                                                            \
        half_row((half_op){PSI_OP_##name, arity, HALF, answers_bool, selects}, n, out,           \
                 (const void *const[]){a, b, c});                                                \
    }
#define HALF_FNS(name, ...)                          \
    HALF_FN(name, float16, PSI_FLOAT16, __VA_ARGS__) \
    HALF_FN(name, bfloat16, PSI_BFLOAT16, __VA_ARGS__)
#define UNARY(name, ...) HALF_FNS(name, 1, false, false)
#define BINARY(name, ...) HALF_FNS(name, 2, false, false)
#define COMPARE(name, ...) HALF_FNS(name, 2, true, false)
#define TERNARY(name, ...) HALF_FNS(name, 3, false, true)
#include "ops/table.h"

/* clang-format off */
static const psi_row_fn half_rows[2][PSI_OP_ELEMENTWISE_END] = {
    {
#define UNARY(name, ...) [PSI_OP_##name] = name##_float16,
#define BINARY UNARY
#define COMPARE UNARY
#define TERNARY UNARY
#include "ops/table.h"
    },
    {
#define UNARY(name, ...) [PSI_OP_##name] = name##_bfloat16,
#define BINARY UNARY
#define COMPARE UNARY
#define TERNARY UNARY
#include "ops/table.h"
    }};
/* clang-format on */

psi_row_fn psi_cpu_row_of(psi_isa isa, int op, psi_dtype in)
{
    if (op <= PSI_OP_LEAF || op >= PSI_OP_ELEMENTWISE_END || (unsigned)in >= PSI_DTYPE_COUNT)
        return NULL;
    const kernel_set *set = &sets[isa];
    if (in != PSI_FLOAT16 && in != PSI_BFLOAT16)
        return set->rows[in]->row[op];
    if (set->rows[PSI_FLOAT32]->row[op] == NULL)
        return NULL;
    return half_rows[in == PSI_BFLOAT16][op];
}

psi_row_fn psi_cpu_cast_of(psi_isa isa, psi_dtype to, psi_dtype from)
{
    return sets[isa].casts->cast[to][from];
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
    return sets[psi_isa_current()].copy_far;
}
