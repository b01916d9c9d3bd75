#include <gtest/gtest.h>

#include <deque>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/alarms/table.hpp"
#include "tests/support/site_builder.hpp"

/// The alarm model explored to closure: from no alarm, every input in every state that can be reached, with
/// and without latch. Each step must do what the tables of docs/alarms.md say, and keep what must never
/// break.
namespace gengfu::alarms {
namespace {

using rules::Change;

/// Cells of one of the document's tables: by state, then by input.
using Cells = std::map<std::string, std::map<std::string, std::string>>;

std::vector<std::string> split_row(const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream in(line);
    std::string cell;
    while (std::getline(in, cell, '|')) {
        const auto first = cell.find_first_not_of(' ');
        const auto last = cell.find_last_not_of(' ');
        cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
    }
    cells.erase(cells.begin());
    return cells;
}

Cells read_table(const std::string& name) {
    std::ifstream file(std::string(GENGFU_SOURCE_DIR) + "/docs/alarms.md");
    std::string line;
    while (std::getline(file, line) && line != "<!-- states: " + name + " -->") {
    }
    std::getline(file, line);
    const std::vector<std::string> header = split_row(line);
    std::getline(file, line);
    Cells cells;
    while (std::getline(file, line) && !line.empty()) {
        const std::vector<std::string> row = split_row(line);
        for (std::size_t i = 1; i < row.size(); ++i) {
            cells[row[0]][header.at(i)] = row[i];
        }
    }
    return cells;
}

/// Where an exploration stands: the table, and whether its configuration has the rule.
struct Place {
    Table table;
    bool rule_there = true;
};

struct Step {
    std::string outcome;  ///< in the document's words
    std::optional<Transition> transition;
};

const Alarm* the_alarm(const Table& table) {
    return table.standing().empty() ? nullptr : table.standing().front();
}

std::string state_of(const Alarm* alarm) {
    if (alarm == nullptr) {
        return "none";
    }
    if (alarm->over()) {
        return "over";
    }
    std::string name = alarm->removed     ? "removed"
                       : !alarm->active   ? "clear"
                       : alarm->uncertain ? "uncertain"
                                          : "active";
    return alarm->acknowledged ? name + " ✓" : name;
}

/// All that decides what happens next. Numbers of revisions do not; whether one is stale does, and inputs try
/// that.
std::string signature(const Place& place) {
    const Alarm* const alarm = the_alarm(place.table);
    if (alarm == nullptr) {
        return place.rule_there ? "none" : "none, gone";
    }
    return state_of(alarm) + (alarm->latched ? " latched" : "") + (place.rule_there ? "" : ", gone") + " " +
           std::string(to_string(alarm->severity));
}

class Closure : public testing::TestWithParam<std::string> {
protected:
    Closure() {
        const DeviceId panel = builder_.device("panel", {"residual_current"});
        builder_.rule(builder_.point(panel, "residual_current"), "leakage", config::RuleKind::kAbove)
            .levels = {test::level(1, Severity::kMinor), test::level(2, Severity::kModerate),
                       test::level(3, Severity::kMajor)};
        builder_.site().rules[0].latch = GetParam() == "latched";
        without_ = builder_.site();
        without_.rules.clear();
        cells_ = read_table(GetParam());
    }

    Step verdict(Place& place, Change change, int severity_by) {
        const Alarm* const alarm = the_alarm(place.table);
        const int now =
            alarm == nullptr ? static_cast<int>(Severity::kModerate) : static_cast<int>(alarm->severity);
        rules::Verdict verdict;
        verdict.change = change;
        verdict.severity = static_cast<Severity>(now - severity_by);
        verdict.value = 2;
        auto transition = place.table.apply(verdict, {}, ++sequence_);
        return {transition ? state_of(&transition->alarm) : "–", transition};
    }

    enum class Seen { kAny, kNow, kRaise, kBeforeTheRaise, kNeverWas };
    enum class Work { kAcknowledge, kReset };

