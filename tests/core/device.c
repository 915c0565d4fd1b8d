/* device.c: the one device there is, what it is called, and the refusal of others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sys/utsname.h>

#include <psionic/device.h>
#include <psionic/error.h>

static void the_cpu_says_what_it_is(void **state)
{
    (void)state;
    struct utsname machine;
    assert_int_equal(uname(&machine), 0);
    psi_device_facts facts = psi_device_info(psi_default_device());
    assert_string_equal(facts.architecture, machine.machine);
    assert_true(strlen(facts.name) > 0 && strlen(facts.name) < sizeof facts.name);
    assert_null(strchr(facts.name, '\n'));
}

static void other_devices_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        psi_device device;
        const char *name;
    } others[] = {{{PSI_GPU, 0}, "GPU device 0"}, {{PSI_CPU, 2}, "CPU device 2"}};
    for (int i = 0; i < 2; i++) {
        psi_device device = others[i].device;
        for (int way = 0; way < 3; way++) {
            bool made = way == 0   ? psi_set_default_device(device)
                        : way == 1 ? psi_new_stream(device).index >= 0
                                   : psi_default_stream(device).index >= 0;
            assert_false(made);
            psi_error_record record;
            assert_true(psi_error(&record));
            assert_int_equal(record.code, PSI_UNSUPPORTED_BACKEND_CAPABILITY);
            assert_non_null(strstr(record.message, others[i].name));
        }
        assert_string_equal(psi_device_info(device).name, "");
        assert_string_equal(psi_device_info(device).architecture, "");
        assert_false(psi_error(NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cpu_says_what_it_is),
        cmocka_unit_test(other_devices_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
