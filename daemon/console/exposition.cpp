#include "daemon/console/exposition.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace gengfu::console {
namespace {

constexpr std::string_view word(Kind kind) {
    switch (kind) {
        case Kind::kCounter:
            return "counter";
        case Kind::kHistogram:
            return "histogram";
        case Kind::kGauge:
            break;
    }
    return "gauge";
}

/// A label's value may hold anything but a bare backslash, quote or line end.
void append_escaped(std::string& to, std::string_view value) {
    for (const char c : value) {
        if (c == '\\' || c == '"') {
            to += '\\';
            to += c;
        } else if (c == '\n') {
            to += "\\n";
        } else {
            to += c;
        }
    }
}

}  // namespace

void Exposition::family(std::string_view name, Kind kind, std::string_view help) {
    name_ = name;
    fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, word(kind));
}

void Exposition::head(Labels labels, std::string_view suffix) {
    text_ += name_;
    text_ += suffix;
    char before = '{';
    for (const auto& [name, value] : labels) {
        text_ += before;
        text_ += name;
        text_ += "=\"";
        append_escaped(text_, value);
        text_ += '"';
        before = ',';
    }
    text_ += before == ',' ? "} " : " ";
}

void Exposition::sample(double value, Labels labels, std::string_view suffix) {
    head(labels, suffix);
    if (std::isfinite(value)) {
        fmt::format_to(std::back_inserter(text_), "{}\n", value);
    } else {
        text_ += std::isnan(value) ? "NaN\n" : value > 0 ? "+Inf\n" : "-Inf\n";
    }
}

void Exposition::sample(std::uint64_t value, Labels labels, std::string_view suffix) {
    head(labels, suffix);
    fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

}  // namespace gengfu::console
