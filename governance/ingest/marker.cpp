#include "governance/ingest/marker.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace gengfu::ingest {
namespace {

constexpr std::string_view kHead = "gengfu-ingest 1";

using Field = std::pair<std::string_view, std::uint64_t Marker::*>;
constexpr std::array<Field, 5> kFields{{{"system", &Marker::system},
                                        {"timeline", &Marker::timeline},
                                        {"database", &Marker::database},
                                        {"ledger", &Marker::ledger},
                                        {"position", &Marker::position}}};

std::string_view take_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
}

template <class Number>
bool take_number(std::string_view line, std::string_view name, Number& out) {
    if (!line.starts_with(name) || line.size() <= name.size() + 1 || line[name.size()] != ' ') {
        return false;
    }
    line.remove_prefix(name.size() + 1);
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), out);
    return error == std::errc{} && end == line.data() + line.size();
}

}  // namespace

const char* const kMarkerQuery =
    "SELECT (SELECT system_identifier FROM pg_control_system()), "
    "(SELECT timeline_id FROM pg_control_checkpoint()), "
    "(SELECT oid FROM pg_database WHERE datname = current_database()), "
    "'governance.ledger'::regclass::oid, pg_current_wal_flush_lsn() - '0/0'::pg_lsn";

bool is_restored(const Marker& before, const Marker& now) {
    return before.system != now.system || before.timeline != now.timeline ||
           before.database != now.database || before.ledger != now.ledger || now.position < before.position;
}

std::string to_text(const Marker& marker) {
    std::string out(kHead);
    out += "\n";
    for (const auto& [name, field] : kFields) {
        out.append(name).append(" ").append(std::to_string(marker.*field)).append("\n");
    }
    return out + "owed_until_us " + std::to_string(marker.owed_until_us) + "\n";
}

std::optional<Marker> parse_marker(std::string_view text) {
    Marker out;
    if (take_line(text) != kHead) {
        return std::nullopt;
    }
    for (const auto& [name, field] : kFields) {
        if (!take_number(take_line(text), name, out.*field)) {
            return std::nullopt;
        }
    }
    return take_number(take_line(text), "owed_until_us", out.owed_until_us) ? std::optional(out)
                                                                            : std::nullopt;
}

}  // namespace gengfu::ingest
