/* attention_lanes.c: attention of many queries by the packed engine's tiles. Columns lie in panels of its nr lanes. A
 * block of keys is packed once for all panels of a task; its scores with a panel, a key a row, are both what the softmax
 * runs over without mixing lanes, and the right side of the product with the values: as they lie, or, for tiles of
 * bfloat16, packed once more.
 * Invariant: scratch slot 0 holds all that a task needs. */
#include <string.h>

#include "core/arith.h"
#include "core/pool.h"
#include "cpu/attention_job.h"

typedef struct lanes_task {
    psi_attention_job *j;
    float *query, *value;            /* per panel: features x nr; the queries' packed */
    float *top, *sum, *factor;       /* per column */
    float *keys, *values;            /* packed: keys as rows, features of values as rows */
    float *scores, *mask, *gathered; /* keys x nr, the same, nr rows */
    float *weights;                  /* the scores, packed, where they are not as they lie */
    int64_t entry, range, first, columns;
} lanes_task;

static bool carve(lanes_task *t)
{
    const psi_attention_job *j = t->j;
    int64_t nr = j->gemm->nr, mr = j->tiles->mr, all = psi_round_up(t->columns, nr);
    int64_t row = j->dim > j->key_block ? j->dim : j->key_block;
    int64_t dim = psi_gemm_units(j->tiles, j->dim), keys = psi_gemm_units(j->tiles, j->key_block);
    int64_t sizes[] = {all * dim,
                       all * j->value_dim,
                       all,
                       all,
                       nr,
                       j->key_block * dim,
                       psi_round_up(j->value_dim, mr) * keys,
                       row * nr,
                       j->mask ? j->key_block * nr : 0,
                       row * nr,
                       j->tiles->pack_rows ? keys * nr : 0};
    float **const parts[] = {&t->query,  &t->value,  &t->top,  &t->sum,      &t->factor, &t->keys,
                             &t->values, &t->scores, &t->mask, &t->gathered, &t->weights};
    enum { PARTS = sizeof parts / sizeof *parts };
    int64_t floats = 0;
    for (int i = 0; i < PARTS; i++)
        floats += psi_round_up(sizes[i], 16);
    float *memory = psi_scratch(0, (size_t)floats * sizeof *memory);
    for (int i = 0; memory && i < PARTS; i++) {
        *parts[i] = memory;
        memory += psi_round_up(sizes[i], 16);
    }
    return memory != NULL;
}

/* Lanes of a panel that are columns. */
static int lanes_of(const lanes_task *t, int64_t panel)
{
    int64_t left = t->columns - panel * t->j->gemm->nr;
    return (int)(left < t->j->gemm->nr ? left : t->j->gemm->nr);
}

/* The same rounded up to whole vectors. */
static int padded(const lanes_task *t, int lanes)
{
    return (int)psi_round_up(lanes, t->j->gemm->lanes);
}

static psi_attention_place place_of(const lanes_task *t, int64_t panel, int lane)
{
    return psi_attention_column(t->j, t->entry, t->first + panel * t->j->gemm->nr + lane);
}

static void load_panel(const lanes_task *t, int64_t panel)
{
    const psi_attention_job *j = t->j;
    int lanes = lanes_of(t, panel), nr = j->gemm->nr;
    for (int i = 0; i < nr; i++) {
        psi_attention_place at = place_of(t, panel, i < lanes ? i : 0);
        psi_attention_start(j, at, t->range, &t->top[panel * nr + i], &t->sum[panel * nr + i]);
        if (i < lanes)
            psi_attention_query(j, at, t->gathered + i * j->dim);
    }
    float *to = t->query + panel * nr * psi_gemm_units(j->tiles, j->dim);
    float *rows = j->tiles->pack_rows ? t->scores : to;
    j->gemm->pack_b(PSI_FLOAT32, t->gathered, j->dim, 1, lanes, j->dim, rows);
    if (j->tiles->pack_rows)
        j->tiles->pack_rows(j->dim, rows, to);
}

static void pack_keys(const lanes_task *t, int64_t key, int64_t n)
{
    const psi_attention_job *j = t->j;
    const psi_gemm_kernels *g = j->tiles;
    int64_t mr = g->mr, batch = t->entry / j->groups, head = t->entry % j->groups;
    const int64_t *ks = psi_strides_of(j->k), *vs = psi_strides_of(j->v);
    for (int64_t i = 0; i < n; i += mr)
        g->pack_a((psi_dtype)j->k->dtype, psi_attention_at(j->k, batch, head, key + i, 0), ks[2], ks[3],
                  (int)(n - i < mr ? n - i : mr), j->dim, t->keys + i * psi_gemm_units(g, j->dim));
    for (int64_t i = 0; i < j->value_dim; i += mr)
        g->pack_a((psi_dtype)j->v->dtype, psi_attention_at(j->v, batch, head, key, i), vs[3], vs[2],
                  (int)(j->value_dim - i < mr ? j->value_dim - i : mr), n,
                  t->values + i * psi_gemm_units(g, n));
}

/* out (rows x nr) = or += the product of packed rows and a panel, over k. */
static void multiply(const lanes_task *t, int64_t rows, int64_t k, const float *a, const float *b, int lanes,
                     bool add, float *out)
{
    const psi_gemm_kernels *g = t->j->tiles;
    const psi_gemm_tile_fn *fns = g->packed + (lanes / g->lanes - 1) * g->mr;
    psi_gemm_tile tile = {.k = psi_gemm_units(g, k),
                          .b = b,
                          .a_row = 1,
                          .a_step = g->mr,
                          .b_step = g->nr,
                          .c_row = g->nr,
                          .cols = lanes,
                          .add = add};
    tile.ahead = (const char *)b;
    for (int64_t i = 0; i < rows; i += g->mr) {
        tile.rows = (int)(rows - i < g->mr ? rows - i : g->mr);
        tile.a = a + i * tile.k;
        tile.c = out + i * g->nr;
        fns[tile.rows - 1](&tile);
    }
}

