/* conv_tiles.c: convolution in float32 tiles. A block of positions copies the input it reads to a window and runs tiles
 * of rows of it, unpacked, against panels of the weight; no patch is ever written out, so memory beyond operands is the
 * packed weight and a window per thread.
 * Invariant: passes and cuts of a sum depend on sizes alone, so threads and cache sizes change no bits. */
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/pool.h"
#include "cpu/conv.h"
#include "cpu/kernels.h"

#define K_BLOCK 384       /* terms of one chain of sums */
#define PASS_CHANNELS 128 /* of one window */
#define PASS_FLOATS 32768 /* of a window that holds few positions: what is read with all taps may be more */
#define PASS_POSITIONS 16
#define MOST_POSITIONS 512 /* of a block */
#define MOST_COLUMNS 512
#define TASKS 16             /* aimed at */
#define SMALL_WORK (1 << 18) /* multiply-adds that a block should have at least */
#define TOO_LARGE (1 << 28)  /* floats of a window: counted no further */

typedef struct conv_job {
    const psi_conv *c;
    const psi_gemm_kernels *kernels;
    int64_t channels, channel_cuts; /* of a pass, and how many make all of them */
    int64_t taps[PSI_CONV_AXES], tap_cuts[PSI_CONV_AXES], passes;
    int64_t box[PSI_CONV_AXES], boxes[PSI_CONV_AXES], all_boxes; /* positions of a block */
    int64_t columns, column_cuts;
    int64_t total; /* terms of a whole sum */
    float *packed; /* panels of nr columns from packed_from on; depthwise: rows of all columns */
    int64_t packed_from, packed_to;
    atomic_bool failed;
} conv_job;

/* ---- passes: the windows that a sum is made of, and their order in the packed weight ---- */

/* Fills in the taps and channels of a pass; returns how many terms the passes before it have. */
static int64_t pass_of(const conv_job *job, int64_t pass, psi_conv_part *part)
{
    const psi_conv *c = job->c;
    int64_t taps = 1, before = 0, all = psi_conv_taps(c);
    for (int i = PSI_CONV_AXES; i-- > 0; pass /= job->tap_cuts[i]) {
        part->tap[i] = pass % job->tap_cuts[i] * job->taps[i];
        part->taps[i] = psi_gemm_min(job->taps[i], c->axis[i].taps - part->tap[i]);
    }
    for (int i = 0; i < PSI_CONV_AXES; i++) {
        all /= c->axis[i].taps;
        before += taps * part->tap[i] * all;
        taps *= part->taps[i];
    }
    part->channel = pass * job->channels;
    part->channels = psi_gemm_min(job->channels, c->channels - part->channel);
    return c->depthwise ? before * c->inner : part->channel * psi_conv_taps(c) + before * part->channels;
}

static int64_t part_taps(const psi_conv_part *part)
{
    return part->taps[0] * part->taps[1] * part->taps[2] * part->taps[3];
}

/* Offset of a tap of the part, given steps per tap of each axis. */
static int64_t tap_offset(const psi_conv_part *part, int64_t tap, const int64_t step[PSI_CONV_AXES])
{
    int64_t at = 0;
    for (int i = PSI_CONV_AXES; i-- > 0; tap /= part->taps[i])
        at += tap % part->taps[i] * step[i];
    return at;
}

static const char *weight_at(const psi_conv *c, const psi_conv_part *part, int64_t tap, int64_t channel,
                             int64_t column)
{
    int64_t step[PSI_CONV_AXES], at = channel * c->weight_channel + column * c->weight_column;
    for (int i = 0; i < PSI_CONV_AXES; i++) {
        step[i] = c->axis[i].weight_stride;
        at += part->tap[i] * step[i];
    }
    return c->weight + (at + tap_offset(part, tap, step)) * psi_gemm_size(c->dtype);
}

