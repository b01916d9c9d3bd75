#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/config/load.hpp"
#include "daemon/config/site.hpp"
#include "daemon/core/result.hpp"
#include "daemon/inbox.hpp"
#include "daemon/store/store.hpp"

/// From files to a checked site and an open store, and which configuration it is that runs.
namespace gengfu {

/// What the store says while it runs (Options::trouble), on its way from its thread to core.
struct StoreNews {
    StoreNews(std::size_t most_words, std::size_t most_losses) : words(most_words), losses(most_losses) {}
    Inbox<std::string> words;
    Inbox<store::Loss> losses;  ///< to be declared; one that does not fit is told again at the next start
};

struct Prepared {
    config::Site site;  ///< with the gateway's own device
    std::string configuration_hash;
    std::string
        configuration_trouble;  ///< why the last accepted configuration runs; empty when the files' own does
    store::Opened opened;
    std::shared_ptr<StoreNews> store_news;  ///< never null
    std::uint64_t start_above = 0;          ///< as given to prepare()
};

/// A site that can run: parsed, checked, its requests plannable.
struct Accepted {
    config::Site site;
    config::Bundle bundle;
};

/// Reads and checks the files of a configuration.
/// \param shown  gets every diagnostic, for the log and the command.
/// \retval Errc::kInvalid, kIo: one line that says so; the places are in `shown`.
Result<Accepted> read_configuration(const config::Places& places, std::vector<config::Diagnostic>& shown);

/// Opens the store and decides what runs: the files' configuration when it is good (it becomes the last
/// accepted one), else the last accepted one. \retval Errc::kInvalid bad files and none accepted yet. \retval
/// Errc::kIo, kCorrupt the store. \retval Errc::kInvalid also: the gateway was decommissioned
/// \param start_above  the start number will be above this one, too; 0: none was seen
Result<Prepared> prepare(const config::Places& places, const Clock& clock,
                         std::vector<config::Diagnostic>& shown, std::uint64_t start_above = 0);

}  // namespace gengfu
