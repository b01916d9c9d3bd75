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
constexpr std::array kNotBuilt{"scan",           "address",      "trace",     "watch",   "shelve", "unshelve",
                               "out-of-service", "return",       "calibrate", "drill",   "replay", "apply",
                               "report",         "decommission", "import",    "profiles"};

struct Options {
    Common common;
    std::string file;
    std::string device;
    gengfu::cli::AlarmChange change;
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

void add_change(CLI::App& app, Options& options, const char* name, const char* what) {
    CLI::App* const sub = verb(app, options, name, what);
    sub->add_option("ID", options.change.id,
                    "the alarm's id, as much of it as no other alarm has, or the number after its \"-\"")
        ->required();
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

void add_anomaly(CLI::App& app, Options& options) {
    CLI::App* const sub = app.add_subcommand("anomaly", "the daemon's anomaly detector over CSV files");
    gengfu::cli::AnomalyTask& task = options.anomaly;
    sub->add_option("--input", task.input, "a CSV file, in the order of time");
    sub->add_option("--time", task.time, "column of the time (default timestamp)");
    sub->add_option("--value", task.values, "column of the value; several are judged together as one device");
    sub->add_option("--output", task.output, "CSV to write: time, value, anomaly_score");
    sub->add_option("--plot", task.plot, "SVG to draw: values, the usual, score, alarms");
    sub->add_option("--folder", task.folder, "a tree of CSV files and where its results go")->expected(2);
    sub->add_option("--sensitivity", task.sensitivity, "1 to 10, for the alarms of --plot (default 5)")
        ->check(CLI::Range(1, 10));
    sub->callback([&options] { options.status = gengfu::cli::anomaly(options.anomaly); });
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
    add_asking(app, options, "alarms", "all alarms that are not over", gengfu::cli::alarms);
    add_change(app, options, "ack", "acknowledge an alarm");
    add_change(app, options, "reset", "reset a latched alarm whose condition is gone");
    CLI::App* const read = verb(app, options, "read", "read all points of a device now");
    read->add_option("DEVICE", options.device, "name of the device")->required();
    read->add_option("--socket", options.common.socket, "the daemon's control socket");
    read->callback([&options] {
        finish(options);
        options.status = gengfu::cli::read_device(options.common, options.device);
    });
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