/* One pass of one panel. */
static void pack_task(void *context, int64_t index)
{
    conv_job *job = context;
    const psi_conv *c = job->c;
    const int64_t nr = job->kernels->nr, column = job->packed_from + index / job->passes * nr;
    psi_conv_part part = {0};
    float *to = job->packed + (column - job->packed_from) * job->total;
    to += pass_of(job, index % job->passes, &part) * nr;
    for (int64_t tap = 0; tap < part_taps(&part); tap++, to += part.channels * nr)
        job->kernels->pack_b(c->dtype, weight_at(c, &part, tap, part.channel, column), c->weight_column,
                             c->weight_channel, (int)psi_gemm_min(nr, job->packed_to - column), part.channels,
                             to);
}

static int64_t depthwise_width(const conv_job *job)
{
    return psi_gemm_round_up(job->c->columns, job->kernels->lanes) + job->kernels->lanes;
}

/* One pass of a depthwise weight: a row of columns per tap and channel. */
static void pack_depthwise(conv_job *job, int64_t pass)
{
    const psi_conv *c = job->c;
    psi_conv_part part = {0};
    const int64_t width = depthwise_width(job);
    float *to = job->packed + pass_of(job, pass, &part) * width;
    for (int64_t tap = 0; tap < part_taps(&part); tap++)
        for (int64_t i = 0; i < c->inner; i++, to += width)
            job->kernels->load(c->dtype, c->columns, weight_at(c, &part, tap, i, 0), c->weight_column, to);
}

/* ---- a block ---- */

typedef struct block {
    conv_job *job;
    psi_conv_part part;
    int64_t column, columns;
    int64_t width; /* floats of a row of channels in the window */
    const float *window;
    float *sums; /* own rows of `columns`, or NULL: the result itself */
    bool add;
} block;

/* Where the sums of a line of positions start, and how far rows are apart. */
static float *line_sums(const block *b, int64_t line, int64_t *row)
{
    const psi_conv *c = b->job->c;
    if (b->sums) {
        *row = b->columns;
        return b->sums + line * b->part.positions[3] * b->columns;
    }
    int64_t at = b->column + b->part.at[3] * c->axis[3].out_stride;
    for (int i = 2; i >= 0; line /= b->part.positions[i], i--)
        at += (b->part.at[i] + line % b->part.positions[i]) * c->axis[i].out_stride;
    *row = c->axis[3].out_stride;
    return (float *)(void *)c->out + at;
}

/* Floats of the window from one place to the next, per axis. */
static void window_steps(const block *b, int64_t step[PSI_CONV_AXES])
{
    int64_t width = b->width * b->job->c->inner;
    for (int i = PSI_CONV_AXES; i-- > 0;) {
        step[i] = width;
        width *= psi_conv_extent(&b->job->c->axis[i], b->part.positions[i], b->part.taps[i]);
    }
}

static const float *line_window(const block *b, int64_t line, const int64_t step[PSI_CONV_AXES])
{
    int64_t at = 0;
    for (int i = 2; i >= 0; line /= b->part.positions[i], i--)
        at += line % b->part.positions[i] * b->job->c->axis[i].stride * step[i];
    return b->window + at;
}

/* All tiles of one cut of the sum: t says its runs, and `panel` is the packed weight's first panel there. */
static void run_cut(const block *b, psi_gemm_tile *t, const float *panel, const int64_t step[PSI_CONV_AXES])
{
    const psi_gemm_kernels *kernels = b->job->kernels;
    const int64_t *positions = b->part.positions, nr = kernels->nr,
                  lines = positions[0] * positions[1] * positions[2];
    const int64_t rows = psi_gemm_ceil(positions[3], psi_gemm_ceil(positions[3], kernels->mr));
    t->a_row = b->job->c->axis[3].stride * step[3];
    for (int64_t j = 0; j < b->columns; j += nr, panel += b->job->total * nr) {
        t->b = panel;
        for (int64_t line = 0; line < lines; line++) {
            const float *window = line_window(b, line, step);
            float *sums = line_sums(b, line, &t->c_row) + j;
            for (int64_t i = 0; i < positions[3]; i += rows) {
                t->a = window + i * t->a_row;
                t->c = sums + i * t->c_row;
                psi_gemm_run_tile(kernels, kernels->patches, t, psi_gemm_min(rows, positions[3] - i),
                                  psi_gemm_min(nr, b->columns - j));
            }
        }
    }
}

