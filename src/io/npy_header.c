/* npy_header.c: the parser of .npy headers: the few Python literals that a header may hold, nothing evaluated.
 * Invariant: no number from the file is believed before it was compared with the size of the file. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <psionic/array.h>

#include "io/npy.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FOREIGN_ORDER '>'
#else
#define FOREIGN_ORDER '<'
#endif

/* The text still to be read. */
typedef struct reader {
    const char *at, *end;
    const char *path;
} reader;

static __attribute__((format(printf, 3, 4), cold)) bool refuse(const char *path, psi_kind kind,
                                                               const char *format, ...)
{
    char reason[240];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    psi_fail(PSI_SERIALIZATION_INCOMPATIBILITY, kind, "psi_load_npy: %.200s: %s", path, reason);
    return false;
}

bool psi_npy_prefix(const char *path, const unsigned char *bytes, size_t count, uint64_t file_bytes,
                    size_t *begin, size_t *end)
{
    if (count < 10 || memcmp(bytes, "\x93NUMPY", 6) != 0)
        return refuse(path, PSI_RUNTIME_ERROR, "not a .npy file");
    if (bytes[6] < 1 || bytes[6] > 3 || bytes[7] != 0)
        return refuse(path, PSI_RUNTIME_ERROR, ".npy version %d.%d; known are 1.0, 2.0 and 3.0", bytes[6],
                      bytes[7]);
    uint64_t length = bytes[8] | (uint64_t)bytes[9] << 8;
    *begin = 10;
    if (bytes[6] > 1) {
        if (count < 12)
            return refuse(path, PSI_RUNTIME_ERROR, "the file ends before its header");
        length |= (uint64_t)bytes[10] << 16 | (uint64_t)bytes[11] << 24;
        *begin = 12;
    }
    if (length > PSI_NPY_HEADER_MAX)
        return refuse(path, PSI_RUNTIME_ERROR, "a header of %llu bytes; the longest accepted is %d",
                      (unsigned long long)length, PSI_NPY_HEADER_MAX);
    if (length > file_bytes - *begin)
        return refuse(path, PSI_RUNTIME_ERROR, "a header of %llu bytes in a file of %llu",
                      (unsigned long long)length, (unsigned long long)file_bytes);
    *end = *begin + (size_t)length;
    return true;
}

