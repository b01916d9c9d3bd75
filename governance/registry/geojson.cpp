#include "governance/registry/geojson.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

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
    friend bool operator!=(const Counting& a, const Counting& b) { return a.next_ != b.next_; }

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
    bool null() { return scalar("", true); }
    bool boolean(bool) { return refuse("true or false"); }
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
                return enter(key_ == "geometry"     ? Part::kGeometry
                             : key_ == "properties" ? Part::kProperties
                                                    : Part::kOther);
            case Part::kProperties:
                complain(key_at_, fmt::format("property {} is an object: a text or a number is wanted",
                                              config::in_quotes(key_)));
                [[fallthrough]];
            default:
                return enter(Part::kOther);
        }
    }
    bool end_object() {
        if (inside() == Part::kFeature) {
            finish_feature();
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
        kOther
    };

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
