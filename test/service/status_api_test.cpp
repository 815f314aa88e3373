// SPDX-License-Identifier: Apache-2.0
#include "malla/service/status_api.hpp"

#include "malla/base/log.hpp"
#include "malla/service/live_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace malla {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

struct Sell : Callback<"sell(dish)", int(std::string)> {};
struct ShopApi : Api<"Shop", Sell> {};

/// Knows when something is sold out, and says in which shop.
struct ShopStatuses : Plugin {
    using Callbacks = malla::Callbacks<MakeStatus, StatusMetadata>;

    Flow<MakeStatus> on(MakeStatus, const Reason& reason) {
        if (reason.id != "sold_out") return cont;
        return Status{"sold_out"}.set_code(409).set_info("No " + reason.argument + " left");
    }
    Flow<StatusMetadata> on(StatusMetadata, const Status& status) {
        Status changed = status;
        changed.set_metadata("shop", "Main Street").set_info("only the metadata counts");
        return cont_with(std::move(changed));
    }
};

/// Has another word for what is not found, and adds to what others add.
struct Polite : Plugin {
    using Callbacks = malla::Callbacks<MakeStatus, StatusMetadata>;

    Result<std::optional<Status>> on(MakeStatus, Next<MakeStatus> next, const Reason& reason) {
        auto made = next(reason);
        if (made && *made && (*made)->id() == "not_found") (*made)->set_info("Sorry: " + (*made)->info());
        return made;
    }
    Result<Status::Fields> on(StatusMetadata, Next<StatusMetadata> next, const Status& status) {
        auto fields = next(status);
        if (fields) fields->emplace("tone", "polite");
        return fields;
    }
};

/// Knows one exception, and hides the others behind a number of its own.
struct Exceptions : Plugin {
    using Callbacks = malla::Callbacks<MakeStatus, PublicStatus>;

    Flow<MakeStatus> on(MakeStatus, const Reason& reason) {
        if (!dynamic_cast<const std::out_of_range*>(reason.exception)) return cont;
        return Status{"not_found"};
    }
    Flow<PublicStatus> on(PublicStatus, const Reason& reason) {
        kept.push_back(reason.text);
        return Status{"internal_error", std::to_string(kept.size())};
    }

    static inline std::vector<std::string> kept;
};

/// Answers a reason by asking for its status.
struct Circular : Plugin {
    using Callbacks = malla::Callbacks<MakeStatus>;
    Status on(MakeStatus, const Reason& reason) { return malla::status(reason).set_data("asked", "once"); }
};

struct ThrowsAlways : Plugin {
    using Callbacks = malla::Callbacks<MakeStatus, StatusMetadata, PublicStatus>;
    Flow<MakeStatus> on(MakeStatus, const Reason&) { throw std::runtime_error{"no make"}; }
    Flow<StatusMetadata> on(StatusMetadata, const Status&) { throw 1; }
    Flow<PublicStatus> on(PublicStatus, const Reason&) { throw std::runtime_error{"no public"}; }
};

struct RefusesMetadata : Plugin {
    using Callbacks = malla::Callbacks<StatusMetadata>;
    Status on(StatusMetadata, const Status&) { return Status{"forbidden"}; }
};

struct FailsToStart : Plugin {
    Result<void> start(const Starting&) { throw std::runtime_error{"cannot start"}; }
};

template <class... P>
struct ShopOf : Service<ShopApi> {
    using Plugins = malla::Plugins<P...>;

    Result<int> on(Sell, std::string dish) {
        if (dish == "soup") return malla::status("sold_out", dish);
        if (dish == "salad") throw Error{Status{"gone"}};
        if (dish == "knife") throw std::runtime_error{"the cook was stabbed"};
        if (dish == "number 9") throw std::out_of_range{"9"};
        if (dish == "number") throw 9;
        if (dish == "elsewhere") return Status{"service_not_available", "Bakery"};
        return 1;
    }
};

std::mutex lines_mutex;
std::vector<std::string> lines;

template <class... P>
struct Shop : LiveService<ShopOf<P...>> {
    Shop() { started = this->control().start({}, {.silent = true}); }
    ~Shop() { this->control().stop(); }
    Status sell(std::string dish) { return this->template try_call<Sell>(std::move(dish)).error(); }

    Result<void> started = {};
};

class StatusApiTest : public ::testing::Test {
protected:
    StatusApiTest() {
        lines.clear();
        Exceptions::kept.clear();
        before_ = set_log_sink([](LogLevel, std::string_view line) noexcept {
            const std::lock_guard lock{lines_mutex};
            lines.emplace_back(line);
        });
    }
    ~StatusApiTest() override { set_log_sink(before_); }

private:
    LogSink before_;
};

