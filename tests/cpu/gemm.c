/* gemm.c: matrix products against sums in double, for every kernel set this machine runs.
 * Operands lie against unreadable pages, so a read or write outside one ends the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <psionic/device.h>
#include <psionic/error.h>

#include "cpu/gemm.h"
#include "cpu/gemm_kernels.h"
#include "cpu/half_values.h"

static uint64_t state = 88172645463325252u;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static int64_t below(int64_t n)
{
    return (int64_t)((next() >> 11) % (uint64_t)n);
}

static int64_t size_of(psi_dtype dtype)
{
    return dtype == PSI_FLOAT32 ? 4 : dtype == PSI_FLOAT64 || dtype == PSI_COMPLEX64 ? 8 : 2;
}

typedef struct value {
    double re, im;
} value;

static value get(psi_dtype dtype, const void *data, int64_t at)
{
    switch (dtype) {
    case PSI_FLOAT32:
        return (value){((const float *)data)[at], 0};
    case PSI_FLOAT64:
        return (value){((const double *)data)[at], 0};
    case PSI_COMPLEX64:
        return (value){((const psi_complex64 *)data)[at].re, ((const psi_complex64 *)data)[at].im};
    case PSI_FLOAT16:
        return (value){half_value(((const uint16_t *)data)[at]), 0};
    default:
        return (value){brain_value(((const uint16_t *)data)[at]), 0};
    }
}

/* A random value in (-2, 2). */
static void put_random(psi_dtype dtype, void *data, int64_t at)
{
    double x = (double)(int64_t)next() * 0x1p-62;
    switch (dtype) {
    case PSI_FLOAT32:
        ((float *)data)[at] = (float)x;
        break;
    case PSI_FLOAT64:
        ((double *)data)[at] = x;
        break;
    case PSI_COMPLEX64:
        ((psi_complex64 *)data)[at] = (psi_complex64){(float)x, (float)((double)(int64_t)next() * 0x1p-62)};
        break;
    case PSI_FLOAT16:
        ((uint16_t *)data)[at] = (uint16_t)((next() & 0x8000) | (uint64_t)below(0x4000));
        break;
    default:
        ((uint16_t *)data)[at] = (uint16_t)((next() & 0x8000) | (uint64_t)(0x3d00 + below(0x300)));
    }
}

/* Memory between two unreadable pages, its end or its start against one. */
typedef struct guarded {
    void *data;
    char *map;
    size_t mapped;
} guarded;

static guarded guard(int64_t bytes, bool at_end)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), body = ((size_t)bytes + page - 1) / page * page;
    guarded g = {.mapped = body + 2 * page};
    g.map = mmap(NULL, g.mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(g.map != MAP_FAILED);
    if (body > 0)
        assert_int_equal(mprotect(g.map + page, body, PROT_READ | PROT_WRITE), 0);
    g.data = g.map + page + (at_end ? body - (size_t)bytes : 0);
    return g;
}

#define BATCH 3

/* A random matrix batch with strides of some kind, all its memory guarded. */
typedef struct matrix {
    psi_gemm_operand operand;
    int64_t offsets[BATCH];
    guarded memory;
} matrix;

enum { ROWS, COLUMNS, STRIDED, BACK_ROWS, BACK_COLUMNS, ONE_ROW, ONE_COLUMN, FAR_ROWS, FAR_COLUMNS, LAYOUTS };

static void choose_strides(psi_gemm_operand *o, int layout, int64_t rows, int64_t cols)
{
    int64_t pad = below(3);
    o->col_stride = 1;
    o->row_stride = cols + pad;
    switch (layout) {
    case COLUMNS:
        o->row_stride = 1;
        o->col_stride = rows + pad;
        break;
    case STRIDED:
        o->col_stride = 3;
        o->row_stride = 3 * cols + pad;
        break;
    case BACK_ROWS:
        o->row_stride = -o->row_stride;
        break;
    case BACK_COLUMNS:
        o->col_stride = -1;
        break;
    case ONE_ROW:
        o->row_stride = 0;
        break;
    case ONE_COLUMN:
        o->row_stride = 1;
        o->col_stride = 0;
        break;
    case FAR_ROWS:
        o->row_stride = 10007 + cols;
        break;
    case FAR_COLUMNS:
        o->row_stride = 1;
        o->col_stride = 10007 + rows;
        break;
    default:
        break;
    }
}

