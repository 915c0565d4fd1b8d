/* npy.c: any bytes as a .npy file. Either an array comes out that the bytes justify, or one typed error; and no more
 * memory was taken for values than the bytes hold. A broken promise traps. */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <psionic/device.h>
#include <psionic/io.h>
#include <psionic/scope.h>

#include "core/error.h"
#include "core/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The library reads by path: the bytes become an anonymous file that has one. */
static int file_of(const uint8_t *data, size_t size, char path[32])
{
    int file = memfd_create("npy", MFD_CLOEXEC);
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        __builtin_trap();
    snprintf(path, 32, "/proc/self/fd/%d", file);
    return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[32];
    int file = file_of(data, size, path);
    PSI_SCOPE;
    psi_reset_peak_memory();
    psi_array a = psi_load_npy(path);
    psi_error_record record;
    bool failed = psi_error(&record);
    if (failed != psi_is_error(a))
        __builtin_trap();
    if (failed && (record.code != PSI_SERIALIZATION_INCOMPATIBILITY || !record.message[0]))
        __builtin_trap();
    if (!failed && (size_t)a->size * psi_dtype_size((psi_dtype)a->dtype) > size)
        __builtin_trap();
    if (psi_peak_memory() > size + size / 4 + 4096)
        __builtin_trap();
    close(file);
    return 0;
}
