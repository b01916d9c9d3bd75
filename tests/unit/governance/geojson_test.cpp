#include "governance/registry/geojson.hpp"

#include <gtest/gtest.h>

#include <string>

#include "governance/registry/check.hpp"

namespace gengfu::governance {
namespace {

struct Parsed {
    std::vector<Row> rows;
    std::vector<std::string> complaints;
};

Parsed parse(const std::string& text) {
    config::Report report({"f.geojson"});
    Parsed parsed{parse_geojson(text, component_columns(), report), {}};
    for (const config::Diagnostic& diagnostic : report.diagnostics()) {
        parsed.complaints.push_back(to_string(diagnostic));
    }
    return parsed;
}

Parsed feature(const std::string& geometry, const std::string& properties) {
    return parse("{\"type\":\"FeatureCollection\",\n\"features\":[\n{\"type\":\"Feature\",\n\"geometry\":" +
                 geometry + ",\n\"properties\":" + properties + "}]}");
}

TEST(GeoJson, MakesARowOfAFeature) {
    const Parsed parsed = feature(R"({"type":"Point","coordinates":[114.03020000000001, 22]})",
                                  R"({"code":"4403090102000017","name":12,"street":null})");
    ASSERT_EQ(parsed.complaints, std::vector<std::string>{});
    ASSERT_EQ(parsed.rows.size(), 1U);
    const Row& row = parsed.rows[0];
    EXPECT_EQ(row.at.line, 3U);
    EXPECT_EQ(row.find("longitude")->text, "114.03020000000001") << "as it stands, not rounded";
    EXPECT_EQ(row.find("latitude")->text, "22");
    EXPECT_EQ(row.find("datum")->text, "wgs84");
    EXPECT_EQ(row.find("name")->text, "12");
    EXPECT_EQ(row.find("street")->text, "");
    EXPECT_EQ(row.find("grid"), nullptr);
}

TEST(GeoJson, APropertyMayNameAnotherDatum) {
    const Parsed parsed =
        feature(R"({"type":"Point","coordinates":[1,2]})", R"({"code":"1","datum":"gcj02"})");
    EXPECT_EQ(parsed.rows.at(0).find("datum")->text, "gcj02");
}

TEST(GeoJson, SaysWhatIsWrongAndWhere) {
    const std::string point = R"({"type":"Point","coordinates":[1,2]})";
    const struct {
        Parsed parsed;
        const char* complaint;
    } cases[] = {
        {parse("{\"type\":\"Feature\"}"),
         "f.geojson:1:17: error: \"Feature\": a FeatureCollection is wanted"},
        {parse("{\n}"),
         "f.geojson:1:1: error: there are no \"features\": a GeoJSON FeatureCollection is wanted"},
        {parse("[]"), "f.geojson:1:1: error: a list: a FeatureCollection is wanted"},
        {feature(R"({"type":"LineString","coordinates":[]})", "{}"),
         "f.geojson:4:31: error: a geometry of type \"LineString\": a component is a Point"},
        {feature(R"({"type":"Point","coordinates":[1]})", "{}"),
         "f.geojson:4:44: error: a Point of one number: longitude and latitude are wanted"},
        {feature(point, R"({"colour":"red"})"),
         "f.geojson:5:22: error: there is no property \"colour\"; there are code, name, longitude, latitude, "
         "datum, grid, "
         "community_code, street, community, estate, area, door, building, floor, landmark, access, "
         "authority, owner, maintainer"},
        {feature(point, R"({"code":true})"),
         "f.geojson:5:25: error: property \"code\" is true or false: a text or a number is wanted"},
        {feature(point, R"({"code":{}})"),
         "f.geojson:5:20: error: property \"code\" is an object: a text or a number is wanted"},
        {feature(point, R"({"code":"1","code":"2"})"),
         "f.geojson:5:31: error: property \"code\" stands twice"},
        {feature(point, R"({"code":"1","longitude":3})"),
         "f.geojson:3:1: error: a place in the geometry and in the properties: one of them is wanted"},
    };
    for (const auto& [parsed, complaint] : cases) {
        EXPECT_EQ(parsed.complaints, std::vector<std::string>{complaint});
        EXPECT_TRUE(parsed.rows.empty()) << complaint;
    }
}

TEST(GeoJson, ATextThatIsNoJsonIsToldWithItsLine) {
    const Parsed parsed = parse("{\"type\":\"FeatureCollection\",\n\"features\":[\n{]}");
    ASSERT_EQ(parsed.complaints.size(), 1U);
    EXPECT_TRUE(parsed.complaints[0].starts_with("f.geojson:3:2: error: ")) << parsed.complaints[0];
}

}  // namespace
}  // namespace gengfu::governance
