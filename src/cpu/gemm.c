/* gemm.c: plans and runs packed matrix products: cuts the result in blocks, packs panels, calls tile kernels.
 * Invariant: the cut of k depends on sizes, dtypes and strides alone, and each sum is one chain per cut, so neither the
 * number of threads nor the cache sizes change a bit of the result. */
#include "cpu/gemm.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/pool.h"
#include "cpu/gemm_job.h"

#define SMALL_WORK (1 << 18) /* multiply-adds that one task should have at least */
#define SMALL_K 128
#define ENTRY_WORK (1 << 24) /* at most this many are one task when the batch is large */
#define LARGE_BATCH 16
#define TASKS 16 /* aimed at when one product is cut */
#define MAX_COLUMNS 2048
#define STRIP 16 /* units of k of all panels that are packed before the next ones */
#define FEW_ROWS 64
#define FEW_ACROSS 128         /* of k in a cut for few rows, where B's columns are neighbours */
#define FEW_ALONG 512          /* and where its rows are */
#define DIRECT_B (1 << 18)     /* elements of a B that is near enough to be read in no order */
#define PACKED_COLUMNS 1024    /* of a block whose panels of B are shared, at most */
#define LEAST_PACKED (1 << 18) /* floats of B that are packed at a time, */
#define OPERANDS_SHARE 4       /* and past them what part of all operands */

typedef struct product {
    const psi_gemm_call *call;
    const psi_gemm_kernels *kernels;
    int64_t k;              /* in units of the kernels, */
    int64_t k_block;        /* and so is this */
    int64_t mc, row_blocks; /* rows of a block, blocks of a result */
    int64_t nc, col_blocks;
    int64_t entries;         /* whole entries per task; 0: a task is one block */
    bool direct_a, direct_b; /* used where they lie, unpacked */
    bool slabs;              /* blocks pack B for themselves, all columns first */
    const float *packed_b;   /* columns packed_from .. packed_to of the entry at hand, or NULL */
    int64_t packed_entry, packed_from, packed_to;
    atomic_bool failed;
} product;

static pthread_once_t cache_once = PTHREAD_ONCE_INIT;
static int64_t l2_bytes, l3_bytes;

static void read_caches(void)
{
    l2_bytes = psi_gemm_clamp(sysconf(_SC_LEVEL2_CACHE_SIZE), 256 << 10, 4 << 20);
    l3_bytes = psi_gemm_clamp(sysconf(_SC_LEVEL3_CACHE_SIZE), 8 << 20, 16 << 20);
}

static float *workspace(int slot, int64_t floats)
{
    return psi_scratch(slot, (size_t)(floats > 0 ? floats : 1) * sizeof(float));
}

void psi_gemm_run_tile(const psi_gemm_kernels *kernels, const psi_gemm_tile_fn *table, psi_gemm_tile *t,
                       int64_t rows, int64_t cols)
{
    int64_t vectors = psi_gemm_ceil(cols, kernels->lanes);
    psi_gemm_tile_fn fn = table[(vectors - 1) * kernels->mr + rows - 1];
    t->rows = (int)rows;
    t->cols = (int)vectors * kernels->lanes;
    if (vectors * kernels->lanes == cols) {
        fn(t);
        return;
    }
    float edge[PSI_GEMM_MAX_MR * PSI_GEMM_MAX_NR] __attribute__((aligned(64)));
    psi_gemm_tile whole = *t;
    whole.c = edge;
    whole.c_row = kernels->nr;
    whole.add = false;
    fn(&whole);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) {
            float *c = t->c + i * t->c_row + j;
            *c = t->add ? *c + edge[i * kernels->nr + j] : edge[i * kernels->nr + j];
        }
}

/* Elements of a cut of k units. */
static int64_t elements_of(const product *p, int64_t k0, int64_t k)
{
    return psi_gemm_min(k * p->kernels->pair, p->call->k - k0 * p->kernels->pair);
}

