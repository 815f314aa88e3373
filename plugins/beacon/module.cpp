// SPDX-License-Identifier: Apache-2.0
#include "malla/node/manifest.hpp"
#include "plugins/beacon/beacon.hpp"

extern "C" constinit const malla::Manifest malla_manifest = malla::manifest<malla::plugins::Beacon>();
