#include "daemon/control/history_desk.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace gengfu::control {
namespace {

using nlohmann::json;

constexpr std::size_t kEpochDigits = 16;
constexpr const char* kDigits = "0123456789abcdef";

std::string line_of(const json& answer) {
    return answer.dump(-1, ' ', false, json::error_handler_t::replace);
}

void refuse(const Reply& reply, const std::string& what) {
    reply(line_of({{"error", what}}));
}

std::string word(const json& request, const char* key) {
    const auto found = request.find(key);
    return found != request.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number(const json& request, const char* key, std::uint64_t otherwise) {
    const auto found = request.find(key);
    return found != request.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : otherwise;
}

std::optional<Epoch> epoch_of(const std::string& text) {
    Epoch epoch;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), epoch.value, 16);
    const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
    return whole && text.size() == kEpochDigits ? std::optional(epoch) : std::nullopt;
}

std::optional<Stream> stream_of(const std::string& text) {
    return text == "event"       ? std::optional(Stream::kEvent)
           : text == "telemetry" ? std::optional(Stream::kTelemetry)
                                 : std::nullopt;
}

const char* word_of(Stream stream) {
    return stream == Stream::kEvent ? "event" : "telemetry";
}

void held(const Daemon& daemon, const Reply& reply) {
    daemon.held([post = daemon.post, reply](const Result<std::vector<store::StreamRanges>>& found) {
        json answer{{"runs", json::array()}};
        if (!found) {
            answer = {{"error", found.error().what}};
        } else {
            for (const store::StreamRanges& run : *found) {
                answer["runs"].push_back({{"epoch", to_hex(run.epoch)},
                                          {"stream", word_of(run.stream)},
                                          {"first", run.ranges.front().first},
                                          {"last", run.ranges.back().last}});
            }
        }
        post([reply, line = line_of(answer)] { reply(line); });
    });
}

void records(const Daemon& daemon, const json& request, const Reply& reply) {
    const std::optional<Epoch> epoch = epoch_of(word(request, "epoch"));
    const std::optional<Stream> stream = stream_of(word(request, "stream"));
    if (!epoch || !stream) {
        refuse(reply,
               "records of which run? \"epoch\" (16 hex digits) and \"stream\" (\"event\" or \"telemetry\"), "
               "as `held` lists them");
        return;
    }
    const store::SequenceRange range{number(request, "first", 1),
                                     number(request, "last", std::numeric_limits<std::uint64_t>::max())};
    const auto limit = static_cast<std::size_t>(
        std::min<std::uint64_t>(number(request, "limit", kMostRecords), kMostRecords));
    daemon.history(
        *epoch, *stream, range, limit, [post = daemon.post, reply](const Result<store::Pending>& found) {
            json answer;
            if (!found) {
                answer = {{"error", found.error().what}};
            } else {
                answer = {{"records", json::array()}, {"more", found->more}};
                for (const store::Record& record : found->records) {
                    answer["records"].push_back(
                        {record.identity.sequence, static_cast<int>(record.encoding), to_hex(record.bytes)});
                }
            }
            post([reply, line = line_of(answer)] { reply(line); });
        });
}

void catalogue(const Daemon& daemon, const json& request, const Reply& reply) {
    json parts = json::array();
    for (const std::string& part : daemon.catalogue(word(request, "hash"))) {
        parts.push_back(to_hex(part));
    }
    reply(line_of({{"parts", std::move(parts)}}));
}

}  // namespace

std::string to_hex(std::string_view bytes) {
    std::string text(bytes.size() * 2, '0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        text[2 * i] = kDigits[byte >> 4U];
        text[2 * i + 1] = kDigits[byte & 15U];
    }
    return text;
}

std::string to_hex(Epoch epoch) {
    std::string text(kEpochDigits, '0');
    for (std::size_t i = 0; i < kEpochDigits; ++i) {
        text[kEpochDigits - 1 - i] = kDigits[(epoch.value >> (4 * i)) & 15U];
    }
    return text;
}

bool from_hex(std::string_view digits, std::string& bytes) {
    const auto value = [](char digit) {
        return digit >= '0' && digit <= '9'   ? digit - '0'
               : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                                              : -1;
    };
    if (digits.size() % 2 != 0) {
        return false;
    }
    bytes.resize(digits.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const int high = value(digits[2 * i]);
        const int low = value(digits[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        bytes[i] = static_cast<char>(high * 16 + low);
    }
    return true;
}

bool answer_history(const Daemon& daemon, const json& request, const Reply& reply) {
    const std::string verb = word(request, "verb");
    if (verb == "held") {
        held(daemon, reply);
    } else if (verb == "records") {
        records(daemon, request, reply);
    } else if (verb == "catalogue") {
        catalogue(daemon, request, reply);
    } else {
        return false;
    }
    return true;
}

}  // namespace gengfu::control