/* Rows of one tile: shared out evenly, but where the kernels' own are of a fixed size. */
static int64_t tile_rows(const product *p, int64_t rows)
{
    int64_t mr = p->kernels->mr;
    return p->kernels->pair > 1 ? mr : psi_gemm_ceil(rows, psi_gemm_ceil(rows, mr));
}

/* How many units of k are packed at a time: few where lanes are neighbours, so that memory is read in long runs. */
static int64_t strip_of(int64_t lane_stride, int64_t k)
{
    return lane_stride == 1 ? STRIP : k;
}

static void pack_a_block(const product *p, psi_gemm_part part, int64_t k0, int64_t k, float *to)
{
    const psi_gemm_operand *a = &p->call->a;
    int64_t step = tile_rows(p, part.rows), mr = p->kernels->mr, strip = strip_of(a->row_stride, k);
    for (int64_t at = 0; at < k; at += strip)
        for (int64_t i = 0; i < part.rows; i += step)
            p->kernels->pack_a(
                a->dtype, psi_gemm_at(a, part.entry, part.row + i, (k0 + at) * p->kernels->pair),
                a->row_stride, a->col_stride, (int)psi_gemm_min(step, part.rows - i),
                elements_of(p, k0 + at, psi_gemm_min(strip, k - at)), to + i / step * mr * k + at * mr);
    for (int64_t i = 0; p->call->subtract && i < psi_gemm_ceil(part.rows, step) * mr * k; i++)
        to[i] = -to[i];
}

static void pack_b_panel(product *p, int64_t entry, int64_t k0, int64_t k, int64_t col, int64_t cols,
                         float *panel)
{
    const psi_gemm_operand *b = &p->call->b;
    if (!p->call->packed)
        p->kernels->pack_b(b->dtype, psi_gemm_at(b, entry, k0 * p->kernels->pair, col), b->col_stride,
                           b->row_stride, (int)cols, elements_of(p, k0, k), panel);
    else if (!psi_gemm_packed_panel(p->call, p->kernels, entry, k0, k, col, cols, panel))
        atomic_store(&p->failed, true);
}

/* Packs neighbouring panels, which are `apart` floats from each other. */
static void pack_b_panels(product *p, int64_t entry, int64_t k0, int64_t k, int64_t col, int64_t cols,
                          float *to, int64_t apart)
{
    int64_t nr = p->kernels->nr, strip = p->call->packed ? k : strip_of(p->call->b.col_stride, k);
    for (int64_t i = 0; i < k; i += strip)
        for (int64_t j = 0; j < cols; j += nr)
            pack_b_panel(p, entry, k0 + i, psi_gemm_min(strip, k - i), col + j, psi_gemm_min(nr, cols - j),
                         to + j / nr * apart + i * nr);
}

/* Points the tile at a panel of B: packed before, used in place, or packed now. */
static void find_b(product *p, psi_gemm_part part, int64_t j, int64_t k0, psi_gemm_tile *t, float *panel)
{
    const psi_gemm_operand *b = &p->call->b;
    int64_t nr = p->kernels->nr, col = part.col + j, cols = psi_gemm_min(nr, part.cols - j);
    if (p->packed_b) {
        t->b = p->packed_b + (col - p->packed_from) * p->k + k0 * nr;
        t->b_step = nr;
    } else if (p->direct_b && cols % p->kernels->lanes == 0) {
        t->b = (const float *)(const void *)psi_gemm_at(b, part.entry, k0, col);
        t->b_step = b->row_stride;
    } else {
        if (!p->slabs)
            pack_b_panel(p, part.entry, k0, t->k, col, cols, panel);
        t->b = p->slabs ? panel + j * t->k : panel;
        t->b_step = nr;
    }
}

