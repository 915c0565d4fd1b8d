/* optional.h: numbers that may be absent. */
#ifndef PSIONIC_MLX_C_OPTIONAL_H
#define PSIONIC_MLX_C_OPTIONAL_H

#include <stdbool.h>

#include "mlx/c/array.h"
#include "mlx/c/string.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Types stand aside where mlx-c's own header has defined them, so that one file may include both. */
#ifndef MLX_OPTIONAL_H
typedef struct mlx_optional_int_ {
    int value;
    bool has_value;
} mlx_optional_int;
typedef struct mlx_optional_float_ {
    float value;
    bool has_value;
} mlx_optional_float;
typedef struct mlx_optional_dtype_ {
    mlx_dtype value;
    bool has_value;
} mlx_optional_dtype;
#endif

#ifdef __cplusplus
}
#endif
#endif
