#include "governance/ingest/marker.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace gengfu::ingest {
namespace {

constexpr std::string_view kHead = "gengfu-ingest 2";
constexpr std::string_view kFirstHead = "gengfu-ingest 1";  // had no confirmations

using Field = std::pair<std::string_view, std::uint64_t Marker::*>;
constexpr std::array<Field, 6> kFields{{{"system", &Marker::system},
                                        {"timeline", &Marker::timeline},
                                        {"database", &Marker::database},
                                        {"ledger", &Marker::ledger},
                                        {"position", &Marker::position},
                                        {"confirmations", &Marker::confirmations}}};

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

// The eight first digits of a log file's name are its timeline.
const char* const kMarkerQuery =
    "SELECT (SELECT system_identifier FROM pg_control_system()), "
    "('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int8, "
    "(SELECT oid FROM pg_database WHERE datname = current_database()), "
    "'governance.ledger'::regclass::oid, pg_current_wal_flush_lsn() - '0/0'::pg_lsn, "
    "coalesce((SELECT confirmations FROM governance.ingest WHERE instance = $1), 0)";

bool is_restored(const Marker& before, const Marker& now) {
    return before.system != now.system || before.timeline != now.timeline ||
           before.database != now.database || before.ledger != now.ledger || now.position < before.position ||
           now.confirmations < before.confirmations;
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
    const std::string_view head = take_line(text);
    if (head != kHead && head != kFirstHead) {
        return std::nullopt;
    }
    for (const auto& [name, field] : kFields) {
        if (head == kFirstHead && field == &Marker::confirmations) {
            continue;
        }
        if (!take_number(take_line(text), name, out.*field)) {
            return std::nullopt;
        }
    }
    return take_number(take_line(text), "owed_until_us", out.owed_until_us) ? std::optional(out)
                                                                            : std::nullopt;
}

}  // namespace gengfu::ingest