/* The tiles of a block for one cut of k. */
static void run_cut(product *p, psi_gemm_part part, int64_t k0, int64_t k, float *packed_a, float *panel,
                    float *sums, int64_t sums_row)
{
    const psi_gemm_operand *a = &p->call->a;
    int64_t mr = p->kernels->mr, nr = p->kernels->nr, step = tile_rows(p, part.rows);
    psi_gemm_tile t = {.k = k, .c_row = sums_row, .add = k0 > 0 || p->call->subtract};
    if (!p->direct_a)
        pack_a_block(p, part, k0, k, packed_a);
    if (p->slabs)
        pack_b_panels(p, part.entry, k0, k, part.col, part.cols, panel, nr * k);
    for (int64_t j = 0; j < part.cols; j += nr) {
        find_b(p, part, j, k0, &t, panel);
        bool packed = !p->direct_a && t.b_step == nr;
        const psi_gemm_tile_fn *table = packed ? p->kernels->packed : p->kernels->direct;
        t.a_row = p->direct_a ? a->row_stride : 1;
        t.a_step = p->direct_a ? a->col_stride : mr;
        t.ahead = (const char *)t.b;
        t.ahead_step = 0;
        if ((p->packed_b || p->slabs) && j + nr < part.cols) {
            t.ahead = (const char *)(t.b + nr * (p->slabs ? k : p->k));
            t.ahead_step = psi_gemm_ceil(nr * 4, psi_gemm_ceil(part.rows, step));
        }
        for (int64_t i = 0; i < part.rows; i += step) {
            t.a = p->direct_a ? (const float *)(const void *)psi_gemm_at(a, part.entry, part.row + i, k0)
                              : packed_a + i / step * mr * k;
            t.c = sums + i * sums_row + j;
            psi_gemm_run_tile(p->kernels, table, &t, psi_gemm_min(step, part.rows - i),
                              psi_gemm_min(nr, part.cols - j));
            t.ahead += k * t.ahead_step;
        }
    }
}

static void run_block(product *p, psi_gemm_part part)
{
    const psi_gemm_call *call = p->call;
    const psi_gemm_kernels *kernels = p->kernels;
    int64_t a_floats = p->direct_a ? 0 : psi_gemm_round_up(part.rows, kernels->mr) * p->k_block;
    int64_t b_cols = p->slabs ? psi_gemm_round_up(part.cols, kernels->nr) : kernels->nr;
    int64_t b_floats = p->packed_b ? 0 : b_cols * p->k_block;
    /* Rows of sums are apart by what is no power of two, lest they share a place in the cache. */
    bool own_sums = call->out.dtype != PSI_FLOAT32;
    int64_t sums_row = own_sums ? psi_gemm_round_up(part.cols, 16) + 16 : call->out.row_stride;
    a_floats = psi_gemm_round_up(a_floats, 16);
    float *memory = workspace(PSI_GEMM_SCRATCH, a_floats + b_floats + (own_sums ? part.rows * sums_row : 0));
    if (memory == NULL) {
        atomic_store(&p->failed, true);
        return;
    }
    float *sums = own_sums ? memory + a_floats + b_floats
                           : (float *)(void *)psi_gemm_out_at(&call->out, part.entry, part.row, part.col);
    if (kernels->begin)
        kernels->begin();
    for (int64_t k0 = 0; k0 < p->k; k0 += p->k_block)
        run_cut(p, part, k0, psi_gemm_min(p->k_block, p->k - k0), memory, memory + a_floats, sums, sums_row);
    if (kernels->end)
        kernels->end();
    if (call->k == 0 && !call->subtract)
        for (int64_t i = 0; i < part.rows; i++)
            memset(sums + i * sums_row, 0, (size_t)part.cols * sizeof(float));
    if (!psi_gemm_is_plain(call))
        psi_gemm_finish(call, kernels, part, sums, sums_row);
}

static psi_gemm_part part_of(const product *p, int64_t entry, int64_t row_block, int64_t col, int64_t col_end)
{
    int64_t row = row_block * p->mc;
    return (psi_gemm_part){entry, row, psi_gemm_min(p->mc, p->call->m - row), col,
                           psi_gemm_min(p->nc, col_end - col)};
}

/* A task of several whole entries. */
static void entries_task(void *context, int64_t index)
{
    product *p = context;
    int64_t first = index * p->entries, last = psi_gemm_min(first + p->entries, p->call->batch);
    for (int64_t entry = first; entry < last; entry++)
        for (int64_t col = 0; col < p->call->n; col += p->nc)
            for (int64_t block = 0; block < p->row_blocks; block++)
                run_block(p, part_of(p, entry, block, col, p->call->n));
}

