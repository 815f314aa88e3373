# SPDX-License-Identifier: Apache-2.0
# Warnings, sanitizers and the compiler cache of every target of the project.

add_library(malla_compiler INTERFACE)
target_compile_options(malla_compiler INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror=return-type)
if(PROJECT_IS_TOP_LEVEL)
  target_compile_options(malla_compiler INTERFACE -Werror)
endif()

if(MALLA_SANITIZE)
  add_compile_options(-fsanitize=${MALLA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MALLA_SANITIZE})
endif()

find_program(CCACHE ccache)
mark_as_advanced(CCACHE)
if(CCACHE AND PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
