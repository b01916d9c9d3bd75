#include "daemon/core/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>

namespace gengfu::log {
namespace {

Language language_in_use = Language::kEnglish;

/// Texts carry words from devices, brokers and files: none of them may forge a line of its own.
std::string one_line(std::string_view text) {
    std::string line(text);
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; },
        ' ');
    return line;
}

void write(spdlog::level::level_enum level, const char* priority, std::string_view zh, std::string_view en) {
    const std::string line = one_line(language_in_use == Language::kChinese ? zh : en);
    const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
    spdlog::log(level, "{}{}", journal ? priority : "", line);
}

}  // namespace

void set_up(Language language) {
    language_in_use = language;
    auto logger =
        std::getenv("JOURNAL_STREAM") != nullptr
            ? std::make_shared<spdlog::logger>("gengfu", std::make_shared<spdlog::sinks::stderr_sink_mt>())
            : std::make_shared<spdlog::logger>("gengfu",
                                               std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    logger->set_pattern(std::getenv("JOURNAL_STREAM") != nullptr ? "%v" : "%Y-%m-%d %H:%M:%S.%e %^%-7l%$ %v");
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

void info(std::string_view zh, std::string_view en) {
    write(spdlog::level::info, "<6>", zh, en);
}
void warning(std::string_view zh, std::string_view en) {
    write(spdlog::level::warn, "<4>", zh, en);
}
void error(std::string_view zh, std::string_view en) {
    write(spdlog::level::err, "<3>", zh, en);
}

}  // namespace gengfu::log
