/* pygen.c: writes what the Python binding derives from two tables, the ops (src/ops/ops.def) and Python's view of them
 * (bindings/python/api.def): `pygen DIR` fills DIR with
 *   python/ops.inc    one wrapper per function and the lists of functions per submodule
 *   python/core.pyi   the stub
 * Invariant: every name of api.def is in the lists; one without a fitting op answers unsupported_op. */
#include <stdbool.h>
#include <sys/stat.h>

#include "functions.h"

typedef enum entry_kind { GENERATED, TRANSFORMED, LACKING, CALLING, BY_HAND } entry_kind;

typedef struct entry {
    entry_kind kind;
    const char *module, *name, *row, *signature;
} entry;

static const entry entries[] = {
#define PY(module, name, row, signature) {GENERATED, #module, #name, #row, signature},
#define TRANSFORM(module, name, kind, signature) {TRANSFORMED, #module, #name, #kind, signature},
#define LACKS(module, name, backend, signature) {LACKING, #module, #name, #backend, signature},
#define CALL(module, name, expression, signature) {CALLING, #module, #name, #expression, signature},
#define HAND(module, name, signature) {BY_HAND, #module, #name, #name, signature},
#include "../bindings/python/api.def"
#undef PY
#undef TRANSFORM
#undef LACKS
#undef CALL
#undef HAND
};
enum { ENTRIES = sizeof entries / sizeof *entries };

static const char *const methods[] = {
#define METHOD(name) #name,
#include "../bindings/python/methods.def"
#undef METHOD
};
enum { METHODS = sizeof methods / sizeof *methods };

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

/* How one Python parameter becomes a C argument: its declaration, and the test that converts it. */
typedef struct conversion {
    char declare[200], test[200], pass[64];
} conversion;

#define TEXT(field, ...) snprintf(c->field, sizeof c->field, __VA_ARGS__)

static bool convert_array(const parameter *p, const char *to, int i, conversion *c)
{
    bool value = strncmp(p->type, "array", 5), optional = p->type[strlen(p->type) - 1] == '?';
    if (optional != is(to, "array?") && optional)
        return false;
    TEXT(declare, "psi_array %s = NULL;", p->name);
    TEXT(test, "psi_py_to_%s(v_[%d], &%s)", value ? "value" : "array", i, p->name);
    if (optional)
        TEXT(test, "(!psi_py_given(v_[%d]) || psi_py_to_%s(v_[%d], &%s))", i, value ? "value" : "array", i,
             p->name);
    return true;
}

static bool convert_ints(const parameter *p, const char *to, int i, conversion *c)
{
    bool optional = p->type[strlen(p->type) - 1] == '?';
    bool empty = is(p->value, "[]");
    bool listed = *p->value == '[' && !empty;
    /* a number as default is what the op takes PSI_NONE for */
    bool number = *p->value && !is(p->value, "None") && *p->value != '[';
    if ((optional && is(to, "ints")) || (number && !is(to, "ints?")))
        return false;
    TEXT(declare, "psi_py_ints %s = {.list = %s};", p->name, empty ? "{NULL, 0}" : "PSI_NONE");
    if (listed)
        TEXT(declare, "psi_py_ints %s = {.list = PSI_INTS(%.*s)};", p->name, (int)strlen(p->value) - 2,
             p->value + 1);
    const char *to_c = !strncmp(p->type, "ints", 4) ? "ints" : p->type;
    to_c = !strncmp(p->type, "shape", 5) ? "shape" : to_c;
    if (listed)
        TEXT(test,
             "(!v_[%d] || (v_[%d] == Py_None ? (%s.list = PSI_NONE, true) : psi_py_to_%s(v_[%d], &%s)))", i,
             i, p->name, to_c, i, p->name);
    else if (optional || empty)
        TEXT(test, "(!psi_py_given(v_[%d]) || psi_py_to_%s(v_[%d], &%s))", i, to_c, i, p->name);
    else if (number)
        TEXT(test, "(!v_[%d] || psi_py_to_%s(v_[%d], &%s))", i, to_c, i, p->name);
    else
        TEXT(test, "psi_py_to_%s(v_[%d], &%s)", to_c, i, p->name);
    TEXT(pass, "%s.list", p->name);
    return true;
}

