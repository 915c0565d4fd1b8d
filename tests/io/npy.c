/* npy.c: .npy files of every version, order and dtype are read, bad ones refused by name, and what is saved is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <psionic/device.h>
#include <psionic/io.h>
#include <psionic/scope.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/node.h"
#include "io/npy.h"

static char folder[64], path[128];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/psi-npy-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/a.npy", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void write_bytes(const void *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

/* A file of a version with this header text, and `count` bytes behind it. */
static void write_npy(int version, const char *header, const void *values, size_t count)
{
    unsigned char bytes[4096] = "\x93NUMPY";
    size_t length = strlen(header), at = 6;
    bytes[at++] = (unsigned char)version;
    bytes[at++] = 0;
    for (int i = 0; i < (version == 1 ? 2 : 4); i++)
        bytes[at++] = (unsigned char)(length >> 8 * i);
    assert_true(at + length + count <= sizeof bytes);
    memcpy(bytes + at, header, length);
    if (count)
        memcpy(bytes + at + length, values, count);
    write_bytes(bytes, at + length + count);
}

static void expect_error(psi_code code, const char *word)
{
    psi_error_record record;
    assert_true(psi_error(&record));
    if (record.code != code || !strstr(record.message, word))
        fail_msg("%s: \"%s\" does not say \"%s\"", psi_code_name(record.code), record.message, word);
}

static void all_versions_and_spellings_are_read(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }   \n",
        "{'shape': (2, 3, ), 'descr': '<i4', 'fortran_order': False}",
        "{\"fortran_order\":False,\"descr\":\"i4\",\"shape\":(2,3)}\n",
        "  {'descr': '=i4', 'fortran_order': False, 'shape': (2L, 3L), }",
    };
    const int32_t values[] = {1, 2, 3, 4, 5, -6};
    for (int version = 1; version <= 3; version++)
        for (size_t h = 0; h < sizeof headers / sizeof *headers; h++) {
            PSI_SCOPE;
            write_npy(version, headers[h], values, sizeof values);
            psi_array a = psi_load_npy(path);
            assert_false(psi_failed());
            assert_int_equal(a->dtype, PSI_INT32);
            assert_int_equal(a->ndim, 2);
            assert_int_equal(a->shape[0], 2);
            assert_int_equal(a->shape[1], 3);
            assert_true(a->layout & PSI_ROW_CONTIGUOUS);
            assert_memory_equal(psi_values(a), values, sizeof values);
        }
}

static void every_dtype_is_read_in_both_byte_orders(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        psi_dtype dtype;
        size_t part; /* bytes that are turned round */
    } types[] = {
        {"b1", PSI_BOOL, 1},    {"?", PSI_BOOL, 1},       {"u1", PSI_UINT8, 1},    {"u2", PSI_UINT16, 2},
        {"u4", PSI_UINT32, 4},  {"u8", PSI_UINT64, 8},    {"i1", PSI_INT8, 1},     {"i2", PSI_INT16, 2},
        {"i4", PSI_INT32, 4},   {"i8", PSI_INT64, 8},     {"f2", PSI_FLOAT16, 2},  {"f4", PSI_FLOAT32, 4},
        {"f8", PSI_FLOAT64, 8}, {"c8", PSI_COMPLEX64, 4}, {"V2", PSI_BFLOAT16, 2},
    };
    unsigned char values[24], turned[24];
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (int order = 0; order < 3; order++) {
            PSI_SCOPE;
            size_t bytes = 3 * psi_dtype_size(types[t].dtype), part = types[t].part;
            for (size_t i = 0; i < bytes; i++) {
                values[i] =
                    types[t].dtype == PSI_BOOL ? (unsigned char)(i != 1) : (unsigned char)(17 * i + 3);
                turned[i / part * part + part - 1 - i % part] = values[i];
            }
            char header[100];
            snprintf(header, sizeof header, "{'descr': '%c%s', 'fortran_order': False, 'shape': (3,), }\n",
                     "<>|"[order], types[t].name);
            write_npy(1, header, order == 1 ? turned : values, bytes);
            psi_array a = psi_load_npy(path);
            assert_false(psi_failed());
            assert_int_equal(a->dtype, types[t].dtype);
            assert_int_equal(a->size, 3);
            assert_memory_equal(psi_values(a), values, bytes);
        }
}

