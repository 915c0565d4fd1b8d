/* schedule.c: ordering steps for little memory. Steps have numbers, their places in the batch as it was planned, which is
 * a topological order; a view's memory is its source's.
 * Invariant: a step is emitted once, after all that it needs. Nothing here recurses. */
#include "eval/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "ops/op.h"

enum { WORTHWHILE = 1 << 22 }; /* bytes made by a batch */

/* Lists of numbers, one behind the other: those of i are items[start[i]] up to items[start[i + 1]]. */
typedef struct lists {
    int32_t *start, *items;
} lists;

typedef struct schedule {
    psi_batch *batch;
    int count;
    lists needs, users; /* every input of a step once for each time it is read; and the other way round */
    lists readers;      /* per root, the steps that read its memory, through views or not */
    int32_t *height;    /* steps on the longest way here */
    int32_t *root;      /* the step whose memory it has; -1: one from before the plan */
    int32_t *left;      /* needs not emitted yet; -1 once it is emitted itself */
    int32_t *unread;    /* per root: readings to come */
    int32_t *stack, *cursor, *order;
    int32_t depth, emitted;
    double *bytes; /* that a root makes */
    bool *held;    /* per root: by somebody outside, too */
} schedule;

bool psi_is_view(int op)
{
    switch (op) {
    case PSI_OP_copy:
    case PSI_OP_stop_gradient:
    case PSI_OP_broadcast:
    case PSI_OP_reshape:
    case PSI_OP_transpose:
    case PSI_OP_expand_dims:
    case PSI_OP_squeeze:
    case PSI_OP_flatten:
    case PSI_OP_unflatten:
    case PSI_OP_split:
    case PSI_OP_slice:
    case PSI_OP_as_strided:
        return true;
    default:
        return false;
    }
}

/* A double, as sums of broadcast arrays' bytes may be past 64 bits. */
static double bytes_of(const psi_node *node)
{
    double bytes = 0;
    for (int i = 0; i < node->out_count; i++)
        bytes += (double)node->out[i].size * (double)psi_dtype_size((psi_dtype)node->out[i].dtype);
    return bytes;
}

/* The number of an input's step, or -1 for one that has values or is of the same step. */
static int32_t step_of(psi_array in, uint32_t epoch, int32_t self)
{
    const psi_node *node = psi_node_of(in);
    int state = atomic_load_explicit(&((psi_node *)node)->state, memory_order_relaxed);
    if (node->mark != epoch || (state != PSI_PENDING && state != PSI_BROKEN) || (int32_t)node->place == self)
        return -1;
    return (int32_t)node->place;
}

/* Numbers the steps by way of their nodes; what they make, and how often they read. */
static double measure(psi_batch *batch, int64_t *reads)
{
    double total = 0;
    for (int i = 0; i < batch->count; i++)
        for (int k = 0; k < batch->steps[i].count; k++) {
            psi_node *node = batch->steps[i].nodes[k];
            node->place = (uint32_t)i;
            *reads += node->in_count;
            total += batch->steps[i].stored[k] ? bytes_of(node) : 0;
        }
    return total;
}

static void describe(schedule *s, int i, uint32_t epoch)
{
    const psi_step *step = &s->batch->steps[i];
    int32_t at = s->needs.start[i];
    s->bytes[i] = 0;
    s->root[i] = i;
    for (int k = 0; k < step->count; k++) {
        const psi_node *node = step->nodes[k];
        for (int n = 0; n < node->in_count; n++) {
            int32_t from = step_of(psi_source_of(node->in[n]), epoch, i);
            if (from < 0)
                continue;
            s->needs.items[at++] = from;
            if (s->height[from] >= s->height[i])
                s->height[i] = s->height[from] + 1;
        }
        if (step->stored[k])
            s->bytes[i] += bytes_of(node);
    }
    s->needs.start[i + 1] = at;
    s->left[i] = at - s->needs.start[i];
    const psi_node *last = step->nodes[step->count - 1];
    if (step->count == 1 && psi_is_view(last->op)) {
        int32_t from = step_of(last->in[0], epoch, i);
        s->root[i] = from < 0 ? -1 : s->root[from];
        s->bytes[i] = 0;
    }
    for (int k = 0; k < step->count && s->root[i] >= 0; k++)
        if (step->stored[k] &&
            atomic_load(&step->nodes[k]->refs) > (int)step->nodes[k]->uses + (k + 1 < step->count))
            s->held[s->root[i]] = true;
}

static bool is_own(const schedule *s, int32_t i)
{
    return s->root[i] == i;
}

/* Fills `to` with the steps that need each step or, by roots, that read each root and are no views. */
static void turn_round(const schedule *s, lists to, bool by_root)
{
    for (int fill = 0; fill < 2; fill++) {
        for (int32_t i = 0; i < s->count; i++)
            for (int32_t k = s->needs.start[i]; k < s->needs.start[i + 1]; k++) {
                int32_t from = by_root ? s->root[s->needs.items[k]] : s->needs.items[k];
                if (from < 0 || (by_root && !is_own(s, i)))
                    continue;
                if (fill)
                    to.items[to.start[from + 1]++] = i;
                else
                    to.start[from + 2]++;
            }
        for (int i = 0; i < s->count && !fill; i++)
            to.start[i + 2] += to.start[i + 1];
    }
}

