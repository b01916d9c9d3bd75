#include "drivers/replay/transcript.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

#include "drivers/modbus/frame.hpp"
#include "drivers/modbus/mbap_framer.hpp"

namespace gengfu::drivers::replay {

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::string_view kBlanks = " \t";
constexpr std::size_t kCrcBytes = 2;

/// One line while it is read; columns count from 1.
class Line {
public:
    explicit Line(std::string_view text) : text_(text) {}

    void skip_blanks() { at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size()); }
    bool at_end() const { return at_ == text_.size(); }
    char peek() const { return text_[at_]; }
    void advance(std::size_t count) { at_ += count; }
    std::size_t column() const { return at_ + 1; }
    std::string_view rest() const { return text_.substr(at_); }
    std::string_view word() {
        const std::size_t end = std::min(text_.find_first_of(kBlanks, at_), text_.size());
        const std::string_view found = text_.substr(at_, end - at_);
        at_ = end;
        return found;
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return static_cast<unsigned>(c - '0');
    }
    if (c >= 'A' && c <= 'F') {
        return static_cast<unsigned>(c - 'A' + 10);
    }
    if (c >= 'a' && c <= 'f') {
        return static_cast<unsigned>(c - 'a' + 10);
    }
    return std::nullopt;
}

unsigned word_at(const Bytes& bytes, std::size_t at) {
    return static_cast<unsigned>(bytes[at]) << 8U | bytes[at + 1];
}

bool has_good_crc(const Bytes& frame) {
    if (frame.size() <= kCrcBytes) {
        return false;
    }
    const std::uint16_t crc = modbus::crc16(std::span(frame).first(frame.size() - kCrcBytes));
    return frame[frame.size() - 2] == (crc & 0xFFU) && frame[frame.size() - 1] == crc >> 8U;
}

bool is_mbap(const Bytes& frame) {
    return frame.size() > modbus::kMbapHead && word_at(frame, 2) == 0 &&
           word_at(frame, 4) == frame.size() - modbus::kMbapHead;
}

/// Whether `bytes` are the beginning of an answer to `request`, and end before it does.
bool is_part_of_rtu_answer(const Bytes& request, std::span<const std::uint8_t> bytes) {
    const unsigned function = request[1];
    const auto is = [&](std::size_t at, unsigned value) { return bytes.size() <= at || bytes[at] == value; };
    constexpr std::size_t kException = 5, kWrite = 8, kRead = 5;  // bytes of an answer, CRC included
    if (!is(0, request[0])) {
        return false;
    }
    if (bytes.size() > 1 && bytes[1] == (function | modbus::kExceptionFlag)) {
        return bytes.size() < kException;
    }
    if (!is(1, function)) {
        return false;
    }
    const bool reads = function >= 1 && function <= 4 && request.size() == 6;
    if (!reads) {
        return bytes.size() < kWrite;
    }
    const unsigned count = word_at(request, 4);
    const std::size_t data = function <= 2 ? (count + 7) / 8 : std::size_t{2} * count;
    return bytes.size() < kRead + data && is(2, static_cast<unsigned>(data & 0xFFU));
}

/// Nothing, the line's echo alone, or an answer that is not at its end.
bool is_unfinished_rtu(const Bytes& request, std::span<const std::uint8_t> received) {
    if (received.size() >= request.size() + kCrcBytes &&
        std::equal(request.begin(), request.end(), received.begin())) {
        const std::span<const std::uint8_t> rest = received.subspan(request.size() + kCrcBytes);
        const bool answers_by_the_same = request[1] == 5 || request[1] == 6;
        return !answers_by_the_same && is_part_of_rtu_answer(request, rest);
    }
    return is_part_of_rtu_answer(request, received);
}

/// Nothing, or after whole frames one that is not at its end.
bool is_unfinished_tcp(const Bytes& received) {
    std::size_t at = 0;
    while (at + modbus::kMbapHead <= received.size()) {
        at += modbus::kMbapHead + word_at(received, at + 4);
    }
    return received.empty() || at != received.size();
}

class Parser {
public:
    explicit Parser(const std::string& file) : file_(file) {}

    Result<Transcript> parse(std::string_view text) {
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            std::string_view line = text.substr(0, end);
            text.remove_prefix(std::min(end + 1, text.size()));
            if (line.ends_with('\r')) {
                line.remove_suffix(1);
            }
            ++line_number_;
            if (Result<void> taken = take(Line(line)); !taken) {
                return pass(taken);
            }
        }
        if (is_recording_) {
            mark_cut_off();
        }
        return std::move(transcript_);
    }

