/* anchors_device.c: the named tests of devices, streams and memory. */
#include "case.h"

static const psi_device cpu = {PSI_CPU, 0};

ANCHOR_CASE(public_lazy_array_device_handles_preserve_unified_memory_truth)
{
    CHECK(psi_device_is_available(cpu));
    CHECK_EQ_INT(psi_device_count(PSI_CPU), 1);
    CHECK_EQ_INT(psi_default_device().type, PSI_CPU);
    CHECK(psi_set_default_device(cpu));
    CHECK_FALSE(psi_device_is_available((psi_device){PSI_CPU, 3}));
    CHECK_ERROR(PSI_UNSUPPORTED_BACKEND_CAPABILITY, psi_set_default_device((psi_device){PSI_CPU, 3}));

    CHECK(psi_device_info(cpu).name[0] && psi_device_info(cpu).architecture[0]);
    CHECK_FALSE(psi_device_info((psi_device){PSI_CPU, 3}).name[0]);

    /* One memory: what one stream made, another reads where it lies. */
    psi_stream first = psi_default_stream(cpu), second = psi_new_stream(cpu);
    psi_array made = psi_add(PSI_FLOATS(1, 2), PSI_FLOATS(3, 4));
    REQUIRE(psi_eval1(made));
    const void *place = psi_data(made);
    REQUIRE(psi_set_default_stream(second));
    psi_array view = psi_reshape(made, PSI_INTS(2, 1));
    CHECK_VALUES(psi_multiply(view, view), 16, 36);
    CHECK(psi_data(view) == place);
    CHECK(psi_data(made) == place);
    CHECK(psi_set_default_stream(first));
}

ANCHOR_CASE(public_lazy_array_streams_report_dependency_policy_honestly)
{
    psi_stream home = psi_default_stream(cpu), a = psi_new_stream(cpu), b = psi_new_stream(cpu);
    CHECK(a.index >= 0 && b.index >= 0 && a.index != b.index && a.index != home.index);
    /* Work on one stream waits for the results it needs from another. */
    psi_array x = psi_zeros(PSI_INTS(1000), PSI_INT32), step = psi_scalar_int(1, PSI_INT32);
    for (int i = 0; i < 200; i++) {
        REQUIRE(psi_set_default_stream(i % 2 ? a : b));
        x = psi_add(x, step);
    }
    CHECK(psi_async_eval(PSI_ARRAYS(x)));
    CHECK(psi_wait(x));
    CHECK(psi_is_available(x));
    CHECK(psi_synchronize(a));
    CHECK(psi_synchronize(b));
    int64_t total = 0;
    CHECK(psi_item_int(psi_sum(x, PSI_NONE, false), &total) && total == 200000);
    CHECK(psi_set_default_stream(home));
    CHECK_EQ_INT(psi_default_stream(cpu).index, home.index);
    CHECK_ERROR(PSI_INVALID_ARGUMENT, psi_set_default_stream((psi_stream){cpu, 100000}));
    CHECK_EQ_INT(psi_default_stream(cpu).index, home.index);
}

enum { MEGABYTE = 1 << 20 };

/* Evaluates an array of that many bytes and lets go of it. */
static bool use(int64_t bytes)
{
    PSI_SCOPE;
    psi_array start = psi_zeros(PSI_INTS(bytes / 4), PSI_FLOAT32);
    return psi_eval1(psi_add(start, psi_scalar(1, PSI_FLOAT32)));
}

ANCHOR_CASE(public_lazy_array_runtime_resource_report_tracks_active_peak_and_cache_counters)
{
    psi_clear_cache();
    psi_reset_peak_memory();
    size_t before = psi_active_memory();
    {
        PSI_SCOPE;
        psi_array held = psi_add(psi_zeros(PSI_INTS(MEGABYTE), PSI_FLOAT32), psi_scalar(1, PSI_FLOAT32));
        REQUIRE(psi_eval1(held));
        CHECK(psi_active_memory() >= before + 4 * MEGABYTE);
        CHECK(psi_active_memory() < before + 16 * MEGABYTE);
        CHECK(psi_peak_memory() >= psi_active_memory());
    }
    CHECK(psi_active_memory() < before + MEGABYTE);
    CHECK(psi_peak_memory() >= before + 4 * MEGABYTE);
    CHECK(psi_cache_memory() >= 4 * MEGABYTE);
    psi_clear_cache();
    CHECK_EQ_INT(psi_cache_memory(), 0);
    psi_reset_peak_memory();
    CHECK(psi_peak_memory() < before + MEGABYTE);
}

ANCHOR_CASE(public_lazy_array_cache_limit_controls_clamp_and_reset_runtime_resources)
{
    psi_clear_cache();
    size_t old = psi_set_cache_limit(0);
    CHECK(use(4 * MEGABYTE));
    CHECK_EQ_INT(psi_cache_memory(), 0);
    CHECK_EQ_INT(psi_set_cache_limit(2 * MEGABYTE), 0);
    CHECK(use(8 * MEGABYTE));
    CHECK(psi_cache_memory() <= 2 * MEGABYTE);
    CHECK_EQ_INT(psi_set_cache_limit(old), 2 * MEGABYTE);
    CHECK(use(4 * MEGABYTE));
    CHECK(psi_cache_memory() >= 4 * MEGABYTE);
    psi_clear_cache();
    CHECK_EQ_INT(psi_cache_memory(), 0);

    /* The memory limit is a guideline: it is kept and given back, and work goes on beyond it. */
    size_t limit = psi_set_memory_limit(MEGABYTE);
    CHECK_EQ_INT(psi_memory_limit(), MEGABYTE);
    CHECK(use(4 * MEGABYTE));
    CHECK_EQ_INT(psi_set_memory_limit(limit), MEGABYTE);
    CHECK_EQ_INT(psi_memory_limit(), limit);

    /* The hard limit is not: past it evaluation fails, and nothing else does. */
    size_t none = psi_set_hard_memory_limit(psi_active_memory() + MEGABYTE);
    CHECK_EQ_INT(none, 0);
    CHECK_ERROR(PSI_OUT_OF_MEMORY, use(64 * MEGABYTE));
    psi_set_hard_memory_limit(none);
    CHECK(use(64 * MEGABYTE));
}