/* A task of one block of one entry. */
static void block_task(void *context, int64_t index)
{
    product *p = context;
    int64_t blocks = p->row_blocks * p->col_blocks, within = index % blocks;
    run_block(p,
              part_of(p, index / blocks, within % p->row_blocks, within / p->row_blocks * p->nc, p->call->n));
}

/* A task of one block against columns packed before. */
static void packed_task(void *context, int64_t index)
{
    product *p = context;
    int64_t col = p->packed_from + index / p->row_blocks * p->nc;
    run_block(p, part_of(p, p->packed_entry, index % p->row_blocks, col, p->packed_to));
}

#define PACK_PANELS 4 /* neighbouring panels that one task packs */

static void pack_b_task(void *context, int64_t index)
{
    product *p = context;
    int64_t k = p->k, cuts = psi_gemm_ceil(k, p->k_block), k0 = index % cuts * p->k_block;
    int64_t rows = psi_gemm_min(p->k_block, k - k0), nr = p->kernels->nr;
    int64_t first = p->packed_from + index / cuts * PACK_PANELS * nr;
    int64_t last = psi_gemm_min(first + PACK_PANELS * nr, p->packed_to);
    pack_b_panels(p, p->packed_entry, k0, rows, first, last - first,
                  (float *)p->packed_b + (first - p->packed_from) * k + k0 * nr, nr * k);
}

/* B is packed once for many row blocks, as many columns at a time as the last cache holds well, and as are little beside
 * the operands. */
static bool run_packed(product *p)
{
    int64_t m = p->call->m, n = p->call->n, k = p->k, nr = p->kernels->nr;
    int64_t room = psi_gemm_clamp((m * k + k * n + m * n) / OPERANDS_SHARE, LEAST_PACKED, l3_bytes / 2 / 4);
    int64_t columns = psi_gemm_clamp(room / k / nr * nr, nr, psi_gemm_round_up(n, nr));
    int64_t blocks = psi_gemm_clamp(TASKS / p->row_blocks, 1, TASKS);
    p->nc = psi_gemm_round_up(psi_gemm_ceil(psi_gemm_min(columns, n), blocks), nr);
    p->nc = psi_gemm_clamp(p->nc, 8 * nr, PACKED_COLUMNS);
    float *memory = workspace(PSI_GEMM_SHARED_SCRATCH, columns * k);
    if (memory == NULL)
        return false;
    p->packed_b = memory;
    for (int64_t entry = 0; entry < p->call->batch; entry++)
        for (int64_t col = 0; col < n; col += columns) {
            p->packed_entry = entry;
            p->packed_from = col;
            p->packed_to = psi_gemm_min(col + columns, n);
            int64_t groups = psi_gemm_ceil(p->packed_to - col, PACK_PANELS * nr);
            psi_parallel(groups * psi_gemm_ceil(k, p->k_block), pack_b_task, p);
            psi_parallel(p->row_blocks * psi_gemm_ceil(p->packed_to - col, p->nc), packed_task, p);
        }
    return true;
}

/* How k is cut: where rows are few, so that B is read in long runs, whichever way it lies. */
static void cut_k(product *p)
{
    const psi_gemm_call *call = p->call;
    int64_t step = p->kernels->step, multiple = step > 16 ? step : 16, most = p->kernels->cut;
    if (call->packed && call->packed->transposed)
        multiple = call->packed->q.group;
    if (call->m <= FEW_ROWS && !call->packed)
        most = call->b.col_stride == 1   ? psi_gemm_min(most, FEW_ACROSS)
               : call->b.row_stride == 1 ? FEW_ALONG
                                         : most;
    p->k = psi_gemm_units(p->kernels, call->k);
    int64_t cuts = psi_gemm_ceil(p->k, most);
    p->k_block = cuts < 2 ? (p->k > 0 ? p->k : 1) : psi_gemm_round_up(psi_gemm_ceil(p->k, cuts), multiple);
}

