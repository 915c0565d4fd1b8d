/* npy.c: NumPy .npy files: reading values into a fresh buffer, and saving by way of a temporary file.
 * Invariant: nothing is allocated for values before the header was checked against the file's size, and a file under
 * the wanted name is always whole: the old one or the new one. */
#include <psionic/io.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <psionic/array.h>

#include "io/npy.h"

#define CHUNK ((size_t)1 << 30) /* Linux moves at most 2 GiB in one call */

static __attribute__((cold)) bool io_failed(const char *op, const char *path, const char *reason)
{
    psi_fail(PSI_IO, PSI_RUNTIME_ERROR, "%s: %.400s: %s", op, path, reason);
    return false;
}

/* ---- reading ---- */

static bool read_at(int file, const char *path, size_t offset, void *out, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        size_t left = bytes - done;
        ssize_t got = pread(file, (char *)out + done, left < CHUNK ? left : CHUNK, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return io_failed("psi_load_npy", path,
                             got < 0 ? strerror(errno) : "the file became shorter while read");
        done += (size_t)got;
    }
    return true;
}

static bool read_header(int file, const char *path, psi_npy_header *header)
{
    struct stat info;
    if (fstat(file, &info) != 0)
        return io_failed("psi_load_npy", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return io_failed("psi_load_npy", path, "not a regular file");
    uint64_t file_bytes = (uint64_t)info.st_size;
    unsigned char prefix[PSI_NPY_PREFIX];
    size_t count = file_bytes < sizeof prefix ? (size_t)file_bytes : sizeof prefix, begin, end;
    if (!read_at(file, path, 0, prefix, count) ||
        !psi_npy_prefix(path, prefix, count, file_bytes, &begin, &end))
        return false;
    char *text = psi_malloc(end - begin);
    bool ok = text && read_at(file, path, begin, text, end - begin) &&
              psi_npy_parse(path, text, end - begin, end, file_bytes, header);
    psi_free(text);
    return ok;
}

/* Turns the file's bytes into values: this machine's byte order, and bools of 0 and 1 only. */
static void correct(const psi_npy_header *header, void *data)
{
    int64_t parts = header->dtype == PSI_COMPLEX64 ? 2 * header->size : header->size;
    uint8_t *u1 = data;
    uint16_t *u2 = data;
    uint32_t *u4 = data;
    uint64_t *u8 = data;
    if (header->dtype == PSI_BOOL)
        for (int64_t i = 0; i < parts; i++)
            u1[i] = u1[i] != 0;
    if (!header->swapped)
        return;
    switch (header->dtype == PSI_COMPLEX64 ? 4 : psi_dtype_size(header->dtype)) {
    case 2:
        for (int64_t i = 0; i < parts; i++)
            u2[i] = __builtin_bswap16(u2[i]);
        break;
    case 4:
        for (int64_t i = 0; i < parts; i++)
            u4[i] = __builtin_bswap32(u4[i]);
        break;
    default:
        for (int64_t i = 0; i < parts; i++)
            u8[i] = __builtin_bswap64(u8[i]);
    }
}

/* Column-major values need no moving: the fresh array, which nobody else has yet, gets strides to match. */
static void set_column_major(psi_array a)
{
    int64_t step = 1;
    for (int i = 0; i < a->ndim; i++) {
        psi_strides_of(a)[i] = step;
        step *= a->shape[i];
    }
    psi_set_layout(a);
}

psi_array psi_load_npy(const char *path)
{
    if (!path)
        return PSI_INVALID("psi_load_npy: the path is NULL");
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        io_failed("psi_load_npy", path, strerror(errno));
        return psi_error_array();
    }
    psi_npy_header header;
    psi_buffer *buffer = NULL;
    if (read_header(file, path, &header)) {
        size_t bytes = (size_t)header.size * psi_dtype_size(header.dtype);
        buffer = psi_buffer_new(bytes);
        if (buffer && !read_at(file, path, header.offset, buffer->data, bytes)) {
            psi_buffer_release(buffer);
            buffer = NULL;
        }
    }
    close(file);
    if (!buffer)
        return psi_error_array();
    correct(&header, buffer->data);
    psi_array a = psi_leaf_new(buffer, (psi_ints){header.shape, header.ndim}, header.dtype);
    if (header.fortran && header.ndim > 1 && !psi_is_error(a))
        set_column_major(a);
    return a;
}

/* ---- saving ---- */

#define HEADER_ROOM 2048 /* 64 lengths of at most 19 digits, and the rest */

