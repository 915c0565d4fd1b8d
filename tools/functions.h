/* functions.h: the op table as the generators read it.
 * Invariant: one entry per row, in the table's order; one without a signature is no public function. */
#ifndef PSI_TOOLS_FUNCTIONS_H
#define PSI_TOOLS_FUNCTIONS_H

#include "signature.h"

typedef struct op {
    const char *kind, *name, *primitive, *state, *types, *signature, *vjp, *jvp, *vmap, *doc;
} op;

static const op ops[] = {
#define UNARY(n, p, s, t, e, d, doc) {"unary", #n, #p, #s, #t, "a: array", "YES", "YES", "YES", doc},
#define BINARY(n, p, s, t, e, da, db, doc) \
    {"binary", #n, #p, #s, #t, "a: array, b: array", "YES", "YES", "YES", doc},
#define COMPARE(n, p, s, t, e, doc) \
    {"compare", #n, #p, #s, #t, "a: array, b: array", "YES", "YES", "YES", doc},
#define TERNARY(n, p, s, t, e, doc) {"ternary", #n, #p, #s, #t, NULL, "YES", "YES", "YES", doc},
#define NODE(n, p, s, v, j, m, doc) {"node", #n, #p, s, "", NULL, #v, #j, #m, doc},
#define FN(n, sig, doc) {"function", #n, "", "", "", sig, "", "", "", doc},
#include "ops/table.h"
};
enum { OPS = sizeof ops / sizeof *ops };

/* The public function of a name. */
static inline const op *find_op(const char *name)
{
    for (int i = 0; i < OPS; i++)
        if (ops[i].signature && !strcmp(ops[i].name, name))
            return &ops[i];
    return NULL;
}

/* Which dtypes and shapes an element-wise function takes; nothing of others, whose sentence says it. */
static inline void write_dtypes(FILE *f, const op *o)
{
    static const char *const takes[][2] = {
        {"ANY", "Any dtype"},
        {"NUMBER", "Any dtype but bool"},
        {"REAL", "Any dtype but complex64"},
        {"FLOATING", "Floating and complex dtypes; others become float32"},
        {"REALFLOAT", "Floating dtypes; bool and integers become float32, complex64 is refused"},
        {"INTEGRAL", "bool and integers"},
        {"INTEGER", "Integers; bool becomes uint8"},
        {"LOGICAL", "Any dtype, as bool; the result is bool"},
        {"PART", "Any dtype; of complex64 the result is float32"},
    };
    for (size_t i = 0; i < sizeof takes / sizeof *takes; i++)
        if (!strcmp(takes[i][0], o->types))
            fprintf(f, " %s.", takes[i][1]);
    if (!strcmp(o->kind, "binary") || !strcmp(o->kind, "compare"))
        fprintf(f, " Operands are promoted to one dtype and broadcast%s.",
                *o->kind == 'c' ? "; the result is bool" : "");
}

#endif
