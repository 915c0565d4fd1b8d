/* fault.c: test hooks of the evaluator. Invariant: with no hook set, results are untouched. */
#include "eval/fault.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "eval/backend.h"
#include "eval/plan.h"
#include "ops/op.h"

bool psi_fault_active;
static int fault_op; /* PSI_OP_LEAF: none */
static bool recording;
static atomic_bool evaluated[PSI_OP_COUNT];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void update(void)
{
    psi_fault_active = recording || fault_op != PSI_OP_LEAF;
    psi_plan_unfused = fault_op != PSI_OP_LEAF;
}

bool psi_test_fault(const char *op)
{
    fault_op = PSI_OP_LEAF;
    for (int i = 1; op && i < PSI_OP_COUNT; i++)
        if (psi_ops[i].name && !strcmp(psi_ops[i].name, op))
            fault_op = i;
    update();
    if (op && fault_op == PSI_OP_LEAF)
        PSI_INVALID("PSIONIC_FAULT: %s is not an op", op);
    return !op || fault_op != PSI_OP_LEAF;
}

void psi_test_record_ops(bool on)
{
    recording = on;
    for (int i = 0; on && i < PSI_OP_COUNT; i++)
        atomic_store(&evaluated[i], false);
    update();
}

bool psi_test_evaluated(int op)
{
    return op > 0 && op < PSI_OP_COUNT && atomic_load(&evaluated[op]);
}

const char *psi_test_op_name(int op)
{
    return op >= 0 && op < PSI_OP_COUNT ? psi_ops[op].name ? psi_ops[op].name : "" : NULL;
}

static void read_environment(void)
{
    const char *op = getenv("PSIONIC_FAULT");
    if (op && *op)
        psi_test_fault(op);
}

void psi_fault_start(void)
{
    pthread_once(&once, read_environment);
}

/* Every element becomes another value. */
static void spoil(psi_array out)
{
    psi_buffer *fresh = out->size ? psi_buffer_new(psi_nbytes(out)) : NULL;
    if (!fresh)
        return;
    psi_copy_dense(fresh->data, out);
    unsigned char *bytes = fresh->data;
    size_t item = psi_itemsize(out);
    /* The top byte holds sign and exponent of a float; flipping a bit of the lowest changes integers and bools. */
    bool inexact = psi_issubdtype((psi_dtype)out->dtype, PSI_INEXACT);
    size_t part = out->dtype == PSI_COMPLEX64 ? 4 : item;
    for (size_t i = 0; i < psi_nbytes(out); i += part)
        bytes[inexact ? i + part - 1 : i] ^= inexact ? 0x41 : 1;
    psi_buffer_release(out->buffer);
    out->buffer = fresh;
    out->offset = 0;
    psi_set_row_major(out);
}

/* A broadcast that is read through takes part, too. */
static void record(const psi_node *node)
{
    atomic_store(&evaluated[node->op], true);
    for (int i = 0; i < node->in_count; i++)
        if (psi_node_of(node->in[i])->through)
            atomic_store(&evaluated[psi_node_of(node->in[i])->op], true);
}

void psi_fault_after_slow(psi_node **nodes, int count)
{
    for (int k = 0; k < count; k++) {
        if (recording)
            record(nodes[k]);
        if (nodes[k]->op == fault_op)
            for (int i = 0; i < nodes[k]->out_count; i++)
                spoil(&nodes[k]->out[i]);
    }
}
