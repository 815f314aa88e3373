# SPDX-License-Identifier: Apache-2.0
# Part of the installed package too: find_package(malla) brings malla_module().

set(MALLA_MODULE_MAP ${CMAKE_CURRENT_LIST_DIR}/malla_module.map)

# malla_module(TARGET FILE SOURCES...)
# The shared object FILE.so that `malla run` and a running service can load. It shows its manifest and
# nothing else, and leaves no symbol behind that would keep it mapped after it is unloaded.
function(malla_module target file)
  add_library(${target} MODULE ${ARGN})
  set_target_properties(${target} PROPERTIES PREFIX "" OUTPUT_NAME ${file} LINK_DEPENDS ${MALLA_MODULE_MAP})
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  target_link_options(${target} PRIVATE LINKER:--version-script=${MALLA_MODULE_MAP})
  target_link_libraries(${target} PRIVATE malla::malla)
endfunction()
