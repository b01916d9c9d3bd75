#include "tests/unit/profiles/transcript_file.hpp"

#include <array>
#include <sstream>
#include <string_view>
#include <utility>

namespace gengfu::profiles {
namespace {

constexpr std::array<std::pair<std::string_view, config::Space>, 4> kSpaces{
    {{"coil", config::Space::kCoil},
     {"discrete", config::Space::kDiscrete},
     {"input", config::Space::kInput},
     {"holding", config::Space::kHolding}}};

constexpr int kHexadecimal = 16;

class Reading {
public:
    TranscriptFile run(const std::string& text) {
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line) && file_.mistake.empty();) {
            ++number_;
            take(line);
        }
        return std::move(file_);
    }

private:
    void wrong(const std::string& what) { file_.mistake = "line " + std::to_string(number_) + ": " + what; }

    void take(const std::string& line) {
        if (line.empty()) {
            in_group_ = false;
            return;
        }
        std::istringstream words(line);
        std::string first;
        words >> first;
        if (first[0] == '#') {
            return;
        }
        if (first == "unit") {
            unsigned unit = 0;
            words >> unit;
            file_.unit = static_cast<std::uint8_t>(unit);
            return;
        }
        Group& current = group();
        if (first[0] == '[') {
            if (current.requests == 0) {
                current.at =
                    std::chrono::microseconds(static_cast<std::int64_t>(std::stod(first.substr(1)) * 1e6));
            }
            words >> first;
        }
        take_line_of(current, first, words);
    }

    Group& group() {
        if (!in_group_) {
            in_group_ = true;
            const Duration next =
                file_.groups.empty() ? Duration::zero() : file_.groups.back().at + std::chrono::seconds(1);
            file_.groups.emplace_back().at = next;
        }
        return file_.groups.back();
    }

    void take_line_of(Group& current, const std::string& kind, std::istringstream& words) {
        if (kind == "~") {
            take_memory(current, words);
        } else if (kind == "=") {
            take_expected(current, words);
        } else if (kind == ">") {
            ++current.requests;
        } else if (kind != "<") {
            wrong("what is " + kind + "?");
        }
    }

    void take_memory(Group& current, std::istringstream& words) {
        std::string space_word;
        std::string address_word;
        std::string equals;
        words >> space_word >> address_word >> equals;
        const config::Space* space = nullptr;
        for (const auto& [word, each] : kSpaces) {
            space = word == space_word ? &each : space;
        }
        if (space == nullptr || equals != "=") {
            return wrong("~ SPACE ADDRESS = WORDS");
        }
        auto address = static_cast<std::uint16_t>(std::stoul(address_word, nullptr, 0));
        for (std::string word; words >> word; ++address) {
            const auto value = static_cast<std::uint16_t>(std::stoul(word, nullptr, kHexadecimal));
            if (!current.memory.emplace(config::Register{*space, address}, value).second) {
                return wrong("a register stands twice");
            }
        }
    }

    void take_expected(Group& current, std::istringstream& words) {
        Expected expected{.point = {}, .value = {}, .line = number_};
        std::string value;
        std::string quality;
        std::string reason;
        words >> expected.point >> value >> quality >> reason;
        if (value != "-") {
            expected.value = std::stod(value);
        }
        const auto parsed = parse_quality(quality);
        const auto why = reason.empty() ? std::optional(Reason::kNone) : parse_reason(reason);
        if (!parsed || !why) {
            return wrong("= POINT VALUE QUALITY [REASON]");
        }
        expected.quality = *parsed;
        expected.reason = *why;
        current.expect.push_back(expected);
    }

    TranscriptFile file_;
    int number_ = 0;
    bool in_group_ = false;
};

}  // namespace

TranscriptFile read_transcript_file(const std::string& text) {
    return Reading().run(text);
}

}  // namespace gengfu::profiles
