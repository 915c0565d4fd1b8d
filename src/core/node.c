/* node.c: making nodes. One allocation holds a node, its outputs, its inputs, their shapes and its attributes.
 * Invariant: a node that left this file is complete; a failure leaves nothing behind. */
#include "core/node.h"

#include <pthread.h>
#include <string.h>

#include "core/thread.h"

static pthread_mutex_t graph_lock = PTHREAD_MUTEX_INITIALIZER;

void psi_graph_lock(void)
{
    pthread_mutex_lock(&graph_lock);
}

void psi_graph_unlock(void)
{
    pthread_mutex_unlock(&graph_lock);
}

void psi_graph_lock_renew(void)
{
    pthread_mutex_init(&graph_lock, NULL);
}

int64_t psi_shape_size(psi_ints shape)
{
    int64_t size = 1;
    bool empty = false;
    for (int i = 0; i < shape.count; i++) {
        if (shape.data[i] < 0)
            return -1;
        if (shape.data[i] == 0)
            empty = true;
        else if (__builtin_mul_overflow(size, shape.data[i], &size) || size > (int64_t)1 << 62)
            return -1;
    }
    return empty ? 0 : size;
}

void psi_set_row_major(psi_array a)
{
    int64_t *strides = psi_strides_of(a), step = 1;
    int longer = 0;
    for (int i = a->ndim; i-- > 0;) {
        strides[i] = step;
        step *= a->shape[i];
        longer += a->shape[i] > 1;
    }
    a->data_size = a->size;
    a->layout = PSI_ROW_CONTIGUOUS | PSI_CONTIGUOUS;
    if (longer <= 1 || a->size <= 1)
        a->layout |= PSI_COL_CONTIGUOUS;
}

void psi_set_layout(psi_array a)
{
    const int64_t *strides = psi_strides_of(a);
    int64_t row = 1, col = 1, low = 0, high = 0;
    bool is_row = true, is_col = true;
    for (int i = a->ndim; i-- > 0; row *= a->shape[i])
        is_row &= a->shape[i] == 1 || strides[i] == row;
    for (int i = 0; i < a->ndim; col *= a->shape[i], i++) {
        is_col &= a->shape[i] == 1 || strides[i] == col;
        int64_t span = (a->shape[i] - 1) * strides[i];
        *(span < 0 ? &low : &high) += span;
    }
    a->layout = 0;
    if (a->size <= 1)
        is_row = is_col = true;
    if (is_row)
        a->layout |= PSI_ROW_CONTIGUOUS;
    if (is_col)
        a->layout |= PSI_COL_CONTIGUOUS;
    /* Every element of the span is used, and used at least once: dense in some order, or a repeated value. */
    int64_t distinct = 1;
    for (int i = 0; i < a->ndim; i++)
        distinct *= strides[i] == 0 ? 1 : a->shape[i];
    a->data_size = a->size == 0 ? 0 : high - low + 1;
    if (is_row || is_col || (low == 0 && distinct == a->data_size && a->size > 0))
        a->layout |= PSI_CONTIGUOUS;
}

bool psi_check_inputs(psi_arrays in, const char *op)
{
    for (int i = 0; i < in.count; i++) {
        if (!in.data[i] || psi_is_error(in.data[i])) {
            if (!psi_this_thread.failed)
                PSI_INVALID("%s: argument %d is %s", op, i,
                            in.data[i] ? "the result of a failed call" : "NULL");
            return false;
        }
    }
    return true;
}

/* A node with room for `extra` bytes behind its attributes. */
static psi_node *allocate(psi_node_spec spec, int outputs, const psi_output_spec *out, size_t extra)
{
    int64_t dims = 0, attrs = spec.attr.count > 0 ? spec.attr.count : 0;
    for (int i = 0; i < outputs; i++) {
        if (out[i].shape.count > PSI_MAX_NDIM) {
            PSI_INVALID("%d dimensions are more than the limit of %d", out[i].shape.count, PSI_MAX_NDIM);
            return NULL;
        }
        /* So that bytes can be counted without care, a view's too. */
        int64_t size = psi_shape_size(out[i].shape);
        if (size < 0 || size > ((int64_t)1 << 62) / (int64_t)psi_dtype_size(out[i].dtype)) {
            PSI_INVALID("shape %s of %s has a negative length or more than 2^62 bytes",
                        PSI_SHAPE(out[i].shape), psi_dtype_name(out[i].dtype));
            return NULL;
        }
        dims += 2 * out[i].shape.count;
    }
    size_t head = offsetof(psi_node, out) + (size_t)outputs * sizeof(struct psi_array_s);
    size_t lists = (size_t)spec.in.count * sizeof(psi_array) + (size_t)(dims + attrs) * sizeof(int64_t);
    psi_node *node = psi_malloc(head + lists + extra);
    if (!node)
        return NULL;
    memset(node, 0, head);
    node->in = (psi_array *)((char *)node + head);
    int64_t *next = (int64_t *)(node->in + spec.in.count);
    for (int i = 0; i < outputs; i++) {
        psi_array a = &node->out[i];
        a->index = i;
        a->dtype = (uint8_t)out[i].dtype;
        a->ndim = (uint8_t)out[i].shape.count;
        a->shape = next;
        a->size = psi_shape_size(out[i].shape);
        for (int d = 0; d < a->ndim; d++)
            next[d] = out[i].shape.data[d];
        next += 2 * a->ndim;
    }
    node->attr = next;
    return node;
}

