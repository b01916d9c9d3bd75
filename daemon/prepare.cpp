#include "daemon/prepare.hpp"

#include <utility>

#include "daemon/config/self_device.hpp"
#include "daemon/control/decommissioned.hpp"
#include "daemon/sampling/budget.hpp"
#include "daemon/sampling/device_reader.hpp"
#include "daemon/store/folder.hpp"

namespace gengfu {
namespace {

/// A failing disk says a few words, not one for every record.
constexpr std::size_t kMostStoreNews = 64;
constexpr std::size_t kMostLosses = 1024;

store::Options store_options(const config::Store& settings, const config::Mqtt& mqtt,
                             const std::shared_ptr<StoreNews>& news) {
    store::Options options;
    options.path = settings.path;
    options.size_limit_bytes = settings.size_limit_bytes;
    options.history = settings.history;
    options.flush = settings.flush;
    options.consumers = mqtt.confirm;
    options.trouble = [news](std::string words) { news->words.put(std::move(words)); };
    options.lost = [news](store::Loss loss) { news->losses.put(std::move(loss)); };
    return options;
}

/// A configuration that was accepted once keeps running: a daemon that has learned to count better since does
/// not take a site out of service.
enum class Budgets : std::uint8_t { kMustFit, kAsTheyAre };

/// Where the store is, and where that is written.
struct StorePlace {
    std::string path = config::Store{}.path;
    config::Position at;
};

Result<Accepted> accept(config::Bundle bundle, Budgets budgets, std::vector<config::Diagnostic>& shown,
                        StorePlace* store) {
    config::Loaded loaded = config::load(bundle);
    shown.insert(shown.end(), loaded.diagnostics.begin(), loaded.diagnostics.end());
    if (store != nullptr) {
        *store = {loaded.store_path, loaded.store_path_at};
    }
    if (!loaded.site) {
        return fail(Errc::kInvalid, "the configuration has errors");
    }
    for (std::uint32_t i = 0; i < loaded.site->devices.size(); ++i) {
        Result<void> planned = sampling::plannable(*loaded.site, DeviceId{i});
        if (!planned) {
            return pass(planned);
        }
    }
    if (budgets == Budgets::kMustFit) {
        const std::vector<config::Diagnostic> found = sampling::check_budgets(*loaded.site);
        shown.insert(shown.end(), found.begin(), found.end());
        if (config::has_errors(found)) {
            return fail(Errc::kInvalid, "a bus cannot do what is asked of it");
        }
    }
    config::add_self(*loaded.site);
    return Accepted{std::move(*loaded.site), std::move(bundle)};
}

Result<Accepted> read_configuration(const config::Places& places, std::vector<config::Diagnostic>& shown,
                                    StorePlace* store) {
    Result<config::Bundle> bundle = config::gather(places);
    if (!bundle) {
        return pass(bundle);
    }
    return accept(std::move(*bundle), Budgets::kMustFit, shown, store);
}

/// The last accepted configuration, from the store.
Result<Accepted> last_accepted(const std::string& packed) {
    Result<config::Bundle> bundle = config::unpack(packed);
    if (!bundle) {
        return pass(bundle);
    }
    std::vector<config::Diagnostic> known;
    return accept(std::move(*bundle), Budgets::kAsTheyAre, known, nullptr);
}

}  // namespace

Result<Accepted> read_configuration(const config::Places& places, std::vector<config::Diagnostic>& shown) {
    return read_configuration(places, shown, nullptr);
}

Result<Prepared> prepare(const config::Places& places, const Clock& clock,
                         std::vector<config::Diagnostic>& shown, std::uint64_t start_above) {
    StorePlace place;
    Result<Accepted> fresh = read_configuration(places, shown, &place);
    if (const std::string mark = control::decommissioned(place.path); !mark.empty()) {
        return fail(Errc::kInvalid, "this gateway was taken out of service " + mark +
                                        "; `gengfu decommission --undo` takes it into service again");
    }
    config::Store where;
    where.path = place.path;
    const auto news = std::make_shared<StoreNews>(kMostStoreNews, kMostLosses);
    store::Options options =
        fresh ? store_options(fresh->site.store, fresh->site.mqtt, news) : store_options(where, {}, news);
    options.start_above = start_above;
    Result<store::Opened> opened = store::open(options, clock);
    if (!opened) {
        if (!store::mistake_in_folder(place.path).empty()) {
            shown.push_back({config::Gravity::kError, place.at, opened.error().what});
            return fail(opened.error().code, "without a store nothing can be recorded");
        }
        return pass(opened);
    }
    if (fresh) {
        std::string hash = config::hash(fresh->bundle);
        std::string packed = config::pack(fresh->bundle);
        if (packed != opened->start.configuration) {
            opened->store->save_configuration(std::move(packed), [](const Result<void>&) {});
        }
        return Prepared{std::move(fresh->site), std::move(hash), {}, std::move(*opened), news, start_above};
    }
    Result<Accepted> last = opened->start.configuration.empty()
                                ? Result<Accepted>(fail(Errc::kInvalid, "none was accepted yet"))
                                : last_accepted(opened->start.configuration);
    if (!last) {
        return fail(Errc::kInvalid,
                    fresh.error().what + ", and there is no earlier one to run: " + last.error().what);
    }
    std::string hash = config::hash(last->bundle);
    return Prepared{
        std::move(last->site), std::move(hash), fresh.error().what, std::move(*opened), news, start_above};
}

}  // namespace gengfu