    Step work(Place& place, Work what, Seen seen) {
        const Alarm* const alarm = the_alarm(place.table);
        const AlarmId id = alarm == nullptr ? AlarmId{Epoch{1}, 1} : alarm->id;
        std::uint64_t revision = alarm == nullptr ? 1 : alarm->revision;
        if (seen == Seen::kAny) {
            revision = 0;
        } else if (seen == Seen::kRaise && alarm != nullptr) {
            revision = alarm->raise_revision;
        } else if (seen == Seen::kBeforeTheRaise && alarm != nullptr && alarm->raise_revision > 1) {
            revision = alarm->raise_revision - 1;
        } else if (seen == Seen::kBeforeTheRaise || seen == Seen::kNeverWas) {
            ++revision;
        }
        const Outcome outcome = what == Work::kAcknowledge
                                    ? place.table.acknowledge(id, revision, {}, {}, ++sequence_)
                                    : place.table.reset(id, revision, {}, {}, ++sequence_);
        static const std::map<Answer, std::string> kWords{{Answer::kAlready, "already"},
                                                          {Answer::kStale, "stale"},
                                                          {Answer::kNotFound, "not found"},
                                                          {Answer::kRefused, "refused"}};
        const bool done = outcome.answer == Answer::kDone;
        EXPECT_EQ(done, outcome.transition.has_value());
        return {done ? state_of(&outcome.transition->alarm) : kWords.at(outcome.answer), outcome.transition};
    }

    /// The daemon ends and starts again with this configuration; what it no longer has is removed, as an app
    /// does.
    Step restart(Place& place, bool rule_there) {
        Table next(Epoch{++epoch_}, rule_there ? builder_.site() : without_);
        for (const Alarm* alarm : place.table.standing()) {
            next.restore(*alarm);
        }
        place = {std::move(next), rule_there};
        std::optional<Transition> transition;
        for (const AlarmId id : place.table.orphans()) {
            EXPECT_FALSE(rule_there);
            transition = place.table.remove(id, {}, ++sequence_);
        }
        return {transition ? state_of(&transition->alarm) : "–", transition};
    }

    struct Input {
        std::string column;  ///< of the document; empty: restart, which changes nothing
        std::function<Step(Place&)> act;
    };

    std::vector<Input> inputs() {
        const auto says = [this](Change change, int by) {
            return [=, this](Place& p) { return verdict(p, change, by); };
        };
        const auto does = [this](Work what, Seen seen) {
            return [=, this](Place& p) { return work(p, what, seen); };
        };
        return {
            {"holds", says(Change::kRaised, 0)},
            {"rises", says(Change::kSeverity, 1)},
            {"falls", says(Change::kSeverity, -1)},
            {"clears", says(Change::kCleared, 0)},
            {"silent", says(Change::kUncertain, 0)},
            {"back", says(Change::kCertain, 0)},
            {"ack", does(Work::kAcknowledge, Seen::kNow)},
            {"ack", does(Work::kAcknowledge, Seen::kAny)},
            {"ack", does(Work::kAcknowledge, Seen::kRaise)},
            {"late ack", does(Work::kAcknowledge, Seen::kBeforeTheRaise)},
            {"late ack", does(Work::kAcknowledge, Seen::kNeverWas)},
            {"reset", does(Work::kReset, Seen::kNow)},
            {"reset", does(Work::kReset, Seen::kAny)},
            {"gone", [this](Place& p) { return restart(p, false); }},
            {"", [this](Place& p) { return restart(p, p.rule_there); }},
            {"", [this](Place& p) { return restart(p, true); }},
        };
    }

    void check(const Place& before, const Place& after, const Step& step, const Input& input);