static void bools_are_zero_or_one(void **state)
{
    (void)state;
    PSI_SCOPE;
    write_npy(1, "{'descr': '|b1', 'fortran_order': False, 'shape': (4,), }\n", "\x00\x02\xff\x01", 4);
    psi_array a = psi_load_npy(path);
    assert_memory_equal(psi_values(a), "\x00\x01\x01\x01", 4);
}

static void fortran_order_becomes_strides(void **state)
{
    (void)state;
    PSI_SCOPE;
    const int16_t values[] = {11, 21, 12, 22, 13, 23};
    write_npy(1, "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }\n", values, sizeof values);
    psi_array a = psi_load_npy(path);
    assert_int_equal(psi_strides_of(a)[0], 1);
    assert_int_equal(psi_strides_of(a)[1], 2);
    assert_int_equal(a->layout, PSI_COL_CONTIGUOUS | PSI_CONTIGUOUS);
    static const int16_t rows[] = {11, 12, 13, 21, 22, 23};
    int16_t read[6];
    assert_true(psi_read(a, read, sizeof read));
    assert_memory_equal(read, rows, sizeof rows);
}

static void scalars_and_empty_arrays_are_read(void **state)
{
    (void)state;
    PSI_SCOPE;
    double value = 3.25;
    write_npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (), }\n", &value, sizeof value);
    psi_array a = psi_load_npy(path);
    assert_int_equal(a->ndim, 0);
    assert_int_equal(a->size, 1);
    assert_memory_equal(psi_values(a), &value, sizeof value);
    write_npy(1, "{'descr': '<f8', 'fortran_order': True, 'shape': (3, 0), }\n", "", 0);
    a = psi_load_npy(path);
    assert_int_equal(a->size, 0);
    assert_int_equal(a->shape[0], 3);
    assert_false(psi_failed());
}

static void bad_headers_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *header, *word;
    } bad[] = {
        {"", "'{' is missing"},
        {"{'descr': '<f4', 'fortran_order': False}", "\"shape\" is missing"},
        {"{'fortran_order': False, 'shape': ()}", "\"descr\" is missing"},
        {"{'descr': '<f4', 'shape': ()}", "\"fortran_order\" is missing"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}", "\"x\" is unknown"},
        {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", "there twice"},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", "neither True nor False"},
        {"{'descr': '<f4' 'fortran_order': False, 'shape': ()}", "',' is missing"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': ()} x", "after its end"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': ()", "',' is missing"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1)}", "not a tuple"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': 1}", "'(' is missing"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "\"-1,)}\""},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1 1)}", "',' is missing"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (01,)}", "01"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
         "99999999999999999999"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}", "does not fit"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2305843009213693953, 2)}", "does not fit"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (5,)}",
         "(5) of float32 does not fit the 16 bytes"},
        {"{'descr': '<c16', 'fortran_order': False, 'shape': (1,)}", "\"<c16\""},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "\"|O\""},
        {"{'descr': '<U4', 'fortran_order': False, 'shape': (1,)}", "\"<U4\""},
        {"{'descr': '', 'fortran_order': False, 'shape': (1,)}", "\"\""},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "structured"},
        {"{'descr': '<f4\\'', 'fortran_order': False, 'shape': ()}", "escape"},
        {"{'descr': '<f4", "''' is missing"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        PSI_SCOPE;
        write_npy(1, bad[i].header, "0123456789abcdef", 16);
        assert_true(psi_is_error(psi_load_npy(path)));
        expect_error(PSI_SERIALIZATION_INCOMPATIBILITY, bad[i].word);
    }
    char deep[1000] = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
    for (int i = 0; i < 65; i++)
        strcat(deep, "1, ");
    strcat(deep, ")}");
    write_npy(1, deep, "0123", 4);
    assert_true(psi_is_error(psi_load_npy(path)));
    expect_error(PSI_SERIALIZATION_INCOMPATIBILITY, "more than 64");
}

