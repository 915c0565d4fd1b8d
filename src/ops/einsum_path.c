/* einsum_path.c: in which order an Einstein summation contracts its operands: two at a time, each time those that free
 * the most elements, while no intermediate is larger than the largest term and no more is computed than in one go. */
#include <string.h>

#include "core/thread.h"
#include "ops/build.h"
#include "ops/einsum.h"

/* A pair of terms and what their contraction would be. */
typedef struct pair {
    int first, second, letters;
    int64_t freed, cost;
    uint64_t output;
} pair;

typedef struct search {
    psi_einsum_plan *plan;
    uint64_t *sets;                       /* of the terms that are left */
    int left, counts[PSI_EINSUM_LETTERS]; /* how many of them have a letter */
    pair *pairs;
    int pair_count;
    int64_t largest;
} search;

static int64_t times(int64_t a, int64_t b)
{
    int64_t y;
    return __builtin_mul_overflow(a, b, &y) ? INT64_MAX : y;
}

static int64_t plus(int64_t a, int64_t b)
{
    int64_t y;
    return __builtin_add_overflow(a, b, &y) ? INT64_MAX : y;
}

static int64_t size_of(const psi_einsum_plan *plan, uint64_t set)
{
    int64_t size = 1;
    for (; set; set &= set - 1)
        size = times(size, plan->lengths[__builtin_ctzll(set)]);
    return size;
}

static int64_t term_size(const psi_einsum_plan *plan, const psi_einsum_term *term)
{
    int64_t size = 1;
    for (int i = 0; i < term->count; i++)
        size = times(size, plan->lengths[term->letters[i]]);
    return size;
}

/* Products of `terms` factors at each place, and an addition where letters are summed. */
static int64_t cost_of(const psi_einsum_plan *plan, uint64_t letters, bool sums, int terms)
{
    return times(size_of(plan, letters), (terms > 2 ? terms - 1 : 1) + sums);
}

static int64_t one_go(const psi_einsum_plan *plan, const uint64_t *sets, int count, int *letters)
{
    uint64_t all = 0;
    for (int i = 0; i < count; i++)
        all |= sets[i];
    *letters = __builtin_popcountll(all);
    return cost_of(plan, all, (all & ~plan->output.set) != 0, count);
}

static void count_letters(search *s, uint64_t set, int by)
{
    for (; set; set &= set - 1)
        s->counts[__builtin_ctzll(set)] += by;
}

/* Considers one pair; letters stay that the output or another term has. */
static void consider(search *s, int first, int second)
{
    uint64_t a = s->sets[first], b = s->sets[second], kept = 0;
    for (uint64_t rest = a | b; rest; rest &= rest - 1) {
        int letter = __builtin_ctzll(rest);
        int here = (int)(a >> letter & 1) + (int)(b >> letter & 1);
        if (psi_einsum_has(&s->plan->output, letter) || s->counts[letter] > here)
            kept |= psi_einsum_bit(letter);
    }
    int64_t size = size_of(s->plan, kept), cost = cost_of(s->plan, a | b, kept != (a | b), 2);
    if (size > s->largest || plus(s->plan->cost, cost) > s->plan->naive_cost)
        return;
    int64_t freed = plus(size_of(s->plan, a), size_of(s->plan, b)) - size;
    s->pairs[s->pair_count++] = (pair){first, second, __builtin_popcountll(a | b), freed, cost, kept};
}

/* Pairs that the latest term makes possible, or all in the first turn; outer products only where nothing else is left. */
static void extend(search *s, bool all)
{
    for (int outer = 0; outer < 2 && (!outer || !s->pair_count); outer++)
        for (int i = 0; i < s->left - 1; i++)
            for (int j = all ? i + 1 : s->left - 1; j < s->left; j++)
                if (outer || s->sets[i] & s->sets[j])
                    consider(s, i, j);
}

static pair best_of(const search *s)
{
    pair best = s->pairs[0];
    for (int i = 1; i < s->pair_count; i++) {
        const pair *p = &s->pairs[i];
        if (p->freed > best.freed || (p->freed == best.freed && p->cost < best.cost))
            best = *p;
    }
    return best;
}

static int moved(int place, const pair *gone)
{
    return place - (place > gone->first) - (place > gone->second);
}

