/* isa: generic v2 v3 v4 */
/* far.c: writing large results past the caches, for the ISA named by PSI_ISA. A plain store first reads the line that it
 * writes to; for results much larger than a cache that is a quarter of all traffic. Whole lines at once do best. */
#include <string.h>

#include "cpu/rows.h"

#if defined(__AVX512F__) || defined(__AVX__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)

#if defined(__AVX512F__)
enum { LINE = 64 };
static inline void store_line(char *to, const char *from)
{
    _mm512_stream_si512((void *)to, _mm512_loadu_si512(from));
}
#elif defined(__AVX__)
enum { LINE = 32 };
static inline void store_line(char *to, const char *from)
{
    _mm256_stream_si256((__m256i *)(void *)to, _mm256_loadu_si256((const __m256i *)(const void *)from));
}
#elif defined(__SSE2__)
enum { LINE = 16 };
static inline void store_line(char *to, const char *from)
{
    _mm_stream_si128((__m128i *)(void *)to, _mm_loadu_si128((const __m128i *)(const void *)from));
}
#else
enum { LINE = 16 };
static inline void store_line(char *to, const char *from)
{
    memcpy(to, from, LINE);
}
#endif

static void copy_far(char *to, const char *from, size_t bytes)
{
    size_t done = 0;
#ifdef __SSE2__
    if (bytes == 0)
        _mm_sfence(); /* before another thread is told of the data */
#endif
    if ((uintptr_t)to % LINE == 0)
        for (; done + LINE <= bytes; done += LINE)
            store_line(to + done, from + done);
    if (done < bytes)
        memcpy(to + done, from + done, bytes - done);
}

#define TABLE PASTE(psi_copy_far_, PSI_ISA)
extern const psi_copy_fn TABLE;
const psi_copy_fn TABLE = copy_far;
