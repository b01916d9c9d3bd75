#include <gtest/gtest.h>

#include <cstdlib>
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
#include "daemon/config/self_device.hpp"
#include "daemon/config/self_lines.hpp"
#include "tests/support/site_builder.hpp"

/// The alarm model explored to closure: from no alarm, every input in every state that can be reached, with
/// and without latch: what rules say, what operators do, shelves, causes, devices out of service, chattering,
/// restarts. Each step must do what the tables of docs/alarms.md say, and keep what must never break.
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
    // Another file when the test itself is tested: tests/tools/mutate_alarm_table.py
    const char* const other = std::getenv("GENGFU_ALARM_TABLE");
    std::ifstream file(other != nullptr ? other : std::string(GENGFU_SOURCE_DIR) + "/docs/alarms.md");
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

/// Where an exploration stands: the table, whether its configuration has the rule, what time it is, and what
/// the world remembers that the table must not forget.
struct Place {
    Table table;
    bool rule_there = true;
    std::int64_t now_us = 1'000'000'000;
    int recent = 0;        ///< raises of the last minute, in this run
    bool pending = false;  ///< a chattering alarm is clear, and waits
    bool away = false;     ///< … for longer than it takes to chatter
    bool called = false;   ///< somebody was called since its last raise or rise
    bool owed =
        false;  ///< somebody was called, be it for an earlier raise, and nobody has acknowledged since
};

constexpr int kGravest = static_cast<int>(Severity::kCritical);

struct Step {
    std::string outcome;  ///< in the document's words
    std::optional<Transition> transition;
};

