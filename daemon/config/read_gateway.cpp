#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/config/sections.hpp"
#include "daemon/config/text.hpp"

namespace gengfu::config {
namespace {

constexpr std::size_t kDivisionDigits = 6;    // GB/T 2260
constexpr std::size_t kCommunityDigits = 12;  // street and community added
constexpr std::size_t kGridDigits = 15;       // GB/T 30428.1

constexpr std::array<std::pair<std::string_view, const char*>, 2> kLanguages{{{"zh", "zh"}, {"en", "en"}}};

std::optional<std::string> code(Reader& reader, std::string_view key, std::size_t digits) {
    return reader.parsed(key, [digits](std::string_view text) { return parse_code(text, digits); });
}

Result<std::string> parse_time_zone(std::string_view text) {
    const bool fits = !text.empty() && text.size() <= kMaxName && text.front() != '/' &&
                      text.find("..") == std::string_view::npos &&
                      std::all_of(text.begin(), text.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                 c == '_' || c == '/' || c == '+' || c == '-';
                      });
    if (!fits) {
        return fail(Errc::kInvalid, R"(a time zone such as "Asia/Shanghai")");
    }
    return std::string(text);
}

/// The codes contain each other in all cities we know of; there is no national rule for it.
void doubt_codes(Reader& reader, const Place& place) {
    if (!place.community_code.empty() && !place.community_code.starts_with(place.division)) {
        reader.warning("community_code", fmt::format("community_code {} does not begin with division {}",
                                                     place.community_code, place.division));
    }
    if (!place.grid.empty() && !place.grid.starts_with(place.community_code)) {
        reader.warning("grid", fmt::format("grid {} does not begin with community_code {}", place.grid,
                                           place.community_code));
    }
}

}  // namespace

Place read_place(const Node& table, const std::string& schema, const std::string& subject, const Place& base,
                 Report& report) {
    Reader reader(table, schema, subject, report);
    Place place = base;
    place.division = code(reader, "division", kDivisionDigits).value_or(place.division);
    place.community_code = code(reader, "community_code", kCommunityDigits).value_or(place.community_code);
    place.grid = code(reader, "grid", kGridDigits).value_or(place.grid);
    const std::pair<std::string_view, std::string*> texts[] = {
        {"street", &place.street}, {"community", &place.community}, {"estate", &place.estate},
        {"area", &place.area},     {"door", &place.door},           {"building", &place.building},
        {"floor", &place.floor},   {"landmark", &place.landmark},   {"access", &place.access}};
    for (const auto& [key, member] : texts) {
        *member = reader.text(key).value_or(*member);
    }
    doubt_codes(reader, place);
    reader.finish();
    return place;
}

Gateway read_gateway(const Node& root, Report& report) {
    Gateway gateway;
    const Entry* const entry = root.find("gateway");
    if (entry == nullptr) {
        if (!report.incomplete()) {
            report.error(root.at, "[gateway] is missing: it must give id and place");
        }
        return gateway;
    }
    if (entry->value.kind != Node::Kind::kTable) {
        return gateway;  // reported: no table
    }
    Reader reader(entry->value, "gateway", "gateway", report);
    if (reader.require("id")) {
        gateway.id = reader.parsed("id", parse_gateway_id).value_or("");
    }
    gateway.language = reader.word("language", kLanguages).value_or("zh");
    gateway.time_zone = reader.parsed("time_zone", parse_time_zone).value_or(gateway.time_zone);
    if (reader.require("place")) {
        if (const Node* const table = reader.table("place")) {
            gateway.place = read_place(*table, "gateway.place", "gateway.place", {}, report);
            // Topics are made of them.
            for (const std::string_view key : {"division", "community_code", "grid"}) {
                if (table->find(key) == nullptr) {
                    report.error(table->at, fmt::format("gateway.place: {} is missing", key));
                }
            }
        }
    }
    reader.finish();
    return gateway;
}

}  // namespace gengfu::config
