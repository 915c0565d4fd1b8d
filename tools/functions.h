/* functions.h: the public functions of the op table, by name.
 * Invariant: one row per function, in the table's order. */
#ifndef PSI_TOOLS_FUNCTIONS_H
#define PSI_TOOLS_FUNCTIONS_H

#include "signature.h"

typedef struct op {
    const char *name, *signature, *doc;
} op;

static const op ops[] = {
#define UNARY(n, p, s, t, e, d, doc) {#n, "a: array", doc},
#define BINARY(n, p, s, t, e, da, db, doc) {#n, "a: array, b: array", doc},
#define COMPARE(n, p, s, t, e, doc) {#n, "a: array, b: array", doc},
#define TERNARY(...)
#define NODE(...)
#define FN(n, sig, doc) {#n, sig, doc},
#include "ops/table.h"
};
enum { OPS = sizeof ops / sizeof *ops };

static const op *find_op(const char *name)
{
    for (int i = 0; i < OPS; i++)
        if (!strcmp(ops[i].name, name))
            return &ops[i];
    return NULL;
}

#endif
