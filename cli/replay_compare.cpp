#include "cli/replay_compare.hpp"

#include <algorithm>
#include <map>

namespace gengfu::cli {
namespace {

bool meet(const Occurrence& a, const Occurrence& b) {
    const auto ends_before = [](const Occurrence& one, const Occurrence& other) {
        return one.cleared && *one.cleared + kSameComing < other.raised;
    };
    return !ends_before(a, b) && !ends_before(b, a);
}

Kept kept(const Occurrence& came, const Occurrence& would) {
    Kept out{came, would};
    const Duration moved = would.raised - came.raised;
    const bool comparable = !came.stood_before && !would.stood_before && !came.unrecorded;
    out.moved = comparable && std::chrono::abs(moved) > kSameTime ? moved : Duration::zero();
    out.graver = graver(would.severity, came.severity);
    out.milder = graver(came.severity, would.severity);
    return out;
}

}  // namespace

void note_unrecorded(std::vector<Occurrence>& came, const std::vector<Hole>& holes,
                     const std::set<alarms::Key>& judged) {
    for (Occurrence& one : came) {
        one.unrecorded =
            judged.contains(one.key) && std::any_of(holes.begin(), holes.end(), [&](const Hole& hole) {
                return one.raised > hole.from && one.raised <= hole.to;
            });
    }
}

Comparison compare(const std::vector<Occurrence>& came, const std::vector<Occurrence>& would) {
    std::map<alarms::Key, std::vector<const Occurrence*>> waiting;
    for (const Occurrence& one : would) {
        waiting[one.key].push_back(&one);
    }
    Comparison out;
    for (const Occurrence& one : came) {
        std::vector<const Occurrence*>& of_key = waiting[one.key];
        const auto partner = std::find_if(of_key.begin(), of_key.end(),
                                          [&](const Occurrence* other) { return meet(one, *other); });
        if (partner == of_key.end()) {
            (one.unrecorded ? out.unknown : out.removed).push_back(one);
            continue;
        }
        out.kept.push_back(kept(one, **partner));
        of_key.erase(partner);
    }
    for (const auto& [key, left] : waiting) {
        for (const Occurrence* one : left) {
            out.added.push_back(*one);
        }
    }
    std::stable_sort(out.added.begin(), out.added.end(),
                     [](const Occurrence& a, const Occurrence& b) { return a.raised < b.raised; });
    return out;
}

}  // namespace gengfu::cli