static void bad_files_are_refused_by_name(void **state)
{
    (void)state;
    PSI_SCOPE;
    static const struct {
        const char *bytes;
        size_t count;
        const char *word;
    } bad[] = {
        {"", 0, "not a .npy file"},
        {"\x93NUMPY\x01\x00", 8, "not a .npy file"},
        {"PK\x03\x04 something else", 20, "not a .npy file"},
        {"\x93NUMPY\x04\x00\x01\x00\x00\x00 ", 13, "version 4.0"},
        {"\x93NUMPY\x01\x01\x01\x00 ", 11, "version 1.1"},
        {"\x93NUMPY\x01\x00\xff\x00 ", 11, "header of 255 bytes in a file of 11"},
        {"\x93NUMPY\x02\x00\x10\x00", 10, "ends before its header"},
        {"\x93NUMPY\x02\x00\xff\xff\xff\xff ", 13, "header of 4294967295 bytes"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_bytes(bad[i].bytes, bad[i].count);
        assert_true(psi_is_error(psi_load_npy(path)));
        expect_error(PSI_SERIALIZATION_INCOMPATIBILITY, bad[i].word);
    }
    assert_true(psi_is_error(psi_load_npy("/nowhere/at/all.npy")));
    expect_error(PSI_IO, "/nowhere/at/all.npy: No such file");
    assert_true(psi_is_error(psi_load_npy(folder)));
    expect_error(PSI_IO, "not a regular file");
    assert_true(psi_is_error(psi_load_npy("/dev/zero")));
    expect_error(PSI_IO, "not a regular file");
    assert_true(psi_is_error(psi_load_npy(NULL)));
    expect_error(PSI_INVALID_ARGUMENT, "NULL");
}

static psi_array leaf_of(const void *values, psi_ints shape, psi_dtype dtype)
{
    size_t bytes = (size_t)psi_shape_size(shape) * psi_dtype_size(dtype);
    psi_buffer *buffer = psi_buffer_new(bytes);
    if (!buffer)
        return psi_error_array();
    memcpy(buffer->data, values, bytes);
    return psi_leaf_new(buffer, shape, dtype);
}

static int files_in_folder(void)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.' || strncmp(entry->d_name, ".psi", 4) == 0;
    closedir(dir);
    return count;
}

static void save_and_read_back(psi_dtype dtype, psi_ints shape)
{
    PSI_SCOPE;
    unsigned char values[6 * 8];
    for (size_t i = 0; i < sizeof values; i++)
        values[i] = dtype == PSI_BOOL ? i % 2 : (unsigned char)(7 * i);
    assert_true(psi_save_npy(path, leaf_of(values, shape, dtype)));
    psi_array b = psi_load_npy(path);
    assert_false(psi_failed());
    assert_int_equal(b->dtype, dtype);
    assert_int_equal(b->ndim, shape.count);
    for (int i = 0; i < shape.count; i++)
        assert_int_equal(b->shape[i], shape.data[i]);
    if (b->size > 0)
        assert_memory_equal(psi_values(b), values, (size_t)b->size * psi_dtype_size(dtype));
}

static void what_is_saved_is_read(void **state)
{
    (void)state;
    for (psi_dtype dtype = 0; dtype < PSI_DTYPE_COUNT; dtype++) {
        if (dtype == PSI_BFLOAT16)
            continue;
        save_and_read_back(dtype, PSI_SCALAR_SHAPE);
        save_and_read_back(dtype, PSI_INTS(6));
        save_and_read_back(dtype, PSI_INTS(2, 3));
        save_and_read_back(dtype, PSI_INTS(1, 2, 3));
        save_and_read_back(dtype, PSI_INTS(0, 4));
    }
    assert_int_equal(files_in_folder(), 1);
}

/* The very bytes NumPy writes for np.array([1, 2, 3], dtype=np.int16). */
static void saved_bytes_are_those_of_numpy(void **state)
{
    (void)state;
    PSI_SCOPE;
    const int16_t values[] = {1, 2, 3};
    assert_true(psi_save_npy(path, leaf_of(values, PSI_INTS(3), PSI_INT16)));
    static const char text[] = "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }";
    char expected[134], found[200];
    memset(expected, ' ', sizeof expected);
    memcpy(expected, "\x93NUMPY\x01\x00v\x00", 10);
    memcpy(expected + 10, text, sizeof text - 1);
    expected[127] = '\n';
    memcpy(expected + 128, "\1\0\2\0\3\0", 6);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(found, 1, sizeof found, file), sizeof expected);
    fclose(file);
    assert_memory_equal(found, expected, sizeof expected);
}

