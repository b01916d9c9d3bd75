#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/reader.hpp"
#include "daemon/config/site.hpp"

namespace gengfu::config {

/// `KEY = { zh = …, en = … }`, or one string for both languages. Either language may be left out: then it is
/// that of the other. `{PLACEHOLDERS}` must be among `placeholders`; with none given, braces are plain text.
Text read_text(Reader& reader, std::string_view key, std::size_t limit,
               const std::vector<std::string>& placeholders, Report& report);

/// The texts of a rule; without a title its name stands for it.
RuleText read_rule_text(Reader& reader, const std::string& name, Report& report);

}  // namespace gengfu::config
