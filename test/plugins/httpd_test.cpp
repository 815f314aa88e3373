// SPDX-License-Identifier: Apache-2.0
#include "http_client.hpp"
#include "malla/base/log.hpp"
#include "plugins/httpd/listener.hpp"
#include "support/barrier.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using namespace malla::plugins;
using namespace malla::test;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Barrier barrier;

struct Work : Callback<"work()", int()> {};
struct WebApi : Api<"Web", Work> {};

struct Greetings : Plugin {
    using Depends = malla::Depends<Httpd>;
    using Callbacks = malla::Callbacks<HttpdRequest>;

    Flow<HttpdRequest> on(HttpdRequest, const HttpRequest& request) {
        if (request.path != "/hello") return cont;
        return HttpAnswer{.body = "hello from " + std::string{request.listener}};
    }
};

struct Odd : Plugin {
    using Depends = malla::Depends<Httpd>;
    using Callbacks = malla::Callbacks<HttpdRequest>;

    Flow<HttpdRequest> on(HttpdRequest, const HttpRequest& request) {
        if (request.path == "/throw") throw std::runtime_error{"the secret"};
        if (request.path == "/status") return Status{"forbidden"};
        if (request.path == "/not run") return Status{"ok"};
        if (request.path == "/code") return HttpAnswer{.code = 1000};
        if (request.path == "/wait") barrier.pass();
        if (request.path != "/tell") return cont;
        std::string told = std::string{request.method} + ' ' + std::string{request.body};
        for (const auto& [name, value] : request.query) told.append(" ?" + name + '=' + value);
        for (const auto& [name, value] : request.headers)
            if (name.starts_with("X-") || name.starts_with("REMOTE")) told.append(" " + name + ':' + value);
        return HttpAnswer{.code = 201,
                          .body = told,
                          .content_type = "application/x-told",
                          .headers = {{"X-Answer", "yes"}, {"X-Bad", "a\r\nb"}, {"Content-Length", "1"}}};
    }
};

struct Web : Service<WebApi> {
    static constexpr bool silent = true;
    using Plugins = malla::Plugins<Greetings, Odd>;
    int on(Work) {
        barrier.pass();
        return 1;
    }
};

Json one(Json port = 0) { return Json::object({{"httpd", Json::object({{"port", std::move(port)}})}}); }
Json entry(std::string name, Json port = 0) {
    return Json::object({{"name", std::move(name)}, {"port", std::move(port)}});
}
Json many(std::initializer_list<Json> entries) { return Json::object({{"httpd", Json::array(entries)}}); }

struct HttpdTest : ::testing::Test {
    Node node{alone()};
    LiveService<Web>& start(const Json& config = one()) { return node.start<Web>({}, config); }
};

TEST_F(HttpdTest, WhatNobodyAnswersIsNotFound) {
    const auto port = port_of(start().plugin<Httpd>());
    EXPECT_EQ(get(port, "/nothing"), "404 Not found");
    EXPECT_EQ(get(port, "/hello"), "200 hello from default");
}

TEST_F(HttpdTest, AHandlerSeesTheRequestAndSaysAllOfTheAnswer) {
    const auto port = port_of(start().plugin<Httpd>());
    auto to = client(port);
    const auto answer = to.Post("/tell?a=1%202&b", {{"X-Asked", "so"}}, "body", "text/plain");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 201);
    EXPECT_EQ(answer->body, "POST body ?a=1 2 ?b= X-Asked:so");
    EXPECT_EQ(answer->get_header_value("Content-Type"), "application/x-told");
    EXPECT_EQ(answer->get_header_value("X-Answer"), "yes");
    EXPECT_FALSE(answer->has_header("X-Bad"));

    EXPECT_EQ(to.Put("/tell", "x", "text/plain")->body, "PUT x");
    EXPECT_EQ(to.Patch("/tell", "x", "text/plain")->body, "PATCH x");
    EXPECT_EQ(to.Delete("/tell")->body, "DELETE ");
    EXPECT_EQ(to.Options("/tell")->body, "OPTIONS ");
    EXPECT_EQ(to.Head("/tell")->get_header_value("Content-Length"), "5");
}

