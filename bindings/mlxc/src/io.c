/* io.c: readers and writers of the program, and .npy files through them, by way of an unnamed file.
 * Invariant: a callback that is missing is an error of the call that needs it. */
#include "mlxc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mlx/c/io.h>

/* What a reader's or a writer's ctx points to. */
typedef struct channel {
    void *descriptor;
    mlx_io_vtable calls;
} channel;

static void *new_channel(void *descriptor, mlx_io_vtable calls)
{
    channel *box = mlxc_alloc(1, sizeof *box);
    if (box)
        *box = (channel){descriptor, calls};
    else
        mlxc_report();
    return box;
}

static int free_channel(channel *box)
{
    if (box && box->calls.free)
        box->calls.free(box->descriptor);
    free(box);
    return 0;
}

static int descriptor_of(void **out, void *ctx, const char *type)
{
    const channel *box = mlxc_box(ctx, type);
    if (!box || !mlxc_given(out, "the result"))
        return mlxc_report();
    *out = box->descriptor;
    return 0;
}

static int label_of(mlx_string *str, void *ctx, const char *type)
{
    const channel *box = mlxc_box(ctx, type);
    bool ok = box && mlxc_given(str, "str") && (box->calls.label || MLXC_INVALID("label is NULL"));
    return mlxc_done(ok && mlxc_set_text(&str->ctx, box->calls.label(box->descriptor)));
}

#define CHANNEL(kind)                                                        \
    mlx_io_##kind mlx_io_##kind##_new(void *descriptor, mlx_io_vtable calls) \
    {                                                                        \
        return (mlx_io_##kind){new_channel(descriptor, calls)};              \
    }                                                                        \
    int mlx_io_##kind##_free(mlx_io_##kind io)                               \
    {                                                                        \
        return free_channel(io.ctx);                                         \
    }                                                                        \
    int mlx_io_##kind##_descriptor(void **descriptor, mlx_io_##kind io)      \
    {                                                                        \
        return descriptor_of(descriptor, io.ctx, "mlx_io_" #kind);           \
    }                                                                        \
    int mlx_io_##kind##_tostring(mlx_string *str, mlx_io_##kind io)          \
    {                                                                        \
        return label_of(str, io.ctx, "mlx_io_" #kind);                       \
    }
CHANNEL(reader)
CHANNEL(writer)

static bool is_ready(const channel *c, const char *what)
{
    const mlx_io_vtable *v = &c->calls;
    if (!v->is_open || !v->good)
        return MLXC_INVALID("%s: is_open or good is NULL", what);
    return (v->is_open(c->descriptor) && v->good(c->descriptor)) ||
           mlxc_fail(PSI_IO, "%s: %s is not open or not good", what,
                     v->label ? v->label(c->descriptor) : "it");
}

/* ---- reading ---- */

/* Moves what is left of the reader into the file. */
static bool drain(const channel *c, int file)
{
    const mlx_io_vtable *v = &c->calls;
    if (!v->tell || !v->seek || !v->read)
        return MLXC_INVALID("mlx_load_reader: tell, seek or read is NULL");
    size_t begin = v->tell(c->descriptor);
    v->seek(c->descriptor, 0, SEEK_END);
    size_t end = v->tell(c->descriptor);
    v->seek(c->descriptor, (int64_t)begin, SEEK_SET);
    char *chunk = mlxc_alloc(1 << 16, 1);
    for (size_t at = begin; chunk && at < end;) {
        size_t bytes = end - at < 1 << 16 ? end - at : 1 << 16;
        v->read(c->descriptor, chunk, bytes);
        if ((v->good && !v->good(c->descriptor)) || write(file, chunk, bytes) != (ssize_t)bytes) {
            mlxc_fail(PSI_IO, "mlx_load_reader: reading stopped at byte %zu of %zu", at, end);
            break;
        }
        at += bytes;
    }
    free(chunk);
    return !psi_failed();
}

int mlx_load_reader(mlx_array *res, mlx_io_reader in_stream, const mlx_stream s)
{
    mlxc_call call;
    char path[64];
    psi_array a = NULL;
    mlxc_begin(&call, "mlx_load_reader");
    mlxc_stream_in(&call, s);
    const channel *c = mlxc_box(in_stream.ctx, "mlx_io_reader");
    int file = c && !psi_failed() && is_ready(c, call.name) ? memfd_create("psionic", MFD_CLOEXEC) : -1;
    if (file < 0 && !psi_failed())
        mlxc_fail(PSI_IO, "mlx_load_reader: %s", strerror(errno));
    if (file >= 0 && drain(c, file)) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
        a = psi_load_npy(path);
        if (!psi_is_error(a))
            psi_eval1(a);
    }
    if (file >= 0)
        close(file);
    return mlxc_give_array(&call, res, a);
}

/* ---- writing ---- */

bool mlxc_save(const char *file, psi_array a)
{
    size_t length = strlen(file);
    if (length >= 4 && !strcmp(file + length - 4, ".npy"))
        return psi_save_npy(file, a);
    char *path = mlxc_alloc(length + 5, 1);
    if (!path)
        return false;
    memcpy(path, file, length);
    memcpy(path + length, ".npy", 5);
    bool ok = psi_save_npy(path, a);
    free(path);
    return ok;
}

/* Saves to a file in a folder of its own, below $TMPDIR or /tmp, and gives the writer its bytes. */
static bool save_through(const channel *c, psi_array a)
{
    char folder[1024], path[sizeof folder + 16], chunk[1 << 14];
    const char *base = getenv("TMPDIR");
    if (!c->calls.write)
        return MLXC_INVALID("mlx_save_writer: write is NULL");
    snprintf(folder, sizeof folder, "%.1000s/psionic-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(folder))
        return mlxc_fail(PSI_IO, "mlx_save_writer: %s: %s", folder, strerror(errno));
    snprintf(path, sizeof path, "%s/array.npy", folder);
    FILE *file = psi_save_npy(path, a) ? fopen(path, "rb") : NULL;
    size_t got;
    while (file && (got = fread(chunk, 1, sizeof chunk, file)) > 0)
        c->calls.write(c->descriptor, chunk, got);
    if (!file && !psi_failed())
        mlxc_fail(PSI_IO, "mlx_save_writer: %s: %s", path, strerror(errno));
    if (file)
        fclose(file);
    unlink(path);
    rmdir(folder);
    return !psi_failed();
}

int mlx_save_writer(mlx_io_writer out_stream, const mlx_array a)
{
    mlxc_call call;
    mlxc_begin(&call, "mlx_save_writer");
    psi_array array = mlxc_array_in(&call, "a", a);
    const channel *c = psi_failed() ? NULL : mlxc_box(out_stream.ctx, "mlx_io_writer");
    return mlxc_give_none(&call, c && is_ready(c, call.name) && save_through(c, array));
}
