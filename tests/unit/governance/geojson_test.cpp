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

Parsed features(const std::string& list, const std::string& before = "") {
    return parse("{\"type\":\"FeatureCollection\",\n" + before + "\"features\":[\n" + list + "]}");
}

TEST(GeoJson, NothingThatIsNoPointIsDroppedSilently) {
    const std::string good = R"({"type":"Feature","geometry":null,"properties":{"code":"1"}})";
    const std::string wanted = ": an object of type \"Feature\" is wanted";
    const struct {
        Parsed parsed;
        std::string complaint;
    } cases[] = {
        {features(good + ",\n 7"), "f.geojson:4:3: error: a feature that is a text or a number" + wanted},
        {features("\"4403090102000017\",\n" + good),
         "f.geojson:3:18: error: a feature that is a text or a number" + wanted},
        {features(good + ",\nnull"), "f.geojson:4:4: error: a feature that is null" + wanted},
        {features(good + ",\ntrue"), "f.geojson:4:4: error: a feature that is true or false" + wanted},
        {features(good + ",\n[" + good + "]"), "f.geojson:4:1: error: a feature that is a list" + wanted},
        {features(R"({"type":"Point","coordinates":[1,2]})"),
         "f.geojson:3:15: error: a feature of type \"Point\": \"Feature\" is wanted"},
        {features(R"({"geometry":"here","properties":{"code":"1"}})"),
         "f.geojson:3:11: error: geometry of a feature is \"here\": an object is wanted"},
        {features(R"({"properties":[1]})"),
         "f.geojson:3:13: error: properties of a feature is a list: an object is wanted"},
        {feature(R"({"type":"Point","coordinates":[[1,2]]})", "{}"),
         "f.geojson:4:43: error: a list among the coordinates: a Point has one longitude and one latitude"},
        {feature(R"({"type":"Point","coordinates":{"x":1}})", "{}"),
         "f.geojson:4:40: error: coordinates are an object: a list of longitude and latitude is wanted"},
        {feature(R"({"type":"Point","coordinates":[]})", "{}"),
         "f.geojson:4:12: error: a Point without coordinates: give longitude and latitude, or null as the "
         "geometry"},
        {feature(R"({"coordinates":[1,2]})", "{}"),
         "f.geojson:4:12: error: a geometry without a type: a component is a Point"},
    };
    for (const auto& [parsed, complaint] : cases) {
        ASSERT_FALSE(parsed.complaints.empty()) << complaint;
        EXPECT_EQ(parsed.complaints.front(), complaint);
    }
    EXPECT_EQ(features(good + "," + good).rows.size(), 2U);
}

TEST(GeoJson, AnotherCoordinateSystemIsRefused) {
    const auto with = [](const std::string& crs) { return features("", "\"crs\":" + crs + ",\n"); };
    const auto named = [&](const std::string& name) {
        return with(R"({"type":"name","properties":{"name":")" + name + R"("}})");
    };
    for (const char* name : {"urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326",
                             "urn:ogc:def:crs:EPSG::4490"}) {
        EXPECT_EQ(named(name).complaints, std::vector<std::string>{}) << name;
    }
    for (const char* name : {"urn:ogc:def:crs:EPSG::4547", "EPSG:3857", "EPSG:43260", "4326", ""}) {
        const Parsed parsed = named(name);
        ASSERT_EQ(parsed.complaints.size(), 1U) << name;
        EXPECT_TRUE(parsed.complaints[0].starts_with("f.geojson:2:")) << parsed.complaints[0];
        EXPECT_NE(parsed.complaints[0].find("in WGS 84 are wanted"), std::string::npos)
            << parsed.complaints[0];
    }
    EXPECT_EQ(with("null").complaints.size(), 1U);
    EXPECT_EQ(with(R"({"type":"link","properties":{"href":"x"}})").complaints.size(), 1U);
    EXPECT_EQ(features(R"({"type":"Feature","crs":{"type":"name","properties":{"name":"EPSG:3857"}},)"
                       R"("geometry":null,"properties":{"code":"1"}})")
                  .complaints.size(),
              1U);
}

TEST(GeoJson, ATextThatIsNoJsonIsToldWithItsLine) {
    const Parsed parsed = parse("{\"type\":\"FeatureCollection\",\n\"features\":[\n{]}");
    ASSERT_EQ(parsed.complaints.size(), 1U);
    EXPECT_TRUE(parsed.complaints[0].starts_with("f.geojson:3:2: error: ")) << parsed.complaints[0];
}

}  // namespace
}  // namespace gengfu::governance
