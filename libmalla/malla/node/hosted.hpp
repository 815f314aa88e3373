// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/codec/call.hpp"
#include "malla/codec/signature.hpp"
#include "malla/node/callback_types.hpp"
#include "malla/node/outgoing_stream.hpp"
#include "malla/service/live_service.hpp"
#include "malla/wire/call.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace malla {

/// Who can call a service.
enum class Reach : std::uint8_t {
    mesh,  ///< whoever finds it in the directory
    named, ///< whoever names its node: every node that hosts has one, so none is announced
    local, ///< its own program
};

/// A service as its node sees it: callbacks by name, arguments and results as bytes.
///
/// The node calls `start` before and `stop` after all others; `run` comes from any thread.
class Hosted {
public:
    struct Callback {
        std::string name;
        std::string description; ///< JSON: parameter names and the schemas of parameters and result
        bool idempotent = false;
        bool stream = false; ///< gives many values: `open`, not `run`
        /// Fingerprint of its types, when it reads binary bodies; 0: it is called with JSON only.
        std::uint64_t types = 0;
    };

    explicit Hosted(std::vector<Callback> callbacks, Reach reach = Reach::mesh)
        : callbacks_{std::move(callbacks)}, reach_{reach} {}
    virtual ~Hosted() = default;
    Hosted(const Hosted&) = delete;
    Hosted& operator=(const Hosted&) = delete;

    [[nodiscard]] virtual ServiceCore& core() noexcept = 0;
    /// Null for a service without plugins.
    [[nodiscard]] virtual ServiceControl* control() noexcept { return nullptr; }
    [[nodiscard]] virtual Result<void> start(ServiceHost host) = 0;
    virtual void stop() noexcept = 0;

    /// Decodes `body`, calls the callback at that position of `callbacks`, and appends the encoded
    /// result to `out`. The caller has passed the door and holds `gate`, if the service has one.
    [[nodiscard]] virtual Result<void> run(std::size_t callback, wire::Content content, std::string_view body,
                                           Gate* gate, const CallInfo& info, std::string& out) = 0;

    /// As `run`, for a callback that gives a stream.
    [[nodiscard]] virtual Result<std::unique_ptr<OutgoingStream>>
    open(std::size_t callback, [[maybe_unused]] wire::Content content, [[maybe_unused]] std::string_view body,
         [[maybe_unused]] Gate* gate, [[maybe_unused]] const CallInfo& info) {
        return Status{"not_implemented", "Callback '" + callbacks_[callback].name + "' gives no stream"};
    }

    /// As `run`, for a callback that a plugin brought.
    [[nodiscard]] virtual Result<void> run_exported(std::string_view callback, wire::Content content,
                                                    std::string_view body, Gate* gate, const CallInfo& info,
                                                    std::string& out) {
        if (ServiceControl* by = control())
            return by->run_exported(callback, content == wire::Content::json, body, gate, info, out);
        return Status{"request_op_unknown", callback};
    }

    [[nodiscard]] const std::vector<Callback>& callbacks() const noexcept { return callbacks_; }
    [[nodiscard]] Reach reach() const noexcept { return reach_; }

private:
    std::vector<Callback> callbacks_;
    Reach reach_;
};

/// The codec of one callback's arguments and result.
template <class C, class Arguments = ArgumentsOf<C>>
struct CallbackCodec;

template <class C, class... Arguments>
struct CallbackCodec<C, std::tuple<Arguments...>> {
    static_assert(
        (codec::Serialisable<Arguments> && ...),
        "malla: a parameter type of this callback cannot be sent: give it a serialize function with named fields");
    static_assert(
        std::is_void_v<ResultOf<C>> || codec::Serialisable<ValueOf<ResultOf<C>>>,
        "malla: the result type of this callback cannot be sent: give it a serialize function with named fields");

    using Tuple = std::tuple<Arguments...>;
    using Value = ValueOf<ResultOf<C>>;

    static void encode_arguments(std::string& out, const Arguments&... arguments) {
        codec::encode_arguments_binary(out, arguments...);
    }
    static Result<Tuple> decode_arguments(wire::Content content, std::string_view body) {
        if (content == wire::Content::binary) return codec::decode_arguments_binary<Arguments...>(body);
        return codec::decode_arguments_json<Arguments...>(body, parameter_names<C>());
    }
    /// Of a stream, one value.
    static Result<Value> decode_result(std::string_view body) { return codec::decode_result_binary<Value>(body); }
    static Result<void> encode_result(wire::Content content, const Result<Value>& result, std::string& out) {
        if constexpr (std::is_void_v<Value>) {
            if (content == wire::Content::json) out += "null";
            return {};
        } else {
            if (content == wire::Content::json) return codec::encode_result_json(out, *result);
            codec::encode_result_binary(out, *result);
            return {};
        }
    }
    static std::string description() { return *described().dump(); }
    /// What a caller means by it.
    static const CallbackTypes& types() {
        static const CallbackTypes all{description(), codec::type_fingerprint(described()), &arguments_to_json,
                                       &result_to_binary};
        return all;
    }

