/* error.c: the error handler, and how errors reach it. Invariant: a message is an argument, never a
 * format. */
#include "mlxc.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mlx/c/error.h>

/* The handler in force; one that is replaced while a message is on its way lives until that returns. */
typedef struct handler {
    mlx_error_handler_func call;
    void *data;
    void (*dtor)(void *);
    int uses;
} handler;

static void print(const char *message, void *data)
{
    (void)data;
    fprintf(stderr, "MLX error: %s\n", message);
}

static handler initial = {print, NULL, NULL, 1};
static handler *current = &initial;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void let_go(handler *h)
{
    pthread_mutex_lock(&lock);
    bool last = --h->uses == 0 && h != &initial;
    pthread_mutex_unlock(&lock);
    if (!last)
        return;
    if (h->dtor)
        h->dtor(h->data);
    free(h);
}

static void tell(const char *message)
{
    pthread_mutex_lock(&lock);
    handler *h = current;
    h->uses++;
    pthread_mutex_unlock(&lock);
    h->call(message, h->data);
    let_go(h);
}

void mlx_set_error_handler(mlx_error_handler_func call, void *data, void (*dtor)(void *))
{
    handler *h = malloc(sizeof *h);
    if (!h) {
        mlxc_refuse("mlx_set_error_handler: out of memory");
        return;
    }
    *h = (handler){call ? call : print, data, dtor, 1};
    pthread_mutex_lock(&lock);
    handler *old = current;
    current = h;
    pthread_mutex_unlock(&lock);
    let_go(old);
}

void _mlx_error(const char *file, const int line, const char *format, ...)
{
    char message[2048];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(message, sizeof message, format ? format : "", args);
    va_end(args);
    size_t at = length < 0 ? 0 : (size_t)length < sizeof message ? (size_t)length : sizeof message - 1;
    snprintf(message + at, sizeof message - at, " at %s:%d", file ? file : "?", line);
    tell(message);
}

bool mlxc_fail(psi_code code, const char *format, ...)
{
    psi_error_record record = {.code = code, .kind = PSI_VALUE_ERROR};
    va_list args;
    va_start(args, format);
    vsnprintf(record.message, sizeof record.message, format, args);
    va_end(args);
    psi_error_raise(&record);
    return false;
}

int mlxc_report(void)
{
    psi_error_record record;
    char message[PSI_MESSAGE_MAX + 64];
    if (!psi_error(&record))
        snprintf(record.message, sizeof record.message, "the call failed");
    snprintf(message, sizeof message, "%s: %s", psi_code_name(record.code), record.message);
    tell(message);
    return 1;
}

int mlxc_refuse(const char *name)
{
    char message[PSI_MESSAGE_MAX];
    snprintf(message, sizeof message, "unsupported_op: %s is not built yet", name);
    tell(message);
    return 1;
}

int mlxc_lacks(const char *name, const char *backend)
{
    char message[PSI_MESSAGE_MAX];
    snprintf(message, sizeof message,
             "unsupported_backend_capability: %s: there is no %s backend on this machine", name, backend);
    tell(message);
    return 1;
}

/* ---- memory and boxes ---- */

void *mlxc_alloc(size_t count, size_t bytes)
{
    void *block = calloc(count ? count : 1, bytes);
    if (!block)
        mlxc_fail(PSI_OUT_OF_MEMORY, "no memory for %zu items of %zu bytes", count, bytes);
    return block;
}

void *mlxc_resize(void *block, size_t count, size_t bytes)
{
    void *more = reallocarray(block, count ? count : 1, bytes);
    if (!more)
        mlxc_fail(PSI_OUT_OF_MEMORY, "no memory for %zu items of %zu bytes", count, bytes);
    return more;
}

bool mlxc_grow(void **items, size_t *capacity, size_t count, size_t more, size_t bytes)
{
    if (more <= *capacity - count)
        return true;
    if (more > SIZE_MAX / 2 - count)
        return mlxc_fail(PSI_OUT_OF_MEMORY, "a list of %zu and %zu items is too long", count, more);
    size_t room = count + more > 2 * *capacity ? count + more : 2 * *capacity;
    void *bigger = mlxc_resize(*items, room, bytes);
    if (!bigger)
        return false;
    *items = bigger;
    *capacity = room;
    return true;
}

char *mlxc_copy_text(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = mlxc_alloc(bytes, 1);
    return copy ? memcpy(copy, text, bytes) : NULL;
}

void *mlxc_box_for(void **ctx, size_t bytes)
{
    if (!*ctx)
        *ctx = mlxc_alloc(1, bytes);
    return *ctx;
}

bool mlxc_given(const void *pointer, const char *what)
{
    return pointer || MLXC_INVALID("%s is NULL", what);
}
