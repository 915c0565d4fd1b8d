/* program.c: compiling a group of element-wise ops to a tile program, and running it over the pool.
 * Invariant: work is cut by size alone; tiles and chunks never depend on the number of threads. */
#include "eval/program.h"

#include <string.h>

#include "core/pool.h"
#include "eval/strided.h"
#include "ops/op.h"
#include "transforms/fused.h"

enum { TILE = 1024 };

/* Elements of large arrays that the last instruction takes at a time: few, so that what is written past the caches and
 * what is fetched for the next tile keep the memory evenly busy. */
enum { PIECE = 128, LINE = 64 };

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

/* An input that is neither dense nor one value: loaded into a register for every tile. Registers that inputs are put into
 * are never handed on: that happens before the first instruction. */
typedef struct load {
    psi_strided source;
    size_t reg; /* where it begins */
} load;

/* An input that is one value: repeated once in a register, which equal values share. */
typedef struct constant {
    const void *value;
    int itemsize;
    size_t reg;
} constant;

typedef struct program {
    psi_arena *arena;
    const psi_member *members;
    int count, reg_count;
    size_t reg_bytes;  /* of one register */
    psi_array *inputs; /* of the sink's shape, or what broadcasts to it */
    operand *at;       /* of inputs; base NULL and not in a register until one is read */
    int input_count;
    psi_array *outputs; /* the last one is the sink's */
    int output_count;
    psi_node **readers; /* the nodes that read the inputs */
    int reader_count;
    int64_t size, chunk;
    bool same_layout; /* all inputs dense in one shared order: elements are taken in memory order */
    instruction *code;
    load *loads;
    int load_count, load_capacity;
    constant *constants;
    int constant_count;
    char *far; /* the sink's output, when it is written past the caches from a register; else NULL */
    psi_copy_fn copy_far;
    const operand **fetched; /* inputs in place that are too large to be in the caches */
    int fetched_count;
    bool *missed; /* chunks whose worker could not have its registers */
} program;

static psi_row_fn function_of(const psi_member *m)
{
    const psi_backend *cpu = psi_backend_cpu();
    psi_dtype from = (psi_dtype)m->from;
    psi_row_fn fn = psi_is_elementwise(m->op) ? cpu->row(m->op, from) : cpu->cast((psi_dtype)m->to, from);
    if (!fn)
        PSI_UNSUPPORTED("%s: no CPU kernel for dtype %s", psi_ops[m->op].name, psi_dtype_name(from));
    return fn;
}

static psi_array sink_of(const program *p)
{
    return p->outputs[p->output_count - 1];
}

static operand register_operand(const program *p, int reg, int dtype)
{
    return (operand){(char *)((size_t)reg * p->reg_bytes), (int)psi_dtype_size((psi_dtype)dtype), true};
}

static operand memory_operand(psi_array a)
{
    return (operand){psi_values(a), (int)psi_itemsize(a), false};
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
    return a->size == p->size && (p->same_layout || (a->layout & PSI_ROW_CONTIGUOUS));
}

/* Describes an input as the sink's shape sees it. */
static void describe(psi_strided *s, psi_array a, psi_ints shape)
{
    int64_t strides[PSI_MAX_NDIM];
    int extra = shape.count - a->ndim;
    for (int i = 0; i < shape.count; i++)
        strides[i] = i < extra || a->shape[i - extra] == 1 ? 0 : psi_strides_of(a)[i - extra];
    psi_strided_with(s, a, shape, strides);
}

/* The register that holds one value, repeated. */
static operand constant_operand(program *p, psi_array a)
{
    enum { FEW = 8 };
    const void *value = psi_values(a);
    int itemsize = (int)psi_itemsize(a), count = p->constant_count;
    for (const constant *c = p->constants + count; c > p->constants && c > p->constants + count - FEW;)
        if ((--c)->itemsize == itemsize && !memcmp(c->value, value, (size_t)itemsize))
            return (operand){(char *)c->reg, itemsize, true};
    operand out = register_operand(p, p->reg_count++, a->dtype);
    p->constants[p->constant_count++] = (constant){value, itemsize, (size_t)out.base};
    return out;
}