/* The same where each channel has a sum of its own. */
static void run_cut_depthwise(const block *b, psi_gemm_tile *t, const int64_t step[PSI_CONV_AXES])
{
    const int64_t *positions = b->part.positions, lines = positions[0] * positions[1] * positions[2];
    t->a_row = b->job->c->axis[3].stride * step[3];
    for (int64_t line = 0; line < lines; line++) {
        t->a = line_window(b, line, step);
        t->c = line_sums(b, line, &t->c_row);
        b->job->kernels->depthwise(t, positions[3], b->columns);
    }
}

/* The cuts of a pass whose window is filled; `before` is how many terms went before. */
static void run_pass(block *b, int64_t before)
{
    const conv_job *job = b->job;
    const psi_conv *c = job->c;
    psi_conv_part *part = &b->part;
    int64_t step[PSI_CONV_AXES], move[PSI_CONV_AXES], offsets[K_BLOCK];
    window_steps(b, step);
    for (int i = 0; i < PSI_CONV_AXES; i++)
        move[i] = step[i] * c->axis[i].move;
    /* Taps that are neighbours in the window make one run. */
    int64_t run = part->channels, merged = 1, taps = part_taps(part);
    if (!c->depthwise && (c->axis[3].move == 1 || part->taps[3] == 1) && part->taps[3] * run <= K_BLOCK)
        merged = part->taps[3];
    run = c->depthwise ? 1 : run * merged;
    const int64_t runs = taps / merged * c->inner, most = psi_gemm_clamp(K_BLOCK / run, 1, K_BLOCK);
    const int64_t each = psi_gemm_ceil(runs, psi_gemm_ceil(runs, most));
    for (int64_t from = 0; from < runs; from += each) {
        psi_gemm_tile t = {
            .k = run, .offsets = offsets, .parts = psi_gemm_min(each, runs - from), .add = b->add};
        for (int64_t i = from; i < from + t.parts; i++)
            offsets[i - from] = tap_offset(part, i / c->inner * merged, move) + i % c->inner * b->width;
        if (c->depthwise) {
            t.b_step = depthwise_width(job);
            t.b = job->packed + (before + from) * t.b_step + b->column;
            run_cut_depthwise(b, &t, step);
        } else {
            const float *panel = job->packed + (b->column - job->packed_from) * job->total;
            run_cut(b, &t, panel + (before + from * run) * job->kernels->nr, step);
        }
        b->add = true;
    }
}

static int64_t block_positions(const psi_conv_part *part)
{
    return part->positions[0] * part->positions[1] * part->positions[2] * part->positions[3];
}

static int64_t window_floats(const conv_job *job, const int64_t positions[PSI_CONV_AXES])
{
    int64_t floats =
        psi_gemm_round_up(job->channels, job->c->depthwise ? job->kernels->lanes : 1) * job->c->inner;
    for (int i = 0; i < PSI_CONV_AXES; i++)
        floats =
            psi_gemm_min(floats * psi_conv_extent(&job->c->axis[i], positions[i], job->taps[i]), TOO_LARGE);
    return floats;
}

/* Rounds a block's own sums into the result. */
static void store_sums(const block *b)
{
    const psi_conv *c = b->job->c;
    const int64_t size = psi_gemm_size(c->dtype), all = block_positions(&b->part);
    for (int64_t i = 0; i < all; i++) {
        int64_t rest = i, at = b->column;
        for (int k = PSI_CONV_AXES; k-- > 0; rest /= b->part.positions[k])
            at += (b->part.at[k] + rest % b->part.positions[k]) * c->axis[k].out_stride;
        b->job->kernels->store(c->dtype, b->columns, b->sums + i * b->columns, c->out + at * size);
    }
}