TEST_F(HttpdTest, AnswersWhileTheServiceIsBusy) {
    auto& web = start();
    const auto port = port_of(web.plugin<Httpd>());
    barrier.close();
    std::thread caller{[&] { EXPECT_EQ(web.call<Work>(), 1); }};
    EXPECT_TRUE(eventually([] { return barrier.inside() == 1; }));
    EXPECT_EQ(get(port, "/hello"), "200 hello from default");
    barrier.open();
    caller.join();
}

TEST_F(HttpdTest, AnswersManyAtOnce) {
    const auto port = port_of(start().plugin<Httpd>());
    barrier.close();
    std::vector<std::future<std::string>> waiting;
    for (int i = 0; i < 4; ++i) waiting.push_back(std::async(std::launch::async, [&] { return get(port, "/wait"); }));
    EXPECT_TRUE(eventually([] { return barrier.inside() == 4; }));
    EXPECT_EQ(get(port, "/hello"), "200 hello from default");
    barrier.open();
    for (auto& each : waiting) EXPECT_EQ(each.get(), "404 Not found");
}

TEST_F(HttpdTest, TheTextOfAnExceptionIsInTheLogOnly) {
    static std::mutex mutex;
    static std::string logged;
    logged.clear();
    const auto port = port_of(start().plugin<Httpd>());
    const LogSink before = set_log_sink([](LogLevel, std::string_view line) noexcept {
        const std::lock_guard lock{mutex};
        logged += line;
    });
    const std::string answer = get(port, "/throw");
    set_log_sink(before);
    EXPECT_THAT(answer, StartsWith("500 Internal reference "));
    const std::lock_guard lock{mutex};
    EXPECT_THAT(logged, HasSubstr("the secret"));
    EXPECT_THAT(logged, HasSubstr(answer.substr(answer.rfind(' ') + 1)));
}

TEST_F(HttpdTest, AStatusIsAnsweredByItsCode) {
    const auto port = port_of(start().plugin<Httpd>());
    EXPECT_EQ(get(port, "/status"), "403 Forbidden");
    EXPECT_EQ(get(port, "/not%20run"), "500 Success") << "no failure has the code 200";
    const LogSink before = set_log_sink([](LogLevel, std::string_view) noexcept {});
    EXPECT_EQ(get(port, "/code"), "500 Internal error");
    set_log_sink(before);
}

