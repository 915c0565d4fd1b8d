/* run_program.c: runs programs read from stdin, for the differential test: one line, one value, one answer.
 *     v0 = leaf float32 2,3 HEX          (shape "-" is a scalar's; HEX "-" is no bytes)
 *     v1 = sum v0 (0,-1) true            (none for what is not given; {v0,v2.1} for a list; words for dtypes)
 *     end
 * Each line is answered at once by what was built, unevaluated: "made DTYPE:SHAPE ...", or "error KIND CODE TEXT".
 * A line may transform an earlier one, v7, as a function of arrays that v7 was made of:
 *     v9 = at v7 {v0.0,v2.0} {v8.0,v5.0}       v7 with v8.0 and v5.0 in the place of v0.0 and v2.0
 *     v9 = vjp v7 {v0.0,v2.0} {COTANGENTS}     v9 = jvp v7 {v0.0,v2.0} {TANGENTS}
 *     v9 = vmap v7 {v0.0,v2.0} {ARRAYS} (0,-1)
 *     v9 = vmap_vjp v7 {v0.0,v2.0} {ARRAYS,COTANGENTS} (0,-1,0)      the vjp, batched
 * Its answer ends in "ops:NAME,NAME", the ops that v7's outputs depend on its arrays through.
 * `end` evaluates the last value as one graph, then runs the program again step by step, prints every value
 * ("value v1.0 DTYPE SHAPE HEX", "failed v1 KIND CODE TEXT"), says whether the two ways agree in every bit
 * ("fused same", "fused differs v1.0"), and "end". Invariant: a program leaves nothing behind for the next. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <psionic.h>

#include "ops/op.h"

enum { WORDS = 16, LINES = 256, INTS = 64 };

typedef struct call {
    const char *op;
    char *word[WORDS];
    int count;
    const psi_arrays *values; /* what earlier lines made */
    int made;
    int64_t ints[WORDS][INTS];
    struct program *program; /* of a line that transforms another */
} call;

typedef struct program {
    char *line[LINES];
    int count;
    psi_arrays values[LINES]; /* none for a line that ended in an error */
    bool refused[LINES];
    int last; /* the last line without an error, or -1 */
} program;

static _Noreturn void die(const char *what, const char *text)
{
    fprintf(stderr, "run-program: %s: %.200s\n", what, text);
    exit(2);
}

/* ---- arguments, by the types of signatures ---- */

/* Not every table has an op with every type. */
#define READER __attribute__((unused)) static

static const char *word_at(const call *c, int i)
{
    if (i >= c->count)
        die("too few arguments", c->op);
    return c->word[i];
}

static bool absent(const call *c, int i)
{
    return !strcmp(word_at(c, i), "none");
}

static psi_array array_of(const call *c, const char *text)
{
    char *end;
    long value = text[0] == 'v' ? strtol(text + 1, &end, 10) : -1, part = 0;
    if (value >= 0 && *end == '.')
        part = strtol(end + 1, NULL, 10);
    if (value < 0 || value >= c->made || part < 0 || part >= c->values[value].count)
        die("no such value", text);
    return c->values[value].data[part];
}

READER psi_array array_at(const call *c, int i)
{
    return absent(c, i) ? NULL : array_of(c, word_at(c, i));
}

READER psi_arrays arrays_at(const call *c, int i)
{
    psi_array list[INTS];
    int count = 0;
    const char *s = word_at(c, i);
    if (*s != '{')
        die("not a list of arrays", s);
    for (s++; *s && *s != '}'; s += *s == ',') {
        size_t length = strcspn(s, ",}");
        char name[32];
        if (length >= sizeof name || count == INTS)
            die("a list of arrays is too long", s);
        memcpy(name, s, length);
        name[length] = 0;
        list[count++] = array_of(c, name);
        s += length;
    }
    psi_arrays out = psi_arrays_new(count);
    for (int k = 0; k < out.count; k++)
        out.data[k] = list[k];
    return out;
}

READER int64_t int_at(const call *c, int i)
{
    return absent(c, i) ? PSI_NO_INT : strtoll(word_at(c, i), NULL, 10);
}

