// SPDX-License-Identifier: Apache-2.0
// Cooks, and asks the shop, in the other program, for its prices, while the shop waits for the dish.
#include "malla/node/remote.hpp"
#include "two_ways/kitchen_api.hpp"
#include "two_ways/shop_api.hpp"

struct Kitchen : malla::Service<KitchenApi> {
    explicit Kitchen(malla::Node& node) : shop{node} {}
    malla::Remote<ShopApi> shop;

    malla::Result<double> on(Cook, const std::string& dish, int plates) {
        if (plates < 1) return malla::Status{"parameter_invalid", "plates"};
        return plates * shop.call<Price>(dish);
    }
};

int main(int argc, char** argv) {
    malla::Node node{malla::options(argc, argv)};
    node.start(Kitchen{node});
    return node.run();
}
