/* signature.h: reads the Python-style signatures of the tables: "a: array, /, axis: int = 0, *, key: array? = None -> arrays".
 * Invariant: what it cannot read ends the build with the row's name. */
#ifndef PSI_TOOLS_SIGNATURE_H
#define PSI_TOOLS_SIGNATURE_H

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMETERS = 24 };

typedef struct parameter {
    char name[48], type[24], value[48]; /* the default, or "" */
} parameter;

typedef struct signature {
    parameter p[PARAMETERS];
    int count, positional_only, positional; /* how many stand before "/", and before "*" */
    char result[24];                        /* "array" when none is written */
} signature;

static _Noreturn void die(const char *what, const char *name)
{
    fprintf(stderr, "tables: %s: %s\n", what, name);
    exit(1);
}

/* Whether a word is one of a list's, which spaces separate. */
static inline bool among(const char *word, const char *list)
{
    size_t length = strlen(word);
    for (; *list; list += strcspn(list, " "), list += *list == ' ')
        if (strcspn(list, " ") == length && !strncmp(list, word, length))
            return true;
    return false;
}

static void copy_trimmed(char *out, size_t room, const char *from, size_t length, const char *name)
{
    while (length && isspace((unsigned char)*from))
        from++, length--;
    while (length && isspace((unsigned char)from[length - 1]))
        length--;
    if (length >= room)
        die("a word of the signature is too long", name);
    memcpy(out, from, length);
    out[length] = 0;
}

/* The next comma outside brackets, or the end. */
static const char *next_comma(const char *s, const char *end)
{
    for (int depth = 0; s < end; s++) {
        depth += (*s == '[' || *s == '(') - (*s == ']' || *s == ')');
        if (*s == ',' && !depth)
            return s;
    }
    return end;
}

/* Adds what stands between two commas: a parameter, "/", or "*", alone or before a name. */
static void read_parameter(const char *s, const char *stop, const char *row, signature *out)
{
    const char *colon = memchr(s, ':', (size_t)(stop - s));
    const char *is = colon ? memchr(colon, '=', (size_t)(stop - colon)) : NULL;
    parameter *p = &out->p[out->count];
    if (out->count + 1 == PARAMETERS)
        die("too many parameters", row);
    copy_trimmed(p->name, sizeof p->name, s, (size_t)((colon ? colon : stop) - s), row);
    if (!strcmp(p->name, "/")) {
        out->positional_only = out->count;
        return;
    }
    if (*p->name == '*' && out->positional < 0)
        out->positional = out->count + (p->name[1] != 0);
    if (!strcmp(p->name, "*") || !*p->name)
        return;
    if (colon)
        copy_trimmed(p->type, sizeof p->type, colon + 1, (size_t)((is ? is : stop) - colon - 1), row);
    if (is)
        copy_trimmed(p->value, sizeof p->value, is + 1, (size_t)(stop - is - 1), row);
    out->count++;
}

static void parse_signature(const char *text, const char *row, signature *out)
{
    const char *arrow = strstr(text, "->"), *end = arrow ? arrow : text + strlen(text);
    *out = (signature){.positional = -1, .result = "array"};
    if (arrow)
        copy_trimmed(out->result, sizeof out->result, arrow + 2, strlen(arrow + 2), row);
    for (const char *s = text; s < end;) {
        const char *stop = next_comma(s, end);
        read_parameter(s, stop, row, out);
        s = stop + 1;
    }
    if (out->positional < 0)
        out->positional = out->count;
}

static void output(const char *dir, const char *name, void (*write)(FILE *))
{
    char path[8448];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    if (!f)
        die("cannot write", path);
    write(f);
    if (fclose(f))
        die("cannot write", path);
}

#endif
