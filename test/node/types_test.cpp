// SPDX-License-Identifier: Apache-2.0
#include "malla/node/remote.hpp"
#include "malla/node/untyped_service.hpp"
#include "node/nodes.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::joined_to;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The Api of a shop as two programs have it, of which one is older.
template <class Count>
struct Edition {
    struct Item {
        std::string name;
        Count count = 0;

        template <class Archive>
        void serialize(Archive& archive) {
            archive(field("name", name), field("count", count));
        }
    };
    struct Order : Callback<"order(item)", double(Item)> {};
    struct Price : Callback<"price(factor)", double(double)> {};
    struct Names : Callback<"names(item)", Stream<std::string>(Item)> {};
    struct ShopApi : Api<"Shop", Order, Price, Names> {};

    struct Shop : Service<ShopApi> {
        static constexpr bool concurrent = true;

        double on(Order, Item item) {
            ++*orders;
            return static_cast<double>(item.count);
        }
        double on(Price, double factor) { return factor; }
        Stream<std::string> on(Names, Item item) {
            return [item, left = item.count]() mutable -> std::optional<std::string> {
                if (left == 0) return std::nullopt;
                --left;
                return item.name;
            };
        }

        std::shared_ptr<std::atomic<int>> orders = std::make_shared<std::atomic<int>>(0);
    };
};
using Old = Edition<std::int32_t>;
using New = Edition<std::int64_t>;

/// Counts the calls by the form of their bodies, and answers as JSON has it.
class Foreign final : public UntypedService {
public:
    struct Calls {
        std::atomic<int> json = 0;
        std::atomic<int> binary = 0;
    };

    Foreign(std::shared_ptr<Calls> calls, std::string answer, std::uint64_t types = 0)
        : UntypedService{"Shop",
                         Version{},
                         {{"order", "{}", false, false, types},
                          {"price", "{}", false, false, types},
                          {"names", "{}", false, true, types}}},
          calls_{std::move(calls)}, answer_{std::move(answer)} {}

    Result<std::unique_ptr<OutgoingStream>> open(std::size_t, wire::Content content, std::string_view, Gate*,
                                                 const CallInfo&) override {
        count(content);
        return std::unique_ptr<OutgoingStream>{std::make_unique<Twice>(answer_)};
    }

private:
    class Twice final : public OutgoingStream {
    public:
        explicit Twice(std::string value) : value_{std::move(value)} {}
        Result<bool> next(Gate*, const CallInfo&, std::string& out) override {
            out += value_;
            return ++given_ <= 2;
        }

    private:
        std::string value_;
        int given_ = 0;
    };

    Result<void> answer(std::size_t, wire::Content content, std::string_view body, const CallInfo&,
                        std::string& out) override {
        count(content);
        if (content == wire::Content::json) out += answer_.empty() ? std::string{body} : answer_;
        else codec::encode_result_binary(out, 4.0);
        return {};
    }
    void count(wire::Content content) { ++(content == wire::Content::json ? calls_->json : calls_->binary); }

    std::shared_ptr<Calls> calls_;
    std::string answer_;
};

class Types : public ::testing::Test {
protected:
    void host_foreign(Node& node, std::string answer, std::uint64_t types = 0) {
        ASSERT_TRUE(node.host(std::make_unique<Foreign>(calls, std::move(answer), types)));
    }

    Node server{alone("server")};
    Node other{joined_to(server, "other")};
    Node client{joined_to(server, "client")};
    std::shared_ptr<Foreign::Calls> calls = std::make_shared<Foreign::Calls>();
};

TEST_F(Types, ThatDifferAreToldBeforeACallIsSent) {
    const New::Shop shop;
    server.start(shop);

    const auto result = Remote<Old::ShopApi>{client}.try_call<Old::Order>(within(60s), Old::Item{"nail", 3});

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "types_differ");
    EXPECT_EQ(result.error().outcome(), Outcome::not_run);
    const std::string said =
        "The types of callback 'Shop.order' differ: the caller means Shop.order(item: {name: string, count: int32}) -> "
        "double, and node 'server' offers Shop.order(item: {name: string, count: int64}) -> double";
    EXPECT_EQ(result.error().info(), said);
    EXPECT_EQ(*shop.orders, 0);
}

TEST_F(Types, ThatDifferInOneCallbackLeaveTheOthersAsTheyAre) {
    server.start<New::Shop>();

    EXPECT_EQ(Remote<Old::ShopApi>{client}.call<Old::Price>(within(60s), 2.5), 2.5);
}

