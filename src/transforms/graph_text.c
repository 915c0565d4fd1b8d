/* graph_text.c: graphs for people: one op a line, or in graphviz's language; and asking an array what makes it.
 * Names are letters in the order of the graph, unless the caller gave one. */
#include <psionic/compile.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/thread.h"
#include "ops/op.h"
#include "transforms/graph.h"

/* False with out_of_memory recorded. */
__attribute__((format(printf, 2, 3))) static bool text_put(psi_text_buffer *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        return true;
    if (t->length + (size_t)n + 1 > t->capacity) {
        size_t capacity = 2 * t->capacity + (size_t)n + 256;
        char *bigger = psi_realloc(t->data, capacity);
        if (!bigger)
            return false;
        t->data = bigger;
        t->capacity = capacity;
    }
    va_start(args, format);
    vsnprintf(t->data + t->length, (size_t)n + 1, format, args);
    va_end(args);
    t->length += (size_t)n;
    return true;
}

size_t psi_text_give(const psi_text_buffer *t, char *out, size_t room)
{
    size_t n = t->length < room ? t->length : room ? room - 1 : 0;
    if (n)
        memcpy(out, t->data, n);
    if (room)
        out[n] = 0;
    return t->length;
}

/* Where the writing goes, and what arrays are called. */
typedef struct writer {
    const psi_graph *graph;
    psi_graph_names names;
    int *number; /* per entry: of its first output */
    psi_text_buffer *text;
    bool ok;
} writer;

#define PUT(w, ...) ((w)->ok = (w)->ok && text_put((w)->text, __VA_ARGS__))

static bool open_writer(writer *w)
{
    int next = 0;
    w->number = psi_malloc(((size_t)w->graph->count + 1) * sizeof *w->number);
    for (int i = 0; w->number && i < w->graph->count; i++) {
        w->number[i] = next;
        next += w->graph->entries[i].node->out_count;
    }
    return w->ok = w->number != NULL;
}

static void put_array(writer *w, psi_ref ref)
{
    char letters[16], *at = letters + sizeof letters;
    for (int i = 0; i < w->names.count; i++)
        if (w->names.names && w->names.names[i] && w->names.refs[i].entry == ref.entry &&
            w->names.refs[i].out == ref.out) {
            PUT(w, "%s", w->names.names[i]);
            return;
        }
    *--at = 0;
    for (int n = w->number[ref.entry] + ref.out + 1; n > 0; n = (n - 1) / 26)
        *--at = (char)('A' + (n - 1) % 26);
    PUT(w, "%s", at);
}

static void put_typed(writer *w, psi_ref ref)
{
    psi_array a = psi_ref_array(w->graph, ref);
    put_array(w, ref);
    PUT(w, " %s %s", psi_dtype_name((psi_dtype)a->dtype), PSI_SHAPE(psi_shape_of(a)));
}

static const char *primitive_of(const psi_entry *e)
{
    return e->fused ? e->fused->name : psi_ops[e->node->op].primitive;
}

static void put_entry(writer *w, int i)
{
    const psi_entry *e = &w->graph->entries[i];
    for (int k = 0; k < e->node->out_count; k++) {
        PUT(w, "%s", k ? ", " : "");
        put_typed(w, (psi_ref){i, k});
    }
    if (e->kind != PSI_ENTRY_OP) {
        PUT(w, e->kind == PSI_ENTRY_INPUT ? ": input\n" : ": constant\n");
        return;
    }
    PUT(w, " = %s", primitive_of(e));
    for (int k = 0; k < e->node->attr_count; k++)
        PUT(w, k ? " %lld" : " [%lld", (long long)e->node->attr[k]);
    PUT(w, e->node->attr_count ? "]" : "");
    for (int k = 0; k < e->in_count; k++) {
        PUT(w, k ? ", " : " ");
        put_array(w, psi_entry_inputs(w->graph, i)[k]);
    }
    PUT(w, "\n");
}

bool psi_graph_write(const psi_graph *g, psi_graph_names names, psi_text_buffer *text)
{
    writer w = {g, names, NULL, text, true};
    if (!open_writer(&w))
        return false;
    for (int i = 0; i < g->count; i++)
        put_entry(&w, i);
    PUT(&w, "outputs:");
    for (int i = 0; i < g->output_count; i++) {
        PUT(&w, i ? ", " : " ");
        put_array(&w, g->outputs[i]);
    }
    PUT(&w, "\n");
    psi_free(w.number);
    return w.ok;
}

