#include "daemon/learning.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <vector>

#include "tests/support/site_builder.hpp"

namespace gengfu {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::minutes;

/// A site of many anomaly rules, and a folder.
class LearningTest : public testing::Test {
protected:
    static constexpr int kRules = 70;  // more than two pieces

    LearningTest() {
        std::string made = (fs::temp_directory_path() / "gengfu-learning-XXXXXX").string();
        folder_ = ::mkdtemp(made.data());
        for (int i = 0; i < kRules; ++i) {
            const DeviceId device = builder_.device("d" + std::to_string(i), {"level"}, minutes(1));
            config::Rule& rule =
                builder_.rule(builder_.point(device, "level"), "unusual", config::RuleKind::kAnomaly);
            rule.every = minutes(1);
            rule.warm_up = minutes(100);
        }
        judge_ = std::make_unique<rules::Judge>(builder_.site());
    }
    ~LearningTest() override { fs::remove_all(folder_); }

    void learn(rules::Judge& judge, int from, int to) {
        std::vector<rules::Verdict> out;
        for (int i = from; i < to; ++i) {
            for (std::uint32_t p = 0; p < kRules; ++p) {
                judge.observe(test::good(PointId{p}, static_cast<double>(i % 7) + p, test::at(60.0 * i)),
                              out);
            }
        }
    }

    static std::vector<std::string> states(const rules::Judge& judge) {
        std::vector<std::string> all;
        for (std::size_t i = 0; i < judge.learners(); ++i) {
            all.push_back(judge.learnt(i).state);
        }
        return all;
    }

    /// What a start after now would find.
    std::vector<std::string> found() {
        rules::Judge next(builder_.site());
        Learning(core_, next, folder_).recall();
        return states(next);
    }

    boost::asio::io_context core_;
    test::SiteBuilder builder_;
    std::string folder_;
    std::unique_ptr<rules::Judge> judge_;
};

TEST_F(LearningTest, IsSavedAtTheEndAndTakenUpBitForBit) {
    learn(*judge_, 0, 150);
    Learning learning(core_, *judge_, folder_);
    learning.recall();
    learning.start();
    learning.stop();
    EXPECT_EQ(found(), states(*judge_));
}

TEST_F(LearningTest, IsSavedEveryPeriodWithoutAnEnd) {
    // Core has other work as well: it does not end while the disk's thread is at it.
    const auto busy = boost::asio::make_work_guard(core_);
    learn(*judge_, 0, 150);
    const std::vector<std::string> learnt = states(*judge_);
    Learning learning(core_, *judge_, folder_, milliseconds(1));
    learning.start();
    const std::string file = folder_ + "/learnt";
    while (!fs::exists(file)) {
        ASSERT_GT(core_.run_one_for(std::chrono::seconds(20)), 0U) << "nothing is saved";
    }
    EXPECT_EQ(found(), learnt) << "as after a kill";
    // And again, with what has been learnt since.
    learn(*judge_, 150, 160);
    fs::remove(file);
    while (!fs::exists(file)) {
        ASSERT_GT(core_.run_one_for(std::chrono::seconds(20)), 0U);
    }
    learning.stop();
    EXPECT_EQ(found(), states(*judge_));
}

TEST_F(LearningTest, AStopWhileAPieceIsBeingWrittenSavesAll) {
    learn(*judge_, 0, 150);
    for (int steps = 0; steps < 8; ++steps) {
        Learning learning(core_, *judge_, folder_, milliseconds(1));
        learning.start();
        for (int i = 0; i < steps; ++i) {
            core_.run_one_for(std::chrono::seconds(20));
        }
        learning.stop();
        core_.poll();  // what the disk's thread had posted comes too late, and does nothing
        EXPECT_EQ(found(), states(*judge_)) << steps;
        core_.restart();
    }
}

TEST_F(LearningTest, AFolderThatTakesNothingDoesNoHarm) {
    learn(*judge_, 0, 150);
    Learning learning(core_, *judge_, folder_ + "/no/such", milliseconds(1));
    learning.recall();
    learning.start();
    for (int i = 0; i < 6; ++i) {
        core_.run_one_for(std::chrono::seconds(20));
    }
    learning.stop();
}

TEST_F(LearningTest, ASiteWithoutSuchRulesHasNoFile) {
    test::SiteBuilder bare;
    rules::Judge judge(bare.site());
    Learning learning(core_, judge, folder_);
    learning.recall();
    learning.start();
    learning.stop();
    EXPECT_TRUE(fs::is_empty(folder_));
}

}  // namespace
}  // namespace gengfu
