// SPDX-License-Identifier: Apache-2.0
// How the steps are printed.
#pragma once

#include "01_getting_started/api.hpp"
#include "malla/node/remote.hpp"

#include <iostream>
#include <string>
#include <string_view>
#include <type_traits>

/// A node that meets no other, with a service and somebody who calls it.
template <class S>
struct Hosting {
    static malla::NodeOptions alone() {
        malla::NodeOptions options;
        options.loopback.clear();
        return options;
    }

    malla::Node node{alone()};
    malla::LiveService<S>& service = node.start<S>();
    malla::Remote<CalculatorApi> calculator{node};
};

inline void say(std::string_view text) { std::cout << text << '\n'; }

/// What was done and what came of it: a value, or the reason why there is none.
template <class T>
void show(std::string_view what, const malla::Result<T>& result) {
    std::cout << "   " << what << ": ";
    if constexpr (std::is_void_v<T>) std::cout << (result ? "done" : result.error().text()) << '\n';
    else if (result) std::cout << *result << '\n';
    else std::cout << result.error().text() << '\n';
}

inline void show_chain(malla::ServiceControl& control) {
    std::string chain;
    for (const auto& plugin : control.plugins())
        chain += (chain.empty() ? "" : ", ") + plugin.name.substr(plugin.name.rfind(':') + 1);
    say("   chain: " + chain);
}
