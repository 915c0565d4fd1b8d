# Headers written at configure or build time into build/generated, which is on every include path.
# opgen has src/ops/ops.def compiled into it; of what it writes, ops.h stands here for all.

configure_file(${PROJECT_SOURCE_DIR}/cmake/version.h.in ${PROJECT_BINARY_DIR}/generated/psionic/version.h @ONLY)

add_executable(psionic-opgen tools/opgen.c)
add_custom_command(
  OUTPUT ${PROJECT_BINARY_DIR}/generated/psionic/ops.h
  COMMAND psionic-opgen ${PROJECT_BINARY_DIR}/generated
  DEPENDS psionic-opgen
  COMMENT "Generating from ops.def")
add_custom_target(psionic_generated DEPENDS ${PROJECT_BINARY_DIR}/generated/psionic/ops.h)
