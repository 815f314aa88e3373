// SPDX-License-Identifier: Apache-2.0
#include "malla/service/trace.hpp"

#include "malla/node/remote.hpp"
#include "node/nodes.hpp"
#include "support/eventually.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <latch>
#include <mutex>
#include <string>
#include <vector>

namespace malla {
namespace {

using namespace std::chrono_literals;
using test::alone;
using test::joined_to;
using ::testing::ElementsAre;

struct HeardSpan {
    std::string name;
    std::string service;
    trace::SpanKind kind;
    TraceContext context;
    TraceContext parent;
    std::string labels;
    std::string end;
};

/// The spans and metrics of a test. Any thread.
class Heard {
public:
    void begin(const trace::SpanStart& start) {
        std::string labels;
        append_text(labels, start.labels);
        const std::lock_guard lock{mutex_};
        spans_.push_back({std::string{start.span.name}, std::string{start.span.service}, start.kind, start.span.context,
                          start.parent, labels, "not ended"});
    }
    void end(const trace::SpanEnd& end) {
        const std::lock_guard lock{mutex_};
        const auto known = std::ranges::find(spans_, end.span.context, &HeardSpan::context);
        if (known != spans_.end()) known->end = end.status ? end.status->id() : "ok";
    }
    void count(const Metric& metric) {
        const auto* duration = std::get_if<std::int64_t>(&metric.labels.find("duration_us")->kinds());
        std::string line = std::string{metric.name} + " by " + std::string{metric.service} + ":";
        for (const auto* key : {"service", "op", "result"}) line.append(" ").append(metric.labels.find(key)->text());
        const std::lock_guard lock{mutex_};
        metrics_.push_back(line + (duration && *duration >= 0 ? "" : " without a duration"));
    }
    std::vector<HeardSpan> spans() {
        const std::lock_guard lock{mutex_};
        return spans_;
    }
    std::vector<std::string> metrics() {
        const std::lock_guard lock{mutex_};
        return metrics_;
    }
    void forget() {
        const std::lock_guard lock{mutex_};
        spans_.clear();
        metrics_.clear();
    }

private:
    std::mutex mutex_;
    std::vector<HeardSpan> spans_;
    std::vector<std::string> metrics_;
};
Heard heard;

struct Tracer : Plugin {
    using Callbacks = malla::Callbacks<trace::BeginSpan, trace::EndSpan>;
    Cont on(trace::BeginSpan, const trace::SpanStart& start) {
        heard.begin(start);
        return cont;
    }
    Cont on(trace::EndSpan, const trace::SpanEnd& end) {
        heard.end(end);
        return cont;
    }
};
struct Quiet : Plugin {};

struct Ask : Callback<"ask(depth)", std::string(int)> {};
struct FirstApi : Api<"First", Ask> {};
struct SecondApi : Api<"Second", Ask> {};
struct ThirdApi : Api<"Third", Ask> {};

/// Asks the next service, and the last one gives the context that it was called with.
template <class OwnApi, class NextApi, class P>
struct Asks : Service<OwnApi> {
    using Plugins = malla::Plugins<P>;
    explicit Asks(Node& node) : next{node} {}
    Remote<NextApi> next;
    Result<std::string> on(Ask, int depth) {
        if (depth < 0) return Status{"parameter_invalid", "depth"};
        if (depth == 0) return std::string{current_call()->traceparent};
        return next.template try_call<Ask>(depth - 1);
    }
};

struct Hold : Callback<"hold()", int()> {};
struct HoldApi : Api<"Hold", Hold> {};
struct Holder : Service<HoldApi> {
    explicit Holder(std::shared_ptr<std::latch> when_begun) : begun{std::move(when_begun)} {}
    int on(Hold) {
        begun->count_down();
        std::mutex mutex;
        std::unique_lock lock{mutex};
        std::condition_variable_any never;
        never.wait(lock, current_call()->cancelled, [] { return false; });
        return 0;
    }
    std::shared_ptr<std::latch> begun;
};

class NodeTrace : public ::testing::Test {
protected:
    NodeTrace() { heard.forget(); }
    ~NodeTrace() override { set_metric_sink(nullptr); }

