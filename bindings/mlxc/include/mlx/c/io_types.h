/* io_types.h: files that the program reads and writes itself. */
#ifndef PSIONIC_MLX_C_IO_TYPES_H
#define PSIONIC_MLX_C_IO_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlx/c/string.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Types stand aside where mlx-c's own header has defined them, so that one file may include both. */
#ifndef MLX_IO_TYPES_H
typedef struct mlx_io_reader_ {
    void *ctx;
} mlx_io_reader;
typedef struct mlx_io_writer_ {
    void *ctx;
} mlx_io_writer;
typedef struct mlx_io_vtable_ {
    bool (*is_open)(void *);
    bool (*good)(void *);
    size_t (*tell)(void *);
    void (*seek)(void *, int64_t off, int whence);
    void (*read)(void *, char *data, size_t n);
    void (*read_at_offset)(void *, char *data, size_t n, size_t off);
    void (*write)(void *, const char *data, size_t n);
    const char *(*label)(void *);
    void (*free)(void *);
} mlx_io_vtable;
#endif

/* `free` is called with the descriptor when the last user is gone. A reader needs all but write, a writer
 * all but read and read_at_offset. */
mlx_io_reader mlx_io_reader_new(void *desc, mlx_io_vtable vtable);
int mlx_io_reader_descriptor(void **desc_, mlx_io_reader io);
int mlx_io_reader_tostring(mlx_string *str_, mlx_io_reader io);
int mlx_io_reader_free(mlx_io_reader io);
mlx_io_writer mlx_io_writer_new(void *desc, mlx_io_vtable vtable);
int mlx_io_writer_descriptor(void **desc_, mlx_io_writer io);
int mlx_io_writer_tostring(mlx_string *str_, mlx_io_writer io);
int mlx_io_writer_free(mlx_io_writer io);

#ifdef __cplusplus
}
#endif
#endif
