/* The windows: literal values, trivial sizes, a size past the limit. */
#include "values.h"

static void windows(void **state)
{
    (void)state;
    PSI_SCOPE;
    EXPECT(psi_bartlett(5), PSI_INTS(5), 0, 0.5, 1, 0.5, 0);
    EXPECT(psi_hanning(5), PSI_INTS(5), 0, 0.5, 1, 0.5, 0);
    EXPECT(psi_hamming(5), PSI_INTS(5), 0.08, 0.54, 1, 0.54, 0.08);
    EXPECT(psi_blackman(5), PSI_INTS(5), 0, 0.34, 1, 0.34, 0);
    EXPECT(psi_hanning(4), PSI_INTS(4), 0, 0.75, 0.75, 0);
    EXPECT(psi_blackman(1), PSI_INTS(1), 1);
    EXPECT(psi_hamming(0), PSI_INTS(0), 0);
    EXPECT(psi_bartlett(-3), PSI_INTS(0), 0);
    expect_error(psi_hanning((int64_t)1 << 40), PSI_VALUE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(windows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
