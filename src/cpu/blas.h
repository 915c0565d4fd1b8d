/* blas.h: what all users of OpenBLAS share: it runs single-threaded, because the pool does the cutting. */
#ifndef PSI_CPU_BLAS_H
#define PSI_CPU_BLAS_H

/* Before the first call of a BLAS or LAPACK routine. */
void psi_blas_use_one_thread(void);

#endif
