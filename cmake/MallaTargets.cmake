# SPDX-License-Identifier: Apache-2.0
# What the project is made of: layers, plugins, tests.

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
    target_link_libraries(malla_${name} PRIVATE $<BUILD_INTERFACE:malla_compiler> ${arg_PRIVATE})
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
endfunction()

# malla_test(FOLDER LINK LIBRARY...)
# Every *_test.cpp of test/FOLDER in one GoogleTest program.
function(malla_test folder)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(test_${folder} ${sources})
  target_include_directories(test_${folder} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(test_${folder} PRIVATE malla_compiler ${arg_LINK} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(test_${folder} TEST_PREFIX ${folder}. DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS ${folder} TIMEOUT 120)
endfunction()
