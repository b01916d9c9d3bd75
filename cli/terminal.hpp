#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// What a person sees. Colours only on a terminal and without NO_COLOR.
namespace gengfu::cli {

enum class Colour : unsigned char { kPlain, kRed, kOrange, kYellow, kBlue, kGreen, kGrey, kBold };

/// `text` in a colour when standard output is a terminal.
std::string paint(Colour colour, std::string_view text);

/// Columns that a terminal shows `text` in: CJK characters take two.
std::size_t width(std::string_view text);

/// Rows of cells, each column as wide as its widest cell; the first row is the heading.
std::string table(const std::vector<std::vector<std::string>>& rows);

void print(const std::string& text);

/// What comes from outside (device strings, broker texts) without the characters that drive a terminal or
/// turn a text round (daemon/core/plain_text.hpp).
std::string printable(std::string_view text);

/// "1 mistake", "3 mistakes".
std::string counted(std::ptrdiff_t count, std::string_view noun);

void complain(const std::string& what);

}  // namespace gengfu::cli
