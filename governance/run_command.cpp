#include "governance/run_command.hpp"

#include <memory>
#include <string>

#include "daemon/core/log.hpp"
#include "governance/ingest/service.hpp"
#include "governance/ingest/settings.hpp"

namespace gengfu::governance {
namespace {

/// Of sysexits.h, so that systemd does not restart in a loop.
constexpr int kWrongConfiguration = 78;

struct Options {
    std::string config = "/etc/gengfu/ingest.toml";
    bool check = false;
    bool resend = false;
};

void run(const Options& options, Shared& shared) {
    ingest::LoadedSettings loaded = ingest::load_settings(
        options.config, options.check ? config::Credentials::kMayBeAbsent : config::Credentials::kRequired);
    const bool english = loaded.settings && loaded.settings->language == "en";
    log::set_up(english ? log::Language::kEnglish : log::Language::kChinese);
    for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
        const std::string line = config::to_string(diagnostic);
        diagnostic.gravity == config::Gravity::kError ? log::error(line, line) : log::warning(line, line);
    }
    if (!loaded.settings) {
        shared.status = kWrongConfiguration;
        return;
    }
    if (options.check) {
        return;
    }
    if (loaded.settings->database.connection.empty()) {
        loaded.settings->database.connection = shared.database;
    }
    loaded.settings->resend = options.resend;
    shared.status = ingest::serve(*loaded.settings);
}

}  // namespace

void add_run(CLI::App& app, Shared& shared) {
    auto options = std::make_shared<Options>();
    CLI::App* const command = app.add_subcommand("run", "the service: MQTT feed into the database");
    command->add_option("--config", options->config, "configuration file")->capture_default_str();
    command->add_flag("--check", options->check, "read the configuration, tell its mistakes and end");
    command->add_flag("--resend", options->resend,
                      "ask every gateway for what the database lacks, as after a restored backup");
    command->callback([options, &shared] { run(*options, shared); });
}

}  // namespace gengfu::governance
