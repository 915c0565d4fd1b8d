/* npy.h: the header of a NumPy .npy file, parsed and checked. */
#ifndef PSI_IO_NPY_H
#define PSI_IO_NPY_H

#include "core/node.h"

typedef struct psi_npy_header {
    psi_dtype dtype;
    bool swapped; /* the file's byte order is not this machine's */
    bool fortran;
    int ndim;
    int64_t shape[PSI_MAX_NDIM];
    int64_t size;  /* elements */
    size_t offset; /* of the first element in the file */
} psi_npy_header;

/* The magic, version and length of the header: reads them from the first `count` bytes of a file, and gives where the
 * header text begins and ends. False with the error recorded, which names the file. */
bool psi_npy_prefix(const char *path, const unsigned char *bytes, size_t count, uint64_t file_bytes,
                    size_t *begin, size_t *end);

/* Parses the header text [text, text + length), which ends at `end` in the file, and checks that the elements it
 * announces fit the rest of the file. */
bool psi_npy_parse(const char *path, const char *text, size_t length, size_t end, uint64_t file_bytes,
                   psi_npy_header *out);

#define PSI_NPY_PREFIX 12        /* bytes psi_npy_prefix wants to see, where the file has them */
#define PSI_NPY_HEADER_MAX 65536 /* the longest header text that is accepted */

#endif
