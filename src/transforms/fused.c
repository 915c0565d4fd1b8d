/* fused.c: groups of element-wise ops as data. */
#include "transforms/fused.h"

#include "ops/op.h"

int psi_members_allocate(psi_member *members, int count, int *spare)
{
    int free_count = 0, reg_count = 0;
    for (int k = 0; k < count; k++)
        members[k].uses = 0;
    for (int k = 0; k < count; k++)
        for (int i = 0; i < members[k].in_count; i++)
            if (members[k].in[i] >= 0)
                members[members[k].in[i]].uses++;
    for (int k = 0; k < count; k++) {
        psi_member *m = &members[k];
        if (m->stored < 0 || k == count - 1)
            m->reg = free_count ? spare[--free_count] : reg_count++;
        for (int i = 0; i < m->in_count; i++) {
            psi_member *from = m->in[i] >= 0 ? &members[m->in[i]] : NULL;
            if (from && --from->uses == 0 && from->stored < 0)
                spare[free_count++] = from->reg;
        }
    }
    return reg_count;
}

psi_fused *psi_fused_new(int count, size_t name_length)
{
    size_t members = (size_t)count * sizeof(psi_member);
    psi_fused *f = psi_malloc(sizeof *f + members + name_length + 1);
    if (!f)
        return NULL;
    atomic_init(&f->refs, 1);
    f->count = count;
    f->name = (char *)f->members + members;
    f->name[0] = 0;
    return f;
}

void psi_fused_attach(psi_node *node, psi_fused *fused)
{
    atomic_fetch_add_explicit(&fused->refs, 1, memory_order_relaxed);
    node->data = fused;
    node->data_free = psi_fused_release;
}

void psi_fused_release(void *fused)
{
    psi_fused *f = fused;
    if (f && atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1)
        psi_free(f);
}

const char *psi_primitive_of(const psi_node *node)
{
    return node->op == PSI_OP_compiled && node->data ? psi_fused_of(node)->name : psi_ops[node->op].primitive;
}