static void skip_blanks(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

/* Skips blanks, and `c` if it comes next. */
static bool take(reader *r, char c)
{
    skip_blanks(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool take_word(reader *r, const char *word)
{
    size_t length = strlen(word);
    skip_blanks(r);
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0)
        return false;
    r->at += length;
    return true;
}

static bool expect(reader *r, char c)
{
    return take(r, c) || refuse(r->path, PSI_RUNTIME_ERROR, "a bad header: '%c' is missing before \"%.*s\"",
                                c, (int)(r->end - r->at < 40 ? r->end - r->at : 40), r->at);
}

/* A quoted string without escapes, copied. */
static bool read_string(reader *r, char *out, size_t room)
{
    char quote = take(r, '\'') ? '\'' : '"';
    if (quote == '"' && !expect(r, '"'))
        return false;
    size_t length = 0;
    for (; r->at < r->end && *r->at != quote; r->at++) {
        if (length + 1 == room || (unsigned char)*r->at < ' ' || *r->at == '\\')
            return refuse(r->path, PSI_RUNTIME_ERROR,
                          "a bad header: the string \"%.*s\" is too long or has an escape", (int)length, out);
        out[length++] = *r->at;
    }
    out[length] = 0;
    return expect(r, quote);
}

static bool read_flag(reader *r, bool *out)
{
    *out = take_word(r, "True");
    if (*out || take_word(r, "False"))
        return true;
    return refuse(r->path, PSI_RUNTIME_ERROR, "a bad header: fortran_order is neither True nor False");
}

/* A non-negative number; the L that Python 2 wrote behind long ones is passed over. */
static bool read_length(reader *r, int64_t *out)
{
    skip_blanks(r);
    const char *start = r->at;
    int64_t value = 0;
    bool fits = true;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
        fits = fits && !__builtin_mul_overflow(value, 10, &value) &&
               !__builtin_add_overflow(value, *r->at - '0', &value);
    int digits = (int)(r->at - start);
    if (digits == 0)
        return refuse(r->path, PSI_RUNTIME_ERROR,
                      "a bad header: the shape has \"%.*s\" where a length should be",
                      (int)(r->end - r->at < 20 ? r->end - r->at : 20), r->at);
    if (!fits || (digits > 1 && *start == '0'))
        return refuse(r->path, PSI_RUNTIME_ERROR,
                      "a bad header: the length %.*s in the shape is no 64-bit number",
                      digits < 40 ? digits : 40, start);
    if (r->at < r->end && *r->at == 'L')
        r->at++;
    *out = value;
    return true;
}

/* A tuple of lengths; one length needs its comma, as in Python. */
static bool read_shape(reader *r, psi_npy_header *out)
{
    bool comma = true;
    if (!expect(r, '('))
        return false;
    for (out->ndim = 0; !take(r, ')'); out->ndim++) {
        if (!comma)
            return expect(r, ',');
        if (out->ndim == PSI_MAX_NDIM)
            return refuse(r->path, PSI_RUNTIME_ERROR, "more than %d dimensions", PSI_MAX_NDIM);
        if (!read_length(r, &out->shape[out->ndim]))
            return false;
        comma = take(r, ',');
    }
    if (out->ndim == 1 && !comma)
        return refuse(r->path, PSI_RUNTIME_ERROR, "a bad header: the shape (%lld) is not a tuple",
                      (long long)out->shape[0]);
    return true;
}

/* NumPy's type string, such as "<f4". V2 is what bfloat16 is stored as, there being no NumPy type for it. */
static bool read_descr(reader *r, psi_npy_header *out)
{
    static const struct {
        const char *name;
        psi_dtype dtype;
    } types[] = {
        {"b1", PSI_BOOL},    {"?", PSI_BOOL},      {"u1", PSI_UINT8},     {"u2", PSI_UINT16},
        {"u4", PSI_UINT32},  {"u8", PSI_UINT64},   {"i1", PSI_INT8},      {"i2", PSI_INT16},
        {"i4", PSI_INT32},   {"i8", PSI_INT64},    {"f2", PSI_FLOAT16},   {"f4", PSI_FLOAT32},
        {"f8", PSI_FLOAT64}, {"V2", PSI_BFLOAT16}, {"c8", PSI_COMPLEX64},
    };
    char text[64];
    skip_blanks(r);
    if (r->at < r->end && *r->at == '[')
        return refuse(r->path, PSI_VALUE_ERROR, "a structured dtype, which arrays cannot have");
    if (!read_string(r, text, sizeof text))
        return false;
    const char *name = text + (*text && strchr("<>=|", *text) != NULL);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(name, types[i].name) == 0) {
            out->dtype = types[i].dtype;
            out->swapped = *text == FOREIGN_ORDER && psi_dtype_size(out->dtype) > 1;
            return true;
        }
    return refuse(r->path, PSI_VALUE_ERROR, "the dtype \"%s\" is not one that arrays have", text);
}

/* The dictionary: the three keys, each once, in any order. */
static bool read_dictionary(reader *r, psi_npy_header *out)
{
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    unsigned seen = 0;
    bool comma = true;
    if (!expect(r, '{'))
        return false;
    while (!take(r, '}')) {
        char key[32];
        if (!comma)
            return expect(r, ',');
        if (!read_string(r, key, sizeof key) || !expect(r, ':'))
            return false;
        unsigned k = 0;
        while (k < 3 && strcmp(key, keys[k]) != 0)
            k++;
        if (k == 3 || seen & 1u << k)
            return refuse(r->path, PSI_RUNTIME_ERROR, "a bad header: the key \"%s\" is %s", key,
                          k == 3 ? "unknown" : "there twice");
        seen |= 1u << k;
        if (!(k == 0 ? read_descr(r, out) : k == 1 ? read_flag(r, &out->fortran) : read_shape(r, out)))
            return false;
        comma = take(r, ',');
    }
    for (unsigned k = 0; k < 3; k++)
        if (!(seen & 1u << k))
            return refuse(r->path, PSI_RUNTIME_ERROR, "a bad header: the key \"%s\" is missing", keys[k]);
    skip_blanks(r);
    return r->at == r->end || refuse(r->path, PSI_RUNTIME_ERROR, "a bad header: text after its end");
}

bool psi_npy_parse(const char *path, const char *text, size_t length, size_t end, uint64_t file_bytes,
                   psi_npy_header *out)
{
    memset(out, 0, sizeof *out);
    reader r = {text, text + length, path};
    if (!read_dictionary(&r, out))
        return false;
    psi_ints shape = {out->shape, out->ndim};
    out->size = psi_shape_size(shape);
    out->offset = end;
    uint64_t room = (file_bytes - end) / psi_dtype_size(out->dtype);
    if (out->size < 0 || (uint64_t)out->size > room)
        return refuse(path, PSI_RUNTIME_ERROR,
                      "the shape %.80s of %s does not fit the %llu bytes after the header", PSI_SHAPE(shape),
                      psi_dtype_name(out->dtype), (unsigned long long)(file_bytes - end));
    return true;
}
