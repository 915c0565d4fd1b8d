# The Python extension psionic._core, for the Python of build/venv (or PSIONIC_PYTHON) where its headers are.
# It lies with the packages in build/python, from where scripts/python and the wheel take it.

if(PSIONIC_SANITIZE)
  return() # Python would have to start with the sanitizer's library; the C tests are what it checks
endif()
set(PSIONIC_PYTHON "" CACHE FILEPATH "The Python to build psionic._core for; empty is the one of build/venv, or python3")
set(psi_python ${PSIONIC_PYTHON})
if(NOT psi_python AND EXISTS ${PROJECT_SOURCE_DIR}/build/venv/bin/python)
  set(psi_python ${PROJECT_SOURCE_DIR}/build/venv/bin/python)
endif()
if(NOT psi_python)
  find_program(psi_python_found python3)
  set(psi_python ${psi_python_found})
endif()
if(NOT psi_python)
  message(STATUS "No python3: psionic._core is not built")
  return()
endif()
execute_process(
  COMMAND ${psi_python} -c "import sysconfig as s; print(s.get_path('include')); print(s.get_config_var('EXT_SUFFIX'))"
  OUTPUT_VARIABLE psi_python_answer OUTPUT_STRIP_TRAILING_WHITESPACE)
string(REPLACE "\n" ";" psi_python_answer "${psi_python_answer}")
list(GET psi_python_answer 0 psi_python_include)
list(GET psi_python_answer 1 psi_python_suffix)
if(NOT EXISTS ${psi_python_include}/Python.h)
  message(STATUS "No Python.h for ${psi_python}: psionic._core is not built")
  return()
endif()

add_executable(psionic-pygen tools/pygen.c)
set(psi_python_generated ${PROJECT_BINARY_DIR}/generated/python/ops.inc ${PROJECT_BINARY_DIR}/generated/python/core.pyi)
add_custom_command(
  OUTPUT ${psi_python_generated}
  COMMAND psionic-pygen ${PROJECT_BINARY_DIR}/generated
  DEPENDS psionic-pygen
  COMMENT "Generating Python wrappers from ops.def and api.def")
add_custom_target(psionic_python_generated DEPENDS ${psi_python_generated})

file(GLOB psi_python_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bindings/python/src/*.c)
set(psi_python_place ${PROJECT_BINARY_DIR}/python)
add_library(psionic-python MODULE ${psi_python_sources})
add_dependencies(psionic-python psionic_generated psionic_python_generated)
target_include_directories(psionic-python SYSTEM PRIVATE ${psi_python_include})
target_compile_options(psionic-python PRIVATE -Wno-missing-field-initializers)
# One file: the library inside, none of its names exported, so that another copy in the process is never mixed with it.
target_link_libraries(psionic-python PRIVATE psionic_internal)
target_link_options(psionic-python PRIVATE LINKER:--exclude-libs,ALL)
set_target_properties(psionic-python PROPERTIES
  PREFIX "" OUTPUT_NAME _core SUFFIX ${psi_python_suffix} LIBRARY_OUTPUT_DIRECTORY ${psi_python_place}/psionic)

# The packages' Python files beside it.
file(GLOB_RECURSE psi_python_files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/bindings/python
     ${PROJECT_SOURCE_DIR}/bindings/python/psionic/*.py ${PROJECT_SOURCE_DIR}/bindings/python/mlx/mlx/*.py)
set(psi_python_copies)
foreach(file ${psi_python_files})
  string(REGEX REPLACE "^mlx/mlx/" "mlx/" place ${file})
  add_custom_command(
    OUTPUT ${psi_python_place}/${place}
    COMMAND ${CMAKE_COMMAND} -E copy ${PROJECT_SOURCE_DIR}/bindings/python/${file} ${psi_python_place}/${place}
    DEPENDS ${PROJECT_SOURCE_DIR}/bindings/python/${file})
  list(APPEND psi_python_copies ${psi_python_place}/${place})
endforeach()
add_custom_target(psionic_python_files ALL DEPENDS ${psi_python_copies})

# What pip writes on installing: the distributions' names and versions.
foreach(distribution "psionic;${PROJECT_VERSION}" "mlx;0.31.1+psionic")
  list(GET distribution 0 name)
  list(GET distribution 1 version)
  file(WRITE ${psi_python_place}/${name}-${version}.dist-info/METADATA
       "Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n")
endforeach()