TEST_F(HttpdTest, AClientThatIsWrongIsToldSo) {
    const auto port = port_of(start().plugin<Httpd>());
    const auto reply = [&](std::string_view bytes) {
        const RawClient raw{port};
        raw.send(bytes);
        return raw.first_line();
    };
    EXPECT_EQ(reply("nonsense\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(reply("BREW /hello HTTP/1.1\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(reply("TRACE /hello HTTP/1.1\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(reply("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n\r\n"), "HTTP/1.1 414 URI Too Long");
    EXPECT_EQ(reply("GET /" + std::string(8000, 'a') + " HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found");
    const std::string parts = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nvalue\r\n--b--\r\n";
    EXPECT_EQ(reply("POST /tell HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: " +
                    std::to_string(parts.size()) + "\r\n\r\n" + parts),
              "HTTP/1.1 415 Unsupported Media Type");
    EXPECT_EQ(get(port, "/hello"), "200 hello from default") << "and it goes on";
}

TEST_F(HttpdTest, ABodyThatIsTooLargeIsAnsweredAlthoughNobodyReadsIt) {
    const auto port = port_of(start().plugin<Httpd>());
    const auto answer = client(port).Post("/tell", std::string(Listener::max_body_bytes + 1, 'x'), "text/plain");
    ASSERT_TRUE(answer) << httplib::to_string(answer.error());
    EXPECT_EQ(answer->status, 413);
    EXPECT_EQ(client(port).Post("/tell", std::string(100'000, 'x'), "text/plain")->body.size(), 100'005u);
}

TEST_F(HttpdTest, APostWithoutALengthHasNoBody) {
    const RawClient raw{port_of(start().plugin<Httpd>())};
    raw.send("POST /tell HTTP/1.1\r\n\r\n");
    EXPECT_EQ(raw.first_line(), "HTTP/1.1 201 Created");
}

TEST_F(HttpdTest, ARangeIsOfNoConcernToAHandler) {
    const auto port = port_of(start().plugin<Httpd>());
    const auto answer = client(port).Get("/hello", {{"Range", "bytes=0-1"}});
    EXPECT_EQ(answer->body, "hello from default");
    EXPECT_EQ(answer->status, 200);
}

TEST_F(HttpdTest, APortThatIsTakenFailsTheStart) {
    const auto port = port_of(start().plugin<Httpd>());
    struct OtherApi : Api<"Other"> {};
    struct Other : Service<OtherApi> {
        using Plugins = malla::Plugins<Httpd>;
    };
    const LogSink before = set_log_sink([](LogLevel, std::string_view) noexcept {});
    try {
        node.start<Other>({}, many({entry("a"), entry("b", port)}));
        FAIL() << "it started";
    } catch (const Error& error) {
        EXPECT_EQ(error.status().id(), "address_in_use");
        EXPECT_THAT(error.status().info(), HasSubstr(std::to_string(port)));
    }
    set_log_sink(before);
    EXPECT_EQ(get(port, "/hello"), "200 hello from default");
}

TEST_F(HttpdTest, AWrongConfigurationFailsTheStart) {
    const LogSink before = set_log_sink([](LogLevel, std::string_view) noexcept {});
    EXPECT_THROW(start(one(65536)), Error);
    set_log_sink(before);
}

TEST_F(HttpdTest, OnlyAListenerWhoseEntryChangesIsStartedAnew) {
    auto& web = start(many({entry("a"), entry("b")}));
    auto& httpd = web.plugin<Httpd>();
    const auto a = port_of(httpd, "a");
    const auto b = port_of(httpd, "b");
    const RawClient of_a{a}; // a connection that was not answered yet
    ASSERT_TRUE(of_a.connected());
    of_a.send("GET /hello HTTP/1.1\r\n");

    ASSERT_TRUE(web.control().reconfigure(many({entry("c"), entry("a")})));
    EXPECT_EQ(port_of(httpd, "a"), a);
    EXPECT_EQ(port_of(httpd, "b"), 0);
    EXPECT_THAT(get(b, "/hello"), StartsWith("Connection")) << "nobody listens there";
    EXPECT_EQ(get(port_of(httpd, "c"), "/hello"), "200 hello from c");
    of_a.send("\r\n");
    EXPECT_THAT(of_a.receive(), HasSubstr("hello from a"));

    ASSERT_TRUE(web.control().reconfigure(many({entry("a"), entry("b", b)})));
    EXPECT_EQ(get(b, "/hello"), "200 hello from b");
    ASSERT_TRUE(web.control().reconfigure(many({entry("a"), entry("named anew", b)}))) << "a port changes hands";
    EXPECT_EQ(get(b, "/hello"), "200 hello from named anew");
    ASSERT_TRUE(web.control().reconfigure(*Json::parse(R"({"other": 1})")));
    EXPECT_EQ(get(b, "/hello"), "200 hello from named anew");
    ASSERT_TRUE(web.control().reconfigure(many({})));
    EXPECT_TRUE(httpd.listeners().empty());
}

TEST_F(HttpdTest, AChangeThatFailsLeavesTheListenersWhereTheyWere) {
    auto& web = start(many({entry("a"), entry("b")}));
    auto& httpd = web.plugin<Httpd>();
    const auto a = port_of(httpd, "a");
    const auto b = port_of(httpd, "b");
    const RawClient taken{a};

    EXPECT_EQ(web.control().reconfigure(many({entry("b"), entry("new"), entry("c", b)})).error().id(),
              "address_in_use");
    EXPECT_EQ(port_of(httpd, "new"), 0);
    EXPECT_EQ(get(a, "/hello"), "200 hello from a");
    EXPECT_EQ(get(b, "/hello"), "200 hello from b");
    EXPECT_EQ(web.control().reconfigure(one(-1)).error().id(), "parameter_invalid");
    EXPECT_EQ(get(a, "/hello"), "200 hello from a");
    EXPECT_EQ(*web.control().config(), many({entry("a"), entry("b")}));
}

// The hook has the service to itself, and the handler of a closed listener waits for the service.
TEST_F(HttpdTest, AListenerIsClosedWithoutWaitingForWhatItHandles) {
    auto& web = start();
    const auto port = port_of(web.plugin<Httpd>());
    barrier.close();
    auto waiting = std::async(std::launch::async, [&] { return get(port, "/wait"); });
    EXPECT_TRUE(eventually([] { return barrier.inside() == 1; }));
    ASSERT_TRUE(web.control().reconfigure(many({entry("other")})));
    EXPECT_EQ(get(port_of(web.plugin<Httpd>(), "other"), "/hello"), "200 hello from other");
    barrier.open();
    EXPECT_EQ(waiting.get(), "404 Not found");
    ASSERT_TRUE(web.control().reconfigure(one()));
}

TEST_F(HttpdTest, AStopWaitsForWhatIsHandledAndNotForClientsThatSendNothing) {
    auto& web = start();
    const auto port = port_of(web.plugin<Httpd>());
    std::vector<std::unique_ptr<RawClient>> silent;
    for (int i = 0; i < 3; ++i) silent.push_back(std::make_unique<RawClient>(port));
    silent.front()->send("GET /hel");
    barrier.close();
    auto waiting = std::async(std::launch::async, [&] { return get(port, "/wait"); });
    EXPECT_TRUE(eventually([] { return barrier.inside() == 1; }));
    auto stopping =
        std::async(std::launch::async, [&] { return web.control().set_admin_status(AdminStatus::inactive); });
    EXPECT_TRUE(eventually([&] { return web.running_status() == RunningStatus::stopping; }));
    EXPECT_EQ(get(port, "/hello"), "503 Service 'Web' is not available");
    barrier.open();
    EXPECT_TRUE(stopping.get());
    EXPECT_EQ(waiting.get(), "404 Not found");
    for (const auto& each : silent) EXPECT_EQ(each->receive(), "");
    ASSERT_TRUE(web.control().set_admin_status(AdminStatus::active));
    EXPECT_EQ(get(port_of(web.plugin<Httpd>()), "/hello"), "200 hello from default");
}

TEST_F(HttpdTest, AnswersWhileTheServiceIsPaused) {
    auto& web = start();
    const auto port = port_of(web.plugin<Httpd>());
    ASSERT_TRUE(web.control().set_admin_status(AdminStatus::pause));
    EXPECT_EQ(get(port, "/hello"), "200 hello from default");
}

struct BareApi : Api<"Bare"> {};
struct Bare : Service<BareApi> {
    static constexpr bool silent = true;
};

TEST_F(HttpdTest, CanBeAddedToAServiceThatRunsAndRemovedWhileClientsAsk) {
    node.offer<Greetings>();
    auto& bare = node.start<Bare>();
    const std::uint16_t port = [&] { // one that nobody has now
        const auto listener =
            Listener::open({.name = "x", .port = 0}, 0, [](const HttpRequest&) { return HttpAnswer{}; });
        return (*listener)->port();
    }();
    ASSERT_TRUE(bare.control().add_plugin("Greetings", {}, one(port)));
    std::atomic<bool> ends = false;
    std::atomic<int> answered = 0;
    std::vector<std::thread> clients;
    for (int i = 0; i < 3; ++i)
        clients.emplace_back([&] {
            while (!ends)
                if (get(port, "/hello") == "200 hello from default") ++answered;
        });
    for (int round = 0; round < 5; ++round) {
        const int before = answered;
        EXPECT_TRUE(eventually([&] { return answered > before + 3; }, 60s));
        ASSERT_TRUE(bare.control().remove_plugin("Greetings"));
        const auto free = [&] { return get(port, "/hello").starts_with("Connection"); };
        EXPECT_TRUE(eventually(free, 60s));
        ASSERT_TRUE(bare.control().add_plugin("Greetings", {}, one(port)));
    }
    ends = true;
    for (auto& each : clients) each.join();
}

} // namespace
} // namespace malla