static void column_major_is_saved_row_major(void **state)
{
    (void)state;
    PSI_SCOPE;
    const int16_t values[] = {11, 21, 12, 22, 13, 23}, rows[] = {11, 12, 13, 21, 22, 23};
    write_npy(1, "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }\n", values, sizeof values);
    assert_true(psi_save_npy(path, psi_load_npy(path)));
    psi_array b = psi_load_npy(path);
    assert_true(b->layout & PSI_ROW_CONTIGUOUS);
    assert_memory_equal(psi_values(b), rows, sizeof rows);
}

static void a_failed_save_leaves_the_old_file(void **state)
{
    (void)state;
    PSI_SCOPE;
    const float old[] = {1, 2};
    uint16_t half = 0;
    psi_array a = leaf_of(old, PSI_INTS(2), PSI_FLOAT32);
    assert_true(psi_save_npy(path, a));
    assert_false(psi_save_npy(path, leaf_of(&half, PSI_INTS(1), PSI_BFLOAT16)));
    expect_error(PSI_SERIALIZATION_INCOMPATIBILITY, "bfloat16");
    assert_false(psi_save_npy("/nowhere/at/all.npy", a));
    expect_error(PSI_IO, "/nowhere/at/all.npy: No such file");
    assert_false(psi_save_npy(folder, a));
    expect_error(PSI_IO, "not a regular file");
    assert_false(psi_save_npy("/dev/null", a));
    expect_error(PSI_IO, "/dev/null");
    assert_false(psi_save_npy(NULL, a));
    expect_error(PSI_INVALID_ARGUMENT, "NULL");
    assert_false(psi_save_npy(path, psi_error_array()));
    expect_error(PSI_INVALID_ARGUMENT, "psi_save_npy");
    assert_int_equal(files_in_folder(), 1);
    assert_memory_equal(psi_values(psi_load_npy(path)), old, sizeof old);
}

static void links_are_followed(void **state)
{
    (void)state;
    PSI_SCOPE;
    char link[128];
    snprintf(link, sizeof link, "%s/link.npy", folder);
    const float values[] = {1, 2};
    write_bytes("old", 3);
    assert_int_equal(symlink("a.npy", link), 0);
    assert_true(psi_save_npy(link, leaf_of(values, PSI_INTS(2), PSI_FLOAT32)));
    struct stat info;
    assert_int_equal(lstat(link, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_memory_equal(psi_values(psi_load_npy(path)), values, sizeof values);
    unlink(link);
}

static bool workload(void)
{
    PSI_SCOPE;
    const float values[] = {1, 2};
    psi_array a = leaf_of(values, PSI_INTS(2), PSI_FLOAT32);
    return psi_save_npy(path, a) && !psi_is_error(psi_load_npy(path));
}

static void every_failing_allocation_is_an_error(void **state)
{
    (void)state;
    assert_true(workload());
    size_t active = psi_active_memory();
    psi_test_fail_allocation(INT64_MAX);
    assert_true(workload());
    int64_t made = psi_test_fail_allocation(0);
    assert_true(made >= 4);
    for (int64_t n = 1; n <= made; n++) {
        psi_test_fail_allocation(n);
        assert_false(workload());
        psi_test_fail_allocation(0);
        expect_error(PSI_OUT_OF_MEMORY, "out of memory");
        assert_int_equal(psi_active_memory(), active);
        assert_int_equal(files_in_folder(), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_versions_and_spellings_are_read),
        cmocka_unit_test(every_dtype_is_read_in_both_byte_orders),
        cmocka_unit_test(bools_are_zero_or_one),
        cmocka_unit_test(fortran_order_becomes_strides),
        cmocka_unit_test(scalars_and_empty_arrays_are_read),
        cmocka_unit_test(bad_headers_are_refused_by_name),
        cmocka_unit_test(bad_files_are_refused_by_name),
        cmocka_unit_test(what_is_saved_is_read),
        cmocka_unit_test(saved_bytes_are_those_of_numpy),
        cmocka_unit_test(column_major_is_saved_row_major),
        cmocka_unit_test(a_failed_save_leaves_the_old_file),
        cmocka_unit_test(links_are_followed),
        cmocka_unit_test(every_failing_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