/* Takes both terms out, puts their contraction behind the others, and forgets pairs that had one of them. */
static void contract(search *s, const pair *p)
{
    count_letters(s, s->sets[p->first], -1);
    count_letters(s, s->sets[p->second], -1);
    count_letters(s, p->output, 1);
    int kept = 0;
    for (int i = 0; i < s->left; i++)
        if (i != p->first && i != p->second)
            s->sets[kept++] = s->sets[i];
    s->sets[kept++] = p->output;
    s->left = kept;
    kept = 0;
    for (int i = 0; i < s->pair_count; i++) {
        pair q = s->pairs[i];
        if (q.first == p->first || q.first == p->second || q.second == p->first || q.second == p->second)
            continue;
        q.first = moved(q.first, p);
        q.second = moved(q.second, p);
        s->pairs[kept++] = q;
    }
    s->pair_count = kept;
}

static bool add_step(psi_einsum_plan *plan, int count)
{
    psi_einsum_step *step = &plan->step[plan->steps];
    *step = (psi_einsum_step){.count = count, .positions = psi_scope_memory((size_t)count * sizeof(int))};
    if (!step->positions)
        return false;
    plan->steps++;
    for (int i = 0; i < count; i++)
        step->positions[i] = i;
    return true;
}

static void raise_scaling(psi_einsum_plan *plan, int letters)
{
    plan->scaling = letters > plan->scaling ? letters : plan->scaling;
}

static bool search_steps(search *s)
{
    psi_einsum_plan *plan = s->plan;
    for (int turn = 0; turn < plan->operands - 1; turn++) {
        extend(s, turn == 0);
        if (!s->pair_count) {
            int letters;
            plan->cost = plus(plan->cost, one_go(plan, s->sets, s->left, &letters));
            raise_scaling(plan, letters);
            return add_step(plan, s->left);
        }
        pair best = best_of(s);
        if (!add_step(plan, 2))
            return false;
        psi_einsum_step *step = &plan->step[plan->steps - 1];
        step->positions[0] = best.first;
        step->positions[1] = best.second;
        for (uint64_t rest = best.output; rest; rest &= rest - 1)
            psi_einsum_put(&step->output, __builtin_ctzll(rest));
        contract(s, &best);
        plan->cost = plus(plan->cost, best.cost);
        raise_scaling(plan, best.letters);
    }
    return true;
}

bool psi_einsum_plan_new(psi_einsum_plan *plan, const char *op, const char *subscripts, psi_arrays operands)
{
    if (!psi_einsum_read(plan, op, subscripts, operands))
        return false;
    size_t n = (size_t)plan->operands;
    search s = {.plan = plan, .left = plan->operands, .largest = term_size(plan, &plan->output)};
    s.sets = psi_scope_memory(n * sizeof *s.sets);
    s.pairs = psi_scope_memory((n * n + 1) * sizeof *s.pairs);
    plan->step = psi_scope_memory(n * sizeof *plan->step);
    if (!s.sets || !s.pairs || !plan->step)
        return false;
    for (int i = 0; i < plan->operands; i++) {
        int64_t size = term_size(plan, &plan->terms[i]);
        s.sets[i] = plan->terms[i].set;
        s.largest = size > s.largest ? size : s.largest;
        count_letters(&s, s.sets[i], 1);
    }
    plan->naive_cost = one_go(plan, s.sets, plan->operands, &plan->naive_scaling);
    bool ok;
    if (plan->operands > 2) {
        ok = search_steps(&s);
    } else {
        plan->cost = plan->naive_cost;
        plan->scaling = plan->naive_scaling;
        ok = add_step(plan, plan->operands);
    }
    if (ok)
        plan->step[plan->steps - 1].output = plan->output;
    return ok;
}

psi_ints psi_einsum_path(const char *subscripts, psi_arrays operands)
{
    psi_einsum_plan plan;
    int count = 0;
    if (!psi_einsum_plan_new(&plan, "einsum_path", subscripts, operands))
        return PSI_NONE;
    for (int i = 0; i < plan.steps; i++)
        count += 1 + plan.step[i].count;
    int64_t *out = psi_scope_memory((size_t)count * sizeof *out), at = 0;
    if (!out)
        return PSI_NONE;
    for (int i = 0; i < plan.steps; i++) {
        out[at++] = plan.step[i].count;
        for (int j = 0; j < plan.step[i].count; j++)
            out[at++] = plan.step[i].positions[j];
    }
    return (psi_ints){out, count};
}

psi_ints psi_einsum_cost(const char *subscripts, psi_arrays operands)
{
    psi_einsum_plan plan;
    int64_t *out = NULL;
    if (psi_einsum_plan_new(&plan, "einsum_path", subscripts, operands))
        out = psi_scope_memory(4 * sizeof *out);
    if (!out)
        return PSI_NONE;
    out[0] = plan.naive_scaling;
    out[1] = plan.scaling;
    out[2] = plan.naive_cost;
    out[3] = plan.cost;
    return (psi_ints){out, 4};
}