static bool convert_dtype(const parameter *p, int i, conversion *c)
{
    char name[48] = "DTYPE_COUNT";
    if (*p->value && !is(p->value, "None"))
        upper(name, p->value);
    TEXT(declare, "psi_dtype %s = PSI_%s;", p->name, name);
    if (p->type[strlen(p->type) - 1] == '?')
        TEXT(test, "(!psi_py_given(v_[%d]) || psi_py_to_dtype(v_[%d], &%s))", i, i, p->name);
    else if (*p->value)
        TEXT(test, "(!v_[%d] || psi_py_to_dtype(v_[%d], &%s))", i, i, p->name);
    else
        TEXT(test, "psi_py_to_dtype(v_[%d], &%s)", i, p->name);
    return true;
}

/* False when there is no such conversion. */
static bool convert(const parameter *p, const parameter *to, int i, conversion *c)
{
    static const struct {
        const char *python, *c, *declare, *fn;
    } plain[] = {
        {"int", "int", "int64_t", "int"},      {"int?", "int?", "int64_t", "int"},
        {"int?", "int", "int64_t", "int"},     {"int", "int?", "int64_t", "int"},
        {"float", "float", "double", "float"}, {"float?", "float", "double", "float"},
        {"bool", "bool", "bool", "bool"},      {"bool?", "bool", "bool", "bool"},
        {"str", "str", "const char *", "str"}, {"str?", "str", "const char *", "str"},
    };
    TEXT(pass, "%s", p->name);
    if ((is(p->type, "array") || is(p->type, "value") || is(p->type, "array?") || is(p->type, "value?") ||
         is(p->type, "float?")) &&
        !strncmp(to->type, "array", 5) && !is(to->type, "arrays"))
        return convert_array(p, to->type, i, c);
    if (is(p->type, "arrays") && is(to->type, "arrays")) {
        TEXT(declare, "psi_arrays %s;", p->name);
        TEXT(test, "psi_py_to_arrays(v_[%d], &%s)", i, p->name);
        return true;
    }
    if ((!strncmp(p->type, "ints", 4) || !strncmp(p->type, "shape", 5) || is(p->type, "int2") ||
         is(p->type, "int3")) &&
        (is(to->type, "ints") || is(to->type, "ints?")))
        return convert_ints(p, to->type, i, c);
    if (!strncmp(p->type, "dtype", 5) && !strncmp(to->type, "dtype", 5))
        return convert_dtype(p, i, c);
    for (size_t k = 0; k < sizeof plain / sizeof *plain; k++) {
        if (!is(p->type, plain[k].python) || !is(to->type, plain[k].c))
            continue;
        const char *value = *p->value ? p->value : *to->value && !is(to->value, "None") ? to->value : "0";
        if (is(p->type, "float?"))
            value = "NAN";
        else if (is(value, "None"))
            value = is(to->type, "int?") ? "PSI_NO_INT" : to->value;
        bool text = is(plain[k].fn, "str"), truth = is(value, "True") || is(value, "False");
        TEXT(declare, "%s %s = %s%s%s;", plain[k].declare, p->name, text ? "\"" : "",
             truth ? (*value == 'T' ? "true" : "false") : value, text ? "\"" : "");
        TEXT(test, "(!%s(v_[%d]) || psi_py_to_%s(v_[%d], &%s))",
             p->type[strlen(p->type) - 1] == '?' ? "psi_py_given" : "", i, plain[k].fn, i, p->name);
        if (is(p->type, "int?") && is(to->type, "int?"))
            TEXT(test,
                 "(!v_[%d] || (v_[%d] == Py_None ? (%s = PSI_NO_INT, true) : psi_py_to_int(v_[%d], &%s)))", i,
                 i, p->name, i, p->name);
        return true;
    }
    return false;
}

