#include "daemon/publish/catalogue.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <array>
#include <cstdio>
#include <utility>

#include "daemon/publish/aggregation.hpp"
#include "daemon/publish/point_coding.hpp"
#include "daemon/publish/wire.hpp"
#include "gengfu/v1/feed.pb.h"

namespace gengfu::publish {

namespace v1 = gengfu::v1;

namespace {

// What identity, times and hash of the envelope, the record and the part around the items may take.
constexpr std::size_t kAround = 256;

// JSON names every field and spells every enum: up to four times the bytes.
constexpr std::size_t kJsonFactor = 4;

// The same bytes for the same content: maps are written in order of their keys.
std::string stable_bytes(const google::protobuf::Message& message) {
    std::string out;
    {
        google::protobuf::io::StringOutputStream stream(&out);
        google::protobuf::io::CodedOutputStream coded(&stream);
        coded.SetSerializationDeterministic(true);
        message.SerializeToCodedStream(&coded);
    }
    return out;
}

// FNV-1a, 64 bits: a name for a content, not a protection of it.
class Hash {
public:
    void add(const std::string& bytes) {
        for (const char byte : bytes) {
            state_ = (state_ ^ static_cast<unsigned char>(byte)) * 0x100000001B3U;
        }
        state_ = (state_ ^ 0xFFU) * 0x100000001B3U;  // between two items: no byte of UTF-8
    }
    std::string digits() const {
        std::array<char, 17> text{};
        std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(state_));
        return text.data();
    }

private:
    std::uint64_t state_ = 0xCBF29CE484222325U;
};

v1::CatalogueDevice describe(const config::Site& site, const config::Device& device) {
    v1::CatalogueDevice out;
    out.set_name(device.name);
    out.set_device_class(device.device_class);
    out.set_profile(site.profile(device).name);
    out.set_bus(site.bus(device.bus).name);
    out.set_unit(device.unit);
    *out.mutable_component() = wire::to_wire(device.component);
    return out;
}

v1::PointType type_of(config::Type type) {
    switch (type) {
        case config::Type::kBool:
        case config::Type::kBit:
            return v1::POINT_TYPE_BOOL;
        case config::Type::kString:
            return v1::POINT_TYPE_TEXT;
        default:
            return v1::POINT_TYPE_NUMBER;
    }
}

v1::CataloguePoint describe(const config::Site& site, PointId id, const PointCoding& coding) {
    const config::Point& point = site.point(id);
    const config::PointSpec& spec = site.spec(id);
    v1::CataloguePoint out;
    out.set_alias(coding.alias);
    out.set_device(site.device(point.device).name);
    out.set_name(spec.name);
    out.set_unit(spec.unit);
    out.set_role(spec.role);
    out.set_type(type_of(spec.type));
    if (point.channel >= 0) {
        *out.mutable_component() = wire::to_wire(site.component(id));
    }
    for (const auto& [value, word] : spec.enumeration) {
        (*out.mutable_enumeration())[value] = word;
    }
    out.set_resolution(coding.resolution);
    out.set_offset(coding.offset);
    return out;
}

// Puts items into the last part until it is full.
class Parts {
public:
    Parts(Catalogue& catalogue, config::Encoding encoding)
        : catalogue_(catalogue),
          room_((kCataloguePartBytes - kAround) / (encoding == config::Encoding::kJson ? kJsonFactor : 1)) {
        catalogue_.parts.emplace_back();
    }

    v1::CatalogueChange& room_for(const google::protobuf::Message& item) {
        const std::string bytes = stable_bytes(item);
        hash_.add(bytes);
        const std::size_t wanted = bytes.size() + 4;  // tag and length
        if (used_ != 0 && used_ + wanted > room_) {
            catalogue_.parts.emplace_back();
            used_ = 0;
        }
        used_ += wanted;
        return catalogue_.parts.back();
    }

    void finish() {
        catalogue_.hash = hash_.digits();
        std::uint32_t number = 0;
        for (v1::CatalogueChange& part : catalogue_.parts) {
            part.set_hash(catalogue_.hash);
            part.set_part(number++);
            part.set_parts(static_cast<std::uint32_t>(catalogue_.parts.size()));
        }
    }

private:
    Catalogue& catalogue_;
    const std::size_t room_;
    Hash hash_;
    std::size_t used_ = 0;
};

}  // namespace

Catalogue::Catalogue() = default;
Catalogue::~Catalogue() = default;
Catalogue::Catalogue(Catalogue&&) noexcept = default;
Catalogue& Catalogue::operator=(Catalogue&&) noexcept = default;

Catalogue build_catalogue(const config::Site& site, const Aliases& aliases, config::Encoding encoding) {
    Catalogue out;
    Parts parts(out, encoding);
    for (const config::Party& party : site.parties) {
        v1::Party item = wire::to_wire(party);
        *parts.room_for(item).add_parties() = std::move(item);
    }
    for (const config::Device& device : site.devices) {
        v1::CatalogueDevice item = describe(site, device);
        *parts.room_for(item).add_devices() = std::move(item);
    }
    const std::vector<PointCoding> codings = point_codings(site, aliases);
    for (std::uint32_t i = 0; i < site.points.size(); ++i) {
        v1::CataloguePoint item = describe(site, PointId{i}, codings[i]);
        *parts.room_for(item).add_points() = std::move(item);
    }
    std::size_t coding = site.points.size();
    for (const AggregatePoint& point : aggregate_points(site)) {
        v1::CataloguePoint item = describe(site, point.of, codings[coding++]);
        item.set_name(item.name() + point.suffix);
        item.clear_role();  // a device has one point of a role
        *parts.room_for(item).add_points() = std::move(item);
    }
    parts.finish();
    return out;
}

}  // namespace gengfu::publish
