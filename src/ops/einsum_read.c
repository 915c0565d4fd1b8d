/* einsum_read.c: subscripts of an Einstein summation become terms, checked against the operands' shapes. */
#include <string.h>

#include "core/thread.h"
#include "ops/build.h"
#include "ops/einsum.h"

/* What reading carries along: the text without spaces, and the letters an ellipsis may stand for. */
typedef struct reader {
    const char *op;
    char *text;
    uint8_t spare[PSI_EINSUM_LETTERS];
    int spares, widest; /* the longest ellipsis so far */
} reader;

static int letter_of(char c)
{
    return c >= 'a' && c <= 'z' ? c - 'a' : c >= 'A' && c <= 'Z' ? 26 + c - 'A' : -1;
}

static bool start(reader *r, const char *op, const char *subscripts)
{
    bool used[PSI_EINSUM_LETTERS] = {false};
    *r = (reader){.op = op, .text = psi_scope_memory(strlen(subscripts) + 1)};
    if (!r->text)
        return false;
    char *out = r->text;
    for (const char *c = subscripts; *c; c++)
        if (*c != ' ') {
            *out++ = *c;
            if (letter_of(*c) >= 0)
                used[letter_of(*c)] = true;
        }
    *out = 0;
    for (int i = 0; i < PSI_EINSUM_LETTERS; i++)
        if (!used[i])
            r->spare[r->spares++] = (uint8_t)i;
    return true;
}

/* How many letters text[0 .. length) has, and where its ellipsis is (-1: none); -1 with an error. */
static int scan(const reader *r, const char *text, int length, int *dots)
{
    int letters = 0;
    *dots = -1;
    for (int i = 0; i < length; i++) {
        if (letter_of(text[i]) >= 0) {
            letters++;
        } else if (i + 2 >= length || strncmp(text + i, "...", 3) != 0) {
            PSI_INVALID("%s: subscripts '%.60s' have '%c', which is neither a letter nor an ellipsis", r->op,
                        r->text, text[i]);
            return -1;
        } else if (*dots >= 0) {
            PSI_INVALID("%s: '%.*s' has more than one ellipsis", r->op, length, text);
            return -1;
        } else {
            *dots = i;
            i += 2;
        }
    }
    return letters;
}

static void put_ellipsis(const reader *r, psi_einsum_term *out, int length)
{
    for (int i = r->spares - length; i < r->spares; i++)
        psi_einsum_put(out, r->spare[i]);
}

/* The last letters stand for an ellipsis, so that operands of fewer axes broadcast. */
static bool read_operand(reader *r, const char *text, int length, int index, psi_array a,
                         psi_einsum_term *out)
{
    int dots, letters = scan(r, text, length, &dots), missing = a->ndim - letters;
    if (letters < 0)
        return false;
    if (dots < 0 ? missing != 0 : missing < 0 || missing > r->spares) {
        PSI_INVALID("%s: operand %d has %d dimensions, its subscript '%.*s' %d letters", r->op, index,
                    a->ndim, length, text, letters);
        return false;
    }
    for (int i = 0; i < length; i++) {
        if (i != dots) {
            psi_einsum_put(out, letter_of(text[i]));
            continue;
        }
        put_ellipsis(r, out, missing);
        r->widest = missing > r->widest ? missing : r->widest;
        i += 2;
    }
    return true;
}

/* The output as written; its letters must differ and be those of operands. */
static bool read_output(const reader *r, const char *text, uint64_t known, psi_einsum_term *out)
{
    int length = (int)strlen(text), dots;
    if (scan(r, text, length, &dots) < 0)
        return false;
    for (int i = 0; i < length; i++) {
        if (i == dots) {
            put_ellipsis(r, out, r->widest);
            i += 2;
            continue;
        }
        int letter = letter_of(text[i]);
        if (psi_einsum_has(out, letter) || !(known & psi_einsum_bit(letter))) {
            PSI_INVALID("%s: the output '%.60s' has '%c', which %s", r->op, text, text[i],
                        psi_einsum_has(out, letter) ? "it has already" : "no operand has");
            return false;
        }
        psi_einsum_put(out, letter);
    }
    return true;
}

/* The output left out: the ellipsis, then in ASCII's order the letters that stand once. */
static void imply_output(const reader *r, psi_einsum_term *out)
{
    int counts[128] = {0};
    for (const char *c = r->text; *c; c++)
        counts[*c & 127]++;
    put_ellipsis(r, out, r->widest);
    for (int c = 'A'; c <= 'z'; c++)
        if (letter_of((char)c) >= 0 && counts[c] == 1)
            psi_einsum_put(out, letter_of((char)c));
}

/* Lengths of the letters: within an operand all the same, between operands broadcast. */
static bool put_lengths(psi_einsum_plan *plan, const char *op, psi_arrays operands)
{
    for (int i = 0; i < PSI_EINSUM_LETTERS; i++)
        plan->lengths[i] = -1;
    for (int i = 0; i < plan->operands; i++) {
        const psi_einsum_term *term = &plan->terms[i];
        psi_array a = operands.data[i];
        for (int j = 0; j < term->count; j++) {
            int64_t *length = &plan->lengths[term->letters[j]], own = a->shape[j];
            const uint8_t *first = memchr(term->letters, term->letters[j], (size_t)term->count);
            int64_t other = a->shape[first - term->letters];
            if (other != own) {
                PSI_INVALID("%s: operand %d has lengths %lld and %lld along a repeated subscript", op, i,
                            (long long)other, (long long)own);
                return false;
            }
            if (*length >= 0 && own != 1 && *length != 1 && own != *length) {
                PSI_INVALID("%s: axis %d of operand %d with shape %s does not broadcast to length %lld", op,
                            j, i, PSI_SHAPE(psi_shape(a)), (long long)*length);
                return false;
            }
            *length = *length < 0 || *length == 1 ? own : *length;
        }
    }
    return true;
}

bool psi_einsum_read(psi_einsum_plan *plan, const char *op, const char *subscripts, psi_arrays operands)
{
    reader r;
    uint64_t known = 0;
    *plan = (psi_einsum_plan){.operands = operands.count};
    if (!subscripts || operands.count < 1) {
        PSI_INVALID("%s: %s", op, subscripts ? "no operands; at least one is needed" : "no subscripts");
        return false;
    }
    if (!psi_check_inputs(operands, op) || !start(&r, op, subscripts))
        return false;
    plan->terms = psi_scope_memory((size_t)operands.count * sizeof *plan->terms);
    if (!plan->terms)
        return false;
    memset(plan->terms, 0, (size_t)operands.count * sizeof *plan->terms);
    const char *arrow = strstr(r.text, "->"), *end = arrow ? arrow : r.text + strlen(r.text);
    int given = 0;
    for (const char *c = r.text; c < end; given++) {
        const char *comma = memchr(c, ',', (size_t)(end - c)), *stop = comma ? comma : end;
        if (given < operands.count &&
            !read_operand(&r, c, (int)(stop - c), given, operands.data[given], &plan->terms[given]))
            return false;
        known |= given < operands.count ? plan->terms[given].set : 0;
        c = stop + (comma != NULL);
    }
    if (given != operands.count) {
        PSI_INVALID("%s: subscripts '%.60s' of %d operands; %d are given", op, r.text, given, operands.count);
        return false;
    }
    if (!arrow)
        imply_output(&r, &plan->output);
    else if (!read_output(&r, arrow + 2, known, &plan->output))
        return false;
    return put_lengths(plan, op, operands);
}
