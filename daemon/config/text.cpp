#include "daemon/config/text.hpp"

#include <algorithm>

#include "daemon/core/plain_text.hpp"

namespace gengfu::config {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](char c) { return lower(c); });
    return result;
}

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

}  // namespace

std::string in_quotes(std::string_view text) {
    constexpr std::size_t kShown = 60;
    std::size_t end = std::min(text.size(), kShown);
    while (end < text.size() && end > 0 && is_continuation(text[end])) {
        --end;
    }
    return "\"" + to_plain(text.substr(0, end), '?') + (end < text.size() ? "…\"" : "\"");
}

std::string one_of(const std::vector<std::string>& words) {
    std::string result;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) {
            result += i + 1 == words.size() ? " or " : ", ";
        }
        result += words[i];
    }
    return result;
}

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
    const std::size_t longer = std::max(a.size(), b.size());
    if (longer - std::min(a.size(), b.size()) >= limit) {
        return limit;
    }
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        last[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + changed});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return std::min(last[b.size()], limit);
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    // A third of the word may be wrong: more is a guess that misleads.
    std::size_t best = word.size() / 3 + 1;
    std::string found;
    const std::string plain = lower(word);
    for (const std::string& candidate : candidates) {
        if (plain == lower(candidate) + "s" || plain == lower(candidate) + "es") {
            return candidate;  // "buses" for "bus"
        }
    }
    for (const std::string& candidate : candidates) {
        const std::size_t distance = edit_distance(plain, lower(candidate), best);
        if (distance < best) {
            best = distance;
            found = candidate;
        }
    }
    return found;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
    const std::string found = nearest(word, candidates);
    return found.empty() ? "" : "; did you mean " + in_quotes(found) + "?";
}

}  // namespace gengfu::config
