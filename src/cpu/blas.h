/* blas.h: OpenBLAS, loaded when the first routine of it is needed: its relocations and those of the Fortran runtime cost
 * more than all the rest of loading the library, and most programs never call it.
 * It runs single-threaded, because the pool does the cutting. LAPACK's routines are called as Fortran calls them, all
 * arguments by address and the lengths of strings last, because LAPACKE would allocate behind the library's back and may
 * bring a second BLAS into the process. */
#ifndef PSI_CPU_BLAS_H
#define PSI_CPU_BLAS_H

#include <cblas.h>
#include <stddef.h>

typedef const int *psi_fint;

/* What the dtypes have under one signature, data being void for its sake. The last three are NULL for complex64, whose
 * routines want room for real numbers too. */
typedef struct psi_lapack {
    void (*trsm)(const char *side, const char *uplo, const char *transpose, const char *diag, psi_fint m,
                 psi_fint n, const void *alpha, const void *a, psi_fint lda, void *b, psi_fint ldb, size_t,
                 size_t, size_t, size_t);
    void (*geqrt3)(psi_fint m, psi_fint n, void *a, psi_fint lda, void *t, psi_fint ldt, int *info);
    void (*geqrf)(psi_fint m, psi_fint n, void *a, psi_fint lda, void *tau, void *work, psi_fint lwork,
                  int *info);
    void (*orgqr)(psi_fint m, psi_fint n, psi_fint k, void *a, psi_fint lda, const void *tau, void *work,
                  psi_fint lwork, int *info);
    void (*getrf)(psi_fint m, psi_fint n, void *a, psi_fint lda, int *ipiv, int *info);
    void (*getri)(psi_fint n, void *a, psi_fint lda, const int *ipiv, void *work, psi_fint lwork, int *info);
    void (*potrf)(const char *uplo, psi_fint n, void *a, psi_fint lda, int *info, size_t);
    void (*gesdd)(const char *job, psi_fint m, psi_fint n, void *a, psi_fint lda, void *s, void *u,
                  psi_fint ldu, void *vt, psi_fint ldvt, void *work, psi_fint lwork, int *iwork, int *info,
                  size_t);
    void (*syevd)(const char *job, const char *uplo, psi_fint n, void *a, psi_fint lda, void *w, void *work,
                  psi_fint lwork, int *iwork, psi_fint liwork, int *info, size_t, size_t);
    void (*geev)(const char *left, const char *right, psi_fint n, void *a, psi_fint lda, void *wr, void *wi,
                 void *vl, psi_fint ldvl, void *vr, psi_fint ldvr, void *work, psi_fint lwork, int *info,
                 size_t, size_t);
} psi_lapack;

typedef struct psi_blas {
    __typeof__(cblas_dgemm) *dgemm;
    __typeof__(cblas_cgemm) *cgemm;
    __typeof__(cblas_dgemv) *dgemv;
    __typeof__(cblas_cgemv) *cgemv;
    __typeof__(cblas_dscal) *dscal;
    __typeof__(cblas_csscal) *csscal;
    psi_lapack float32, float64, complex64;
    void (*cgesdd)(const char *job, psi_fint m, psi_fint n, void *a, psi_fint lda, float *s, void *u,
                   psi_fint ldu, void *vt, psi_fint ldvt, void *work, psi_fint lwork, float *rwork,
                   int *iwork, int *info, size_t);
    void (*cheevd)(const char *job, const char *uplo, psi_fint n, void *a, psi_fint lda, float *w, void *work,
                   psi_fint lwork, float *rwork, psi_fint lrwork, int *iwork, psi_fint liwork, int *info,
                   size_t, size_t);
    void (*cgeev)(const char *left, const char *right, psi_fint n, void *a, psi_fint lda, void *w, void *vl,
                  psi_fint ldvl, void *vr, psi_fint ldvr, void *work, psi_fint lwork, float *rwork, int *info,
                  size_t, size_t);
} psi_blas;

/* The routines; NULL with an error (unsupported_backend_capability) where OpenBLAS cannot be loaded. */
const psi_blas *psi_blas_load(void);

#endif
