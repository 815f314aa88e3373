// SPDX-License-Identifier: Apache-2.0
#include "malla/base/json.hpp"
