// gengfud: polls, judges, stores, publishes. See docs/ and `gengfud --help`.
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "daemon/clock_watch.hpp"
#include "daemon/config/places.hpp"
#include "daemon/control/notify.hpp"
#include "daemon/core/log.hpp"
#include "daemon/pipeline.hpp"
#include "daemon/prepare.hpp"

namespace gengfu {
namespace {

namespace asio = boost::asio;

/// Exit status of a wrong configuration: EX_CONFIG of sysexits.h, so that systemd does not restart in a loop.
constexpr int kWrongConfiguration = 78;

constexpr int kWrongUsage = 2;

enum class After : std::uint8_t { kEnd, kStartAnew, kEndForGood };

/// How a process tells the next one, which takes its place, that another gateway of our name was seen.
constexpr const char* kStartAbove = "GENGFU_START_ABOVE";

/// What is asked of the system before its clock is believed, see docs/feed.md: set for the unit, since it is
/// a matter of the machine and not of the site.
constexpr const char* kClockTrust = "GENGFU_CLOCK";

std::optional<ClockTrust> clock_trust() {
    const char* const word = std::getenv(kClockTrust);
    return word == nullptr ? ClockTrust::kAuto : parse_clock_trust(word);
}

std::uint64_t take_start_above() {
    const char* const text = std::getenv(kStartAbove);
    const std::uint64_t number = text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
    unsetenv(kStartAbove);
    return number;
}

void log_diagnostics(const std::vector<config::Diagnostic>& diagnostics) {
    for (const config::Diagnostic& diagnostic : diagnostics) {
        const std::string line = config::to_string(diagnostic);
        diagnostic.gravity == config::Gravity::kError ? log::error(line, line) : log::warning(line, line);
    }
}

Pipeline::Next next(After after) {
    return after == After::kStartAnew ? Pipeline::Next::kNewStart : Pipeline::Next::kEnd;
}

/// Signals: SIGTERM and SIGINT end, SIGHUP starts anew with the configuration in the files when that is good.
class Signals {
public:
    Signals(asio::io_context& core, Pipeline& pipeline, const config::Places& places, After& after)
        : signals_(core, SIGTERM, SIGINT, SIGHUP),
          core_(core),
          pipeline_(pipeline),
          places_(places),
          after_(after) {}

    void wait() {
        signals_.async_wait([this](boost::system::error_code error, int signal) {
            if (error) {
                return;
            }
            if (signal == SIGHUP && !may_reload()) {
                wait();
                return;
            }
            after_ = signal == SIGHUP ? After::kStartAnew : After::kEnd;
            signal == SIGHUP ? control::notify_reloading() : control::notify_stopping();
            pipeline_.stop(next(after_), [this] { core_.stop(); });
        });
    }

private:
    bool may_reload() {
        std::vector<config::Diagnostic> diagnostics;
        const Result<Accepted> fresh = read_configuration(places_, diagnostics);
        log_diagnostics(diagnostics);
        const config::Text why = fresh ? pipeline_.would_strand(fresh->site)
                                       : config::Text{fresh.error().what, fresh.error().what};
        if (why.en.empty()) {
            return true;
        }
        log::error("新配置未被接受,继续按现有配置运行:" + why.zh,
                   "the new configuration is refused, everything stays as it is: " + why.en);
        pipeline_.configuration_trouble(why.en);
        return false;
    }

