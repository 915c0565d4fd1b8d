/* pygen.c: writes what the Python binding derives from two tables, the ops (src/ops/ops.def) and Python's view of them
 * (bindings/python/api.def): `pygen DIR` fills DIR with
 *   python/ops.inc    one wrapper per function and the lists of functions per submodule
 *   python/core.pyi   the stub
 * Invariant: every name of api.def is in the lists; one without a fitting op answers unsupported_op. */
#include <sys/stat.h>

#include "functions.h"
#include "pyconvert.h"

typedef enum entry_kind { GENERATED, TRANSFORMED, LACKING, CALLING, BY_HAND } entry_kind;

typedef struct entry {
    entry_kind kind;
    const char *module, *name, *row, *signature, *doc; /* doc: "" for the op's */
} entry;

static const entry entries[] = {
#define PY(module, name, row, signature) {GENERATED, #module, #name, #row, signature, ""},
#define TRANSFORM(module, name, kind, signature, doc) {TRANSFORMED, #module, #name, #kind, signature, doc},
#define LACKS(module, name, backend, signature) \
    {LACKING,  #module,   #name,                \
     #backend, signature, "Wants " #backend ", which this build lacks: RuntimeError."},
#define CALL(module, name, expression, doc) {CALLING, #module, #name, #expression, "", doc},
#define HAND(module, name, signature, doc) {BY_HAND, #module, #name, #name, signature, doc},
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
    fprintf(f, "));\n    return psi_py_refuse(&call, &sig, v_);\n}\n");
}

/* The op that a function stands for: of its row's name, after its module's where there is one. */
static const op *op_of(const entry *e)
{
    char name[64];
    snprintf(name, sizeof name, "%s_%s", e->module, e->row);
    const op *o = find_op(name);
    return o ? o : find_op(e->row);
}

static void write_text(FILE *f, const char *text)
{
    for (; *text; text++)
        fprintf(f, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
}

/* What a function does, as the inside of a string. */
static void write_sentence(FILE *f, const entry *e)
{
    const op *o = op_of(e);
    if (!*e->doc && !o && e->kind != GENERATED)
        die("a function has no sentence that says what it does", e->name);
    write_text(f, *e->doc ? e->doc : o ? o->doc : "Not built yet: NotImplementedError.");
    if (!*e->doc && o)
        write_dtypes(f, o);
}

/* A parameter's type in the words of Python's annotations. */
static const char *hint(const parameter *p)
{
    static const char *const pairs[][3] = {
        {"array", "array", "array | None"},
        {"value", "scalar | array", "scalar | array | None"},
        {"arrays", "Sequence[array]"},
        {"int", "int", "int | None"},
        {"float", "float", "float | None"},
        {"ints", "int | Sequence[int]", "int | Sequence[int] | None"},
        {"int2", "int | Sequence[int]"},
        {"int3", "int | Sequence[int]"},
        {"shape", "Sequence[int]", "Sequence[int] | None"},
        {"bool", "bool", "bool | None"},
        {"str", "str", "str | None"},
        {"dtype", "Dtype", "Dtype | None"},
        {"stream", "Stream | Device | None"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (is_base(p, pairs[i][0]))
            return pairs[i][1 + optional(p)];
    return "Any";
}

/* A parameter in a signature. Python reads no other defaults there than literals. */
static void write_parameter(FILE *f, const parameter *p)
{
    bool word = isalpha((unsigned char)*p->value) && !among(p->value, "None True False");
    fprintf(f, "%s", p->name);
    if (*p->value)
        fprintf(f, is_base(p, "str") && word ? "='%s'" : "=%s",
                is_base(p, "dtype") && word ? "..." : p->value);
}

/* "name(a, /, axis=None)\n--\n\nSentence.\n\na: array\n..." as a C string; of a method, whose first parameter is the array
 * itself, with $self in its place. */
static void write_doc(FILE *f, const entry *e, bool method)
{
    signature s;
    parse_signature(e->signature, e->name, &s);
    int only = method && s.positional_only < 1 ? 1 : s.positional_only;
    if (method)
        snprintf(s.p[0].name, sizeof s.p[0].name, "$self");
    fprintf(f, "\"%s(", e->name);
    for (int i = 0; i < s.count; i++) {
        if (i == s.positional && *s.p[i].name != '*' && (!i || *s.p[i - 1].name != '*'))
            fprintf(f, "%s*", i ? ", " : "");
        fprintf(f, "%s", i || i == s.positional ? ", " : "");
        write_parameter(f, &s.p[i]);
        if (i + 1 == only)
            fprintf(f, ", /");
    }
    fprintf(f, ")\\n--\\n\\n");
    write_sentence(f, e);
    fprintf(f, "%s", s.count > method ? "\\n" : "");
    for (int i = method; i < s.count; i++)
        if (*s.p[i].type)
            fprintf(f, "\\n%s: %s%s%s", s.p[i].name, hint(&s.p[i]), *s.p[i].value ? " = " : "", s.p[i].value);
    fprintf(f, "\"");
}

static void write_list(FILE *f, const char *module)
{
    fprintf(f, "\nstatic PyMethodDef %s_functions[] = {\n", module);
    for (int i = 0; i < ENTRIES; i++) {
        const entry *e = &entries[i];
        if (strcmp(e->module, module))
            continue;
        fprintf(f, "    {\"%s\", (PyCFunction)(void (*)(void))%s%s_%s, METH_FASTCALL | METH_KEYWORDS,\n     ",
                e->name, e->kind == BY_HAND ? "psi_py_" : "", e->module, e->name);
        write_doc(f, e, false);
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
    for (int i = 0; i < METHODS; i++) {
        fprintf(f, "    {\"%s\", (PyCFunction)(void (*)(void))method_%s, METH_FASTCALL | METH_KEYWORDS, ",
                methods[i], methods[i]);
        write_doc(f, find_entry(methods[i]), true);
        fprintf(f, "}, \\\n");
    }
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
        fprintf(f, "def %s(", e->name);
        for (int k = 0; k < s.count; k++) {
            if (k == s.positional && *s.p[k].name != '*' && (!k || *s.p[k - 1].name != '*'))
                fprintf(f, "%s*", k ? ", " : "");
            fprintf(f, "%s%s: %s%s", k || k == s.positional ? ", " : "", s.p[k].name, hint(&s.p[k]),
                    *s.p[k].value ? " = ..." : "");
            if (k + 1 == s.positional_only)
                fprintf(f, ", /");
        }
        fprintf(f, ") -> Any:\n    \"\"\"");
        write_sentence(f, e);
        fprintf(f, "\"\"\"\n");
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
