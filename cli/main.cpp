// gengfu: the installer's and operator's command. See docs/command.md and `gengfu --help`.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/anomaly.hpp"
#include "cli/commands.hpp"
#include "cli/terminal.hpp"
#include "daemon/config/places.hpp"
#include "daemon/config/text.hpp"

namespace {

using gengfu::cli::Common;

/// Verbs of the contract that this release does not have yet: known by name, so that nobody looks for a
/// typing error.
constexpr std::array kNotBuilt{"watch", "drill", "apply", "report", "import", "profiles"};

struct Options {
    Common common;
    std::string file;
    std::string device;
    gengfu::cli::AlarmChange change;
    gengfu::cli::DecommissionWish decommission;
    gengfu::cli::ScanWish scan;
    gengfu::cli::AddressWish address;
    gengfu::cli::TraceWish trace;
    gengfu::cli::HistoryWish history;
    gengfu::cli::CalibrateWish calibrate;
    bool raw = false, all = false, takeover = false, history_of_alarms = false;
    int timeout_ms = 300, limit_s = 0;
    std::string units;
    gengfu::cli::AnomalyTask anomaly;
    bool json = false;
    int status = gengfu::cli::kDone;
};

void finish(Options& options) {
    options.common.places = gengfu::config::find_places(options.file);
    options.common.named =
        options.file.empty() ? gengfu::cli::Named::kByDefault : gengfu::cli::Named::kByUser;
    options.common.format = options.json ? gengfu::cli::Format::kJson : gengfu::cli::Format::kForPeople;
}

CLI::App* verb(CLI::App& app, Options& options, const char* name, const char* what) {
    CLI::App* const sub = app.add_subcommand(name, what);
    sub->add_option("--config", options.file, "configuration file (default /etc/gengfu/gengfu.toml)");
    sub->add_flag("--json", options.json, "print JSON");
    return sub;
}

/// Whether a verb says how long: as its second word, as an option, or not at all.
enum class Span : unsigned char { kNone, kWord, kOption };

void add_change_end(CLI::App* sub, Options& options, const char* name);

void add_change(CLI::App& app, Options& options, const char* name, const char* what,
                Span span = Span::kNone) {
    CLI::App* const sub = verb(app, options, name, what);
    sub->add_option("ID", options.change.id,
                    "the alarm's id, as much of it as no other alarm has, or the number after its \"-\"")
        ->required();
    if (span == Span::kWord) {
        sub->add_option("--for,FOR", options.change.span, "how long, at most 24h: \"30min\", \"2h\"");
    } else if (span == Span::kOption) {
        sub->add_option("--for", options.change.span, "how long it will take: \"30min\", \"2h\"");
    }
    add_change_end(sub, options, name);
}

void add_service(CLI::App& app, Options& options, const char* name, const char* what, Span span) {
    CLI::App* const sub = verb(app, options, name, what);
    sub->add_option("DEVICE", options.change.device, "name of the device")->required();
    if (span == Span::kWord) {
        sub->add_option("--for,FOR", options.change.span, "how long, at most 7d: \"4h\"");
    }
    add_change_end(sub, options, name);
}

void add_change_end(CLI::App* sub, Options& options, const char* name) {
    sub->add_option("--why", options.change.why, "the reason, for the record");
    sub->add_option("--socket", options.common.socket, "the daemon's control socket");
    sub->callback([&options, name] {
        finish(options);
        options.change.verb = name;
        options.status = gengfu::cli::change_alarm(options.common, options.change);
    });
}

void add_asking(CLI::App& app, Options& options, const char* name, const char* what,
                int (*run)(const Common&)) {
    CLI::App* const sub = verb(app, options, name, what);
    sub->add_option("--socket", options.common.socket, "the daemon's control socket");
    sub->callback([&options, run] {
        finish(options);
        options.status = run(options.common);
    });
}

/// "1-32" or "17". \return false when it is neither
bool read_units(const std::string& text, gengfu::cli::Units& units) {
    unsigned first = 0;
    unsigned last = 0;
    char rest = 0;
    const int found = std::sscanf(text.c_str(), "%3u-%3u%c", &first, &last, &rest);
    last = found == 1 ? first : last;
    if (found < 1 || found > 2 || first < 1 || last > 255 || first > last) {
        return false;
    }
    units = {static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(last)};
    return found == 2 || text.find_first_not_of("0123456789") == std::string::npos;
}

void add_scan(CLI::App& app, Options& options) {
    CLI::App* const sub =
        verb(app, options, "scan", "find the units on a line and what they are; reads only");
    sub->add_option("BUS-OR-PORT", options.scan.bus, "a bus of the configuration, or a serial port's path")
        ->required();
    sub->add_option("--line", options.scan.line, "begin with these settings, for example 9600-8N1");
    sub->add_option("--units", options.units, "only these, for example 1-32 (default 1-247)");
    sub->add_option("--timeout", options.timeout_ms, "milliseconds that a unit has to answer (default 300)")
        ->check(CLI::Range(10, 5000));
    sub->add_option("--limit", options.limit_s, "end after so many seconds; the same command goes on")
        ->check(CLI::Range(1, 86400));
    sub->add_flag("--all", options.all, "all other line settings, too");
    sub->add_flag(
        "--configured", [&options](std::int64_t) { options.scan.depth = gengfu::cli::Depth::kConfigured; },
        "only the configured line settings");
    sub->add_flag("--takeover", options.takeover,
                  "borrow the line from the daemon: its sensors are not watched meanwhile");
    sub->add_flag("--from-start", options.scan.from_start, "do not go on with an interrupted scan");
    sub->add_option("--state", options.scan.state, "where an interrupted scan is kept");
    sub->add_option("--socket", options.common.socket, "the daemon's control socket");
    sub->callback([&options] {
        finish(options);
        options.scan.common = options.common;
        options.scan.timeout = std::chrono::milliseconds(options.timeout_ms);
        options.scan.limit = std::chrono::seconds(options.limit_s);
        options.scan.depth = options.all ? gengfu::cli::Depth::kAll : options.scan.depth;
        options.scan.taking =
            options.takeover ? gengfu::cli::Taking::kBorrow : gengfu::cli::Taking::kOnlyIfFree;
        if (!options.units.empty() && !read_units(options.units, options.scan.units)) {
            gengfu::cli::complain("--units is a range such as 1-32, within 1-255");
            options.status = gengfu::cli::kWrongUsage;
            return;
        }
        options.status = gengfu::cli::scan(options.scan);
    });
}

void add_address(CLI::App& app, Options& options) {
    CLI::App* const sub = verb(app, options, "address", "give a new sensor its unit id");
    sub->add_option("BUS-OR-PORT", options.address.bus, "a bus of the configuration, or a serial port's path")
        ->required();
    sub->add_option("--profile", options.address.profile, "what sensor it is")->required();
    sub->add_option("--from", options.address.from, "the unit id that it has")
        ->required()
        ->check(CLI::Range(1, 255));
    sub->add_option("--to", options.address.to, "the unit id that it gets")
        ->required()
        ->check(CLI::Range(1, 247));
    sub->add_option("--line", options.address.line, "line settings that it has now, for example 9600-8N1");
    sub->add_option("--as", options.address.as,
                    "this sensor is that device of the configuration: its address may be given or taken");
    sub->add_option("--socket", options.common.socket, "the daemon's control socket");
    sub->callback([&options] {
        finish(options);
        options.address.common = options.common;
        options.status = gengfu::cli::address(options.address);
    });
}

void add_trace(CLI::App& app, Options& options) {
    CLI::App* const sub = verb(app, options, "trace", "what goes over a line, as it goes, and what it means");
    sub->add_option("BUS-OR-PORT", options.trace.bus, "a bus of the configuration, or its port's path")
        ->required();
    sub->add_option("--save", options.trace.save, "keep it as a transcript that a replay bus plays");
    sub->add_option("--for", options.limit_s, "end after so many seconds (default: at Ctrl-C)")
        ->check(CLI::Range(1, 86400));
    sub->add_option("--socket", options.common.socket, "the daemon's control socket");
    sub->callback([&options] {
        finish(options);
        options.trace.common = options.common;
        options.trace.time = std::chrono::seconds(options.limit_s);
        options.status = gengfu::cli::trace(options.trace);
    });
}

void add_anomaly(CLI::App& app, Options& options) {
    CLI::App* const sub = app.add_subcommand("anomaly", "the daemon's anomaly detector over CSV files");
    gengfu::cli::AnomalyTask& task = options.anomaly;
    sub->add_option("--input", task.input, "a CSV file, in the order of time");
    sub->add_option("--time", task.time, "column of the time (default timestamp)");
    sub->add_option("--value", task.values, "column of the value; several are judged together as one device");
    sub->add_option("--output", task.output, "CSV to write: time, value, anomaly_score");
    sub->add_option("--plot", task.plot, "SVG to draw: values, the usual, score, alarms");
    sub->add_option("--folder", task.folder, "a tree of CSV files and where its results go")->expected(2);
    sub->add_flag("--json", task.json, "print JSON: how many files were judged");
    sub->add_option("--sensitivity", task.sensitivity,
                    "1 to 10: the alarms of --plot (default 5), the column prediction (default 10)")
        ->check(CLI::Range(1, 10));
    sub->callback([&options] { options.status = gengfu::cli::anomaly(options.anomaly); });
}

void add_alarms(CLI::App& app, Options& options) {
    CLI::App* const sub =
        verb(app, options, "alarms", "all alarms that are not over, or how many there were");
    CLI::Option* const history =
        sub->add_flag("--history", options.history_of_alarms, "the figures of EEMUA 191, from the record");
    sub->add_option("--since", options.history.since, "how far back, for example 7d")->needs(history);
    sub->add_option("--store", options.history.folder, "folder of a store, or of a copy of one")
        ->needs(history);
    sub->add_option("--socket", options.common.socket, "the daemon's control socket");
    sub->callback([&options] {
        finish(options);
        options.status = options.history_of_alarms
                             ? gengfu::cli::alarm_history(options.common, options.history)
                             : gengfu::cli::alarms(options.common);
    });
}

void add_calibrate(CLI::App& app, Options& options) {
    CLI::App* const sub =
        verb(app, options, "calibrate", "how a cover lies now, or a lane looks, is how it shall be");
    sub->add_option("DEVICE", options.calibrate.device, "name of the device; all, of a file");
    CLI::Option* const to = sub->add_option("--export", options.calibrate.export_file,
                                            "write what was learned to a file, for another gateway");
    sub->add_option("--import", options.calibrate.import_file, "take it from such a file")->excludes(to);
    sub->add_option("--why", options.calibrate.why, "the reason, for the record");
    sub->add_option("--socket", options.common.socket, "the daemon's control socket");
    sub->callback([&options] {
        finish(options);
        options.status = gengfu::cli::calibrate(options.common, options.calibrate);
    });
}

void add_replay(CLI::App& app, Options& options) {
    CLI::App* const sub =
        verb(app, options, "replay", "which alarms the rules of a configuration would have raised");
    sub->add_option("--since", options.history.since, "how far back, for example 7d")->required();
    sub->add_option("--store", options.history.folder, "folder of a store, or of a copy of one");
    sub->add_option("--socket", options.common.socket, "the daemon's control socket");
    sub->callback([&options] {
        finish(options);
        options.status = gengfu::cli::replay(options.common, options.history);
    });
}

void add_decommission(CLI::App& app, Options& options) {
    CLI::App* const leave =
        verb(app, options, "decommission",
             "take this gateway out of service for good, and leave nothing at the broker");
    leave->add_option("--why", options.decommission.why, "the reason, for the record");
    leave->add_option("--gateway", options.decommission.gateway, "its id, to confirm without being asked");
    leave->add_flag("--undo", options.decommission.undo, "take it into service again");
    leave->add_option("--socket", options.common.socket, "the daemon's control socket");
    leave->callback([&options] {
        finish(options);
        options.decommission.common = options.common;
        options.status = gengfu::cli::decommission(options.decommission);
    });
}

void add_verbs(CLI::App& app, Options& options) {
    CLI::App* const check =
        verb(app, options, "check", "validate the configuration; every mistake with its place");
    check->add_option("FILE", options.file, "configuration file (default /etc/gengfu/gengfu.toml)");
    check->callback([&options] {
        finish(options);
        options.status = gengfu::cli::check(options.common);
    });
    add_asking(app, options, "status", "gateway, buses, devices, store, broker", gengfu::cli::status);
    add_alarms(app, options);
    add_change(app, options, "ack", "acknowledge an alarm");
    add_change(app, options, "reset", "reset a latched alarm whose condition is gone");
    add_change(app, options, "shelve", "keep an alarm quiet for a while", Span::kWord);
    add_change(app, options, "unshelve", "end that", Span::kNone);
    add_change(app, options, "handling", "note who sees to an alarm", Span::kOption);
    add_service(app, options, "out-of-service", "keep all alarms of a device quiet while it is worked on",
                Span::kWord);
    add_service(app, options, "return", "end that: the device is back in service", Span::kNone);
    add_calibrate(app, options);
    add_replay(app, options);
    add_decommission(app, options);
    CLI::App* const read = verb(app, options, "read", "read all points of a device now");
    read->add_option("DEVICE", options.device, "name of the device")->required();
    read->add_option("--socket", options.common.socket, "the daemon's control socket");
    read->callback([&options] {
        finish(options);
        options.status = options.raw ? gengfu::cli::read_raw(options.common, options.device)
                                     : gengfu::cli::read_device(options.common, options.device);
    });
    read->add_flag("--raw", options.raw,
                   "every register in every byte and word order, beside what is plausible");
    add_scan(app, options);
    add_address(app, options);
    add_trace(app, options);
    add_asking(app, options, "version", "versions of this command and of the running daemon",
               gengfu::cli::version);
    add_anomaly(app, options);
    for (const char* const name : kNotBuilt) {
        CLI::App* const sub = app.add_subcommand(name, "not built in this release")->group("");
        sub->allow_extras();
        sub->callback([&options, name] {
            gengfu::cli::complain(std::string("\"") + name +
                                  "\" is not built in this release (see `gengfu --help` for what is)");
            options.status = gengfu::cli::kFailed;
        });
    }
}

/// What is wrong with the first word; empty when nothing is. CLI11 would only say that a subcommand is
/// required.
std::string mistake_in_verb(const CLI::App& app, int argc, char** argv) {
    if (argc < 2) {
        return "say what to do: gengfu VERB; `gengfu --help` names the verbs";
    }
    const std::string word = argv[1];
    if (word == "--help" || word == "-h" || word == "--version") {
        return "";
    }
    if (word.starts_with('-')) {
        return "the command comes first, then its options: gengfu VERB " + word + " ...; `gengfu --help`";
    }
    std::vector<std::string> verbs;
    for (const CLI::App* const verb : app.get_subcommands({})) {
        if (verb->get_name() == word) {
            return "";
        }
        if (!verb->get_group().empty()) {
            verbs.push_back(verb->get_name());
        }
    }
    const std::string meant = word == "help" || word == "-help" ? "; did you mean `gengfu --help`?"
                                                                : gengfu::config::did_you_mean(word, verbs);
    return "no command " + gengfu::config::in_quotes(word) +
           (meant.empty() ? "; `gengfu --help` names them" : meant);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"gengfu: the installer's and operator's command of the Gengfu gateway"};
    app.set_version_flag("--version", "gengfu " GENGFU_VERSION, "print the version of this command and end");
    app.require_subcommand(1);
    app.footer(
        "Every command takes --json (print JSON) and --config FILE (default /etc/gengfu/gengfu.toml);\n"
        "`gengfu VERB --help` tells the rest.");
    Options options;
    options.common.version = GENGFU_VERSION;
    add_verbs(app, options);
    if (const std::string mistake = mistake_in_verb(app, argc, argv); !mistake.empty()) {
        gengfu::cli::complain(mistake);
        return gengfu::cli::kWrongUsage;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? gengfu::cli::kDone : gengfu::cli::kWrongUsage;
    }
    return options.status;
}
