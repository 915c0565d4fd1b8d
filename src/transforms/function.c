/* function.c: lists of arrays, and calling user functions on traced inputs. */
#include "transforms/trace.h"

#include <string.h>

#include "core/thread.h"
#include "ops/build.h"

psi_arrays psi_arrays_new(int count)
{
    psi_arrays list = {psi_scope_memory((size_t)(count > 0 ? count : 1) * sizeof(psi_array)), count};
    if (!list.data)
        return (psi_arrays){NULL, 0};
    memset(list.data, 0, (size_t)(count > 0 ? count : 1) * sizeof(psi_array));
    return list;
}

psi_array psi_tracer_of(psi_array a)
{
    psi_array t = psi_build(PSI_OP_copy, PSI_ARRAYS(a), PSI_NONE, psi_shape(a), psi_dtype_of(a));
    if (!psi_is_error(t))
        psi_node_of(t)->tracer = true;
    return t;
}

psi_array psi_tracer_new(psi_ints shape, psi_dtype dtype)
{
    psi_array t = psi_build(PSI_OP_LEAF, (psi_arrays){NULL, 0}, PSI_NONE, shape, dtype);
    if (!psi_is_error(t))
        psi_node_of(t)->tracer = true;
    return t;
}

bool psi_trace_call(psi_function fn, void *context, psi_arrays inputs, psi_arrays *outputs)
{
    psi_this_thread.tracing++;
    *outputs = fn(inputs, context);
    psi_this_thread.tracing--;
    if (outputs->count > 0 && !psi_check_inputs(*outputs, "transform: output"))
        return false;
    return !psi_failed();
}

/* A node that is being walked: its inputs before `next` have been entered. */
typedef struct step {
    psi_node *node;
    int next;
} step;

/* Growing lists that hold no references: nodes stay alive through the outputs. */
typedef struct walk {
    psi_tape *tape;
    int capacity;
    step *stack;
    int depth, stack_capacity;
} walk;

/* The list with room for one more item, or NULL: then it is as it was. */
static void *grown(void *list, int count, int *capacity, size_t size)
{
    if (count < *capacity)
        return list;
    int more = *capacity ? 2 * *capacity : 64;
    void *bigger = psi_realloc(list, (size_t)more * size);
    if (bigger)
        *capacity = more;
    return bigger;
}

/* Visits a node: its place in the tape is found through a hash of its address, so that shared nodes are listed once. */
static bool enter(walk *w, psi_node *node)
{
    bool is_new;
    if (!psi_map_put(&w->tape->places, node, -1, &is_new))
        return false;
    if (!is_new)
        return true;
    step *stack = grown(w->stack, w->depth, &w->stack_capacity, sizeof *stack);
    if (!stack)
        return false;
    w->stack = stack;
    w->stack[w->depth++] = (step){node, 0};
    return true;
}

/* Lists a node whose inputs are listed. */
static bool list(walk *w, psi_node *node)
{
    psi_tape *tape = w->tape;
    psi_node **nodes = grown(tape->nodes, tape->count, &w->capacity, sizeof *nodes);
    if (!nodes)
        return false;
    tape->nodes = nodes;
    tape->nodes[tape->count] = node;
    return psi_map_put(&tape->places, node, tape->count++, NULL);
}

bool psi_tape_record(psi_tape *tape, psi_arrays outputs)
{
    walk w = {.tape = tape};
    *tape = (psi_tape){0};
    psi_this_thread.tapes++;
    bool ok = true;
    for (int i = 0; ok && i < outputs.count; i++) {
        ok = !psi_node_of(outputs.data[i])->tracer || enter(&w, psi_node_of(outputs.data[i]));
        while (ok && w.depth) {
            step *top = &w.stack[w.depth - 1];
            if (top->next == top->node->in_count) {
                w.depth--;
                ok = list(&w, top->node);
                continue;
            }
            psi_node *input = psi_node_of(top->node->in[top->next++]);
            ok = !input->tracer || enter(&w, input);
        }
    }
    psi_free(w.stack);
    if (!ok)
        psi_tape_free(tape);
    return ok;
}

int psi_tape_place(const psi_tape *tape, psi_array a)
{
    psi_node *node = psi_node_of(a);
    return node->tracer ? psi_map_get(&tape->places, node) : -1;
}

void psi_tape_free(psi_tape *tape)
{
    bool last = --psi_this_thread.tapes == 0 && psi_this_thread.tracing == 0;
    for (int i = 0; i < tape->count && last; i++)
        tape->nodes[i]->tracer = false;
    psi_map_free(&tape->places);
    psi_free(tape->nodes);
    *tape = (psi_tape){0};
}
