/* io.c: .npy files by name and through the program's own readers and writers; names that look like
 * formats. */
#include "mlxc/mlxc_test.h"

#include <unistd.h>

static char folder[64];

static int make_folder(void **state)
{
    start_hearing(state);
    strcpy(folder, "/tmp/mlxc-io-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void files(void **state)
{
    (void)state;
    char path[128], with_suffix[160];
    mlx_stream s = mlx_default_cpu_stream_new();
    mlx_array a = floats((float[]){1, 2, 3, 4}, 2, 2), r = mlx_array_new();
    snprintf(path, sizeof path, "%s/%%s%%n 100%%", folder);
    snprintf(with_suffix, sizeof with_suffix, "%s.npy", path);
    OK(mlx_save(path, a)); /* adds the suffix */
    OK(mlx_load(&r, with_suffix, s));
    assert_prints(r, "array([[1, 2],\n       [3, 4]], dtype=float32)");
    OK(mlx_save(with_suffix, r));
    REFUSED(mlx_load(&r, path, s), "%s%n 100%");
    REFUSED(mlx_load(&r, NULL, s), "file is NULL");
    REFUSED(mlx_save(NULL, a), "file is NULL");
    REFUSED(mlx_save(with_suffix, mlx_array_new()), "empty mlx_array");
    REFUSED(mlx_save("/nowhere/a.npy", a), "/nowhere/a.npy");
    assert_prints(r, "array([[1, 2],\n       [3, 4]], dtype=float32)");
    unlink(with_suffix);
    mlx_array_free(a);
    mlx_array_free(r);
    mlx_stream_free(s);
}

/* ---- a file in memory ---- */

typedef struct memory {
    char bytes[4096];
    size_t at, end;
    bool closed, broken;
    int freed;
} memory;

static bool is_open(void *d)
{
    return !((memory *)d)->closed;
}

static bool good(void *d)
{
    return !((memory *)d)->broken;
}

static size_t tell(void *d)
{
    return ((memory *)d)->at;
}

static void seek(void *d, int64_t off, int whence)
{
    memory *m = d;
    m->at = (size_t)((whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (int64_t)m->at : (int64_t)m->end) + off);
}

static void get(void *d, char *data, size_t n)
{
    memory *m = d;
    m->broken |= m->at + n > m->end;
    if (!m->broken)
        memcpy(data, m->bytes + m->at, n);
    m->at += n;
}

static void get_at(void *d, char *data, size_t n, size_t off)
{
    ((memory *)d)->at = off;
    get(d, data, n);
}

static void put(void *d, const char *data, size_t n)
{
    memory *m = d;
    memcpy(m->bytes + m->at, data, n);
    m->end = m->at += n;
}

static const char *label(void *d)
{
    (void)d;
    return "50% memory";
}

static void count_free(void *d)
{
    ((memory *)d)->freed++;
}

static const mlx_io_vtable calls = {is_open, good, tell, seek, get, get_at, put, label, count_free};

static void readers_and_writers(void **state)
{
    (void)state;
    memory m = {.at = 8, .end = 8}; /* the array begins where the reader stands */
    void *descriptor;
    mlx_stream s = mlx_default_cpu_stream_new();
    mlx_array a = floats((float[]){1, 2, 3, 4}, 2, 2), r = mlx_array_new();
    mlx_io_writer w = mlx_io_writer_new(&m, calls);
    OK(mlx_save_writer(w, a));
    OK(mlx_io_writer_descriptor(&descriptor, w));
    assert_ptr_equal(descriptor, &m);
    mlx_io_writer_free(w);
    assert_int_equal(m.freed, 1);

    mlx_io_reader in = mlx_io_reader_new(&m, calls);
    mlx_string text = mlx_string_new();
    OK(mlx_io_reader_tostring(&text, in));
    assert_string_equal(mlx_string_data(text), "50% memory");
    m.at = 8;
    OK(mlx_load_reader(&r, in, s));
    assert_prints(r, "array([[1, 2],\n       [3, 4]], dtype=float32)");
    m.at = 9;
    REFUSED(mlx_load_reader(&r, in, s), "serialization_incompatibility");
    m.closed = true;
    REFUSED(mlx_load_reader(&r, in, s), "50% memory is not open");
    REFUSED(mlx_load_reader(&r, (mlx_io_reader){NULL}, s), "non-empty mlx_io_reader");
    REFUSED(mlx_save_writer((mlx_io_writer){NULL}, a), "non-empty mlx_io_writer");
    REFUSED(mlx_io_reader_descriptor(NULL, in), "NULL");
    OK(mlx_io_reader_free(in));
    assert_int_equal(m.freed, 2);
    in = mlx_io_reader_new(&m, (mlx_io_vtable){0});
    REFUSED(mlx_load_reader(&r, in, s), "is_open or good is NULL");
    REFUSED(mlx_io_reader_tostring(&text, in), "label is NULL");
    OK(mlx_io_reader_free(in));
    mlx_string_free(text);
    mlx_array_free(a);
    mlx_array_free(r);
    mlx_stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files),
        cmocka_unit_test(readers_and_writers),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
