// SPDX-License-Identifier: Apache-2.0
// Calls a service of another language by a contract: prints what its callbacks give for the words given.
#include "malla/node/remote.hpp"

#include <iostream>
#include <string>
#include <vector>

namespace {

/// One word and where it was.
struct Word {
    std::string text;
    int place = 0;

    template <class Archive>
    void serialize(Archive& archive) {
        archive(malla::field("text", text), malla::field("place", place));
    }
};

struct Upper : malla::Callback<"upper(s)", std::string(std::string)> {};
struct Echo : malla::Callback<"echo(value)", std::vector<Word>(std::vector<Word>)> {};
struct TextApi : malla::Api<"Text", Upper, Echo> {};

} // namespace

int main(int argc, char** argv) try {
    malla::Node node{malla::options(argc, argv)};
    malla::Remote<TextApi> text{node};
    std::vector<Word> words;
    for (int i = 1; i < argc; ++i) words.push_back({text.call<Upper>(argv[i]), i});
    for (const Word& word : text.call<Echo>(words)) std::cout << word.place << ' ' << word.text << '\n';
    return 0;
} catch (const malla::Error& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(error.status().exit_code());
}
