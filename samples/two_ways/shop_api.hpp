// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/api.hpp"

#include <string>

/// Has a dish cooked, and gives the bill.
struct Order : malla::Callback<"order(dish, plates)", double(const std::string&, int)> {};
/// What one plate costs.
struct Price : malla::Callback<"price(dish)", double(const std::string&)> {};

struct ShopApi : malla::Api<"Shop", Order, Price> {};
