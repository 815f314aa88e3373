// SPDX-License-Identifier: Apache-2.0
#include "malla/base/json_merge.hpp"

#include <gtest/gtest.h>

namespace malla {
namespace {

Json json(std::string_view text) { return *Json::parse(text); }

struct Case {
    const char* target;
    const char* patch;
    const char* merged;
};

// The first ones are those of RFC 7396, appendix A.
TEST(MergePatch, DoesWhatItsSpecificationSays) {
    for (const auto& [target, patch, merged] : {
             Case{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
             Case{R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
             Case{R"({"a":"b"})", R"({"a":null})", R"({})"},
             Case{R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
             Case{R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
             Case{R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
             Case{R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
             Case{R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
             Case{R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
             Case{R"({"a":"b"})", R"(["c"])", R"(["c"])"},
             Case{R"({"a":"foo"})", R"(null)", R"(null)"},
             Case{R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
             Case{R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
             Case{R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
             Case{R"({"retries":{"count":5,"pause":1}})", R"({"retries":{"count":6}})",
                  R"({"retries":{"count":6,"pause":1}})"},
         })
        EXPECT_EQ(merge_patch(json(target), json(patch)), json(merged)) << target << " with " << patch;
}

TEST(CombinePatches, DoesWhatBothDoOneAfterTheOther) {
    const char* const patches[] = {R"({})",
                                   R"({"a":1})",
                                   R"({"a":null})",
                                   R"({"a":{"b":1}})",
                                   R"({"a":{"b":null,"c":{"d":2}}})",
                                   R"({"a":[1]})",
                                   R"({"x":null,"a":{"c":null}})"};
    for (const char* target : {R"({})", R"({"a":1,"x":2})", R"({"a":{"b":2,"c":{"e":3}},"x":{"y":1}})"})
        for (const char* first : patches)
            for (const char* second : patches) {
                const Json combined = combine_patches(json(target), json(first), json(second));
                EXPECT_EQ(merge_patch(json(target), combined),
                          merge_patch(merge_patch(json(target), json(first)), json(second)))
                    << target << " with " << first << " and " << second;
            }
}

} // namespace
} // namespace malla
