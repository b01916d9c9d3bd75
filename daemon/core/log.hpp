#pragma once

#include <string>
#include <string_view>

/// The daemon's log: to standard error, with systemd's priority prefix (<3> error, <4> warning, <6> info)
/// where the journal listens, else with time and word for a person. Only services log, once per change of
/// state.
namespace gengfu::log {

enum class Language : unsigned char { kChinese, kEnglish };

/// Before the first line. \param language of the texts given in both.
void set_up(Language language);

void info(std::string_view zh, std::string_view en);
void warning(std::string_view zh, std::string_view en);
void error(std::string_view zh, std::string_view en);

}  // namespace gengfu::log
