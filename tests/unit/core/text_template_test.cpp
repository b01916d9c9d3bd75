#include "daemon/core/text_template.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace gengfu {
namespace {

TextValues values() {
    return {.value = 312.25,
            .limit = 300,
            .value_word = "",
            .limit_word = "",
            .unit = "mA",
            .device = "panel-3",
            .point = "residual_current"};
}

TEST(TextTemplate, FillsPlaceholders) {
    const struct {
        const char* text;
        const char* want;
    } cases[] = {
        {"", ""},
        {"水位过高", "水位过高"},
        {"{value}", "312.25"},
        {"{value:.0f}", "312"},
        {"{value:.1f} {unit},限值 {limit} {unit}", "312.2 mA,限值 300 mA"},
        {"{limit:.9f}", "300.000000000"},
        {"{device}/{point}", "panel-3/residual_current"},
        {"{{value}}", "{value}"},
        {"}}{{", "}{"},
        {"{{{value}}}", "{312.25}"},
    };
    for (const auto& c : cases) {
        const Result<std::string> got = fill_text_template(c.text, values());
        ASSERT_TRUE(got) << c.text << ": " << got.error().what;
        EXPECT_EQ(*got, c.want);
        EXPECT_TRUE(check_text_template(c.text)) << c.text;
    }
}

TEST(TextTemplate, RefusesWhatItDoesNotKnow) {
    for (const char* text : {"{",
                             "}",
                             "{}",
                             "{value",
                             "value}",
                             "{Value}",
                             "{ value }",
                             "{value:}",
                             "{value:.1}",
                             "{value:.10f}",
                             "{value:.xf}",
                             "{value:.1g}",
                             "{value:1000000.1f}",
                             "{value:.{limit}f}",
                             "{unit:.1f}",
                             "{0}",
                             "{value!r}",
                             "{{value}",
                             "{device.name}",
                             "{value}}"}) {
        const Result<std::string> got = fill_text_template(text, values());
        ASSERT_FALSE(got) << text;
        EXPECT_EQ(got.error().code, Errc::kInvalid) << text;
        EXPECT_FALSE(check_text_template(text)) << text;
    }
}

TEST(TextTemplate, SaysWhereTheMistakeIs) {
    const Result<void> got = check_text_template("ab {valeu}");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().what.find("byte 4: \"{valeu}\" is no placeholder; placeholders are {value}"), 0U)
        << got.error().what;
    EXPECT_NE(got.error().what.find("{{ }} print braces"), std::string::npos) << got.error().what;
}

TEST(TextTemplate, TellsAllMistakesOfATextAtOnce) {
    const struct {
        const char* text;
        const char* told;
    } cases[] = {
        {"{vale:.0f} {unti}",
         "byte 1: \"{vale:.0f}\" is no placeholder; byte 12: \"{unti}\" is no placeholder; p"},
        {"a { {value} }", "byte 3: \"{ \" has no }; byte 13: \"}\" stands without its {; p"},
        {"{value:.{limit}f}", "byte 1: \"{value:.\" has no }; byte 17: \"}\" stands without its {; p"},
        {"{limit", "byte 1: \"{limit\" has no }; p"},
        {"{水位水位水位水位水位水位水位水位}",
         "byte 1: \"{水位水位水位水位水位水位水...\" is no placeholder; p"},
    };
    for (const auto& c : cases) {
        const Result<void> got = check_text_template(c.text);
        ASSERT_FALSE(got) << c.text;
        EXPECT_EQ(got.error().what.find(c.told), 0U) << got.error().what;
    }
    std::string many;
    for (int i = 0; i < 300; ++i) {
        many += "{x}";
    }
    EXPECT_LT(check_text_template(many).error().what.size(), 600U);
}

TEST(TextTemplate, RefusesATextThatIsTooLong) {
    EXPECT_TRUE(check_text_template(std::string(kMaxTemplateBytes, 'x')));
    EXPECT_FALSE(check_text_template(std::string(kMaxTemplateBytes + 1, 'x')));
}

TEST(TextTemplate, NeverTakesAPlaceholderFromAValue) {
    TextValues hostile = values();
    hostile.device = "{point}";
    EXPECT_EQ(*fill_text_template("{device}", hostile), "{point}");
}

TEST(TextTemplate, PrintsTheWordOfAnEnumerationInsteadOfItsNumber) {
    TextValues words = values();
    words.value_word = "open";
    words.limit_word = "closed";
    EXPECT_EQ(*fill_text_template("{value} {value:.1f} {limit}", words), "open open closed");
}

TEST(TextTemplate, PrintsNumbersAsAPersonWritesThem) {
    constexpr double kInfinite = std::numeric_limits<double>::infinity();
    const struct {
        double number;
        const char* want;
    } cases[] = {
        {0, "0"},
        {-0.0, "0"},
        {300, "300"},
        {0.1 + 0.2, "0.3"},
        {-0.0001, "0"},
        {-12.5, "-12.5"},
        {1234567, "1234567"},
        {0.0625, "0.062"},
        {1e15, "1e+15"},
        {kInfinite, "--"},
        {-kInfinite, "--"},
        {std::numeric_limits<double>::quiet_NaN(), "--"},
        {std::numeric_limits<double>::max(), "1.79769e+308"},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(plain_number(c.number), c.want);
    }
}

}  // namespace
}  // namespace gengfu
