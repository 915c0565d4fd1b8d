/* error.h: what happens when a call fails: the handler is told, and the call returns 1. */
#ifndef PSIONIC_MLX_C_ERROR_H
#define PSIONIC_MLX_C_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

/* Types stand aside where mlx-c's own header has defined them, so that one file may include both. */
#ifndef MLX_ERROR_H
typedef void (*mlx_error_handler_func)(const char *msg, void *data);
#define mlx_error(...) _mlx_error(__FILE__, __LINE__, __VA_ARGS__)
#endif

/* The handler of the whole process; NULL is the one from the start, which prints the message to stderr.
 * `data` is given to it each time; `dtor`, which may be NULL, is called with it once a later call has
 * replaced it. */
void mlx_set_error_handler(mlx_error_handler_func handler, void *data, void (*dtor)(void *));
/* Tells the handler; what follows from this is up to the caller. */
void _mlx_error(const char *file, const int line, const char *fmt, ...);

#ifdef __cplusplus
}
#endif
#endif
