# The library: plain sources once, kernel sources (src/cpu/isa) once per ISA, row kernels once per ISA and dtype.

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(default_isas "v2;v3;v4;v4x")
else()
  set(default_isas "generic")
endif()
set(PSIONIC_ISAS "${default_isas}" CACHE STRING "Instruction sets to build kernels for: v2 v3 v4 v4x, or generic")

set(PSI_ISA_FLAGS_generic "")
# Without MMX: gcc moves halves of vectors through its registers, which are the x87's, and leaves those unusable.
set(PSI_ISA_FLAGS_v2 -march=x86-64-v2 -mno-mmx)
set(PSI_ISA_FLAGS_v3 -march=x86-64-v3 -mno-mmx)
set(PSI_ISA_FLAGS_v4 -march=x86-64-v4 -mno-mmx -mprefer-vector-width=512)
set(PSI_ISA_FLAGS_v4x ${PSI_ISA_FLAGS_v4} -mavx512bf16 -mavx512vnni -mamx-tile -mamx-bf16 -mamx-int8)
set(PSI_ELEMENTS bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float32 float64 complex64)

# The lowest kernel set is the one every machine of the architecture can fall back to.
if(NOT "v2" IN_LIST PSIONIC_ISAS AND NOT PSIONIC_ISAS STREQUAL "generic")
  message(FATAL_ERROR "PSIONIC_ISAS is '${PSIONIC_ISAS}': it must be 'generic' alone, or hold 'v2'")
endif()
# v4x adds kernels of its own beside v4's, which count the same lanes.
if("v4x" IN_LIST PSIONIC_ISAS AND NOT "v4" IN_LIST PSIONIC_ISAS)
  message(FATAL_ERROR "PSIONIC_ISAS is '${PSIONIC_ISAS}': 'v4x' wants 'v4' beside it")
endif()

set(psi_have)
foreach(isa ${PSIONIC_ISAS})
  if(NOT DEFINED PSI_ISA_FLAGS_${isa})
    message(FATAL_ERROR "PSIONIC_ISAS: unknown instruction set '${isa}'; known: generic v2 v3 v4 v4x")
  endif()
  list(APPEND psi_have PSI_HAVE_${isa})
endforeach()

# Objects of `sources` for one ISA, with more definitions; appends their place to psi_isa_objects.
function(psi_isa_library name isa sources)
  add_library(${name} OBJECT ${sources})
  target_compile_options(${name} PRIVATE ${PSI_ISA_FLAGS_${isa}})
  # In loops over elements, where registers suffice, gcc is not to compute what follows a clamp once for each of its
  # outcomes: a vector goes through them all.
  if(isa MATCHES "^v[34]" AND name MATCHES "^psionic_(rows|softmax)_")
    target_compile_options(${name} PRIVATE $<$<C_COMPILER_ID:GNU>:-fno-tree-pre>)
  endif()
  # Tiles run in short loops, up to a tenth faster where these begin with a line of the instruction cache.
  if(name MATCHES "^psionic_gemm_")
    target_compile_options(${name} PRIVATE -falign-loops=64)
  endif()
  target_compile_definitions(${name} PRIVATE PSI_ISA=${isa} ${ARGN})
  add_dependencies(${name} psionic_generated)
  set(psi_isa_objects ${psi_isa_objects} $<TARGET_OBJECTS:${name}> PARENT_SCOPE)
endfunction()

# A kernel file may name in its first lines the only ISAs it is for, as in: /* isa: v3 v4 */
function(psi_isas_of file out)
  file(STRINGS ${file} marker LIMIT_INPUT 4000 LIMIT_COUNT 1 REGEX "^/\\* isa: [a-z0-9 ]+\\*/")
  set(isas ${PSIONIC_ISAS})
  if(marker)
    string(REGEX REPLACE "^/\\* isa: ([a-z0-9 ]+)\\*/.*" "\\1" wanted "${marker}")
    string(REGEX MATCHALL "[a-z0-9]+" wanted "${wanted}")
    set(isas)
    foreach(isa ${PSIONIC_ISAS})
      if(isa IN_LIST wanted)
        list(APPEND isas ${isa})
      endif()
    endforeach()
  endif()
  set(${out} ${isas} PARENT_SCOPE)
endfunction()

file(GLOB psi_sources CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/src/core/*.c ${PROJECT_SOURCE_DIR}/src/ops/*.c ${PROJECT_SOURCE_DIR}/src/transforms/*.c
     ${PROJECT_SOURCE_DIR}/src/eval/*.c ${PROJECT_SOURCE_DIR}/src/cpu/*.c ${PROJECT_SOURCE_DIR}/src/io/*.c)
file(GLOB psi_isa_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/cpu/isa/*.c)

add_library(psionic_objects OBJECT ${psi_sources})
target_compile_definitions(psionic_objects PRIVATE ${psi_have})
add_dependencies(psionic_objects psionic_generated)

set(psi_isa_objects)
foreach(file ${psi_isa_sources})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  get_filename_component(name ${file} NAME_WE)
  psi_isas_of(${file} isas)
  foreach(isa ${isas})
    if(name STREQUAL "rows")
      foreach(element ${PSI_ELEMENTS})
        psi_isa_library(psionic_${name}_${element}_${isa} ${isa} ${file} PSI_ELEMENT=${element})
      endforeach()
    else()
      psi_isa_library(psionic_${name}_${isa} ${isa} ${file})
    endif()
  endforeach()
endforeach()

add_library(psionic SHARED $<TARGET_OBJECTS:psionic_objects> ${psi_isa_objects})
set_target_properties(psionic PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} LINKER_LANGUAGE C)
target_link_libraries(psionic PRIVATE ${PSI_LINK_LIBRARIES})
target_include_directories(psionic INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

# The same objects as an archive, for programs of ours that reach internal names; never installed.
add_library(psionic_internal STATIC $<TARGET_OBJECTS:psionic_objects> ${psi_isa_objects})
set_target_properties(psionic_internal PROPERTIES LINKER_LANGUAGE C)
target_link_libraries(psionic_internal PUBLIC ${PSI_LINK_LIBRARIES})
