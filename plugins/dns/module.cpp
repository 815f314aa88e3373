// SPDX-License-Identifier: Apache-2.0
#include "malla/node/manifest.hpp"
#include "plugins/dns/dns.hpp"

extern "C" constinit const malla::Manifest malla_manifest = malla::manifest<malla::plugins::Dns>();
