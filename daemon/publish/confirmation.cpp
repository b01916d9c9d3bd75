#include "daemon/publish/confirmation.hpp"

#include <google/protobuf/util/json_util.h>

#include "gengfu/v1/feed.pb.h"

namespace gengfu::publish {

namespace v1 = gengfu::v1;

namespace {

bool parse(const std::string& payload, v1::Confirm& out) {
    if (payload.size() > kConfirmBytes) {
        return false;
    }
    if (!payload.empty() && payload.front() == '{') {
        google::protobuf::util::JsonParseOptions options;
        options.ignore_unknown_fields = true;
        return google::protobuf::util::JsonStringToMessage(payload, &out, options).ok();
    }
    return out.ParseFromString(payload);
}

bool known(v1::Stream stream) {
    return stream == v1::STREAM_EVENT || stream == v1::STREAM_TELEMETRY;
}

}  // namespace

std::optional<std::string> read_announcement(const std::string& payload) {
    v1::Confirm confirm;
    if (!parse(payload, confirm) || confirm.consumer().empty() || confirm.ranges_size() != 0) {
        return std::nullopt;
    }
    return confirm.consumer();
}

std::string trouble_in_confirm(const std::string& payload) {
    v1::Confirm confirm;
    if (payload.size() > kConfirmBytes) {
        return "it is too long: " + std::to_string(payload.size()) + " bytes, at most " +
               std::to_string(kConfirmBytes) + " are read";
    }
    if (!parse(payload, confirm)) {
        return "it cannot be read";
    }
    if (confirm.consumer().empty()) {
        return "it names no consumer";
    }
    return confirm.consumer() == "broker" && confirm.ranges_size() != 0
               ? "\"broker\" is the gateway's own name for a PUBACK"
               : std::string();
}

std::vector<Confirmation> read_confirmations(const std::string& payload) {
    std::vector<Confirmation> out;
    v1::Confirm confirm;
    // "broker" is our own name for the PUBACK.
    if (!parse(payload, confirm) || confirm.consumer().empty() || confirm.consumer() == "broker") {
        return out;
    }
    std::size_t taken = 0;
    for (const v1::ConfirmedRanges& of : confirm.ranges()) {
        if (of.epoch() == 0 || !known(of.stream())) {
            continue;
        }
        Confirmation one{confirm.consumer(), Epoch{of.epoch()}, static_cast<Stream>(of.stream()), {}};
        for (const v1::ConfirmedRange& range : of.ranges()) {
            if (range.first() != 0 && range.first() <= range.last() && taken < kConfirmRanges) {
                one.ranges.push_back({range.first(), range.last()});
                ++taken;
            }
        }
        if (!one.ranges.empty()) {
            out.push_back(std::move(one));
        }
    }
    return out;
}

}  // namespace gengfu::publish
