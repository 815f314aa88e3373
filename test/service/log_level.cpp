// SPDX-License-Identifier: Apache-2.0
// Lines of several levels, to be compiled with different least ones: log_level.py looks at the object
// code, log_level_test.cpp runs two of them in one program. REPORT is the function's name.
#include "malla/service/trace_log.hpp"

#include <string>

#ifndef REPORT
#define REPORT report
#endif

std::string marker_function(int customer);
void REPORT(int customer);
void quiet_function(int customer);
void empty_function(int customer);

void REPORT(int customer) {
    malla::trace::info([&] { return "marker_lazy " + marker_function(customer); });
    malla::trace::info("marker_plain", {{"marker_key", customer}});
    malla::trace::warning("marker_warning");
}

#ifdef MALLA_LOG_LEVEL_OBJECT
void quiet_function(int customer) {
    malla::trace::debug([&] { return marker_function(customer); }, {{"customer", customer}});
    malla::trace::notice("nobody reads this", {{"customer", customer}});
}

void empty_function(int) {}
#endif
