// SPDX-License-Identifier: Apache-2.0
#include "malla/service/trace.hpp"

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
using ::testing::StartsWith;

/// What was reported, as lines. Any thread.
class Heard {
public:
    void add(std::string line) {
        const std::lock_guard lock{mutex_};
        lines_.push_back(std::move(line));
    }
    std::vector<std::string> take() {
        const std::lock_guard lock{mutex_};
        return std::exchange(lines_, {});
    }

private:
    std::mutex mutex_;
    std::vector<std::string> lines_;
};
Heard heard;   // by the plugin
Heard logged;  // by the sink
Heard counted; // by the metric sink

std::string with(std::string text, const Labels& labels) {
    append_text(text, labels);
    return text;
}

std::string text_of(const trace::SpanEnd& end) {
    const std::string name{end.span.name};
    switch (end.outcome) {
    case trace::SpanOutcome::ok: return "end " + name;
    case trace::SpanOutcome::failed: return "end " + name + " failed: " + std::string{end.status->id()};
    case trace::SpanOutcome::thrown: return "end " + name + " thrown";
    }
    return "";
}

struct Shop : Callback<"shop()", std::string()> {};
struct Price : Callback<"price(item)", int(std::string)> {};
struct ShopApi : Api<"Shop", Shop, Price> {};

/// Sees everything, and leaves it to whoever is below.
struct Tracer : Plugin {
    using Callbacks = malla::Callbacks<trace::BeginSpan, trace::EndSpan, trace::UpdateSpan, trace::SetLabels,
                                       trace::SetGlobals, trace::RecordEvent, trace::RecordMetric, trace::WriteLog,
                                       trace::MarkError, trace::GetSpanInfo, trace::GetSpanContext>;

    Cont on(trace::BeginSpan, const trace::SpanStart& start) {
        heard.add(
            with("begin " + std::string{start.span.name} + " in " + std::string{start.span.service}, start.labels));
        return cont;
    }
    Cont on(trace::EndSpan, const trace::SpanEnd& end) {
        heard.add(text_of(end));
        return cont;
    }
    Cont on(trace::UpdateSpan, const trace::SpanView& span, const Labels& labels) {
        heard.add(with("update " + std::string{span.name}, labels));
        return cont;
    }
    Cont on(trace::SetLabels, const trace::SpanView& span, const Labels& labels) {
        heard.add(with("labels " + std::string{span.name}, labels));
        return cont;
    }
    Cont on(trace::SetGlobals, const Labels& labels) {
        heard.add(with("globals", labels));
        return cont;
    }
    Cont on(trace::RecordEvent, const trace::SpanView& span, std::string_view name, const Labels& labels) {
        heard.add(with("event " + std::string{span.name} + " " + std::string{name}, labels));
        return cont;
    }
    Cont on(trace::RecordMetric, const Metric& metric) {
        heard.add(with("metric " + std::string{metric.name} + " " + LabelValue{metric.value}.text(), metric.labels));
        return cont;
    }
    Cont on(trace::WriteLog, const trace::LogRecord& record) {
        heard.add(with("log " + std::string{record.span.name} + " " + std::string{record.text}, record.labels));
        last_line = record.where.line();
        return cont;
    }
    Cont on(trace::MarkError, const trace::SpanView& span, const Status& status) {
        heard.add("error " + std::string{span.name} + " " + std::string{status.id()});
        return cont;
    }
    Flow<trace::GetSpanInfo> on(trace::GetSpanInfo, const trace::SpanView& span) {
        return "info of " + std::string{span.name};
    }
    Flow<trace::GetSpanContext> on(trace::GetSpanContext, const trace::SpanView&) {
        if (context.empty()) return cont;
        return context;
    }

    static inline std::atomic<unsigned> last_line = 0;
    static inline std::string context;
};

/// Takes what would go to the sinks.
struct Backend : Plugin {
    using Callbacks = malla::Callbacks<trace::WriteLog, trace::RecordMetric, trace::BeginSpan, trace::EndSpan>;

