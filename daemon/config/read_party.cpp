#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/config/sections.hpp"
#include "daemon/config/text.hpp"

namespace gengfu::config {
namespace {

constexpr std::array<std::pair<std::string_view, Datum>, 3> kDatums{
    {{"wgs84", Datum::kWgs84}, {"cgcs2000", Datum::kCgcs2000}, {"gcj02", Datum::kGcj02}}};

/// Personal data stays out of the gateway: the platform turns the reference into a number.
bool looks_like_a_number(const std::string& text) {
    constexpr int kShortestPhone = 7;
    int digits = 0;
    for (const char c : text) {
        const bool separator = c == ' ' || c == '-' || c == '(' || c == ')' || c == '+';
        const bool digit = c >= '0' && c <= '9';
        digits = digit ? digits + 1 : (separator ? digits : 0);
        if (digits >= kShortestPhone) {
            return true;
        }
    }
    return false;
}

Party read_party(const Node& table, Names& names, Report& report) {
    Party party;
    Reader reader(table, "party", "party", report);
    if (reader.require("id")) {
        party.id = reader.name("id").value_or("");
        if (!party.id.empty()) {
            reader.set_subject("party " + in_quotes(party.id));
            names.define(party.id, reader.at("id"), report);
        }
    }
    party.code = reader.text("code", kMaxName).value_or("");
    party.name = reader.text("name").value_or("");
    party.phone_ref = reader.text("phone_ref").value_or("");
    if (looks_like_a_number(party.phone_ref)) {
        reader.error("phone_ref",
                     R"(phone_ref must be a reference such as "roster:drainage-3", never a number)");
    }
    reader.finish();
    return party;
}

std::optional<Location> read_location(const Node& table, const std::string& schema,
                                      const std::string& subject, Report& report) {
    constexpr double kMaxLongitude = 180;
    constexpr double kMaxLatitude = 90;
    Reader reader(table, schema + ".location", subject + ": location", report);
    const bool complete = static_cast<int>(reader.require("lon")) + static_cast<int>(reader.require("lat")) +
                              static_cast<int>(reader.require("datum")) ==
                          3;
    const auto longitude = reader.number("lon", -kMaxLongitude, kMaxLongitude);
    const auto latitude = reader.number("lat", -kMaxLatitude, kMaxLatitude);
    const auto datum = reader.word("datum", kDatums);
    reader.finish();
    if (!complete || !longitude || !latitude || !datum) {
        return std::nullopt;
    }
    return Location{*longitude, *latitude, *datum};
}

}  // namespace

std::vector<Feed> read_feeds(const Node& root, Names& names, Report& report) {
    Reader top(root, "", "configuration", report);
    std::vector<Feed> feeds;
    for (const Node* const table : top.tables("feed", kMaxFeeds)) {
        Reader reader(*table, "feed", "feed", report);
        if (reader.require("name")) {
            const std::string name = reader.name("name").value_or("");
            if (!name.empty() && names.define(name, reader.at("name"), report)) {
                reader.set_subject("feed " + in_quotes(name));
                feeds.push_back({name});
            }
        }
        reader.finish();
    }
    return feeds;
}

std::vector<Party> read_parties(const Node& root, Names& names, Report& report) {
    Reader top(root, "", "configuration", report);
    std::vector<Party> parties;
    for (const Node* const table : top.tables("party", kMaxParties)) {
        parties.push_back(read_party(*table, names, report));
    }
    return parties;
}

Component read_component(Reader& reader, const std::string& schema, const Component& base,
                         const Known& known) {
    constexpr std::size_t kComponentDigits = 16;
    Component component = base;
    const std::pair<std::string_view, std::string*> parties[] = {{"authority", &component.authority},
                                                                 {"owner", &component.owner},
                                                                 {"maintainer", &component.maintainer}};
    for (const auto& [key, member] : parties) {
        if (const auto id = reader.name(key)) {
            known.parties.check(*id, reader.subject(), reader.at(key), reader.report());
            *member = *id;
        }
    }
    if (const Node* const table = reader.table("location")) {
        component.location = read_location(*table, schema, reader.subject(), reader.report());
    }
    if (const Node* const table = reader.table("place")) {
        component.place =
            read_place(*table, schema + ".place", reader.subject() + ": place", base.place, reader.report());
    }
    const auto code =
        reader.parsed("component", [](std::string_view text) { return parse_code(text, kComponentDigits); });
    if (code) {
        component.code = *code;
        if (const std::string doubt = doubt_component(*code, component.place.division); !doubt.empty()) {
            reader.warning("component", doubt);
        }
    }
    return component;
}

}  // namespace gengfu::config