/* Writes the header as NumPy does, byte for byte: room for the first length to grow, then a multiple of 64. */
static size_t make_header(char out[HEADER_ROOM], psi_array a)
{
    static const char *const types[PSI_DTYPE_COUNT] = {
        [PSI_BOOL] = "b1",      [PSI_UINT8] = "u1",   [PSI_UINT16] = "u2",  [PSI_UINT32] = "u4",
        [PSI_UINT64] = "u8",    [PSI_INT8] = "i1",    [PSI_INT16] = "i2",   [PSI_INT32] = "i4",
        [PSI_INT64] = "i8",     [PSI_FLOAT16] = "f2", [PSI_FLOAT32] = "f4", [PSI_FLOAT64] = "f8",
        [PSI_COMPLEX64] = "c8",
    };
    psi_ints shape = psi_shape(a);
    char order = psi_itemsize(a) == 1 ? '|' : __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '<' : '>';
    int at = 10, grown = 0;
    at += sprintf(out + at, "{'descr': '%c%s', 'fortran_order': False, 'shape': (", order,
                  types[psi_dtype_of(a)]);
    for (int i = 0; i < shape.count; i++) {
        int digits = sprintf(out + at, "%lld", (long long)shape.data[i]);
        at += digits;
        if (i == 0)
            grown = 21 - digits;
        if (i + 1 < shape.count || i == 0)
            out[at++] = ',';
        if (i + 1 < shape.count)
            out[at++] = ' ';
    }
    at += sprintf(out + at, "), }%*s", grown, "");
    int pad = 64 - (at + 1) % 64;
    at += sprintf(out + at, "%*s\n", pad, "");
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    out[8] = (char)((at - 10) & 255);
    out[9] = (char)((at - 10) >> 8);
    return (size_t)at;
}

static bool write_all(int file, const void *data, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        size_t left = bytes - done;
        ssize_t put = write(file, (const char *)data + done, left < CHUNK ? left : CHUNK);
        if (put < 0 && errno != EINTR)
            return false;
        if (put > 0)
            done += (size_t)put;
    }
    return true;
}

/* Opens a new file beside `target` and leaves its name in `name`; -1 with errno. */
static int open_temporary(const char *target, char name[PATH_MAX])
{
    static atomic_uint serial;
    const char *slash = strrchr(target, '/');
    int folder = slash ? (int)(slash - target) + 1 : 0;
    for (int tries = 0; tries < 100; tries++) {
        int length = snprintf(name, PATH_MAX, "%.*s.psi-%ld-%u.tmp", folder, target, (long)getpid(),
                              atomic_fetch_add(&serial, 1));
        if (length >= PATH_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file >= 0 || errno != EEXIST)
            return file;
    }
    return -1;
}

/* Writes header and values to a temporary file and gives it the wanted name. */
static bool write_file(const char *target, psi_array a, const void *data)
{
    char temporary[PATH_MAX], header[HEADER_ROOM];
    size_t header_bytes = make_header(header, a);
    int file = open_temporary(target, temporary);
    if (file < 0)
        return io_failed("psi_save_npy", target, strerror(errno));
    bool ok = write_all(file, header, header_bytes) && write_all(file, data, psi_nbytes(a));
    int reason = errno;
    if (close(file) != 0 && ok) {
        reason = errno;
        ok = false;
    }
    if (ok && rename(temporary, target) == 0)
        return true;
    if (ok)
        reason = errno;
    unlink(temporary);
    return io_failed("psi_save_npy", target, strerror(reason));
}

bool psi_save_npy(const char *path, psi_array a)
{
    if (!psi_check_inputs(PSI_ARRAYS(a), "psi_save_npy"))
        return false;
    if (!path) {
        PSI_INVALID("psi_save_npy: the path is NULL");
        return false;
    }
    if (psi_dtype_of(a) == PSI_BFLOAT16) {
        psi_fail(PSI_SERIALIZATION_INCOMPATIBILITY, PSI_VALUE_ERROR,
                 "psi_save_npy: %.200s: NumPy has no type for bfloat16; convert to float32 first", path);
        return false;
    }
    /* Renaming would replace a link, or a device: the link is followed, and only files are replaced. */
    char resolved[PATH_MAX];
    const char *target = realpath(path, resolved) ? resolved : path;
    struct stat info;
    if (stat(target, &info) == 0 && !S_ISREG(info.st_mode))
        return io_failed("psi_save_npy", path, "there, but not a regular file");
    const void *data = psi_data(a);
    return data && write_file(target, a, data);
}
