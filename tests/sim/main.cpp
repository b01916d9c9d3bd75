#include <getopt.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <string>

#include "daemon/core/read_file.hpp"
#include "tests/sim/file_descriptor.hpp"
#include "tests/sim/scenario.hpp"
#include "tests/sim/simulator.hpp"

namespace {

using namespace gengfu;
using namespace gengfu::sim;

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kBadScenario = 78;  // EX_CONFIG, as for all programs of this project
constexpr std::size_t kMaxScenario = 16U << 20U;

constexpr const char* kHelp =
    "gengfu-sim SCENARIO.toml --directory DIR [--control SOCKET] [--speed N] [--seed N] [--wait]\n"
    "gengfu-sim SCENARIO.toml --check\n"
    "\n"
    "Plays a simulated community: serial lines (ptys true to their speed, a symlink each in DIR) and\n"
    "Modbus TCP devices that act out the scenario. Says what happens on standard output, a JSON object\n"
    "a line; the first names the lines' paths and the ports. SIGTERM or SIGINT ends it.\n"
    "\n"
    "  --directory DIR   where the lines' symlinks go\n"
    "  --control SOCKET  a unix socket that takes commands, a JSON object a line\n"
    "  --speed N         plays the timeline N times as fast (the lines keep their speed)\n"
    "  --seed N          other random numbers than the scenario's\n"
    "  --wait            the play begins at the command {\"do\":\"play\"}, not at once\n"
    "  --check           only says whether the scenario is right\n";

struct Arguments {
    std::string scenario;
    SimulatorOptions options;
    bool check = false;
    bool help = false;
};

template <class Number>
bool parse(const char* text, Number& out) {
    const std::string_view view(text);
    const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), out);
    return error == std::errc{} && end == view.data() + view.size();
}

/// False when the option's value is wrong.
bool take_option(int code, const char* value, Arguments& arguments) {
    SimulatorOptions& options = arguments.options;
    std::uint64_t seed = 0;
    switch (code) {
        case 'd':
            options.directory = value;
            return true;
        case 'c':
            options.control = value;
            return true;
        case 's':
            return parse(value, options.speed) && options.speed >= 0.01 && options.speed <= 1000;
        case 'r':
            if (!parse(value, seed)) {
                return false;
            }
            options.seed = seed;
            return true;
        case 'w':
            options.start = Start::kOnCommand;
            return true;
        case 'k':
            arguments.check = true;
            return true;
        case 'h':
            arguments.help = true;
            return true;
        default:
            return false;
    }
}

/// False on wrong usage, which it has told.
bool parse_arguments(int argc, char** argv, Arguments& arguments) {
    const std::array<option, 8> known{{{"directory", required_argument, nullptr, 'd'},
                                       {"control", required_argument, nullptr, 'c'},
                                       {"speed", required_argument, nullptr, 's'},
                                       {"seed", required_argument, nullptr, 'r'},
                                       {"wait", no_argument, nullptr, 'w'},
                                       {"check", no_argument, nullptr, 'k'},
                                       {"help", no_argument, nullptr, 'h'},
                                       {nullptr, 0, nullptr, 0}}};
    for (int code = ::getopt_long(argc, argv, "h", known.data(), nullptr); code != -1;
         code = ::getopt_long(argc, argv, "h", known.data(), nullptr)) {
        if (!take_option(code, optarg, arguments)) {
            if (code != '?') {  // getopt has told an unknown one itself
                std::fprintf(stderr, "gengfu-sim: \"%s\" is no value for %s\n", optarg,
                             code == 's' ? "--speed (0.01 to 1000)" : "--seed (a whole number)");
            }
            return false;
        }
    }
    if (arguments.help) {
        return true;
    }
    if (optind + 1 != argc) {
        std::fprintf(stderr, "gengfu-sim: %s\n",
                     optind == argc ? "SCENARIO.toml is missing" : "more than one SCENARIO.toml");
        return false;
    }
    arguments.scenario = argv[optind];
    if (!arguments.check && arguments.options.directory.empty()) {
        std::fputs("gengfu-sim: --directory is missing: where the lines' symlinks go\n", stderr);
        return false;
    }
    return true;
}

std::optional<Scenario> read_scenario(const std::string& path) {
    const Result<std::string> text = read_file(path, kMaxScenario + 1);
    if (!text || text->size() > kMaxScenario) {
        std::fprintf(stderr, "gengfu-sim: %s\n",
                     text ? (path + ": is larger than 16 MiB").c_str() : text.error().what.c_str());
        return std::nullopt;
    }
    Diagnostics diagnostics;
    std::optional<Scenario> scenario = load_scenario(*text, diagnostics);
    std::fputs(print_diagnostics(path, diagnostics).c_str(), stderr);
    return scenario;
}

/// Readable when SIGTERM or SIGINT has come. Set up before any thread, so that all inherit the mask.
FileDescriptor stop_signals() {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigaddset(&signals, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return FileDescriptor(::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    if (!parse_arguments(argc, argv, arguments)) {
        std::fputs("`gengfu-sim --help` tells how it is used\n", stderr);
        return kUsage;
    }
    if (arguments.help) {
        std::fputs(kHelp, stdout);
        return 0;
    }
    const std::optional<Scenario> scenario = read_scenario(arguments.scenario);
    if (!scenario) {
        return kBadScenario;
    }
    if (arguments.check) {
        return 0;
    }
    const FileDescriptor stop = stop_signals();
    auto simulator = Simulator::open(*scenario, arguments.options);
    if (!simulator) {
        std::fprintf(stderr, "gengfu-sim: %s\n", simulator.error().what.c_str());
        return kFailed;
    }
    (*simulator)->run(stop.get());
    return 0;
}
