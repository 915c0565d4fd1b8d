/* half.h: the half types, on machines whose C has them. */
#ifndef PSIONIC_MLX_C_HALF_H
#define PSIONIC_MLX_C_HALF_H

#ifdef __cplusplus
extern "C" {
#endif

/* Types stand aside where mlx-c's own header has defined them, so that one file may include both. */
#ifndef MLX_HALF_H
#if defined(__aarch64__) || defined(__ARM_FEATURE_FP16_SCALAR_ARITHMETIC)
#define HAS_FLOAT16
#include <arm_fp16.h>
typedef __fp16 float16_t;
#endif
#if defined(__aarch64__) || defined(__ARM_FEATURE_BF16)
#define HAS_BFLOAT16
#include <arm_bf16.h>
typedef __bf16 bfloat16_t;
#endif
#endif

#ifdef __cplusplus
}
#endif
#endif
