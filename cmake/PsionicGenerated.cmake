# Headers written at configure or build time into build/generated, which is on every include path.
# opgen reads src/ops/ops.def (compiled into it) and is called as: opgen OUTPUT_DIRECTORY.

configure_file(${PROJECT_SOURCE_DIR}/cmake/version.h.in ${PROJECT_BINARY_DIR}/generated/psionic/version.h @ONLY)

# Each file opgen writes, relative to build/generated; a .c file becomes part of the library.
set(PSI_OPGEN_WRITES psionic/ops.h)

set(PSI_GENERATED_SOURCES)
add_custom_target(psionic_generated)
if(EXISTS ${PROJECT_SOURCE_DIR}/tools/opgen.c)
  list(TRANSFORM PSI_OPGEN_WRITES PREPEND ${PROJECT_BINARY_DIR}/generated/)
  add_executable(psionic-opgen tools/opgen.c)
  add_custom_command(
    OUTPUT ${PSI_OPGEN_WRITES}
    COMMAND psionic-opgen ${PROJECT_BINARY_DIR}/generated
    DEPENDS psionic-opgen
    COMMENT "Generating from ops.def")
  add_custom_target(psionic_opgen_run DEPENDS ${PSI_OPGEN_WRITES})
  add_dependencies(psionic_generated psionic_opgen_run)
  set(PSI_GENERATED_SOURCES ${PSI_OPGEN_WRITES})
  list(FILTER PSI_GENERATED_SOURCES INCLUDE REGEX "\\.c$")
endif()
