// SPDX-License-Identifier: Apache-2.0
// Credentials as people keep them: in files.
#include "malla/transport/credentials.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

namespace malla::transport {

namespace {

constexpr std::string_view public_word = "public";
constexpr std::string_view secret_word = "secret";

Status in_file(const std::string& file, const Status& status) {
    const auto reason = status.data().find("reason");
    return credentials_invalid(file + ": " + (reason == status.data().end() ? status.info() : reason->second));
}

template <class Visit>
Result<void> for_each_line(std::string_view text, Visit visit) {
    std::istringstream in{std::string{text}};
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        if (line.starts_with('#')) continue; // no key does
        std::istringstream fields{line};
        std::vector<std::string> words{std::istream_iterator<std::string>{fields}, {}};
        if (words.empty()) continue;
        if (auto fault = visit(std::move(words)); !fault.empty())
            return credentials_invalid("line " + std::to_string(number) + ": " + fault);
    }
    return {};
}

} // namespace

std::string key_file_text(const KeyPair& keys) {
    std::string text = "# A Malla key pair. The secret key is to stay on this machine.\n";
    text.append(public_word).append(" ").append(keys.public_key).append("\n");
    return text.append(secret_word).append(" ").append(keys.secret_key).append("\n");
}

Result<KeyPair> read_key_file(std::string_view text) {
    KeyPair keys;
    auto read = for_each_line(text, [&](std::vector<std::string> words) -> std::string {
        const bool known = words.size() == 2 && (words[0] == public_word || words[0] == secret_word);
        if (!known || !is_key(words[1])) return "write 'public KEY' or 'secret KEY', a key having 40 characters";
        (words[0] == public_word ? keys.public_key : keys.secret_key) = std::move(words[1]);
        return {};
    });
    if (!read) return std::move(read).error();
    if (keys.secret_key.empty())
        return credentials_invalid("there is no line 'secret KEY'; `malla keygen FILE` makes such a file");
    const std::string belonging = public_key_of(keys.secret_key);
    if (keys.public_key.empty()) keys.public_key = belonging;
    if (keys.public_key != belonging) return credentials_invalid("the public key does not belong to the secret one");
    return keys;
}

Result<std::vector<AllowedKey>> read_allowed_keys(std::string_view text) {
    std::vector<AllowedKey> allowed;
    auto read = for_each_line(text, [&](std::vector<std::string> words) -> std::string {
        const bool admin = words.size() > 1 && words.back() == "admin";
        if (admin) words.pop_back();
        if (words.size() > 2 || !is_key(words[0])) return "write 'KEY [NAME] [admin]', a key having 40 characters";
        const auto same = [&](const AllowedKey& each) { return each.key == words[0]; };
        if (std::ranges::any_of(allowed, same)) return "this key has a line already";
        std::string name = words.size() == 2 ? std::move(words[1]) : words[0];
        allowed.push_back({std::move(words[0]), {std::move(name), admin}});
        return {};
    });
    if (!read) return std::move(read).error();
    return allowed;
}

namespace {

template <class Read>
auto read_file(const std::string& file, Read read) -> decltype(read(std::string_view{})) {
    std::ifstream in{file, std::ios::binary};
    if (!in) return credentials_invalid(file + " cannot be read");
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    auto result = read(std::string_view{text});
    if (!result) return in_file(file, result.error());
    return result;
}

Result<std::vector<AllowedKey>> allowed_of(const CredentialFiles& files) {
    if (files.allow.empty()) return std::vector<AllowedKey>{};
    return read_file(files.allow, read_allowed_keys);
}

} // namespace

Result<std::shared_ptr<Credentials>> load_credentials(const CredentialFiles& files) {
    if (!files.secret.empty() && !files.key.empty())
        return Status{"usage", "Both the secret " + files.secret + " and the key " + files.key + " are named"}.set_data(
            "hint", "a node has one of the two: look at --secret-file, --key-file, their variables and the context");
    if (!files.allow.empty() && files.key.empty())
        return credentials_invalid("a list of allowed keys goes with a key file");
    if (!files.secret.empty()) return read_file(files.secret, Credentials::of_cluster);
    if (files.key.empty()) return std::shared_ptr<Credentials>{};
    auto keys = read_file(files.key, read_key_file);
    if (!keys) return std::move(keys).error();
    auto allowed = allowed_of(files);
    if (!allowed) return std::move(allowed).error();
    return Credentials::of_node(*std::move(keys), *allowed);
}

Result<void> reload_allowed(Credentials& credentials, const CredentialFiles& files) {
    if (files.allow.empty()) return {};
    const auto allowed = allowed_of(files);
    if (!allowed) return allowed.error();
    credentials.allow(*allowed);
    return {};
}

} // namespace malla::transport