static void block_task(void *context, int64_t index)
{
    conv_job *job = context;
    const psi_conv *c = job->c;
    block b = {.job = job};
    const int64_t from = c->depthwise ? 0 : job->packed_from, to = c->depthwise ? c->columns : job->packed_to;
    b.column = from + index / job->all_boxes * job->columns;
    b.columns = psi_gemm_min(job->columns, to - b.column);
    int64_t rest = index % job->all_boxes;
    for (int i = PSI_CONV_AXES; i-- > 0; rest /= job->boxes[i]) {
        b.part.at[i] = rest % job->boxes[i] * job->box[i];
        b.part.positions[i] = psi_gemm_min(job->box[i], c->axis[i].count - b.part.at[i]);
    }
    const int64_t window = psi_gemm_round_up(window_floats(job, b.part.positions), 16);
    const bool own = c->dtype != PSI_FLOAT32;
    float *memory =
        psi_scratch(PSI_CONV_SCRATCH,
                    (size_t)(window + (own ? block_positions(&b.part) * b.columns : 0)) * sizeof *memory);
    if (!memory) {
        atomic_store(&job->failed, true);
        return;
    }
    b.window = memory;
    b.sums = own ? memory + window : NULL;
    for (int64_t pass = 0; pass < job->passes; pass++) {
        int64_t before = pass_of(job, pass, &b.part);
        if (c->depthwise) {
            b.part.channel = b.column;
            b.part.channels = b.columns;
        }
        b.width = psi_gemm_round_up(b.part.channels, c->depthwise ? job->kernels->lanes : 1);
        psi_conv_window(c, job->kernels, &b.part, b.width, memory);
        run_pass(&b, before);
    }
    if (own)
        store_sums(&b);
}

/* ---- the plan ---- */

/* An even share of `whole`, of at most `most`. */
static int64_t share(int64_t whole, int64_t most)
{
    return psi_gemm_ceil(whole, psi_gemm_ceil(whole, most > 1 ? most : 1));
}

/* How the terms of a sum are cut in passes. */
static void plan_passes(conv_job *job)
{
    const psi_conv *c = job->c;
    job->channels = share(c->channels, PASS_CHANNELS);
    if (c->depthwise)
        job->channels = psi_gemm_round_up(job->channels, c->multiple);
    job->channel_cuts = c->depthwise ? 1 : psi_gemm_ceil(c->channels, job->channels);
    job->passes = job->channel_cuts;
    int64_t floats = job->channels;
    for (int i = PSI_CONV_AXES; i-- > 0;) {
        const psi_conv_axis *a = &c->axis[i];
        int64_t others = i == PSI_CONV_AXES - 1 ? psi_gemm_min(a->count, PASS_POSITIONS) - 1 : 0;
        int64_t room = PASS_FLOATS / floats - others * a->stride - 1;
        job->taps[i] = share(a->taps, a->move && room > 0 ? room / a->move + 1 : a->move ? 1 : a->taps);
        job->tap_cuts[i] = psi_gemm_ceil(a->taps, job->taps[i]);
        job->passes *= job->tap_cuts[i];
        floats *= psi_conv_extent(a, others + 1, job->taps[i]);
        floats = psi_gemm_min(floats, PASS_FLOATS);
    }
}

/* Lets a block have more positions along an axis, at most `most` there, while blocks are small. */
static void grow(conv_job *job, int i, int64_t most, int64_t positions)
{
    int64_t others = 1, budget = psi_gemm_cache(2) / 2 / (int64_t)sizeof(float);
    for (int k = 0; k < PSI_CONV_AXES; k++)
        others *= k == i ? 1 : job->box[k];
    most = psi_gemm_min(most, job->c->axis[i].count);
    int64_t low = job->box[i],
            high = psi_gemm_clamp(psi_gemm_ceil(positions, others), low, most > low ? most : low);
    while (low < high) {
        job->box[i] = (low + high + 1) / 2;
        if (window_floats(job, job->box) <= budget)
            low = job->box[i];
        else
            high = job->box[i] - 1;
    }
    job->box[i] = share(job->c->axis[i].count, low);
}

