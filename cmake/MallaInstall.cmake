# SPDX-License-Identifier: Apache-2.0
# Where things are installed, and the CMake and pkg-config packages of libmalla.

include(CMakePackageConfigHelpers)

set(MALLA_INSTALL_PLUGINDIR ${CMAKE_INSTALL_LIBDIR}/malla/plugins)
set(MALLA_INSTALL_CMAKEDIR ${CMAKE_INSTALL_LIBDIR}/cmake/malla)

# Programs and plugins find libmalla relative to themselves, so the installed tree can be moved.
file(RELATIVE_PATH from_bin /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
file(RELATIVE_PATH from_plugins /${MALLA_INSTALL_PLUGINDIR} /${CMAKE_INSTALL_LIBDIR})
file(RELATIVE_PATH MALLA_PLUGINS_FROM_PROGRAMS /${CMAKE_INSTALL_BINDIR} /${MALLA_INSTALL_PLUGINDIR})
file(RELATIVE_PATH MALLA_PLUGINS_FROM_LIBRARY /${CMAKE_INSTALL_LIBDIR} /${MALLA_INSTALL_PLUGINDIR})
set(MALLA_RPATH_OF_PROGRAMS $ORIGIN/${from_bin})
set(MALLA_RPATH_OF_PLUGINS $ORIGIN/${from_plugins})

# malla_install_library()
# Installs malla::malla with its headers, `find_package(malla)` and `pkg-config malla`.
function(malla_install_library)
  install(TARGETS malla EXPORT malla FILE_SET HEADERS)
  install(EXPORT malla NAMESPACE malla:: DESTINATION ${MALLA_INSTALL_CMAKEDIR} FILE malla-targets.cmake)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/malla-config.cmake.in malla-config.cmake
    INSTALL_DESTINATION ${MALLA_INSTALL_CMAKEDIR})
  # Before 1.0.0 a minor version may change anything.
  write_basic_package_version_file(malla-config-version.cmake COMPATIBILITY SameMinorVersion)
  file(RELATIVE_PATH MALLA_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  if(BUILD_SHARED_LIBS)
    set(MALLA_PC_PRIVATE .private)
  else() # the program links what libmalla uses; `pkg-config --static` would ask for libzmq's archive too
    set(MALLA_PC_LIBS "-pthread -ldl")
  endif()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/malla.pc.in malla.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/malla-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/malla-config-version.cmake
    ${PROJECT_SOURCE_DIR}/cmake/MallaModule.cmake ${PROJECT_SOURCE_DIR}/cmake/malla_module.map
    DESTINATION ${MALLA_INSTALL_CMAKEDIR})
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/malla.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
