/* error.h: recording errors. Invariant: the first error of a thread sticks until psi_error takes it. */
#ifndef PSI_CORE_ERROR_H
#define PSI_CORE_ERROR_H

#include <psionic/error.h>

/* Records an error unless one waits already, and returns the error array. */
psi_array psi_fail(psi_code code, psi_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

/* The usual one: invalid_argument, a ValueError. */
#define PSI_INVALID(...) psi_fail(PSI_INVALID_ARGUMENT, PSI_VALUE_ERROR, __VA_ARGS__)
#define PSI_UNSUPPORTED(...) psi_fail(PSI_UNSUPPORTED_OP, PSI_NOT_IMPLEMENTED_ERROR, __VA_ARGS__)

psi_array psi_error_array(void);

/* Writes "(2,3)" and returns the buffer, for messages. */
#define PSI_SHAPE_TEXT 160
const char *psi_shape_text(char text[PSI_SHAPE_TEXT], psi_ints shape);
/* SHAPE(ints): the same into a buffer of the enclosing full expression's block. */
#define PSI_SHAPE(shape) psi_shape_text((char[PSI_SHAPE_TEXT]){0}, shape)

#endif
