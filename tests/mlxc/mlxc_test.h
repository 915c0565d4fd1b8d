/* mlxc_test.h: what the tests of mlx-c share: an error handler that remembers, and short makers. */
#ifndef TESTS_MLXC_H
#define TESTS_MLXC_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mlx/c/mlx.h>

typedef struct heard {
    int count;
    char last[1024];
} heard;

static heard errors;

static __attribute__((unused)) void hear(const char *message, void *data)
{
    heard *h = data;
    h->count++;
    snprintf(h->last, sizeof h->last, "%s", message);
}

static __attribute__((unused)) int start_hearing(void **state)
{
    (void)state;
    mlx_set_error_handler(hear, &errors, NULL);
    return 0;
}

/* The call answers 1 after telling the handler once, in words that hold `words`. */
#define REFUSED(call, words)                         \
    do {                                             \
        errors = (heard){0};                         \
        assert_int_equal(call, 1);                   \
        assert_int_equal(errors.count, 1);           \
        assert_non_null(strstr(errors.last, words)); \
    } while (0)

/* The same for a call whose answer is something else. */
#define TOLD(call, words)                            \
    do {                                             \
        errors = (heard){0};                         \
        (void)(call);                                \
        assert_int_equal(errors.count, 1);           \
        assert_non_null(strstr(errors.last, words)); \
    } while (0)

#define OK(call) assert_int_equal(call, 0)

static __attribute__((unused)) mlx_array floats(const float *data, int rows, int columns)
{
    return mlx_array_new_data(data, (int[]){rows, columns}, 2, MLX_FLOAT32);
}

/* The array's print equals `text`. */
static __attribute__((unused)) void assert_prints(mlx_array a, const char *text)
{
    mlx_string s = mlx_string_new();
    OK(mlx_array_tostring(&s, a));
    assert_string_equal(mlx_string_data(s), text);
    mlx_string_free(s);
}

#endif