/* Fills in how the product is cut. */
static void plan(product *p)
{
    const psi_gemm_call *call = p->call;
    int64_t m = call->m, n = call->n, mr = p->kernels->mr, nr = p->kernels->nr;
    double work = (double)m * (double)n * (double)call->k;
    cut_k(p);
    /* Where rows are neighbours, every step of k is in another page: better packed in long runs. */
    p->direct_a = call->a.dtype == PSI_FLOAT32 && call->a.row_stride != 1 && n <= 2 * nr && !call->subtract;
    p->direct_b =
        call->b.dtype == PSI_FLOAT32 && call->b.col_stride == 1 && m <= 2 * mr && n * call->k <= DIRECT_B;
    bool whole = work <= SMALL_WORK || (call->batch >= LARGE_BATCH && work <= ENTRY_WORK);
    p->entries = whole ? (int64_t)(SMALL_WORK / (work + 1)) + 1 : 0;

    int64_t lines = l2_bytes / 2 / (4 * p->k_block), most = psi_gemm_clamp(lines / mr, 4, 24) * mr;
    /* Columns that make packing all of A for them worth it: more where sums are faster. */
    int64_t least = 4 * nr * p->kernels->pair;
    bool wide = m <= most && n >= TASKS / 2 * least;
    int64_t rows = whole || wide ? most : psi_gemm_clamp(psi_gemm_ceil(m, TASKS), 4 * mr, most);
    p->row_blocks = psi_gemm_ceil(m, rows);
    p->mc = psi_gemm_ceil(m, p->row_blocks);
    int64_t step = tile_rows(p, p->mc);
    if (p->kernels->pair > 1 || p->mc % step < step / 2) /* tiles of very few rows are slow */
        p->mc = psi_gemm_round_up(p->mc, step);
    p->row_blocks = psi_gemm_ceil(m, p->mc);
    p->nc = psi_gemm_clamp(lines / nr, 4, MAX_COLUMNS / nr) * nr;
    if (!whole && p->row_blocks < TASKS) {
        int64_t share = psi_gemm_round_up(psi_gemm_ceil(n, TASKS / 2), nr);
        p->nc = psi_gemm_min(p->nc, psi_gemm_clamp(share, least, MAX_COLUMNS));
    }
    p->col_blocks = psi_gemm_ceil(n, p->nc);
}

/* Small float32 products, where planning and packing would cost more than the sums. */
static bool run_small(const psi_gemm_call *call, const psi_gemm_kernels *kernels)
{
    if (call->subtract || call->m > SMALL_WORK || call->n > SMALL_WORK || call->k > SMALL_K || call->k == 0 ||
        (double)call->batch * (double)(call->m * call->n) * (double)call->k > SMALL_WORK)
        return false;
    if (call->a.dtype != PSI_FLOAT32 || call->b.dtype != PSI_FLOAT32 || !psi_gemm_is_plain(call))
        return false;
    float panel[SMALL_K * PSI_GEMM_MAX_NR] __attribute__((aligned(64)));
    product p = {.call = call,
                 .kernels = kernels,
                 .k = call->k,
                 .direct_a = true,
                 .direct_b = call->b.col_stride == 1};
    for (int64_t entry = 0; entry < call->batch; entry++)
        run_cut(&p, (psi_gemm_part){entry, 0, call->m, 0, call->n}, 0, call->k, NULL, panel,
                (float *)(void *)psi_gemm_out_at(&call->out, entry, 0, 0), call->out.row_stride);
    return true;
}

/* Tiles of bfloat16 waste what they are not filled with; yet a large B is packed for them soonest. */
static bool suits_brain(const psi_gemm_call *call)
{
    return !call->packed && call->a.dtype == PSI_BFLOAT16 && call->b.dtype == PSI_BFLOAT16 && call->m >= 2 &&
           call->n >= 16 && call->k >= 16;
}

