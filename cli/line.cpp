#include "cli/line.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "cli/client.hpp"
#include "cli/json_word.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/text.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

/// Well within the daemon's patience (control::kLoan) also when one answer takes seconds.
constexpr Duration kRenew = std::chrono::seconds(2);
constexpr Duration kOpenTime = std::chrono::seconds(5);
constexpr std::uint32_t kUsualBaud = 9600;
constexpr int kReopens = 5;
constexpr auto kReopenPause = std::chrono::milliseconds(100);
/// A loan that nobody renews (control::kLoan), and a moment.
constexpr Duration kLoanOfTheDead = std::chrono::seconds(12);
constexpr Duration kComesBack = std::chrono::seconds(10);

volatile std::sig_atomic_t stopped = 0;

/// The same device under whatever name: by-id and by-path names are links.
std::string canonical(const std::string& port) {
    std::error_code error;
    const auto path = std::filesystem::canonical(port, error);
    return error ? port : path.string();
}

/// How a running daemon has this bus; nothing: none does.
struct Held {
    bool lent = false;  ///< to a tool
    std::string words;  ///< then: "lent to a tool of li"
};
std::optional<Held> held_by_daemon(const Common& common, const config::Bus& bus) {
    const Result<json> status = ask(common, {{"verb", "status"}});
    for (const json& one : status ? status->value("buses", json::array()) : json::array()) {
        if (word(one, "name") == bus.name) {
            return Held{one.value("lent", false), word(one, "trouble")};
        }
    }
    return std::nullopt;
}

/// The loan of a tool that died ends by itself; that of one at work does not, and giving it back would take
/// the line from under it.
Result<void> wait_for_the_loan_of_others(const Common& common, const config::Bus& bus) {
    const SystemClock clock;
    const Monotonic until = clock.now() + kLoanOfTheDead;
    for (auto held = held_by_daemon(common, bus); held && held->lent; held = held_by_daemon(common, bus)) {
        if (clock.now() >= until || is_stopped()) {
            return fail(Errc::kIo, "the line " + bus.name + " is " + held->words +
                                       " already, which is still at work: wait until it has ended");
        }
        std::this_thread::sleep_for(kReopenPause);
    }
    return {};
}

std::string no_profiles(const std::vector<std::string>& folders, std::size_t files) {
    std::string looked_in;
    for (const std::string& folder : folders) {
        looked_in += (looked_in.empty() ? "" : " and ") + folder;
    }
    return (files == 0 ? "there is no profile in " : "no profile can be read in ") + looked_in +
           ": no sensor can be recognised without; " +
           (files == 0
                ? "install those that come with gengfu there, or put your own into profiles/ beside the "
                  "configuration"
                : "`gengfu check` says what is wrong with a profile that a device names");
}

}  // namespace

Knowledge gather_knowledge(const Common& common) {
    Knowledge knowledge;
    Result<config::Bundle> bundle = config::gather(common.places);
    if (bundle) {
        config::Loaded loaded = config::load(*bundle, config::Credentials::kMayBeAbsent);
        knowledge.site = std::move(loaded.site);
        knowledge.trouble = knowledge.site ? "" : "the configuration has errors; `gengfu check` names them";
    } else {
        knowledge.trouble = bundle.error().what;
        bundle = config::gather_profiles(common.places);
    }
    if (bundle) {
        knowledge.profiles = config::read_profiles(*bundle);
    }
    if (knowledge.profiles.empty()) {
        knowledge.no_profiles = no_profiles(
            bundle ? bundle->profile_folders : std::vector<std::string>{common.places.shipped + "/profiles"},
            bundle ? bundle->profiles.size() : 0);
    }
    return knowledge;
}

Result<config::Bus> find_bus(const Knowledge& knowledge, const std::string& bus_or_port) {
    const bool is_port = bus_or_port.starts_with('/');
    std::vector<std::string> names;
    for (const config::Bus& bus : knowledge.site ? knowledge.site->buses : std::vector<config::Bus>{}) {
        if (bus.name == bus_or_port ||
            (is_port && !bus.serial.port.empty() && canonical(bus.serial.port) == canonical(bus_or_port))) {
            return bus;
        }
        names.push_back(bus.name);
    }
    if (!is_port) {
        return fail(Errc::kNotFound, "no bus is named " + config::in_quotes(bus_or_port) +
                                         config::did_you_mean(bus_or_port, names) +
                                         (knowledge.site ? "; a serial port is given by its path, /dev/..."
                                                         : ": " + knowledge.trouble));
    }
    config::Bus bus;
    bus.name = bus_or_port;
    bus.serial.port = bus_or_port;
    bus.serial.baud = kUsualBaud;
    return bus;
}