static psi_node *make(psi_node_spec spec, int outputs, const psi_output_spec *out, size_t extra)
{
    if (!psi_check_inputs(spec.in, "graph node"))
        return NULL;
    psi_node *node = allocate(spec, outputs, out, extra);
    if (!node)
        return NULL;
    node->op = (uint16_t)spec.op;
    node->out_count = outputs;
    node->in_count = spec.in.count;
    node->attr_count = spec.attr.count > 0 ? spec.attr.count : 0;
    node->stream = psi_this_thread.stream;
    atomic_init(&node->refs, 1);
    atomic_init(&node->state, PSI_PENDING);
    for (int i = 0; i < spec.in.count; i++) {
        node->in[i] = psi_retain(spec.in.data[i]);
        node->tracer |= psi_node_of(spec.in.data[i])->tracer;
    }
    node->tracer &= psi_this_thread.tracing > 0;
    for (int i = 0; i < node->attr_count; i++)
        node->attr[i] = spec.attr.data[i];
    return node;
}

/* Attributes end the block, so its size is known from where they end. */
psi_node *psi_node_like(const psi_node *like, const psi_array *in, int in_count)
{
    size_t bytes = (size_t)((const char *)(like->attr + like->attr_count) - (const char *)like);
    psi_node *node = psi_malloc(bytes);
    if (!node)
        return NULL;
    memcpy(node, like, bytes);
#define MOVED(pointer) ((void *)((char *)node + ((char *)(pointer) - (char *)like)))
    node->in = MOVED(like->in);
    node->attr = MOVED(like->attr);
    for (int i = 0; i < node->out_count; i++) {
        node->out[i].shape = MOVED(like->out[i].shape);
        node->out[i].buffer = NULL;
    }
#undef MOVED
    atomic_init(&node->refs, 1);
    atomic_init(&node->state, PSI_PENDING);
    node->tracer = node->lost = node->nested = node->through = false;
    node->mark = node->place = node->uses = 0;
    node->data = NULL;
    node->data_free = NULL;
    node->failure = NULL;
    node->in_count = in ? in_count : 0;
    for (int i = 0; i < node->in_count; i++)
        node->in[i] = psi_retain(in[i]);
    return node;
}

psi_node *psi_node_mould(int op, int in_count, int out_count, const psi_output_spec *outputs,
                         psi_stream stream)
{
    psi_node *node = allocate((psi_node_spec){.in = {NULL, in_count}}, out_count, outputs, 0);
    if (!node)
        return NULL;
    node->op = (uint16_t)op;
    node->out_count = out_count;
    node->stream = stream;
    atomic_init(&node->refs, 1);
    atomic_init(&node->state, PSI_PENDING);
    return node;
}

psi_array psi_node_new(psi_node_spec spec, psi_ints shape, psi_dtype dtype)
{
    psi_node *node = make(spec, 1, &(psi_output_spec){shape, dtype}, 0);
    return node ? psi_own(node->out) : psi_error_array();
}

psi_arrays psi_node_new_many(psi_node_spec spec, int count, const psi_output_spec *outputs)
{
    psi_arrays list = {psi_scope_memory((size_t)count * sizeof(psi_array)), count};
    psi_node *node = list.data ? make(spec, count, outputs, 0) : NULL;
    if (!node)
        return (psi_arrays){NULL, 0};
    for (int i = 0; i < count; i++) {
        list.data[i] = psi_own(i + 1 < count ? psi_retain(&node->out[i]) : &node->out[i]);
        if (psi_is_error(list.data[i]))
            return (psi_arrays){NULL, 0};
    }
    return list;
}

/* Gives a leaf its values; the innermost scope gets it. */
static psi_array ready(psi_node *node, psi_buffer *buffer)
{
    psi_array a = node->out;
    a->buffer = buffer;
    psi_set_row_major(a);
    atomic_store_explicit(&node->state, PSI_READY, memory_order_release);
    return psi_own(a);
}

psi_array psi_leaf_new(psi_buffer *buffer, psi_ints shape, psi_dtype dtype)
{
    psi_node *node = buffer ? make((psi_node_spec){0}, 1, &(psi_output_spec){shape, dtype}, 0) : NULL;
    if (!node) {
        if (buffer)
            psi_buffer_release(buffer);
        return psi_error_array();
    }
    return ready(node, buffer);
}

/* What lies behind a scalar's node. */
typedef struct own_value {
    _Alignas(8) char value[8];
    psi_buffer buffer; /* with the rest, what a vector read at the value may touch */
    char margin[16];
} own_value;

psi_array psi_leaf_scalar(const void *value, psi_dtype dtype)
{
    psi_node *node =
        make((psi_node_spec){0}, 1, &(psi_output_spec){PSI_SCALAR_SHAPE, dtype}, sizeof(own_value));
    if (!node)
        return psi_error_array();
    own_value *own = (own_value *)node->attr;
    memcpy(own->value, value, psi_dtype_size(dtype));
    own->buffer = (psi_buffer){.data = own->value, .bytes = psi_dtype_size(dtype), .context = node};
    atomic_init(&own->buffer.refs, 1);
    node->nested = true;
    return ready(node, &own->buffer);
}
