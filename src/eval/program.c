/* program.c: compiling a group of element-wise nodes to a tile program, and running it over the pool.
 * Invariant: work is cut by size alone; tiles and chunks never depend on the number of threads. */
#include "eval/program.h"

#include <string.h>

#include "core/pool.h"
#include "eval/strided.h"
#include "ops/op.h"

enum { TILE = 1024, REGISTER_BYTES = TILE * 8 };

/* Elements computed and then written past the caches at a time: few, so that the processor reads on meanwhile. */
enum { FAR_TILE = 128 };

/* Where an operand's elements lie for tile start s: base + s * step, or at the start of a register. */
typedef struct operand {
    char *base; /* for registers: the offset into the worker's scratch */
    int step;   /* bytes of an element */
    bool in_register;
} operand;

typedef struct instruction {
    psi_row_fn fn;
    operand out, in[3];
} instruction;

/* An input that is not dense: loaded into a register for every tile, or filled once when it is one value. */
typedef struct load {
    psi_strided source;
    int reg;
    bool constant;
} load;

typedef struct program {
    psi_arena *arena;
    psi_node **nodes;
    const bool *stored;
    int count;
    int64_t size, chunk;
    bool same_layout; /* all inputs dense in one shared order: elements are taken in memory order */
    instruction *code;
    load *loads;
    int load_count, load_capacity;
    int *reg_of, *uses_left; /* per node */
    int *free_regs, free_count, reg_count;
    char *far; /* the sink's output, when it is written past the caches from a register; else NULL */
    psi_copy_fn copy_far;
    atomic_bool out_of_memory; /* a worker could not have its registers */
} program;

bool psi_is_fusable(int op)
{
    return psi_is_elementwise(op) || op == PSI_OP_astype || op == PSI_OP_full;
}

static psi_row_fn function_of(const psi_node *node)
{
    const psi_backend *cpu = psi_backend_cpu();
    psi_dtype from = (psi_dtype)node->in[node->op == PSI_OP_select ? 1 : 0]->dtype;
    psi_row_fn fn = psi_is_elementwise(node->op) ? cpu->row(node->op, from)
                                                 : cpu->cast((psi_dtype)node->out[0].dtype, from);
    if (!fn)
        PSI_UNSUPPORTED("%s: no CPU kernel for dtype %s", psi_ops[node->op].name, psi_dtype_name(from));
    return fn;
}

static int take_register(program *p)
{
    return p->free_count ? p->free_regs[--p->free_count] : p->reg_count++;
}

static operand register_operand(int reg, psi_array a)
{
    return (operand){(char *)((size_t)reg * REGISTER_BYTES), (int)psi_itemsize(a), true};
}

/* True for a member of the group, whose place was set while the group was compiled. */
static bool is_member(const program *p, psi_node *node)
{
    return node->place < (uint32_t)p->count && p->nodes[node->place] == node;
}

static bool is_one_value(psi_array a)
{
    for (int i = 0; i < a->ndim; i++)
        if (a->shape[i] != 1 && psi_strides_of(a)[i] != 0)
            return false;
    return true;
}

static bool is_dense_for(const program *p, psi_array a)
{
    return p->same_layout || (a->layout & PSI_ROW_CONTIGUOUS);
}

/* The operand for an array from outside the group. */
static bool outside_operand(program *p, psi_array a, operand *out)
{
    bool constant = p->size > 1 && is_one_value(a);
    if (!constant && is_dense_for(p, a)) {
        *out = (operand){psi_values(a), (int)psi_itemsize(a), false};
        return true;
    }
    if (p->load_count == p->load_capacity) {
        int capacity = p->load_capacity ? 2 * p->load_capacity : 8;
        load *more = psi_arena_take(p->arena, (size_t)capacity * sizeof *more);
        if (!more)
            return false;
        if (p->load_count)
            memcpy(more, p->loads, (size_t)p->load_count * sizeof *more);
        p->loads = more;
        p->load_capacity = capacity;
    }
    load *l = &p->loads[p->load_count++];
    psi_strided_of(&l->source, a);
    l->constant = constant;
    l->reg = p->reg_count++; /* never handed on: the load happens before the first instruction */
    *out = register_operand(l->reg, a);
    return true;
}

