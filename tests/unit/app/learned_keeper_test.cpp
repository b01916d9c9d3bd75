#include "daemon/learned_keeper.hpp"

#include <gtest/gtest.h>

#include "tests/support/site_builder.hpp"

namespace gengfu {
namespace {

using test::at;

class KeptLimit : public testing::Test {
protected:
    void SetUp() override {
        device_ = builder_.device("relay", {"rated", "current"});
        config::Rule& rule =
            builder_.rule(builder_.point(device_, "current"), "leak", config::RuleKind::kAbove);
        rule.levels = {{0, Severity::kMajor, 0.6}};
        rule.limit_point = builder_.point(device_, "rated");
        judge_ = std::make_unique<rules::Judge>(builder_.site());
        judge_->restore({}, at(0));
    }
    void rated(double value, double when) {
        std::vector<rules::Verdict> out;
        judge_->observe(test::good(builder_.point(device_, "rated"), value, at(when)), out);
    }
    static std::string text(const char* value) {
        return std::string("gengfu-learned 1\nrelay\tcurrent\tleak\tabove of rated\tlearned\t") + value +
               "\n";
    }

    test::SiteBuilder builder_;
    DeviceId device_;
    std::unique_ptr<rules::Judge> judge_;
    LearnedKeeper keeper_;
};

TEST_F(KeptLimit, TheFirstIsSavedAtOnceAnotherWithinAMinute) {
    EXPECT_EQ(keeper_.text(*judge_, at(0), false), "");
    EXPECT_FALSE(keeper_.has_found_limit(*judge_));
    rated(100, 1);
    EXPECT_TRUE(keeper_.has_found_limit(*judge_));
    EXPECT_EQ(keeper_.text(*judge_, at(1), false), text("100"));
    EXPECT_FALSE(keeper_.has_found_limit(*judge_));
    rated(200, 2);
    EXPECT_EQ(keeper_.text(*judge_, at(60), false), text("100")) << "a limit that is measured changes always";
    EXPECT_EQ(keeper_.text(*judge_, at(61), false), text("200"));
    rated(200.5, 62);
    EXPECT_EQ(keeper_.text(*judge_, at(300), false), text("200")) << "no news";
    EXPECT_EQ(keeper_.text(*judge_, at(661), false), text("200.5"));
}

TEST_F(KeptLimit, IsTakenUpAndSavedAgainUnheard) {
    keeper_.teach(*judge_, text("100"), at(0));
    EXPECT_FALSE(keeper_.has_found_limit(*judge_));
    EXPECT_EQ(keeper_.text(*judge_, at(1), false), text("100"));
    EXPECT_EQ(keeper_.text(*judge_, at(2), true), text("100"));
}

}  // namespace
}  // namespace gengfu
