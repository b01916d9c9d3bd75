#include "daemon/config/parse_toml.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config/limits.hpp"
#include "daemon/core/plain_text.hpp"

namespace gengfu::config {
namespace {

At at_of(const toml::source_region& source, std::uint16_t file) {
    return {file, source.begin.line, source.begin.column};
}

std::string_view trimmed(std::string_view line) {
    const auto first = line.find_first_not_of(" \t\r");
    const auto last = line.find_last_not_of(" \t\r");
    return first == std::string_view::npos ? std::string_view{} : line.substr(first, last - first + 1);
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

/// toml++ limits the nesting of values but not the parts of a dotted key, whose tables it builds and destroys
/// by recursion: 100,000 dots would exhaust the stack. \return the line that has too many, 0 if none.
std::uint32_t line_of_endless_key(std::string_view text) {
    constexpr int kMaxDots = 200;  // of anything up to the next "="; prose with so many is refused as well
    std::uint32_t number = 0;
    for (const std::string_view line : lines_of(text)) {
        ++number;
        int dots = 0;
        for (const char c : trimmed(line).starts_with('#') ? std::string_view{} : line) {
            dots = c == '=' ? 0 : dots + (c == '.' ? 1 : 0);
            if (dots > kMaxDots) {
                return number;
            }
        }
    }
    return 0;
}

/// The word before "=" or the header, brackets included, that a line begins with: enough to find the first
/// definition of what the parser says is defined twice.
std::string_view defined_by(std::string_view line) {
    line = trimmed(line);
    if (line.starts_with('[')) {
        const auto end = line.find_last_of(']');
        return end == std::string_view::npos ? std::string_view{} : line.substr(0, end + 1);
    }
    return trimmed(line.substr(0, line.find('=')));
}

/// Line of the earlier definition of what line `second` (from 1) defines; 0 if it is not plain to see.
std::uint32_t first_definition(std::string_view text, std::uint32_t second) {
    const std::vector<std::string_view> lines = lines_of(text);
    if (second == 0 || second > lines.size()) {
        return 0;
    }
    const std::string_view wanted = defined_by(lines[second - 1]);
    const bool header = wanted.starts_with('[');
    for (std::uint32_t i = second - 1; i-- > 0;) {
        const std::string_view defined = defined_by(lines[i]);
        if (!wanted.empty() && defined == wanted) {
            return i + 1;
        }
        if (!header && defined.starts_with('[')) {
            return 0;  // another table begins above: its keys are others
        }
    }
    return 0;
}

/// What toml++ quotes from the text may be a line end or another control character.
std::string printable(std::string_view text) {
    std::string result;
    for (const char c : text) {
        result += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    return to_plain(result, '?');
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// Full-width forms (U+FF01 to U+FF5E), which a Chinese input method writes for ASCII, and its quotes.
std::string_view foreign_character(std::string_view line) {
    for (const std::string_view quote : {"“", "”", "‘", "’"}) {
        if (has(line, quote)) {
            return quote;
        }
    }
    for (std::size_t i = 0; i + 2 < line.size(); ++i) {
        const auto second = static_cast<unsigned char>(line[i + 1]);
        if (line[i] == '\xEF' && (second == 0xBC || second == 0xBD)) {
            return line.substr(i, 3);
        }
    }
    return {};
}

/// The part of a line that stands outside of ASCII quotes: within them anything may stand.
std::string outside_quotes(std::string_view line) {
    std::string outside;
    bool inside = false;
    for (const char c : line) {
        inside = c == '"' ? !inside : inside;
        if (!inside && c == '#') {
            break;
        }
        outside += inside ? '"' : c;
    }
    return outside;
}

/// Headers that stand once for each thing: [device] twice is what everybody writes first.
bool may_stand_often(std::string_view header) {
    for (const std::string_view name :
         {"bus", "device", "feed", "party", "point", "write", "setup", "device.channel"}) {
        if (header == fmt::format("[{}]", name)) {
            return true;
        }
    }
    return false;
}

/// What installers get wrong most, in their words; empty for the rest.
std::string advice(std::string_view what, std::string_view line) {
    if (has(what, "utf-8")) {
        return "the file is not UTF-8 (GBK, perhaps): save it as UTF-8";
    }
    const std::string outside = outside_quotes(line);
    if (const std::string_view foreign = foreign_character(outside); !foreign.empty()) {
        return fmt::format(
            "{} is a full-width character or a typographic quote: write digits, = . [ ] and "
            "quotes (\") as plain ASCII",
            foreign);
    }
    const bool odd = std::count(line.begin(), line.end(), '"') % 2 == 1;
    if (has(what, "string") && odd &&
        (has(what, "control characters") || has(what, "end-of-file") || has(what, "EOF"))) {
        return "a text that begins with \" must end with \" on the same line: the closing quote is missing";
    }
    if (has(what, "redefine") && may_stand_often(trimmed(line))) {
        return fmt::format("{} stands there more than once: write each as [{}]", trimmed(line),
                           trimmed(line));
    }
    return "";
}

/// toml++ speaks in sentences of its own: shorten them to what the user can use.
std::string message_of(const toml::parse_error& error, std::string_view text, const Report& report, At at) {
    std::string what = printable(error.description());
    constexpr std::string_view kLead = "Error while parsing ";
    if (what.starts_with(kLead)) {
        what = "not valid TOML: in a " + what.substr(kLead.size());
    } else {
        what = "not valid TOML: " + what;
    }
    const std::vector<std::string_view> lines = lines_of(text);
    const bool known = at.line > 0 && at.line <= lines.size();
    if (const std::string said = advice(what, known ? lines[at.line - 1] : ""); !said.empty()) {
        const std::uint32_t earlier = has(what, "redefine") ? first_definition(text, at.line) : 0;
        return said + (earlier == 0 ? "" : "; first at " + report.place({at.file, earlier, 1}));
    }
    if (!has(what, "redefine")) {
        return what;
    }
    const std::uint32_t first = first_definition(text, at.line);
    return first == 0 ? what
                      : fmt::format("{}; first defined at {}", what, report.place({at.file, first, 1}));
}

/// Turns toml++'s tree into ours.
class Converter {
public:
    Converter(std::uint16_t file, Report& report) : file_(file), report_(report) {}

    Node convert(const toml::node& from, std::size_t depth) {
        Node node;
        node.at = at_of(from.source(), file_);
        if (!fits(node.at, depth)) {
            return node;
        }
        if (const toml::table* const table = from.as_table()) {
            convert_table(*table, depth, node);
        } else if (const toml::array* const list = from.as_array()) {
            node.kind = Node::Kind::kList;
            node.items.reserve(list->size());
            for (const toml::node& item : *list) {
                node.items.push_back(convert(item, depth + 1));
            }
        } else {
            convert_scalar(from, node);
        }
        return node;
    }

private:
    bool fits(At at, std::size_t depth) {
        ++nodes_;
        if (depth <= kMaxDepth && nodes_ <= kMaxNodes) {
            return true;
        }
        if (!told_) {
            told_ = true;
            report_.error(at,
                          depth > kMaxDepth
                              ? fmt::format("tables and lists lie more than {} deep in each other", kMaxDepth)
                              : fmt::format("more than {} values in one file", kMaxNodes));
        }
        return false;
    }

    void convert_table(const toml::table& table, std::size_t depth, Node& node) {
        node.kind = Node::Kind::kTable;
        node.entries.reserve(table.size());
        for (const auto& [key, value] : table) {
            node.entries.push_back(
                {std::string(key.str()), at_of(key.source(), file_), convert(value, depth + 1)});
        }
        // toml++ sorts by key; mistakes are told, and points polled, in the order of the file.
        std::stable_sort(node.entries.begin(), node.entries.end(), [](const Entry& a, const Entry& b) {
            return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
        });
    }

    static void convert_scalar(const toml::node& from, Node& node) {
        if (const auto* const text = from.as_string()) {
            node.kind = Node::Kind::kString;
            node.text = text->get();
        } else if (const auto* const integer = from.as_integer()) {
            node.kind = Node::Kind::kInteger;
            node.integer = integer->get();
        } else if (const auto* const number = from.as_floating_point()) {
            node.kind = Node::Kind::kFloat;
            node.number = number->get();
        } else if (const auto* const flag = from.as_boolean()) {
            node.kind = Node::Kind::kBoolean;
            node.flag = flag->get();
        } else {
            node.kind = Node::Kind::kTime;
        }
    }

    std::uint16_t file_;
    Report& report_;
    std::size_t nodes_ = 0;
    bool told_ = false;
};

}  // namespace

Node parse_toml(const std::string& text, std::uint16_t file, Report& report) {
    Node empty;
    empty.at = {file, 1, 1};
    if (text.size() > kMaxFileBytes) {
        report.error(empty.at,
                     fmt::format("the file has {} bytes, more than {}", text.size(), kMaxFileBytes));
        report.mark_incomplete();
        return empty;
    }
    if (const std::uint32_t line = line_of_endless_key(text); line != 0) {
        report.error({file, line, 1}, "not valid TOML: too many dots for a key");
        report.mark_incomplete();
        return empty;
    }
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        const At at = at_of(parsed.error().source(), file);
        report.error(at, message_of(parsed.error(), text, report, at));
        report.mark_incomplete();
        return empty;
    }
    Node root = Converter(file, report).convert(parsed.table(), 0);
    root.at = empty.at;
    return root;
}

}  // namespace gengfu::config