    Flow<trace::WriteLog> on(trace::WriteLog, const trace::LogRecord& record) {
        heard.add("took " + std::string{record.text});
        if (record.text == "report") report();
        if (record.text == "throw") throw std::runtime_error{"a broken backend"};
        return answer;
    }
    Flow<trace::RecordMetric> on(trace::RecordMetric, const Metric& metric) {
        heard.add("took " + std::string{metric.name});
        return answer;
    }
    Flow<trace::BeginSpan> on(trace::BeginSpan, const trace::SpanStart&) { return answer; }
    Flow<trace::EndSpan> on(trace::EndSpan, const trace::SpanEnd&) { return answer; }

    static void report() {
        const Span span{"inside the backend"};
        trace::metric("inside");
        trace::error("inside the backend");
    }
};

int sell(const std::string& item) {
    Span span{"sell", {{"item", item}}};
    if (item == "nothing") span.fail(Status{"not_found", item});
    if (item == "bomb") throw std::runtime_error{"it went off"};
    return 3;
}

/// Whatever it finds in its chain hears of it.
template <class P>
struct ShopOf : Service<ShopApi> {
    using Plugins = malla::Plugins<P>;
    static constexpr bool concurrent = true;

    std::string on(Shop) {
        trace::globals({{"city", "Berlin"}});
        Span span{"open"};
        span.update({{"clerks", 2}});
        trace::labels({{"tidy", true}});
        trace::event("bell", {{"loud", true}});
        trace::info([] { return std::string{"a customer"}; }, {{"number", 1}});
        sell("bread");
        trace::metric("sold", 2, {{"item", "bread"}});
        (void)trace::error(Status{"conflict"});
        return trace::info_of_span();
    }
    int on(Price, std::string item) { return sell(item); }
};
struct Nothing : Plugin {};
using QuietShop = ShopOf<Nothing>;

/// Quiet sinks that tell what they got.
class TraceTest : public ::testing::Test {
protected:
    TraceTest() {
        for (Heard* each : {&heard, &logged, &counted}) each->take();
        Tracer::context.clear();
        before_ = set_log_sink([](LogLevel, std::string_view line) noexcept { logged.add(std::string{line}); },
                               LogLevel::info);
    }
    ~TraceTest() override {
        set_log_sink(before_);
        set_metric_sink(nullptr);
    }
    static void count() {
        set_metric_sink(
            [](const Metric& metric) noexcept { counted.add(with(std::string{metric.name}, metric.labels)); });
    }

private:
    LogSink before_;
};

template <class S>
Result<void> start(LiveService<S>& live) {
    ServiceHost host;
    host.offers = [] {
        return std::vector<OfferedPlugin>{{&plugin_type<Tracer>, nullptr}, {&plugin_type<Backend>, nullptr}};
    };
    return live.control().start(std::move(host), {.silent = true});
}