    static void count_requests() {
        set_metric_sink([](const Metric& metric) noexcept {
            if (metric.name.starts_with("malla.request.")) heard.count(metric);
        });
    }

    Node one{alone("one")};
    Node two{joined_to(one, "two")};
    Node three{joined_to(one, "three")};
    Node client{joined_to(one, "client")};
};

TEST_F(NodeTrace, OneCallAcrossThreeNodesIsOneTrace) {
    one.start(Asks<FirstApi, SecondApi, Tracer>{one});
    two.start(Asks<SecondApi, ThirdApi, Tracer>{two});
    three.start(Asks<ThirdApi, FirstApi, Tracer>{three});

    const std::string last = Remote<FirstApi>{client}.call<Ask>(2);

    const auto spans = heard.spans();
    ASSERT_EQ(spans.size(), 5u);
    for (std::size_t i = 0; i < spans.size(); ++i) {
        EXPECT_EQ(spans[i].name, i % 2 == 0 ? "request-in" : "request-out");
        EXPECT_EQ(spans[i].kind, i % 2 == 0 ? trace::SpanKind::server : trace::SpanKind::client);
        EXPECT_EQ(spans[i].context.trace_id(), spans[0].context.trace_id());
        EXPECT_EQ(spans[i].parent, i > 0 ? spans[i - 1].context : TraceContext{}) << i;
        EXPECT_EQ(spans[i].end, "ok");
    }
    EXPECT_EQ(spans[0].labels, " service=First operation=ask caller=client");
    EXPECT_EQ(spans[1].labels, " service=Second operation=ask");
    EXPECT_EQ(spans[1].service, "First");
    EXPECT_EQ(last, spans[3].context.traceparent()) << "what the last handler is told";
}

TEST_F(NodeTrace, ANodeWhereNobodyHearsCarriesTheContextOn) {
    one.start(Asks<FirstApi, SecondApi, Tracer>{one});
    two.start(Asks<SecondApi, ThirdApi, Quiet>{two});
    three.start(Asks<ThirdApi, FirstApi, Tracer>{three});

    Remote<FirstApi>{client}.call<Ask>(2);

    const auto spans = heard.spans();
    ASSERT_EQ(spans.size(), 3u);
    EXPECT_EQ(spans[2].service, "Third");
    EXPECT_EQ(spans[2].parent, spans[1].context);
}

TEST_F(NodeTrace, ACallBelongsToTheSpanAroundIt) {
    one.start(Asks<FirstApi, SecondApi, Quiet>{one});
    const Span span{"main"};

    EXPECT_EQ(Remote<FirstApi>{client}.call<Ask>(0), span.context().traceparent());
    EXPECT_EQ(*Remote<FirstApi>{client}.async<Ask>(0).get(), span.context().traceparent());
    EXPECT_EQ(Remote<FirstApi>{one}.call<Ask>(0), span.context().traceparent()) << "also within one node";
}

TEST_F(NodeTrace, ACallBelongsToTheTraceThatItsOptionsName) {
    one.start(Asks<FirstApi, SecondApi, Quiet>{one});
    const Span span{"main"};
    const TraceContext from_elsewhere = TraceContext::new_trace();
    CallOptions options = within(10s);
    options.traceparent = from_elsewhere.traceparent();

    EXPECT_EQ(Remote<FirstApi>{client}.call<Ask>(options, 0), options.traceparent);
    EXPECT_EQ(*Remote<FirstApi>{client}.async<Ask>(options, 0).get(), options.traceparent);
    EXPECT_EQ(Remote<FirstApi>{one}.call<Ask>(options, 0), options.traceparent) << "also within one node";
    count_requests();
    const auto under_it = TraceContext::parse(Remote<FirstApi>{client}.call<Ask>(options, 0));
    ASSERT_TRUE(under_it);
    EXPECT_EQ(under_it->trace_id(), from_elsewhere.trace_id()) << "also when the call has a span of its own";
    set_metric_sink(nullptr);
    const std::string of_a_later_version = "01" + options.traceparent.substr(2) + '-' + std::string(300, 'x');
    const std::string known_of_it = options.traceparent;
    options.traceparent = of_a_later_version;
    EXPECT_EQ(Remote<FirstApi>{client}.call<Ask>(options, 0), known_of_it);
    options.traceparent = "nonsense";
    EXPECT_EQ(Remote<FirstApi>{client}.call<Ask>(options, 0), span.context().traceparent());
}

TEST_F(NodeTrace, NothingTravelsWhenNobodyHears) {
    one.start(Asks<FirstApi, SecondApi, Quiet>{one});

    EXPECT_EQ(Remote<FirstApi>{client}.call<Ask>(0), "");
    EXPECT_EQ(Remote<FirstApi>{one}.call<Ask>(0), "");
}

TEST_F(NodeTrace, CallsOfServicesOfOneNodeAreTracedAlike) {
    one.start(Asks<FirstApi, SecondApi, Tracer>{one});
    one.start(Asks<SecondApi, ThirdApi, Tracer>{one});

    Remote<FirstApi>{one}.call<Ask>(1);

    const auto spans = heard.spans();
    ASSERT_EQ(spans.size(), 3u);
    EXPECT_EQ(spans[1].parent, spans[0].context);
    EXPECT_EQ(spans[2].parent, spans[1].context);
    EXPECT_EQ(spans[2].labels, " service=Second operation=ask caller=one");
}

TEST_F(NodeTrace, BothSidesMeasureEachCallWithItsResult) {
    one.start(Asks<FirstApi, SecondApi, Quiet>{one});
    two.start(Asks<SecondApi, ThirdApi, Quiet>{two});
    ASSERT_TRUE(client.wait_for("First", Deadline::in(10s)));
    count_requests();

    Remote<FirstApi>{client}.call<Ask>(1);

    EXPECT_THAT(heard.metrics(),
                ElementsAre("malla.request.in by Second: Second ask ok", "malla.request.out by First: Second ask ok",
                            "malla.request.in by First: First ask ok", "malla.request.out by : First ask ok"));
    heard.forget();
    EXPECT_FALSE(Remote<FirstApi>{client}.try_call<Ask>(-1));
    EXPECT_THAT(heard.metrics(), ElementsAre("malla.request.in by First: First ask parameter_invalid",
                                             "malla.request.out by : First ask parameter_invalid"));
}

TEST_F(NodeTrace, ACallThatNobodyTakesEndsItsSpanToo) {
    one.start(Asks<FirstApi, SecondApi, Tracer>{one});
    count_requests();

    EXPECT_FALSE(Remote<FirstApi>{client}.try_call<Ask>(within(1s), 1));

    ASSERT_TRUE(test::eventually([] { return heard.spans().size() == 2 && heard.spans()[1].end != "not ended"; }));
    EXPECT_EQ(heard.spans()[1].name, "request-out");
    EXPECT_EQ(heard.spans()[1].end, "service_not_available");
}

TEST_F(NodeTrace, AFutureThatIsLostEndsItsSpanAsCancelled) {
    auto begun = std::make_shared<std::latch>(1);
    one.start(Holder{begun});
    ASSERT_TRUE(client.wait_for("Hold", Deadline::in(10s)));
    count_requests();
    {
        auto future = Remote<HoldApi>{client}.async<Hold>();
        begun->wait();
    }
    EXPECT_THAT(heard.metrics(), ::testing::Contains("malla.request.out by : Hold hold cancelled"));
    one.stop();
}

TEST_F(NodeTrace, APluginThatIsAddedHearsOfTheCallsFromThenOn) {
    auto& first = one.start(Asks<FirstApi, SecondApi, Quiet>{one});
    one.offer<Tracer>();
    Remote<FirstApi>{client}.call<Ask>(0);
    EXPECT_TRUE(heard.spans().empty());

    ASSERT_TRUE(first.control().add_plugin(type_name<Tracer>()));
    const std::string carried = Remote<FirstApi>{client}.call<Ask>(0);
    ASSERT_TRUE(first.control().remove_plugin(type_name<Tracer>()));
    Remote<FirstApi>{client}.call<Ask>(0);

    EXPECT_EQ(heard.spans().size(), 1u);
    EXPECT_EQ(carried, "") << "the handler is told what the caller sent";
}

} // namespace
} // namespace malla