static void matrix_new(matrix *x, psi_dtype dtype, int layout, int64_t rows, int64_t cols)
{
    psi_gemm_operand *o = &x->operand;
    memset(x, 0, sizeof *x);
    o->dtype = dtype;
    choose_strides(o, layout, rows, cols);
    int64_t row_span = (rows - 1) * o->row_stride, col_span = (cols - 1) * o->col_stride;
    int64_t low = (row_span < 0 ? row_span : 0) + (col_span < 0 ? col_span : 0);
    int64_t high = (row_span > 0 ? row_span : 0) + (col_span > 0 ? col_span : 0);
    int64_t each = rows > 0 && cols > 0 ? high - low + 1 : 0;
    x->memory = guard(each * BATCH * size_of(dtype), next() & 1);
    o->data = x->memory.data;
    for (int i = 0; i < BATCH; i++)
        x->offsets[i] = each * (BATCH - 1 - i) - low;
    o->offsets = x->offsets;
    for (int e = 0; e < BATCH && each > 0; e++)
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < cols; j++)
                put_random(dtype, x->memory.data, x->offsets[e] + i * o->row_stride + j * o->col_stride);
}

static value matrix_get(const matrix *x, int entry, int64_t i, int64_t j)
{
    const psi_gemm_operand *o = &x->operand;
    return get(o->dtype, o->data, x->offsets[entry] + i * o->row_stride + j * o->col_stride);
}

static void matrix_free(matrix *x)
{
    munmap(x->memory.map, x->memory.mapped);
}

typedef struct problem {
    psi_gemm_call call;
    matrix a, b, addend, out;
} problem;

#define UNTOUCHED 0x5a

static int64_t out_bytes(const problem *p)
{
    const psi_gemm_call *c = &p->call;
    return c->m > 0 && c->n > 0 ? ((c->m - 1) * c->out.row_stride + c->n) * BATCH * size_of(c->out.dtype) : 0;
}

static void problem_new(problem *p, const psi_dtype types[3], const int64_t sizes[3], const int layouts[3],
                        bool add)
{
    int64_t m = sizes[0], n = sizes[1], k = sizes[2];
    matrix_new(&p->a, types[0], layouts[0], m, k);
    matrix_new(&p->b, types[1], layouts[1], k, n);
    matrix_new(&p->addend, types[2], layouts[2], m, n);
    matrix_new(&p->out, types[2], below(4) ? ROWS : FAR_ROWS, m, n);
    const psi_gemm_operand *o = &p->out.operand;
    p->call = (psi_gemm_call){
        .batch = BATCH, .m = m, .n = n, .k = k, .a = p->a.operand, .b = p->b.operand, .alpha = 1};
    p->call.out = (psi_gemm_output){p->out.memory.data, o->row_stride, types[2], p->out.offsets};
    if (add) {
        p->call.alpha = -0.5;
        p->call.beta = 3;
        p->call.addend = &p->addend.operand;
    }
    memset(p->out.memory.data, UNTOUCHED, (size_t)out_bytes(p));
}

static void problem_free(problem *p)
{
    matrix_free(&p->a);
    matrix_free(&p->b);
    matrix_free(&p->addend);
    matrix_free(&p->out);
}

/* An element may be off by u * (2 + 2 sqrt(k)) times the sum of the sizes of its terms, u the unit roundoff of the
 * accumulator, plus one rounding to the result's type. Equal terms round alike: then k stands for 2 sqrt(k). */
static bool element_is_right(const problem *p, int e, int64_t i, int64_t j)
{
    const psi_gemm_call *c = &p->call;
    value sum = {0, 0};
    double size = 0;
    for (int64_t l = 0; l < c->k; l++) {
        value a = matrix_get(&p->a, e, i, l), b = matrix_get(&p->b, e, l, j);
        sum.re += a.re * b.re - a.im * b.im;
        sum.im += a.re * b.im + a.im * b.re;
        size += (fabs(a.re) + fabs(a.im)) * (fabs(b.re) + fabs(b.im));
    }
    sum.re *= c->alpha;
    sum.im *= c->alpha;
    size *= fabs(c->alpha);
    if (c->addend) {
        value d = matrix_get(&p->addend, e, i, j);
        sum.re += c->beta * d.re;
        sum.im += c->beta * d.im;
        size += fabs(c->beta) * (fabs(d.re) + fabs(d.im));
    }
    double unit = c->out.dtype == PSI_FLOAT64 ? 0x1p-53 : 0x1p-24;
    bool same_terms = c->a.col_stride == 0 && c->b.row_stride == 0;
    double bound = unit * (2 + (same_terms ? (double)c->k : 2 * sqrt((double)c->k))) * size;
    double widest = fmax(fabs(sum.re), fabs(sum.im)) + bound;
    if (c->out.dtype == PSI_FLOAT16)
        bound += fmax(widest * 0x1p-11, 0x1p-25);
    if (c->out.dtype == PSI_BFLOAT16)
        bound += widest * 0x1p-8;
    value got = matrix_get(&p->out, e, i, j);
    return fabs(got.re - sum.re) <= bound && fabs(got.im - sum.im) <= bound;
}