static bool run_product(const psi_gemm_call *call, const psi_gemm_kernels *kernels)
{
    product p = {.call = call, .kernels = kernels};
    plan(&p);
    bool pack_first = p.entries == 0 && p.row_blocks > 1 && !p.direct_b && p.k > 0 &&
                      p.k <= l3_bytes / 2 / (4 * PACK_PANELS * kernels->nr);
    bool ok = true;
    p.slabs = !p.direct_b && !pack_first && call->b.col_stride == 1 && !call->packed;
    if (pack_first) {
        ok = run_packed(&p);
    } else if (p.entries > 0) {
        psi_parallel(psi_gemm_ceil(call->batch, p.entries), entries_task, &p);
    } else {
        psi_parallel(call->batch * p.row_blocks * p.col_blocks, block_task, &p);
    }
    if (ok && atomic_load(&p.failed)) {
        psi_fail(PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR, "matmul: no scratch memory for a block of %lld x %lld",
                 (long long)p.mc, (long long)p.nc);
        ok = false;
    }
    return ok;
}

extern const psi_gemm_kernels psi_gemm_kernels_v2, psi_gemm_kernels_v3, psi_gemm_kernels_v4,
    psi_gemm_kernels_v4x, psi_gemm_kernels_generic;

const psi_gemm_kernels *psi_gemm_kernels_of(psi_isa isa)
{
    switch (isa) {
#ifdef PSI_HAVE_v3
    case PSI_ISA_v3:
        return &psi_gemm_kernels_v3;
#endif
#ifdef PSI_HAVE_v4
    case PSI_ISA_v4:
        return &psi_gemm_kernels_v4;
#endif
#ifdef PSI_HAVE_v4x
    case PSI_ISA_v4x:
        return &psi_gemm_kernels_v4x;
#endif
    default:
#ifdef PSI_HAVE_generic
        return &psi_gemm_kernels_generic;
#else
        return &psi_gemm_kernels_v2;
#endif
    }
}

static _Atomic(const psi_gemm_kernels *) in_use, brain_in_use;
static _Atomic(const psi_gemm_bytes *) bytes_in_use;

int64_t psi_gemm_cache(int level)
{
    pthread_once(&cache_once, read_caches);
    return level == 2 ? l2_bytes : l3_bytes;
}

const psi_gemm_kernels *psi_gemm_kernels_in_use(void)
{
    const psi_gemm_kernels *kernels = atomic_load_explicit(&in_use, memory_order_acquire);
    if (kernels == NULL) {
        psi_gemm_use(psi_isa_current(), false);
        kernels = atomic_load_explicit(&in_use, memory_order_acquire);
    }
    return kernels;
}

const psi_gemm_kernels *psi_gemm_brain_in_use(void)
{
    psi_gemm_kernels_in_use();
    return atomic_load_explicit(&brain_in_use, memory_order_relaxed);
}

void psi_gemm_use(psi_isa isa, bool plain)
{
    pthread_once(&cache_once, read_caches);
    const psi_gemm_kernels *kernels = psi_gemm_kernels_of(isa);
    bool tiles = !plain && psi_isa_has_tiles();
    atomic_store(&brain_in_use, tiles ? kernels->brain : NULL);
    atomic_store(&bytes_in_use, tiles ? kernels->bytes : NULL);
    atomic_store(&in_use, kernels);
}

bool psi_gemm(const psi_gemm_call *call)
{
    if (call->batch == 0 || call->m == 0 || call->n == 0)
        return true;
    if (call->out.dtype == PSI_FLOAT64 || call->out.dtype == PSI_COMPLEX64)
        return psi_gemm_blas(call);
    const psi_gemm_kernels *kernels = psi_gemm_kernels_in_use();
    bool ok = true;
    const psi_gemm_kernels *brain = psi_gemm_brain_in_use();
    if (brain && suits_brain(call))
        return run_product(call, brain);
    if (call->packed ? psi_gemm_packed_few(call, kernels, &ok) : psi_gemm_vector(call, kernels, &ok))
        return ok;
    if (call->packed && psi_gemm_packed_many(call, kernels, atomic_load(&bytes_in_use), &ok))
        return ok;
    return run_small(call, kernels) || run_product(call, kernels);
}