/* The operand for an input: in place where it is dense, else put into a register. */
static bool input_operand(program *p, int i, operand *out)
{
    psi_array a = p->inputs[i];
    if (p->size > 1 && is_one_value(a)) {
        *out = p->at[i] = constant_operand(p, a);
        return true;
    }
    if (is_dense_for(p, a)) {
        *out = p->at[i] = memory_operand(a);
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
    describe(&l->source, a, psi_shape_of(sink_of(p)));
    *out = p->at[i] = register_operand(p, p->reg_count++, a->dtype);
    l->reg = (size_t)out->base;
    return true;
}

static bool operand_of(program *p, int32_t in, operand *out)
{
    if (in < 0) {
        *out = p->at[~in];
        return out->base || out->in_register || input_operand(p, ~in, out);
    }
    const psi_member *m = &p->members[in];
    *out = m->stored >= 0 ? memory_operand(p->outputs[m->stored]) : register_operand(p, m->reg, m->to);
    return true;
}

static bool compile(program *p)
{
    for (int k = 0; k < p->count; k++) {
        const psi_member *m = &p->members[k];
        instruction *ins = &p->code[k];
        ins->fn = function_of(m);
        if (!ins->fn)
            return false;
        for (int i = 0; i < m->in_count; i++)
            if (!operand_of(p, m->in[i], &ins->in[i]))
                return false;
        for (int i = m->in_count; i < 3; i++)
            ins->in[i] = ins->in[0];
        if (m->stored >= 0 && !(p->far && k == p->count - 1))
            ins->out = memory_operand(p->outputs[m->stored]);
        else
            ins->out = register_operand(p, m->reg, m->to);
    }
    return true;
}

static char *place_of(operand o, char *regs, int64_t start)
{
    return o.in_register ? regs + (size_t)o.base : o.base + start * o.step;
}

/* While instruction k takes elements [at, at + n) of a tile, fetches as large a share of the inputs from `next` on:
 * processors do it too late themselves where there is much to compute. Inlined, as gcc drops calls that only fetch. */
static inline __attribute__((always_inline)) void fetch(const program *p, int64_t next, int k, int64_t at,
                                                        int64_t n)
{
    int64_t from = next + (k * TILE + at) / p->count, to = next + (k * TILE + at + n) / p->count;
    to = to < p->size ? to : p->size;
    for (int i = 0; i < p->fetched_count; i++) {
        const operand *o = p->fetched[i];
        for (int64_t at = (from * o->step + LINE - 1) / LINE * LINE; at < to * o->step; at += LINE)
            __builtin_prefetch(o->base + at);
    }
}

/* Instruction k for n elements of the tile at s, meanwhile fetching its share of the next tile. */
static void run_instruction(const program *p, int k, char *regs, int64_t s, int64_t n)
{
    const instruction *ins = &p->code[k];
    bool last = k == p->count - 1;
    int64_t piece = last && (p->far || p->fetched_count) ? PIECE : TILE;
    char *out = place_of(ins->out, regs, s), *in[3];
    for (int i = 0; i < 3; i++)
        in[i] = place_of(ins->in[i], regs, s);
    for (int64_t at = 0; at < n; at += piece) {
        int64_t count = n - at < piece ? n - at : piece;
        if (p->fetched_count)
            fetch(p, s + TILE, k, at, count);
        ins->fn(count, last && p->far ? out : out + at * ins->out.step, in[0] + at * ins->in[0].step,
                in[1] + at * ins->in[1].step, in[2] + at * ins->in[2].step);
        if (last && p->far)
            p->copy_far(p->far + (s + at) * ins->out.step, out, (size_t)(count * ins->out.step));
    }
}

static char *registers(const program *p)
{
    return psi_scratch(0, (size_t)p->reg_count * p->reg_bytes + 64);
}

static void run_chunk(void *context, int64_t index)
{
    program *p = context;
    char *regs = registers(p);
    int64_t stop = (index + 1) * p->chunk < p->size ? (index + 1) * p->chunk : p->size;
    if (!regs) {
        psi_error(NULL); /* the worker's own record; the caller does its work */
        p->missed[index] = true;
        return;
    }
    for (int i = 0; i < p->constant_count; i++)
        psi_strided_repeat(p->constants[i].value, p->constants[i].itemsize, p->size < TILE ? p->size : TILE,
                           regs + p->constants[i].reg);
    for (int64_t s = index * p->chunk; s < stop; s += TILE) {
        int64_t n = stop - s < TILE ? stop - s : TILE;
        for (int i = 0; i < p->load_count; i++)
            psi_strided_load(&p->loads[i].source, s, n, regs + p->loads[i].reg);
        for (int k = 0; k < p->count; k++)
            run_instruction(p, k, regs, s, n);
    }
    if (p->far)
        p->copy_far(NULL, NULL, 0);
}

/* All inputs that are not one value repeated: dense in one shared order that is not row-major? Then so is the output. */
static psi_array shared_layout(const program *p)
{
    psi_array first = NULL;
    for (int i = 0; i < p->input_count; i++) {
        psi_array a = p->inputs[i];
        if (is_one_value(a))
            continue;
        if (!(a->layout & PSI_CONTIGUOUS) || a->data_size != a->size || a->size != p->size ||
            a->ndim != sink_of(p)->ndim)
            return NULL;
        if (!first)
            first = a;
        else if (memcmp(psi_strides_of(a), psi_strides_of(first), (size_t)a->ndim * sizeof(int64_t)))
            return NULL;
    }
    return first && !(first->layout & PSI_ROW_CONTIGUOUS) ? first : NULL;
}

/* How often the group's nodes read results of a node. */
static int uses_of(const program *p, const psi_node *node)
{
    int uses = 0;
    for (int k = 0; k < p->reader_count; k++)
        for (int i = 0; i < p->readers[k]->in_count; i++)
            uses += psi_node_of(p->readers[k]->in[i]) == node;
    return uses;
}

static bool is_read_after(const program *p, int member, psi_array a)
{
    for (int k = p->count; --k > member;)
        for (int i = 0; i < p->members[k].in_count; i++) {
            int32_t in = p->members[k].in[i];
            if (in < 0 && p->inputs[~in] == a)
                return true;
        }
    return false;
}

/* An input whose memory a stored member may take over: dense, and read by nobody but this group, up to that member.
 * To tell costs a pass over the group, of which there are `passes` left. */
static psi_array donor(const program *p, int member, int *passes)
{
    psi_array out = p->outputs[p->members[member].stored];
    if (psi_node_of(out)->tracer)
        return NULL;
    for (int i = 0; i < p->input_count; i++) {
        psi_array a = p->inputs[i];
        if (!is_dense_for(p, a) || psi_itemsize(a) != psi_itemsize(out) || !psi_memory_fits(a, out))
            continue;
        if (*passes == 0)
            return NULL;
        --*passes;
        if (atomic_load(&psi_node_of(a)->refs) == uses_of(p, psi_node_of(a)) && !is_read_after(p, member, a))
            return a;
    }
    return NULL;
}

/* Buffers for what is stored. */
static bool make_outputs(program *p, psi_array layout)
{
    int passes = 16;
    for (int k = 0; k < p->count; k++) {
        if (p->members[k].stored < 0)
            continue;
        psi_array out = p->outputs[p->members[k].stored], taken = donor(p, k, &passes);
        if (taken) {
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

static bool find_fetched(program *p)
{
    p->fetched = psi_arena_take(p->arena, (size_t)p->input_count * sizeof *p->fetched);
    for (int i = 0; p->fetched && i < p->input_count; i++)
        if (!p->at[i].in_register && (size_t)(p->size * p->at[i].step) >= PSI_FAR_BYTES)
            p->fetched[p->fetched_count++] = &p->at[i];
    return p->fetched != NULL;
}

/* Once a chunk has run, inputs may be overwritten by results, and nothing may fail: this thread has its registers before, and
 * does what another thread had none for. */
static bool run_chunks(program *p)
{
    p->chunk = p->count >= 8 ? 4 * TILE : 32 * TILE;
    int64_t chunks = (p->size + p->chunk - 1) / p->chunk;
    p->missed = psi_arena_take(p->arena, (size_t)chunks);
    if (!p->missed || !registers(p))
        return false;
    memset(p->missed, 0, (size_t)chunks);
    psi_parallel(chunks, run_chunk, p);
    for (int64_t i = 0; i < chunks; i++)
        if (p->missed[i])
            run_chunk(p, i);
    return true;
}

static bool run(program *p)
{
    p->size = sink_of(p)->size;
    p->reg_bytes = (size_t)(p->size < TILE ? (p->size + 7) / 8 * 8 : TILE) * 8;
    p->constants = psi_arena_take(p->arena, (size_t)p->input_count * sizeof *p->constants);
    p->code = psi_arena_take(p->arena, (size_t)p->count * sizeof *p->code);
    p->at = psi_arena_take(p->arena, (size_t)p->input_count * sizeof *p->at);
    if (!p->code || !p->at || !p->constants)
        return false;
    memset(p->at, 0, (size_t)p->input_count * sizeof *p->at);
    psi_array layout = shared_layout(p);
    p->same_layout = layout != NULL;
    if (!make_outputs(p, layout) || !compile(p) || !find_fetched(p))
        return false;
    if (p->size == 0)
        return true;
    return run_chunks(p) && !psi_failed();
}

/* The place of an array among the inputs, added when none of the last few is it. */
static int32_t place_input(program *p, psi_array a)
{
    enum { FEW = 8 };
    for (int i = p->input_count; i-- > 0 && i >= p->input_count - FEW;)
        if (p->inputs[i] == a)
            return ~i;
    p->inputs[p->input_count] = a;
    return ~p->input_count++;
}

/* Writes the nodes down as members; a node's place is that of its member. */
static void describe_nodes(program *p, psi_member *members, const bool *stored)
{
    for (int k = 0; k < p->count; k++) {
        psi_node *node = p->readers[k];
        psi_member *m = &members[k];
        node->place = (uint32_t)k;
        m->op = node->op;
        m->from = node->in[node->op == PSI_OP_select ? 1 : 0]->dtype;
        m->to = node->out[0].dtype;
        m->in_count = node->in_count;
        for (int i = 0; i < m->in_count; i++) {
            const psi_node *from = psi_node_of(node->in[i]);
            bool inner = from->place < (uint32_t)k && p->readers[from->place] == from;
            m->in[i] = inner ? (int32_t)from->place : place_input(p, psi_source_of(node->in[i]));
        }
        m->stored = stored[k] ? p->output_count : -1;
        if (stored[k])
            p->outputs[p->output_count++] = &node->out[0];
    }
}

bool psi_program_run(psi_arena *arena, psi_node **nodes, const bool *stored, int count)
{
    program p = {.arena = arena, .count = count, .readers = nodes, .reader_count = count};
    size_t n = (size_t)count, inputs = 0;
    for (int k = 0; k < count; k++)
        inputs += (size_t)nodes[k]->in_count;
    psi_member *members = psi_arena_take(arena, n * sizeof *members);
    int *spare = psi_arena_take(arena, n * sizeof *spare);
    p.inputs = psi_arena_take(arena, inputs * sizeof *p.inputs);
    p.outputs = psi_arena_take(arena, n * sizeof(psi_array));
    if (!members || !spare || !p.inputs || !p.outputs)
        return false;
    describe_nodes(&p, members, stored);
    p.members = members;
    p.reg_count = psi_members_allocate(members, count, spare);
    return run(&p);
}

bool psi_program_run_fused(psi_node *node)
{
    _Alignas(16) char first[2048];
    const psi_fused *fused = psi_fused_of(node);
    psi_arena arena;
    psi_arena_open(&arena, first, sizeof first);
    program p = {.arena = &arena,
                 .members = fused->members,
                 .count = fused->count,
                 .reg_count = fused->reg_count,
                 .inputs = node->in,
                 .input_count = node->in_count,
                 .output_count = node->out_count,
                 .readers = &node,
                 .reader_count = 1};
    p.outputs = psi_arena_take(&arena, node->out_count * sizeof(psi_array));
    for (int i = 0; p.outputs && i < node->out_count; i++)
        p.outputs[i] = &node->out[i];
    bool ok = p.outputs && run(&p);
    psi_arena_free(&arena);
    return ok;
}