static bool operand_of(program *p, psi_array a, operand *out)
{
    psi_node *node = psi_node_of(a);
    if (!is_member(p, node))
        return outside_operand(p, a, out);
    if (p->stored[node->place])
        *out = (operand){psi_values(a), (int)psi_itemsize(a), false};
    else
        *out = register_operand(p->reg_of[node->place], a);
    return true;
}

/* Registers of members whose last use this was become free. */
static void free_operands(program *p, psi_node *node)
{
    for (int i = 0; i < node->in_count; i++) {
        psi_node *from = psi_node_of(node->in[i]);
        if (is_member(p, from) && --p->uses_left[from->place] == 0 && !p->stored[from->place])
            p->free_regs[p->free_count++] = p->reg_of[from->place];
    }
}

static bool compile(program *p)
{
    for (int k = 0; k < p->count; k++) {
        psi_node *node = p->nodes[k];
        instruction *ins = &p->code[k];
        psi_array out = &node->out[0];
        ins->fn = function_of(node);
        if (!ins->fn)
            return false;
        for (int i = 0; i < node->in_count; i++)
            if (!operand_of(p, node->in[i], &ins->in[i]))
                return false;
        for (int i = node->in_count; i < 3; i++)
            ins->in[i] = ins->in[0];
        if (p->stored[k] && !(p->far && k == p->count - 1)) {
            ins->out = (operand){psi_values(out), (int)psi_itemsize(out), false};
        } else {
            p->reg_of[k] = take_register(p);
            ins->out = register_operand(p->reg_of[k], out);
        }
        free_operands(p, node);
    }
    return true;
}

static char *place_of(operand o, char *regs, int64_t start)
{
    return o.in_register ? regs + (size_t)o.base : o.base + start * o.step;
}

/* The last instruction, its result written past the caches. */
static void run_far(const program *p, char *regs, int64_t start, int64_t n)
{
    const instruction *ins = &p->code[p->count - 1];
    char *out = place_of(ins->out, regs, 0), *in[3];
    for (int i = 0; i < 3; i++)
        in[i] = place_of(ins->in[i], regs, start);
    for (int64_t at = 0; at < n; at += FAR_TILE) {
        int64_t count = n - at < FAR_TILE ? n - at : FAR_TILE;
        ins->fn(count, out, in[0] + at * ins->in[0].step, in[1] + at * ins->in[1].step,
                in[2] + at * ins->in[2].step);
        p->copy_far(p->far + (start + at) * ins->out.step, out, (size_t)(count * ins->out.step));
    }
}

static void run_chunk(void *context, int64_t index)
{
    program *p = context;
    char *regs = psi_scratch(0, (size_t)p->reg_count * REGISTER_BYTES + 64);
    int64_t stop = (index + 1) * p->chunk < p->size ? (index + 1) * p->chunk : p->size;
    if (!regs) {
        psi_error(NULL); /* the worker's own record; the caller reports it */
        atomic_store(&p->out_of_memory, true);
        return;
    }
    for (int i = 0; i < p->load_count; i++)
        if (p->loads[i].constant)
            psi_strided_load(&p->loads[i].source, 0, p->size < TILE ? p->size : TILE,
                             regs + (size_t)p->loads[i].reg * REGISTER_BYTES);
    for (int64_t s = index * p->chunk; s < stop; s += TILE) {
        int64_t n = stop - s < TILE ? stop - s : TILE;
        for (int i = 0; i < p->load_count; i++)
            if (!p->loads[i].constant)
                psi_strided_load(&p->loads[i].source, s, n, regs + (size_t)p->loads[i].reg * REGISTER_BYTES);
        for (int k = 0; k < p->count - (p->far != NULL); k++) {
            const instruction *ins = &p->code[k];
            ins->fn(n, place_of(ins->out, regs, s), place_of(ins->in[0], regs, s),
                    place_of(ins->in[1], regs, s), place_of(ins->in[2], regs, s));
        }
        if (p->far)
            run_far(p, regs, s, n);
    }
    if (p->far)
        p->copy_far(NULL, NULL, 0);
}