TEST_F(StatusApiTest, WithoutAServiceThereIsOnlyTheTable) {
    EXPECT_EQ(malla::status("field_missing", "name"), (Status{"field_missing", "name"}));
    EXPECT_EQ(malla::status("odd"), Status{"odd"});
    EXPECT_EQ(malla::status(Reason{.text = "it broke"}).text(), "unknown_status (500): it broke");
    EXPECT_EQ(malla::status(Status{"gone"}), Status{"gone"});
    EXPECT_EQ(malla::status(Reason{.id = "not_found", .text = "no soup", .data = {{"dish", "soup"}}}),
              Status{"not_found"}.set_info("no soup").set_data("dish", "soup"));
}

TEST_F(StatusApiTest, PluginsExtendTheTable) {
    Shop<ShopStatuses> shop;

    EXPECT_EQ(shop.sell("soup"),
              Status{"sold_out"}.set_code(409).set_info("No soup left").set_metadata("shop", "Main Street"));
    const ServiceScope scope{shop};
    EXPECT_EQ(malla::status("not_found").info(), "Not found");
    EXPECT_EQ(malla::public_status(Reason{.id = "sold_out", .argument = "tea"}).info(), "No tea left");
}

TEST_F(StatusApiTest, PluginsOverrideTheTable) {
    Shop<Polite, ShopStatuses> shop;
    const ServiceScope scope{shop};

    EXPECT_EQ(malla::status("not_found").info(), "Sorry: Not found");
    EXPECT_EQ(malla::status("gone").info(), "Gone");
}

TEST_F(StatusApiTest, EveryStatusGetsTheMetadataOfAllPlugins) {
    Shop<Polite, ShopStatuses> shop;
    const auto both = ElementsAre(Pair("shop", "Main Street"), Pair("tone", "polite"));

    EXPECT_THAT(shop.sell("soup").metadata(), both);
    EXPECT_THAT(shop.sell("salad").metadata(), both);
    EXPECT_THAT(shop.sell("knife").metadata(), both);
    const ServiceScope scope{shop};
    EXPECT_THAT(malla::public_status(Status{"gone"}.set_metadata("own", "too")).metadata(),
                ElementsAre(Pair("own", "too"), Pair("shop", "Main Street"), Pair("tone", "polite")));
    EXPECT_EQ(malla::status(Status{"gone"}).info(), "Gone");
}

TEST_F(StatusApiTest, WhatNobodyKnowsStaysInTheLogUnderAReference) {
    Shop<> shop;

    const Status status = shop.sell("knife");
    const std::string reference = status.data().at("reference");
    EXPECT_EQ(status.text(), "internal_error (500): Internal reference " + reference);
    EXPECT_THAT(lines, ElementsAre("reference " + reference + ": the cook was stabbed (Shop)"));
    EXPECT_EQ(status.data().size(), 1u);
    EXPECT_NE(shop.sell("number").data().at("reference"), reference);
    EXPECT_THAT(lines.back(), HasSubstr("no std::exception"));
}

TEST_F(StatusApiTest, APublicStatusHidesWhatAStatusWouldShow) {
    const Reason reason{.id = "disk_7", .text = "full", .data = {{"host", "db3"}}};
    EXPECT_EQ(malla::status(reason).text(), "disk_7 (500): full");

    const Status status = malla::public_status(reason);
    EXPECT_EQ(status.id(), "internal_error");
    EXPECT_THAT(lines, ElementsAre("reference " + status.data().at("reference") + ": disk_7 (500): full, host db3"));
    EXPECT_EQ(malla::public_status(Reason{.id = "field_missing", .argument = "x"}), (Status{"field_missing", "x"}));
}

TEST_F(StatusApiTest, APluginKnowsAnExceptionAndHidesTheOthersInItsOwnWay) {
    Shop<Exceptions> shop;

    EXPECT_EQ(shop.sell("number 9"), Status{"not_found"});
    EXPECT_EQ(shop.sell("knife"), (Status{"internal_error", "1"}));
    EXPECT_THAT(Exceptions::kept, ElementsAre("the cook was stabbed"));
    EXPECT_THAT(lines, IsEmpty());
}

