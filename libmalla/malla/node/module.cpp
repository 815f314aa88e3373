// SPDX-License-Identifier: Apache-2.0
#include "malla/node/module.hpp"

#include <dlfcn.h>
#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace malla {

namespace {

/// An ELF file read at given places; each read outside the file fails.
class ElfFile {
public:
    explicit ElfFile(const std::filesystem::path& file) : stream_{file, std::ios::binary} {}

    [[nodiscard]] bool open() const { return stream_.is_open(); }

    template <class T>
    [[nodiscard]] std::optional<T> read(std::uint64_t offset) {
        T value;
        if (!read_bytes(offset, &value, sizeof value)) return std::nullopt;
        return value;
    }

    [[nodiscard]] std::optional<Elf64_Ehdr> header() {
        auto header = read<Elf64_Ehdr>(0);
        if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return std::nullopt;
        if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_type != ET_DYN) return std::nullopt;
        if (header->e_shentsize != sizeof(Elf64_Shdr) || header->e_shstrndx >= header->e_shnum) return std::nullopt;
        return header;
    }

    [[nodiscard]] std::optional<Elf64_Shdr> section(const Elf64_Ehdr& header, std::string_view name) {
        const auto names = read<Elf64_Shdr>(header.e_shoff + header.e_shstrndx * sizeof(Elf64_Shdr));
        if (!names) return std::nullopt;
        for (unsigned i = 0; i < header.e_shnum; ++i) {
            const auto section = read<Elf64_Shdr>(header.e_shoff + i * sizeof(Elf64_Shdr));
            if (section && section->sh_name < names->sh_size && has_text(names->sh_offset + section->sh_name, name))
                return section;
        }
        return std::nullopt;
    }

private:
    bool read_bytes(std::uint64_t offset, void* into, std::size_t size) {
        stream_.clear();
        stream_.seekg(static_cast<std::streamoff>(offset));
        stream_.read(static_cast<char*>(into), static_cast<std::streamsize>(size));
        return stream_.good();
    }

    bool has_text(std::uint64_t offset, std::string_view text) {
        std::string found(text.size() + 1, '\n');
        return read_bytes(offset, found.data(), found.size()) && found.starts_with(text) && found.back() == '\0';
    }

    std::ifstream stream_;
};

std::string_view text_of(const Manifest::Text& text) {
    return {text.data(), static_cast<std::size_t>(std::ranges::find(text, '\0') - text.begin())};
}

Status invalid(const std::filesystem::path& file, std::string_view reason) {
    return Status{"manifest_invalid", file.string().append(": ").append(reason)};
}

std::string_view name_of(Manifest::Kind kind) {
    using enum Manifest::Kind;
    return kind == service ? "service" : kind == plugin ? "plugin" : "finder of nodes";
}

Result<Manifest> checked(const Manifest& manifest, const std::filesystem::path& file) {
    if (manifest.magic != Manifest::expected_magic) return invalid(file, "its manifest is damaged");
    const auto mismatch = [&](const std::string& theirs, std::string_view ours) {
        return Status{"manifest_mismatch", file.string() + " has " + theirs + ", this program has " +
                                               std::string{ours} + "; build it again"};
    };
    if (manifest.format != Manifest::expected_format)
        return mismatch("manifest format " + std::to_string(manifest.format),
                        "format " + std::to_string(Manifest::expected_format));
    if (text_of(manifest.abi) != abi_tag) return mismatch(std::string{text_of(manifest.abi)}, abi_tag);
    if (manifest.callback_count > Manifest::max_callbacks || text_of(manifest.name).empty() ||
        manifest.kind > Manifest::Kind::finder)
        return invalid(file, "its manifest is damaged");
    return manifest;
}

} // namespace

Result<Manifest> read_manifest(const std::filesystem::path& file) {
    ElfFile elf{file};
    if (std::error_code error; !elf.open() || !std::filesystem::is_regular_file(file, error))
        return invalid(file, "cannot be read; name a shared object that exists");
    const auto header = elf.header();
    if (!header) return invalid(file, "is no shared object of this kind of machine");
    const auto section = elf.section(*header, manifest_section);
    if (!section) return invalid(file, "has no malla manifest; define malla_manifest in it");
    if (section->sh_size < sizeof(Manifest)) return invalid(file, "its manifest is damaged");
    auto manifest = elf.read<Manifest>(section->sh_offset);
    if (!manifest) return invalid(file, "its manifest is damaged");
    manifest->create = nullptr; // what the file holds there is no address
    manifest->plugin = nullptr;
    manifest->finder = nullptr;
    return checked(*manifest, file);
}

void Module::Close::operator()(void* handle) const noexcept { ::dlclose(handle); }

std::string_view name_of(const Manifest& manifest) noexcept { return text_of(manifest.name); }

Result<Module> Module::load(const std::filesystem::path& file, std::initializer_list<Manifest::Kind> wanted) {
    const auto read = read_manifest(file);
    if (!read) return read.error();
    if (std::ranges::find(wanted, read->kind) == wanted.end())
        return Status{"manifest_invalid"}.set_info(file.string() + " holds a " + std::string{name_of(read->kind)} +
                                                   ", not a " + std::string{name_of(*wanted.begin())});
    void* handle = ::dlopen(std::filesystem::absolute(file).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) return invalid(file, std::string{"cannot be loaded: "} + ::dlerror());
    const auto* manifest = static_cast<const Manifest*>(::dlsym(handle, "malla_manifest"));
    Module module{handle, manifest};
    if (!manifest || (!manifest->create && !manifest->plugin && !manifest->finder))
        return invalid(file, "has no malla manifest; define malla_manifest in it");
    return module;
}

} // namespace malla
