#include "daemon/alarms/command.hpp"

#include <algorithm>

#include "daemon/core/plain_text.hpp"

namespace gengfu::alarms {
namespace {

/// More ids make the answer no clearer.
constexpr std::size_t kMostNamed = 10;
/// Longer than any id: what is longer is not repeated whole.
constexpr std::size_t kMostShown = 60;

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return result;
}

bool all_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The digits of "3", "-3", "…-3" or "...-3"; empty when it is none of these.
std::string_view number_of(std::string_view text) {
    for (const std::string_view dots : {"…-", "...-", "-"}) {
        if (text.starts_with(dots)) {
            text.remove_prefix(dots.size());
            break;
        }
    }
    return all_digits(text) ? text : std::string_view{};
}

/// Ids one of which is `text`, or that begin with it.
std::vector<AlarmId> beginning_with(const std::vector<const Alarm*>& standing, const std::string& text) {
    std::vector<AlarmId> found;
    for (const Alarm* const alarm : standing) {
        const std::string id = to_string(alarm->id);
        if (id == text) {
            return {alarm->id};  // also the beginning of others: 5f3a-1 of 5f3a-12
        }
        if (id.starts_with(text)) {
            found.push_back(alarm->id);
        }
    }
    return found;
}

std::vector<AlarmId> numbered(const std::vector<const Alarm*>& standing, std::string_view number) {
    std::vector<AlarmId> found;
    for (const Alarm* const alarm : standing) {
        if (std::to_string(alarm->id.sequence) == number) {
            found.push_back(alarm->id);
        }
    }
    return found;
}

std::string shown(std::string_view text) {
    return "\"" + to_plain(text.substr(0, kMostShown), '?') + (text.size() > kMostShown ? "…\"" : "\"");
}

std::string names_of(const std::vector<AlarmId>& ids) {
    std::string names;
    for (std::size_t i = 0; i < std::min(ids.size(), kMostNamed); ++i) {
        names += (i == 0 ? "" : ", ") + to_string(ids[i]);
    }
    return ids.size() > kMostNamed ? names + " and " + std::to_string(ids.size() - kMostNamed) + " more"
                                   : names;
}

}  // namespace

Result<AlarmId> choose(const std::vector<const Alarm*>& standing, std::string_view text) {
    const std::string wanted = lower(text);
    std::vector<AlarmId> found = wanted.empty() ? std::vector<AlarmId>{} : beginning_with(standing, wanted);
    std::vector<AlarmId> by_number = numbered(standing, number_of(wanted));
    if (by_number.size() == 1 && found.size() != 1) {
        return by_number.front();
    }
    for (const AlarmId id : by_number) {
        if (std::find(found.begin(), found.end(), id) == found.end()) {
            found.push_back(id);
        }
    }
    if (found.empty()) {
        return fail(Errc::kNotFound,
                    "no alarm that is not over has an id that is, begins or ends with " + shown(text));
    }
    if (found.size() > 1) {
        return fail(Errc::kInvalid, shown(text) + " may mean " + std::to_string(found.size()) +
                                        " alarms: " + names_of(found) + "; give more of the id");
    }
    return found.front();
}

std::string words_of(const Outcome& outcome, std::uint64_t seen) {
    switch (outcome.answer) {
        case Answer::kDone:
            return "done";
        case Answer::kAlready:
            return "was so before";
        case Answer::kStale:
            return seen > outcome.revision
                       ? "the alarm never had revision " + std::to_string(seen) + ": it is at revision " +
                             std::to_string(outcome.revision)
                       : "the alarm was raised again after revision " + std::to_string(seen) +
                             "; look at it and acknowledge the new one";
        case Answer::kNotFound:
            return "no such alarm, or it is over";
        case Answer::kRefused:
            return outcome.why;
    }
    return "";
}

std::string plain_reason(std::string_view reason) {
    const std::string plain = to_plain(reason);
    const auto first = plain.find_first_not_of(' ');
    const auto last = plain.find_last_not_of(' ');
    return first == std::string::npos ? std::string() : plain.substr(first, last - first + 1);
}

}  // namespace gengfu::alarms
