/* error.h: typed errors. A failed call records the thread's first error and answers with an error array,
 * false, or NULL; psi_error() takes the record. Nothing aborts, exits or prints. */
#ifndef PSIONIC_ERROR_H
#define PSIONIC_ERROR_H

#include <psionic/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What went wrong, for programs. */
typedef enum psi_code {
    PSI_OK,
    PSI_UNSUPPORTED_OP,
    PSI_UNSUPPORTED_GRADIENT,
    PSI_UNSUPPORTED_LAYOUT,
    PSI_UNSUPPORTED_BACKEND_CAPABILITY,
    PSI_SERIALIZATION_INCOMPATIBILITY,
    PSI_SANDBOX_POLICY_DENIED,
    PSI_TOPOLOGY_MISMATCH,
    PSI_INVALID_ARGUMENT,
    PSI_OUT_OF_MEMORY,
    PSI_IO
} psi_code;

/* Which class of exception a binding raises for it. */
typedef enum psi_kind {
    PSI_VALUE_ERROR,
    PSI_TYPE_ERROR,
    PSI_INDEX_ERROR,
    PSI_RUNTIME_ERROR,
    PSI_MEMORY_ERROR,
    PSI_OS_ERROR,
    PSI_NOT_IMPLEMENTED_ERROR
} psi_kind;

#define PSI_MESSAGE_MAX 512

typedef struct psi_error_record {
    psi_code code;
    psi_kind kind;
    char message[PSI_MESSAGE_MAX];
} psi_error_record;

/* Takes and clears this thread's first error. False, and code PSI_OK, when there was none. `out` may be NULL. */
PSI_API bool psi_error(psi_error_record *out);

/* Records an error unless one waits already: for functions given to transforms, which fail by it, and for bindings. */
PSI_API void psi_error_raise(const psi_error_record *record);

/* True while an error waits to be taken on this thread. */
PSI_API bool psi_failed(void);

/* The stable spelling of a code, such as "unsupported_op". */
PSI_API const char *psi_code_name(psi_code code);

/* True for the array a failed builder returns; such an array may be passed on, retained and released. */
PSI_API bool psi_is_error(psi_array a);

#ifdef __cplusplus
}
#endif
#endif
