// SPDX-License-Identifier: Apache-2.0
// A program of somebody else's, that knows malla only as it is installed.
#include <malla/base/json.hpp>
#include <malla/base/version.hpp>
#include <malla/chain/api.hpp>
#include <malla/chain/chain.hpp>
#include <malla/chain/service.hpp>

#include <iostream>

struct Square : malla::Callback<"square(x)", double(double)> {};
struct SquareApi : malla::Api<"Squares", Square> {};

/// Refuses negative numbers.
struct Positive : malla::Plugin {
    using Callbacks = malla::Callbacks<Square>;
    malla::Flow<Square> on(Square, double x) {
        if (x < 0) return malla::Status{"invalid_parameters"};
        return x * x;
    }
};

struct Squares : malla::Service<SquareApi> {
    using Plugins = malla::Plugins<Positive>;
};

int main() {
    malla::Chain<Squares> chain;
    const auto nine = chain.call<Square>(3);
    const auto refused = chain.call<Square>(-3);
    if (!nine || refused) return 1;

    const auto text = malla::Json::object({{"square", *nine}, {"refused", refused.error().id()}}).dump();
    if (!text) return 1;
    std::cout << "malla " << malla::library_version() << ' ' << *text << '\n';
}
