#include "cli/replay_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "cli/span.hpp"
#include "cli/terminal.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

std::string name_of(const alarms::Key& key) {
    return key.device + (key.point.empty() ? "" : "/" + key.point) + " " + key.rule;
}

json to_json(const Occurrence& one) {
    json out{{"device", one.key.device},
             {"point", one.key.point},
             {"rule", one.key.rule},
             {"severity", std::string(to_string(one.severity))},
             {"title", {{"zh", one.title.zh}, {"en", one.title.en}}},
             {"raised", to_iso8601(one.raised)},
             {"stood_before", one.stood_before}};
    out["cleared"] = one.cleared ? json(to_iso8601(*one.cleared)) : json(nullptr);
    return out;
}

json to_json(const std::vector<Occurrence>& list) {
    json out = json::array();
    for (const Occurrence& one : list) {
        out.push_back(to_json(one));
    }
    return out;
}

json report(const Played& played, const Comparison& result) {
    json kept = json::array();
    for (const Kept& one : result.kept) {
        kept.push_back({{"came", to_json(one.came)},
                        {"would", to_json(one.would)},
                        {"moved_seconds", std::chrono::duration<double>(one.moved).count()}});
    }
    return {{"by_exception", true},
            {"from", to_iso8601(played.from)},
            {"until", to_iso8601(played.until)},
            {"samples", played.given},
            {"repeated", played.repeated},
            {"starts", played.starts},
            {"other_points", played.elsewhere},
            {"without_history", played.unseen},
            {"seconds", std::chrono::duration<double>(played.took).count()},
            {"times_real_time", played.speed()},
            {"unusable_records",
             {{"undated", played.unusable.undated},
              {"damaged", played.unusable.damaged},
              {"nameless", played.unusable.nameless}}},
            {"troubles", played.troubles},
            {"added", to_json(result.added)},
            {"removed", to_json(result.removed)},
            {"unknown", to_json(result.unknown)},
            {"kept", std::move(kept)}};
}

std::string list_text(const char* head, Colour colour, const std::vector<Occurrence>& list,
                      const LocalTime& time) {
    std::string text;
    for (const Occurrence& one : list) {
        const std::string lasted =
            one.cleared ? "for " + in_seconds(*one.cleared - one.raised) : "to the end";
        text += paint(colour, head) + fmt::format("  {}  {:<8}  {}  {} ({})\n", time.of(one.raised),
                                                  to_string(one.severity), printable(name_of(one.key)),
                                                  printable(one.title.en), lasted);
    }
    return text;
}

/// Empty: as it came.
std::string change_text(const Kept& one, const LocalTime& time) {
    std::string change;
    if (one.moved != Duration::zero()) {
        change =
            in_seconds(std::chrono::abs(one.moved)) + (one.moved > Duration::zero() ? " later" : " earlier");
    }
    if (one.graver || one.milder) {
        change += (change.empty() ? "" : ", ") + std::string(to_string(one.would.severity)) + " instead of " +
                  std::string(to_string(one.came.severity));
    }
    return change.empty()
               ? ""
               : paint(Colour::kYellow, "changed") + fmt::format("  {}  {}  {}\n", time.of(one.came.raised),
                                                                 printable(name_of(one.came.key)), change);
}

std::string warnings(const Played& played) {
    std::string text;
    const auto warn = [&text](const std::string& words) {
        text += paint(Colour::kYellow, printable(words)) + "\n";
    };
    for (const std::string& trouble : played.troubles) {
        warn(trouble);
    }
    if (played.unusable.sum() != 0) {
        warn(counted(static_cast<std::ptrdiff_t>(played.unusable.sum()), "record") +
             " left out: damaged, of an unknown time, or of points that no catalogue names any more");
    }
    for (const std::string& point : played.unseen) {
        warn(point + " has no history: its rules were not judged");
    }
    return text;
}

}  // namespace

std::string replay_json(const Played& played, const Comparison& result) {
    return report(played, result).dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string replay_text(const Played& played, const Comparison& result, const LocalTime& time) {
    std::string text =
        fmt::format("{} to {}, {} of the gateway, {} samples\n", time.of(played.from), time.of(played.until),
                    counted(static_cast<std::ptrdiff_t>(played.starts), "start"), played.given);
    text +=
        "History is by exception: what changed by no more than its deadband was not recorded. Such values "
        "are\n"
        "taken to have stood still; a rule finer than a deadband sees less here than it would have seen.\n";
    text += played.taught ? "Poses and baselines are those of today.\n" : "";
    text += warnings(played) + "\n" + list_text("added  ", Colour::kRed, result.added, time) +
            list_text("removed", Colour::kBlue, result.removed, time);
    if (!result.unknown.empty()) {
        text +=
            list_text("unknown", Colour::kYellow, result.unknown, time) +
            "Of those that are unknown the samples that raised them were lost, as the daemon was killed or "
            "lost\n"
            "power right after: whether they would have come cannot be told.\n";
    }
    std::size_t same = 0;
    for (const Kept& one : result.kept) {
        const std::string change = change_text(one, time);
        same += change.empty() ? 1U : 0U;
        text += change;
    }
    return text +
           fmt::format(
               "{} added, {} removed, {} changed, {} as they came{}; played {:.0f} times as fast as it was\n",
               result.added.size(), result.removed.size(), result.kept.size() - same, same,
               result.unknown.empty() ? "" : fmt::format(", {} unknown", result.unknown.size()),
               played.speed());
}

}  // namespace gengfu::cli