READER double float_at(const call *c, int i)
{
    return absent(c, i) ? NAN : strtod(word_at(c, i), NULL);
}

READER bool bool_at(const call *c, int i)
{
    return !strcmp(word_at(c, i), "true");
}

READER const char *str_at(const call *c, int i)
{
    return absent(c, i) ? NULL : word_at(c, i);
}

static int read_ints(const char *s, int64_t *out)
{
    int count = 0;
    while (*s && *s != ')') {
        char *end;
        if (count == INTS)
            die("a list of integers is too long", s);
        out[count++] = strtoll(s, &end, 10);
        if (end == s)
            die("not a list of integers", s);
        s = *end == ',' ? end + 1 : end;
    }
    return count;
}

READER psi_ints ints_at(call *c, int i)
{
    if (absent(c, i))
        return PSI_NONE;
    return (psi_ints){c->ints[i], read_ints(word_at(c, i) + 1, c->ints[i])};
}

READER psi_dtype dtype_at(const call *c, int i)
{
    const char *name = word_at(c, i);
    int dtype = 0;
    while (dtype < PSI_DTYPE_COUNT && strcmp(name, psi_dtype_name((psi_dtype)dtype)))
        dtype++;
    if (dtype == PSI_DTYPE_COUNT && !absent(c, i))
        die("no such dtype", name);
    return (psi_dtype)dtype;
}

/* ---- one line ---- */

READER psi_arrays as_array(psi_array a)
{
    psi_arrays out = psi_arrays_new(1);
    if (out.count)
        out.data[0] = a;
    return out;
}

READER psi_arrays as_arrays(psi_arrays out)
{
    return out;
}

READER psi_arrays as_ints(psi_ints list)
{
    return list.count < 0 ? (psi_arrays){NULL, 0}
                          : as_array(psi_array_from(list.data, PSI_INTS(list.count), PSI_INT64));
}

READER psi_arrays as_int(int64_t value)
{
    return as_array(psi_scalar_int(value, PSI_INT64));
}

READER psi_arrays as_bool(bool value)
{
    return as_array(psi_scalar_int(value, PSI_BOOL));
}

static int digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static psi_arrays leaf(call *c)
{
    psi_dtype dtype = dtype_at(c, 0);
    const char *shape = word_at(c, 1), *hex = word_at(c, 2);
    psi_ints lengths = {c->ints[1], strcmp(shape, "-") ? read_ints(shape, c->ints[1]) : 0};
    size_t bytes = strcmp(hex, "-") ? strlen(hex) / 2 : 0;
    unsigned char *data = malloc(bytes + 1);
    if (!data)
        die("out of memory", c->op);
    for (size_t i = 0; i < bytes; i++)
        data[i] = (unsigned char)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    psi_array a = psi_array_from(data, lengths, dtype);
    free(data);
    return as_array(a);
}

static psi_arrays run_transform(call *c);

