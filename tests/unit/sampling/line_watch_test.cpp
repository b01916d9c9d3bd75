#include "daemon/sampling/line_watch.hpp"

#include <gtest/gtest.h>

namespace gengfu::sampling {
namespace {

using std::chrono::seconds;

const Monotonic kStart{seconds(1000)};

/// What a log that is written at every change of trouble() would say.
struct Log {
    LineWatch watch;
    LineTrouble told = LineTrouble::kNone;
    int lines = 0;

    void look() {
        lines += watch.trouble() != told ? 1 : 0;
        told = watch.trouble();
    }
    void lost(LineTrouble kind, const std::string& why, Monotonic now) {
        watch.lost(kind, why, now);
        look();
    }
    void answered(Monotonic now) {
        watch.answered(now);
        look();
    }
};

TEST(LineWatch, WordsThatChangeWithEveryTryAreOneTrouble) {
    Log log;
    for (int i = 0; i < 1000; ++i) {
        log.lost(LineTrouble::kBreaks, "protocol " + std::to_string(i), kStart + seconds(i));
    }
    EXPECT_EQ(log.lines, 1);
    EXPECT_EQ(log.watch.trouble(), LineTrouble::kBreaks);
    EXPECT_EQ(log.watch.why(), "protocol 999") << "the detail stays current";
}

TEST(LineWatch, KindsThatAlternateAreToldOnceEach) {
    Log log;
    for (int i = 0; i < 1000; ++i) {
        log.lost(i % 2 == 0 ? LineTrouble::kBreaks : LineTrouble::kCannotOpen, "why", kStart + seconds(i));
    }
    EXPECT_EQ(log.lines, 2);
}

TEST(LineWatch, ABreakThatReopeningMendsIsNoNewsButASecondOneIs) {
    Log log;
    log.lost(LineTrouble::kBreaks, "closed", kStart);
    EXPECT_EQ(log.watch.why(), "closed") << "shown all the same";
    log.answered(kStart + seconds(1));
    EXPECT_EQ(log.watch.why(), "");
    log.lost(LineTrouble::kBreaks, "closed", kStart + seconds(1) + kBreaksAgainWithin);
    EXPECT_EQ(log.lines, 0);
    log.lost(LineTrouble::kBreaks, "closed", kStart + seconds(2) + kBreaksAgainWithin);
    EXPECT_EQ(log.watch.trouble(), LineTrouble::kBreaks);
}

TEST(LineWatch, AnAdapterThatIsPulledIsOneTrouble) {
    Log log;
    log.lost(LineTrouble::kBreaks, "unplugged", kStart);
    for (int i = 1; i < 100; ++i) {
        log.lost(LineTrouble::kCannotOpen, "port is missing", kStart + seconds(i));
    }
    EXPECT_EQ(log.lines, 1);
}

TEST(LineWatch, AnAnswerEndsTheFirstTroubleAtOnce) {
    Log log;
    log.lost(LineTrouble::kCannotOpen, "port is missing", kStart);
    log.answered(kStart + seconds(1));
    EXPECT_EQ(log.watch.trouble(), LineTrouble::kNone);
    EXPECT_EQ(log.watch.why(), "");
    EXPECT_EQ(log.lines, 2);
}

TEST(LineWatch, ALineThatAnswersAndBreaksInTurnIsToldThriceAnHourAtMost) {
    Log log;
    for (int i = 0; i < 3600; i += 2) {
        log.lost(LineTrouble::kBreaks, "closed", kStart + seconds(i));
        log.answered(kStart + seconds(i + 1));
    }
    EXPECT_LE(log.lines, 3);
    EXPECT_EQ(log.watch.trouble(), LineTrouble::kBreaks);
    // It recovers when it has held, and not before.
    const Monotonic last = kStart + seconds(3598);
    log.answered(last + kUnsteadySettles - seconds(1));
    EXPECT_EQ(log.watch.trouble(), LineTrouble::kBreaks);
    log.answered(last + kUnsteadySettles);
    EXPECT_EQ(log.watch.trouble(), LineTrouble::kNone);
}

TEST(LineWatch, ATroubleLongAfterTheLastIsANewOne) {
    Log log;
    Monotonic now = kStart;
    for (int i = 0; i < 3; ++i) {
        log.lost(LineTrouble::kCannotOpen, "unplugged", now);
        log.answered(now + seconds(10));
        EXPECT_EQ(log.watch.trouble(), LineTrouble::kNone);
        now += seconds(10) + kUnsteadyWithin;
    }
    EXPECT_EQ(log.lines, 6);
}

}  // namespace
}  // namespace gengfu::sampling
