// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/node/hosted.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace malla {

/// What a shared object with a service says of itself. It is read from the file before the file is
/// loaded, so that one that does not fit is refused without running any of its code.
///
/// A service becomes loadable by one line in one of its sources:
///
///     extern "C" constinit const malla::Manifest malla_manifest = malla::manifest<Calculator>();
struct Manifest {
    static constexpr std::size_t max_callbacks = 64;
    static constexpr std::size_t max_name = 127;
    static constexpr std::array<char, 8> expected_magic{'m', 'a', 'l', 'l', 'a', 's', 'o', '\n'};
    static constexpr std::uint32_t expected_format = 1;

    using Text = std::array<char, max_name + 1>;
    struct Callback {
        std::uint64_t hash = 0; ///< of the callback's types, their sizes and alignments
        std::uint32_t size = 0;
        std::uint32_t alignment = 0;
    };

    std::array<char, 8> magic = expected_magic;
    std::uint32_t format = expected_format;
    std::uint32_t callback_count = 0;
    Text abi{};
    Text service{};
    std::array<Callback, max_callbacks> callbacks{};
    /// Makes the service. Never called before everything above was checked; not read from the file.
    Hosted* (*create)() = nullptr;
};

namespace detail {

constexpr Manifest::Text manifest_text(std::string_view text) {
    Manifest::Text copy{};
    for (std::size_t i = 0; i < text.size() && i < Manifest::max_name; ++i) copy[i] = text[i];
    return copy;
}

template <class T>
constexpr std::string_view pretty_name() {
    return __PRETTY_FUNCTION__;
}

/// 64-bit FNV-1a (Fowler, Noll and Vo, https://datatracker.ietf.org/doc/html/draft-eastlake-fnv).
constexpr std::uint64_t mix(std::uint64_t hash, std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

template <class C>
constexpr Manifest::Callback manifest_callback() {
    using Arguments = ArgumentsOf<C>;
    Manifest::Callback callback{mix(0xcbf29ce484222325, pretty_name<C>()), sizeof(Arguments), alignof(Arguments)};
    callback.hash = mix(callback.hash, pretty_name<ResultOf<C>>());
    return callback;
}

template <class... C>
constexpr std::array<Manifest::Callback, Manifest::max_callbacks> manifest_callbacks(TypeList<C...>) {
    static_assert(sizeof...(C) <= Manifest::max_callbacks, "a loadable service exports at most 64 callbacks");
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
    "malla-abi 1, libstdc++ " MALLA_ABI_TEXT(_GLIBCXX_RELEASE) ", cxx11 " MALLA_ABI_TEXT(
        _GLIBCXX_USE_CXX11_ABI) ", pointer " MALLA_ABI_TEXT(__SIZEOF_POINTER__) MALLA_ABI_SANITIZER;

#undef MALLA_ABI_TEXT
#undef MALLA_ABI_TEXT_OF
#undef MALLA_ABI_SANITIZER

/// The manifest of service `S`, whose object is made by its default constructor.
template <class S>
constexpr Manifest manifest() {
    using Api = typename S::ApiType;
    Manifest made;
    made.abi = detail::manifest_text(abi_tag);
    made.service = detail::manifest_text(Api::name());
    made.callbacks = detail::manifest_callbacks(typename Api::Callbacks{});
    made.callback_count = static_cast<std::uint32_t>(Api::Callbacks::size);
    made.create = [] { return static_cast<Hosted*>(new HostedService<S>); };
    return made;
}

/// The name of the ELF section that holds the manifest.
inline constexpr const char* manifest_section = ".malla_manifest";

} // namespace malla

/// Declared here so that the definition gets its section and stays visible.
extern "C" [[gnu::section(".malla_manifest"), gnu::visibility("default")]] const malla::Manifest malla_manifest;
