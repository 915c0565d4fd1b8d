/* stream.h: streams, on which work runs in order. */
#ifndef PSIONIC_MLX_C_STREAM_H
#define PSIONIC_MLX_C_STREAM_H

#include <stdbool.h>

#include "mlx/c/device.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Types stand aside where mlx-c's own header has defined them, so that one file may include both. */
#ifndef MLX_STREAM_H
typedef struct mlx_stream_ {
    void *ctx;
} mlx_stream;
#endif

mlx_stream mlx_stream_new(void);
mlx_stream mlx_stream_new_device(mlx_device dev);
int mlx_stream_set(mlx_stream *stream, const mlx_stream src);
int mlx_stream_free(mlx_stream stream);
int mlx_stream_tostring(mlx_string *str, mlx_stream stream);
bool mlx_stream_equal(mlx_stream lhs, mlx_stream rhs);
int mlx_stream_get_device(mlx_device *dev, mlx_stream stream);
int mlx_stream_get_index(int *index, mlx_stream stream);
/* Waits for all work put on the stream. */
int mlx_synchronize(mlx_stream stream);
/* Defaults belong to the thread. */
int mlx_get_default_stream(mlx_stream *stream, mlx_device dev);
int mlx_set_default_stream(mlx_stream stream);
mlx_stream mlx_default_cpu_stream_new(void);
mlx_stream mlx_default_gpu_stream_new(void);

#ifdef __cplusplus
}
#endif
#endif
