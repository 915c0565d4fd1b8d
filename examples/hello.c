/* hello.c: expressions, evaluation on demand, and a gradient. */
#include <psionic.h>
#include <stdio.h>

/* The length of a curve's samples: sqrt(sum(sin(x)^2)). */
static psi_arrays length(psi_arrays in, void *context)
{
    (void)context;
    psi_arrays out = psi_arrays_new(1);
    out.data[0] = psi_sqrt(psi_sum(psi_square(psi_sin(in.data[0])), PSI_NONE, false));
    return out;
}

int main(void)
{
    PSI_SCOPE; /* every array made below is released when main ends */
    psi_array x = psi_linspace(0, 2, 5, PSI_FLOAT32);
    psi_arrays value, gradient;
    double total;
    psi_error_record error;

    if (psi_value_and_grad(length, NULL, PSI_ARRAYS(x), PSI_INTS(0), &value, &gradient) &&
        psi_item(value.data[0], &total)) { /* nothing has been computed until here */
        const float *g = psi_data(gradient.data[0]);
        printf("length   %.4f\n", total);
        for (int64_t i = 0; g && i < psi_size(x); i++)
            printf("gradient %+.4f\n", g[i]);
    }

    /* A mistake is a typed error to be taken, never an abort. */
    psi_matmul(x, psi_ones(PSI_INTS(3, 3), PSI_FLOAT32));
    if (psi_error(&error))
        printf("%s: %s\n", psi_code_name(error.code), error.message);
    return 0;
}
