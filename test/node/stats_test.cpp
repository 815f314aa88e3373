// SPDX-License-Identifier: Apache-2.0
#include "malla/node/admin_api.hpp"
#include "malla/node/remote.hpp"
#include "malla/node/served_calls.hpp"
#include "node/nodes.hpp"

#include <gmock/gmock.h>

#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;

struct Divide : Callback<"divide(a, b)", int(int, int)> {};
struct DividerApi : Api<"Divider", Divide> {};
struct Divider : Service<DividerApi> {
    Result<int> on(Divide, int a, int b) {
        if (b == 0) return Status{"zero"};
        return a / b;
    }
};

TEST(NodeStats, CountCallsErrorsAndHowLongTheyTook) {
    Node server{test::alone("server")};
    server.start<Divider>();
    Node client{test::joined_to(server, "client")};
    Remote<DividerApi> divider{client};
    CallOptions at = within(60s);
    at.on = server.name();

    for (int b = 0; b < 5; ++b) (void)divider.try_call<Divide>(within(60s), 8, b);

    // A call is counted before its answer leaves.
    const auto stats = Remote<admin::Api>{client}.try_call<admin::GetStats>(at, "Divider");
    ASSERT_TRUE(stats) << stats.error().text();
    EXPECT_EQ(stats->calls, 5U);
    EXPECT_EQ(stats->errors, 1U);
    EXPECT_EQ(std::accumulate(stats->took.begin(), stats->took.end(), 0UL), 5U);
    const auto none = Remote<admin::Api>{client}.try_call<admin::GetStats>(at, "Multiplier");
    EXPECT_EQ(none.error().id(), "service_not_found");
}

TEST(ServedCalls, HaveABucketForEachPowerOfTwo) {
    ServedCalls calls;
    calls.count(-1s, false);
    calls.count(999ns, false);
    calls.count(1us, false);
    calls.count(3us, false);
    calls.count(4us, true);
    calls.count(24h * 365, true);
    std::vector<std::uint64_t> took;
    for (std::size_t i = 0; i < ServedCalls::buckets; ++i) took.push_back(calls.took(i));
    std::vector<std::uint64_t> wanted(ServedCalls::buckets);
    wanted[0] = 2, wanted[1] = wanted[2] = wanted[3] = wanted.back() = 1;
    EXPECT_EQ(took, wanted);
    EXPECT_EQ(calls.errors(), 2U);
}

TEST(ServedCalls, LoseNoneOfSeveralThreads) {
    ServedCalls calls;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] {
                for (int n = 0; n < 10'000; ++n) calls.count(5us, n % 2 == 0);
            });
    }
    EXPECT_EQ(calls.took(3), 40'000U);
    EXPECT_EQ(calls.errors(), 20'000U);
}

} // namespace
} // namespace malla
