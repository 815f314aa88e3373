// SPDX-License-Identifier: Apache-2.0
#include "malla/node/finders.hpp"

#include "malla/discovery/finder_url.hpp"
#include "malla/node/module.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace malla {

namespace {

using discovery::FinderFactory;
using discovery::FinderSource;

/// The file that holds libmalla: its own, or the program when it is linked in.
std::filesystem::path library_file() {
    Dl_info info{};
    return ::dladdr(reinterpret_cast<const void*>(&plugin_folders), &info) != 0 ? info.dli_fname : "";
}

Result<FinderFactory> load_finder(const std::filesystem::path& file, std::string_view scheme) {
    const auto manifest = read_manifest(file);
    if (manifest && manifest->kind == Manifest::Kind::finder && name_of(*manifest) != scheme)
        return Status{"manifest_invalid"}.set_info(file.string().append(" finds nodes by ").append(name_of(*manifest)) +
                                                   "://, not by " + std::string{scheme} + "://");
    auto module = Module::load(file, {Manifest::Kind::finder});
    if (!module) return std::move(module).error();
    // Shared, since a factory is copied and the code must outlive each finder.
    return FinderFactory{
        [kept = std::make_shared<Module>(*std::move(module))](std::string_view url) { return kept->finder()(url); }};
}

Result<FinderFactory> find_finder(const std::string& url, std::string_view scheme) {
    const std::string name = std::string{scheme}.append(".so");
    std::string looked_in;
    for (const auto& folder : plugin_folders()) {
        std::error_code error;
        if (std::filesystem::exists(folder / name, error)) return load_finder(folder / name, scheme);
        looked_in.append(looked_in.empty() ? "" : ", ").append(folder.string());
    }
    return discovery::bad_finder_url(url, "nobody finds nodes by " + std::string{scheme} + "://; " + name +
                                              " was looked for in " + looked_in);
}

} // namespace

std::vector<std::filesystem::path> plugin_folders() {
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    const auto library = std::filesystem::absolute(library_file(), error).parent_path();
    std::vector<std::filesystem::path> folders;
    for (const auto& folder :
         {program / ".." / "plugins", program / MALLA_PLUGINS_FROM_PROGRAMS, library / MALLA_PLUGINS_FROM_LIBRARY}) {
        auto normal = folder.lexically_normal();
        if (std::ranges::find(folders, normal) == folders.end()) folders.push_back(std::move(normal));
    }
    return folders;
}

Result<std::vector<FinderSource>> take_finders(std::vector<std::string>& peers,
                                               const std::map<std::string, FinderFactory, std::less<>>& linked_in) {
    std::vector<FinderSource> sources;
    std::vector<std::string> others;
    for (auto& peer : peers) {
        if (!discovery::is_finder_url(peer)) {
            others.push_back(std::move(peer));
            continue;
        }
        const auto scheme = std::string_view{peer}.substr(0, peer.find(':'));
        const auto known = linked_in.find(scheme);
        auto made = known != linked_in.end() ? Result<FinderFactory>{known->second} : find_finder(peer, scheme);
        if (!made) return std::move(made).error();
        sources.push_back({std::move(peer), *std::move(made)});
    }
    peers = std::move(others);
    return sources;
}

} // namespace malla
