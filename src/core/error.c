/* error.c: the thread's sticky first error, and the array that stands for a failed result.
 * Invariant: recording never allocates, so it works when memory has run out. */
#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/node.h"
#include "core/thread.h"

_Thread_local psi_thread psi_this_thread __attribute__((tls_model("initial-exec")));

static _Thread_local psi_error_record record;

static psi_node error_node = {
    .refs = 1,
    .state = PSI_READY,
    .out_count = 1,
    .out = {{.dtype = PSI_FLOAT32}},
};

psi_array psi_error_array(void)
{
    return error_node.out;
}

/* NULL, which no builder returns, is taken for a failed call's result. */
bool psi_is_error(psi_array a)
{
    return !a || a == error_node.out;
}

psi_array psi_fail(psi_code code, psi_kind kind, const char *format, ...)
{
    if (psi_this_thread.failed)
        return psi_error_array();
    psi_this_thread.failed = true;
    record.code = code;
    record.kind = kind;
    va_list args;
    va_start(args, format);
    vsnprintf(record.message, sizeof record.message, format, args);
    va_end(args);
    return psi_error_array();
}

void psi_error_raise(const psi_error_record *from)
{
    if (psi_this_thread.failed)
        return;
    psi_this_thread.failed = true;
    record = *from;
}

bool psi_error(psi_error_record *out)
{
    bool failed = psi_this_thread.failed;
    if (out) {
        if (failed)
            *out = record;
        else
            *out = (psi_error_record){0};
    }
    psi_this_thread.failed = false;
    return failed;
}

bool psi_failed(void)
{
    return psi_this_thread.failed;
}

const char *psi_code_name(psi_code code)
{
    static const char *const names[] = {
        [PSI_OK] = "ok",
        [PSI_UNSUPPORTED_OP] = "unsupported_op",
        [PSI_UNSUPPORTED_GRADIENT] = "unsupported_gradient",
        [PSI_UNSUPPORTED_LAYOUT] = "unsupported_layout",
        [PSI_UNSUPPORTED_BACKEND_CAPABILITY] = "unsupported_backend_capability",
        [PSI_SERIALIZATION_INCOMPATIBILITY] = "serialization_incompatibility",
        [PSI_SANDBOX_POLICY_DENIED] = "sandbox_policy_denied",
        [PSI_TOPOLOGY_MISMATCH] = "topology_mismatch",
        [PSI_INVALID_ARGUMENT] = "invalid_argument",
        [PSI_OUT_OF_MEMORY] = "out_of_memory",
        [PSI_IO] = "io",
    };
    return (unsigned)code < sizeof names / sizeof *names ? names[code] : "unknown";
}

const char *psi_shape_text(char text[PSI_SHAPE_TEXT], psi_ints shape)
{
    size_t at = 1;
    strcpy(text, "(");
    for (int i = 0; i < shape.count; i++) {
        if (at > PSI_SHAPE_TEXT - 32) {
            at += (size_t)snprintf(text + at, PSI_SHAPE_TEXT - at, "...");
            break;
        }
        at += (size_t)snprintf(text + at, PSI_SHAPE_TEXT - at, i + 1 < shape.count ? "%lld," : "%lld",
                               (long long)shape.data[i]);
    }
    snprintf(text + at, PSI_SHAPE_TEXT - at, ")");
    return text;
}