/* The plan of a wrapper: false, with the reason on stderr, when the row does not fit the signature. */
static bool plan(const entry *e, const signature *python, const op *r, conversion *out, bool *pair)
{
    signature c;
    parse_signature(r->signature, r->name, &c);
    int n = 0, values = 0;
    for (int i = 0; i < python->count; i++) {
        const parameter *p = &python->p[i];
        if (is(p->type, "stream"))
            continue;
        if (*p->name == '*' || n == c.count || !convert(p, &c.p[n], i, &out[n])) {
            fprintf(stderr, "pygen: %s.%s: parameter '%s: %s' has no counterpart in the op's '%s'\n",
                    e->module, e->name, p->name, p->type, r->signature);
            return false;
        }
        values += is(p->type, "value");
        n++;
    }
    bool known = is(c.result, "array") || is(c.result, "arrays");
    if (n != c.count || !known) {
        fprintf(stderr, "pygen: %s.%s: the op's '%s' wants something else\n", e->module, e->name,
                r->signature);
        return false;
    }
    *pair = values == 2 && is(python->p[0].type, "value") && is(python->p[1].type, "value");
    return true;
}

static void write_signature(FILE *f, const entry *e, const signature *s)
{
    unsigned required = 0;
    fprintf(f, "    static const char *const names[] = {");
    for (int i = 0; i < s->count; i++) {
        fprintf(f, "%s\"%s\"", i ? ", " : "", s->p[i].name);
        required |= (unsigned)!*s->p[i].value << i;
    }
    fprintf(f, "};\n    static PyObject *interned[%d];\n", s->count);
    fprintf(f, "    static const psi_py_signature sig = {\"%s\", names, interned, %d, %d, %d, %#x};\n",
            e->name, s->count, s->positional_only, s->positional, required);
}

/* One that makes a function out of a function, or that refuses for want of a backend. */
static void write_bound(FILE *f, const entry *e)
{
    signature s;
    parse_signature(e->signature, e->name, &s);
    fprintf(f,
            "\nstatic PyObject *%s_%s(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject "
            "*kw)\n{\n",
            e->module, e->name);
    write_signature(f, e, &s);
    fprintf(f,
            "    PyObject *v[%d];\n    (void)self;\n    if (!psi_py_bind(&sig, args, count, kw, v))\n"
            "        return NULL;\n",
            s.count);
    if (e->kind == LACKING)
        fprintf(f, "    return psi_py_lacks(\"%s\", \"%s\");\n}\n", e->name, e->row);
    else
        fprintf(f, "    return psi_py_function_make(PSI_PY_%s, v, %d);\n}\n", e->row, s.count);
}

/* One without parameters that does something and answers None. */
static void write_call(FILE *f, const entry *e)
{
    fprintf(f,
            "\n/* %s.%s */\nstatic PyObject *%s_%s(PyObject *self, PyObject *const *args, Py_ssize_t count, "
            "PyObject *kw)\n{\n    (void)self, (void)args;\n    if (count || (kw && PyTuple_GET_SIZE(kw)))\n"
            "        return PyErr_Format(PyExc_TypeError, \"%s() takes no arguments\");\n"
            "    return %s ? Py_NewRef(Py_None) : psi_py_raise();\n}\n",
            e->module, e->name, e->module, e->name, e->name, e->row);
}