/* Scores as the products of queries and keys should be, before any mask. */
static void apply_scale(const lanes_task *t, int64_t n, int lanes)
{
    const psi_attention_job *j = t->j;
    if (j->late_scale == 1)
        return;
    for (int i = 0; i < lanes; i++)
        t->factor[i] = j->late_scale;
    j->own->scale(n, lanes, t->scores, t->factor);
}

static void apply_mask(const lanes_task *t, int64_t panel, int64_t key, int64_t n)
{
    const psi_attention_job *j = t->j;
    int lanes = lanes_of(t, panel);
    if (!j->mask)
        return;
    for (int i = 0; i < lanes; i++)
        psi_attention_mask(j, place_of(t, panel, i), key, n, t->gathered + i * j->key_block);
    j->gemm->pack_b(PSI_FLOAT32, t->gathered, j->key_block, 1, lanes, n, t->mask);
    (j->mask->dtype == PSI_BOOL ? j->own->keep : j->own->add)(n, padded(t, lanes), t->scores, t->mask);
}

/* Sets the limits of a panel's lanes; false when none of them sees any of the keys, though each sees others. */
static bool find_limits(const lanes_task *t, int64_t panel, int64_t key, int64_t n, int32_t *limits,
                        bool *cuts)
{
    int lanes = lanes_of(t, panel);
    bool seen = false;
    *cuts = false;
    for (int i = 0; i < t->j->gemm->nr; i++) {
        int64_t limit = psi_attention_limit(t->j, place_of(t, panel, i < lanes ? i : 0));
        seen |= limit > key || limit <= 0;
        *cuts |= limit < key + n;
        limits[i] = (int32_t)(limit - key < 0 ? 0 : limit - key < n ? limit - key : n);
    }
    return seen;
}

static void run_panel(const lanes_task *t, int64_t panel, int64_t key, int64_t n)
{
    const psi_attention_job *j = t->j;
    int nr = j->gemm->nr, lanes = padded(t, lanes_of(t, panel));
    int32_t limits[PSI_GEMM_MAX_NR];
    bool cuts = false;
    if (j->causal && !find_limits(t, panel, key, n, limits, &cuts))
        return;
    const float *query = t->query + panel * nr * psi_gemm_units(j->tiles, j->dim), *weights = t->scores;
    multiply(t, n, j->dim, t->keys, query, lanes, false, t->scores);
    apply_scale(t, n, lanes);
    if (cuts)
        j->own->cut(n, lanes, t->scores, limits);
    apply_mask(t, panel, key, n);
    float *value = t->value + panel * nr * j->value_dim;
    psi_attention_state state = {t->top + panel * nr, t->sum + panel * nr, t->factor};
    if (j->own->step(n, lanes, t->scores, state))
        j->own->scale(j->value_dim, lanes, value, t->factor);
    if (j->tiles->pack_rows) {
        j->tiles->pack_rows(n, t->scores, t->weights);
        weights = t->weights;
    }
    multiply(t, j->value_dim, n, t->values, weights, lanes, true, value);
}

/* Turns a panel's results round, nr features at a time, and hands them over. */
static void give_panel(const lanes_task *t, int64_t panel)
{
    const psi_attention_job *j = t->j;
    int lanes = lanes_of(t, panel), nr = j->gemm->nr;
    const float *value = t->value + panel * nr * j->value_dim;
    for (int64_t from = 0; from < j->value_dim; from += nr) {
        int64_t n = j->value_dim - from < nr ? j->value_dim - from : nr;
        j->gemm->pack_b(PSI_FLOAT32, value + from * nr, nr, 1, (int)n, lanes, t->scores);
        for (int i = 0; i < lanes; i++)
            psi_attention_give(j, t->entry, t->first + panel * nr + i, t->range, t->scores + i * nr, from, n,
                               t->top[panel * nr + i], t->sum[panel * nr + i]);
    }
}

void psi_attention_lanes(void *context, int64_t index)
{
    psi_attention_job *j = context;
    int64_t within = index / j->ranges;
    lanes_task t = {.j = j, .entry = within / j->blocks, .range = index % j->ranges};
    t.first = within % j->blocks * j->block;
    t.columns = j->columns - t.first < j->block ? j->columns - t.first : j->block;
    if (!carve(&t)) {
        atomic_store(&j->failed, true);
        return;
    }
    int64_t panels = psi_round_up(t.columns, j->gemm->nr) / j->gemm->nr;
    for (int64_t p = 0; p < panels; p++)
        load_panel(&t, p);
    if (j->tiles->begin)
        j->tiles->begin();
    memset(t.value, 0, (size_t)(panels * j->gemm->nr * j->value_dim) * sizeof *t.value);
    int64_t first = t.range * j->range, last = first + j->range < j->keys ? first + j->range : j->keys;
    for (int64_t key = first; key < last; key += j->key_block) {
        int64_t n = last - key < j->key_block ? last - key : j->key_block;
        pack_keys(&t, key, n);
        for (int64_t p = 0; p < panels; p++)
            run_panel(&t, p, key, n);
    }
    if (j->tiles->end)
        j->tiles->end();
    for (int64_t p = 0; p < panels; p++)
        give_panel(&t, p);
}
