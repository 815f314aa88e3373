// SPDX-License-Identifier: Apache-2.0
// Takes orders, and asks the kitchen, in the other program, to cook them.
#include "malla/node/remote.hpp"
#include "two_ways/kitchen_api.hpp"
#include "two_ways/shop_api.hpp"

struct Shop : malla::Service<ShopApi> {
    explicit Shop(malla::Node& node) : kitchen{node} {}
    malla::Remote<KitchenApi> kitchen;

    double on(Order, const std::string& dish, int plates) { return kitchen.call<Cook>(dish, plates); }
    double on(Price, const std::string& dish) { return dish == "soup" ? 4.5 : 9.0; }
};

int main(int argc, char** argv) {
    malla::Node node{malla::options(argc, argv)};
    node.start(Shop{node});
    return node.run();
}