    /// JSON text of what is binary; empty when it cannot be read.
    static std::string arguments_text(std::string_view body) {
        auto text = arguments_to_json(body);
        return text ? *std::move(text) : std::string{};
    }
    static std::string result_text(std::string_view body) {
        const auto result = decode_result(body);
        std::string text;
        return result && encode_result(wire::Content::json, result, text) ? text : std::string{};
    }

private:
    static Json described() {
        return codec::describe_callback<Value, Arguments...>(parameter_names<C>(), is_idempotent<C>,
                                                             is_stream<ResultOf<C>>);
    }
    static Result<std::string> arguments_to_json(std::string_view binary) {
        auto arguments = codec::decode_arguments_binary<Arguments...>(binary);
        if (!arguments) return std::move(arguments).error();
        std::string json;
        auto written =
            std::apply([&](const auto&... each) { return codec::encode_arguments_json(json, each...); }, *arguments);
        if (!written) return std::move(written).error();
        return json;
    }
    static Result<std::string> result_to_binary(std::string_view json) {
        auto result = codec::decode_result_json<Value>(json);
        if (!result) return std::move(result).error();
        std::string binary;
        if constexpr (!std::is_void_v<Value>) codec::encode_result_binary(binary, *result);
        return binary;
    }
};

namespace detail {

template <class C>
Result<void> run_exported(const LiveLink* first, bool json, std::string_view body, std::string& out) {
    using Codec = CallbackCodec<C>;
    const auto content = json ? wire::Content::json : wire::Content::binary;
    auto arguments = Codec::decode_arguments(content, body);
    if (!arguments) return std::move(arguments).error();
    auto result = std::apply(
        [&](auto&... each) {
            return reinterpret_cast<typename Next<C>::Run>(first->run)(const_cast<LiveLink*>(first),
                                                                       std::move(each)...);
        },
        *arguments);
    if (!result) return answered(std::move(result).error());
    return Codec::encode_result(content, result, out);
}

template <class List>
struct ExportsOf;
template <class... C>
struct ExportsOf<TypeList<C...>> {
    static_assert((!is_stream<ResultOf<C>> && ...),
                  "malla: a plugin exports a callback that gives a stream: put it into the Api of the service");
    static constexpr std::array<ExportedCallback, sizeof...(C)> value{
        ExportedCallback{live_callback<C>, is_idempotent<C>, &CallbackCodec<C>::description, &run_exported<C>}...};
};

} // namespace detail

/// The type of a plugin that is added at run time, with what it exports.
template <IsPlugin P>
inline constexpr PluginType exporting_plugin_type{plugin_type<P>.info, plugin_type<P>.hooks,
                                                  detail::ExportsOf<typename P::Exports::List>::value,
                                                  plugin_type<P>.make};

/// The stream that a handler gave for callback `C`.
template <class C>
class TypedOutgoingStream final : public OutgoingStream {
public:
    TypedOutgoingStream(StreamHold hold, ResultOf<C> stream, wire::Content content)
        : hold_{std::move(hold)}, stream_{std::move(stream)}, content_{content} {}

    [[nodiscard]] Result<bool> next(Gate* gate, const CallInfo& info, std::string& out) override {
        auto value = hold_.next(stream_, gate, &info);
        if (!value) return std::move(value).error();
        if (!*value) return false;
        const auto encoded = CallbackCodec<C>::encode_result(content_, **std::move(value), out);
        if (!encoded) return encoded.error();
        return true;
    }

private:
    StreamHold hold_;
    ResultOf<C> stream_; ///< destroyed before the plugin whose code it is
    wire::Content content_;
};

/// Hosts `S`, whose exported callbacks are exactly those of its Api.
template <class S>
class HostedService final : public Hosted {
public:
    explicit HostedService(S service = {}, Reach reach = is_local<S> ? Reach::local : Reach::mesh)
        : Hosted{describe(), reach}, live_{std::move(service)} {}

    [[nodiscard]] LiveService<S>& live() noexcept { return live_; }
    [[nodiscard]] ServiceCore& core() noexcept override { return live_; }
    [[nodiscard]] ServiceControl* control() noexcept override { return &live_.control(); }
    [[nodiscard]] Result<void> start(ServiceHost host) override {
        return live_.control().start(std::move(host), start_options<S>);
    }
    void stop() noexcept override { live_.control().stop(); }

