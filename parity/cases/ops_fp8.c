/* ops_fp8.c: mirror of the row of upstream's tests/ops_tests.cpp on 8-bit floats. */
#include "arrays.h"

PARITY_CASE(ops_numeric, "tests/ops_tests.cpp", "test fp8 conversion")
{
    static const psi_dtype dtypes[] = {PSI_FLOAT32, PSI_FLOAT16, PSI_BFLOAT16};
    psi_array exact = PSI_FLOATS(0, 1, -1.25, 0.001953125, -0.875, 13, 240, -448);
    for (int i = 0; i < 3; i++) {
        psi_array values = psi_astype(exact, dtypes[i]), codes = psi_to_fp8(values);
        CHECK_VALUES(codes, 0, 0x38, 0xba, 1, 0xb6, 0x55, 0x77, 0xfe);
        CHECK_EQUAL(psi_from_fp8(codes, dtypes[i]), values);
    }
    psi_array near = PSI_FLOATS(0.0004, 1.04, -1.27, 0.0021, -0.884, 13.3, 244, -446);
    CHECK_EQUAL(psi_from_fp8(psi_to_fp8(near), PSI_FLOAT32), exact);
    psi_array beyond = psi_from_fp8(psi_to_fp8(PSI_FLOATS(-1e6, 470, INFINITY)), PSI_FLOAT32);
    CHECK_EQUAL(beyond, PSI_FLOATS(-448, 448, 448));
}
