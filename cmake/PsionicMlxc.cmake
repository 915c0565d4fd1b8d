# libmlxc: mlx-c over the library. Regular wrappers and their headers are generated from bindings/mlxc/api.def.

set(PSI_MLXC ${PROJECT_SOURCE_DIR}/bindings/mlxc)
set(PSI_MLXC_GENERATED ${PROJECT_BINARY_DIR}/generated-mlxc)

add_executable(psionic-mlxcgen tools/mlxcgen.c)
target_include_directories(psionic-mlxcgen PRIVATE ${PSI_MLXC})
add_custom_command(
  OUTPUT ${PSI_MLXC_GENERATED}/wrappers.c
  BYPRODUCTS ${PSI_MLXC_GENERATED}/mlx/c/mlx.h
  COMMAND psionic-mlxcgen ${PSI_MLXC_GENERATED}
  DEPENDS psionic-mlxcgen
  COMMENT "Generating mlx-c from api.def")

file(GLOB psi_mlxc_sources CONFIGURE_DEPENDS ${PSI_MLXC}/src/*.c)
add_library(mlxc SHARED ${psi_mlxc_sources} ${PSI_MLXC_GENERATED}/wrappers.c)
add_dependencies(mlxc psionic_generated)
set_source_files_properties(${PSI_MLXC_GENERATED}/wrappers.c PROPERTIES
  COMPILE_OPTIONS "-Wno-unused-parameter;-Wno-unused-value")
# The symbols are those of the table and no others.
file(STRINGS ${PSI_MLXC}/symbols.txt psi_mlxc_symbols)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|ARM64")
  foreach(half float16 bfloat16)
    list(APPEND psi_mlxc_symbols mlx_array_item_${half} mlx_array_data_${half})
  endforeach()
endif()
list(JOIN psi_mlxc_symbols ";\n    " psi_mlxc_symbols)
file(CONFIGURE OUTPUT ${PSI_MLXC_GENERATED}/symbols.map CONTENT "{\nglobal:\n    @psi_mlxc_symbols@;\nlocal: *;\n};\n" @ONLY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PSI_MLXC}/symbols.txt)
# No version in the name, as upstream has none: a program linked with one library finds the other.
set_target_properties(mlxc PROPERTIES C_VISIBILITY_PRESET default INSTALL_RPATH "$ORIGIN"
  LINK_DEPENDS ${PSI_MLXC_GENERATED}/symbols.map)
target_link_options(mlxc PRIVATE LINKER:--version-script=${PSI_MLXC_GENERATED}/symbols.map)
if(NOT PSIONIC_SANITIZE)
  target_link_options(mlxc PRIVATE LINKER:--no-undefined)
endif()
target_include_directories(mlxc PRIVATE ${PSI_MLXC}/src)
target_include_directories(mlxc PUBLIC ${PSI_MLXC}/include ${PSI_MLXC_GENERATED})
target_link_libraries(mlxc PRIVATE psionic)

install(TARGETS mlxc LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PSI_MLXC}/include/mlx ${PSI_MLXC_GENERATED}/mlx DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")
