/* signature.h: reads the Python-style signatures of the tables: "a: array, axis: int = 0 -> arrays".
 * Invariant: what it cannot read ends the build with the row's name. */
#ifndef PSI_TOOLS_SIGNATURE_H
#define PSI_TOOLS_SIGNATURE_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMETERS = 16 };

typedef struct parameter {
    char name[48], type[24], value[48];
} parameter;

static _Noreturn void die(const char *what, const char *name)
{
    fprintf(stderr, "tables: %s: %s\n", what, name);
    exit(1);
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

/* Splits a signature into parameters; returns their number. The result is "array" when none is written. */
static int parse_signature(const char *s, const char *row, parameter *out, char result[24])
{
    const char *arrow = strstr(s, "->"), *end = arrow ? arrow : s + strlen(s);
    int count = 0;
    strcpy(result, "array");
    if (arrow)
        copy_trimmed(result, 24, arrow + 2, strlen(arrow + 2), row);
    while (s < end && strspn(s, " ") < (size_t)(end - s)) {
        size_t length = strcspn(s, ",");
        const char *stop = s + length < end ? s + length : end;
        const char *colon = memchr(s, ':', (size_t)(stop - s)), *is = memchr(s, '=', (size_t)(stop - s));
        if (!colon || count == PARAMETERS)
            die("a parameter has no type", row);
        const char *type_end = is ? is : stop;
        copy_trimmed(out[count].name, 48, s, (size_t)(colon - s), row);
        copy_trimmed(out[count].type, 24, colon + 1, (size_t)(type_end - colon - 1), row);
        copy_trimmed(out[count].value, 48, is ? is + 1 : "", is ? (size_t)(stop - is - 1) : 0, row);
        count++;
        s = stop + 1;
    }
    return count;
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
