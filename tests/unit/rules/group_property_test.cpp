#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "daemon/rules/judge.hpp"
#include "tests/support/site_builder.hpp"

/// `all`, `any` and `count` against a slow reference, second by second, over random values of three wells
/// whose sensors fail, doubt and fall silent. The reference keeps the whole history and works every answer
/// out anew; it shares no code with the rules. A sensor at rest is heard often enough not to be unknown: that
/// a group looks at those only now and then is what group_test.cpp tells.
namespace gengfu::rules {
namespace {

using config::RuleKind;
using std::chrono::seconds;
using test::at;

constexpr int kSeeds = 60;
constexpr int kSeconds = 400;
constexpr std::size_t kWells = 3;
constexpr double kHigh = 2;
constexpr int kStale = 10;       ///< seconds without a good value make an alarm uncertain
constexpr int kHeardWithin = 6;  ///< of a sensor at rest

struct Case {
    std::string name;
    RuleKind kind;
    std::vector<config::Member> members;
    int within = 0, on_delay = 0, off_delay = 0;
    std::size_t at_least = 0;
};

void PrintTo(const Case& c, std::ostream* out) {
    *out << c.name;
}

const config::Member kOne{{RuleId{0}}, false};
const config::Member kTwo{{RuleId{1}}, false};
const config::Member kThree{{RuleId{2}}, false};
const config::Member kNotTwo{{RuleId{1}}, true};
const config::Member kOneOrTwo{{RuleId{0}, RuleId{1}}, false};

const Case kCases[] = {
    {"All", RuleKind::kAll, {kOne, kTwo}},
    {"AllThreeDelayed", RuleKind::kAll, {kOne, kTwo, kThree}, 0, 3, 4},
    {"AllWithin", RuleKind::kAll, {kOne, kTwo}, 8},
    {"AllWithinDelayed", RuleKind::kAll, {kOne, kTwo}, 5, 4, 3},
    {"AllNot", RuleKind::kAll, {kOne, kNotTwo}, 6},
    {"AllNotDelayed", RuleKind::kAll, {kOne, kNotTwo}, 2, 5, 2},
    {"Any", RuleKind::kAny, {kOne, kTwo, kThree}},
    {"AnyDelayed", RuleKind::kAny, {kOne, kTwo}, 0, 4, 6},
    {"AnyNot", RuleKind::kAny, {kOne, kNotTwo}, 3, 0, 2},
    {"CountTwo", RuleKind::kCount, {kOne, kTwo, kThree}, 0, 0, 0, 2},
    {"CountTwoWithin", RuleKind::kCount, {kOne, kTwo, kThree}, 7, 2, 2, 2},
    {"OneOfSeveral", RuleKind::kAll, {kOneOrTwo, kThree}, 4, 1, 1},
};

/// What a group must say, as docs/rules.md has it.
class Reference {
public:
    explicit Reference(const Case& of) : of_(of) {}

    /// Time passes to `now`: what was good too long ago is uncertain. \return "+" raised, "-" cleared
    std::string pass(int now) {
        for (Well& well : wells_) {
            well.uncertain = well.uncertain || (well.active && well.last_good + kStale <= now);
        }
        return look(now);
    }
    std::string hear(std::size_t index, const Sample& sample, int now) {
        Well& well = wells_.at(index);
        if (well.active) {
            well.last_active = now;
        }
        if (sample.quality == Quality::kBad) {
            return look(now);
        }
        well.judged = true;
        const bool good = sample.quality == Quality::kGood;
        well.last_good = good ? now : well.last_good;
        if (sample.value >= kHigh) {
            well.active = true;
            well.uncertain = well.uncertain && !good;
        } else if (good) {
            well.active = well.uncertain = false;
        }
        return look(now);
    }

private:
    enum class Word { kNo, kUnknown, kYes };
    struct Well {
        bool active = false, uncertain = false, judged = false;
        int last_good = 0;
        std::optional<int> last_active;
    };
    struct Entry {
        int when;
        Word word;
    };

    /// \param lasting  with the time that `within` gives
    Word of_member(const config::Member& member, int now, bool lasting) const {
        Word best = Word::kNo;
        for (const RuleId rule : member.rules) {
            const Well& well = wells_.at(rule.value);
            Word one = !well.judged || well.uncertain ? Word::kUnknown : well.active ? Word::kYes : Word::kNo;
            if (lasting && well.last_active && now < *well.last_active + of_.within) {
                one = Word::kYes;
            }
            best = std::max(best, one);
        }
        if (member.negated && best != Word::kUnknown) {
            return best == Word::kYes ? Word::kNo : Word::kYes;
        }
        return best;
    }

    /// By trying all that the unknown ones may be.
    Word of_group(int now, bool lasting) const {
        std::vector<Word> words;
        for (const config::Member& member : of_.members) {
            words.push_back(of_member(member, now, lasting));
        }
        bool may_hold = false;
        bool may_not = false;
        for (unsigned guess = 0; guess < (1U << words.size()); ++guess) {
            std::size_t holding = 0;
            bool fits = true;
            for (std::size_t i = 0; i < words.size(); ++i) {
                const bool yes = (guess >> i & 1U) != 0;
                fits = fits && (words[i] == Word::kUnknown || yes == (words[i] == Word::kYes));
                holding += yes ? 1U : 0U;
            }
            const std::size_t need = of_.kind == RuleKind::kAll   ? words.size()
                                     : of_.kind == RuleKind::kAny ? 1
                                                                  : of_.at_least;
            may_hold = may_hold || (fits && holding >= need);
            may_not = may_not || (fits && holding < need);
        }
        return may_hold && may_not ? Word::kUnknown : may_hold ? Word::kYes : Word::kNo;
    }