static psi_arrays run_call(call *c)
{
    if (c->program)
        return run_transform(c);
    if (!strcmp(c->op, "leaf"))
        return leaf(c);
#define RUN(name, arguments, result, expression)     \
    if (!strcmp(c->op, #name)) {                     \
        if (c->count != arguments)                   \
            die("wrong number of arguments", c->op); \
        return as_##result(expression);              \
    }
#include "oracle/dispatch.inc"
#undef RUN
    die("no such op", c->op);
}

/* Builds what line `at` says, from the values before it. */
static psi_arrays run_line(program *p, int at)
{
    call c = {.values = p->values, .made = at};
    static const char *const transforms[] = {"at", "vjp", "jvp", "vmap", "vmap_vjp"};
    char *copy = strdup(p->line[at]), *rest = copy, *word;
    if (!copy)
        die("out of memory", p->line[at]);
    for (int i = 0; (word = strtok_r(rest, " \n", &rest)); i++) {
        if (i == 2)
            c.op = word;
        if (i > 2 && c.count == WORDS)
            die("too many arguments", c.op);
        if (i > 2)
            c.word[c.count++] = word;
    }
    if (!c.op)
        die("not a line of a program", p->line[at]);
    for (size_t i = 0; i < sizeof transforms / sizeof *transforms; i++)
        if (!strcmp(c.op, transforms[i]))
            c.program = p;
    psi_arrays out = run_call(&c);
    free(copy);
    return out;
}

/* ---- lines that transform another ---- */

static bool passed[PSI_OP_COUNT]; /* the ops of the last transformed line */

/* Notes the ops between traced inputs and the outputs. */
static void note_ops(psi_arrays outputs)
{
    enum { MOST = 20000 };
    static psi_node *seen[MOST];
    int count = 0;
    for (int i = 0; i < outputs.count && !psi_is_error(outputs.data[i]); i++)
        seen[count++] = psi_node_of(outputs.data[i]);
    for (int i = 0; i < count; i++) {
        if (!seen[i]->tracer)
            continue;
        passed[seen[i]->op] |= seen[i]->in_count > 0;
        for (int k = 0; k < seen[i]->in_count; k++) {
            psi_node *from = psi_node_of(seen[i]->in[k]);
            bool known = false;
            for (int m = 0; m < count && !known; m++)
                known = seen[m] == from;
            if (!known && count == MOST)
                die("a graph is too large", psi_ops[from->op].name);
            if (!known)
                seen[count++] = from;
        }
    }
}

typedef struct replaced {
    call *c;
    int line, count, part[INTS], value[INTS];
    psi_ints axes;
} replaced;

/* The transformed line, with the inputs in the places of what it was made of. */
static psi_arrays run_replaced(psi_arrays in, void *context)
{
    const replaced *r = context;
    psi_array before[INTS];
    for (int i = 0; i < r->count; i++) {
        psi_array *place = &r->c->program->values[r->value[i]].data[r->part[i]];
        before[i] = *place;
        *place = in.data[i];
    }
    psi_arrays out = run_line(r->c->program, r->line);
    for (int i = r->count; i-- > 0;)
        r->c->program->values[r->value[i]].data[r->part[i]] = before[i];
    if (!psi_failed())
        note_ops(out);
    return out;
}

static psi_arrays pull_replaced(psi_arrays in, void *context)
{
    const replaced *r = context;
    psi_arrays out, grads = {NULL, 0};
    psi_vjp(run_replaced, context, (psi_arrays){in.data, r->count},
            (psi_arrays){in.data + r->count, in.count - r->count}, &out, &grads);
    return grads;
}

static psi_arrays run_transform(call *c)
{
    replaced r = {.c = c, .line = atoi(word_at(c, 0) + 1)};
    psi_arrays from = arrays_at(c, 1), with = arrays_at(c, 2), out, made = {NULL, 0};
    memset(passed, 0, sizeof passed);
    for (const char *s = word_at(c, 1); *s && *s != '}' && r.count < from.count;
         s = strpbrk(s, ",}"), r.count++)
        if (sscanf(++s, "v%d.%d", &r.value[r.count], &r.part[r.count]) != 2 || r.value[r.count] >= r.line)
            die("not a part of the line", s);
    if (!strcmp(c->op, "at"))
        return run_replaced(with, &r);
    if (!strcmp(c->op, "vmap"))
        return psi_vmap(run_replaced, &r, with, ints_at(c, 3), PSI_NONE);
    if (!strcmp(c->op, "vmap_vjp"))
        return psi_vmap(pull_replaced, &r, with, ints_at(c, 3), PSI_NONE);
    (strcmp(c->op, "vjp") ? psi_jvp : psi_vjp)(run_replaced, &r, from, with, &out, &made);
    return made;
}

/* ---- answers ---- */

static void print_error(const char *what)
{
    static const char *const kinds[] = {"ValueError",  "TypeError", "IndexError",         "RuntimeError",
                                        "MemoryError", "OSError",   "NotImplementedError"};
    psi_error_record e;
    psi_error(&e);
    printf("%s %s %s %s\n", what, kinds[e.kind], psi_code_name(e.code), e.message);
}

static void print_shape(psi_array a, char before)
{
    psi_ints shape = psi_shape(a);
    putchar(before);
    if (!shape.count)
        putchar('-');
    for (int i = 0; i < shape.count; i++)
        printf("%s%" PRId64, i ? "," : "", shape.data[i]);
}

static bool print_value(int line, int part, psi_array a)
{
    size_t bytes = psi_nbytes(a);
    unsigned char *data = malloc(bytes + 1);
    if (!data)
        die("out of memory", "a value");
    bool ok = psi_read(a, data, bytes);
    if (ok) {
        printf("value v%d.%d %s", line, part, psi_dtype_name(psi_dtype_of(a)));
        print_shape(a, ' ');
        putchar(' ');
        if (!bytes)
            putchar('-');
        for (size_t i = 0; i < bytes; i++)
            printf("%02x", data[i]);
        putchar('\n');
    }
    free(data);
    return ok;
}

static void build(program *p, int at)
{
    memset(passed, 0, sizeof passed);
    psi_arrays out = p->values[at] = run_line(p, at);
    if (psi_failed()) {
        p->refused[at] = true;
        p->values[at].count = 0;
        print_error("error");
        return;
    }
    p->refused[at] = false;
    p->last = at;
    printf("made");
    for (int i = 0; i < out.count; i++) {
        printf(" %s", psi_dtype_name(psi_dtype_of(out.data[i])));
        print_shape(out.data[i], ':');
    }
    const char *comma = " ops:";
    for (int op = 0; op < PSI_OP_COUNT && !strstr(p->line[at], "= leaf "); op++)
        if (passed[op]) {
            printf("%s%s", comma, psi_ops[op].name);
            comma = ",";
        }
    putchar('\n');
}

/* The bytes of the last value, evaluated as one graph with what it depends on; NULL when that fails. */
static unsigned char *run_whole(program *p)
{
    psi_arrays last = p->values[p->last];
    size_t bytes = 0, at = 0;
    bool ok = psi_eval(last);
    for (int i = 0; i < last.count; i++)
        bytes += psi_nbytes(last.data[i]);
    unsigned char *data = malloc(bytes + 1);
    for (int i = 0; ok && data && i < last.count; i++) {
        ok = psi_read(last.data[i], data + at, psi_nbytes(last.data[i]));
        at += psi_nbytes(last.data[i]);
    }
    psi_error(NULL);
    if (ok)
        return data;
    free(data);
    return NULL;
}

static void compare_whole(program *p, const unsigned char *whole)
{
    psi_arrays last = p->values[p->last];
    for (int i = 0; whole && i < last.count; i++) {
        size_t bytes = psi_nbytes(last.data[i]);
        const void *data = psi_data(last.data[i]);
        if (bytes && (!data || memcmp(data, whole, bytes))) {
            printf("fused differs v%d.%d\n", p->last, i);
            return;
        }
        whole += bytes;
    }
    printf(whole ? "fused same\n" : "fused failed\n");
}

/* Runs all lines again, each evaluated before the next is built. */
static void run_steps(program *p, const unsigned char *whole)
{
    PSI_SCOPE;
    for (int at = 0; at <= p->last; at++) {
        if (p->refused[at])
            continue;
        psi_arrays out = p->values[at] = run_line(p, at);
        bool is_leaf = strstr(p->line[at], "= leaf ");
        bool ok = psi_eval(out) && !psi_failed();
        for (int i = 0; ok && !is_leaf && i < out.count; i++)
            ok = print_value(at, i, out.data[i]);
        if (!ok) {
            char what[32];
            snprintf(what, sizeof what, "failed v%d", at);
            print_error(what);
            return;
        }
    }
    if (p->last >= 0)
        compare_whole(p, whole);
}

static void finish(program *p)
{
    unsigned char *whole = p->last >= 0 ? run_whole(p) : NULL;
    run_steps(p, whole);
    free(whole);
    for (int i = 0; i < p->count; i++)
        free(p->line[i]);
    printf("end\n");
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    bool more = true;
    while (more) {
        PSI_SCOPE;
        static program p;
        p.count = 0;
        p.last = -1;
        while ((more = getline(&line, &room, stdin) > 0) && strcmp(line, "end\n")) {
            if (p.count == LINES)
                die("too many lines", line);
            p.line[p.count] = strdup(line);
            if (!p.line[p.count])
                die("out of memory", line);
            build(&p, p.count++);
            fflush(stdout);
        }
        if (more)
            finish(&p);
        fflush(stdout);
    }
    free(line);
    return 0;
}
