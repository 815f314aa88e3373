# SPDX-License-Identifier: Apache-2.0
# What the project is made of: layers, the library, programs, plugins, samples, tests.

# malla_layer(NAME [DEPENDS LAYER...] [PRIVATE LIBRARY...] [PUBLIC LIBRARY...])
# One folder below libmalla/malla is one layer: the target malla::NAME, that links only the layers
# it may use, so that a call into another one does not link. A layer without sources is INTERFACE.
function(malla_layer name)
  cmake_parse_arguments(arg "" "" "DEPENDS;PRIVATE;PUBLIC" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/malla/${name}/*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/malla/${name}/*.hpp)
  list(TRANSFORM arg_DEPENDS PREPEND malla::)
  if(sources)
    add_library(malla_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(malla_${name} PRIVATE malla_compiler ${arg_PRIVATE})
    # Inline functions are not looked up in other libraries: fewer symbols to bind at the start of a program.
    set_target_properties(malla_${name} PROPERTIES VISIBILITY_INLINES_HIDDEN ON)
    set_property(GLOBAL APPEND PROPERTY MALLA_OBJECTS $<TARGET_OBJECTS:malla_${name}>)
    set_property(GLOBAL APPEND PROPERTY MALLA_PRIVATE ${arg_PRIVATE})
  else()
    add_library(malla_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(malla::${name} ALIAS malla_${name})
  target_compile_features(malla_${name} ${scope} cxx_std_20)
  target_link_libraries(malla_${name} ${scope} ${arg_DEPENDS} ${arg_PUBLIC})
  target_sources(malla_${name} ${scope} FILE_SET HEADERS BASE_DIRS ${CMAKE_CURRENT_SOURCE_DIR} FILES ${headers})
  set_target_properties(malla_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  set_property(GLOBAL APPEND PROPERTY MALLA_LAYERS ${name})
  set_property(GLOBAL APPEND PROPERTY MALLA_HEADERS ${headers})
  set_property(GLOBAL APPEND PROPERTY MALLA_PUBLIC ${arg_PUBLIC})
endfunction()

# malla_library()
# libmalla, the target malla::malla: the objects and headers of all layers.
function(malla_library)
  foreach(what OBJECTS HEADERS PRIVATE PUBLIC)
    get_property(${what} GLOBAL PROPERTY MALLA_${what})
    list(REMOVE_DUPLICATES ${what})
  endforeach()
  add_library(malla ${OBJECTS})
  add_library(malla::malla ALIAS malla)
  # Needed to compile the layers only; a static libmalla would hand it to its users.
  list(REMOVE_ITEM PRIVATE nlohmann_json::nlohmann_json)
  target_link_libraries(malla PUBLIC ${PUBLIC} PRIVATE ${PRIVATE})
  target_compile_features(malla PUBLIC cxx_std_20)
  # What it calls of itself is bound when it is linked, not looked up at the start of each program.
  target_link_options(malla PRIVATE LINKER:-Bsymbolic-functions)
  file(GLOB umbrella CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/malla/*.hpp)
  target_sources(malla PUBLIC FILE_SET HEADERS BASE_DIRS ${CMAKE_CURRENT_SOURCE_DIR} FILES ${HEADERS} ${umbrella})
  set_target_properties(malla PROPERTIES LINKER_LANGUAGE CXX
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
endfunction()

# malla_program(NAME SOURCES FILE... [LINK LIBRARY...])
# A program that is installed: bin/NAME.
function(malla_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  string(REPLACE "-" "_" suffix ${name})
  set(target program_${suffix})
  add_executable(${target} ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name} INSTALL_RPATH ${MALLA_RPATH_OF_PROGRAMS})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE malla_compiler malla::malla ${arg_LINK})
  install(TARGETS ${target} DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# malla_plugin(NAME [LINK LIBRARY...] [DEPENDS LAYER...])
# The folder NAME as a plugin twice: malla::plugin_NAME to link in (headers as "plugins/NAME/FILE.hpp"),
# and plugins/NAME.so, which also has the folder's module.cpp. DEPENDS names layers above service that
# its sources may include; the layer check reads it.
function(malla_plugin name)
  cmake_parse_arguments(arg "" "" "LINK;DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/module\\.cpp$")
  set(static malla_plugin_${name})
  if(sources)
    add_library(${static} STATIC ${sources})
    target_include_directories(${static} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${static} PUBLIC malla::malla ${arg_LINK} PRIVATE malla_compiler)
  else()
    add_library(${static} INTERFACE)
    target_include_directories(${static} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${static} INTERFACE malla::malla ${arg_LINK})
  endif()
  add_library(malla::plugin_${name} ALIAS ${static})

  malla_module(${static}_module ${name} ${sources} ${CMAKE_CURRENT_SOURCE_DIR}/${name}/module.cpp)
  set_target_properties(${static}_module PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/plugins INSTALL_RPATH ${MALLA_RPATH_OF_PLUGINS})
  target_include_directories(${static}_module PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${static}_module PRIVATE malla_compiler ${arg_LINK})
  install(TARGETS ${static}_module DESTINATION ${MALLA_INSTALL_PLUGINDIR})
endfunction()

# malla_sample(NAME SOURCES FILE... [MODULE] [LINK LIBRARY...])
# samples/NAME, or the loadable samples/NAME.so. Sources are included by "FOLDER/FILE.hpp" from samples/.
function(malla_sample name)
  cmake_parse_arguments(arg "MODULE" "" "SOURCES;LINK" ${ARGN})
  if(arg_MODULE)
    set(target sample_${name}_module)
    malla_module(${target} ${name} ${arg_SOURCES})
  else()
    set(target sample_${name})
    add_executable(${target} ${arg_SOURCES})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name})
  endif()
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/samples
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/samples)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/samples)
  target_link_libraries(${target} PRIVATE malla_compiler malla::malla ${arg_LINK})
endfunction()

# malla_test(FOLDER LINK LIBRARY...)
# Every *_test.cpp of test/FOLDER in one GoogleTest program; each of its tests is a ctest labelled FOLDER.
function(malla_test folder)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/test/${folder}/*_test.cpp)
  if(NOT sources OR (MALLA_TEST_FOLDERS AND NOT folder IN_LIST MALLA_TEST_FOLDERS))
    return()
  endif()
  add_executable(test_${folder} ${sources})
  target_include_directories(test_${folder} PRIVATE ${PROJECT_SOURCE_DIR}/test)
  # Not __FILE__: compiler caches make that relative.
  target_compile_definitions(test_${folder} PRIVATE MALLA_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(test_${folder} PRIVATE malla_compiler ${arg_LINK} GTest::gmock GTest::gtest_main)
  if(MALLA_SANITIZE)
    target_compile_options(test_${folder} PRIVATE -O0) # halves the time to compile; what is tested keeps its own level
  endif()
  gtest_discover_tests(test_${folder} TEST_PREFIX ${folder}. DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS ${folder} TIMEOUT 120)
endfunction()
