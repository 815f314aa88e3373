# SPDX-License-Identifier: Apache-2.0
# The third-party libraries, each as one imported target.

find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(cereal REQUIRED)
pkg_check_modules(libzmq REQUIRED IMPORTED_TARGET libzmq>=4.3.4)
pkg_check_modules(libsodium REQUIRED IMPORTED_TARGET libsodium)
find_path(CPPZMQ_INCLUDE_DIR zmq.hpp REQUIRED)
mark_as_advanced(CPPZMQ_INCLUDE_DIR)
if(MALLA_BUILD_TOOLS)
  find_package(CLI11 REQUIRED)
  find_package(spdlog REQUIRED)
  find_package(tomlplusplus REQUIRED)
endif()
if(MALLA_BUILD_TESTS)
  find_package(GTest REQUIRED)
  find_package(benchmark REQUIRED)
  # Debian's own python first: it is the one that has python3-zmq.
  find_program(MALLA_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
  find_program(MALLA_PYTHON python3 REQUIRED)
endif()
