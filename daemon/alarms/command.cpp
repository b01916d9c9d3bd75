#include "daemon/alarms/command.hpp"

#include <algorithm>
#include <iterator>

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

/// An id and the form in which it is compared.
struct Candidate {
    AlarmId id;
    std::string text;
    bool over = false;
};

std::vector<Candidate> candidates(const std::vector<const Alarm*>& standing,
                                  const std::deque<AlarmId>& over) {
    std::vector<Candidate> all;
    for (const Alarm* const alarm : standing) {
        all.push_back({alarm->id, to_string(alarm->id)});
    }
    for (const AlarmId id : over) {
        all.push_back({id, to_string(id), true});
    }
    return all;
}

std::vector<Candidate> beginning_with(const std::vector<Candidate>& all, const std::string& text) {
    std::vector<Candidate> found;
    std::copy_if(all.begin(), all.end(), std::back_inserter(found),
                 [&](const Candidate& one) { return one.text.starts_with(text); });
    return found;
}

std::vector<Candidate> numbered(const std::vector<Candidate>& all, std::string_view number) {
    std::vector<Candidate> found;
    std::copy_if(all.begin(), all.end(), std::back_inserter(found),
                 [&](const Candidate& one) { return std::to_string(one.id.sequence) == number; });
    return found;
}

std::string shown(std::string_view text) {
    return "\"" + to_plain(text.substr(0, kMostShown), '?') + (text.size() > kMostShown ? "…\"" : "\"");
}

std::string names_of(const std::vector<Candidate>& ids) {
    std::string names;
    for (std::size_t i = 0; i < std::min(ids.size(), kMostNamed); ++i) {
        names += (i == 0 ? "" : ", ") + ids[i].text + (ids[i].over ? " (over)" : "");
    }
    return ids.size() > kMostNamed ? names + " and " + std::to_string(ids.size() - kMostNamed) + " more"
                                   : names;
}

}  // namespace

Result<AlarmId> choose(const std::vector<const Alarm*>& standing, const std::deque<AlarmId>& over,
                       std::string_view text) {
    const std::string wanted = lower(text);
    const std::vector<Candidate> all = candidates(standing, over);
    for (const Candidate& one : all) {
        if (one.text == wanted && !one.over) {
            return one.id;  // also the beginning of others: 5f3a-1 of 5f3a-12
        }
    }
    std::vector<Candidate> found = wanted.empty() ? std::vector<Candidate>{} : beginning_with(all, wanted);
    const std::vector<Candidate> by_number = numbered(all, number_of(wanted));
    if (by_number.size() == 1 && !by_number.front().over && found.size() != 1) {
        return by_number.front().id;
    }
    for (const Candidate& one : by_number) {
        if (std::none_of(found.begin(), found.end(),
                         [&](const Candidate& two) { return two.id == one.id; })) {
            found.push_back(one);
        }
    }
    if (std::all_of(found.begin(), found.end(), [](const Candidate& one) { return one.over; })) {
        return fail(Errc::kNotFound,
                    found.empty()
                        ? "no alarm that is not over has an id that is, begins or ends with " + shown(text)
                        : shown(text) + ": no such alarm stands any more: " + names_of(found));
    }
    if (found.size() > 1) {
        return fail(Errc::kInvalid, shown(text) + " may mean " + std::to_string(found.size()) +
                                        " alarms: " + names_of(found) + "; give more of the id");
    }
    return found.front().id;
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
                       : "the alarm was raised again, or is graver, since revision " + std::to_string(seen) +
                             "; look at it and acknowledge it as it is now";
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
