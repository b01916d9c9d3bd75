#include "daemon/config/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "daemon/config/limits.hpp"

namespace gengfu::config {
namespace {

/// Beyond this they are only counted: a file of random tables must not eat the memory.
constexpr std::size_t kMaxKept = 20 * kMaxDiagnostics;

}  // namespace

void Report::add(Gravity gravity, At at, std::string message) {
    errors_ += gravity == Gravity::kError ? 1U : 0U;
    if (items_.size() < kMaxKept) {
        items_.push_back({gravity, at, std::move(message)});
    }
}

std::string Report::place(At at) const {
    const std::string file = at.file < files_.size() ? files_[at.file] : "?";
    return fmt::format("{}:{}:{}", file, at.line, at.column);
}

Position Report::position(At at) const {
    return {at.file < files_.size() ? files_[at.file] : "?", at.line, at.column};
}

void Report::note_keys(const std::string& schema, const std::vector<std::string>& keys) {
    keys_[schema].insert(keys.begin(), keys.end());
}

std::vector<Diagnostic> Report::diagnostics() const {
    std::vector<Item> sorted = items_;
    const auto key = [](const Item& item) {
        return std::tie(item.at.file, item.at.line, item.at.column, item.gravity, item.message);
    };
    std::stable_sort(sorted.begin(), sorted.end(), [](const Item& a, const Item& b) {
        return std::tie(a.at.file, a.at.line, a.at.column) < std::tie(b.at.file, b.at.line, b.at.column);
    });
    std::vector<Diagnostic> result;
    std::set<decltype(key(sorted.front()))> said;
    std::size_t hidden = 0;
    for (const Item& item : sorted) {
        if (!said.insert(key(item)).second) {
            continue;
        }
        if (result.size() >= kMaxDiagnostics) {
            ++hidden;
            continue;
        }
        result.push_back({item.gravity, position(item.at), item.message});
    }
    if (hidden > 0) {
        const Gravity gravity = errors_ > 0 ? Gravity::kError : Gravity::kWarning;
        result.push_back({gravity, result.back().position, fmt::format("and {} more", hidden)});
    }
    return result;
}

}  // namespace gengfu::config
