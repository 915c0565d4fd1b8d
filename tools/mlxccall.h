/* mlxccall.h: which call of ours answers a function of mlx-c: read from the table, or found by the parameters.
 * Invariant: a call that is found compiles: its function is in ops.def and every argument fits. */
#ifndef PSI_TOOLS_MLXCCALL_H
#define PSI_TOOLS_MLXCCALL_H

#include <stdbool.h>

#include "signature.h"

typedef struct op {
    const char *name, *signature, *doc;
} op;

static const op ops[] = {
#define UNARY(n, p, s, t, e, d, doc) {#n, "a: array", doc},
#define BINARY(n, p, s, t, e, da, db, doc) {#n, "a: array, b: array", doc},
#define COMPARE(n, p, s, t, e, doc) {#n, "a: array, b: array", doc},
#define FN(n, sig, doc) {#n, sig, doc},
#include "ops/table.h"
};
enum { OPS = sizeof ops / sizeof *ops };

/* One function of mlx-c. */
typedef struct function {
    char name[96], signature[512], call[512];
    parameter p[PARAMETERS];
    int count;
    char result[24];
    bool stream;
} function;

static const op *find_op(const char *name)
{
    for (int i = 0; i < OPS; i++)
        if (!strcmp(ops[i].name, name))
            return &ops[i];
    return NULL;
}

/* ---- does an argument fit a parameter of ours? ---- */

static bool fits(const char *ours, const char *theirs)
{
    static const char *const table[][2] = {
        {"array", "array"},
        {"array?", "array array? float?"},
        {"arrays", "arrays"},
        {"int", "int size uint64"},
        {"int?", "int int? size"},
        {"float", "float double int real?"},
        {"bool", "bool"},
        {"ints", "ints int64s int2 int3"},
        {"ints?", "ints ints? int64s int2 int3"},
        {"dtype", "dtype"},
        {"dtype?", "dtype dtype?"},
        {"str", "str"},
    };
    size_t length = strlen(theirs);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!strcmp(table[i][0], ours))
            for (const char *s = table[i][1]; *s; s += strcspn(s, " "), s += *s == ' ')
                if (strcspn(s, " ") == length && !strncmp(s, theirs, length))
                    return true;
    return false;
}

static const parameter *find_parameter(const function *f, const char *name)
{
    for (int i = 0; i < f->count; i++)
        if (!strcmp(f->p[i].name, name))
            return &f->p[i];
    return NULL;
}

static bool starts(const char *s, const char *with)
{
    return !strncmp(s, with, strlen(with));
}

static bool check_call(const function *f, const char *expression);

/* The type of one argument of a call that the table spells out; NULL when it is unknown. */
static const char *type_of(const function *f, const char *argument)
{
    static const char *const words[][2] = {
        {"PSI_NO_INT", "int?"},   {"PSI_NONE", "ints?"}, {"PSI_INTS(", "ints"}, {"PSI_ARRAYS(", "arrays"},
        {"NULL", "array?"},       {"true", "bool"},      {"false", "bool"},     {"PSI_DTYPE_COUNT", "dtype?"},
        {"psi_scalar(", "array"}, {"\"", "str"},
    };
    const parameter *p = find_parameter(f, argument);
    if (p)
        return p->type;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (starts(argument, words[i][0]))
            return words[i][1];
    if (isdigit((unsigned char)*argument) || *argument == '-')
        return "int";
    return starts(argument, "psi_") && check_call(f, argument) ? "array" : NULL;
}

/* Whether psi_NAME(argument, ...) is a call that ops.def allows. */
static bool check_call(const function *f, const char *expression)
{
    char name[64], argument[256], result[24];
    parameter p[PARAMETERS];
    const char *s = strchr(expression, '(');
    copy_trimmed(name, sizeof name, expression + 4, (size_t)(s - expression - 4), f->name);
    const op *o = find_op(name);
    int count = o ? parse_signature(o->signature, name, p, result) : -1, at = 0;
    for (s++; *s && *s != ')'; at++) {
        const char *from = s;
        for (int depth = 0; depth || (*s != ',' && *s != ')'); s++)
            depth += (*s == '(') - (*s == ')');
        copy_trimmed(argument, sizeof argument, from, (size_t)(s - from), f->name);
        const char *type = type_of(f, argument);
        if (at >= count || !type || !fits(p[at].type, type))
            return false;
        s += *s == ',';
    }
    return at == count;
}

/* ---- finding the call ---- */

/* What a parameter of ours is when the caller cannot give it; false when it must be given. */
static bool write_default(char *out, size_t room, const parameter *ours)
{
    static const char *const none[][2] = {
        {"array?", "NULL"}, {"int?", "PSI_NO_INT"}, {"ints?", "PSI_NONE"}, {"dtype?", "PSI_DTYPE_COUNT"}};
    const char *v = ours->value;
    if (!*v)
        return false;
    if (!strcmp(v, "True") || !strcmp(v, "False"))
        snprintf(out, room, "%s", *v == 'T' ? "true" : "false");
    else if (!strcmp(ours->type, "str"))
        snprintf(out, room, "\"%s\"", v);
    else if (strcmp(v, "None"))
        snprintf(out, room, "%s%s", starts(ours->type, "dtype") ? "PSI_" : "", v);
    else
        for (size_t i = 0; i < sizeof none / sizeof *none; i++)
            if (!strcmp(none[i][0], ours->type))
                snprintf(out, room, "%s", none[i][1]);
    for (char *c = out; starts(out, "PSI_") && *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return true;
}

/* Fills the arguments of psi_NAME by name, else by place and type. */
static bool implicit_call(const function *f, const char *name, char *out, size_t room)
{
    const op *o = find_op(name);
    parameter p[PARAMETERS];
    char result[24];
    int count = o ? parse_signature(o->signature, name, p, result) : -1;
    size_t used = 0, length = o ? (size_t)snprintf(out, room, "psi_%s(", name) : 0;
    for (int i = 0; i < count; i++) {
        char value[64];
        const parameter *from = find_parameter(f, p[i].name);
        if (!from && i < f->count) {
            bool taken = false;
            for (int k = 0; k < count; k++)
                taken |= !strcmp(p[k].name, f->p[i].name);
            from = taken ? NULL : &f->p[i];
        }
        if (from && !fits(p[i].type, from->type))
            return false;
        if (from)
            snprintf(value, sizeof value, "%s", from->name);
        else if (!write_default(value, sizeof value, &p[i]))
            return false;
        used += from != NULL;
        length += (size_t)snprintf(out + length, room - length, "%s%s", i ? ", " : "", value);
    }
    if (count < 0 || used != (size_t)f->count)
        return false;
    snprintf(out + length, room - length, ")");
    return true;
}

/* The C expression that computes a function's result; false when there is none yet. */
static bool find_call(const function *f, char *out, size_t room)
{
    const char *call = f->call;
    if (*call == '=') {
        snprintf(out, room, "%s", call + 1);
        return true;
    }
    if (strchr(call, '(')) {
        snprintf(out, room, "%s", call);
        return check_call(f, call);
    }
    if (!implicit_call(f, *call ? call + 4 : f->name + 4, out, room))
        return false;
    if (!strcmp(f->result, "none")) {
        char copy[600];
        snprintf(copy, sizeof copy, "%s", out);
        snprintf(out, room, "(%s, !psi_failed())", copy);
    }
    return true;
}

#endif
