// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_file.hpp"

#include "cli/support.hpp"

#include <gmock/gmock.h>

namespace malla::cli {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Optional;

struct ServeFile : testing::Test {
    Result<std::vector<ServedCommand>> read(std::string_view text, const std::string& name = "services.toml") {
        return read_serve_file(folder.write(name, text));
    }

    /// The sentence and the hint of what is wrong.
    std::string wrong(std::string_view text, const std::string& name = "services.toml") {
        const auto commands = read(text, name);
        if (commands) return "nothing";
        EXPECT_EQ(commands.error().exit_code(), ExitCode::usage);
        EXPECT_THAT(commands.error().info(), HasSubstr((folder.path() / name).string()));
        const auto hint = commands.error().data().find("hint");
        return commands.error().info() + "; " + (hint == commands.error().data().end() ? "" : hint->second);
    }

    TemporaryFolder folder;
};

TEST_F(ServeFile, HasATableForEachCallback) {
    const auto commands = read(R"(
        ["Text.upper"]
        exec = "tr a-z A-Z"
        workers = 4
        limit = "2s"
        ["Sales.Eu.count"]
        exec = "wc -w"
        json = true
        lines = true
    )");
    ASSERT_TRUE(commands) << commands.error().text();
    ASSERT_EQ(commands->size(), 2U);
    const auto& count = commands->at(0);
    EXPECT_EQ(count.target.service + ' ' + count.target.callback, "Sales.Eu count");
    EXPECT_EQ(count.command, "wc -w");
    EXPECT_TRUE(count.json && count.lines);
    EXPECT_EQ(count.workers, 1U);
    EXPECT_FALSE(count.limit);
    const auto& upper = commands->at(1);
    EXPECT_EQ(upper.target.service + ' ' + upper.target.callback, "Text upper");
    EXPECT_FALSE(upper.json || upper.lines);
    EXPECT_EQ(upper.workers, 4U);
    EXPECT_THAT(upper.limit, Optional(Clock::duration{2s}));
}

TEST_F(ServeFile, MayBeJson) {
    const auto commands = read(R"({"Text.upper":{"exec":"tr a-z A-Z","workers":2}})", "services.json");
    ASSERT_TRUE(commands) << commands.error().text();
    EXPECT_EQ(commands->front().command, "tr a-z A-Z");
    EXPECT_EQ(commands->front().workers, 2U);
}

TEST_F(ServeFile, NamesTheTableAndTheKeyOfAMistakeAndTheNearestName) {
    const std::string upper = "[\"Text.upper\"]\n";
    const auto says = [](const char* key, const char* what) {
        return AllOf(HasSubstr("[\"Text.upper\"], key '" + std::string{key} + "': "), HasSubstr(what));
    };
    EXPECT_THAT(wrong(upper + "exek = 'cat'"), says("exek", "did you mean 'exec'?"));
    EXPECT_THAT(wrong(upper + "exec = ''"), says("exec", "the command, as text"));
    EXPECT_THAT(wrong(upper + "exec = 'cat'\nlimit = '0s'"), says("limit", "a number and a unit"));
    EXPECT_THAT(wrong(upper + "exec = 'cat'\nworker = 2"), says("worker", "did you mean 'workers'?"));
    EXPECT_THAT(wrong(upper + "exec = 'cat'\nxyz = 2"), says("xyz", "exec, json, limit, lines and workers"));
    EXPECT_THAT(wrong(upper), says("exec", "required"));
    EXPECT_THAT(wrong(upper + "exec = 3"), says("exec", "3 is no text"));
    EXPECT_THAT(wrong(upper + "exec = 'cat'\nlines = 'yes'"), says("lines", "\"yes\" is neither"));
    EXPECT_THAT(wrong(upper + "exec = 'cat'\njson = 1"), says("json", "true or false"));
    EXPECT_THAT(wrong(upper + "exec = 'cat'\nlimit = '2 parsecs'"), says("limit", "'2 parsecs' is no duration"));
    EXPECT_THAT(wrong(upper + "exec = 'cat'\nlimit = 2"), says("limit", "2 is no text"));
    for (const char* workers : {"0", "-1", "1.5", "'2'"})
        EXPECT_THAT(wrong(upper + "exec = 'cat'\nworkers = " + workers), says("workers", "no whole number from 1"));
    EXPECT_THAT(wrong(upper + "exec = 'cat'\nworkers = 1025"), says("workers", "at most 1024"));
}

TEST_F(ServeFile, SaysHowATableIsNamed) {
    EXPECT_THAT(wrong("[Text]\nexec = 'cat'"),
                AllOf(HasSubstr("[\"Text\"] names no callback"), HasSubstr("Text.upper")));
    EXPECT_THAT(wrong("[Text.upper]\nexec = 'cat'"), HasSubstr("write [\"Text.upper\"], with quotes"));
    EXPECT_THAT(wrong("[\"" + std::string(129, 'x') + ".upper\"]\nexec = 'cat'"), HasSubstr("at most 128 bytes"));
    EXPECT_THAT(wrong("exec = 'cat'"), HasSubstr("[\"exec\"] is no table"));
}

TEST_F(ServeFile, SaysWhatIsThereTwiceAndOnWhichLine) {
    const std::string upper = "[\"Text.upper\"]\nexec = 'cat'\n";
    EXPECT_THAT(wrong(upper + upper), HasSubstr("line 3: [\"Text.upper\"] is there twice"));
    EXPECT_THAT(wrong(upper + "  exec = 'tac'"), HasSubstr("line 3: exec is there twice"));
}

TEST_F(ServeFile, ThatIsJsonGetsHintsInJson) {
    EXPECT_THAT(wrong(R"({"exec":"cat"})", "services.json"),
                AllOf(HasSubstr("is no table"), HasSubstr(R"("Text.upper": {"exec": "COMMAND"})")));
    EXPECT_THAT(wrong("{}", "services.json"), HasSubstr(R"({"SERVICE.CALLBACK": {"exec": "COMMAND"}})"));
}

TEST_F(ServeFile, IsNoFolder) {
    const auto folder_read = read_serve_file(folder.path());
    ASSERT_FALSE(folder_read);
    EXPECT_THAT(folder_read.error().info(), HasSubstr("it is a folder"));
}

TEST_F(ServeFile, CannotBeEmptyBrokenOrAbsent) {
    EXPECT_THAT(wrong("# nothing"), HasSubstr("has no table"));
    EXPECT_THAT(wrong("{}", "services.json"), HasSubstr("has no table"));
    EXPECT_THAT(wrong("[\"Text.upper\"]\nexec = cat"), HasSubstr("line 2"));
    EXPECT_THAT(wrong("[]", "services.json"), HasSubstr("no object"));
    const auto absent = read_serve_file(folder.path() / "absent.toml");
    ASSERT_FALSE(absent);
    EXPECT_THAT(absent.error().info(), HasSubstr("absent.toml: No such file"));
    EXPECT_EQ(absent.error().data().at("hint").find("TOML"), std::string::npos);
}

} // namespace
} // namespace malla::cli
