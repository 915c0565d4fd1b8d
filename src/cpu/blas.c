/* blas.c: OpenBLAS's threads are switched off once, whoever needs it first. */
#include "cpu/blas.h"

#include <cblas.h>
#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void use_one_thread(void)
{
    openblas_set_num_threads(1);
}

void psi_blas_use_one_thread(void)
{
    pthread_once(&once, use_one_thread);
}
