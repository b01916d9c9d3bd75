#include "daemon/blind_watch.hpp"

#include <gtest/gtest.h>

#include "tests/support/site_builder.hpp"

namespace gengfu {
namespace {

using rules::Blind;
using rules::BlindBy;
using test::at;

/// Rules 0 and 1 at panel, 2 at other.
class BlindWatchTest : public testing::Test {
protected:
    BlindWatchTest() {
        const DeviceId panel = builder_.device("panel", {"current", "rated"});
        other_ = builder_.device("other", {"level"});
        current_ = builder_.point(panel, "current");
        for (const char* const name : {"warn", "high"}) {
            builder_.rule(current_, name, config::RuleKind::kAbove).levels = {test::level(3)};
        }
        builder_.rule(builder_.point(other_, "level"), "full", config::RuleKind::kAbove).levels = {
            test::level(3)};
    }

    Blind blind(std::uint32_t rule, BlindBy by = BlindBy::kValue) const {
        return {.rule = RuleId{rule}, .by = by, .point = current_, .member = std::nullopt};
    }

    std::vector<std::string> look(const std::vector<Blind>& blind, double now) {
        std::vector<std::string> lines;
        for (const config::Text& line :
             watch_.look(blind, at(now), [this](DeviceId id) { return id != silent_; })) {
            lines.push_back(line.en);
        }
        return lines;
    }

    using Lines = std::vector<std::string>;

    test::SiteBuilder builder_;
    DeviceId other_;
    PointId current_;
    std::optional<DeviceId> silent_;
    BlindWatch watch_{builder_.site()};
};

TEST_F(BlindWatchTest, IsToldOnceWhenItHasLastedForAMinute) {
    const Lines told{"device panel: rules warn, high judge nothing: no value of current to judge"};
    EXPECT_EQ(look({blind(0), blind(1)}, 0), Lines{});
    EXPECT_EQ(look({blind(0), blind(1)}, 59), Lines{});
    EXPECT_EQ(look({blind(0), blind(1)}, 60), told);
    EXPECT_EQ(look({blind(0), blind(1)}, 600), Lines{});
    EXPECT_EQ(look({}, 601), Lines{});
    EXPECT_EQ(look({blind(0)}, 700), Lines{});
    EXPECT_EQ(look({blind(0)}, 800), Lines{});
}

TEST_F(BlindWatchTest, WhatPassesIsNotToldAndBeginsAnew) {
    look({blind(0)}, 0);
    look({}, 30);
    EXPECT_EQ(look({blind(0)}, 61), Lines{});
    EXPECT_EQ(look({blind(0)}, 121).size(), 1U);
}

TEST_F(BlindWatchTest, ADeviceThatDoesNotAnswerIsToldElsewhere) {
    silent_ = other_;
    look({blind(2)}, 0);
    EXPECT_EQ(look({blind(2)}, 100), Lines{});
    silent_.reset();
    EXPECT_EQ(look({blind(2)}, 101), Lines{}) << "it has a minute from its return";
    EXPECT_EQ(look({blind(2)}, 161).size(), 1U);
}

TEST_F(BlindWatchTest, LearningAndGroupsAreNoNews) {
    const std::vector<Blind> some{blind(0, BlindBy::kLearning), blind(1, BlindBy::kMember)};
    look(some, 0);
    EXPECT_EQ(look(some, 100), Lines{});
    look({blind(0, BlindBy::kLimit)}, 100);
    EXPECT_EQ(look({blind(0, BlindBy::kLimit)}, 160).size(), 1U);
}

}  // namespace
}  // namespace gengfu