/// A service that was compiled with plugin `P`, or got it when it ran.
template <class P, bool Compiled>
class Watched {
public:
    Watched() {
        EXPECT_TRUE(start(live_));
        if constexpr (!Compiled) {
            EXPECT_TRUE(live_.control().add_plugin(type_name<P>()));
        }
    }
    ~Watched() { live_.control().stop(); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    auto* operator->() { return &live_; }

private:
    LiveService<std::conditional_t<Compiled, ShopOf<P>, QuietShop>> live_;
};

template <class Compiled>
class BothChains : public TraceTest {};
using CompiledOrChanged = ::testing::Types<std::true_type, std::false_type>;
TYPED_TEST_SUITE(BothChains, CompiledOrChanged);

TYPED_TEST(BothChains, APluginSeesEverythingThatIsReported) {
    Watched<Tracer, TypeParam::value> shop;

    EXPECT_EQ(shop->template call<Shop>(), "info of open");

    EXPECT_THAT(heard.take(),
                ElementsAre("globals city=Berlin", "begin open in Shop", "update open clerks=2",
                            "labels open tidy=true", "event open bell loud=true", "log open a customer number=1",
                            "begin sell in Shop item=bread", "end sell", "metric sold 2 item=bread",
                            "error open conflict", "end open failed: conflict"));
}

TYPED_TEST(BothChains, WhatAPluginOnlyObservesStillGoesToTheSinks) {
    this->count();
    Watched<Tracer, TypeParam::value> shop;

    shop->template call<Shop>();

    EXPECT_THAT(logged.take(), ElementsAre(StartsWith("a customer number=1 service=Shop trace=")));
    EXPECT_THAT(counted.take(), ElementsAre("malla.tracer.starts span_name=open", "malla.tracer.starts span_name=sell",
                                            "malla.tracer.stops span_name=sell result=ok", "sold item=bread",
                                            "malla.tracer.stops span_name=open result=conflict"));
}

TYPED_TEST(BothChains, APluginThatAnswersIsTheBackendInThePlaceOfTheSinks) {
    this->count();
    Watched<Backend, TypeParam::value> shop;

    shop->template call<Shop>();

    EXPECT_THAT(heard.take(), ElementsAre("took a customer", "took sold"));
    EXPECT_THAT(logged.take(), IsEmpty());
    EXPECT_THAT(counted.take(), IsEmpty());
}

TYPED_TEST(BothChains, ASpanAlwaysEndsWithItsOutcomeAndTheValueStaysTheSame) {
    Watched<Tracer, TypeParam::value> shop;

    EXPECT_EQ(shop->template call<Price>("bread"), 3);
    EXPECT_EQ(shop->template call<Price>("nothing"), 3);
    EXPECT_EQ(shop->template try_call<Price>("bomb").error().id(), "internal_error");

    EXPECT_THAT(heard.take(),
                ElementsAre("begin sell in Shop item=bread", "end sell", "begin sell in Shop item=nothing",
                            "error sell not_found", "end sell failed: not_found", "begin sell in Shop item=bomb",
                            "end sell thrown"));
}

TEST_F(TraceTest, ASpanWithinAnExceptionThatIsBeingHandledIsNotThrown) {
    Watched<Tracer, true> shop;
    const Frame frame{*shop.operator->(), nullptr, nullptr};
    struct AtTheEnd {
        ~AtTheEnd() { const Span span{"clean up"}; }
    };

    try {
        const Span span{"outer"};
        const AtTheEnd cleaner;
        throw std::runtime_error{"x"};
    } catch (const std::runtime_error&) {
        const Span span{"repair"};
    }

    EXPECT_THAT(heard.take(), ElementsAre("begin outer in Shop", "begin clean up in Shop", "end clean up",
                                          "end outer thrown", "begin repair in Shop", "end repair"));
}

TEST_F(TraceTest, LeavesTheChainWithItsPlugin) {
    Watched<Tracer, false> shop;
    ASSERT_TRUE(shop->control().remove_plugin(type_name<Tracer>()));

    EXPECT_EQ(shop->call<Shop>(), "");

    EXPECT_THAT(heard.take(), IsEmpty());
    EXPECT_THAT(logged.take(), ElementsAre(StartsWith("a customer number=1 service=Shop trace=")));
}

TEST_F(TraceTest, EverythingWorksOutsideOfAnyService) {
    count();
    {
        Span span{"main"};
        span.update({{"a", 1}});
        span.label({{"b", 2}});
        span.event("begun");
        trace::globals({{"c", 3}});
        trace::notice("a line", {{"d", 4}});
        trace::metric("things", 2, {{"e", 5}});
        EXPECT_EQ(trace::error(Status{"conflict"}), Status{"conflict"});
        EXPECT_EQ(trace::info_of_span(), "");
        EXPECT_EQ(Span::current(), &span);
    }
    EXPECT_EQ(Span::current(), nullptr);
    EXPECT_EQ(trace::error(Status{"not_found"}), Status{"not_found"});
    trace::update({{"a", 1}});
    trace::labels({{"b", 2}});
    trace::event("alone");

    EXPECT_THAT(logged.take(), ElementsAre(StartsWith("a line d=4 trace=")));
    EXPECT_THAT(counted.take(), ElementsAre("malla.tracer.starts span_name=main", "things e=5",
                                            "malla.tracer.stops span_name=main result=conflict"));
}

TEST_F(TraceTest, ATextIsBuiltOnlyWhenSomebodyTakesIt) {
    int built = 0;
    const auto text = [&] {
        ++built;
        return "line " + std::to_string(built);
    };
    set_log_sink([](LogLevel, std::string_view line) noexcept { logged.add(std::string{line}); }, LogLevel::warning);

    trace::debug(text);
    trace::info(text);
    trace::notice(text);
    EXPECT_EQ(built, 0);
    trace::warning(text);
    trace::error(text);
    EXPECT_THAT(logged.take(), ElementsAre("line 1", "line 2"));

    Watched<Backend, true> shop;
    const Frame frame{*shop.operator->(), nullptr, nullptr};
    trace::debug(text);
    EXPECT_THAT(heard.take(), ElementsAre("took line 3")) << "a plugin takes every level";
}

// Metrics and events have levels of their own, which the log has not.
TEST_F(TraceTest, EachLevelIsOneOfTheLogAndInItsOrder) {
    static std::vector<LogLevel> levels;
    levels.clear();
    set_log_sink([](LogLevel level, std::string_view) noexcept { levels.push_back(level); });

    trace::debug("d");
    trace::info("i");
    trace::notice("n");
    trace::warning("w");
    trace::error("e");

    using enum LogLevel;
    EXPECT_THAT(levels, ElementsAre(debug, info, notice, warning, error));
    levels.clear();
    for (int level = 1; level <= 7; ++level) levels.push_back(trace::log_level(static_cast<trace::Level>(level)));
    EXPECT_THAT(levels, ElementsAre(debug, debug, info, info, notice, warning, error));
}

TEST_F(TraceTest, LevelsBelowTheLeastOfTheFileAreGone) {
    bool built = false;
    const auto text = [&built] {
        built = true;
        return "x";
    };
    trace::notice<static_cast<int>(trace::Level::warning)>(text);
    EXPECT_FALSE(built);
    trace::warning<static_cast<int>(trace::Level::warning)>(text);
    EXPECT_TRUE(built);
}

TEST_F(TraceTest, ALineKnowsWhereItWasWritten) {
    Watched<Tracer, true> shop;
    const Frame frame{*shop.operator->(), nullptr, nullptr};

    trace::info("here");

    EXPECT_EQ(Tracer::last_line, static_cast<unsigned>(__LINE__ - 2));
}

TEST_F(TraceTest, WhatABackendReportsFromInsideGoesStraightToTheSinks) {
    count();
    Watched<Backend, true> shop;
    const Frame frame{*shop.operator->(), nullptr, nullptr};

    trace::info("report");

    EXPECT_THAT(heard.take(), ElementsAre("took report"));
    EXPECT_THAT(logged.take(), ElementsAre(StartsWith("inside the backend service=Shop")));
    EXPECT_THAT(counted.take(), ElementsAre("inside"));
}

TEST_F(TraceTest, ABackendThatThrowsLosesNoLineAndDisturbsNobody) {
    Watched<Backend, true> shop;
    const Frame frame{*shop.operator->(), nullptr, nullptr};

    trace::info("throw");
    trace::info("next");

    EXPECT_THAT(logged.take(), ElementsAre(HasSubstr("a broken backend"), StartsWith("throw service=Shop")));
    EXPECT_THAT(heard.take(), ElementsAre("took throw", "took next"));
}

TEST_F(TraceTest, SpansOfOneTraceAreNested) {
    const Span outer{"outer"};
    const Span inner{"inner"};

    EXPECT_EQ(inner.context().trace_id(), outer.context().trace_id());
    EXPECT_NE(inner.context().span, outer.context().span);
    EXPECT_EQ(trace::traceparent(), inner.context().traceparent());
    TraceContext::Text text;
    EXPECT_EQ(trace::traceparent(nullptr, text), inner.context().traceparent());
}

TEST_F(TraceTest, TheFirstSpanOfAThreadBeginsATrace) {
    EXPECT_EQ(trace::traceparent(), "");
    const TraceContext first = Span{"one"}.context();
    const TraceContext second = Span{"two"}.context();
    EXPECT_NE(first.trace_id(), second.trace_id());
}

constexpr std::string_view received = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

TEST_F(TraceTest, ASpanGoesOnWithTheTraceOfItsCall) {
    Watched<Tracer, true> shop;
    CallInfo info;
    info.traceparent = received;
    const Frame frame{*shop.operator->(), nullptr, &info};
    EXPECT_EQ(trace::traceparent(), received);

    const Span span{"work"};
    trace::info("line");

    EXPECT_EQ(span.context().trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_NE(span.context().span_id(), "00f067aa0ba902b7");
    EXPECT_EQ(span.context().flags, 0) << "nobody records this trace, and that travels too";
    EXPECT_THAT(logged.take(),
                ElementsAre(HasSubstr("trace=4bf92f3577b34da6a3ce929d0e0e4736 span=" + span.context().span_id())));
}

TEST_F(TraceTest, AContextThatIsNotWellFormedCountsForNothing) {
    LiveService<QuietShop> shop;
    CallInfo info;
    info.traceparent = "00-nonsense";
    const Frame frame{shop, nullptr, &info};

    const Span span{"work"};

    EXPECT_TRUE(span.context().is_valid());
}

TEST_F(TraceTest, ABackendSaysWhatTravelsWithCalls) {
    Watched<Tracer, true> shop;
    const Frame frame{*shop.operator->(), nullptr, nullptr};
    const Span span{"work"};

    Tracer::context = received;
    EXPECT_EQ(trace::traceparent(), received);
    Tracer::context = "nonsense";
    EXPECT_EQ(trace::traceparent(), span.context().traceparent());
}

TEST_F(TraceTest, ADetachedSpanEndsOnceOnAnyThread) {
    Watched<Tracer, true> shop;
    const Frame frame{*shop.operator->(), nullptr, nullptr};
    std::optional<trace::DetachedSpan> span;
    {
        const Span around{"around"};
        span.emplace("detached", Labels{{"a", 1}}, trace::SpanOrigin{trace::SpanKind::client, nullptr, {}});
        EXPECT_EQ(span->context().trace_id(), around.context().trace_id());
        EXPECT_EQ(Span::current(), &around) << "nothing becomes part of it by itself";
    }

    std::thread{[&] {
        span->fail(Status{"peer_lost"});
        span->end();
        span.reset();
    }}.join();

    EXPECT_THAT(heard.take(), ElementsAre("begin around in Shop", "begin detached in Shop a=1", "end around",
                                          "error detached peer_lost", "end detached failed: peer_lost"));
}

/// Holds a span for as long as it exists.
struct Holds : Plugin {
    using Depends = malla::Depends<Tracer>;
    void start(const Starting&) { span.emplace("held"); }
    std::optional<trace::DetachedSpan> span;
};

TEST_F(TraceTest, ASpanThatEndsWithItsServiceIsHeardOfNoMore) {
    {
        LiveService<ShopOf<Holds>> shop;
        ASSERT_TRUE(start(shop));
        shop.control().stop();
    }
    EXPECT_THAT(heard.take(), ElementsAre("begin held in Shop"));
}

TEST_F(TraceTest, ManyThreadsReportWhilePluginsComeAndGo) {
    LiveService<QuietShop> shop;
    ASSERT_TRUE(start(shop));
    std::atomic<bool> done = false;
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
        threads.emplace_back([&] {
            while (!done) EXPECT_EQ(shop.call<Price>("nothing"), 3);
        });
    for (int i = 0; i < 30; ++i) {
        ASSERT_TRUE(shop.control().add_plugin(type_name<Tracer>()));
        while (heard.take().empty()) std::this_thread::yield();
        ASSERT_TRUE(shop.control().remove_plugin(type_name<Tracer>()));
    }
    done = true;
    for (auto& thread : threads) thread.join();
    shop.control().stop();
}

} // namespace
} // namespace malla
