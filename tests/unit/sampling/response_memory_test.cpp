#include "daemon/sampling/response_memory.hpp"

#include <gtest/gtest.h>

#include <random>

namespace gengfu::sampling {
namespace {

using std::chrono::milliseconds;

void answer(ResponseMemory& memory, Duration response, int times) {
    for (int i = 0; i < times; ++i) {
        memory.answered(response);
    }
}

TEST(ResponseMemory, AUnitWithoutHistoryGetsItsWholeTime) {
    ResponseMemory memory(milliseconds(500));
    EXPECT_EQ(memory.wait(), milliseconds(500));
    answer(memory, milliseconds(10), kAnswersToTrust - 1);
    EXPECT_EQ(memory.wait(), milliseconds(500));
}

TEST(ResponseMemory, AKnownUnitIsWaitedForAFewTimesItsSlowestOfLate) {
    ResponseMemory memory(milliseconds(500));
    answer(memory, milliseconds(10), kAnswersToTrust);
    EXPECT_EQ(memory.wait(), kLeastWait);
    memory.answered(milliseconds(60));
    EXPECT_EQ(memory.wait(), milliseconds(240)) << "one slow answer counts at once";
    memory.answered(milliseconds(200));
    EXPECT_EQ(memory.wait(), milliseconds(500)) << "never longer than configured";
}

TEST(ResponseMemory, ATimeOutGivesItItsWholeTimeAgain) {
    ResponseMemory memory(milliseconds(500));
    answer(memory, milliseconds(10), 100);
    memory.timed_out();
    EXPECT_EQ(memory.wait(), milliseconds(500));
}

TEST(ResponseMemory, SlowAnswersFewAndFarBetweenAreNotForgotten) {
    ResponseMemory memory(milliseconds(1000));
    answer(memory, milliseconds(10), 100);
    memory.answered(milliseconds(200));
    answer(memory, milliseconds(10), 200);  // then the slow one comes again
    EXPECT_GT(memory.wait(), milliseconds(200));
}

TEST(ResponseMemory, LosesNoLivingUnitWhoseAnswersVary) {
    for (unsigned seed = 1; seed <= 50; ++seed) {
        std::mt19937 random(seed);
        const int typical = 5 + static_cast<int>(random() % 46);
        std::uniform_int_distribution<int> response(typical / 2, typical * 2);
        ResponseMemory memory(milliseconds(500));
        for (int i = 0; i < 5000; ++i) {
            const Duration took = milliseconds(response(random));
            ASSERT_LE(took, memory.wait()) << "seed " << seed;
            memory.answered(took);
        }
        EXPECT_LE(memory.wait(), milliseconds(std::max(100, typical * 8)));
    }
}

}  // namespace
}  // namespace gengfu::sampling
