/* thread.h: what belongs to a thread: its scope, its error, its device, its stream, its trace.
 * Invariant: no other thread reads or writes this. */
#ifndef PSI_CORE_THREAD_H
#define PSI_CORE_THREAD_H

#include <psionic/device.h>
#include <psionic/error.h>
#include <psionic/scope.h>

typedef struct psi_thread {
    psi_scope *scope;    /* innermost */
    bool failed;         /* an error waits */
    psi_stream stream;   /* where builders put nodes */
    int tracing;         /* depth of running transforms */
    int tapes;           /* that are in use */
    bool shapeless;      /* what is traced will be used for other shapes too */
    bool differentiated; /* a gradient or tangent has been traced */
} psi_thread;

extern _Thread_local psi_thread psi_this_thread __attribute__((tls_model("initial-exec")));

/* Memory of `bytes` that lives as long as the innermost scope. NULL records the error. */
void *psi_scope_memory(size_t bytes);
/* Whether the device is there; if not, the error says that `what` lacks it. */
bool psi_needs_device(psi_device device, const char *what);

#endif