/* Bytes between rows of the result are left alone. */
static bool gaps_untouched(const problem *p)
{
    const psi_gemm_call *c = &p->call;
    int64_t size = size_of(c->out.dtype);
    for (int e = 0; e < BATCH; e++)
        for (int64_t i = 0; i + 1 < c->m && c->n > 0; i++) {
            const char *row = (const char *)c->out.data + (p->out.offsets[e] + i * c->out.row_stride) * size;
            for (int64_t b = c->n * size; b < c->out.row_stride * size; b++)
                if (row[b] != UNTOUCHED)
                    return false;
        }
    return true;
}

static void check(const problem *p)
{
    const psi_gemm_call *c = &p->call;
    assert_true(gaps_untouched(p));
    int64_t all = c->m * c->n, step = 1 + all / 300;
    for (int e = 0; e < BATCH; e++)
        for (int64_t at = 0; at < all; at += step)
            if (!element_is_right(p, e, at / c->n, at % c->n))
                fail_msg("%d x %d x %d, strides %d %d and %d %d: element %d, %d of entry %d", (int)c->m,
                         (int)c->k, (int)c->n, (int)c->a.row_stride, (int)c->a.col_stride,
                         (int)c->b.row_stride, (int)c->b.col_stride, (int)(at / c->n), (int)(at % c->n), e);
}

static void each_isa(void (*body)(void))
{
    for (int isa = 0; isa < PSI_ISA_COUNT; isa++)
        if (psi_isa_runs((psi_isa)isa)) {
            for (int plain = 0; plain < 2; plain++) {
                psi_gemm_use((psi_isa)isa, plain);
                if (plain == 0 || psi_gemm_kernels_of((psi_isa)isa)->brain)
                    body();
            }
        }
    psi_gemm_use(psi_isa_current(), false);
}

static psi_dtype random_small_type(void)
{
    const psi_dtype types[] = {PSI_FLOAT32, PSI_FLOAT32, PSI_FLOAT16, PSI_BFLOAT16};
    return types[below(4)];
}

/* Sizes that favour edges: zero, one, around the tiles, and past one cut of k. */
static int64_t random_size(void)
{
    int64_t kind = below(10);
    return kind == 0 ? below(3) : kind < 4 ? 1 + below(8) : kind < 8 ? 1 + below(70) : 1 + below(230);
}

static void random_products(psi_dtype fixed, int count)
{
    for (int round = 0; round < count; round++) {
        psi_dtype types[3] = {random_small_type(), random_small_type(), random_small_type()};
        int64_t sizes[3] = {random_size(), random_size(), below(8) ? random_size() : 380 + below(700)};
        int layouts[3] = {(int)below(LAYOUTS), (int)below(LAYOUTS), (int)below(LAYOUTS)};
        if (fixed != PSI_BOOL)
            types[0] = types[1] = types[2] = fixed;
        problem p;
        problem_new(&p, types, sizes, layouts, below(3) == 0);
        if (below(4) == 0)
            p.call.batch = 1;
        bool ok = psi_gemm(&p.call);
        assert_true(ok);
        if (p.call.batch == BATCH)
            check(&p);
        problem_free(&p);
    }
}

static void random_packed(void)
{
    random_products(PSI_BOOL, 150);
    random_products(PSI_BFLOAT16, 60);
}

static void test_random_packed(void **unused)
{
    (void)unused;
    each_isa(random_packed);
}

static void test_random_blas(void **unused)
{
    (void)unused;
    random_products(PSI_FLOAT64, 100);
    random_products(PSI_COMPLEX64, 100);
}

static void vectors(void)
{
    for (int round = 0; round < 120; round++) {
        psi_dtype types[3] = {random_small_type(), random_small_type(), random_small_type()};
        int64_t sizes[3] = {1, 1, 1 + below(round % 10 ? 300 : 9000)};
        sizes[round % 2] = 1 + below(round % 10 == 1 ? 3000 : 300);
        int layouts[3] = {(int)below(LAYOUTS), (int)below(LAYOUTS), (int)below(LAYOUTS)};
        problem p;
        problem_new(&p, types, sizes, layouts, below(3) == 0);
        assert_true(psi_gemm(&p.call));
        check(&p);
        problem_free(&p);
    }
}

static void test_vectors(void **unused)
{
    (void)unused;
    each_isa(vectors);
}