    test::SiteBuilder builder_;
    config::Site without_;
    Cells cells_;
    std::uint64_t sequence_ = 0;
    std::uint64_t epoch_ = 100;
    std::set<std::string> used_;
};

void Closure::check(const Place& before, const Place& after, const Step& step, const Input& input) {
    const Alarm* const old = the_alarm(before.table);
    const Alarm* const now = the_alarm(after.table);
    ASSERT_LE(after.table.standing().size(), 1U) << "one alarm for one condition";
    if (!step.transition) {
        ASSERT_EQ(state_of(old), state_of(now)) << "a state that changes without an event is not on disk";
        ASSERT_EQ(old == nullptr ? 0 : old->revision, now == nullptr ? 0 : now->revision);
        return;
    }
    const Alarm& told = step.transition->alarm;
    EXPECT_EQ(step.transition->sequence, sequence_);
    EXPECT_EQ(told.revision, old == nullptr ? 1 : old->revision + 1)
        << "every transition raises the revision by one";
    EXPECT_EQ(told.over(), now == nullptr) << "standing until it is over, and not a moment longer";
    if (now != nullptr) {
        EXPECT_EQ(state_of(now), state_of(&told)) << "the event carries the state after it";
        EXPECT_EQ(now->revision, told.revision);
    }
    if (old != nullptr) {
        EXPECT_EQ(told.id, old->id);
        EXPECT_TRUE(!old->active || told.active || input.column == "clears" || input.column == "gone")
            << "only a value or an audited removal ends an active condition";
        EXPECT_TRUE(!old->active || step.transition->kind != TransitionKind::kRaised) << "raised twice";
        EXPECT_TRUE(old->acknowledged || !told.acknowledged || input.column == "ack")
            << "nobody took note of it";
        EXPECT_TRUE(!old->latched || told.latched || input.column == "reset" || input.column == "gone");
        EXPECT_GE(told.raise_revision, old->raise_revision);
    }
    const bool wants_attention = step.transition->kind == TransitionKind::kRaised ||
                                 step.transition->kind == TransitionKind::kRemoved ||
                                 (old != nullptr && graver(told.severity, old->severity));
    EXPECT_EQ(told.raise_revision == told.revision, wants_attention);
    EXPECT_FALSE(wants_attention && told.acknowledged);
}

TEST_P(Closure, DoesWhatTheDocumentSaysInEveryStateThatCanBeReached) {
    ASSERT_GE(cells_.size(), 7U) << "docs/alarms.md has lost its table";
    const std::vector<Input> all = inputs();
    std::set<std::string> known;
    std::deque<Place> open{{Table(Epoch{100}, builder_.site()), true}};
    known.insert(signature(open.front()));
    while (!open.empty()) {
        const Place from = open.front();
        open.pop_front();
        const std::string state = state_of(the_alarm(from.table));
        for (const Input& input : all) {
            Place to = from;
            const Step step = input.act(to);
            const std::string what = GetParam() + ": " + signature(from) + " + " + input.column;
            SCOPED_TRACE(what);
            check(from, to, step, input);
            const bool rule_gone_already = !from.rule_there;
            if (input.column.empty()) {
                EXPECT_FALSE(step.transition) << "a restart changes nothing";
            } else if (!rule_gone_already) {
                ASSERT_TRUE(cells_.count(state)) << state;
                EXPECT_EQ(step.outcome, cells_[state][input.column]);
                used_.insert(state + "/" + input.column);
            }
            const bool severity_within =
                the_alarm(to.table) == nullptr || (the_alarm(to.table)->severity != Severity::kCritical &&
                                                   static_cast<int>(the_alarm(to.table)->severity) <= 4);
            if (severity_within && known.insert(signature(to)).second) {
                open.push_back(to);
            }
        }
    }
    EXPECT_EQ(used_.size(), cells_.size() * 10) << "every cell was reached";
    RecordProperty("states", static_cast<int>(known.size()));
}

INSTANTIATE_TEST_SUITE_P(Latch, Closure, testing::Values("plain", "latched"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace gengfu::alarms
