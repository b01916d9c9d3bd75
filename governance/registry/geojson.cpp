#include "governance/registry/geojson.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/config/limits.hpp"
#include "daemon/config/text.hpp"
#include "governance/registry/csv.hpp"

namespace gengfu::governance {
namespace {

using config::At;
using config::Report;
using nlohmann::json;

/// Where the parser is: counted by the iterator through which it reads.
struct Position {
    std::uint32_t line = 1;
    std::uint32_t column = 0;
    std::uint32_t last_column = 0;  ///< of the line before
    char last = ' ';
};

class Counting {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    Counting(const char* next, Position* position) : next_(next), position_(position) {}
    reference operator*() const { return *next_; }
    Counting& operator++() {
        position_->last = *next_++;
        ++position_->column;
        if (position_->last == '\n') {
            position_->last_column = position_->column;
            ++position_->line;
            position_->column = 0;
        }
        return *this;
    }
    Counting operator++(int) {
        const Counting before = *this;
        ++*this;
        return before;
    }
    friend bool operator==(const Counting& a, const Counting& b) { return a.next_ == b.next_; }

private:
    const char* next_;
    Position* position_;
};

class Reader {
public:
    Reader(const Columns& columns, const Position& position, Report& report)
        : columns_(columns), position_(position), report_(report) {}

    std::vector<Row> rows;
    bool saw_features = false;

    // What nlohmann's SAX parser calls; false stops it.
    bool null() { return inside() == Part::kFeatures ? no_feature("null") : scalar("", true); }
    bool boolean(bool) {
        return inside() == Part::kFeatures ? no_feature("true or false") : refuse("true or false");
    }
    bool number_integer(json::number_integer_t value) { return number(std::to_string(value)); }
    bool number_unsigned(json::number_unsigned_t value) { return number(std::to_string(value)); }
    bool number_float(json::number_float_t, const std::string& text) { return number(text); }
    bool string(std::string& text) { return scalar(text, false); }
    bool binary(json::binary_t&) { return false; }
    bool key(std::string& name) {
        key_ = name;
        key_at_ = here();
        return true;
    }
    bool start_object(std::size_t) {
        switch (inside()) {
            case Part::kNothing:
                return enter(Part::kRoot);
            case Part::kFeatures:
                return begin_feature();
            case Part::kFeature:
                if (key_ == "geometry") {
                    return begin_geometry();
                }
                return enter(key_ == "properties" ? Part::kProperties
                             : key_ == "crs"      ? begin_crs()
                                                  : Part::kOther);
            case Part::kRoot:
                return enter(key_ == "crs" ? begin_crs() : Part::kOther);
            case Part::kGeometry:
                if (key_ == "coordinates") {
                    complain(key_at_,
                             "coordinates are an object: a list of longitude and latitude is wanted");
                }
                return enter(key_ == "crs" ? begin_crs() : Part::kOther);
            case Part::kCoordinates:
                complain(here(), "an object among the coordinates: longitude and latitude are wanted");
                return enter(Part::kOther);
            case Part::kCrs:
                return enter(key_ == "properties" ? Part::kCrsProperties : Part::kOther);
            case Part::kProperties:
                complain(key_at_, fmt::format("property {} is an object: a text or a number is wanted",
                                              config::in_quotes(key_)));
                [[fallthrough]];
            default:
                return enter(Part::kOther);
        }
    }
    bool end_object() {
        switch (inside()) {
            case Part::kFeature:
                finish_feature();
                break;
            case Part::kGeometry:
                finish_geometry();
                break;
            case Part::kCrs:
                if (!crs_named_) {
                    complain(crs_at_, std::string("a crs that is not told by name: ") + kWgs84Wanted);
                }
                break;
            default:
                break;
        }
        parts_.pop_back();
        return true;
    }
    bool start_array(std::size_t) {
        if (inside() == Part::kRoot && key_ == "features") {
            saw_features = true;
            return enter(Part::kFeatures);
        }
        if (inside() == Part::kGeometry && key_ == "coordinates") {
            return enter(Part::kCoordinates);
        }
        if (inside() == Part::kProperties) {
            complain(key_at_, fmt::format("property {} is a list: a text or a number is wanted",
                                          config::in_quotes(key_)));
        }
        if (inside() == Part::kNothing) {
            complain(here(), "a list: a FeatureCollection is wanted");
        }
        if (inside() == Part::kFeatures) {
            return no_feature("a list") && enter(Part::kOther);
        }
        if (inside() == Part::kCoordinates) {
            complain(here(), "a list among the coordinates: a Point has one longitude and one latitude");
        }
        if (inside() == Part::kFeature && (key_ == "geometry" || key_ == "properties")) {
            complain(key_at_, fmt::format("{} of a feature is a list: an object is wanted", key_));
        }
        return enter(Part::kOther);
    }
    bool end_array() {
        parts_.pop_back();
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const json::exception& error) {
        // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ...": our own place
        // is better.
        const std::string what = error.what();
        const std::size_t begins = what.find(": ");
        report_.error(
            here(),
            config::in_quotes(begins == std::string::npos ? what : what.substr(begins + 2)) + ": no JSON");
        return false;
    }

private:
    enum class Part : std::uint8_t {
        kNothing,
        kRoot,
        kFeatures,
        kFeature,
        kGeometry,
        kCoordinates,
        kProperties,
        kCrs,
        kCrsProperties,
        kOther
    };
    static constexpr const char* kWgs84Wanted =
        "longitude and latitude in WGS 84 are wanted, as GeoJSON has them (RFC 7946); convert the file, as "
        "by "
        "ogr2ogr -t_srs EPSG:4326, or give the property datum";

