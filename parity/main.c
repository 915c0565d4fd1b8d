/* main.c: the program psionic-parity-cases. `--list` prints one JSON object per case; `--run ID` runs one case in this
 * process and prints one JSON object; the harness isolates each run in a process of its own.
 * Exit status of --run: 0 unless the case failed (1); 2 for bad usage or an unknown id. */
#include "state.h"

#include <stdlib.h>

#include "eval/fault.h"

static void put_json(const char *text)
{
    putchar('"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if (*c < 32 || *c > 126)
            printf("\\u%04x", *c);
        else
            putchar(*c);
    putchar('"');
}

static void put_names(const char *key, const char *const *names, int count)
{
    printf(",\"%s\":[", key);
    for (int i = 0; i < count; i++) {
        fputs(i ? "," : "", stdout);
        put_json(names[i]);
    }
    putchar(']');
}

static void put_text(const char *key, const char *text)
{
    printf(",\"%s\":", key);
    put_json(text);
}

/* The ops that evaluation met: what a fault in one of them could reach. */
static void put_ops(void)
{
    const char *ops[PARITY_NAMES_MAX], *name;
    int count = 0;
    for (int i = 0; (name = psi_test_op_name(i)) && count < PARITY_NAMES_MAX; i++)
        if (psi_test_evaluated(i))
            ops[count++] = name;
    put_names("ops", ops, count);
}

static void case_id(const parity_case *one, char *id, size_t room)
{
    snprintf(id, room, "%s::%s", one->file ? one->file : "anchor", one->test);
}

static int list(void)
{
    for (const parity_case *one = parity_cases; one; one = one->next) {
        char id[512], source[512];
        case_id(one, id, sizeof id);
        const char *base = strrchr(one->source, '/');
        snprintf(source, sizeof source, "parity/cases/%s:%d", base ? base + 1 : one->source, one->line);
        printf("{\"id\":");
        put_json(id);
        put_text("kind", one->file ? "row" : "anchor");
        put_text("family", one->family ? one->family : "");
        put_text("test", one->test);
        put_text("source", source);
        printf("}\n");
    }
    return 0;
}

static const parity_case *find(const char *id)
{
    for (const parity_case *one = parity_cases; one; one = one->next) {
        char own[512];
        case_id(one, own, sizeof own);
        if (strcmp(own, id) == 0)
            return one;
    }
    return NULL;
}

/* The default key is seeded, so that every run sees the same inputs. */
static void run_case(const parity_case *one)
{
    psi_scope scope;
    psi_scope_open(&scope);
    psi_random_seed(0);
    one->run();
    parity_before_error();
    psi_scope_close(&scope);
}

static const char *outcome(void)
{
    if (parity_now.failures > 0)
        return "fail";
    if (parity_now.unsupported)
        return "unsupported";
    if (parity_now.checks == 0) {
        parity_fault("the case ran no check");
        return "fail";
    }
    return parity_now.refused ? "refusal" : "pass";
}

static int run(const char *program, const char *id)
{
    const parity_case *one = find(id);
    if (!one) {
        fprintf(stderr, "psionic-parity-cases: no case has the id \"%s\"; --list shows them\n", id);
        return 2;
    }
    psi_test_record_ops(true);
    run_case(one);
    if (parity_now.hash_count > 0)
        parity_compare_isas(program, id);
    const char *end = outcome();
    printf("{\"id\":");
    put_json(id);
    put_text("outcome", end);
    printf(",\"checks\":%d,\"failures\":%d", parity_now.checks, parity_now.failures);
    put_names("calls", parity_now.calls, parity_now.call_count);
    put_ops();
    put_text("message", parity_now.failures      ? parity_now.message
                        : parity_now.unsupported ? parity_now.unsupported
                                                 : "");
    if (parity_now.failures && parity_now.notes[0])
        put_text("notes", parity_now.notes);
    if (parity_now.refused) {
        printf(",\"refusal\":{\"code\":\"%s\"", psi_code_name(parity_now.refusal_code));
        put_text("scope", parity_now.refusal_scope);
        put_text("detail", parity_now.refusal_detail);
        putchar('}');
    }
    printf("}\n");
    return strcmp(end, "fail") == 0;
}

static int hashes(const char *id)
{
    const parity_case *one = find(id);
    if (!one)
        return 2;
    /* A kernel set that this machine lacks is an error on first use; another set runs, and its name says so. */
    const char *isa = psi_isa_name();
    psi_error(NULL);
    run_case(one);
    printf("%s ", isa);
    for (int i = 0; i < parity_now.hash_count; i++)
        printf("%016llx ", (unsigned long long)parity_now.hashes[i]);
    return parity_now.failures > 0;
}

int main(int argc, char **argv)
{
    int status = 2;
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        status = list();
    else if (argc == 3 && strcmp(argv[1], "--run") == 0)
        status = run("/proc/self/exe", argv[2]);
    else if (argc == 3 && strcmp(argv[1], "--hashes") == 0)
        status = hashes(argv[2]);
    else
        fprintf(stderr, "usage: psionic-parity-cases --list | --run ID\n");
    if (fflush(stdout) != 0)
        return 2;
    return status;
}
