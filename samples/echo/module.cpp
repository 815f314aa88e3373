// SPDX-License-Identifier: Apache-2.0
// The Echo service as a shared object: `malla run echo.so`.
#include "echo/echo.hpp"
#include "malla/node/manifest.hpp"

extern "C" constinit const malla::Manifest malla_manifest = malla::manifest<Echo>();