/* Arrays are the corners, ops the boxes between them. */
static void put_dot_entry(writer *w, int i, const bool *read)
{
    const psi_entry *e = &w->graph->entries[i];
    bool op = e->kind == PSI_ENTRY_OP;
    if (op)
        PUT(w, "{ %d [label =\"%s\", shape=rectangle]; }\n", i, primitive_of(e));
    for (int k = 0; k < e->in_count; k++) {
        PUT(w, "\"");
        put_array(w, psi_entry_inputs(w->graph, i)[k]);
        PUT(w, "\" -> %d\n", i);
    }
    for (int k = 0; k < e->node->out_count; k++) {
        PUT(w, !op ? "{ rank=source; \"" : read[w->number[i] + k] ? "{ \"" : "{ rank=sink; \"");
        put_array(w, (psi_ref){i, k});
        PUT(w, "\"; }\n");
        if (!op)
            continue;
        PUT(w, "%d -> \"", i);
        put_array(w, (psi_ref){i, k});
        PUT(w, "\"\n");
    }
}

static bool write_dot(const psi_graph *g, psi_graph_names names, psi_text_buffer *text)
{
    writer w = {g, names, NULL, text, true};
    if (!open_writer(&w))
        return false;
    int last = g->count - 1;
    bool *read =
        psi_calloc(g->count ? (size_t)(w.number[last] + g->entries[last].node->out_count) : 1, sizeof *read);
    for (int i = 0; read && i < g->ref_count; i++)
        read[w.number[g->refs[i].entry] + g->refs[i].out] = true;
    w.ok = read != NULL;
    PUT(&w, "digraph {\n");
    for (int i = 0; w.ok && i < g->count; i++)
        put_dot_entry(&w, i, read);
    PUT(&w, "}");
    psi_free(w.number);
    psi_free(read);
    return w.ok;
}

/* ---- graphs of arrays ---- */

static size_t write_arrays(psi_arrays arrays, const char *const *names, bool dot, char *out, size_t room)
{
    psi_graph g;
    psi_text_buffer text = {0};
    size_t length = 0;
    if (!psi_check_inputs(arrays, dot ? "export_to_dot" : "graph_text") ||
        !psi_graph_record(&g, (psi_arrays){NULL, 0}, arrays, (psi_arrays){NULL, 0}))
        return 0;
    psi_graph_names named = {g.outputs, names, names ? g.output_count : 0};
    if (dot ? write_dot(&g, named, &text) : psi_graph_write(&g, named, &text))
        length = psi_text_give(&text, out, room);
    psi_free(text.data);
    psi_graph_free(&g);
    return length;
}

size_t psi_graph_text(psi_arrays outputs, char *out, size_t room)
{
    return write_arrays(outputs, NULL, false, out, room);
}

size_t psi_export_to_dot(psi_arrays arrays, const char *const *names, char *out, size_t room)
{
    return write_arrays(arrays, names, true, out, room);
}

/* True for an array that its inputs still lead to. */
static bool waits(psi_array a)
{
    const psi_node *node = psi_node_of(a);
    int state = atomic_load_explicit(&node->state, memory_order_acquire);
    return !psi_is_error(a) && node->op != PSI_OP_LEAF && (state == PSI_PENDING || state == PSI_BROKEN);
}

const char *psi_primitive(psi_array a)
{
    psi_graph_lock();
    const char *name = waits(a) ? psi_primitive_of(psi_node_of(a)) : "";
    psi_graph_unlock();
    return name;
}

psi_arrays psi_inputs(psi_array a)
{
    psi_graph_lock();
    psi_arrays list = psi_arrays_new(waits(a) ? psi_node_of(a)->in_count : 0);
    for (int i = 0; i < list.count; i++)
        list.data[i] = psi_own(psi_retain(psi_node_of(a)->in[i]));
    psi_graph_unlock();
    return list;
}

psi_arrays psi_siblings(psi_array a)
{
    psi_node *node = psi_node_of(a);
    psi_graph_lock();
    psi_arrays list = psi_arrays_new(waits(a) ? node->out_count : 0);
    for (int i = 0; i < list.count; i++)
        list.data[i] = psi_own(psi_retain(&node->out[i]));
    psi_graph_unlock();
    return list;
}