const Alarm* the_alarm(const Table& table) {
    for (const Alarm* alarm : table.standing()) {
        if (alarm->key.rule == "leakage") {
            return alarm;
        }
    }
    return nullptr;
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

bool has_flag(const Alarm* alarm, const std::string& flag) {
    return alarm != nullptr && (flag == "shelved"      ? alarm->shelved.has_value()
                                : flag == "suppressed" ? alarm->suppressed.has_value()
                                                       : alarm->out_of_service.has_value());
}

/// All that decides what happens next. Numbers of revisions do not; whether one is stale does, and inputs try
/// that.
std::string signature(const Place& place) {
    const Table& table = place.table;
    const Alarm* const alarm = the_alarm(table);
    std::string name = place.rule_there ? "" : "gone ";
    name += table.cause_of({"panel", "", "leakage"}) ? "cause " : "";
    name += table.service().find("panel") != nullptr ? "worked-on " : "";
    name += std::to_string(std::min(place.recent, kChatterRaises)) + " ";
    if (alarm == nullptr) {
        return name + "none";
    }
    for (const char* const flag : {"shelved", "suppressed", "out of service"}) {
        name += has_flag(alarm, flag) ? flag + std::string(" ") : "";
    }
    name += alarm->shelved ? std::string(to_string(alarm->shelved->seen)) + " " : "";
    name += alarm->chattering ? (place.away      ? "chattering-away "
                                 : place.pending ? "chattering-quiet "
                                                 : "chattering ")
                              : "";
    name += place.called ? "called " : "";
    name += place.owed ? "owed " : "";
    return name + state_of(alarm) + (alarm->latched ? " latched " : " ") +
           std::string(to_string(alarm->severity));
}

class Closure : public testing::TestWithParam<std::string> {
protected:
    Closure() {
        const DeviceId panel = builder_.device("panel", {"residual_current"});
        builder_.silent(panel, "leakage", std::chrono::seconds(30));  // of a kind that a line explains
        builder_.site().rules[0].latch = GetParam() == "latched";
        first_ = static_cast<int>(GetParam() == "critical" ? Severity::kCritical : Severity::kModerate);
        config::add_self(builder_.site());
        const config::Site& site = builder_.site();
        for (std::uint32_t i = 0; i < site.rules.size(); ++i) {
            if (site.rules[i].name == config::kBusDown) {
                cause_ = RuleId{i};
            }
        }
        without_ = site;
        without_.rules.erase(without_.rules.begin());
        cells_ = read_table(GetParam() == "latched" ? "latched" : "plain");
        flags_ = read_table("flags");
    }

    Stamp at(const Place& place) const {
        return {{1}, place.now_us, Wall(std::chrono::microseconds(1'800'000'000'000'000 + place.now_us))};
    }

    /// What follows by itself from a step; that of our alarm comes back.
    std::optional<Transition> settle(Place& place) {
        std::optional<Transition> ours;
        for (Transition& transition : place.table.settle(at(place), sequence_ + 1)) {
            ++sequence_;
            EXPECT_EQ(transition.sequence, sequence_);
            if (transition.alarm.key.rule == "leakage") {
                EXPECT_FALSE(ours) << "two things at once";
                ours = std::move(transition);
            }
        }
        EXPECT_TRUE(place.table.settle(at(place), sequence_ + 1).empty()) << "nothing is left to settle";
        return ours;
    }

    Step step_of(std::optional<Transition> transition) {
        const std::string outcome = transition ? state_of(&transition->alarm) : "–";
        return {outcome, std::move(transition)};
    }

    Step verdict(Place& place, Change change, int severity_by) {
        if (!place.rule_there) {
            return {"–", std::nullopt};  // nobody judges it
        }
        const Alarm* const alarm = the_alarm(place.table);
        const int now = alarm == nullptr ? first_ : static_cast<int>(alarm->severity);
        if (severity_by > 0 && now == kGravest) {
            severity_by = 0;  // it is said again, and is no rise
            place.now_us += 61'000'000;
            place.recent = 0;
            place.away = place.pending;
        }
        if (severity_by > 0) {  // a rise that follows others soon calls nobody: FlagsTest
            place.now_us += 61'000'000;
            place.recent = 0;
            place.away = place.pending;
        }
        rules::Verdict verdict;
        verdict.change = change;
        verdict.severity = static_cast<Severity>(now - severity_by);
        verdict.value = 2;
        if (alarm != nullptr && alarm->chattering) {
            place.pending = change == Change::kCleared;
            place.away = false;  // each clearing begins it anew
        }
        auto transition = place.table.apply(verdict, at(place), ++sequence_);
        if (transition && transition->kind == TransitionKind::kRaised) {
            ++place.recent;
            place.pending = place.away = false;
        }
        const std::optional<Transition> more = settle(place);
        EXPECT_FALSE(more) << "what a raise follows from is known when it is made";
        return step_of(std::move(transition));
    }

    enum class Seen { kAny, kNow, kRaise, kBeforeTheRaise, kNeverWas };
    enum class Work { kAcknowledge, kReset, kShelve, kUnshelve, kHandle };

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
        Table& table = place.table;
        const Duration day = std::chrono::hours(24);
        const Stamp now = at(place);
        const Outcome outcome =
            what == Work::kAcknowledge ? table.acknowledge(id, revision, {}, now, ++sequence_)
            : what == Work::kReset     ? table.reset(id, revision, {}, now, ++sequence_)
            : what == Work::kShelve    ? table.shelve(id, revision, {}, now, day, ++sequence_)
            : what == Work::kHandle    ? table.handle(id, revision, {}, now, day, ++sequence_)
                                       : table.unshelve(id, revision, {}, now, ++sequence_);
        static const std::map<Answer, std::string> kWords{{Answer::kAlready, "already"},
                                                          {Answer::kStale, "stale"},
                                                          {Answer::kNotFound, "not found"},
                                                          {Answer::kRefused, "refused"}};
        const bool done = outcome.answer == Answer::kDone;
        EXPECT_EQ(done, outcome.transition.has_value());
        EXPECT_EQ(outcome.answer == Answer::kRefused, !outcome.why.empty());
        EXPECT_FALSE(settle(place));
        return {done ? state_of(&outcome.transition->alarm) : kWords.at(outcome.answer), outcome.transition};
    }

    Step pass_time(Place& place, Duration by) {
        place.now_us += std::chrono::duration_cast<std::chrono::microseconds>(by).count();
        place.recent = 0;
        place.away = place.pending;
        while (place.table.service().expire(at(place))) {
        }
        std::optional<Transition> last;
        // A shelf, a device's time and a chattering alarm's quiet may end in one moment: each is told.
        for (Transition& transition : place.table.settle(at(place), sequence_ + 1)) {
            ++sequence_;
            if (last) {
                steps_between_.push_back(*last);
            }
            if (transition.kind == TransitionKind::kCleared) {
                place.pending = place.away = false;
            }
            last = std::move(transition);
        }
        return step_of(std::move(last));
    }

    Step cause(Place& place, Change change) {
        rules::Verdict verdict;
        verdict.rule = cause_;
        verdict.change = change;
        verdict.severity = Severity::kMajor;
        verdict.value = 3;
        const auto transition = place.table.apply(verdict, at(place), ++sequence_);
        if (transition && change == Change::kCleared) {
            place.table.acknowledge(transition->alarm.id, 0, {}, at(place), ++sequence_);
        }
        return step_of(settle(place));
    }

    Step service(Place& place, bool out) {
        if (out) {
            place.table.service().take_out("panel", {}, at(place), std::chrono::hours(24));
        } else {
            place.table.service().bring_back("panel", {});
        }
        return step_of(settle(place));
    }

    /// The daemon ends and starts again with this configuration; what it no longer has is removed, as an app
    /// does.
    Step restart(Place& place, bool rule_there) {
        Table next(Epoch{++epoch_}, rule_there ? builder_.site() : without_);
        for (const Alarm* alarm : place.table.standing()) {
            next.restore(*alarm);
        }
        for (const auto& [device, hold] : place.table.service().all()) {
            next.service().restore(device, hold);
        }
        next.carry_over(at(place), at(place));
        place.table = std::move(next);
        place.rule_there = rule_there;
        place.recent = 0;
        place.pending = place.away = false;
        std::optional<Transition> transition;
        for (const AlarmId id : place.table.orphans()) {
            EXPECT_FALSE(rule_there);
            transition = place.table.remove(id, at(place), ++sequence_);
        }
        const std::optional<Transition> more = settle(place);
        EXPECT_FALSE(transition && more) << "one that is removed is held by nothing";
        return step_of(transition ? std::move(transition) : more);
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
            {"shelve", does(Work::kShelve, Seen::kNow)},
            {"unshelve", does(Work::kUnshelve, Seen::kNow)},
            {"late shelve", does(Work::kShelve, Seen::kBeforeTheRaise)},
            {"late unshelve", does(Work::kUnshelve, Seen::kBeforeTheRaise)},
            {"handling", does(Work::kHandle, Seen::kNow)},
            {"late handling", does(Work::kHandle, Seen::kBeforeTheRaise)},
            {"cause comes", [this](Place& p) { return cause(p, Change::kRaised); }},
            {"cause goes", [this](Place& p) { return cause(p, Change::kCleared); }},
            {"taken out", [this](Place& p) { return service(p, true); }},
            {"returned", [this](Place& p) { return service(p, false); }},
            {"", [this](Place& p) { return pass_time(p, kChatterWindow + std::chrono::seconds(1)); }},
            {"quiet", [this](Place& p) { return pass_time(p, kChatterQuiet); }},
            {"time over", [this](Place& p) { return pass_time(p, std::chrono::hours(24)); }},
        };
    }

    std::string expected(const Place& before, const std::string& state, const std::string& column);
    void check(const Alarm* old, const Place& after, const Step& step, const Input& input);
    void check_flags(const Place& before, const Place& after, const Input& input);
    void check_call(Place& after, const Alarm* old, const Transition& told);

    test::SiteBuilder builder_;
    config::Site without_;
    RuleId cause_;
    Cells cells_, flags_;
    int first_ = 0;  ///< the severity of a first raise; one below and one above it are explored
    std::uint64_t sequence_ = 0;
    std::uint64_t epoch_ = 100;
    std::set<std::string> used_, used_flags_;
    std::vector<Transition> steps_between_;
};

/// The cell of the document, and what the document's words say of it: a shelf keeps what would be over; what
/// nobody was called for wants no acknowledgement; what chatters stays.
std::string Closure::expected(const Place& before, const std::string& state, const std::string& column) {
    std::string cell = cells_[state][column];
    const Alarm* const alarm = the_alarm(before.table);
    if (alarm == nullptr) {
        return cell;
    }
    if (alarm->active && static_cast<int>(alarm->severity) == kGravest) {
        if (alarm->chattering && alarm->acknowledged &&
            (column == "holds" ? before.away : column == "rises" && before.pending)) {
            return "active";
        }
        cell = column == "rises" ? "–" : cell;
    }
    if (column == "clears" && alarm->active) {
        if (alarm->chattering) {
            return "–";
        }
        if ((alarm->suppressed || alarm->out_of_service) && !before.owed && cell == "clear") {
            cell = alarm->latched ? "clear ✓" : "over";
        }
    }
    if (GetParam() == "latched" && column == "reset" && state == "clear ✓" && !alarm->latched) {
        return "already";  // was reset under its shelf
    }
    return cell == "over" && alarm->shelved && state != "removed" ? "clear ✓" : cell;
}

/// What must never break, of one transition.
void Closure::check(const Alarm* old, const Place& after, const Step& step, const Input& input) {
    const Alarm* const now = the_alarm(after.table);
    if (!step.transition) {
        ASSERT_EQ(state_of(old), state_of(now)) << "a state that changes without an event is not on disk";
        ASSERT_EQ(old == nullptr ? 0 : old->revision, now == nullptr ? 0 : now->revision);
        return;
    }
    const Alarm& told = step.transition->alarm;
    EXPECT_EQ(told.over(), now == nullptr) << "standing until it is over, and not a moment longer";
    if (now != nullptr) {
        EXPECT_EQ(state_of(now), state_of(&told)) << "the event carries the state after it";
        EXPECT_EQ(now->revision, told.revision);
    }
    if (old != nullptr) {
        EXPECT_EQ(told.id, old->id);
        EXPECT_TRUE(!old->active || told.active || input.column == "clears" || input.column == "gone" ||
                    (old->chattering && (input.column == "quiet" || input.column == "time over")))
            << "only a value or an audited removal ends an active condition";
        const bool may_come_again =
            old->chattering && old->acknowledged && old->severity == Severity::kCritical;
        EXPECT_TRUE(!old->active || may_come_again || step.transition->kind != TransitionKind::kRaised)
            << "raised twice";
        const bool explained = step.transition->kind == TransitionKind::kCleared &&
                               (told.suppressed || told.out_of_service) &&
                               told.acknowledged_by.kind == ActorKind::kGateway;
        EXPECT_TRUE(old->acknowledged || !told.acknowledged || input.column == "ack" || explained)
            << "nobody took note of it";
        EXPECT_FALSE(explained && told.acknowledged && !old->acknowledged && old->rang != 0)
            << "a call is unanswered";
        EXPECT_TRUE(!old->latched || told.latched || input.column == "reset" || input.column == "gone");
        EXPECT_GE(told.raise_revision, old->raise_revision);
    }
    const bool wants_attention = step.transition->kind == TransitionKind::kRaised ||
                                 step.transition->kind == TransitionKind::kRemoved ||
                                 (old != nullptr && graver(told.severity, old->severity));
    EXPECT_EQ(told.raise_revision == told.revision, wants_attention);
    EXPECT_FALSE(wants_attention && told.acknowledged);
}

/// Somebody is called for every alarm that is in sight, and for nothing else.
void Closure::check_call(Place& after, const Alarm* old, const Transition& told) {
    const Alarm& alarm = told.alarm;
    if (alarm.raise_revision == alarm.revision) {
        after.called = false;
    }
    if (told.notify) {
        EXPECT_TRUE(alarm.active && !alarm.acknowledged && !alarm.held());
        EXPECT_TRUE(!after.called || told.kind == TransitionKind::kUnshelved ||
                    told.kind == TransitionKind::kReturned)
            << "called twice for one raise";
        EXPECT_EQ(alarm.rang, alarm.revision);
        after.called = after.owed = true;
    }
    after.owed = after.owed && !alarm.acknowledged;
    if (alarm.active && !alarm.acknowledged && !alarm.held()) {
        EXPECT_TRUE(after.called) << "it stands in sight, and nobody was called";
    }
    const bool ended = old != nullptr && old->held() && !alarm.held() &&
                       told.kind != TransitionKind::kReleased && told.kind != TransitionKind::kRemoved;
    if (ended && alarm.active && !alarm.acknowledged) {
        EXPECT_TRUE(told.notify) << "what kept it quiet is over, and nobody is told";
    }
}

void Closure::check_flags(const Place& before, const Place& after, const Input& input) {
    const Alarm* const old = the_alarm(before.table);
    const Alarm* const now = the_alarm(after.table);
    if (old == nullptr || now == nullptr || old->removed) {
        return;
    }
    for (const auto& [flag, row] : flags_) {
        const auto cell = row.find(input.column);
        if (cell == row.end()) {
            continue;
        }
        used_flags_.insert(flag + "/" + input.column);
        if (cell->second == "set") {
            EXPECT_TRUE(has_flag(now, flag) || (flag == "suppressed" && !now->active)) << flag;
        } else if (cell->second == "ended") {
            EXPECT_FALSE(has_flag(now, flag)) << flag;
        } else {
            EXPECT_EQ(has_flag(now, flag), has_flag(old, flag)) << flag;
        }
    }
}

TEST_P(Closure, DoesWhatTheDocumentSaysInEveryStateThatCanBeReached) {
    ASSERT_GE(cells_.size(), 8U) << "docs/alarms.md has lost its table";
    ASSERT_EQ(flags_.size(), 3U) << "docs/alarms.md has lost its table of flags";
    const std::vector<Input> all = inputs();
    std::set<std::string> known;
    std::deque<Place> open{{Table(Epoch{100}, builder_.site())}};
    known.insert(signature(open.front()));
    while (!open.empty() && !HasFailure()) {
        const Place from = open.front();
        open.pop_front();
        const std::string state = state_of(the_alarm(from.table));
        for (const Input& input : all) {
            Place to = from;
            steps_between_.clear();
            const Step step = input.act(to);
            SCOPED_TRACE(GetParam() + ": " + signature(from) + " + " + input.column);
            // Of several changes in one moment each is held against the one before it.
            const Alarm* old = the_alarm(from.table);
            std::uint64_t revision = old == nullptr ? 0 : old->revision;
            steps_between_.push_back(step.transition ? *step.transition : Transition{});
            for (std::size_t i = 0; i < steps_between_.size() && step.transition; ++i) {
                const Transition& told = steps_between_[i];
                EXPECT_EQ(told.alarm.revision, ++revision) << "every transition raises the revision by one";
                check_call(to, old, told);
                if (i + 1 < steps_between_.size()) {
                    old = &steps_between_[i].alarm;
                }
            }
            check(old, to, step, input);
            check_flags(from, to, input);
            const bool of_the_table = cells_.begin()->second.count(input.column) == 1;
            if (input.column.empty()) {
                EXPECT_TRUE(!step.transition || step.transition->kind == TransitionKind::kSuppressed ||
                            step.transition->kind == TransitionKind::kOutOfService)
                    << "a restart changes nothing";
            } else if (of_the_table && from.rule_there) {
                ASSERT_TRUE(cells_.count(state)) << state;
                EXPECT_EQ(step.outcome, expected(from, state, input.column));
                used_.insert(state + "/" + input.column);
            }
            const Alarm* const is = the_alarm(to.table);
            const int severity = is == nullptr ? first_ : static_cast<int>(is->severity);
            if (severity >= std::max(first_ - 1, kGravest) && severity <= first_ + 1 &&
                known.insert(signature(to)).second) {
                open.push_back(to);
            }
        }
    }
    EXPECT_EQ(used_.size(), cells_.size() * 10) << "every cell was reached";
    EXPECT_EQ(used_flags_.size(), flags_.size() * 7) << "every flag was set and ended";
    RecordProperty("states", static_cast<int>(known.size()));
    std::printf("%zu states, %zu inputs each\n", known.size(), all.size());
}

INSTANTIATE_TEST_SUITE_P(Latch, Closure, testing::Values("plain", "latched", "critical"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace gengfu::alarms