static void write_wrapper(FILE *f, const entry *e)
{
    signature s;
    conversion c[PARAMETERS];
    bool pair;
    const op *r = find_op(e->row);
    parse_signature(e->signature, e->name, &s);
    bool fits = e->kind == GENERATED && r && plan(e, &s, r, c, &pair);
    fprintf(f, "\n/* %s.%s %s %s */\n", e->module, e->name, fits ? "by ops.def:" : "is not built:", e->row);
    fprintf(
        f,
        "static PyObject *%s_%s(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *kw)\n{\n",
        e->module, e->name);
    if (!fits) {
        bool core = is(e->module, "core");
        fprintf(f,
                "    (void)self, (void)args, (void)count, (void)kw;\n    return "
                "psi_py_unsupported(\"%s%s%s\");\n}\n",
                core ? "" : e->module, core ? "" : ".", e->name);
        return;
    }
    write_signature(f, e, &s);
    fprintf(f, "    PyObject *v_[%d];\n    psi_py_call call;\n    (void)self;\n", s.count);
    int stream = -1, n = 0;
    for (int i = 0; i < s.count; i++) {
        if (is(s.p[i].type, "stream"))
            stream = i;
        else
            fprintf(f, "    %s\n", c[n++].declare);
    }
    char from[24] = "NULL";
    if (stream >= 0)
        snprintf(from, sizeof from, "v_[%d]", stream);
    fprintf(f,
            "    if (!psi_py_bind(&sig, args, count, kw, v_) || !psi_py_enter(&call, %s))\n        return "
            "NULL;\n",
            from);
    fprintf(f, "    if (");
    if (pair)
        fprintf(f, "psi_py_to_pair(v_[0], v_[1], &%s, &%s)", c[0].pass, c[1].pass);
    for (int i = pair ? 2 : 0; i < n; i++)
        fprintf(f, "%s%s", i ? " &&\n        " : "", c[i].test);
    signature row;
    parse_signature(r->signature, r->name, &row);
    const char *leave = is(row.result, "array")  ? ""
                        : is(s.result, "tuple")  ? "_tuple"
                        : is(s.result, "tuple?") ? "_some"
                                                 : "_list";
    fprintf(f, ")\n        return psi_py_leave%s(&call, psi_%s(", leave, e->row);
    for (int i = 0; i < n; i++)
        fprintf(f, "%s%s", i ? ", " : "", c[i].pass);
    fprintf(f, "));\n    return psi_py_leave_object(&call, NULL);\n}\n");
}

/* "name(a, /, axis=None)\n--\n\nDoc" as a C string. */
static void write_doc(FILE *f, const entry *e, const signature *s)
{
    const op *r = find_op(e->row);
    fprintf(f, "\"%s(", e->name);
    for (int i = 0; i < s->count; i++) {
        if (i == s->positional && *s->p[i].name != '*' && (!i || *s->p[i - 1].name != '*'))
            fprintf(f, "%s*", i ? ", " : "");
        fprintf(f, "%s%s%s%s", i || i == s->positional ? ", " : "", s->p[i].name, *s->p[i].value ? "=" : "",
                s->p[i].value);
        if (i + 1 == s->positional_only)
            fprintf(f, ", /");
    }
    fprintf(f, ")\\n--\\n\\n");
    for (const char *d = r ? r->doc : ""; *d; d++)
        fprintf(f, *d == '"' || *d == '\\' ? "\\%c" : "%c", *d);
    fprintf(f, "\"");
}

static void write_list(FILE *f, const char *module)
{
    fprintf(f, "\nstatic PyMethodDef %s_functions[] = {\n", module);
    for (int i = 0; i < ENTRIES; i++) {
        const entry *e = &entries[i];
        signature s;
        if (strcmp(e->module, module))
            continue;
        parse_signature(e->signature, e->name, &s);
        fprintf(f, "    {\"%s\", (PyCFunction)(void (*)(void))%s%s_%s, METH_FASTCALL | METH_KEYWORDS,\n     ",
                e->name, e->kind == BY_HAND ? "psi_py_" : "", e->module, e->name);
        write_doc(f, e, &s);
        fprintf(f, "},\n");
    }
    fprintf(f, "    {NULL, NULL, 0, NULL},\n};\n");
}

static const entry *find_entry(const char *name)
{
    for (int i = 0; i < ENTRIES; i++)
        if (is(entries[i].module, "core") && is(entries[i].name, name))
            return &entries[i];
    die("a method has no function", name);
}

static void write_methods(FILE *f)
{
    for (int i = 0; i < METHODS; i++) {
        const entry *e = find_entry(methods[i]);
        fprintf(f,
                "\nstatic PyObject *method_%s(PyObject *self, PyObject *const *args, Py_ssize_t count, "
                "PyObject *kw)\n"
                "{\n    return psi_py_as_method(%score_%s, self, args, count, kw);\n}\n",
                methods[i], e->kind == BY_HAND ? "psi_py_" : "", methods[i]);
    }
    fprintf(f, "\n#define PSI_PY_METHODS \\\n");
    for (int i = 0; i < METHODS; i++)
        fprintf(
            f,
            "    {\"%s\", (PyCFunction)(void (*)(void))method_%s, METH_FASTCALL | METH_KEYWORDS, NULL}, \\\n",
            methods[i], methods[i]);
    fprintf(f, "\n");
}

