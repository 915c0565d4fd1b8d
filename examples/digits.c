/* digits.c: a small network learns scikit-learn's handwritten digits by compiled gradient steps:
 * 64 pixels, 32 features, 10 digits.
 * Usage: digits [FOLDER [STEPS]]; FOLDER (build/digits) holds images.npy and labels.npy from scripts/export-digits.
 * Results go to stdout; a terminal also sees how far it has come. */
#include <psionic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DIGITS = 10, FEATURES = 32, PARAMETERS = 4, TRAINED = 1500, SHOWN = 8 };
static const double rate = 0.5;

typedef struct data {
    psi_array images, labels; /* (n, pixels) in [0, 1], and (n, 10) with a one for the digit */
} data;

static int report(void)
{
    psi_error_record error;
    if (psi_error(&error))
        fprintf(stderr, "digits: %s: %s\n", psi_code_name(error.code), error.message);
    return 1;
}

static psi_array load(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.npy", folder, name);
    return psi_load_npy(path);
}

/* tanh(images @ w1 + b1) @ w2 + b2; the parameters are w1, b1, w2 and b2. */
static psi_array scores(psi_array images, psi_array const *p)
{
    psi_array features = psi_tanh(psi_add(psi_matmul(images, p[0]), p[1]));
    return psi_add(psi_matmul(features, p[2]), p[3]);
}

/* Mean over the images of log(sum(exp(scores))) less the right digit's score. */
static psi_arrays loss(psi_arrays in, void *context)
{
    const data *d = context;
    psi_array s = scores(d->images, in.data);
    psi_array all = psi_logsumexp(s, PSI_INTS(1), false);
    psi_array right = psi_sum(psi_multiply(s, d->labels), PSI_INTS(1), false);
    psi_array total = psi_sum(psi_subtract(all, right), PSI_NONE, false);
    psi_arrays out = psi_arrays_new(1);
    out.data[0] = psi_divide(total, psi_scalar((double)psi_dim(s, 0), PSI_FLOAT32));
    return out;
}

/* Numbers around zero, the smaller the more of them are added up. */
static psi_array random_weights(int64_t from, int64_t to, int64_t seed)
{
    psi_array spread = psi_rsqrt(psi_scalar((double)from, PSI_FLOAT32));
    return psi_retain(psi_random_normal(PSI_INTS(from, to), PSI_FLOAT32, NULL, spread, psi_random_key(seed)));
}

static psi_array zeros(int64_t count)
{
    return psi_retain(psi_zeros(PSI_INTS(count), PSI_FLOAT32));
}

/* One gradient step: the next parameters, and the loss before it. Runs once, to be compiled. */
static psi_arrays descend(psi_arrays parameters, void *context)
{
    psi_arrays value, gradient, next = {NULL, 0};
    if (!psi_value_and_grad(loss, context, parameters, PSI_INTS(0, 1, 2, 3), &value, &gradient))
        return next;
    psi_array by = psi_scalar(rate, PSI_FLOAT32);
    next = psi_arrays_new(PARAMETERS + 1);
    for (int i = 0; i < PARAMETERS; i++)
        next.data[i] = psi_subtract(parameters.data[i], psi_multiply(by, gradient.data[i]));
    next.data[PARAMETERS] = value.data[0];
    return next;
}

/* Replaces the parameters by those after a compiled step. False with an error. */
static bool step(psi_compiled *compiled, psi_array parameters[PARAMETERS], double *error)
{
    PSI_SCOPE;
    psi_arrays next = psi_compiled_call((psi_arrays){parameters, PARAMETERS}, compiled);
    if (!next.count || !psi_eval(next) || !psi_item(next.data[PARAMETERS], error))
        return false;
    for (int i = 0; i < PARAMETERS; i++) {
        psi_release(parameters[i]);
        parameters[i] = psi_retain(next.data[i]);
    }
    return true;
}

/* The share of images whose highest score is that of their digit; negative with an error. */
static double accuracy(const data *d, psi_array parameters[PARAMETERS])
{
    PSI_SCOPE;
    const float *s = psi_data(scores(d->images, parameters)), *label = psi_data(d->labels);
    int64_t n = psi_dim(d->images, 0), right = 0;
    if (!s || !label)
        return -1;
    for (int64_t i = 0; i < n; i++, s += DIGITS, label += DIGITS) {
        int best = 0;
        for (int k = 1; k < DIGITS; k++)
            best = s[k] > s[best] ? k : best;
        right += label[best] == 1;
    }
    return (double)right / (double)n;
}

static bool train(psi_compiled *compiled, psi_array parameters[PARAMETERS], int steps)
{
    bool is_watched = isatty(STDERR_FILENO);
    double error;
    for (int i = 0; i <= steps; i++) {
        if (!step(compiled, parameters, &error))
            return false;
        bool is_shown = i % (steps > SHOWN ? steps / SHOWN : 1) == 0;
        if (is_watched)
            fprintf(stderr, "\r\033[K");
        if (is_shown)
            printf("step %4d  error %.4f\n", i, error);
        fflush(stdout);
        if (is_watched && i < steps)
            fprintf(stderr, "step %d of %d", i, steps);
    }
    return true;
}

int main(int argc, char **argv)
{
    PSI_SCOPE;
    const char *folder = argc > 1 ? argv[1] : "build/digits";
    int steps = argc > 2 ? atoi(argv[2]) : 400;
    if (steps < 1) {
        fprintf(stderr, "digits: '%s' is not a number of steps from 1\n", argv[2]);
        return 2;
    }
    psi_array images = load(folder, "images"), labels = load(folder, "labels");
    if (psi_failed())
        return report();
    if (psi_ndim(images) != 2 || psi_dim(images, 0) <= TRAINED || psi_size(labels) != psi_dim(images, 0)) {
        fprintf(stderr, "digits: %s does not hold a table of more than %d images and their labels\n", folder,
                TRAINED);
        return 1;
    }
    psi_array digit = psi_arange(0, DIGITS, 1, PSI_INT32);
    psi_array is_digit = psi_astype(psi_equal(psi_expand_dims(labels, PSI_INTS(1)), digit), PSI_FLOAT32);
    psi_arrays image_parts = psi_split_at(psi_astype(images, PSI_FLOAT32), PSI_INTS(TRAINED), 0);
    psi_arrays label_parts = psi_split_at(is_digit, PSI_INTS(TRAINED), 0);
    if (psi_failed())
        return report();
    data seen = {image_parts.data[0], label_parts.data[0]},
         unseen = {image_parts.data[1], label_parts.data[1]};
    psi_array parameters[PARAMETERS] = {random_weights(psi_dim(images, 1), FEATURES, 0), zeros(FEATURES),
                                        random_weights(FEATURES, DIGITS, 1), zeros(DIGITS)};
    psi_compiled *compiled = psi_compile(descend, &seen, 0);
    bool ok = compiled && train(compiled, parameters, steps);
    psi_compiled_free(compiled);
    double known = ok ? accuracy(&seen, parameters) : -1, fresh = ok ? accuracy(&unseen, parameters) : -1;
    for (int i = 0; i < PARAMETERS; i++)
        psi_release(parameters[i]);
    if (known < 0 || fresh < 0)
        return report();
    printf("right on %.1f %% of %d images it learned from, %.1f %% of %lld others\n", 100 * known, TRAINED,
           100 * fresh, (long long)psi_dim(unseen.images, 0));
    return 0;
}
