/* mlxcgen.c: writes the regular part of mlx-c: `mlxcgen DIR` fills DIR with
 *   mlx/c/NAME.h   a header for each that bindings/mlxc/api.def names, and mlx.h, which includes all
 *   wrappers.c     the functions: a call of ours where ops.def has one that fits, else a refusal
 *   wrappers.tsv   what became of each: generated, refused or hand
 * Invariant: every row of the table gives a prototype and, unless it is written by hand, a definition. */
#include <sys/stat.h>

#include "mlxccall.h"

typedef enum kind { OP_ROW, PLAIN_ROW, AXES_ROW, RAW_ROW, HANDLE_ROW, ENUM_ROW } kind;

typedef struct entry {
    kind kind;
    const char *header, *names, *signature, *call, *result;
} entry;

static const entry entries[] = {
#define OP(header, names, signature, call) {OP_ROW, #header, names, signature, call, ""},
#define PLAIN(header, names, signature, call) {PLAIN_ROW, #header, names, signature, call, ""},
#define AXES(header, names, more) {AXES_ROW, #header, names, more, "", ""},
#define RAW(header, result, name, parameters, body) {RAW_ROW, #header, #name, parameters, body, result},
#define HANDLE(header, name) {HANDLE_ROW, #header, #name, "", "", ""},
#define ENUM(header, name, values) {ENUM_ROW, #header, #name, values, "", ""},
#include "api.def"
};
enum { ENTRIES = sizeof entries / sizeof *entries };

/* ---- writing a function ---- */

static void write_parameter(FILE *f, const parameter *p, const char *mark, bool first)
{
    static const char *const types[][2] = {
        {"array", "const mlx_array "},
        {"arrays", "const mlx_vector_array "},
        {"int", "int "},
        {"float", "float "},
        {"double", "double "},
        {"bool", "bool "},
        {"dtype", "mlx_dtype "},
        {"str", "const char *"},
        {"size", "size_t "},
        {"uint64", "uint64_t "},
        {"array?", "const mlx_array "},
        {"int?", "mlx_optional_int "},
        {"float?", "mlx_optional_float "},
        {"real?", "mlx_optional_float "},
        {"dtype?", "mlx_optional_dtype "},
        {"group?", "const mlx_distributed_group "},
    };
    const char *comma = first ? "" : ", ";
    if (starts(p->type, "ints") || starts(p->type, "int64s")) {
        fprintf(f, "%sconst %s *%s%s, size_t %s_num", comma, p->type[3] == '6' ? "int64_t" : "int", p->name,
                mark, p->name);
        return;
    }
    if (!strcmp(p->type, "int2") || !strcmp(p->type, "int3")) {
        for (int i = 0; i < p->type[3] - '0'; i++)
            fprintf(f, "%sint %s_%d", i ? ", " : comma, p->name, i);
        return;
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(types[i][0], p->type)) {
            bool same = among(p->type, "int float double bool size uint64");
            fprintf(f, "%s%s%s%s", comma, types[i][1], p->name, same ? "" : mark);
            return;
        }
    die("a parameter's type is unknown", p->name);
}

static void write_prototype(FILE *out, const function *f, const char *mark)
{
    static const char *const results[][2] = {{"array", "mlx_array *res"},
                                             {"arrays", "mlx_vector_array *res"},
                                             {"size", "size_t *res"},
                                             {"bool", "bool *res"},
                                             {"pair", "mlx_array *res_0, mlx_array *res_1"}};
    bool first = true;
    fprintf(out, "int %s(", f->name);
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        if (!strcmp(results[i][0], f->s.result)) {
            fprintf(out, "%s", results[i][1]);
            first = false;
        }
    for (int i = 0; i < f->s.count; i++, first = false)
        write_parameter(out, &f->s.p[i], mark, first);
    if (f->stream)
        fprintf(out, "%sconst mlx_stream s%s", first ? "" : ", ", mark);
    else if (first)
        fprintf(out, "void");
    fprintf(out, ")");
}

/* The conversion of one parameter of mlx-c into what our functions take, under the parameter's name. */
static void write_conversion(FILE *f, const parameter *p)
{
    static const char *const kinds[][3] = {
        {"array", "psi_array", "array_in"},        {"array?", "psi_array", "array_or_none"},
        {"arrays", "psi_arrays", "arrays_in"},     {"dtype", "psi_dtype", "dtype_in"},
        {"str", "const char *", "text_in"},        {"int?", "int64_t", "optional_int"},
        {"dtype?", "psi_dtype", "optional_dtype"}, {"float?", "psi_array", "optional_scalar"},
        {"real?", "double", "optional_real"},
    };
    const char *n = p->name;
    if (starts(p->type, "int64s"))
        fprintf(f, "    psi_ints %s = mlxc_longs_in(&call, \"%s\", %s_, %s_num);\n", n, n, n, n);
    else if (starts(p->type, "ints"))
        fprintf(f, "    psi_ints %s = mlxc_ints%s(&call, \"%s\", %s_, %s_num);\n", n,
                p->type[4] ? "_or_none" : "_in", n, n, n);
    else if (!strcmp(p->type, "int2"))
        fprintf(f, "    psi_ints %s = PSI_INTS(%s_0, %s_1);\n", n, n, n);
    else if (!strcmp(p->type, "int3"))
        fprintf(f, "    psi_ints %s = PSI_INTS(%s_0, %s_1, %s_2);\n", n, n, n, n);
    else
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (!strcmp(kinds[i][0], p->type))
                fprintf(f, "    %s %s = mlxc_%s(&call, \"%s\", %s_);\n", kinds[i][1], n, kinds[i][2], n, n);
}

