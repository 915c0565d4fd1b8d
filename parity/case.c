/* case.c: the register of cases, the record of calls, and the checks that need no array values.
 * Invariant: every CHECK macro ends in parity_judge exactly once. */
#include "state.h"

#include <pthread.h>
#include <stdarg.h>

parity_state parity_now;
parity_case *parity_cases;

void parity_register(parity_case *one)
{
    one->next = parity_cases;
    parity_cases = one;
}

void psi_record(const char *name)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    int i = 0;
    while (i < parity_now.call_count && strcmp(parity_now.calls[i], name) != 0)
        i++;
    if (i == parity_now.call_count && i < PARITY_NAMES_MAX)
        parity_now.calls[parity_now.call_count++] = name;
    pthread_mutex_unlock(&lock);
}

static void append(char text[PARITY_TEXT_MAX], const char *line)
{
    size_t used = strlen(text);
    if (used < PARITY_TEXT_MAX - 2)
        snprintf(text + used, PARITY_TEXT_MAX - used, "%s%s", used ? "\n" : "", line);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool parity_judge(const char *file, int line, bool held, const char *text, const char *format, ...)
{
    parity_now.checks++;
    if (!held) {
        char detail[900], full[1400];
        va_list args;
        va_start(args, format);
        vsnprintf(detail, sizeof detail, format, args);
        va_end(args);
        snprintf(full, sizeof full, "%s:%d: %.300s: %s", base_name(file), line, text, detail);
        parity_now.failures++;
        append(parity_now.message, full);
        fprintf(stderr, "%s\n", full);
    }
    return held;
}

void parity_fault(const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    parity_now.failures++;
    append(parity_now.message, text);
    fprintf(stderr, "%s\n", text);
}

void parity_note(const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    append(parity_now.notes, text);
}

void parity_unsupported(const char *why)
{
    parity_now.unsupported = why;
}

bool parity_check(const char *file, int line, bool held, const char *text)
{
    return parity_judge(file, line, held, text, "does not hold");
}

bool parity_check_int(const char *file, int line, const char *text, int64_t got, int64_t wanted)
{
    return parity_judge(file, line, got == wanted, text, "is %lld, wanted %lld", (long long)got,
                        (long long)wanted);
}

bool parity_check_near(const char *file, int line, const char *text, double got, double wanted,
                       double tolerance)
{
    bool held = got == wanted || (isnan(got) && isnan(wanted)) || fabs(got - wanted) <= tolerance;
    return parity_judge(file, line, held, text, "is %.17g, wanted %.17g within %g", got, wanted, tolerance);
}

bool parity_check_string(const char *file, int line, const char *text, const char *got, const char *wanted)
{
    bool held = got && wanted && strcmp(got, wanted) == 0;
    return parity_judge(file, line, held, text, "is \"%s\", wanted \"%s\"", got ? got : "(null)",
                        wanted ? wanted : "(null)");
}

static const char *shape_text(char text[256], psi_ints shape)
{
    int used = snprintf(text, 256, "(");
    for (int i = 0; i < shape.count && used < 220; i++)
        used += snprintf(text + used, 256 - (size_t)used, "%s%lld", i ? ", " : "", (long long)shape.data[i]);
    snprintf(text + used, 256 - (size_t)used, ")");
    return text;
}

bool parity_check_shape(const char *file, int line, const char *text, psi_ints got, psi_ints wanted)
{
    bool held = got.count == wanted.count;
    for (int i = 0; held && i < wanted.count; i++)
        held = got.data[i] == wanted.data[i];
    char a[256], b[256];
    return parity_judge(file, line, held, text, "shape is %s, wanted %s", shape_text(a, got),
                        shape_text(b, wanted));
}

bool parity_check_dtype(const char *file, int line, const char *text, psi_dtype got, psi_dtype wanted)
{
    return parity_judge(file, line, got == wanted, text, "dtype is %s, wanted %s", psi_dtype_name(got),
                        psi_dtype_name(wanted));
}

/* An error nobody took would be mistaken for the one that the next expression must raise. */
void parity_before_error(void)
{
    psi_error_record record;
    if (psi_error(&record))
        parity_fault("an earlier error was left untaken: %s: %s", psi_code_name(record.code), record.message);
}

bool parity_check_error(const char *file, int line, const char *text, psi_code code, int kind)
{
    psi_error_record record;
    if (!psi_error(&record))
        return parity_judge(file, line, false, text, "succeeded, wanted %s", psi_code_name(code));
    bool held = record.code == code && (kind < 0 || (int)record.kind == kind) && record.message[0];
    return parity_judge(file, line, held, text, "failed with %s (kind %d): \"%s\", wanted %s (kind %d)",
                        psi_code_name(record.code), (int)record.kind, record.message, psi_code_name(code),
                        kind);
}

bool parity_check_refusal(const char *file, int line, const char *text, psi_code code, const char *scope)
{
    psi_error_record record;
    bool typed = code >= PSI_UNSUPPORTED_OP && code <= PSI_TOPOLOGY_MISMATCH;
    if (!psi_error(&record)) {
        return parity_judge(file, line, false, text, "succeeded, wanted a refusal with %s",
                            psi_code_name(code));
    }
    bool held = typed && record.code == code && record.message[0];
    if (held && !parity_now.refused) {
        parity_now.refused = true;
        parity_now.refusal_code = code;
        snprintf(parity_now.refusal_scope, sizeof parity_now.refusal_scope, "%s", scope);
        snprintf(parity_now.refusal_detail, sizeof parity_now.refusal_detail, "%s", record.message);
    }
    return parity_judge(file, line, held, text, "failed with %s: \"%s\", wanted a refusal with %s",
                        psi_code_name(record.code), record.message, psi_code_name(code));
}
