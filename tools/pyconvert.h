/* pyconvert.h: how a parameter of a Python function becomes an argument of ours: in which C type, and by which reader.
 * Invariant: a conversion that is found compiles. */
#ifndef PSI_TOOLS_PYCONVERT_H
#define PSI_TOOLS_PYCONVERT_H

#include "signature.h"

static bool is(const char *a, const char *b)
{
    return !strcmp(a, b);
}

static void upper(char *out, const char *s)
{
    for (; *s; s++)
        *out++ = (char)toupper((unsigned char)*s);
    *out = 0;
}

/* A type that ends in "?" admits None. */
static bool optional(const parameter *p)
{
    return p->type[strlen(p->type) - 1] == '?';
}

/* Whether a type is this one, or this one or None. */
static bool is_base(const parameter *p, const char *type)
{
    return strlen(type) == strcspn(p->type, "?") && !strncmp(p->type, type, strlen(type));
}

/* How one Python parameter becomes a C argument: its declaration, and the test that converts it. */
typedef struct conversion {
    char declare[200], test[200], pass[64];
} conversion;

#define TEXT(field, ...) snprintf(c->field, sizeof c->field, __VA_ARGS__)

static bool convert_array(const parameter *p, const char *to, int i, conversion *c)
{
    const char *reader = is(p->type, "array") || is(p->type, "array?") ? "array" : "value";
    if (optional(p) && is(to, "array"))
        return false;
    TEXT(declare, "psi_array %s = NULL;", p->name);
    if (optional(p))
        TEXT(test, "(!psi_py_given(v_[%d]) || psi_py_to_%s(v_[%d], &%s))", i, reader, i, p->name);
    else
        TEXT(test, "psi_py_to_%s(v_[%d], &%s)", reader, i, p->name);
    return true;
}

static bool convert_arrays(const parameter *p, int i, conversion *c)
{
    TEXT(declare, "psi_arrays %s;", p->name);
    TEXT(test, "psi_py_to_arrays(v_[%d], &%s)", i, p->name);
    return true;
}

static bool convert_ints(const parameter *p, const char *to, int i, conversion *c)
{
    bool empty = is(p->value, "[]"), listed = *p->value == '[' && !empty;
    /* a number as default is what the op takes PSI_NONE for */
    bool number = *p->value && *p->value != '[' && !is(p->value, "None");
    if ((optional(p) && is(to, "ints")) || (number && !is(to, "ints?")))
        return false;
    TEXT(declare, "psi_py_ints %s = {.list = %s};", p->name, empty ? "{NULL, 0}" : "PSI_NONE");
    if (listed)
        TEXT(declare, "psi_py_ints %s = {.list = PSI_INTS(%.*s)};", p->name, (int)strlen(p->value) - 2,
             p->value + 1);
    char reader[24];
    snprintf(reader, sizeof reader, "%.*s", (int)strcspn(p->type, "?"), p->type);
    if (listed)
        TEXT(test,
             "(!v_[%d] || (v_[%d] == Py_None ? (%s.list = PSI_NONE, true) : psi_py_to_%s(v_[%d], &%s)))", i,
             i, p->name, reader, i, p->name);
    else if (optional(p) || empty)
        TEXT(test, "(!psi_py_given(v_[%d]) || psi_py_to_%s(v_[%d], &%s))", i, reader, i, p->name);
    else if (number)
        TEXT(test, "(!v_[%d] || psi_py_to_%s(v_[%d], &%s))", i, reader, i, p->name);
    else
        TEXT(test, "psi_py_to_%s(v_[%d], &%s)", reader, i, p->name);
    TEXT(pass, "%s.list", p->name);
    return true;
}

static bool convert_dtype(const parameter *p, int i, conversion *c)
{
    char name[48] = "DTYPE_COUNT";
    if (*p->value && !is(p->value, "None"))
        upper(name, p->value);
    TEXT(declare, "psi_dtype %s = PSI_%s;", p->name, name);
    if (optional(p))
        TEXT(test, "(!psi_py_given(v_[%d]) || psi_py_to_dtype(v_[%d], &%s))", i, i, p->name);
    else if (*p->value)
        TEXT(test, "(!v_[%d] || psi_py_to_dtype(v_[%d], &%s))", i, i, p->name);
    else
        TEXT(test, "psi_py_to_dtype(v_[%d], &%s)", i, p->name);
    return true;
}

/* What a number, bool or string is in C where Python gives none. */
static const char *default_of(const parameter *p, const parameter *to)
{
    if (is(p->type, "float?"))
        return "NAN";
    const char *value = *p->value ? p->value : *to->value && !is(to->value, "None") ? to->value : "0";
    if (is(value, "None"))
        return is(to->type, "int?") ? "PSI_NO_INT" : to->value;
    return is(value, "True") ? "true" : is(value, "False") ? "false" : value;
}

/* A number, bool or string: the same word in Python and C, but that either may admit None. */
static bool convert_plain(const parameter *p, const parameter *to, int i, conversion *c)
{
    static const char *const types[][3] = {
        {"int", "int int?", "int64_t"},
        {"float", "float", "double"},
        {"bool", "bool", "bool"},
        {"str", "str", "const char *"},
    };
    for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
        const char *word = types[k][0], *quote = is(word, "str") ? "\"" : "";
        if (!is_base(p, word))
            continue;
        if (!among(to->type, types[k][1]))
            return false;
        TEXT(declare, "%s %s = %s%s%s;", types[k][2], p->name, quote, default_of(p, to), quote);
        if (is(p->type, "int?") && is(to->type, "int?"))
            TEXT(test,
                 "(!v_[%d] || (v_[%d] == Py_None ? (%s = PSI_NO_INT, true) : psi_py_to_int(v_[%d], &%s)))", i,
                 i, p->name, i, p->name);
        else
            TEXT(test, "(!%s(v_[%d]) || psi_py_to_%s(v_[%d], &%s))", optional(p) ? "psi_py_given" : "", i,
                 word, i, p->name);
        return true;
    }
    return false;
}

/* False when there is no such conversion. */
static bool convert(const parameter *p, const parameter *to, int i, conversion *c)
{
    TEXT(pass, "%s", p->name);
    if (among(p->type, "array array? value value? float?") && among(to->type, "array array?"))
        return convert_array(p, to->type, i, c);
    if (is(p->type, "arrays") && is(to->type, "arrays"))
        return convert_arrays(p, i, c);
    if (among(p->type, "ints ints? shape shape? int2 int3") && among(to->type, "ints ints?"))
        return convert_ints(p, to->type, i, c);
    if (among(p->type, "dtype dtype?") && among(to->type, "dtype dtype?"))
        return convert_dtype(p, i, c);
    return convert_plain(p, to, i, c);
}

#undef TEXT

#endif
