#include "cli/recognise.hpp"

#include <gtest/gtest.h>

namespace gengfu::cli {
namespace {

using Kind = config::Probe::Kind;

config::Probe probe(Kind kind, std::int64_t equals = 0, std::vector<double> values = {}) {
    config::Probe made;
    made.kind = kind;
    made.equals = equals;
    made.values = std::move(values);
    return made;
}

struct FitCase {
    const char* name;
    config::Probe probe;
    std::uint16_t word;
    bool fits;
};

TEST(Recognise, AProbeFitsWhatItSays) {
    const FitCase cases[] = {
        {"constant", probe(Kind::kEquals, 234), 234, true},
        {"another", probe(Kind::kEquals, 234), 235, false},
        {"unit", probe(Kind::kEqualsUnit), 17, true},
        {"another unit", probe(Kind::kEqualsUnit), 18, false},
        {"one of", probe(Kind::kIn, 0, {1, 2, 5}), 5, true},
        {"none of", probe(Kind::kIn, 0, {1, 2, 5}), 3, false},
        {"within", probe(Kind::kRange, 0, {1, 247}), 247, true},
        {"outside", probe(Kind::kRange, 0, {1, 247}), 248, false},
    };
    for (const FitCase& each : cases) {
        EXPECT_EQ(fits(each.probe, 17, std::vector<std::uint16_t>{each.word}), each.fits) << each.name;
    }
    EXPECT_FALSE(fits(probe(Kind::kEquals, 234), 17, {})) << "nothing was read";
}

TEST(Recognise, ComparesLongConstantsToTheLastBit) {
    config::Probe model = probe(Kind::kEquals, 0x0050004D0043002D);
    model.type.type = config::Type::kU64;
    EXPECT_EQ(width(model), 4);
    EXPECT_TRUE(fits(model, 1, std::vector<std::uint16_t>{0x50, 0x4D, 0x43, 0x2D}));
    EXPECT_FALSE(fits(model, 1, std::vector<std::uint16_t>{0x50, 0x4D, 0x43, 0x2F}));
}

TEST(Recognise, SaysHowSureItIs) {
    EXPECT_EQ(certainty(score({.probe_bits = weight(probe(Kind::kEquals, 234), 1)})), Certainty::kSure);
    EXPECT_EQ(certainty(score({.probe_bits = weight(probe(Kind::kEqualsUnit), 17)})), Certainty::kLikely);
    EXPECT_EQ(certainty(score({.probe_bits = weight(probe(Kind::kEqualsUnit), 1)})), Certainty::kPossible)
        << "many registers of many sensors hold 1";
    EXPECT_EQ(certainty(score({.probe_bits = weight(probe(Kind::kEquals, 1), 1)})), Certainty::kPossible);
    EXPECT_EQ(certainty(score({})), Certainty::kNone);
}

TEST(Recognise, ASensorWithoutTheRegistersOfAProfileIsNotIt) {
    const int unit = weight(probe(Kind::kEqualsUnit), 17);
    EXPECT_EQ(certainty(score({.probe_bits = unit, .points_refused = 2})), Certainty::kNone);
    EXPECT_LT(score({.probe_bits = unit, .points_odd = 1}), score({.probe_bits = unit}));
    EXPECT_EQ(certainty(score({.probe_bits = unit, .points_good = 100})), Certainty::kLikely)
        << "any number of plausible values is not proof";
}

struct PresenceCase {
    std::vector<Reply> replies;
    bool followed;
    Presence presence;
    bool noisy = false;
};

TEST(Recognise, TellsTwoAtOneAddressFromNoise) {
    constexpr Reply kA = Reply::kAnswer;
    constexpr Reply kD = Reply::kDamaged;
    constexpr Reply kS = Reply::kSilence;
    const PresenceCase cases[] = {
        {{kA, kA, kA, kA}, false, Presence::kOne},
        {{kA, kD, kA, kA}, false, Presence::kOne},
        {{kD, kD, kD, kD}, false, Presence::kSeveral},
        {{kA, kD, kD, kA}, false, Presence::kSeveral},
        {{kA, kA, kA, kA}, true, Presence::kSeveral},
        {{kS, kS, kS, kS}, false, Presence::kNobody},
        {{kD, kS, kS, kS}, false, Presence::kNobody},
        {{kA, kS, kS, kS}, false, Presence::kOne},
        {{}, false, Presence::kNobody},
        {{kD, kD, kD, kD}, false, Presence::kNobody, true},
        {{kA, kD, kD, kA}, false, Presence::kOne, true},
        {{kA, kA, kD, kA}, true, Presence::kSeveral, true},
    };
    for (const PresenceCase& each : cases) {
        EXPECT_EQ(presence(each.replies, each.followed, each.noisy), each.presence);
    }
}

}  // namespace
}  // namespace gengfu::cli
