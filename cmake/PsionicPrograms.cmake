# Programs over the library: one executable per C test, per bench and per example; the parity cases; the command.
# Each links with psionic_internal if it may reach internal names, with psionic if it is a user of the public ones.

# One executable per file of a folder: TARGET PREFIX-name, built at build/FOLDER/name.
function(psi_programs prefix folder library)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.c)
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    add_executable(${prefix}-${name} ${file})
    set_target_properties(${prefix}-${name} PROPERTIES
      OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${folder})
    target_link_libraries(${prefix}-${name} PRIVATE ${library} m)
    add_dependencies(${prefix}-${name} psionic_generated)
  endforeach()
endfunction()

# Tests: tests/FOLDER/name.c. `/* label: long */` as first line labels one so;
# exit status 77 says that it was skipped.
function(psi_c_tests)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/*/*.c)
  list(FILTER files EXCLUDE REGEX "/tests/oracle/")
  foreach(file ${files})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME_WE)
    get_filename_component(folder ${file} DIRECTORY)
    get_filename_component(folder ${folder} NAME)
    set(target test-${folder}-${name})
    # tests/mlxc are programs of mlx-c's: they see its functions and no others.
    set(library psionic_internal)
    if(folder STREQUAL "mlxc")
      set(library mlxc)
    endif()
    add_executable(${target} ${file})
    set_target_properties(${target} PROPERTIES
      OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/${folder})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE ${library} PkgConfig::CMOCKA m)
    add_dependencies(${target} psionic_generated)
    add_test(NAME ${folder}/${name} COMMAND ${target} WORKING_DIRECTORY ${PROJECT_BINARY_DIR})
    file(STRINGS ${file} long LIMIT_COUNT 1 LIMIT_INPUT 200 REGEX "^/\\* label: long \\*/")
    set(labels unit)
    if(long)
      list(APPEND labels long)
    endif()
    set_tests_properties(${folder}/${name} PROPERTIES LABELS "${labels}" TIMEOUT 600 SKIP_RETURN_CODE 77)
  endforeach()
endfunction()

# Tests of the build itself: tests/build/*.sh, told where the sources and the build are; 77 says it does not apply.
function(psi_build_tests)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/build/*.sh)
  set(kind ${CMAKE_BUILD_TYPE})
  if(PSIONIC_SANITIZE)
    set(kind sanitized)
  endif()
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    add_test(NAME build/${name} COMMAND ${file})
    set_tests_properties(build/${name} PROPERTIES LABELS build SKIP_RETURN_CODE 77 TIMEOUT 300 ENVIRONMENT
      "PSI_SOURCE=${PROJECT_SOURCE_DIR};PSI_BUILD=${PROJECT_BINARY_DIR};PSI_BUILD_KIND=${kind};CC=${CMAKE_C_COMPILER}")
  endforeach()
  # It compiles programs of a user's against an installed tree: more than a quick test.
  set_tests_properties(build/install PROPERTIES LABELS "build;long")
endfunction()

find_package(PkgConfig REQUIRED)
psi_programs(bench bench psionic_internal)
psi_programs(example examples psionic)

# Fuzz targets, for clang: -DPSIONIC_FUZZ=ON -DPSIONIC_SANITIZE=address,undefined,fuzzer-no-link
option(PSIONIC_FUZZ "Build fuzz/*.c with clang's libFuzzer" OFF)
if(PSIONIC_FUZZ)
  psi_programs(fuzz fuzz psionic_internal)
  file(GLOB psi_fuzz_sources ${PROJECT_SOURCE_DIR}/fuzz/*.c)
  foreach(file ${psi_fuzz_sources})
    get_filename_component(name ${file} NAME_WE)
    target_link_options(fuzz-${name} PRIVATE -fsanitize=fuzzer)
  endforeach()
endif()

file(GLOB psi_case_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/parity/*.c ${PROJECT_SOURCE_DIR}/parity/cases/*.c)
add_executable(psionic-parity-cases ${psi_case_sources})
target_include_directories(psionic-parity-cases PRIVATE ${PROJECT_SOURCE_DIR}/parity)
target_link_libraries(psionic-parity-cases PRIVATE psionic_internal m)
add_dependencies(psionic-parity-cases psionic_generated)

file(GLOB psi_cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/*.c)
add_executable(psionic-command ${psi_cli_sources})
set_target_properties(psionic-command PROPERTIES OUTPUT_NAME psionic INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
target_compile_definitions(psionic-command PRIVATE PSI_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
target_link_libraries(psionic-command PRIVATE psionic m)
add_dependencies(psionic-command psionic_generated)

if(BUILD_TESTING)
  # The half of the differential test that runs our library: tests/oracle.
  psi_programs(differential tests/oracle psionic_internal)
  psi_c_tests()
  psi_build_tests()
  # Every op spoilt in turn: the harness must notice each.
  add_test(NAME harness/faults COMMAND ${PROJECT_SOURCE_DIR}/scripts/check-fault-switch --all)
  set_tests_properties(harness/faults PROPERTIES LABELS "harness;long" TIMEOUT 900 ENVIRONMENT
    "PSIONIC_PARITY_CASES=$<TARGET_FILE:psionic-parity-cases>;PSIONIC_BUILD_DIR=${PROJECT_BINARY_DIR}")
  # The harness's own tests, where scripts/setup has put pytest.
  set(psi_pytest ${PROJECT_SOURCE_DIR}/build/venv/bin/pytest)
  if(EXISTS ${psi_pytest} AND PROJECT_BINARY_DIR STREQUAL "${PROJECT_SOURCE_DIR}/build")
    add_test(NAME harness/pytest COMMAND ${psi_pytest} -q -p no:cacheprovider ${PROJECT_SOURCE_DIR}/tests/harness)
    set_tests_properties(harness/pytest PROPERTIES LABELS harness TIMEOUT 300)
    if(TARGET psionic-python)
      add_test(NAME python/pytest COMMAND ${psi_pytest} -q -p no:cacheprovider ${PROJECT_SOURCE_DIR}/tests/python)
      set_tests_properties(python/pytest PROPERTIES LABELS python TIMEOUT 300
        ENVIRONMENT "PYTHONPATH=${PROJECT_BINARY_DIR}/python;PYTHONDONTWRITEBYTECODE=1")
    endif()
  endif()
endif()
