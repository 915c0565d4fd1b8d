/* blas.c: loads OpenBLAS once, whoever needs it first, and never unloads it: it may have threads of its own.
 * Invariant: `blas` is complete before `loaded` is true, and does not change after. */
#include "cpu/blas.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"

static const struct {
    const char *name;
    size_t at;
} routines[] = {
    {"cblas_dgemm", offsetof(psi_blas, dgemm)},
    {"cblas_cgemm", offsetof(psi_blas, cgemm)},
    {"cblas_dgemv", offsetof(psi_blas, dgemv)},
    {"cblas_cgemv", offsetof(psi_blas, cgemv)},
    {"cblas_dscal", offsetof(psi_blas, dscal)},
    {"cblas_csscal", offsetof(psi_blas, csscal)},
#define OF(letter, dtype, name, field)                                             \
    {                                                                              \
#letter #name "_", offsetof(psi_blas, dtype) + offsetof(psi_lapack, field) \
    }
#define REAL(name) OF(s, float32, name, name), OF(d, float64, name, name)
#define ALL(name) REAL(name), OF(c, complex64, name, name)
    ALL(trsm),
    ALL(geqrt3),
    ALL(geqrf),
    REAL(orgqr),
    OF(c, complex64, ungqr, orgqr),
    ALL(getrf),
    ALL(getri),
    ALL(potrf),
    REAL(gesdd),
    REAL(syevd),
    REAL(geev),
    {"cgesdd_", offsetof(psi_blas, cgesdd)},
    {"cheevd_", offsetof(psi_blas, cheevd)},
    {"cgeev_", offsetof(psi_blas, cgeev)},
};

static psi_blas blas;
static bool loaded;
static char why[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
    void *library = dlopen(PSI_OPENBLAS, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        snprintf(why, sizeof why, "%s", dlerror());
        return;
    }
    for (size_t i = 0; i < sizeof routines / sizeof *routines; i++) {
        void *found = dlsym(library, routines[i].name);
        if (found == NULL) {
            snprintf(why, sizeof why, "%s has no %s", PSI_OPENBLAS, routines[i].name);
            return;
        }
        memcpy((char *)&blas + routines[i].at, &found, sizeof found);
    }
    void (*set_threads)(int);
    void *found = dlsym(library, "openblas_set_num_threads");
    if (found != NULL) {
        memcpy(&set_threads, &found, sizeof found);
        set_threads(1);
    }
    loaded = true;
}

const psi_blas *psi_blas_load(void)
{
    pthread_once(&once, load);
    if (loaded)
        return &blas;
    psi_fail(PSI_UNSUPPORTED_BACKEND_CAPABILITY, PSI_RUNTIME_ERROR,
             "OpenBLAS is needed for linear algebra and for float64 and complex64 products: %s", why);
    return NULL;
}
