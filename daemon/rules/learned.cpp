#include "daemon/rules/learned.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include "daemon/core/plain_text.hpp"

namespace gengfu::rules {
namespace {

constexpr std::string_view kHead = "gengfu-learned 1";
constexpr std::size_t kMostNumbers = 256;
constexpr std::size_t kShownOfAWord = 30;
constexpr std::size_t kMostLines = 100'000;

void append_number(std::string& text, double number) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    text.append(digits.data(), end);
}

std::string_view cut(std::string_view& rest, char at) {
    const std::string_view part = rest.substr(0, rest.find(at));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    return part;
}

std::optional<double> number_in(std::string_view word) {
    double number = 0;
    const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool whole = read.ec == std::errc{} && read.ptr == word.data() + word.size();
    return whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

constexpr const char* kForm =
    "device, point, rule, kind, calibrated or learned, and numbers must stand there, with tabs between";

/// device TAB point TAB rule TAB kind TAB "calibrated"|"learned" TAB numbers with blanks between
Result<Learned> parse_line(std::string_view line) {
    Learned one;
    one.device = cut(line, '\t');
    one.point = cut(line, '\t');
    one.rule = cut(line, '\t');
    one.kind = cut(line, '\t');
    const std::string_view how = cut(line, '\t');
    one.calibrated = how == "calibrated";
    if (one.device.empty() || one.rule.empty() || one.kind.empty() ||
        (how != "calibrated" && how != "learned")) {
        return fail(Errc::kCorrupt, kForm);
    }
    while (!line.empty()) {
        const std::string_view word = cut(line, ' ');
        const std::optional<double> number = number_in(word);
        if (one.numbers.size() >= kMostNumbers) {
            return fail(Errc::kCorrupt, "more than " + std::to_string(kMostNumbers) + " numbers");
        }
        if (!number) {
            return fail(Errc::kCorrupt, "number " + std::to_string(one.numbers.size() + 1) + " (\"" +
                                            to_plain(word.substr(0, kShownOfAWord)) +
                                            "\") is none; nan and inf are none either");
        }
        one.numbers.push_back(*number);
    }
    return one;
}

}  // namespace

std::string to_text(std::span<const Learned> learned) {
    std::string text(kHead);
    text += '\n';
    for (const Learned& one : learned) {
        for (const std::string* word : {&one.device, &one.point, &one.rule, &one.kind}) {
            text += *word;
            text += '\t';
        }
        text += one.calibrated ? "calibrated\t" : "learned\t";
        for (std::size_t i = 0; i < one.numbers.size(); ++i) {
            text += i > 0 ? " " : "";
            append_number(text, one.numbers[i]);
        }
        text += '\n';
    }
    return text;
}

Result<std::vector<Learned>> parse_learned(std::string_view text) {
    if (cut(text, '\n') != kHead) {
        return fail(Errc::kCorrupt, "line 1: \"" + std::string(kHead) + "\" must stand there");
    }
    std::vector<Learned> all;
    std::map<std::tuple<std::string, std::string, std::string>, std::size_t> lines;
    while (!text.empty()) {
        Result<Learned> one = parse_line(cut(text, '\n'));
        const std::size_t line = all.size() + kFirstLine;
        if (!one || all.size() >= kMostLines) {
            return fail(Errc::kCorrupt, "line " + std::to_string(line) + ": " +
                                            (one ? "a file has fewer lines" : one.error().what));
        }
        const auto [before, fresh] = lines.try_emplace({one->device, one->point, one->rule}, line);
        if (!fresh) {
            return fail(Errc::kCorrupt, "line " + std::to_string(line) +
                                            ": it says the device, point and rule of line " +
                                            std::to_string(before->second) + " again; keep one of them");
        }
        all.push_back(std::move(*one));
    }
    return all;
}

}  // namespace gengfu::rules
