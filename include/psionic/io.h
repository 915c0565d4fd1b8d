/* io.h: arrays in files. Every reader checks the whole header before it trusts a length. */
#ifndef PSIONIC_IO_H
#define PSIONIC_IO_H

#include <psionic/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads a NumPy .npy file, version 1 to 3, C or Fortran order, either byte order. Errors: io when the file
 * cannot be read, serialization_incompatibility when its contents are not such an array. */
PSI_API psi_array psi_load_npy(const char *path);

/* Writes a NumPy .npy file, version 1, row-major. bfloat16 has no NumPy type and is refused. A failed
 * write leaves an older file of that name as it was. */
PSI_API bool psi_save_npy(const char *path, psi_array a);

#ifdef __cplusplus
}
#endif
#endif
