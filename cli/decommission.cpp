#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/json_word.hpp"
#include "cli/terminal.hpp"
#include "daemon/config/load.hpp"
#include "daemon/control/decommissioned.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

int undo(const Common& common) {
    const Result<config::Bundle> bundle = config::gather(common.places);
    if (!bundle) {
        complain(bundle.error().what);
        return kFailed;
    }
    const std::string store = config::load(*bundle, config::Credentials::kMayBeAbsent).store_path;
    const std::string file = control::decommissioned_file(store);
    if (::unlink(file.c_str()) != 0) {
        complain(errno == ENOENT ? "this gateway is not out of service: there is no " + file
                                 : file + ": " + std::strerror(errno));
        return kFailed;
    }
    std::printf("in service again: start it with `systemctl start gengfu`\n");
    return kDone;
}

/// Asks a person for reason and id until they are there. \return false: nobody can be asked, or he thought
/// better of it.
bool confirmed(DecommissionWish& wish, const std::string& gateway) {
    const bool person = isatty(STDIN_FILENO) == 1;
    if (wish.why.empty() && person) {
        std::printf("why? ");
        std::fflush(stdout);
        std::getline(std::cin, wish.why);
    }
    if (wish.why.empty()) {
        complain("say why, for the record: --why \"...\"");
        return false;
    }
    if (wish.gateway.empty() && person) {
        std::printf(
            "This takes gateway %s out of service for good: its retained messages are emptied, it stops, "
            "and\n"
            "no sensor is watched by it any more. Type its id to go on: ",
            gateway.c_str());
        std::fflush(stdout);
        std::getline(std::cin, wish.gateway);
    }
    if (wish.gateway != gateway) {
        complain(wish.gateway.empty() ? "name the gateway to confirm it: --gateway " + gateway
                                      : "this gateway is " + gateway + ", not " + wish.gateway);
        return false;
    }
    return true;
}

void show(const json& answer) {
    const auto emptied = answer.value("emptied", std::uint64_t{0});
    std::printf("gateway %s is out of service: %llu retained topics emptied, the daemon has ended\n",
                word(answer, "gateway").c_str(), static_cast<unsigned long long>(emptied));
    const auto left = answer.value("events_pending", std::uint64_t{0}) +
                      answer.value("telemetry_pending", std::uint64_t{0});
    if (left > 0) {
        std::printf(
            "%llu records in its store are not confirmed yet: keep the card until nobody needs them\n",
            static_cast<unsigned long long>(left));
    }
}

}  // namespace

int decommission(const DecommissionWish& wanted) {
    if (wanted.undo) {
        return undo(wanted.common);
    }
    DecommissionWish wish = wanted;
    const Result<json> status = ask(wish.common, {{"verb", "status"}});
    if (!status) {
        complain(status.error().what);
        return kFailed;
    }
    if (!confirmed(wish, word(*status, "gateway"))) {
        return kWrongUsage;
    }
    const Result<json> answer =
        ask(wish.common, {{"verb", "decommission"}, {"gateway", wish.gateway}, {"why", wish.why}});
    if (!answer) {
        complain(answer.error().what);
        return kFailed;
    }
    if (wish.common.format == Format::kJson) {
        std::printf("%s\n", answer->dump().c_str());
    } else {
        show(*answer);
    }
    return kDone;
}

}  // namespace gengfu::cli