TEST_F(StatusApiTest, APluginThatThrowsIsLoggedAndCountsAsNotThere) {
    Shop<ThrowsAlways> shop;

    const Status status = shop.sell("knife");
    EXPECT_EQ(status.id(), "internal_error");
    EXPECT_THAT(status.metadata(), IsEmpty());
    EXPECT_THAT(lines, ElementsAre("make_status failed: no make (Shop)", "public_status failed: no public (Shop)",
                                   "reference " + status.data().at("reference") + ": the cook was stabbed (Shop)",
                                   HasSubstr("status_metadata failed")));
    EXPECT_EQ(shop.sell("soup"), (Status{"sold_out", "soup"}));
}

TEST_F(StatusApiTest, ARefusalOfMetadataIsLoggedAndAddsNone) {
    Shop<RefusesMetadata> shop;

    EXPECT_EQ(shop.sell("salad"), Status{"gone"});
    EXPECT_THAT(lines, ElementsAre("status_metadata failed: forbidden (403): Forbidden (Shop)"));
}

TEST_F(StatusApiTest, AStatusThatIsMadeWhileOneIsMadeDoesNotPassThePluginsAgain) {
    Shop<Circular> shop;

    EXPECT_EQ(shop.sell("soup"), (Status{"sold_out", "soup"}.set_data("asked", "once")));
}

TEST_F(StatusApiTest, PluginsThatAreNotStartedAreNotAsked) {
    Shop<Exceptions, FailsToStart> shop;

    ASSERT_FALSE(shop.started);
    EXPECT_EQ(shop.started.error().id(), "internal_error");
    EXPECT_THAT(Exceptions::kept, IsEmpty());
    EXPECT_THAT(lines, ElementsAre(HasSubstr("cannot start"), HasSubstr("Shop failed: internal_error")));
}

TEST_F(StatusApiTest, APluginIsAskedFromWhenItJoinsUntilItLeaves) {
    Shop<> shop;
    ServiceHost host;
    host.offers = [] { return std::vector<OfferedPlugin>{{&plugin_type<ShopStatuses>, nullptr}}; };
    ASSERT_TRUE(shop.control().start(std::move(host), {.silent = true}));
    std::atomic<bool> enough = false;
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> askers;
    for (int i = 0; i < 2; ++i)
        askers.emplace_back([&] {
            const ServiceScope scope{shop};
            while (!enough) {
                const int code = malla::status("sold_out", "soup").code();
                if (code != 409 && code != 500) ++wrong;
            }
        });

    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(shop.control().add_plugin("ShopStatuses"));
        EXPECT_EQ(shop.sell("soup").code(), 409);
        ASSERT_TRUE(shop.control().remove_plugin("ShopStatuses"));
        EXPECT_EQ(shop.sell("soup").code(), 500);
    }
    enough = true;
    askers.clear();
    EXPECT_EQ(wrong, 0);
}

TEST_F(StatusApiTest, AThreadHasTheServiceOfItsInnermostScope) {
    Shop<> shop;
    Shop<ShopStatuses> other;
    EXPECT_EQ(current_service(), "");
    {
        const ServiceScope outer{shop};
        EXPECT_EQ(&require_service(), &shop);
        {
            const ServiceScope inner{other};
            EXPECT_EQ(&require_service(), &other);
        }
        EXPECT_EQ(&require_service(), &shop);
        std::thread{[] { EXPECT_EQ(current_service(), ""); }}.join();
    }
    EXPECT_EQ(current_service(), "");
}

TEST_F(StatusApiTest, ToRequireAServiceWhereThereIsNoneSaysWhatToDo) {
    try {
        static_cast<void>(require_service());
        FAIL() << "there is one";
    } catch (const Error& error) {
        EXPECT_EQ(error.status().id(), "service_missing");
        EXPECT_THAT(error.what(), HasSubstr("ServiceScope"));
    }
}

TEST_F(StatusApiTest, AHandlersStatusIsAnAnswerForWhoeverCalledFromOutside) {
    Shop<> shop;
    EXPECT_EQ(shop.sell("elsewhere").outcome(), Outcome::not_run);

    const auto from_outside = shop.call_exported<Sell>(nullptr, CallInfo{}, std::string{"elsewhere"});
    EXPECT_EQ(from_outside.error().id(), "service_not_available");
    EXPECT_EQ(from_outside.error().outcome(), Outcome::answered);
    EXPECT_EQ(*shop.call_exported<Sell>(nullptr, CallInfo{}, std::string{"tea"}), 1);
    ASSERT_TRUE(shop.control().set_admin_status(AdminStatus::pause));
    EXPECT_EQ(shop.call_exported<Sell>(nullptr, CallInfo{}, std::string{"tea"}).error().outcome(), Outcome::not_run);
}

} // namespace
} // namespace malla