/* All inputs that are not one value repeated: dense in one shared order that is not row-major? Then so is the output. */
static psi_array shared_layout(const program *p)
{
    psi_array first = NULL;
    for (int k = 0; k < p->count; k++)
        for (int i = 0; i < p->nodes[k]->in_count; i++) {
            psi_array a = p->nodes[k]->in[i];
            if (is_member(p, psi_node_of(a)) || is_one_value(a))
                continue;
            if (!(a->layout & PSI_CONTIGUOUS) || a->data_size != a->size)
                return NULL;
            if (!first)
                first = a;
            else if (memcmp(psi_strides_of(a), psi_strides_of(first), (size_t)a->ndim * sizeof(int64_t)))
                return NULL;
        }
    return first && !(first->layout & PSI_ROW_CONTIGUOUS) ? first : NULL;
}

/* How often the group's nodes read an array. */
static int uses_of(const program *p, psi_array a)
{
    int uses = 0;
    for (int k = 0; k < p->count; k++)
        for (int i = 0; i < p->nodes[k]->in_count; i++)
            uses += p->nodes[k]->in[i] == a;
    return uses;
}

/* An input whose memory the sink may take over: dense, and read by nobody but this group, whose last instruction the
 * sink is. */
static psi_array donor(const program *p)
{
    psi_array out = &p->nodes[p->count - 1]->out[0];
    int tries = 4; /* counting uses costs a pass over the group */
    if (p->nodes[p->count - 1]->tracer)
        return NULL;
    for (int k = 0; k < p->count; k++)
        for (int i = 0; i < p->nodes[k]->in_count; i++) {
            psi_array a = p->nodes[k]->in[i];
            if (is_member(p, psi_node_of(a)) || !is_dense_for(p, a) || psi_itemsize(a) != psi_itemsize(out) ||
                !psi_memory_fits(a, out))
                continue;
            if (atomic_load(&psi_node_of(a)->refs) == uses_of(p, a))
                return a;
            if (--tries == 0)
                return NULL;
        }
    return NULL;
}

/* Buffers for what is stored. */
static bool make_outputs(program *p, psi_array layout)
{
    psi_array taken = donor(p);
    for (int k = 0; k < p->count; k++) {
        psi_array out = &p->nodes[k]->out[0];
        if (!p->stored[k])
            continue;
        if (k == p->count - 1 && taken) {
            out->buffer = psi_buffer_retain(taken->buffer);
            out->offset = 0;
            psi_set_row_major(out);
        } else if (!psi_output_new(out)) {
            return false;
        } else if (k == p->count - 1 && psi_nbytes(out) >= PSI_FAR_BYTES) {
            p->far = psi_values(out);
            p->copy_far = psi_backend_cpu()->copy_far();
        }
        if (layout) {
            memcpy(psi_strides_of(out), psi_strides_of(layout), (size_t)out->ndim * sizeof(int64_t));
            psi_set_layout(out);
        }
    }
    return true;
}

bool psi_program_run(psi_arena *arena, psi_node **nodes, const bool *stored, int count)
{
    program p = {.arena = arena, .nodes = nodes, .stored = stored, .count = count};
    size_t n = (size_t)count;
    p.size = nodes[0]->out[0].size;
    p.code = psi_arena_take(arena, n * sizeof *p.code);
    p.reg_of = psi_arena_take(arena, n * sizeof *p.reg_of);
    p.uses_left = psi_arena_take(arena, n * sizeof *p.uses_left);
    p.free_regs = psi_arena_take(arena, n * sizeof *p.free_regs);
    if (!p.code || !p.reg_of || !p.uses_left || !p.free_regs)
        return false;
    for (int k = 0; k < count; k++)
        p.nodes[k]->place = (uint32_t)k;
    for (int k = 0; k < count; k++) {
        p.uses_left[k] = 0;
        for (int i = 0; i < nodes[k]->in_count; i++)
            if (is_member(&p, psi_node_of(nodes[k]->in[i])))
                p.uses_left[psi_node_of(nodes[k]->in[i])->place]++;
    }
    psi_array layout = shared_layout(&p);
    p.same_layout = layout != NULL;
    if (!make_outputs(&p, layout) || !compile(&p))
        return false;
    if (p.size == 0)
        return true;
    p.chunk = count >= 8 ? 4 * TILE : 32 * TILE;
    psi_parallel((p.size + p.chunk - 1) / p.chunk, run_chunk, &p);
    if (atomic_load(&p.out_of_memory))
        psi_fail(PSI_OUT_OF_MEMORY, PSI_MEMORY_ERROR, "no memory for %d tile registers of %d bytes",
                 p.reg_count, REGISTER_BYTES);
    return !psi_failed();
}