static const char *const modules[] = {"core",  "random", "linalg",      "fft", "fast",
                                      "metal", "cuda",   "distributed", "_nn"};
enum { MODULES = sizeof modules / sizeof *modules };

static void write_wrappers(FILE *f)
{
    fprintf(f,
            "/* ops.inc: Generated by tools/pygen.c from src/ops/ops.def and bindings/python/api.def. */\n");
    for (int i = 0; i < ENTRIES; i++)
        if (entries[i].kind == BY_HAND)
            fprintf(f, "PyObject *psi_py_%s_%s(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);\n",
                    entries[i].module, entries[i].name);
        else if (entries[i].kind == TRANSFORMED || entries[i].kind == LACKING)
            write_bound(f, &entries[i]);
        else if (entries[i].kind == CALLING)
            write_call(f, &entries[i]);
        else
            write_wrapper(f, &entries[i]);
    write_methods(f);
    for (int i = 0; i < MODULES; i++)
        write_list(f, modules[i]);
    fprintf(f, "\nconst psi_py_submodule psi_py_submodules[] = {\n");
    for (int i = 0; i < MODULES; i++)
        fprintf(f, "    {\"%s\", %s_functions},\n", modules[i], modules[i]);
    fprintf(f, "    {NULL, NULL},\n};\n");
}

static const char *hint(const char *type)
{
    static const char *const pairs[][2] = {
        {"array", "array"},
        {"value", "scalar | array"},
        {"arrays", "Sequence[array]"},
        {"int", "int"},
        {"float", "float"},
        {"ints", "int | Sequence[int]"},
        {"int2", "int | Sequence[int]"},
        {"int3", "int | Sequence[int]"},
        {"shape", "Sequence[int]"},
        {"bool", "bool"},
        {"str", "str"},
        {"dtype", "Dtype"},
        {"stream", "Stream | Device | None"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (!strncmp(type, pairs[i][0], strcspn(type, "?")) && strlen(pairs[i][0]) == strcspn(type, "?"))
            return pairs[i][1];
    return "Any";
}

static void write_stub(FILE *f)
{
    fprintf(f, "# Generated by tools/pygen.c.\nfrom typing import Any, Sequence\n\n"
               "scalar = int | float | bool | complex\n\n"
               "class Dtype: ...\nclass Device: ...\nclass Stream: ...\nclass array: ...\n\n");
    for (int i = 0; i < ENTRIES; i++) {
        const entry *e = &entries[i];
        signature s;
        if (strcmp(e->module, "core"))
            continue;
        parse_signature(e->signature, e->name, &s);
        const op *r = find_op(e->row);
        fprintf(f, "def %s(", e->name);
        for (int k = 0; k < s.count; k++) {
            const char *t = s.p[k].type, *value = s.p[k].value;
            if (k == s.positional && *s.p[k].name != '*' && (!k || *s.p[k - 1].name != '*'))
                fprintf(f, "%s*", k ? ", " : "");
            fprintf(f, "%s%s: %s%s%s", k || k == s.positional ? ", " : "", s.p[k].name, hint(t),
                    strchr(t, '?') ? " | None" : "", *value ? " = ..." : "");
            if (k + 1 == s.positional_only)
                fprintf(f, ", /");
        }
        fprintf(f, ") -> Any:\n    \"\"\"%s\"\"\"\n", r ? r->doc : "");
    }
}

int main(int argc, char **argv)
{
    char path[4096];
    if (argc != 2) {
        fprintf(stderr, "usage: pygen DIR\n");
        return 2;
    }
    snprintf(path, sizeof path, "%s/python", argv[1]);
    mkdir(argv[1], 0777);
    mkdir(path, 0777);
    output(argv[1], "python/ops.inc", write_wrappers);
    output(argv[1], "python/core.pyi", write_stub);
    return 0;
}