TEST_F(Types, ThatDifferAreToldOfAStreamToo) {
    server.start<New::Shop>();

    auto names = Remote<Old::ShopApi>{client}.stream<Old::Names>(within(60s), Old::Item{"nail", 3});

    const auto first = names.next();
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().id(), "types_differ");
}

TEST_F(Types, ThatDifferAreToldWithinOneNode) {
    server.start<New::Shop>();

    const auto result = Remote<Old::ShopApi>{server}.try_call<Old::Order>(within(60s), Old::Item{"nail", 3});

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "types_differ");
}

TEST_F(Types, ThatFitAreChosenAmongOthers) {
    const New::Shop unfit;
    server.start(unfit);
    const Old::Shop fit;
    other.start(fit);
    ASSERT_TRUE(client.wait_for("Shop", Deadline::in(60s), "other"));
    ASSERT_TRUE(client.wait_for("Shop", Deadline::in(60s), "server"));

    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(Remote<Old::ShopApi>{client}.call<Old::Order>(within(60s), Old::Item{"nail", i}), i);
    const auto all = Remote<Old::ShopApi>{client}.call_all<Old::Order>(within(60s), Old::Item{"nail", 1});

    EXPECT_EQ(*unfit.orders, 0);
    EXPECT_EQ(*fit.orders, 21);
    ASSERT_TRUE(all);
    EXPECT_EQ(all->size(), 1u);
}

TEST_F(Types, AreNotComparedForCallsWithJson) {
    server.start<New::Shop>();

    EXPECT_EQ(*client.call("Shop", "order", R"([{"name":"nail","count":3}])", within(60s)), "3");
}

TEST_F(Types, OfTheSameProgramTravelAsBinary) {
    host_foreign(server, "3", CallbackCodec<Old::Order>::types().fingerprint);
    other.start<Old::Shop>();
    ASSERT_TRUE(client.wait_for("Shop", Deadline::in(60s), "other"));
    CallOptions to_other = within(60s);
    to_other.on = "other";
    CallOptions to_server = within(60s);
    to_server.on = "server";

    EXPECT_EQ(Remote<Old::ShopApi>{client}.call<Old::Order>(to_server, Old::Item{"nail", 3}), 4);
    EXPECT_EQ(calls->binary, 1);
    EXPECT_EQ(calls->json, 0);
    // JSON has no infinity.
    const double most = std::numeric_limits<double>::infinity();
    EXPECT_EQ(Remote<Old::ShopApi>{client}.call<Old::Price>(to_other, most), most);
}

TEST_F(Types, AreWrittenAsJsonForWhoReadsNothingElse) {
    host_foreign(server, "3");
    Remote<Old::ShopApi> shop{client};

    EXPECT_EQ(shop.call<Old::Order>(within(60s), Old::Item{"nail", 3}), 3);
    EXPECT_EQ(*shop.async<Old::Order>(within(60s), Old::Item{"nail", 3}).get(), 3);
    EXPECT_EQ(*shop.call_all<Old::Order>(within(60s), Old::Item{"nail", 3})->at(0).result, 3);
    EXPECT_TRUE(shop.send<Old::Order>(within(60s), Old::Item{"nail", 3}));
    EXPECT_EQ(Remote<Old::ShopApi>{server}.call<Old::Order>(within(60s), Old::Item{"nail", 3}), 3);
    EXPECT_EQ(calls->binary, 0);
}

TEST_F(Types, OfAStreamAreReadFromJsonToo) {
    host_foreign(server, R"("nail")");
    std::vector<std::string> names;

    for (const auto& name : Remote<Old::ShopApi>{client}.stream<Old::Names>(within(60s), Old::Item{"nail", 2}))
        names.push_back(name);

    EXPECT_THAT(names, ElementsAre("nail", "nail"));
    EXPECT_EQ(calls->binary, 0);
}

TEST_F(Types, ThatJsonCannotSayAreRefusedUnrun) {
    host_foreign(server, "3");

    const auto result = Remote<Old::ShopApi>{client}.try_call<Old::Price>(within(60s), std::nan(""));

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().outcome(), Outcome::not_run) << result.error().text();
    EXPECT_EQ(calls->json, 0);
}

TEST_F(Types, OfAnAnswerThatCannotBeReadLeaveTheCallUnknown) {
    host_foreign(server, R"({"no":"number"})");

    const auto result = Remote<Old::ShopApi>{client}.try_call<Old::Order>(within(60s), Old::Item{"nail", 3});

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id(), "reply_invalid");
    EXPECT_THAT(result.error().text(), HasSubstr("result"));
}

} // namespace
} // namespace malla
