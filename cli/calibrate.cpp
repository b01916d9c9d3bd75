// `gengfu calibrate`: how a cover lies now, or an empty lane looks, is how it shall be.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/json_word.hpp"
#include "cli/terminal.hpp"
#include "daemon/rules/learned.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

/// A gateway of 1,000 devices that have all been there for a month.
constexpr std::size_t kLongestFile = 4U << 20U;

int failed(const std::string& what) {
    complain(what);
    return kFailed;
}

int export_to(const Common& common, const CalibrateWish& wish) {
    json request{{"verb", "learned"}};
    if (!wish.device.empty()) {
        request["device"] = wish.device;
    }
    const Result<json> answer = ask(common, request);
    if (!answer) {
        return failed(answer.error().what);
    }
    const std::string text = raw_word(*answer, "learned");
    const Result<std::vector<rules::Learned>> learned = rules::parse_learned(text);
    if (!learned || learned->empty()) {
        return failed("nothing has been learned yet" + (wish.device.empty() ? "" : " of " + wish.device));
    }
    std::ofstream out(wish.export_file, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out) {
        return failed(wish.export_file + ": cannot be written");
    }
    std::printf("%s: %s\n", wish.export_file.c_str(),
                counted(static_cast<std::ptrdiff_t>(learned->size()), "rule").c_str());
    return kDone;
}

/// One device, and what is known of it afterwards.
int send(const Common& common, const std::string& device, const std::string& why, const std::string* text) {
    json request{{"verb", "calibrate"}, {"device", device}, {"why", why}};
    if (text != nullptr) {
        request["learned"] = *text;
    }
    const Result<json> answer = ask(common, request);
    if (!answer) {
        return failed(answer.error().what);
    }
    if (common.format == Format::kJson) {
        std::printf("%s\n", answer->dump(-1, ' ', false, json::error_handler_t::replace).c_str());
        return kDone;
    }
    const Result<std::vector<rules::Learned>> known = rules::parse_learned(raw_word(*answer, "learned"));
    std::string names;
    for (const rules::Learned& one : known ? *known : std::vector<rules::Learned>{}) {
        names += (names.empty() ? "" : ", ") + one.rule;
    }
    std::printf("%s calibrated%s: %s\n", printable(device).c_str(), text == nullptr ? "" : " from the file",
                printable(names).c_str());
    return kDone;
}

/// A device's part of a file, and where its lines stood.
struct Part {
    std::vector<rules::Learned> entries;
    std::vector<std::size_t> lines;
};

/// "line 3: what" of the part becomes "file:7: what".
std::string placed(const std::string& file, const std::vector<std::size_t>& lines, const std::string& what) {
    constexpr std::string_view kLine = "line ";
    std::size_t line = 0;
    const char* const end = what.data() + what.size();
    if (what.rfind(kLine, 0) == 0) {
        const auto read = std::from_chars(what.data() + kLine.size(), end, line);
        const std::size_t entry = line - rules::kFirstLine;
        if (read.ptr != end && *read.ptr == ':' && (lines.empty() || entry < lines.size())) {
            return file + ":" + std::to_string(lines.empty() ? line : lines[entry]) +
                   std::string(read.ptr, end);
        }
    }
    return file + ": " + what;
}

std::size_t line_at(std::string_view text, std::size_t byte) {
    return 1 + static_cast<std::size_t>(
                   std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(byte), '\n'));
}

/// What an editor on Windows does to a file, after the line; else "".
std::string spoiled_by_an_editor(std::string_view text) {
    if (text.substr(0, 3) == "\xEF\xBB\xBF") {
        return "1: an editor has put a byte order mark before it; save it as plain UTF-8";
    }
    const std::size_t carriage_return = text.find('\r');
    return carriage_return == std::string_view::npos
               ? ""
               : std::to_string(line_at(text, carriage_return)) +
                     ": its lines end as on Windows (CR LF); save it with plain line ends";
}

/// What the daemon finds wrong with a device's part; nothing is changed.
std::string mistake_in(const Common& common, const std::string& device, const std::string& why,
                       const std::string& text) {
    const json request{
        {"verb", "calibrate"}, {"device", device}, {"why", why}, {"learned", text}, {"only_check", true}};
    const Result<json> answer = ask(common, request);
    return answer ? "" : answer.error().what;
}

/// All of it or nothing: each device's part is looked at by the daemon before the first is taken.
int import_from(const Common& common, const CalibrateWish& wish) {
    const std::string& file = wish.import_file;
    std::error_code error;
    if (std::filesystem::file_size(file, error) > kLongestFile && !error) {
        return failed(file + ": too long to be a file of `gengfu calibrate --export`");
    }
    if (std::filesystem::is_directory(file, error)) {
        return failed(file + ": is a folder; a file of `gengfu calibrate --export` must stand there");
    }
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        return failed(file + ": cannot be read");
    }
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (const std::string why = spoiled_by_an_editor(text); !why.empty()) {
        return failed(file + ":" + why + "; nothing was changed");
    }
    const Result<std::vector<rules::Learned>> learned = rules::parse_learned(text);
    if (!learned) {
        return failed(printable(placed(file, {}, learned.error().what) + "; nothing was changed"));
    }
    // Shorter lists of numbers come from older releases, so that a line that was cut off can look whole.
    if (text.back() != '\n') {
        return failed(file + ":" + std::to_string(line_at(text, text.size())) +
                      ": the last line does not end: it was cut off; copy it again; nothing was changed");
    }
    std::map<std::string, Part> by_device;
    for (std::size_t line = rules::kFirstLine; const rules::Learned& one : *learned) {
        if (!wish.device.empty() && one.device != wish.device) {
            return failed(printable(file + ":" + std::to_string(line) + ": it is of another device, " +
                                    one.device + "; nothing was changed"));
        }
        by_device[one.device].entries.push_back(one);
        by_device[one.device].lines.push_back(line++);
    }
    if (by_device.empty()) {
        return failed(file + ": there is nothing in it");
    }
    for (const auto& [device, part] : by_device) {
        const std::string mistake = mistake_in(common, device, wish.why, rules::to_text(part.entries));
        if (!mistake.empty()) {
            return failed(printable(placed(file, part.lines, mistake) + "; nothing was changed"));
        }
    }
    for (const auto& [device, part] : by_device) {
        const std::string words = rules::to_text(part.entries);
        if (send(common, device, wish.why, &words) != kDone) {
            return kFailed;
        }
    }
    return kDone;
}

}  // namespace

int calibrate(const Common& common, const CalibrateWish& wanted) {
    CalibrateWish wish = wanted;
    if (!wish.export_file.empty()) {
        return export_to(common, wish);
    }
    if (wish.device.empty() && wish.import_file.empty()) {
        complain("calibrate which device?");
        return kWrongUsage;
    }
    if (wish.why.empty() && isatty(STDIN_FILENO) == 1) {
        std::printf("why? ");
        std::fflush(stdout);
        std::getline(std::cin, wish.why);
    }
    if (wish.why.empty()) {
        complain("say why, for the record: --why \"...\"");
        return kWrongUsage;
    }
    return wish.import_file.empty() ? send(common, wish.device, wish.why, nullptr)
                                    : import_from(common, wish);
}

}  // namespace gengfu::cli
