/* compile.h: functions traced once and kept: simplified, element-wise ops fused, and called by making the kept graph again
 * over other inputs. A function is traced anew for inputs of another number, shape or dtype, on another default stream, and
 * for another key. Arrays that it captured are constants; one that is also an input is an error. While a transform runs,
 * compiled functions are called as they are. */
#ifndef PSIONIC_COMPILE_H
#define PSIONIC_COMPILE_H

#include <psionic/transforms.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A compiled function and its cache. Its identity is a serial number, never an address. */
typedef struct psi_compiled psi_compiled;

enum {
    /* One trace for all shapes of the same numbers of dimensions. What cannot follow other shapes is refused at the call. */
    PSI_COMPILE_SHAPELESS = 1
};

/* NULL with an error for a NULL function (unless compilation is disabled) and when memory runs out. Where fn is NULL every
 * call fails. */
PSI_API psi_compiled *psi_compile(psi_function fn, void *context, int flags);
/* NULL is left alone. No call may be running. */
PSI_API void psi_compiled_free(psi_compiled *compiled);

/* A psi_function: its context is the psi_compiled. */
PSI_API psi_arrays psi_compiled_call(psi_arrays inputs, void *compiled);

/* What a binding says of one call. */
typedef struct psi_compile_call {
    psi_function fn; /* called, with context, where there is no trace yet; NULL: the function's own */
    void *context;
    psi_ints key; /* what the outputs depend on beside the inputs */
    /* What belongs to a trace: fn sets it while it runs; otherwise it is the one that was set for the trace that served
     * the call. The caller owns a reference to it. */
    void *attached;
    void *(*retain)(void *attached);
    void (*release)(void *attached);
} psi_compile_call;

/* psi_compiled_call, with what the binding says; count 0 with an error. */
PSI_API psi_arrays psi_compiled_apply(psi_compiled *compiled, psi_arrays inputs, psi_compile_call *call);

/* ---- modes ---- */

typedef enum psi_compile_mode {
    PSI_COMPILE_DISABLED, /* compiled functions are called as they are */
    PSI_COMPILE_NO_SIMPLIFY,
    PSI_COMPILE_NO_FUSE,
    PSI_COMPILE_ENABLED
} psi_compile_mode;

/* Of the whole process; at first enabled, or disabled where the environment has MLX_DISABLE_COMPILE. False with an error for
 * what is no mode. */
PSI_API psi_compile_mode psi_compile_mode_now(void);
PSI_API bool psi_set_compile_mode(psi_compile_mode mode);

/* ---- the caches ---- */

/* How many traces a function keeps, the least recently used going first; 128 until it is set. False with an error
 * for a limit below 1. */
PSI_API bool psi_set_compile_cache_limit(int64_t limit);
/* Forgets a function's traces, and those of all functions. */
PSI_API void psi_compiled_clear(psi_compiled *compiled);
PSI_API void psi_compile_clear_cache(void);

typedef struct psi_compile_stats {
    uint64_t id;         /* the function's serial number */
    int64_t cold, warm;  /* calls that traced, and that found a trace */
    int64_t bypassed;    /* calls while compilation was disabled */
    int64_t inlined;     /* calls while a transform ran */
    int64_t invalidated; /* traces cleared, or dropped for newer ones */
    int64_t size, limit; /* traces that are kept */
} psi_compile_stats;

PSI_API psi_compile_stats psi_compiled_stats(const psi_compiled *compiled);

/* Calls visit with what is attached to each trace; it must not call back. */
PSI_API void psi_compiled_each(const psi_compiled *compiled, void (*visit)(void *attached, void *argument),
                               void *argument);

/* The serial number of the trace that would serve such inputs; 0 when there is none. */
PSI_API uint64_t psi_compiled_trace(psi_compiled *compiled, psi_arrays inputs);

/* When on, traces made from then on keep the text of their graph as it was recorded. */
PSI_API void psi_set_compile_debug(bool on);
/* Writes a trace's graph, the most recently used being number 0, as psi_graph_text does: as it was recorded (nothing
 * without psi_set_compile_debug), or as it is used. Returns the whole length; 0 where there is no such trace. */
PSI_API size_t psi_compiled_text(psi_compiled *compiled, int64_t number, bool recorded, char *out,
                                 size_t room);

/* ---- looking at graphs ---- */

/* The graph of what the arrays still wait for, one op a line, cut to `room` bytes as snprintf does; the whole length, or 0
 * with an error. */
PSI_API size_t psi_graph_text(psi_arrays outputs, char *out, size_t room);
/* The same in the language of graphviz. names[i], where `names` is not NULL and it is not NULL either, stands for
 * arrays.data[i]. */
PSI_API size_t psi_export_to_dot(psi_arrays arrays, const char *const *names, char *out, size_t room);

/* MLX's name of the primitive that makes an array; "" for one that has values. Borrowed while the array waits. */
PSI_API const char *psi_primitive(psi_array a);
/* What an array is made of, and all that its primitive makes; none for one that has values. */
PSI_API psi_arrays psi_inputs(psi_array a);
PSI_API psi_arrays psi_siblings(psi_array a);

#ifdef __cplusplus
}
#endif
#endif