/* True when running it now gives back at least what it makes. */
static bool is_freeing(schedule *s, int32_t i)
{
    double freed = 0;
    const int32_t *needs = s->needs.items + s->needs.start[i];
    int32_t count = is_own(s, i) ? s->needs.start[i + 1] - s->needs.start[i] : 0;
    for (int32_t k = 0; k < count; k++) {
        int32_t root = s->root[needs[k]];
        if (root >= 0 && --s->unread[root] == 0 && !s->held[root])
            freed += s->bytes[root];
    }
    for (int32_t k = 0; k < count; k++)
        if (s->root[needs[k]] >= 0)
            s->unread[s->root[needs[k]]]++;
    return freed >= s->bytes[i];
}

static void consider(schedule *s, int32_t i)
{
    if (s->left[i] == 0 && is_freeing(s, i)) {
        s->left[i] = -1;
        s->order[s->emitted++] = i;
    }
}

static void consider_all(schedule *s, lists of, int32_t i)
{
    for (int32_t k = of.start[i]; k < of.start[i + 1]; k++)
        consider(s, of.items[k]);
}

/* Emits a step that can run, and then what that makes worth running: the list itself is the queue. */
static void emit(schedule *s, int32_t first)
{
    int32_t done = s->emitted;
    s->left[first] = -1;
    s->order[s->emitted++] = first;
    for (; done < s->emitted; done++) {
        int32_t i = s->order[done];
        for (int32_t k = s->users.start[i]; k < s->users.start[i + 1]; k++)
            s->left[s->users.items[k]]--;
        for (int32_t k = s->needs.start[i]; k < s->needs.start[i + 1] && is_own(s, i); k++) {
            int32_t root = s->root[s->needs.items[k]];
            if (root >= 0 && --s->unread[root] == 1)
                consider_all(s, s->readers, root);
        }
        consider_all(s, s->users, i);
    }
}

static const schedule *sorting; /* under the graph lock */

static int by_height(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    int32_t hx = sorting->height[x], hy = sorting->height[y];
    return hx != hy ? (hx < hy) - (hx > hy) : (x > y) - (x < y);
}

/* Depth first from one step, longer branches before shorter ones. */
static void visit(schedule *s, int32_t from)
{
    s->stack[s->depth++] = from;
    while (s->depth) {
        int32_t i = s->stack[s->depth - 1];
        if (s->left[i] <= 0) {
            s->depth--;
            if (s->left[i] == 0)
                emit(s, i);
            continue;
        }
        int32_t next = s->needs.items[s->cursor[i]++];
        if (s->left[next] >= 0)
            s->stack[s->depth++] = next;
    }
}

static void arrange(schedule *s, uint32_t epoch)
{
    for (int i = 0; i < s->count; i++)
        describe(s, i, epoch);
    turn_round(s, s->users, false);
    turn_round(s, s->readers, true);
    for (int i = 0; i < s->count; i++)
        s->unread[i] = s->readers.start[i + 1] - s->readers.start[i];
    sorting = s;
    for (int i = 0; i < s->count; i++) {
        s->cursor[i] = s->needs.start[i];
        qsort(s->needs.items + s->needs.start[i], (size_t)s->left[i], sizeof *s->needs.items, by_height);
    }
    for (int32_t i = 0; i < s->count; i++)
        if (s->users.start[i] == s->users.start[i + 1])
            visit(s, i);
}

bool psi_schedule(psi_batch *batch, uint32_t epoch)
{
    int64_t reads = 0;
    if (batch->count < 3 || measure(batch, &reads) < WORTHWHILE || reads > INT32_MAX)
        return true;
    size_t n = (size_t)batch->count, list = n + 2 + (size_t)reads;
    int32_t *memory = psi_calloc(7 * n + 3 * list, sizeof *memory), *at = memory;
    double *bytes = psi_calloc(n, sizeof *bytes);
    bool *held = psi_calloc(n, sizeof *held);
    psi_step *steps = psi_malloc(n * sizeof *steps);
    bool ok = memory && bytes && held && steps;
    if (ok) {
        schedule s = {.batch = batch, .count = batch->count, .bytes = bytes, .held = held};
        int32_t **parts[] = {&s.height, &s.root, &s.left, &s.unread, &s.stack, &s.cursor, &s.order};
        lists *all[] = {&s.needs, &s.users, &s.readers};
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++, at += n)
            *parts[i] = at;
        for (size_t i = 0; i < sizeof all / sizeof *all; i++, at += list)
            *all[i] = (lists){at, at + n + 2};
        arrange(&s, epoch);
        memcpy(steps, batch->steps, n * sizeof *steps);
        for (int i = 0; i < s.emitted; i++)
            batch->steps[i] = steps[s.order[i]];
    }
    psi_free(memory);
    psi_free(bytes);
    psi_free(held);
    psi_free(steps);
    return ok;
}
