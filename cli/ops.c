/* ops.c: `psionic ops`: the capability matrix, straight from the op table; and what one op does. */
#include "cli.h"

#include <stdio.h>
#include <string.h>

#include <psionic.h>

typedef struct op_row {
    const char *name, *kind, *primitive, *takes, *doc;
} op_row;

#define UNARY(name, Primitive, state, types, expression, derivative, doc) \
    {#name, "unary", #Primitive, "a", doc},
#define BINARY(name, Primitive, state, types, expression, da, db, doc) \
    {#name, "binary", #Primitive, "a, b", doc},
#define COMPARE(name, Primitive, state, types, expression, doc) {#name, "compare", #Primitive, "a, b", doc},
#define TERNARY(name, Primitive, state, types, expression, doc) \
    {#name, "ternary", #Primitive, "c, a, b", doc},
#define NODE(name, Primitive, state, vjp, jvp, vmap, doc) {#name, "node", #Primitive, state, doc},
#define FN(name, signature, doc) {#name, "function", "", signature, doc},

static const op_row rows[] = {
#include "ops/table.h"
};

#define ROWS (sizeof rows / sizeof *rows)

/* What the library answers, which is what it does. */
static const char *can(const op_row *row, psi_transform transform)
{
    return psi_op_can(row->name, transform) ? "yes" : "-";
}

static const char *first_line(const char *doc, char line[100])
{
    snprintf(line, 100, "%.99s", doc);
    return line;
}

static void matrix(void)
{
    printf("%-22s %-8s %-4s %-4s %-4s %-5s %-8s %-10s %s\n", "op", "kind", "cpu", "vjp", "jvp", "vmap",
           "compile", "shapeless", "what");
    int functions = 0;
    for (size_t i = 0; i < ROWS; i++) {
        const op_row *row = &rows[i];
        char line[100];
        if (strcmp(row->kind, "function") == 0) {
            functions++;
        } else {
            printf("%-22s %-8s %-4s %-4s %-4s %-5s %-8s %-10s %s\n", row->name, row->kind, "yes",
                   can(row, PSI_TRANSFORM_VJP), can(row, PSI_TRANSFORM_JVP), can(row, PSI_TRANSFORM_VMAP),
                   can(row, PSI_TRANSFORM_COMPILE), can(row, PSI_TRANSFORM_SHAPELESS),
                   first_line(row->doc, line));
        }
    }
    printf("\n%zu ops; %d functions build on them:\n", ROWS - (size_t)functions, functions);
    int column = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].kind, "function") == 0) {
            column += printf("%s%s", column ? " " : "", rows[i].name);
            if (column > 90) {
                column = 0;
                printf("\n");
            }
        }
    }
    printf(column ? "\n" : "");
}

static bool describe(const char *name)
{
    bool found = false;
    for (size_t i = 0; i < ROWS; i++) {
        const op_row *row = &rows[i];
        if (strcmp(row->name, name) == 0) {
            found = true;
            bool function = strcmp(row->kind, "function") == 0;
            printf("%s(%s)  %s\n", row->name, row->takes, row->doc);
            if (!function) {
                printf("    %s op %s; cpu yes, gpu -; vjp %s, jvp %s, vmap %s, compile %s, shapeless %s\n",
                       row->kind, row->primitive, can(row, PSI_TRANSFORM_VJP), can(row, PSI_TRANSFORM_JVP),
                       can(row, PSI_TRANSFORM_VMAP), can(row, PSI_TRANSFORM_COMPILE),
                       can(row, PSI_TRANSFORM_SHAPELESS));
            }
        }
    }
    return found;
}

int cli_ops(int count, char **arguments)
{
    if (cli_wants_help(count, arguments)) {
        printf("usage: psionic ops [NAME...]\n\nShows every op with its backends and transforms (a - is a "
               "typed refusal), or what the\n"
               "named ones do.\n");
        return 0;
    }
    if (count == 0)
        matrix();
    for (int i = 0; i < count; i++)
        if (!describe(arguments[i]))
            return cli_usage("ops", "no op is called \"%s\"; psionic ops lists them", arguments[i]);
    return 0;
}