    [[nodiscard]] Result<void> run(std::size_t callback, wire::Content content, std::string_view body, Gate* gate,
                                   const CallInfo& info, std::string& out) override {
        const std::size_t header = out.size();
        return live_.handle_request(
            Hosted::callbacks()[callback].name, gate, info,
            [&](const CallInfo& call) { return runs[callback](live_, content, body, gate, call, out); },
            [&] { return sent(content, body, std::string_view{out}.substr(header), readers[callback]); });
    }
    [[nodiscard]] Result<std::unique_ptr<OutgoingStream>> open(std::size_t callback, wire::Content content,
                                                               std::string_view body, Gate* gate,
                                                               const CallInfo& info) override {
        std::unique_ptr<OutgoingStream> stream;
        auto opened = live_.handle_request(
            Hosted::callbacks()[callback].name, gate, info,
            [&](const CallInfo& call) -> Result<void> {
                auto made = opens[callback](live_, content, body, gate, call);
                if (!made) return std::move(made).error();
                stream = *std::move(made);
                return {};
            },
            [&] { return sent(content, body, {}, readers[callback]); });
        if (!opened) return std::move(opened).error();
        if (!stream) return Status{"not_implemented", "A plugin answered the request without a stream"};
        return stream;
    }
    [[nodiscard]] Result<void> run_exported(std::string_view callback, wire::Content content, std::string_view body,
                                            Gate* gate, const CallInfo& info, std::string& out) override {
        const std::size_t header = out.size();
        return live_.handle_request(
            callback, gate, info,
            [&](const CallInfo& call) { return Hosted::run_exported(callback, content, body, gate, call, out); },
            [&] { return sent(content, body, std::string_view{out}.substr(header), {}); });
    }

private:
    using Run = Result<void> (*)(LiveService<S>&, wire::Content, std::string_view, Gate*, const CallInfo&,
                                 std::string&);
    using Open = Result<std::unique_ptr<OutgoingStream>> (*)(LiveService<S>&, wire::Content, std::string_view, Gate*,
                                                             const CallInfo&);

    template <class C>
        requires is_stream<ResultOf<C>>
    static Result<void> run_one(LiveService<S>&, wire::Content, std::string_view, Gate*, const CallInfo&,
                                std::string&) {
        return Status{"stream_required", C::name()};
    }
    template <class C>
        requires(!is_stream<ResultOf<C>>)
    static Result<void> run_one(LiveService<S>& live, wire::Content content, std::string_view body, Gate* gate,
                                const CallInfo& info, std::string& out) {
        using Codec = CallbackCodec<C>;
        auto arguments = Codec::decode_arguments(content, body);
        if (!arguments) return std::move(arguments).error();
        auto result = std::apply(
            [&](auto&... each) { return live.template call_exported<C>(gate, info, std::move(each)...); }, *arguments);
        if (!result) return std::move(result).error();
        return Codec::encode_result(content, result, out);
    }

    template <class C>
    static Result<std::unique_ptr<OutgoingStream>> open_one(LiveService<S>& live, wire::Content content,
                                                            std::string_view body, Gate* gate, const CallInfo& info) {
        auto arguments = CallbackCodec<C>::decode_arguments(content, body);
        if (!arguments) return std::move(arguments).error();
        const Pins::Pin pin{live.pins()};
        StreamHold hold{live, live.control()};
        auto stream = std::apply(
            [&](auto&... each) { return live.template call_exported<C>(gate, info, std::move(each)...); }, *arguments);
        if (!stream) return std::move(stream).error();
        if (auto kept = hold.keep(); !kept) return std::move(kept).error();
        return std::unique_ptr<OutgoingStream>{
            std::make_unique<TypedOutgoingStream<C>>(std::move(hold), *std::move(stream), content)};
    }
    template <class C>
    static constexpr Open open_of() {
        if constexpr (is_stream<ResultOf<C>>) return &open_one<C>;
        else return nullptr;
    }

    struct Reader {
        SentCall::Read arguments = nullptr;
        SentCall::Read result = nullptr;
    };
    static SentCall sent(wire::Content content, std::string_view body, std::string_view result, const Reader& reader) {
        return {content == wire::Content::json, body, result, reader.arguments, reader.result};
    }

    template <class>
    struct Table;
    template <class... C>
    struct Table<TypeList<C...>> {
        static constexpr std::array<Run, sizeof...(C)> runs{&run_one<C>...};
        static constexpr std::array<Open, sizeof...(C)> opens{open_of<C>()...};
        static constexpr std::array<Reader, sizeof...(C)> readers{
            Reader{&CallbackCodec<C>::arguments_text, &CallbackCodec<C>::result_text}...};
        static std::vector<Callback> describe() {
            return {Callback{std::string{callback_name<C>()}, CallbackCodec<C>::description(), is_idempotent<C>,
                             is_stream<ResultOf<C>>, CallbackCodec<C>::types().fingerprint}...};
        }
    };
    using Exported = Table<typename S::ApiType::Callbacks>;

    static std::vector<Callback> describe() { return Exported::describe(); }
    static constexpr auto& runs = Exported::runs;
    static constexpr auto& opens = Exported::opens;
    static constexpr auto& readers = Exported::readers;

    LiveService<S> live_;
};

} // namespace malla
