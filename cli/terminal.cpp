#include "cli/terminal.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "daemon/core/plain_text.hpp"

namespace gengfu::cli {
namespace {

bool coloured() {
    static const bool yes = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    return yes;
}

const char* code_of(Colour colour) {
    switch (colour) {
        case Colour::kRed:
            return "\x1b[1;31m";
        case Colour::kOrange:
            return "\x1b[38;5;208m";
        case Colour::kYellow:
            return "\x1b[33m";
        case Colour::kBlue:
            return "\x1b[34m";
        case Colour::kGreen:
            return "\x1b[32m";
        case Colour::kGrey:
            return "\x1b[90m";
        case Colour::kBold:
            return "\x1b[1m";
        case Colour::kPlain:
            break;
    }
    return "";
}

constexpr std::string_view kReset = "\x1b[0m";

}  // namespace

std::string paint(Colour colour, std::string_view text) {
    if (!coloured() || colour == Colour::kPlain) {
        return std::string(text);
    }
    return code_of(colour) + std::string(text) + std::string(kReset);
}

std::size_t width(std::string_view text) {
    std::size_t columns = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte == 0x1B) {  // our own colour codes take no room
            while (i < text.size() && text[i] != 'm') {
                ++i;
            }
        } else if (byte < 0x80) {
            ++columns;
        } else if (byte >= 0xE1) {  // three bytes and more from U+1000 on: in our texts, CJK
            columns += byte == 0xE2 ? 1 : 2;
        } else if (byte >= 0xC0) {
            ++columns;
        }
    }
    return columns;
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], width(row[i]));
        }
    }
    std::string text;
    bool heading = true;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) {
                line += std::string(widths[i] - width(row[i]) + 2, ' ');
            }
        }
        text += (heading ? paint(Colour::kBold, line) : line) + "\n";
        heading = false;
    }
    return text;
}

void print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
}

std::string printable(std::string_view text) {
    return to_plain(text);
}

std::string counted(std::ptrdiff_t count, std::string_view noun) {
    return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

void complain(const std::string& what) {
    std::fprintf(stderr, "gengfu: %s\n", printable(what).c_str());
}

}  // namespace gengfu::cli