    asio::signal_set signals_;
    asio::io_context& core_;
    Pipeline& pipeline_;
    const config::Places& places_;
    After& after_;
};

/// Signals that come before there is a handler (at a start, or between two lives of a reload) wait instead of
/// ending the process; the mask lasts over execve.
void hold_signals(int how) {
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        sigaddset(&held, signal);
    }
    pthread_sigmask(how, &held, nullptr);
}

log::Language language_of(const std::string& word) {
    return word == "en" ? log::Language::kEnglish : log::Language::kChinese;
}

/// One life of the daemon. \return exit status, or -1 to start anew
int live(const config::Places& places, const std::string& version) {
    const std::optional<ClockTrust> trust = clock_trust();
    if (!trust) {
        const std::string what =
            std::string(kClockTrust) + " must be \"auto\", \"synchronised\" or \"plausible\"";
        log::set_up(log::Language::kEnglish);
        log::error(what, what);
        return kWrongConfiguration;
    }
    TrustedClock clock;
    asio::io_context core(1);
    ClockWatch watch(core, clock, *trust);
    std::vector<config::Diagnostic> diagnostics;
    Result<Prepared> prepared = prepare(places, clock, diagnostics, take_start_above());
    log::set_up(prepared ? language_of(prepared->site.gateway.language) : log::Language::kEnglish);
    log_diagnostics(diagnostics);
    if (!prepared) {
        log::error(prepared.error().what, prepared.error().what);
        return prepared.error().code == Errc::kInvalid ? kWrongConfiguration : EXIT_FAILURE;
    }
    if (!prepared->configuration_trouble.empty()) {
        log::error("配置有错,按上次接受的配置运行",
                   "the configuration has errors; the last accepted one runs");
    }
    for (const std::string& trouble : prepared->opened.start.troubles) {
        log::error("存储:" + trouble, "store: " + trouble);
    }
    const std::string gateway = prepared->site.gateway.id;
    Pipeline pipeline(core, std::move(*prepared), clock, version);
    pipeline.watch_clock(watch);
    After after = After::kEnd;
    const auto end = [&](After how) {
        after = how;
        how == After::kStartAnew ? control::notify_reloading() : control::notify_stopping();
        pipeline.stop(next(how), [&core] { core.stop(); });
    };
    pipeline.wish({.start_above =
                       [&](std::uint64_t start) {
                           setenv(kStartAbove, std::to_string(start).c_str(), 1);
                           end(After::kStartAnew);
                       },
                   .end = [&] { end(After::kEndForGood); },
                   .start_anew = [&] { end(After::kStartAnew); }});
    const Result<void> started = pipeline.start();
    if (!started) {
        log::error(started.error().what, started.error().what);
        return EXIT_FAILURE;
    }
    // Reading the configuration took several times the memory that the site needs; give it back once, here.
    malloc_trim(0);
    Signals signals(core, pipeline, places, after);
    signals.wait();
    hold_signals(SIG_UNBLOCK);
    control::notify_ready(gateway);
    log::info("网关 " + gateway + " 开始工作(gengfud " + version + ")",
              "gateway " + gateway + " is at work (gengfud " + version + ")");
    core.run();
    hold_signals(SIG_BLOCK);
    if (after == After::kEndForGood) {
        log::info("网关 " + gateway + " 已退役", "gateway " + gateway + " is out of service for good");
        return kWrongConfiguration;  // systemd does not start it again
    }
    return after == After::kStartAnew ? -1 : EXIT_SUCCESS;
}

}  // namespace
}  // namespace gengfu

int main(int argc, char** argv) {
    CLI::App app{"gengfud: the gateway's daemon. Polls sensors, judges, stores, publishes."};
    std::string file;
    bool version = false;
    app.add_option("--config", file, "configuration file; devices.d/*.toml beside it are read too")
        ->capture_default_str();
    app.add_flag("--version", version, "print the version and end");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? EXIT_SUCCESS : gengfu::kWrongUsage;
    }
    if (version) {
        std::printf("gengfud %s\n", GENGFU_VERSION);
        return EXIT_SUCCESS;
    }
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a limit of file size is a full disk: told, not died of
    ::umask(S_IRWXG | S_IRWXO);     // what it writes is the unit's user's alone
    gengfu::hold_signals(SIG_BLOCK);
    const gengfu::config::Places places = gengfu::config::find_places(file);
    const int status = gengfu::live(places, GENGFU_VERSION);
    if (status >= 0) {
        return status;
    }
    // A reload is a start: one way into every state, and the same that a power cut takes (decision 0020).
    execv("/proc/self/exe", argv);
    std::perror("gengfud: cannot start anew");
    return EXIT_FAILURE;
}
