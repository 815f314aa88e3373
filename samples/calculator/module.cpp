// SPDX-License-Identifier: Apache-2.0
// The Calculator as a shared object: `malla run calculator.so`.
#include "calculator/calculator.hpp"
#include "malla/node/manifest.hpp"

extern "C" constinit const malla::Manifest malla_manifest = malla::manifest<Calculator>();
