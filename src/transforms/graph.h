/* graph.h: a graph as data, apart from the arrays it was recorded from: what compile simplifies, fuses and keeps.
 * Invariant: inputs come first, in order; then constants and ops, each after what it reads. Every entry owns its node: of
 * an input the placeholder, of a constant the array, of an op a mould. */
#ifndef PSI_TRANSFORMS_GRAPH_H
#define PSI_TRANSFORMS_GRAPH_H

#include "transforms/fused.h"

typedef enum psi_entry_kind { PSI_ENTRY_INPUT, PSI_ENTRY_CONSTANT, PSI_ENTRY_OP } psi_entry_kind;

/* Output `out` of an entry. */
typedef struct psi_ref {
    int32_t entry, out;
} psi_ref;

typedef struct psi_entry {
    psi_node *node;
    psi_entry_kind kind;
    int32_t first, in_count; /* its inputs, in graph->refs */
    psi_fused *fused;        /* of op compiled: owned */
} psi_entry;

typedef struct psi_graph {
    psi_entry *entries;
    int count, capacity, input_count;
    psi_ref *refs;
    int ref_count, ref_capacity;
    psi_ref *outputs;
    int output_count;
    bool differentiated; /* gradients or tangents are among what it computes */
} psi_graph;

/* Records what leads from the placeholders to the outputs; nodes that have values, or whose work has begun, are constants.
 * An array in `forbidden` (NULL: none) that the graph needs is an error. False with the error and nothing to free. */
bool psi_graph_record(psi_graph *graph, psi_arrays placeholders, psi_arrays outputs, psi_arrays forbidden);
void psi_graph_free(psi_graph *graph);

static inline uint64_t psi_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

/* Appends; the graph takes the node's and the payload's references, also on failure. The inputs are copied. */
bool psi_graph_add(psi_graph *graph, psi_entry entry, const psi_ref *in);

static inline psi_ref *psi_entry_inputs(const psi_graph *graph, int entry)
{
    return graph->refs + graph->entries[entry].first;
}

static inline psi_array psi_ref_array(const psi_graph *graph, psi_ref ref)
{
    return &graph->entries[ref.entry].node->out[ref.out];
}

/* The graph's outputs over other inputs, of the shapes and dtypes of the placeholders. count 0 with an error. */
psi_arrays psi_graph_replay(const psi_graph *graph, psi_arrays inputs);
/* The same over inputs of other shapes: every op's is worked out anew, or refused. */
psi_arrays psi_graph_replay_shapeless(const psi_graph *graph, psi_arrays inputs);

/* Whether compile keeps such an op in a graph, and whether it has a rule by which it follows inputs of other shapes. */
bool psi_graph_can_keep(int op);
bool psi_graph_can_follow(int op);

/* Drops what no output needs. */
bool psi_graph_sweep(psi_graph *graph);
/* Merges equal scalars and equal ops, and drops ops that do nothing and what no output needs. */
bool psi_graph_simplify(psi_graph *graph);
/* Joins element-wise ops to Compiled ones. `shapeless` keeps what only the shapes are needed of. */
bool psi_graph_fuse(psi_graph *graph, bool shapeless);

/* ---- writing it down ---- */

typedef struct psi_text_buffer {
    char *data; /* ended by a zero; NULL while empty */
    size_t length, capacity;
} psi_text_buffer;

/* Copies the text as snprintf does, and answers its length. */
size_t psi_text_give(const psi_text_buffer *text, char *out, size_t room);

/* names[i], where it is not NULL, stands for refs[i]. */
typedef struct psi_graph_names {
    const psi_ref *refs;
    const char *const *names;
    int count;
} psi_graph_names;

bool psi_graph_write(const psi_graph *graph, psi_graph_names names, psi_text_buffer *text);

#endif
