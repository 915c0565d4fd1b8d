/* node.h: graph nodes and the arrays they produce.
 *
 * A node is one op applied to inputs; its outputs are embedded in it, and a psi_array is a pointer to one of
 * them. One reference count serves node and outputs. Once evaluated, a node lets go of its inputs and is a mere
 * holder of values. A leaf is a node of op PSI_OP_LEAF with values from the start.
 *
 * Invariant: shape, dtype, op, attributes and inputs never change after building, except that evaluation
 * (holding the graph lock) detaches inputs, and fills buffer, strides and layout before `state` becomes PSI_READY. */
#ifndef PSI_CORE_NODE_H
#define PSI_CORE_NODE_H

#include <stdatomic.h>

#include <psionic/array.h>

#include "core/error.h"
#include "core/memory.h"

typedef enum psi_state {
    PSI_PENDING,   /* not computed; inputs attached */
    PSI_SCHEDULED, /* some thread has taken it */
    PSI_READY,     /* values there */
    PSI_BROKEN     /* computing failed; node->failure says why; inputs attached */
} psi_state;

enum psi_layout { PSI_ROW_CONTIGUOUS = 1, PSI_COL_CONTIGUOUS = 2, PSI_CONTIGUOUS = 4 };

typedef struct psi_node psi_node;

/* One output of a node. */
struct psi_array_s {
    int32_t index; /* place in node->out */
    uint8_t dtype, ndim, layout;
    int64_t size;   /* elements */
    int64_t *shape; /* ndim lengths, then ndim strides; memory of the node */
    psi_buffer *buffer;
    int64_t offset;    /* elements from buffer->data to the first element */
    int64_t data_size; /* elements of the buffer spanned */
};

struct psi_node {
    atomic_int refs;
    atomic_int state;
    uint16_t op;
    bool tracer;  /* depends on an input of a running transform */
    bool lost;    /* was being computed by a thread that a fork left behind */
    bool nested;  /* a scalar's: the buffer of its value lies in its block, which goes with the buffer */
    bool through; /* a broadcast that its readers read through: it has no step of its own in their plan */
    int32_t out_count, in_count, attr_count;
    psi_stream stream;
    uint32_t mark, place, uses; /* scratch of whoever holds the graph lock */
    psi_array *in;
    /* Op state, flat: integers, doubles by their bits, lists as count then items. Comparable and printable. */
    int64_t *attr;
    /* State that is not numbers (closures); freed when the node has values, or with it. NULL for nearly every op. */
    void *data;
    void (*data_free)(void *data);
    psi_error_record *failure;
    struct psi_array_s out[];
};

static inline psi_node *psi_node_of(psi_array a)
{
    return (psi_node *)((char *)(a - a->index) - offsetof(psi_node, out));
}

/* Whose values an input's reader takes: those of the array itself, or what a broadcast repeats. */
static inline psi_array psi_source_of(psi_array a)
{
    const psi_node *node = psi_node_of(a);
    return node->through ? node->in[0] : a;
}

static inline int64_t *psi_strides_of(psi_array a)
{
    return a->shape + a->ndim;
}

static inline psi_ints psi_shape_of(psi_array a)
{
    return (psi_ints){a->shape, a->ndim};
}

static inline void *psi_values(psi_array a)
{
    return (char *)a->buffer->data + a->offset * (int64_t)psi_dtype_size((psi_dtype)a->dtype);
}

/* What a node is made of. Lists are copied; inputs are retained. */
typedef struct psi_node_spec {
    int op;
    psi_arrays in;
    psi_ints attr;
} psi_node_spec;

typedef struct psi_output_spec {
    psi_ints shape;
    psi_dtype dtype;
} psi_output_spec;

/* A pending node on the thread's current stream, owned by the innermost scope. Errors: an input that is an error
 * array (passed on), no scope, too many dimensions, a size past 2^62, out of memory. One-output form returns it. */
psi_array psi_node_new(psi_node_spec spec, psi_ints shape, psi_dtype dtype);
/* Several outputs: a list owned by the innermost scope; count 0 with an error. */
psi_arrays psi_node_new_many(psi_node_spec spec, int count, const psi_output_spec *outputs);

/* A ready leaf of one value without dimensions, which lies in the node's own block; owned by the innermost scope. */
psi_array psi_leaf_scalar(const void *value, psi_dtype dtype);

/* A ready row-major leaf over a buffer whose reference is taken; owned by the innermost scope. */
psi_array psi_leaf_new(psi_buffer *buffer, psi_ints shape, psi_dtype dtype);

/* Attribute readers: the value at a position, and the list whose count stands there. */
static inline psi_ints psi_attr_list(const psi_node *node, int at)
{
    return (psi_ints){node->attr + at + 1, (int)node->attr[at]};
}

static inline double psi_attr_real(const psi_node *node, int at)
{
    union {
        int64_t i;
        double d;
    } bits = {.i = node->attr[at]};
    return bits.d;
}

static inline int64_t psi_real_attr(double value)
{
    union {
        double d;
        int64_t i;
    } bits = {.d = value};
    return bits.i;
}

/* A pending node with one reference and the op, attributes, outputs and stream of another, but for its data; `like` was
 * made with in_count inputs. `in` is retained; where it is NULL the node is a mould: never evaluated, good for copying.
 * NULL with the error recorded. */
psi_node *psi_node_like(const psi_node *like, const psi_array *in, int in_count);

/* A mould of a new kind, good for in_count inputs. */
psi_node *psi_node_mould(int op, int in_count, int out_count, const psi_output_spec *outputs,
                         psi_stream stream);

/* Guards graph structure: who plans, who walks a graph, and who detaches inputs that they might read. While it is held a
 * pending node stays pending. */
void psi_graph_lock(void);
void psi_graph_unlock(void);
/* In the child after a fork, made while the lock was held. */
void psi_graph_lock_renew(void);

/* Sets strides and layout for values dense in row-major order. */
void psi_set_row_major(psi_array a);
/* Recomputes a->layout and a->data_size from shape and strides. */
void psi_set_layout(psi_array a);

/* product of a shape, or -1 when negative, or past 2^62. */
int64_t psi_shape_size(psi_ints shape);

/* True when a builder may go on: every input is a proper array. Else the error is recorded. */
bool psi_check_inputs(psi_arrays in, const char *op);

/* Lets go of a node's inputs after evaluation. Holding the graph lock. */
void psi_node_detach(psi_node *node);

#define PSI_MAX_NDIM 64

#endif
