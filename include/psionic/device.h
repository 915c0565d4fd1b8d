/* device.h: devices, streams and memory. Defaults belong to the thread; streams live as long as the process. */
#ifndef PSIONIC_DEVICE_H
#define PSIONIC_DEVICE_H

#include <psionic/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The device that the thread's ops run on. */
PSI_API psi_device psi_default_device(void);
/* False with unsupported_backend_capability for a device this machine or build lacks. */
PSI_API bool psi_set_default_device(psi_device device);
/* Whether this machine and build have a device; how many of a type. */
PSI_API bool psi_device_is_available(psi_device device);
PSI_API int psi_device_count(psi_device_type type);

/* What a device is, in words; both empty for one that is not there. */
typedef struct psi_device_facts {
    char architecture[65], name[128];
} psi_device_facts;
PSI_API psi_device_facts psi_device_info(psi_device device);

/* The thread's default stream of a device; a process-wide first stream until one is set. */
PSI_API psi_stream psi_default_stream(psi_device device);
PSI_API bool psi_set_default_stream(psi_stream stream);
/* A new stream with an ordering thread of its own; index -1 and an error when it cannot be had. */
PSI_API psi_stream psi_new_stream(psi_device device);
/* Waits for all work put on a stream; reports the first error nobody has taken. */
PSI_API bool psi_synchronize(psi_stream stream);

/* Bytes held by living arrays, their highest value since the last reset, and bytes kept for reuse. */
PSI_API size_t psi_active_memory(void);
PSI_API size_t psi_peak_memory(void);
PSI_API size_t psi_cache_memory(void);
PSI_API void psi_reset_peak_memory(void);
PSI_API void psi_clear_cache(void);
/* A guideline, past which what is kept for reuse is given back first, and a bound of that, in bytes; each returns the value
 * before. */
PSI_API size_t psi_set_memory_limit(size_t bytes);
PSI_API size_t psi_memory_limit(void);
PSI_API size_t psi_set_cache_limit(size_t bytes);
/* A bound that allocations may not cross: past it they fail with out_of_memory. 0 (the start value) is no bound. */
PSI_API size_t psi_set_hard_memory_limit(size_t bytes);

/* Threads that share the work of one op, the caller among them. PSIONIC_THREADS sets it before first use. */
PSI_API int psi_thread_count(void);
/* False with an error for a count below 1 or above the limit it names. */
PSI_API bool psi_set_thread_count(int threads);
/* The kernel set in use: "v2", "v3", "v4" or "v4x". PSIONIC_ISA forces one before first use. */
PSI_API const char *psi_isa_name(void);

#ifdef __cplusplus
}
#endif
#endif