    /// Seconds in which it was `wanted` since it was the contrary, or since the last change.
    int time_in(Word wanted) const {
        const Word contrary = wanted == Word::kYes ? Word::kNo : Word::kYes;
        int sum = 0;
        for (std::size_t i = 0; i < history_.size(); ++i) {
            if (history_[i].word == contrary) {
                sum = 0;
            } else if (history_[i].word == wanted && i + 1 < history_.size()) {
                sum += history_[i + 1].when - history_[i].when;
            }
        }
        return sum;
    }

    std::string look(int now) {
        const bool has_not = std::any_of(of_.members.begin(), of_.members.end(),
                                         [](const config::Member& member) { return member.negated; });
        history_.push_back({now, of_group(now, active_ || !has_not)});
        const int on_delay = has_not ? std::max(of_.on_delay, of_.within) : of_.on_delay;
        const Word word = history_.back().word;
        const bool raises = !active_ && word == Word::kYes && time_in(Word::kYes) >= on_delay;
        const bool clears = active_ && word == Word::kNo && time_in(Word::kNo) >= of_.off_delay;
        if (!raises && !clears) {
            return "";
        }
        active_ = raises;
        history_.clear();
        history_.push_back({now, of_group(now, active_ || !has_not)});
        return raises ? "+" : "-";
    }

    const Case& of_;
    std::vector<Well> wells_{kWells};
    std::vector<Entry> history_;
    bool active_ = false;
};

class GroupAgainstReference : public testing::TestWithParam<Case> {
protected:
    void SetUp() override {
        for (const char* name : {"one", "two", "three"}) {
            const DeviceId device = builder_.device(name, {"level"});
            points_.push_back(builder_.point(device, "level"));
            builder_.rule(points_.back(), "high", RuleKind::kAbove).levels = {test::level(kHigh)};
        }
        config::Rule& rule = builder_.rule(points_[0], "group", GetParam().kind);
        rule.point.reset();
        rule.members = GetParam().members;
        rule.within = seconds(GetParam().within);
        rule.on_delay = seconds(GetParam().on_delay);
        rule.off_delay = seconds(GetParam().off_delay);
        rule.at_least = GetParam().at_least;
    }

    static std::string said(const std::vector<Verdict>& out) {
        std::string text;
        for (const Verdict& verdict : out) {
            if (verdict.rule == RuleId{kWells}) {
                text += verdict.change == Change::kRaised ? "+" : "-";
            }
        }
        return text;
    }

    void play(unsigned seed) {
        std::mt19937 random(seed);
        const auto one_in = [&random](unsigned n) { return random() % n == 0; };
        Judge judge(builder_.site());
        judge.restore({}, at(0));
        Reference reference(GetParam());
        std::vector<double> value(kWells, 1);
        std::vector<int> mute_until(kWells, 0);
        std::vector<int> heard(kWells, 0);
        std::vector<bool> stands(kWells, false);  // its rule is active
        std::vector<Verdict> out;
        for (int now = 1; now <= kSeconds; ++now) {
            out.clear();
            for (int ticks = 0; judge.next_deadline() && *judge.next_deadline() <= at(now); ++ticks) {
                ASSERT_LT(ticks, 100) << "ticks without end at " << now << " of seed " << seed;
                judge.tick(at(now), out);
            }
            const std::string by_time = said(out);
            raised_ += std::count(by_time.begin(), by_time.end(), '+');
            ASSERT_EQ(by_time, reference.pass(now)) << "time at " << now << " of seed " << seed;
            for (std::size_t well = 0; well < kWells; ++well) {
                value[well] = one_in(7) ? (one_in(2) ? 3 : 1) : value[well];
                if (one_in(60) && stands[well]) {
                    mute_until[well] = now + 5 + static_cast<int>(random() % 40);
                }
                Sample sample = test::good(points_[well], value[well], at(now));
                const bool must = !stands[well] && now - heard[well] >= kHeardWithin;
                if (now < mute_until[well] || (one_in(5) && !must)) {
                    sample = test::bad(points_[well], Reason::kTimeout, at(now));
                } else if (one_in(8) && !must) {
                    sample = test::uncertain(points_[well], value[well], at(now));
                    stands[well] = stands[well] || value[well] > kHigh;
                } else {
                    heard[well] = now;
                    stands[well] = value[well] > kHigh;
                }
                out.clear();
                judge.observe(sample, out);
                const std::string told = said(out);
                raised_ += std::count(told.begin(), told.end(), '+');
                ASSERT_EQ(told, reference.hear(well, sample, now))
                    << "well " << well << " at " << now << " of seed " << seed;
            }
        }
    }

    test::SiteBuilder builder_;
    std::vector<PointId> points_;
    std::ptrdiff_t raised_ = 0;
};

TEST_P(GroupAgainstReference, SaysTheSame) {
    for (unsigned seed = 1; seed <= kSeeds && !HasFatalFailure(); ++seed) {
        play(seed);
    }
    EXPECT_GT(raised_, 50) << "the sequences must be lively enough to prove anything";
}

INSTANTIATE_TEST_SUITE_P(Table, GroupAgainstReference, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace gengfu::rules
