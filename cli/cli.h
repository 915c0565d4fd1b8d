/* cli.h: what the subcommands of `psionic` share. A subcommand takes its own arguments (without its name) and returns
 * the exit status: 0, 1 when the work failed, 2 for bad usage with one line on stderr. */
#ifndef PSI_CLI_H
#define PSI_CLI_H

#include <stdbool.h>

#define CLI_FAILED 1
#define CLI_USAGE 2

int cli_parity(int count, char **arguments);
int cli_coverage(int count, char **arguments);
int cli_devices(int count, char **arguments);
int cli_ops(int count, char **arguments);
int cli_inspect(int count, char **arguments);

/* True when --help or -h is among the arguments. */
bool cli_wants_help(int count, char **arguments);

/* Prints "psionic COMMAND: message" on stderr; returns CLI_USAGE. */
int cli_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes the library's error and prints "psionic COMMAND: code: message"; returns CLI_FAILED. */
int cli_error(const char *command);

#endif
