// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/discovery/finder.hpp"
#include "malla/node/hosted.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace malla {

/// Something that finds nodes by URLs of its scheme. `make` says what is wrong with a URL, and starts nothing.
template <class F>
concept IsFinder = std::derived_from<F, discovery::Finder> && requires(std::string_view url) {
    { F::scheme } -> std::convertible_to<std::string_view>;
    { F::make(url) } -> std::same_as<Result<std::unique_ptr<discovery::Finder>>>;
};

/// What a shared object with a service, a plugin or a finder says of itself. It is read from the file before the file
/// is loaded, so that one that does not fit is refused without running any of its code.
///
/// Either becomes loadable by one line in one of its sources:
///
///     extern "C" constinit const malla::Manifest malla_manifest = malla::manifest<Calculator>();
struct Manifest {
    static constexpr std::size_t max_callbacks = 64;
    static constexpr std::size_t max_name = 127;
    static constexpr std::array<char, 8> expected_magic{'m', 'a', 'l', 'l', 'a', 's', 'o', '\n'};
    static constexpr std::uint32_t expected_format = 3;

    enum class Kind : std::uint32_t { service, plugin, finder };
    using MakeFinder = Result<std::unique_ptr<discovery::Finder>> (*)(std::string_view url);
    using Text = std::array<char, max_name + 1>;
    struct Callback {
        CallbackId id = 0;
        std::uint32_t size = 0;
        std::uint32_t alignment = 0;
    };

    std::array<char, 8> magic = expected_magic;
    std::uint32_t format = expected_format;
    std::uint32_t callback_count = 0;
    Kind kind = Kind::service;
    Text abi{};
    Text name{}; ///< of the service or the plugin; a finder's scheme
    std::array<Callback, max_callbacks> callbacks{};
    // One of the three. Never used before everything above was checked; not read from the file.
    Hosted* (*create)() = nullptr;      ///< makes the service
    const PluginType* plugin = nullptr; ///< or is the plugin
    MakeFinder finder = nullptr;        ///< or makes the finder
};

namespace detail {

constexpr Manifest::Text manifest_text(std::string_view text) {
    Manifest::Text copy{};
    for (std::size_t i = 0; i < text.size() && i < Manifest::max_name; ++i) copy[i] = text[i];
    return copy;
}

template <class C>
constexpr Manifest::Callback manifest_callback() {
    using Arguments = ArgumentsOf<C>;
    return {callback_id<C>(), sizeof(Arguments), alignof(Arguments)};
}

template <class... C>
constexpr std::array<Manifest::Callback, Manifest::max_callbacks> manifest_callbacks(TypeList<C...>) {
    static_assert(sizeof...(C) <= Manifest::max_callbacks, "a loadable service or plugin has at most 64 callbacks");
    return {manifest_callback<C>()...};
}

} // namespace detail

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MALLA_ABI_SANITIZER " sanitized"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MALLA_ABI_SANITIZER " sanitized"
#endif
#endif
#ifndef MALLA_ABI_SANITIZER
#define MALLA_ABI_SANITIZER ""
#endif
#define MALLA_ABI_TEXT_OF(x) #x
#define MALLA_ABI_TEXT(x) MALLA_ABI_TEXT_OF(x)

/// What must be equal on both sides for objects to be shared: the layout of this library's types
/// (a number that is raised with each change of it) and the standard library's.
inline constexpr std::string_view abi_tag =
    "malla-abi 4, libstdc++ " MALLA_ABI_TEXT(_GLIBCXX_RELEASE) ", cxx11 " MALLA_ABI_TEXT(
        _GLIBCXX_USE_CXX11_ABI) ", pointer " MALLA_ABI_TEXT(__SIZEOF_POINTER__) MALLA_ABI_SANITIZER;

#undef MALLA_ABI_TEXT
#undef MALLA_ABI_TEXT_OF
#undef MALLA_ABI_SANITIZER

/// The manifest of a service or a plugin, whose object is made by its default constructor, or of a finder.
template <class P>
constexpr Manifest manifest() {
    Manifest made;
    made.abi = detail::manifest_text(abi_tag);
    if constexpr (IsFinder<P>) {
        made.kind = Manifest::Kind::finder;
        made.name = detail::manifest_text(P::scheme);
        made.finder = &P::make;
    } else if constexpr (IsPlugin<P>) {
        made.kind = Manifest::Kind::plugin;
        static_assert(std::is_default_constructible_v<P>, "malla: a loadable plugin has a default constructor");
        using Parts = typename P::Callbacks::List;
        made.name = detail::manifest_text(type_name<P>());
        made.callbacks = detail::manifest_callbacks(Parts{});
        made.callback_count = static_cast<std::uint32_t>(Parts::size);
        made.plugin = &exporting_plugin_type<P>;
    } else {
        using Api = typename P::ApiType;
        made.name = detail::manifest_text(Api::name());
        made.callbacks = detail::manifest_callbacks(typename Api::Callbacks{});
        made.callback_count = static_cast<std::uint32_t>(Api::Callbacks::size);
        made.create = [] { return static_cast<Hosted*>(new HostedService<P>); };
    }
    return made;
}

/// The name of the ELF section that holds the manifest.
inline constexpr const char* manifest_section = ".malla_manifest";

} // namespace malla

/// Declared here so that the definition gets its section and stays visible.
extern "C" [[gnu::section(".malla_manifest"), gnu::visibility("default")]] const malla::Manifest malla_manifest;
