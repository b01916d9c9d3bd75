#include "cli/record_source.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/client.hpp"
#include "cli/json_word.hpp"
#include "daemon/config/load.hpp"
#include "daemon/control/history_desk.hpp"
#include "daemon/publish/alarm_codec.hpp"
#include "daemon/publish/catalogue_shelf.hpp"
#include "daemon/store/archive.hpp"

namespace gengfu::cli {
namespace {

using nlohmann::json;

constexpr const char* kNotOurs =
    "the daemon's answer is not understood: command and daemon are of different releases";

/// Asks the daemon, which alone may look into its files.
class FromDaemon final : public RecordSource {
public:
    explicit FromDaemon(const Common& common) : common_(common) {}

    Result<std::vector<store::StreamRanges>> held() override {
        Result<json> answer = ask(common_, {{"verb", "held"}});
        if (!answer) {
            return pass(answer);
        }
        std::vector<store::StreamRanges> out;
        for (const json& run : answer->value("runs", json::array())) {
            const std::string text = word(run, "epoch");
            store::StreamRanges ranges;
            std::from_chars(text.data(), text.data() + text.size(), ranges.epoch.value, 16);
            ranges.stream = word(run, "stream") == "event" ? Stream::kEvent : Stream::kTelemetry;
            const json first = run.value("first", json());
            const json last = run.value("last", json());
            if (!first.is_number_unsigned() || !last.is_number_unsigned()) {
                return fail(Errc::kIo, kNotOurs);
            }
            ranges.ranges = {{first.get<std::uint64_t>(), last.get<std::uint64_t>()}};
            out.push_back(std::move(ranges));
        }
        return out;
    }

    Result<store::Pending> read(Epoch epoch, Stream stream, store::SequenceRange range,
                                std::size_t limit) override {
        Result<json> answer = ask(common_, {{"verb", "records"},
                                            {"epoch", control::to_hex(epoch)},
                                            {"stream", stream == Stream::kEvent ? "event" : "telemetry"},
                                            {"first", range.first},
                                            {"last", range.last},
                                            {"limit", limit}});
        if (!answer) {
            return pass(answer);
        }
        store::Pending out;
        for (const json& one : answer->value("records", json::array())) {
            store::Record record;
            if (!one.is_array() || one.size() != 3 || !one[0].is_number_unsigned() ||
                !one[1].is_number_unsigned() || !one[2].is_string() ||
                !control::from_hex(one[2].get_ref<const std::string&>(), record.bytes)) {
                return fail(Errc::kIo, kNotOurs);
            }
            record.identity = {epoch, stream, one[0].get<std::uint64_t>()};
            record.encoding = one[1].get<int>() == 2 ? store::Encoding::kJson : store::Encoding::kProtobuf;
            out.records.push_back(std::move(record));
        }
        const json more = answer->value("more", json());
        out.more = more.is_boolean() && more.get<bool>();
        return out;
    }

    std::vector<std::string> catalogue(const std::string& hash) override {
        std::vector<std::string> out;
        const Result<json> answer = ask(common_, {{"verb", "catalogue"}, {"hash", hash}});
        for (const json& part : answer ? answer->value("parts", json::array()) : json::array()) {
            std::string bytes;
            if (part.is_string() && control::from_hex(part.get_ref<const std::string&>(), bytes)) {
                out.push_back(std::move(bytes));
            }
        }
        return out;
    }

    std::string learned() override {
        const Result<json> answer = ask(common_, {{"verb", "learned"}});
        return answer ? raw_word(*answer, "learned") : std::string();
    }

private:
    Common common_;
};

class FromFolder final : public RecordSource {
public:
    FromFolder(store::Archive archive, std::string path)
        : archive_(std::move(archive)), shelf_(std::move(path)) {}

    Result<std::vector<store::StreamRanges>> held() override { return archive_.held(); }
    Result<store::Pending> read(Epoch epoch, Stream stream, store::SequenceRange range,
                                std::size_t limit) override {
        return archive_.read(epoch, stream, range, limit);
    }
    std::vector<std::string> catalogue(const std::string& hash) override { return shelf_.get(hash); }
    std::string learned() override {
        const Result<publish::Book> book =
            archive_.book().empty() ? publish::Book{} : publish::decode_book(archive_.book());
        return book ? book->learned : std::string();
    }
    std::vector<std::string> troubles() const override { return archive_.troubles(); }

private:
    store::Archive archive_;
    publish::CatalogueShelf shelf_;
};

Result<std::unique_ptr<RecordSource>> from_folder(const std::string& folder) {
    Result<store::Archive> archive = store::Archive::open(folder);
    if (!archive) {
        return pass(archive);
    }
    return std::unique_ptr<RecordSource>(std::make_unique<FromFolder>(std::move(*archive), folder));
}

}  // namespace

Result<std::unique_ptr<RecordSource>> open_records(const Common& common, const std::string& folder) {
    if (!folder.empty()) {
        return from_folder(folder);
    }
    // A daemon that is there answers even this; one that is not leaves its files to us.
    const Result<json> there = ask(common, {{"verb", "version"}});
    if (there) {
        return std::unique_ptr<RecordSource>(std::make_unique<FromDaemon>(common));
    }
    if (there.error().code != Errc::kNotFound || !common.socket.empty()) {
        return fail(there.error().code, there.error().what);
    }
    Result<config::Bundle> bundle = config::gather(common.places);
    if (!bundle) {
        return pass(bundle);
    }
    const std::string path = config::load(*bundle, config::Credentials::kMayBeAbsent).store_path;
    Result<std::unique_ptr<RecordSource>> source = from_folder(path);
    if (!source) {
        return fail(source.error().code, "no daemon is running, and " + source.error().what);
    }
    return source;
}

}  // namespace gengfu::cli
