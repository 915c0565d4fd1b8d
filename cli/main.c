/* main.c: the psionic command: finds the subcommand and runs it. */
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <psionic/error.h>
#include <psionic/version.h>

static const struct command {
    const char *name, *does;
    int (*run)(int count, char **arguments);
} commands[] = {
    {"parity", "run the MLX parity harness and show each family's outcome", cli_parity},
    {"coverage", "show which reference cases the CPU supports, and which it refuses and why", cli_coverage},
    {"devices", "list devices, kernel set and threads", cli_devices},
    {"ops", "show the capability matrix, or what one op does", cli_ops},
    {"inspect", "describe a .npy file: dtype, shape, order, range, first values", cli_inspect},
};

#define COMMANDS (sizeof commands / sizeof *commands)

bool cli_wants_help(int count, char **arguments)
{
    for (int i = 0; i < count; i++)
        if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0)
            return true;
    return false;
}

int cli_usage(const char *command, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "psionic%s%s: ", *command ? " " : "", command);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return CLI_USAGE;
}

int cli_error(const char *command)
{
    psi_error_record record;
    if (psi_error(&record))
        fprintf(stderr, "psionic %s: %s: %s\n", command, psi_code_name(record.code), record.message);
    return CLI_FAILED;
}

static int help(void)
{
    printf("usage: psionic COMMAND [ARGUMENTS]\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-9s %s\n", commands[i].name, commands[i].does);
    printf("\npsionic COMMAND --help says more; psionic --version prints the version.\n");
    return 0;
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2)
        return cli_usage("", "no command; see psionic --help");
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    if (strcmp(argv[1], "--version") == 0) {
        printf("psionic %s\n", PSI_VERSION);
        return 0;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return help();
    return cli_usage("", "unknown command \"%s\"; see psionic --help", argv[1]);
}

int main(int argc, char **argv)
{
    int status = dispatch(argc, argv);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == 0) {
        perror("psionic: standard output");
        return CLI_FAILED;
    }
    return status;
}
