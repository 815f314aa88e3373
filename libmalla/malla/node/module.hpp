// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/node/manifest.hpp"

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string_view>

namespace malla {

/// Reads the manifest of a shared object from its file, without loading it. `manifest_invalid` when
/// there is none, `manifest_mismatch` when it was built for another malla.
[[nodiscard]] Result<Manifest> read_manifest(const std::filesystem::path& file);

/// The name in a manifest.
[[nodiscard]] std::string_view name_of(const Manifest& manifest) noexcept;

/// A loaded shared object, unloaded at the end of its life; what came from it must be gone by then.
class Module {
public:
    /// Checks the manifest, also that it is of one of these kinds, then loads. Code that passes the check is trusted.
    [[nodiscard]] static Result<Module> load(const std::filesystem::path& file,
                                             std::initializer_list<Manifest::Kind> wanted);

    /// The plugin that it holds, or null when it holds none.
    [[nodiscard]] const PluginType* plugin() const noexcept { return manifest_->plugin; }
    /// Makes finders, or null when it holds none.
    [[nodiscard]] Manifest::MakeFinder finder() const noexcept { return manifest_->finder; }
    /// Makes the service that it holds.
    [[nodiscard]] std::unique_ptr<Hosted> create() const { return std::unique_ptr<Hosted>{manifest_->create()}; }

    /// Keeps it loaded for the life of the program.
    void release() noexcept { [[maybe_unused]] const void* kept = handle_.release(); }

private:
    struct Close {
        void operator()(void* handle) const noexcept;
    };

    Module(void* handle, const Manifest* manifest) noexcept : handle_{handle}, manifest_{manifest} {}

    std::unique_ptr<void, Close> handle_;
    const Manifest* manifest_;
};

} // namespace malla
