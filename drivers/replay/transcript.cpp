#include "drivers/replay/transcript.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

#include "drivers/modbus/frame.hpp"
#include "drivers/modbus/mbap_framer.hpp"
#include "drivers/replay/recorded_frames.hpp"

namespace gengfu::drivers::replay {

namespace {

constexpr std::string_view kBlanks = " \t";

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

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kCutAdvice =
    "; the file breaks off in this line: where its end is lost, take the line out";

/// The beginning of what was found, in quotes, fit for a message.
std::string found(std::string_view text) {
    constexpr std::size_t kShown = 20;
    if (text.empty()) {
        return "nothing";
    }
    std::string shown;
    for (const char c : text.substr(0, kShown)) {
        shown += c >= ' ' && c <= '~' ? c : '?';
    }
    return '"' + shown + (text.size() > kShown ? "...\"" : "\"");
}

class Parser {
public:
    explicit Parser(const std::string& file) : file_(file) {}

    /// The mistakes, the first `most` of them; what is right is in transcript().
    std::vector<config::Diagnostic> parse(std::string_view text, std::size_t most) {
        std::vector<config::Diagnostic> mistakes;
        while (!text.empty() && mistakes.size() < most) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            std::string_view line = text.substr(0, end);
            is_cut_ = end == text.size();
            text.remove_prefix(std::min(end + 1, text.size()));
            if (line.ends_with('\r')) {
                line.remove_suffix(1);
            }
            ++line_number_;
            if (line_number_ == 1 && line.starts_with(kUtf8Mark)) {
                line.remove_prefix(kUtf8Mark.size());
            }
            Result<void> taken = is_text(line);
            if (taken) {
                taken = take(Line(line));
            }
            if (!taken) {
                behind_gap_ = true;  // answers that follow may be to what could not be read
                mistakes.push_back(
                    {config::Gravity::kError,
                     {file_, line_number_, wrong_column_},
                     taken.error().what + (is_cut_ ? std::string(kCutAdvice) : std::string())});
            }
        }
        if (is_recording_) {
            mark_cut_off();
        }
        return mistakes;
    }
    Transcript& transcript() { return transcript_; }

private:
    tl::unexpected<Error> error(std::size_t column, const std::string& what) const {
        wrong_column_ = static_cast<std::uint32_t>(column);
        return fail(Errc::kInvalid, what);
    }

    Result<void> is_text(std::string_view line) const {
        if (line_number_ == 1 && (line.starts_with("\xFF\xFE") || line.starts_with("\xFE\xFF"))) {
            return error(1, "the file is UTF-16: save it as UTF-8 or ASCII");
        }
        if (const std::size_t zero = line.find('\0'); zero != std::string_view::npos) {
            return error(zero + 1, "a byte 0: the file is no text, or it was spoiled on its way");
        }
        if (const std::size_t back = line.find('\r'); back != std::string_view::npos) {
            return error(back + 1,
                         "a carriage return within a line: save the file with lines that end in LF or CR LF");
        }
        return {};
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
                return error(line.column(), "a byte is two hexadecimal digits; found " + found(rest));
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
                return error(column,
                             "the request is no Modbus TCP: protocol or length is wrong" + mbap_words(frame));
            }
            exchange.transaction = static_cast<std::uint16_t>(word_at(frame, 0));
            frame.erase(frame.begin(), frame.begin() + modbus::kMbapHead);
        } else {
            if (!has_good_crc(frame)) {
                return error(column, "the request's CRC is wrong" + right_crc(frame) +
                                         "; a request must be whole: correct it, or take the line out");
            }
            frame.resize(frame.size() - kCrcBytes);
        }
        constexpr std::size_t kShortest = 2;  // unit and function
        if (frame.size() < kShortest || frame.size() > modbus::kMessageMax) {
            return error(column, "the request's length is not that of a Modbus request: " +
                                     std::to_string(frame.size()) + " bytes from unit to data, " +
                                     std::to_string(kShortest) + " to " +
                                     std::to_string(modbus::kMessageMax) + " are possible");
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
        last.cut_off = is_unfinished(transcript_.protocol, last);
    }

    Result<void> add_answer(const Bytes& bytes, std::size_t column) {
        if (behind_gap_) {
            return {};  // of a request that was not recorded
        }
        if (transcript_.exchanges.empty()) {
            return error(column,
                         "an answer before any request: take out what stands before the first line with >");
        }
        Exchange& exchange = transcript_.exchanges.back();
        if (exchange.answer_line == 0) {
            exchange.answer_line = line_number_;
            exchange.answer_column = static_cast<std::uint32_t>(column);
        }
        Bytes& received = exchange.received;
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
            return error(column,
                         "a line begins with >, <, =, ~, # or [seconds], or is \"protocol rtu|tcp\", \"unit "
                         "N\", \"recording\" or \"gap\"; found " +
                             found(key));
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
            return error(value_column, "the protocol is rtu or tcp; found " + found(value));
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
            return error(column, "a unit is 0 to 255; found " + found(value));
        }
        return {};
    }

    const std::string& file_;
    std::uint32_t line_number_ = 0;
    mutable std::uint32_t wrong_column_ = 0;  ///< of the last error()
    bool is_cut_ = false;                     ///< the line is the last one and has no end
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
    Parser parser(file);
    const std::vector<config::Diagnostic> mistakes = parser.parse(text, 1);
    if (mistakes.empty()) {
        return std::move(parser.transcript());
    }
    const config::Diagnostic& first = mistakes.front();
    return fail(Errc::kInvalid, file + ":" + std::to_string(first.position.line) + ":" +
                                    std::to_string(first.position.column) + ": " + first.message);
}

Examined examine_transcript(std::string_view text, const std::string& file) {
    Parser parser(file);
    Examined examined;
    examined.found = parser.parse(text.substr(0, kTranscriptMax), kMistakesTold);
    examined.transcript = std::move(parser.transcript());
    if (!examined.found.empty()) {
        return examined;
    }
    if (examined.transcript.exchanges.empty()) {
        examined.found.push_back({config::Gravity::kWarning,
                                  {file, 1, 1},
                                  "there is no request in it: every read will be without an answer"});
        return examined;
    }
    std::size_t answers = 0, damaged = 0;
    const Exchange* first = nullptr;
    for (const Exchange& exchange : examined.transcript.exchanges) {
        answers += exchange.received.empty() ? 0 : 1;
        if (!exchange.cut_off && !is_sound(examined.transcript.protocol, exchange)) {
            first = damaged++ == 0 ? &exchange : first;
        }
    }
    if (first != nullptr) {
        examined.found.push_back({config::Gravity::kWarning,
                                  {file, first->answer_line, first->answer_column},
                                  why_not_sound(examined.transcript.protocol, *first) + " (" +
                                      std::to_string(damaged) + " of " + std::to_string(answers) +
                                      " answers are damaged): it is played as it is, as a bad frame; if the "
                                      "line was good when it was "
                                      "recorded, the file was spoiled since: record it again"});
    }
    return examined;
}

}  // namespace gengfu::drivers::replay