    Part inside() const { return parts_.empty() ? Part::kNothing : parts_.back(); }
    bool enter(Part part) {
        parts_.push_back(part);
        return true;
    }
    /// Of the last character that belongs to what was just read: a number ends only at the one after it.
    At here() const {
        return position_.column == 0 && position_.line > 1
                   ? At{0, position_.line - 1, position_.last_column}
                   : At{0, position_.line, std::max(1U, position_.column)};
    }
    void complain(At at, std::string what) {
        report_.error(at, std::move(what));
        good_ = false;
    }
    bool no_feature(const char* what) {
        complain(here(), fmt::format("a feature that is {}: an object of type \"Feature\" is wanted", what));
        return report_.error_count() < config::kMaxDiagnostics;  // no more are shown
    }
    bool begin_geometry() {
        if (std::exchange(has_geometry_, true)) {
            complain(key_at_, "a feature with two geometries");
        }
        geometry_at_ = here();
        has_type_ = false;
        return enter(Part::kGeometry);
    }
    void finish_geometry() {
        if (!has_type_) {
            complain(geometry_at_, "a geometry without a type: a component is a Point");
        } else if (good_ && coordinates_.empty()) {
            complain(geometry_at_,
                     "a Point without coordinates: give longitude and latitude, or null as the geometry");
        }
    }
    Part begin_crs() {
        crs_at_ = key_at_;
        crs_named_ = false;
        return Part::kCrs;
    }
    /// Names as QGIS, ogr2ogr and old GeoJSON write them; CGCS 2000 (EPSG 4490) is the same within a
    /// decimetre.
    void check_crs(const std::string& name) {
        crs_named_ = true;
        constexpr std::array<std::string_view, 2> kDegrees{"4326", "4490"};
        const std::string_view last = std::string_view(name).substr(name.rfind(':') + 1);
        const bool epsg = name.find("EPSG") != std::string::npos &&
                          std::find(kDegrees.begin(), kDegrees.end(), last) != kDegrees.end();
        if (!epsg && last != "CRS84") {
            complain(here(), fmt::format("crs {}: {}", config::in_quotes(name), kWgs84Wanted));
        }
    }
    bool refuse(const char* what) {
        if (inside() == Part::kProperties) {
            complain(here(), fmt::format("property {} is {}: a text or a number is wanted",
                                         config::in_quotes(key_), what));
        }
        return true;
    }
    bool number(const std::string& text) {
        if (inside() == Part::kCoordinates) {
            coordinates_.push_back({text, here()});
            return coordinates_.size() <= 16 || refuse_many();
        }
        return scalar(text, false);
    }
    bool refuse_many() {
        complain(here(), "a Point of more than 16 numbers");
        return false;
    }
    bool scalar(const std::string& text, bool nothing) {
        if (inside() == Part::kFeatures) {
            return no_feature("a text or a number");
        }
        if (inside() == Part::kFeature) {
            in_feature(text, nothing);
        }
        if (inside() == Part::kCrsProperties && key_ == "name") {
            check_crs(text);
        }
        if (key_ == "crs" &&
            (inside() == Part::kRoot || inside() == Part::kFeature || inside() == Part::kGeometry)) {
            complain(key_at_, std::string("a crs that is none: ") + kWgs84Wanted);
        }
        has_type_ = has_type_ || (inside() == Part::kGeometry && key_ == "type");
        if (inside() == Part::kGeometry && key_ == "type" && text != "Point") {
            complain(here(),
                     fmt::format("a geometry of type {}: a component is a Point", config::in_quotes(text)));
        }
        if (inside() == Part::kRoot && key_ == "type" && text != "FeatureCollection") {
            complain(here(), fmt::format("{}: a FeatureCollection is wanted", config::in_quotes(text)));
        }
        if (inside() == Part::kCoordinates) {
            complain(here(), "a coordinate is no number");
        }
        if (inside() == Part::kProperties) {
            property(nothing ? std::string() : text);
        }
        return true;
    }
    void in_feature(const std::string& text, bool nothing) {
        if (key_ == "type" && text != "Feature") {
            complain(here(),
                     fmt::format("a feature of type {}: \"Feature\" is wanted", config::in_quotes(text)));
        }
        if ((key_ == "geometry" || key_ == "properties") && !nothing) {
            complain(key_at_, fmt::format("{} of a feature is {}: an object is wanted", key_,
                                          config::in_quotes(text)));
        }
    }
    void property(const std::string& text) {
        if (std::find(columns_.begin(), columns_.end(), key_) == columns_.end()) {
            complain(key_at_, fmt::format("there is no property {}{}; there are {}", config::in_quotes(key_),
                                          config::did_you_mean(key_, columns_), fmt::join(columns_, ", ")));
        } else if (text.size() > kMaxCellBytes) {
            complain(here(), fmt::format("a text of {} bytes: at most {}", text.size(), kMaxCellBytes));
        } else if (!row_.cells.emplace(key_, Cell{text, here()}).second) {
            complain(key_at_, fmt::format("property {} stands twice", config::in_quotes(key_)));
        }
    }
    bool begin_feature() {
        if (report_.error_count() >= config::kMaxDiagnostics) {
            return false;  // no more are shown
        }
        row_ = {};
        row_.at = here();
        coordinates_.clear();
        has_geometry_ = false;
        good_ = true;
        if (rows.size() == kMaxImportRows) {
            complain(row_.at, fmt::format("more than {} features: divide the file", kMaxImportRows));
            return false;
        }
        return enter(Part::kFeature);
    }
    void finish_feature() {
        if (coordinates_.size() == 1) {
            complain(coordinates_.front().at, "a Point of one number: longitude and latitude are wanted");
        }
        if (coordinates_.size() >= 2) {  // a third is the height
            if (row_.find("longitude") != nullptr || row_.find("latitude") != nullptr) {
                complain(row_.at, "a place in the geometry and in the properties: one of them is wanted");
            }
            row_.cells.emplace("longitude", coordinates_[0]);
            row_.cells.emplace("latitude", coordinates_[1]);
            row_.cells.emplace("datum", Cell{"wgs84", coordinates_[0].at});
        }
        if (good_) {
            rows.push_back(std::move(row_));
        }
        row_ = {};
    }

    const Columns& columns_;
    const Position& position_;
    Report& report_;
    std::vector<Part> parts_;
    std::string key_;
    At key_at_;
    Row row_;
    std::vector<Cell> coordinates_;
    At geometry_at_;
    bool has_geometry_ = false;
    bool has_type_ = false;  ///< of the geometry
    At crs_at_;
    bool crs_named_ = false;
    bool good_ = true;
};

}  // namespace

std::vector<Row> parse_geojson(std::string_view text, const Columns& columns, Report& report) {
    if (const std::uint32_t line = not_utf8(text); line != 0) {
        report.error({0, line, 1}, "not UTF-8");
        return {};
    }
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    Position position;
    Reader reader(columns, position, report);
    const bool whole = json::sax_parse(Counting(text.data(), &position),
                                       Counting(text.data() + text.size(), &position), &reader);
    if (whole && !reader.saw_features && !report.has_errors()) {
        report.error({0, 1, 1}, "there are no \"features\": a GeoJSON FeatureCollection is wanted");
    }
    return std::move(reader.rows);
}

}  // namespace gengfu::governance
