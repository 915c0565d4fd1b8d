/* compiled.h: short ways for the cases about compiled functions. */
#ifndef PARITY_COMPILED_H
#define PARITY_COMPILED_H

#include "arrays.h"

/* What a traced function answers. */
#define ANSWER(...) answer(PSI_COUNT_(psi_array, __VA_ARGS__), (psi_array[]){__VA_ARGS__})

static inline psi_arrays answer(int count, const psi_array *items)
{
    psi_arrays out = psi_arrays_new(count);
    for (int i = 0; i < out.count; i++)
        out.data[i] = items[i];
    return out;
}

/* Calls a function that is compiled for this call only. An answer of one error array stands for a failure. */
static inline psi_arrays once(psi_function fn, psi_arrays inputs)
{
    psi_compiled *c = psi_compile(fn, NULL, 0);
    psi_arrays out = psi_compiled_call(inputs, c);
    psi_compiled_free(c);
    return out;
}

/* The array an array's primitive reads at a place. */
static inline psi_array input_of(psi_array a, int i)
{
    psi_arrays in = psi_inputs(a);
    return i < in.count ? in.data[i] : NULL;
}

#define NO_INPUTS ((psi_arrays){NULL, 0})
#define CHECK_PRIMITIVE(a, name) CHECK_STR(psi_primitive(a), name)
#define CHECK_COMPILED(a) CHECK(!strncmp(psi_primitive(a), "Compiled", 8))

#endif