static void write_definition(FILE *out, const function *f)
{
    char expression[640];
    bool found = find_call(f, expression, sizeof expression);
    write_prototype(out, f, "_");
    if (!found) {
        fprintf(out, "\n{\n    return mlxc_refuse(\"%s\");\n}\n\n", f->name);
        return;
    }
    fprintf(out, "\n{\n    mlxc_call call;\n    mlxc_begin(&call, \"%s\");\n", f->name);
    if (f->stream)
        fprintf(out, "    mlxc_stream_in(&call, s_);\n");
    for (int i = 0; i < f->s.count; i++)
        write_conversion(out, &f->s.p[i]);
    fprintf(out, "    if (psi_failed())\n        return mlxc_end(&call);\n");
    bool none = !strcmp(f->s.result, "none"), pair = !strcmp(f->s.result, "pair");
    fprintf(out, "    return mlxc_give_%s(&call, %s%s);\n}\n\n", f->s.result,
            none   ? ""
            : pair ? "res_0, res_1, "
                   : "res, ",
            expression);
}

/* ---- the table's rows ---- */

typedef enum pass { HEADER, SOURCE, LIST } pass;

static void write_function(FILE *out, pass pass, function *f)
{
    char expression[640];
    parse_signature(f->text, f->name, &f->s);
    if (pass == SOURCE)
        write_definition(out, f);
    if (pass == LIST)
        fprintf(out, "%s\t%s\n", f->name,
                find_call(f, expression, sizeof expression) ? "generated" : "refused");
    if (pass != HEADER)
        return;
    const op *o = find_op(f->name + 4);
    if (o)
        fprintf(out, "/* %s */\n", o->doc);
    write_prototype(out, f, "");
    fprintf(out, ";\n");
}

static void set_function(function *f, const entry *e, const char *name, const char *suffix, const char *call)
{
    memset(f, 0, sizeof *f);
    f->stream = e->kind != PLAIN_ROW;
    snprintf(f->name, sizeof f->name, "mlx_%s%s", name, suffix);
    snprintf(f->text, sizeof f->text, "%s", e->signature);
    snprintf(f->call, sizeof f->call, "%s", call);
}

/* NAME, NAME_axis and NAME_axes over one function of ours, psi_NAME(a, axes, more...). */
static void write_axes(FILE *out, pass pass, const entry *e, const char *name)
{
    static const char *const forms[][3] = {
        {"", "", "PSI_NONE"}, {"_axis", "axis: int, ", "PSI_INTS(axis)"}, {"_axes", "axes: ints, ", "axes"}};
    signature more;
    parse_signature(e->signature, name, &more);
    for (int k = 0; k < 3; k++) {
        function f;
        set_function(&f, e, name, forms[k][0], "");
        snprintf(f.text, sizeof f.text, "a: array, %s%s", forms[k][1], e->signature);
        size_t length = (size_t)snprintf(f.call, sizeof f.call, "psi_%s(a, %s", name, forms[k][2]);
        for (int i = 0; i < more.count; i++)
            length += (size_t)snprintf(f.call + length, sizeof f.call - length, ", %s", more.p[i].name);
        snprintf(f.call + length, sizeof f.call - length, ")");
        write_function(out, pass, &f);
    }
}

static void write_raw(FILE *out, pass pass, const entry *e)
{
    bool hand = !strcmp(e->call, "hand");
    if (pass == LIST)
        fprintf(out, "%s\t%s\n", e->names, hand ? "hand" : *e->call ? "generated" : "refused");
    else if (pass == HEADER)
        fprintf(out, "%s %s(%s);\n", e->result, e->names, e->signature);
    if (pass != SOURCE || hand)
        return;
    fprintf(out, "%s %s(%s)\n{\n    ", e->result, e->names, e->signature);
    char refusal[96];
    bool lacks = starts(e->call, "no ");
    if (lacks)
        snprintf(refusal, sizeof refusal, "mlxc_lacks(\"%s\", \"%s\");", e->names, e->call + 3);
    else
        snprintf(refusal, sizeof refusal, "mlxc_refuse(\"%s\");", e->names);
    if (*e->call && !lacks)
        fprintf(out, "%s", e->call);
    else if (!strcmp(e->result, "int"))
        fprintf(out, "return %s", refusal);
    else
        fprintf(out, "%s\n    return (%s){0};", refusal, e->result);
    fprintf(out, "\n}\n\n");
}

