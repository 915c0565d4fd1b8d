/* reduce.h: the kinds of the Reduce op, as MLX numbers them. */
#ifndef PSI_OPS_REDUCE_H
#define PSI_OPS_REDUCE_H

enum psi_reduce_kind { PSI_REDUCE_AND, PSI_REDUCE_OR, PSI_REDUCE_SUM, PSI_REDUCE_PROD, PSI_REDUCE_MIN, PSI_REDUCE_MAX };

#endif