static const int64_t large_sizes[][3] = {{301, 517, 800}, {64, 2100, 385}, {20, 1030, 900}, {900, 40, 70},
                                         {130, 130, 130}, {700, 8, 1200},  {1, 5000, 300},  {5000, 1, 300},
                                         {1, 33000, 70},  {2, 2100, 700},  {16, 1500, 400}, {33, 1100, 620}};

/* Products that are cut in blocks and shared give the same bits alone. */
static void large_products(void)
{
    for (size_t s = 0; s < sizeof large_sizes / sizeof *large_sizes; s++)
        for (int layout = 0; layout < 4; layout++) {
            psi_dtype out = s % 3 == 0 ? PSI_BFLOAT16 : PSI_FLOAT32;
            psi_dtype types[3] = {PSI_FLOAT32, s % 2 ? PSI_FLOAT32 : PSI_FLOAT16, out};
            if (s % 5 == 0)
                types[0] = types[1] = PSI_BFLOAT16;
            int layouts[3] = {layout & 1, layout >> 1, ROWS};
            problem p;
            problem_new(&p, types, large_sizes[s], layouts, s == 2);
            assert_true(psi_set_thread_count(1));
            assert_true(psi_gemm(&p.call));
            check(&p);
            size_t bytes = (size_t)out_bytes(&p);
            void *before = malloc(bytes);
            assert_non_null(before);
            memcpy(before, p.call.out.data, bytes);
            memset(p.call.out.data, UNTOUCHED, bytes);
            assert_true(psi_set_thread_count(2));
            assert_true(psi_gemm(&p.call));
            assert_memory_equal(before, p.call.out.data, bytes);
            free(before);
            problem_free(&p);
        }
}

static void test_large_same_bits(void **unused)
{
    (void)unused;
    int threads = psi_thread_count();
    each_isa(large_products);
    assert_true(psi_set_thread_count(threads));
}

static void test_blas_same_bits(void **unused)
{
    (void)unused;
    int threads = psi_thread_count();
    for (int t = 0; t < 2; t++) {
        psi_dtype type = t ? PSI_FLOAT64 : PSI_COMPLEX64, types[3] = {type, type, type};
        problem p;
        problem_new(&p, types, (int64_t[]){257, 130, 190}, (int[]){ROWS, COLUMNS, ROWS}, false);
        assert_true(psi_set_thread_count(1));
        assert_true(psi_gemm(&p.call));
        check(&p);
        size_t bytes = (size_t)out_bytes(&p);
        void *before = malloc(bytes);
        assert_non_null(before);
        memcpy(before, p.call.out.data, bytes);
        assert_true(psi_set_thread_count(2));
        assert_true(psi_gemm(&p.call));
        assert_memory_equal(before, p.call.out.data, bytes);
        free(before);
        problem_free(&p);
    }
    assert_true(psi_set_thread_count(threads));
}

static void test_no_terms(void **unused)
{
    (void)unused;
    const psi_dtype all[] = {PSI_FLOAT32, PSI_FLOAT16, PSI_BFLOAT16, PSI_FLOAT64, PSI_COMPLEX64};
    for (int t = 0; t < 5; t++)
        for (int add = 0; add < 2; add++)
            for (int64_t m = 0; m < 40; m += 13) {
                psi_dtype types[3] = {all[t], all[t], all[t]};
                problem p;
                problem_new(&p, types, (int64_t[]){m, 21, 0}, (int[]){ROWS, COLUMNS, ONE_ROW}, add);
                assert_true(psi_gemm(&p.call));
                check(&p);
                problem_free(&p);
            }
}

/* NaN and infinity in the addend are not read when beta is 0. */
static void test_beta_zero(void **unused)
{
    (void)unused;
    float a[6] = {1, 2, 3, 4, 5, 6}, b[6] = {1, 0, 0, 1, 1, 1}, bad[1] = {NAN}, out[4];
    psi_gemm_operand addend = {bad, 0, 0, PSI_FLOAT32, NULL};
    psi_gemm_call call = {1,
                          2,
                          2,
                          3,
                          {a, 3, 1, PSI_FLOAT32, NULL},
                          {b, 2, 1, PSI_FLOAT32, NULL},
                          {out, 2, PSI_FLOAT32, NULL},
                          1,
                          0,
                          &addend,
                          NULL,
                          false};
    assert_true(psi_gemm(&call));
    assert_true(out[0] == 4 && out[1] == 5 && out[2] == 10 && out[3] == 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_packed),  cmocka_unit_test(test_random_blas),
        cmocka_unit_test(test_vectors),        cmocka_unit_test(test_large_same_bits),
        cmocka_unit_test(test_blas_same_bits), cmocka_unit_test(test_no_terms),
        cmocka_unit_test(test_beta_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
