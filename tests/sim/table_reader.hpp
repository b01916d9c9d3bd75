#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/line_timing.hpp"
#include "tests/sim/modbus_server.hpp"
#include "tests/sim/toml_tree.hpp"

namespace gengfu::sim {

enum class Need : std::uint8_t { kRequired, kOptional };

/// Reads one TOML table key by key: says what is missing, of the wrong type or out of range, and at the end
/// which keys nobody asked for. Every getter returns nothing when it has reported a mistake or the key is not
/// there.
class TableReader {
public:
    /// `what` names the table in messages: "device \"manhole-017\"". `node` must be a table.
    TableReader(const Node& node, std::string what, Diagnostics& diagnostics);
    TableReader(const Table& table, Place place, std::string what, Diagnostics& diagnostics);

    std::optional<std::string> text(std::string_view key, Need need);
    /// A text that is one of `choices`.
    std::optional<std::string> choice(std::string_view key, Need need,
                                      const std::vector<std::string_view>& choices);
    std::optional<std::int64_t> integer(std::string_view key, Need need, std::int64_t low, std::int64_t high);
    std::optional<double> fraction(std::string_view key, Need need);
    std::optional<bool> flag(std::string_view key);
    std::optional<Nanoseconds> duration(std::string_view key, Need need);
    std::optional<std::uint16_t> address(std::string_view key, Need need);
    std::optional<Space> space(std::string_view key);
    std::optional<std::vector<std::uint16_t>> words(std::string_view key, Need need);
    /// The raw node, when the key is there (and asked for).
    const Node* node(std::string_view key, Need need = Need::kOptional);

    void error(Place place, std::string what);
    [[nodiscard]] Place place_of(std::string_view key) const;
    [[nodiscard]] Place place() const { return place_; }
    void rename(std::string what) { what_ = std::move(what); }
    /// Reports keys that were never asked for.
    void finish();

private:
    void wrong(const Node& node, std::string_view key, std::string_view wanted);

    const Table& table_;
    Place place_;
    std::string what_;
    Diagnostics& diagnostics_;
    std::vector<std::string_view> asked_;
};

/// `; did you mean "x"?` or nothing.
std::string did_you_mean(std::string_view wrong, const std::vector<std::string_view>& candidates);

}  // namespace gengfu::sim