Result<config::Serial> parse_settings(const std::string& text, config::Serial serial) {
    const char* const end = text.data() + text.size();
    const auto [rest, problem] = std::from_chars(text.data(), end, serial.baud);
    const std::string format(problem == std::errc() ? rest : text.data(), end);
    const bool whole = problem == std::errc() && format.size() == 4 &&
                       (format[0] == ' ' || format[0] == '-') && format[1] == '8' &&
                       (format[3] == '1' || format[3] == '2');
    const std::string_view letters = "NEO";
    const std::size_t parity = whole ? letters.find(format[2]) : std::string_view::npos;
    if (parity == std::string_view::npos) {
        return fail(Errc::kInvalid, config::in_quotes(text) + " is no line setting such as 9600-8N1");
    }
    serial.parity = static_cast<config::Parity>(parity);
    serial.stop_bits = static_cast<std::uint8_t>(format[3] - '0');
    return serial;
}

Result<config::Bus> find_bus(const Knowledge& knowledge, const std::string& bus_or_port,
                             const std::string& settings) {
    Result<config::Bus> bus = find_bus(knowledge, bus_or_port);
    if (bus && !settings.empty()) {
        Result<config::Serial> serial = parse_settings(settings, bus->serial);
        if (!serial) {
            return pass(serial);
        }
        bus->serial = *serial;
    }
    return bus;
}

std::string settings_text(const config::Serial& serial) {
    return std::to_string(serial.baud) + " 8" + "NEO"[static_cast<std::size_t>(serial.parity)] +
           std::to_string(serial.stop_bits);
}

Result<std::unique_ptr<Line>> Line::take(const Common& common, const config::Bus& bus, Taking taking) {
    std::unique_ptr<Line> line(new Line(common, bus));
    if (held_by_daemon(common, bus)) {
        if (taking == Taking::kOnlyIfFree) {
            return fail(Errc::kIo, "the daemon watches the sensors of " + bus.name +
                                       "; --takeover borrows the line: they are not watched meanwhile");
        }
        // What is not plugged in is not borrowed: nobody would have it, and the daemon not see it come back.
        std::error_code none;
        const bool is_serial = bus.kind == config::BusKind::kModbusRtu;
        if (is_serial && !std::filesystem::exists(bus.serial.port, none)) {
            return fail(Errc::kIo,
                        "port " + bus.serial.port +
                            " is missing: no such device, or it is unplugged; nothing was borrowed");
        }
        if (Result<void> free = wait_for_the_loan_of_others(common, bus); !free) {
            return pass(free);
        }
        line->borrowed_ = true;
        if (Result<void> borrowed = line->renew(); !borrowed) {
            line->borrowed_ = false;
            return pass(borrowed);
        }
    }
    if (Result<void> opened = line->use(bus.serial); !opened) {
        return pass(opened);
    }
    return line;
}

Line::~Line() {
    bus_.reset();
    if (borrowed_) {
        // The loan ends by itself when this fails.
        [[maybe_unused]] const auto told =
            cli::ask(common_, {{"verb", "give-back"}, {"bus", settings_.name}});
    }
}

Result<void> Line::use(const config::Serial& serial) {
    const bool was_there = bus_ != nullptr || borrowed_;
    bus_.reset();
    settings_.serial = serial;
    auto made = drivers::make_bus(settings_, clock_);
    if (!made) {
        return pass(made);
    }
    bus_ = std::move(*made);
    // A port that somebody had open a moment ago is there again soon; one that never was is an answer at
    // once.
    const Monotonic until = clock_.now() + (was_there ? kComesBack : Duration::zero());
    for (;;) {
        Result<void> opened = bus_->open(clock_.now() + kOpenTime);
        if (opened || opened.error().code != Errc::kIo || clock_.now() >= until || is_stopped()) {
            return opened;
        }
        std::this_thread::sleep_for(kReopenPause);
    }
}

Result<void> Line::renew() {
    if (!borrowed_ || clock_.now() < renewed_ + kRenew) {
        return {};
    }
    const Result<json> lent = cli::ask(common_, {{"verb", "borrow"}, {"bus", settings_.name}});
    if (!lent) {
        return fail(Errc::kStale, lent.error().what);
    }
    renewed_ = clock_.now();
    return {};
}

Result<drivers::Answer> Line::ask(const drivers::Request& request) {
    if (Result<void> renewed = renew(); !renewed) {
        return pass(renewed);
    }
    Result<drivers::Answer> answer = bus_->transact(request);
    // An adapter that stumbles over new settings is there again in a moment. A write is never repeated.
    constexpr std::uint8_t kLastRead = 4;
    for (int i = 0;
         i < kReopens && !answer && answer.error().code == Errc::kIo && request.function <= kLastRead; ++i) {
        std::this_thread::sleep_for(kReopenPause);
        if (const Result<void> opened = use(settings_.serial); !opened) {
            return fail(opened.error().code, opened.error().what);  // waited for already, and not back
        }
        answer = bus_->transact(request);
    }
    return answer;
}

bool is_stopped() {
    return stopped != 0;
}

void stop_on_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) { stopped = 1; };
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace gengfu::cli
