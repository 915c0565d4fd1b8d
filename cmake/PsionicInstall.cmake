# What `cmake --install` lays down: library, headers, command, pkg-config file and CMake package.

include(CMakePackageConfigHelpers)

install(TARGETS psionic EXPORT PsionicTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ${PROJECT_BINARY_DIR}/generated/psionic DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")
install(TARGETS psionic-command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

install(EXPORT PsionicTargets NAMESPACE psionic:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Psionic
        FILE PsionicConfig.cmake)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/PsionicConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/PsionicConfigVersion.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Psionic)

configure_file(${PROJECT_SOURCE_DIR}/cmake/psionic.pc.in ${PROJECT_BINARY_DIR}/psionic.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/psionic.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