/* How positions and columns are cut in tasks. */
static void plan_blocks(conv_job *job)
{
    const psi_conv *c = job->c;
    int64_t all = 1, mr = job->kernels->mr, nr = job->kernels->nr;
    for (int i = 0; i < PSI_CONV_AXES; i++) {
        all *= c->axis[i].count;
        job->box[i] = 1;
    }
    int64_t work = job->total * (c->depthwise ? job->channels : c->columns);
    int64_t positions = psi_gemm_clamp(all / TASKS, 4 * mr, MOST_POSITIONS);
    positions = positions * work < SMALL_WORK ? psi_gemm_ceil(SMALL_WORK, work) : positions;
    grow(job, 3, 2 * mr, positions);
    for (int i = 2; i >= 0; i--)
        grow(job, i, c->axis[i].count, positions);
    grow(job, 3, c->axis[3].count, positions);
    job->all_boxes = 1;
    for (int i = 0; i < PSI_CONV_AXES; i++) {
        job->boxes[i] = psi_gemm_ceil(c->axis[i].count, job->box[i]);
        job->all_boxes *= job->boxes[i];
    }
    if (c->depthwise) {
        job->columns = job->channels;
        return;
    }
    int64_t cuts = psi_gemm_min(psi_gemm_ceil(TASKS, job->all_boxes), psi_gemm_ceil(c->columns, 2 * nr));
    job->columns = psi_gemm_round_up(share(c->columns, psi_gemm_ceil(c->columns, cuts)), nr);
    job->columns = psi_gemm_min(job->columns, MOST_COLUMNS);
}

/* A phase without taps: its positions are zero. */
static void clear(const psi_conv *c)
{
    const int64_t size = psi_gemm_size(c->dtype),
                  all = c->axis[0].count * c->axis[1].count * c->axis[2].count * c->axis[3].count;
    for (int64_t i = 0; i < all; i++) {
        int64_t rest = i, at = 0;
        for (int k = PSI_CONV_AXES; k-- > 0; rest /= c->axis[k].count)
            at += rest % c->axis[k].count * c->axis[k].out_stride;
        memset(c->out + at * size, 0, (size_t)(c->columns * size));
    }
}

/* Columns whose panels the last cache holds well are packed and used, then the next. */
static bool run(conv_job *job)
{
    const psi_conv *c = job->c;
    const int64_t nr = job->kernels->nr, bytes = job->total * (int64_t)sizeof(float);
    int64_t columns =
        psi_gemm_clamp(psi_gemm_cache(3) / 2 / bytes / nr * nr, nr, psi_gemm_round_up(c->columns, nr));
    size_t floats = (size_t)((c->depthwise ? depthwise_width(job) : columns) * job->total);
    psi_buffer *packed = psi_buffer_new(floats * sizeof(float));
    if (!packed)
        return false;
    job->packed = packed->data;
    if (c->depthwise) {
        memset(job->packed, 0, floats * sizeof(float));
        for (int64_t pass = 0; pass < job->passes; pass++)
            pack_depthwise(job, pass);
        psi_parallel(job->all_boxes * psi_gemm_ceil(c->columns, job->columns), block_task, job);
    } else {
        for (int64_t from = 0; from < c->columns; from += columns) {
            job->packed_from = from;
            job->packed_to = psi_gemm_min(from + columns, c->columns);
            psi_parallel(psi_gemm_ceil(job->packed_to - from, nr) * job->passes, pack_task, job);
            psi_parallel(job->all_boxes * psi_gemm_ceil(job->packed_to - from, job->columns), block_task,
                         job);
        }
    }
    psi_buffer_release(packed);
    return true;
}

bool psi_conv_tiles(const psi_conv *c)
{
    conv_job job = {.c = c, .kernels = psi_gemm_kernels_in_use()};
    if (psi_conv_taps(c) == 0) {
        clear(c);
        return true;
    }
    job.total = psi_conv_taps(c) * (c->depthwise ? c->inner : c->channels);
    plan_passes(&job);
    plan_blocks(&job);
    if (!run(&job))
        return false;
    return psi_tasks_done(&job.failed, "conv");
}