private:
    tl::unexpected<Error> error(std::size_t column, const std::string& what) const {
        return fail(Errc::kInvalid,
                    file_ + ":" + std::to_string(line_number_) + ":" + std::to_string(column) + ": " + what);
    }

    Result<void> take(Line line) {
        line.skip_blanks();
        if (line.at_end() || line.peek() == '#' || line.peek() == '=' || line.peek() == '~') {
            return {};
        }
        if (line.peek() == '[') {
            if (Result<void> time = take_time(line); !time) {
                return pass(time);
            }
            line.skip_blanks();
        }
        if (!line.at_end() && (line.peek() == '>' || line.peek() == '<')) {
            return take_frame(line);
        }
        return take_header(line);
    }

    /// "[12.345678]": seconds since the recording began. Checked, not used: a replay takes no time.
    Result<void> take_time(Line& line) const {
        const std::size_t column = line.column();
        line.advance(1);
        const std::string_view rest = line.rest();
        const std::size_t close = rest.find(']');
        double seconds = -1;
        const bool closed = close != std::string_view::npos;
        const char* const last = rest.data() + (closed ? close : 0);
        const auto [end, problem] = std::from_chars(rest.data(), last, seconds, std::chars_format::fixed);
        if (!closed || problem != std::errc() || end != last || !(seconds >= 0)) {
            return error(column, "a time is [seconds], for example [12.345]");
        }
        line.advance(close + 1);
        return {};
    }

    Result<void> take_frame(Line& line) {
        const bool is_request = line.peek() == '>';
        const std::size_t column = line.column();
        line.advance(1);
        Result<Bytes> bytes = take_bytes(line);
        if (!bytes) {
            return pass(bytes);
        }
        if (bytes->empty()) {
            return error(column, "no bytes");
        }
        return is_request ? add_request(std::move(*bytes), column) : add_answer(*bytes, column);
    }

    Result<Bytes> take_bytes(Line& line) const {
        Bytes bytes;
        for (line.skip_blanks(); !line.at_end(); line.skip_blanks()) {
            const std::string_view rest = line.rest();
            const std::optional<unsigned> high = hex_digit(rest[0]);
            const std::optional<unsigned> low = rest.size() > 1 ? hex_digit(rest[1]) : std::nullopt;
            if (!high || !low) {
                return error(line.column(), "a byte is two hexadecimal digits");
            }
            if (bytes.size() == kLineBytesMax) {
                return error(line.column(),
                             "more than " + std::to_string(kLineBytesMax) + " bytes in one line");
            }
            bytes.push_back(static_cast<std::uint8_t>(*high << 4U | *low));
            line.advance(2);
        }
        return bytes;
    }

    Result<void> add_request(Bytes frame, std::size_t column) {
        if (!protocol_known_) {
            protocol_known_ = true;
            transcript_.protocol = !has_good_crc(frame) && is_mbap(frame) ? Protocol::kTcp : Protocol::kRtu;
        }
        Exchange exchange;
        if (transcript_.protocol == Protocol::kTcp) {
            if (!is_mbap(frame)) {
                return error(column, "the request is no Modbus TCP: protocol or length is wrong");
            }
            exchange.transaction = static_cast<std::uint16_t>(word_at(frame, 0));
            frame.erase(frame.begin(), frame.begin() + modbus::kMbapHead);
        } else {
            if (!has_good_crc(frame)) {
                return error(column, "the request's CRC is wrong");
            }
            frame.resize(frame.size() - kCrcBytes);
        }
        constexpr std::size_t kShortest = 2;  // unit and function
        if (frame.size() < kShortest || frame.size() > modbus::kMessageMax) {
            return error(column, "the request's length is not that of a Modbus request");
        }
        exchange.request = std::move(frame);
        behind_gap_ = false;
        transcript_.exchanges.push_back(std::move(exchange));
        return {};
    }

    /// The recording breaks off here.
    void mark_cut_off() {
        if (transcript_.exchanges.empty()) {
            return;
        }
        Exchange& last = transcript_.exchanges.back();
        last.cut_off = transcript_.protocol == Protocol::kTcp
                           ? is_unfinished_tcp(last.received)
                           : is_unfinished_rtu(last.request, last.received);
    }

    Result<void> add_answer(const Bytes& bytes, std::size_t column) {
        if (behind_gap_) {
            return {};  // of a request that was not recorded
        }
        if (transcript_.exchanges.empty()) {
            return error(column, "an answer before any request");
        }
        Bytes& received = transcript_.exchanges.back().received;
        received.insert(received.end(), bytes.begin(), bytes.end());
        return {};
    }

    Result<void> take_header(Line& line) {
        const std::size_t column = line.column();
        const std::string_view key = line.word();
        line.skip_blanks();
        const std::size_t value_column = line.column();
        const std::string_view value = line.word();
        line.skip_blanks();
        if (key == "recording" && value.empty()) {
            is_recording_ = true;
            return {};
        }
        if (key == "gap" && value.empty()) {
            if (!behind_gap_) {
                mark_cut_off();
            }
            behind_gap_ = true;
            return {};
        }
        if (key != "protocol" && key != "unit") {
            return error(column, "a line begins with >, <, =, ~, # or [seconds], or is \"protocol rtu|tcp\"");
        }
        if (!line.at_end()) {
            return error(line.column(), "nothing more belongs here");
        }
        return key == "protocol" ? take_protocol(value, column, value_column)
                                 : take_unit(value, value_column);
    }

    Result<void> take_protocol(std::string_view value, std::size_t column, std::size_t value_column) {
        if (protocol_known_) {
            return error(column, "the protocol is stated once, before the first frame");
        }
        if (value != "rtu" && value != "tcp") {
            return error(value_column, "the protocol is rtu or tcp");
        }
        protocol_known_ = true;
        transcript_.protocol = value == "tcp" ? Protocol::kTcp : Protocol::kRtu;
        return {};
    }

    /// For the reader of the file: every frame names its unit.
    Result<void> take_unit(std::string_view value, std::size_t column) const {
        unsigned unit = 0;
        const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), unit);
        if (problem != std::errc() || end != value.data() + value.size() || unit > 255) {
            return error(column, "a unit is 0 to 255");
        }
        return {};
    }

    const std::string& file_;
    std::size_t line_number_ = 0;
    bool protocol_known_ = false;
    bool is_recording_ = false;
    bool behind_gap_ = false;  ///< what comes belongs to a request that is not in the file
    Transcript transcript_;
};

}  // namespace

Result<Transcript> parse_transcript(std::string_view text, const std::string& file) {
    if (text.size() > kTranscriptMax) {
        return fail(Errc::kInvalid,
                    file + ":1:1: longer than " + std::to_string(kTranscriptMax >> 20U) + " MiB");
    }
    return Parser(file).parse(text);
}

}  // namespace gengfu::drivers::replay
