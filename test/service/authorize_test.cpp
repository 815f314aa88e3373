// SPDX-License-Identifier: Apache-2.0
#include "malla/service/authorize.hpp"

#include "malla/base/log.hpp"
#include "malla/service/live_service.hpp"

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace malla {
namespace {

std::string_view metadata(const CallInfo& call, std::string_view key) {
    for (const auto& [each, value] : call.metadata)
        if (each == key) return value;
    return {};
}

struct Read : Callback<"read(page)", std::string(std::string)> {};
struct Write : Callback<"write(page)", std::string(std::string)> {};
struct BookApi : Api<"Book", Read, Write> {};

/// Knows from a token who calls, and tells the handler.
struct Authentication : Plugin {
    using Callbacks = malla::Callbacks<HandleRequest>;

    Flow<HandleRequest> on(HandleRequest, const IncomingRequest& request) {
        const auto token = metadata(request.call, "token");
        if (token.empty()) return Status{"unauthorized"};
        if (token != "of anna" && token != "of ben") return Status{"token_invalid"};
        IncomingRequest known = request;
        std::erase_if(known.call.metadata, [](const auto& each) { return each.first == "user"; });
        known.call.metadata.emplace_back("user", token.substr(3));
        return cont_with(known);
    }
};

/// Lets only some users write. Stands below the one that knows them.
struct Writers : Plugin {
    using Callbacks = malla::Callbacks<HandleRequest>;

    Flow<HandleRequest> on(HandleRequest, const IncomingRequest& request) {
        if (request.callback == "write" && metadata(request.call, "user") != "anna") return Status{"forbidden"};
        return cont;
    }
};

/// Wants to know the reason of each change.
struct Validation : Plugin {
    using Callbacks = malla::Callbacks<HandleRequest>;

    Flow<HandleRequest> on(HandleRequest, const IncomingRequest& request) {
        if (request.callback == "write" && metadata(request.call, "reason").empty())
            return Status{"parameter_missing", "reason"};
        return cont;
    }
};

/// Takes so many calls from each node; the callers may try another instance.
struct Limit : Plugin {
    static constexpr int most = 3;
    using Callbacks = malla::Callbacks<HandleRequest>;

    Flow<HandleRequest> on(HandleRequest, const IncomingRequest& request) {
        if (++calls_[request.call.caller] > most) return Status{"busy", request.service};
        return cont;
    }

private:
    std::map<NodeId, int> calls_;
};

/// Decides page by page.
struct Pages : Plugin {
    using Callbacks = malla::Callbacks<Authorize>;

    Flow<Authorize> on(Authorize, const Access& access) {
        if (access.resource == "free") return answer;
        if (access.resource == "full") return Status{"busy", "Book"};
        if (access.resource == "torn") throw std::runtime_error{"torn out"};
        if (!access.call) return cont;
        if (access.scope == "write" && access.more->contains("locked")) return Status{"forbidden"};
        return access.call->caller_name == "stranger" ? Status{"unauthorized"} : Flow<Authorize>{cont};
    }
};

/// Has another opinion about the free page.
struct Closed : Plugin {
    using Callbacks = malla::Callbacks<Authorize>;
    Flow<Authorize> on(Authorize, const Access& access) {
        if (access.resource == "free") return Status{"forbidden"};
        return cont;
    }
};

template <class... P>
struct BookOf : Service<BookApi> {
    using Plugins = malla::Plugins<P...>;

    Result<std::string> on(Read, std::string page) {
        if (auto allowed = malla::authorize(page, "read"); !allowed) return std::move(allowed).error();
        const CallInfo* call = current_call();
        return page + " for " + std::string{call ? metadata(*call, "user") : "the program"};
    }
    Result<std::string> on(Write, std::string page) {
        const auto allowed = malla::authorize(page, "write", {{"locked", "yes"}});
        if (!allowed) return allowed.error();
        return page;
    }
};

template <class... P>
class Book : public LiveService<BookOf<P...>> {
public:
    Book() { EXPECT_TRUE(this->control().start({})); }

    /// What a call from outside gives, as its status or its result.
    template <class C>
    Result<std::string> ask(const CallInfo& info, std::string page = "1") {
        Result<std::string> result = std::string{};
        auto done = this->handle_request(callback_name<C>(), nullptr, info, [&](const CallInfo& call) -> Result<void> {
            result = this->template call_exported<C>(nullptr, call, page);
            if (!result) return result.error();
            return {};
        });
        if (!done) return std::move(done).error();
        return result;
    }
};

CallInfo with(std::vector<std::pair<std::string_view, std::string_view>> metadata) {
    CallInfo info;
    info.metadata = std::move(metadata);
    return info;
}

CallInfo from(std::string_view name) {
    CallInfo info;
    info.caller_name = name;
    return info;
}

TEST(Authorize, AllowsWhatNoPluginRefuses) {
    Book<> book;
    EXPECT_EQ(*book.ask<Read>({}), "1 for ");
    EXPECT_EQ(*book.ask<Write>({}), "1");
}

TEST(Authorize, APluginDecidesByResourceScopeAndCaller) {
    Book<Pages> book;
    EXPECT_TRUE(book.ask<Read>(from("friend")));
    EXPECT_EQ(book.ask<Read>(from("stranger")).error(), Status{"unauthorized"});
    EXPECT_EQ(book.ask<Write>(from("friend")).error(), Status{"forbidden"});
    EXPECT_EQ(book.call<Write>("1"), "1"); // the own program
}

TEST(Authorize, AnAnswerDecidesForThePluginsBelow) {
    EXPECT_EQ((Book<Pages, Closed>{}.call<Read>("free")), "free for the program");
    EXPECT_EQ((Book<Closed, Pages>{}.try_call<Read>("free").error()), Status{"forbidden"});
}

TEST(Authorize, ARefusalIsAnAnswerWhateverThePluginSays) {
    Book<Pages> book;
    const ServiceScope scope{book};
    EXPECT_EQ(malla::authorize("full", "read").error().id(), "busy");
    EXPECT_EQ(malla::authorize("full", "read").error().outcome(), Outcome::answered);
}

TEST(Authorize, APluginThatThrowsRefuses) {
    const LogSink before = set_log_sink([](LogLevel, std::string_view) noexcept {});
    Book<Pages> book;
    EXPECT_EQ(book.ask<Read>({}, "torn").error().id(), "internal_error");
    set_log_sink(before);
}

TEST(Authorize, NobodyIsAllowedAnythingWithoutAService) {
    EXPECT_EQ(malla::authorize("page", "read").error().id(), "service_missing");
}

TEST(HandleRequest, AuthenticatesTheCallerAndTellsTheHandler) {
    Book<Authentication> book;
    EXPECT_EQ(book.ask<Read>({}).error().text(), "unauthorized (401): Unauthorized");
    EXPECT_EQ(book.ask<Read>(with({{"token", "of a thief"}})).error().id(), "token_invalid");
    EXPECT_EQ(*book.ask<Read>(with({{"token", "of anna"}})), "1 for anna");
    EXPECT_EQ(*book.ask<Read>(with({{"user", "root"}, {"token", "of ben"}})), "1 for ben");
}

TEST(HandleRequest, IsAuthorisedForEachCallback) {
    Book<Authentication, Writers> book;
    EXPECT_TRUE(book.ask<Read>(with({{"token", "of ben"}})));
    EXPECT_EQ(book.ask<Write>(with({{"token", "of ben"}})).error(), Status{"forbidden"});
    EXPECT_EQ(book.ask<Write>(with({{"token", "of ben"}})).error().outcome(), Outcome::answered);
    EXPECT_TRUE(book.ask<Write>(with({{"token", "of anna"}})));
}

TEST(HandleRequest, IsValidatedBeforeItsHandler) {
    Book<Validation> book;
    EXPECT_TRUE(book.ask<Read>({}));
    EXPECT_EQ(book.ask<Write>({}).error(), (Status{"parameter_missing", "reason"}));
    EXPECT_TRUE(book.ask<Write>(with({{"reason", "a typo"}})));
}

TEST(HandleRequest, IsLimitedForEachCallerAndMayGoElsewhere) {
    Book<Limit> book;
    CallInfo one;
    one.caller = NodeId::random();
    CallInfo other;
    other.caller = NodeId::random();

    for (int i = 0; i < Limit::most; ++i) EXPECT_TRUE(book.ask<Read>(one)) << i;
    EXPECT_EQ(book.ask<Read>(one).error().id(), "busy");
    EXPECT_EQ(book.ask<Read>(one).error().outcome(), Outcome::not_run);
    EXPECT_TRUE(book.ask<Read>(other));
}

struct Guarded : Plugin {
    using Callbacks = malla::Callbacks<AuthorizeAdmin>;
    Flow<AuthorizeAdmin> on(AuthorizeAdmin, const AdminOperation& operation) {
        if (operation.name == "plugins") return cont;
        return Status{"forbidden"};
    }
};

TEST(AuthorizeAdmin, IsAskedWhateverTheStatusOfTheService) {
    LiveService<BookOf<Guarded>> book;
    EXPECT_EQ(authorize_admin(book, "set_status").error(), Status{"forbidden"});
    EXPECT_TRUE(authorize_admin(book, "plugins"));
    ASSERT_TRUE(book.control().start({}));
    EXPECT_EQ(authorize_admin(book, "set_status").error(), Status{"forbidden"});
    EXPECT_TRUE(authorize_admin(Book<>{}, "set_status"));
}

} // namespace
} // namespace malla
