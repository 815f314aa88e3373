# SPDX-License-Identifier: Apache-2.0
# Warnings and sanitizers of every target of the project.

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
