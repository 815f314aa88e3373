// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include "cli/context_files.hpp"
#include "cli/support.hpp"

#include <gmock/gmock.h>

#include <pwd.h>
#include <unistd.h>

namespace malla::cli {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::Optional;

const Environment nothing = environment_of({{"HOME", "/nonexistent"}});

Result<Invocation> read(std::vector<std::string> words, const Environment& environment = nothing) {
    return read_command_line(words, environment);
}

CallCommand call_of(std::vector<std::string> words) {
    auto invocation = read(std::move(words));
    EXPECT_TRUE(invocation) << (invocation ? "" : invocation.error().text());
    return invocation ? std::get<CallCommand>(invocation->command) : CallCommand{};
}

std::string hint_of(const Status& status) {
    const auto found = status.data().find("hint");
    return found == status.data().end() ? "" : found->second;
}

Status error_of(std::vector<std::string> words, const Environment& environment = nothing) {
    auto invocation = read(std::move(words), environment);
    EXPECT_FALSE(invocation);
    if (invocation) return Status{"ok"};
    EXPECT_EQ(invocation.error().exit_code(), ExitCode::usage);
    EXPECT_NE(hint_of(invocation.error()), "") << invocation.error().text();
    return invocation.error();
}

TEST(CommandLine, KeepsEveryArgumentAsTheShellGaveIt) {
    const std::vector<std::string> words{
        "[]",
        R"([1,"a,b"])",
        "[[1],[2]]",
        "{}",
        "++",
        "-3",
        "",
        "ä€😀",
        std::string(1 << 20, '['),
        "%%",
        "a b",
        "a\nb",
        "--words",
        "-x",
        "ls",
        "=",
        "call",
        "[a,b]",
        "+",
        "-",
        "--=",
        "/x",
        "-3.5",
        "-1e",
        "\"",
        "\x1f\x1e",
        "--all=1",
    };
    for (const auto& word : words) {
        EXPECT_THAT(call_of({"call", "Echo.text", word}).arguments.words, ElementsAre(word));
        EXPECT_THAT(call_of({"call", "Echo.text", "a", word, word}).arguments.words, ElementsAre("a", word, word));
    }
}

TEST(CommandLine, TakesEveryWordBehindTwoDashesAsAnArgument) {
    for (const std::string word : {"-j", "--help", "--timeout", "-v", "--keep-going", "-3", "[1]"}) {
        const auto call = call_of({"call", "Echo.text", "--", word});
        EXPECT_THAT(call.arguments.words, ElementsAre("--", word));
        EXPECT_THAT(call.arguments.separator,
                    Optional(0U)); // to be left out where the callback wants one argument only
    }
    const auto call = call_of({"call", "Echo.text", "--", "--"});
    EXPECT_THAT(call.arguments.words, ElementsAre("--", "--"));
    EXPECT_THAT(call.arguments.separator, Optional(0U));
}

TEST(CommandLine, TakesTwoDashesAloneAsAnArgument) {
    EXPECT_THAT(call_of({"call", "Echo.text", "--"}).arguments.words, ElementsAre("--"));
}

TEST(CommandLine, ReadsStandardInputOnlyForASingleDash) {
    EXPECT_TRUE(call_of({"call", "Echo.text", "-"}).from_input);
    EXPECT_FALSE(call_of({"call", "Echo.text", "-", "a"}).from_input);
    EXPECT_FALSE(call_of({"call", "Echo.text", "--", "-"}).from_input);
    EXPECT_FALSE(call_of({"call", "Echo.text"}).from_input);
}

TEST(CommandLine, TakesTheOptionsOfCallBeforeAndBehindTheName) {
    const std::vector<std::vector<std::string>> lines{
        {"call", "Calculator.square", "-", "-j", "64", "--keep-going"},
        {"call", "-j64", "--keep-going", "Calculator.square", "-"},
        {"call", "Calculator.square", "-j64", "-", "--keep-going"},
        {"--timeout", "2s", "call", "--keep-going", "Calculator.square", "-j", "64", "-"},
    };
    for (const auto& line : lines) {
        const auto call = call_of(line);
        EXPECT_EQ(call.target.service, "Calculator");
        EXPECT_EQ(call.target.callback, "square");
        EXPECT_THAT(call.arguments.words, ElementsAre("-"));
        EXPECT_EQ(call.in_flight, 64U);
        EXPECT_TRUE(call.keep_going);
    }
}

TEST(CommandLine, RefusesTheOptionsOfAStreamForASingleCall) {
    for (const char* option : {"-j4", "--unordered", "--keep-going", "--null", "--from-line=2", "--progress"}) {
        EXPECT_THAT(hint_of(error_of({"call", "Echo.text", option, "a"})), HasSubstr("- as the only argument"));
        EXPECT_TRUE(read({"call", "Echo.text", option, "-"})) << option;
    }
}

TEST(CommandLine, SaysWhereAWrongValueIsFrom) {
    const auto variable = environment_of({{"HOME", "/nonexistent"}, {"MALLA_TIMEOUT", "soon"}});
    EXPECT_THAT(error_of({"ls"}, variable).text(), HasSubstr("MALLA_TIMEOUT: 'soon'"));
    EXPECT_THAT(error_of({"ls", "--timeout", "late"}, variable).text(), HasSubstr("--timeout: 'late'"));
    EXPECT_TRUE(read({"ls", "--timeout", "1s"}, variable));
    const TemporaryFolder home;
    home.write("malla/contexts/slow.toml", "timeout = 'never'\n");
    const auto context = environment_of({{"XDG_CONFIG_HOME", home.path().string()}});
    EXPECT_THAT(error_of({"ls", "--context", "slow"}, context).text(), HasSubstr("slow.toml: timeout: 'never'"));
}

TEST(CommandLine, TakesACallbackBehindTheLastDot) {
    const auto call = call_of({"call", "Sales.Eu.Order.create"});
    EXPECT_EQ(call.target.service, "Sales.Eu.Order");
    EXPECT_EQ(call.target.callback, "create");
    for (const std::string name : {"Echo", "Echo.", ".text", ".", ""}) error_of({"call", name});
}

TEST(CommandLine, RefusesWhatItDoesNotKnowWithTheNearestName) {
    EXPECT_THAT(hint_of(error_of({"cal", "Echo.text"})), HasSubstr("'call'"));
    EXPECT_THAT(hint_of(error_of({"Echo.text", "hello"})), HasSubstr("malla call Echo.text"));
    EXPECT_THAT(hint_of(error_of({"call", "--keep-gong", "Echo.text"})), HasSubstr("'--keep-going'"));
    EXPECT_THAT(hint_of(error_of({"ls", "--fromat", "json"})), HasSubstr("'--format'"));
    EXPECT_THAT(hint_of(error_of({"--brokr", "x", "ls"})), HasSubstr("'--broker'"));
    EXPECT_THAT(error_of({"call", "-3", "Echo.text"}).info(), HasSubstr("'-3'"));
}

TEST(CommandLine, RefusesWhatIsIncomplete) {
    error_of({});
    error_of({"call"});
    error_of({"info"});
    error_of({"run"});
    error_of({"serve", "Text.upper"});
    error_of({"ls", "too", "much"});
    EXPECT_THAT(error_of({"call", "Echo.text", "-", "-j"}).info(), HasSubstr("-j"));
    EXPECT_THAT(error_of({"call", "Echo.text", "-", "-j", "many"}).info(), HasSubstr("many"));
    error_of({"call", "Echo.text", "-", "-j", "0"});
    error_of({"call", "Echo.text", "-", "-j", "9999999999"});
    error_of({"ls", "--timeout", "5"});
    error_of({"ls", "--insecure=yes"});
    EXPECT_THAT(hint_of(error_of({"ls", "--format", "xml"})), HasSubstr("raw"));
    EXPECT_THAT(hint_of(error_of({"call", "Echo.text", "-", "-j", "0"})), HasSubstr("-j 8"));
    EXPECT_THAT(hint_of(error_of({"watch", ">.a"})), HasSubstr("orders.>"));
}

TEST(CommandLine, FindsTheContextsOfAUserWithoutHome) {
    const passwd* user = ::getpwuid(::getuid());
    ASSERT_NE(user, nullptr);
    EXPECT_EQ(contexts_folder(environment_of({})), std::filesystem::path{user->pw_dir} / ".config/malla/contexts");
}

TEST(CommandLine, PrefersOptionThenEnvironmentThenContextThenDefault) {
    const TemporaryFolder home;
    home.write("malla/contexts/default.toml", "cluster = 'from-context'\ntimeout = '3s'\nloopback = 'tcp://c:1'\n");
    const auto environment = environment_of({{"XDG_CONFIG_HOME", home.path().string()},
                                             {"MALLA_CLUSTER", "from-environment"},
                                             {"MALLA_TIMEOUT", "2s"},
                                             {"MALLA_BROKER", "tcp://a:1,tcp://b:2"}});

    const auto invocation = read({"ls", "--timeout=200ms"}, environment);

    ASSERT_TRUE(invocation);
    const MeshOptions& mesh = invocation->common.mesh;
    EXPECT_EQ(mesh.timeout, 200ms);
    EXPECT_EQ(mesh.cluster, "from-environment");
    EXPECT_EQ(mesh.loopback, "tcp://c:1");
    EXPECT_THAT(mesh.brokers, ElementsAre("tcp://a:1", "tcp://b:2"));
    EXPECT_EQ(mesh.format, Format::automatic);
}

TEST(CommandLine, HasDefaults) {
    const auto invocation = read({"ls"});
    ASSERT_TRUE(invocation);
    EXPECT_EQ(invocation->common.mesh.timeout, 15s);
    EXPECT_EQ(invocation->common.mesh.cluster, "malla");
    EXPECT_EQ(invocation->common.mesh.loopback, "tcp://127.0.0.1:6255");
}

TEST(CommandLine, TakesRepeatedOptions) {
    const auto invocation =
        read({"--broker", "[a,b]", "ls", "--broker", "tcp://b:2", "--cluster", "x", "--cluster", "y"});
    ASSERT_TRUE(invocation);
    EXPECT_THAT(invocation->common.mesh.brokers, ElementsAre("[a,b]", "tcp://b:2"));
    EXPECT_EQ(invocation->common.mesh.cluster, "y");
}

TEST(CommandLine, ReadsAContextInJson) {
    const TemporaryFolder home;
    home.write("malla/contexts/prod.json", R"({"broker":["tcp://a:1"],"insecure":true})");
    const auto environment = environment_of({{"XDG_CONFIG_HOME", home.path().string()}, {"MALLA_CONTEXT", "prod"}});

    const auto invocation = read({"ls"}, environment);

    ASSERT_TRUE(invocation);
    EXPECT_THAT(invocation->common.mesh.brokers, ElementsAre("tcp://a:1"));
    EXPECT_TRUE(invocation->common.mesh.insecure);
}

TEST(CommandLine, TakesCredentialsFromWhereverTheyAreSaidFirst) {
    const TemporaryFolder home;
    home.write("malla/contexts/safe.toml", "secret-file = 'cookie'\n");
    const std::string folder = home.path().string();

    const auto said = read({"ls", "--secret-file", "cookie"}, environment_of({{"MALLA_KEY_FILE", "key"}}));
    const auto set =
        read({"ls", "--allow", "list"}, environment_of({{"HOME", "/nonexistent"}, {"MALLA_KEY_FILE", "key"}}));
    const auto context = read({"ls", "--context", "safe"}, environment_of({{"XDG_CONFIG_HOME", folder}}));

    ASSERT_TRUE(said && set && context);
    EXPECT_EQ(said->common.mesh.credentials.secret, "cookie");
    EXPECT_EQ(said->common.mesh.credentials.key, "") << "a node has the one or the other";
    EXPECT_EQ(set->common.mesh.credentials.key, "key");
    EXPECT_EQ(set->common.mesh.credentials.allow, "list");
    EXPECT_EQ(context->common.mesh.credentials.secret, folder + "/malla/contexts/cookie");
}

TEST(CommandLine, RefusesAContextThatIsUnknownOrBroken) {
    const TemporaryFolder home;
    home.write("malla/contexts/production.toml", "");
    home.write("malla/contexts/broken.toml", "cluster = \n");
    home.write("malla/contexts/strange.toml", "clutser = 'a'\n");
    home.write("malla/contexts/number.toml", "cluster = 7\n");
    const auto environment = environment_of({{"XDG_CONFIG_HOME", home.path().string()}});

    EXPECT_THAT(hint_of(error_of({"ls", "--context", "producton"}, environment)), HasSubstr("'production'"));
    EXPECT_THAT(error_of({"ls", "--context", "broken"}, environment).info(), HasSubstr("line 1"));
    EXPECT_THAT(error_of({"ls", "--context", "strange"}, environment).info(), HasSubstr("clutser"));
    EXPECT_THAT(error_of({"ls", "--context", "number"}, environment).info(), HasSubstr("a text"));
    error_of({"ls", "--context", "../production"}, environment);
}

TEST(CommandLine, TakesTheCommandsToServeFromAFileOrFromTheLine) {
    EXPECT_THAT(error_of({"serve"}).info(), HasSubstr("SERVICE.CALLBACK"));
    EXPECT_THAT(error_of({"serve", "--exec", "cat"}).info(), HasSubstr("SERVICE.CALLBACK"));
    EXPECT_THAT(error_of({"serve", "Text.upper"}).info(), HasSubstr("--exec"));
    EXPECT_THAT(error_of({"serve", "Text.upper", "--exec", "cat", "-w", "100000"}).data().at("hint"),
                HasSubstr("at most 1024"));
    const std::vector<std::vector<std::string>> others{{"Text.upper"}, {"--exec", "cat"},  {"--lines"},      {"--json"},
                                                       {"-w", "2"},    {"--workers", "2"}, {"--limit", "2s"}};
    for (const auto& other : others) {
        std::vector<std::string> words{"serve", "-f", "text.toml"};
        words.insert(words.end(), other.begin(), other.end());
        EXPECT_THAT(error_of(words).info(), HasSubstr("-f excludes")) << other.front();
    }
}

TEST(CommandLine, ReadsTheOtherCommands) {
    const auto run = read({"run", "a.so", "b.so", "--config", "c.toml", "--name", "n"});
    ASSERT_TRUE(run);
    EXPECT_THAT(std::get<RunCommand>(run->command).files, ElementsAre("a.so", "b.so"));
    EXPECT_EQ(std::get<RunCommand>(run->command).config, "c.toml");
    const auto serve = read({"serve", "Text.upper", "--exec", "tr a-z A-Z", "-w", "4", "--limit", "2s", "--lines"});
    ASSERT_TRUE(serve);
    const auto& served = std::get<ServeCommand>(serve->command).served;
    EXPECT_EQ(served.command, "tr a-z A-Z");
    EXPECT_EQ(served.workers, 4U);
    EXPECT_THAT(served.limit, Optional(Clock::duration{2s}));
    EXPECT_TRUE(served.lines);
    const auto from_file = read({"serve", "-f", "text.toml", "--name", "n"});
    ASSERT_TRUE(from_file);
    EXPECT_EQ(std::get<ServeCommand>(from_file->command).file, "text.toml");
    EXPECT_EQ(std::get<ServeCommand>(from_file->command).host.name, "n");
    const auto describe = read({"describe", "Calculator.square"});
    ASSERT_TRUE(describe);
    EXPECT_EQ(std::get<DescribeCommand>(describe->command).callback, "square");
    EXPECT_TRUE(std::holds_alternative<VersionCommand>(read({"version"})->command));
}

TEST(CommandLine, GivesHelpOfTheWholeAndOfACommand) {
    const auto whole = read({"--help"});
    ASSERT_TRUE(whole);
    EXPECT_THAT(std::get<HelpCommand>(whole->command).text, HasSubstr("describe"));
    const auto call = read({"call", "--help"});
    ASSERT_TRUE(call);
    EXPECT_THAT(std::get<HelpCommand>(call->command).text, HasSubstr("--keep-going"));
    EXPECT_THAT(std::get<HelpCommand>(call->command).text, HasSubstr("standard input"));
    EXPECT_THAT(std::get<HelpCommand>(call->command).text, HasSubstr("--format among them: malla --help"));
}

TEST(CommandLine, PubTakesOneValueAsItIs) {
    const auto pub = [](std::vector<std::string> words) {
        words.insert(words.begin(), {"pub", "a.b"});
        return std::get<PubCommand>(read(words)->command);
    };
    EXPECT_EQ(pub({}).value, "null");
    EXPECT_EQ(pub({"-3"}).value, "-3");
    EXPECT_EQ(pub({"--", "-3"}).value, "-3");
    EXPECT_EQ(pub({"[1,2]"}).value, "[1,2]");
    EXPECT_EQ(pub({"--words"}).value, "--words");
    EXPECT_EQ(pub({"-q", ""}).value, "");
    EXPECT_FALSE(pub({"x"}).from_input);
    EXPECT_TRUE(pub({"-"}).from_input);
    EXPECT_THAT(error_of({"pub", "a.b", "1", "2"}).info(), HasSubstr("one VALUE"));
    EXPECT_THAT(error_of({"pub", "a.>"}).info(), HasSubstr("wildcard"));
    EXPECT_THAT(error_of({"pub"}).info(), HasSubstr("TOPIC"));
}

TEST(CommandLine, SubAndWatchTakeAPattern) {
    const auto sub = std::get<SubCommand>(read({"sub", "a.*", "--count", "3"})->command);
    EXPECT_EQ(sub.pattern, "a.*");
    EXPECT_EQ(sub.count, 3U);
    EXPECT_EQ(std::get<SubCommand>(read({"sub", ">"})->command).count, 0U);
    EXPECT_EQ(std::get<WatchCommand>(read({"watch"})->command).pattern, ">");
    EXPECT_EQ(std::get<WatchCommand>(read({"watch", "a.>"})->command).pattern, "a.>");
    EXPECT_THAT(error_of({"sub", "a..b"}).info(), HasSubstr("empty word"));
    EXPECT_THAT(error_of({"watch", ">.a"}).info(), HasSubstr("'>'"));
    EXPECT_THAT(error_of({"sub", "a", "--count", "0"}).info(), HasSubstr("from 1"));
}

TEST(CommandLine, TakesNoEmptyVariableOfTheShellForEveryNode) {
    for (const auto& words : {std::vector<std::string>{"pause", "Echo", "--on", ""},
                              {"call", "Echo.text", "--on=", "hi"},
                              {"ls", "--broker", ""},
                              {"--context", "", "ls"}}) {
        EXPECT_THAT(error_of(words).info(), HasSubstr("has an empty value"));
        EXPECT_THAT(hint_of(error_of(words)), HasSubstr("leave it out"));
    }
}

TEST(CommandLine, SaysWhichInstanceIsCalled) {
    const auto call = call_of({"call", "Shop.order", "--vsn", ">=1.2 <2", "--key", "anna", "soup"});
    EXPECT_EQ(call.version, VersionRange{">=1.2 <2"});
    EXPECT_THAT(call.key, Optional(Eq("anna")));
    EXPECT_THAT(call.arguments.words, ElementsAre("soup"));
    EXPECT_THAT(call_of({"call", "Shop.order", "--key", ""}).key, Optional(Eq("")));
    EXPECT_EQ(call_of({"call", "Shop.order"}).key, std::nullopt);

    EXPECT_TRUE(call_of({"call", "Shop.order", "--all"}).all);
    EXPECT_TRUE(call_of({"call", "Shop.order", "--one-way"}).one_way);
}

TEST(CommandLine, RefusesChoicesThatExcludeEachOther) {
    EXPECT_THAT(error_of({"call", "Shop.order", "--vsn", "~1"}).info(), HasSubstr("'~1' is no range of versions"));
    EXPECT_THAT(error_of({"call", "Shop.order", "--all", "--key", "x"}).info(), HasSubstr("--key"));
    EXPECT_THAT(error_of({"call", "Shop.order", "--all", "--one-way"}).info(), HasSubstr("--one-way"));
    EXPECT_THAT(error_of({"call", "Shop.order", "--all", "-"}).info(), HasSubstr("stream"));
    EXPECT_THAT(error_of({"call", "Shop.order", "--one-way", "-"}).info(), HasSubstr("stream"));
}

} // namespace
} // namespace malla::cli