/* Types, which stand aside where mlx-c's own header has defined them. */
static void write_types(FILE *out, const char *header)
{
    char guard[64];
    snprintf(guard, sizeof guard, "MLX_%s_H", header);
    for (char *c = guard; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    fprintf(out, "#ifndef %s\n", guard);
    for (const entry *e = entries; e < entries + ENTRIES; e++)
        if (!strcmp(e->header, header) && e->kind == HANDLE_ROW)
            fprintf(out, "typedef struct mlx_%s_ {\n    void *ctx;\n} mlx_%s;\n", e->names, e->names);
        else if (!strcmp(e->header, header) && e->kind == ENUM_ROW)
            fprintf(out, "typedef enum mlx_%s_ { %s } mlx_%s;\n", e->names, e->signature, e->names);
    fprintf(out, "#endif\n\n");
}

/* All functions of a header, or of every header when it is NULL. */
static void write_rows(FILE *out, pass pass, const char *header)
{
    for (const entry *e = entries; e < entries + ENTRIES; e++) {
        if ((header && strcmp(e->header, header)) || e->kind == HANDLE_ROW || e->kind == ENUM_ROW)
            continue;
        if (e->kind == RAW_ROW) {
            write_raw(out, pass, e);
            continue;
        }
        for (const char *s = e->names; *s; s += strcspn(s, " "), s += *s == ' ') {
            char name[64];
            function f;
            copy_trimmed(name, sizeof name, s, strcspn(s, " "), e->names);
            if (e->kind == AXES_ROW) {
                write_axes(out, pass, e, name);
                continue;
            }
            set_function(&f, e, name, "", e->call);
            write_function(out, pass, &f);
        }
    }
}

/* ---- the files ---- */

static const char *const by_hand[] = {"array", "closure",  "device", "error",  "half",   "io_types",
                                      "map",   "optional", "stream", "string", "vector", "version"};
enum { BY_HAND = sizeof by_hand / sizeof *by_hand };

static const char *this_header;

static void write_header(FILE *f)
{
    fprintf(
        f,
        "/* %s.h: part of the mlx-c interface. Generated by tools/mlxcgen.c from bindings/mlxc/api.def. */\n"
        "#ifndef PSIONIC_MLX_C_%s_H\n#define PSIONIC_MLX_C_%s_H\n\n#include <stddef.h>\n\n",
        this_header, this_header, this_header);
    for (int i = 0; i < BY_HAND; i++)
        fprintf(f, "#include \"mlx/c/%s.h\"\n", by_hand[i]);
    if (!strcmp(this_header, "distributed"))
        fprintf(f, "#include \"mlx/c/distributed_group.h\"\n");
    fprintf(f, "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    write_types(f, this_header);
    write_rows(f, HEADER, this_header);
    fprintf(f, "\n#ifdef __cplusplus\n}\n#endif\n#endif\n");
}

static bool is_new_header(const entry *e)
{
    for (const entry *before = entries; before < e; before++)
        if (!strcmp(before->header, e->header))
            return false;
    return true;
}

static void write_all_headers(FILE *f)
{
    fprintf(f, "/* mlx.h: the whole mlx-c interface. Generated by tools/mlxcgen.c. */\n"
               "#ifndef PSIONIC_MLX_C_MLX_H\n#define PSIONIC_MLX_C_MLX_H\n\n");
    for (int i = 0; i < BY_HAND; i++)
        fprintf(f, "#include \"mlx/c/%s.h\"\n", by_hand[i]);
    for (const entry *e = entries; e < entries + ENTRIES; e++)
        if (is_new_header(e))
            fprintf(f, "#include \"mlx/c/%s.h\"\n", e->header);
    fprintf(f, "\n#endif\n");
}

static void write_source(FILE *f)
{
    fprintf(f, "/* wrappers.c: mlx-c over our functions. Generated by tools/mlxcgen.c from "
               "bindings/mlxc/api.def. */\n"
               "#include \"mlxc.h\"\n\n#include <mlx/c/mlx.h>\n\n");
    write_rows(f, SOURCE, NULL);
}

static void write_list(FILE *f)
{
    write_rows(f, LIST, NULL);
}

int main(int argc, char **argv)
{
    char path[4096];
    if (argc != 2) {
        fprintf(stderr, "usage: mlxcgen DIR\n");
        return 2;
    }
    const char *const folders[] = {"", "/mlx", "/mlx/c"};
    for (int i = 0; i < 3; i++) {
        if (snprintf(path, sizeof path, "%s%s", argv[1], folders[i]) >= (int)sizeof path)
            die("the folder's name is too long", argv[1]);
        mkdir(path, 0777);
    }
    for (const entry *e = entries; e < entries + ENTRIES; e++)
        if (is_new_header(e)) {
            this_header = e->header;
            snprintf(path, sizeof path, "mlx/c/%s.h", e->header);
            output(argv[1], path, write_header);
        }
    output(argv[1], "mlx/c/mlx.h", write_all_headers);
    output(argv[1], "wrappers.c", write_source);
    output(argv[1], "wrappers.tsv", write_list);
    return 0;
}
