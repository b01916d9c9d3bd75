#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/config/reader.hpp"
#include "daemon/config/site.hpp"

namespace gengfu::config {

/// Whether `{value}` and the like are filled in (daemon/core/text_template.hpp) or braces are plain text.
enum class Template : std::uint8_t { kYes, kNo };

/// `KEY = { zh = …, en = … }`, or one string for both languages. Either language may be left out: then it is
/// that of the other.
Text read_text(Reader& reader, std::string_view key, std::size_t limit, Template filled, Report& report);

/// The texts of a rule; without a title its name stands for it.
RuleText read_rule_text(Reader& reader, const std::string& name, Report& report);

}  // namespace gengfu::config
