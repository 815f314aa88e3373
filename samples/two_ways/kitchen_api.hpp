// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/api.hpp"

#include <string>

/// Cooks so many plates, and says what they cost.
struct Cook : malla::Callback<"cook(dish, plates)", double(const std::string&, int)> {};

struct KitchenApi : malla::Api<"Kitchen", Cook> {};
