/* string.h: text that the library hands out. */
#ifndef PSIONIC_MLX_C_STRING_H
#define PSIONIC_MLX_C_STRING_H

#ifdef __cplusplus
extern "C" {
#endif

/* Types stand aside where mlx-c's own header has defined them, so that one file may include both. */
#ifndef MLX_STRING_H
typedef struct mlx_string_ {
    void *ctx;
} mlx_string;
#endif

/* An empty handle, and a copy of a C string. */
mlx_string mlx_string_new(void);
mlx_string mlx_string_new_data(const char *str);
int mlx_string_set(mlx_string *str, const mlx_string src);
/* Borrowed until the string is set or freed; NULL for an empty handle. */
const char *mlx_string_data(mlx_string str);
int mlx_string_free(mlx_string str);

#ifdef __cplusplus
}
#endif
#endif
