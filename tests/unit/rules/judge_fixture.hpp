#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "daemon/rules/judge.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu::rules {

/// A panel with a residual current (rule "leakage": 180 moderate, 300 major) that nothing delays.
class JudgeTest : public testing::Test {
protected:
    JudgeTest() {
        const DeviceId panel = builder_.device("panel", {"residual_current", "temperature"});
        current_ = builder_.point(panel, "residual_current");
        temperature_ = builder_.point(panel, "temperature");
        panel_ = panel;
    }

    config::Rule& leakage() {
        config::Rule& rule = builder_.rule(current_, "leakage", config::RuleKind::kAbove);
        rule.levels = {test::level(180, Severity::kModerate), test::level(300)};
        rule.deadband = 10;
        return rule;
    }

    /// The judge of the rules made so far, started at 0.
    Judge& judge() {
        if (!judge_) {
            judge_ = std::make_unique<Judge>(builder_.site());
            judge_->restore({}, test::at(0));
        }
        return *judge_;
    }

    std::vector<Verdict> observe(const Sample& sample) {
        std::vector<Verdict> out;
        judge().observe(sample, out);
        return out;
    }

    std::vector<Verdict> tick(double now) {
        std::vector<Verdict> out;
        judge().tick(test::at(now), out);
        return out;
    }

    /// Does what an app does: ticks whenever the judge asks for it, up to `until`.
    std::vector<Verdict> pass(double until) {
        std::vector<Verdict> out;
        while (judge().next_deadline() && *judge().next_deadline() <= test::at(until)) {
            judge().tick(*judge().next_deadline(), out);
        }
        return out;
    }

    static std::vector<Change> changes(const std::vector<Verdict>& verdicts) {
        std::vector<Change> changes;
        for (const Verdict& verdict : verdicts) {
            changes.push_back(verdict.change);
        }
        return changes;
    }

    using Changes = std::vector<Change>;

    test::SiteBuilder builder_;
    DeviceId panel_;
    PointId current_, temperature_;
    std::unique_ptr<Judge> judge_;
};

}  // namespace gengfu::rules
