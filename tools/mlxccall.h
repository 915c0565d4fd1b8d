/* mlxccall.h: which call of ours answers a function of mlx-c: read from the table, or found by the parameters.
 * Invariant: a call that is found compiles: its function is in ops.def and every argument fits. */
#ifndef PSI_TOOLS_MLXCCALL_H
#define PSI_TOOLS_MLXCCALL_H

#include "functions.h"

/* One function of mlx-c. */
typedef struct function {
    char name[96], text[512], call[512];
    signature s; /* of `text` */
    bool stream;
} function;

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
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!strcmp(table[i][0], ours))
            return among(theirs, table[i][1]);
    return false;
}

static const parameter *find_parameter(const function *f, const char *name)
{
    for (int i = 0; i < f->s.count; i++)
        if (!strcmp(f->s.p[i].name, name))
            return &f->s.p[i];
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
    char name[64], argument[256];
    signature ours = {.count = -1};
    const char *s = strchr(expression, '(');
    copy_trimmed(name, sizeof name, expression + 4, (size_t)(s - expression - 4), f->name);
    const op *o = find_op(name);
    int at = 0;
    if (o)
        parse_signature(o->signature, name, &ours);
    for (s++; *s && *s != ')'; at++) {
        const char *from = s;
        for (int depth = 0; depth || (*s != ',' && *s != ')'); s++)
            depth += (*s == '(') - (*s == ')');
        copy_trimmed(argument, sizeof argument, from, (size_t)(s - from), f->name);
        const char *type = type_of(f, argument);
        if (at >= ours.count || !type || !fits(ours.p[at].type, type))
            return false;
        s += *s == ',';
    }
    return at == ours.count;
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
    signature ours = {.count = -1};
    size_t used = 0, length = o ? (size_t)snprintf(out, room, "psi_%s(", name) : 0;
    if (o)
        parse_signature(o->signature, name, &ours);
    for (int i = 0; i < ours.count; i++) {
        char value[64];
        const parameter *from = find_parameter(f, ours.p[i].name);
        if (!from && i < f->s.count) {
            bool taken = false;
            for (int k = 0; k < ours.count; k++)
                taken |= !strcmp(ours.p[k].name, f->s.p[i].name);
            from = taken ? NULL : &f->s.p[i];
        }
        if (from && !fits(ours.p[i].type, from->type))
            return false;
        if (from)
            snprintf(value, sizeof value, "%s", from->name);
        else if (!write_default(value, sizeof value, &ours.p[i]))
            return false;
        used += from != NULL;
        length += (size_t)snprintf(out + length, room - length, "%s%s", i ? ", " : "", value);
    }
    if (ours.count < 0 || used != (size_t)f->s.count)
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
    if (!strcmp(f->s.result, "none")) {
        char copy[600];
        snprintf(copy, sizeof copy, "%s", out);
        snprintf(out, room, "(%s, !psi_failed())", copy);
    }
    return true;
}

#endif
