// The subscriber of tools/bench: takes the time at which each change of a register arrives as a message.
//
//   bench_listener --broker PORT --topic FILTER --payload tele|event|raw --start NS --step NS --pattern
//   count|alternate
//
// tele and event are Gengfu's (FILTER: its topic with #), raw is that of bench_bare_loop. On SIGTERM it
// prints what it saw as one JSON object: messages, samples, first_ns (monotonic, of the first good sample),
// missed (changes of which no message told) and latencies_ns.
#include <mosquitto.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string_view>
#include <vector>

#include "gengfu/v1/feed.pb.h"
#include "tests/bench/batch_values.hpp"
#include "tests/bench/options.hpp"

namespace gengfu::bench {
namespace {

using std::chrono::nanoseconds;

volatile std::sig_atomic_t ending = 0;
constexpr std::size_t kMostLatencies = 1'000'000;

enum class Payload : std::uint8_t { kTele, kEvent, kRaw };

class Listener {
public:
    Listener(Payload payload, Change change) : payload_(payload), change_(change) {}

    void message(nanoseconds now, std::string_view topic, const void* bytes, int length) {
        if (payload_ == Payload::kRaw) {
            const auto* octets = static_cast<const unsigned char*>(bytes);
            values_.clear();
            for (int i = 0; i + 1 < length; i += 2) {
                values_.push_back(octets[i] * 256 + octets[i + 1]);
            }
            take(now, values_);
            return;
        }
        const bool wanted = topic.ends_with(payload_ == Payload::kTele ? "/tele" : "/event");
        if (!wanted && topic.find("/catalogue/") == std::string_view::npos) {
            return;
        }
        // What is sent again belongs to an earlier run: it says nothing about this one's speed.
        if (!envelope_.ParseFromArray(bytes, length) || envelope_.resent()) {
            return;
        }
        if (envelope_.has_catalogue()) {
            coding_.learn(envelope_.catalogue());
        } else if (payload_ == Payload::kTele && envelope_.record().has_batch()) {
            take(now, coding_.good_values(envelope_.record().batch()));
        } else if (payload_ == Payload::kEvent && envelope_.record().has_transition()) {
            transition(now, envelope_.record().transition());
        }
    }

    void print() const {
        std::printf(
            "{\"messages\": %llu, \"samples\": %llu, \"first_ns\": %lld, \"missed\": %llu, \"latencies_ns\": "
            "[",
            messages_, samples_, static_cast<long long>(first_.count()), missed_);
        for (std::size_t i = 0; i < latencies_.size(); ++i) {
            std::printf("%s%lld", i == 0 ? "" : ",", static_cast<long long>(latencies_[i].count()));
        }
        std::printf("]}\n");
    }

private:
    void take(nanoseconds now, const std::vector<double>& values) {
        if (values.empty()) {
            return;
        }
        ++messages_;
        samples_ += values.size();
        if (first_.count() == 0) {
            first_ = now;
        }
        saw(now, change_.number_of(*std::max_element(values.begin(), values.end())));
    }

    void transition(nanoseconds now, const v1::Transition& transition) {
        if (transition.kind() != v1::TRANSITION_KIND_RAISED &&
            transition.kind() != v1::TRANSITION_KIND_CLEARED) {
            return;
        }
        ++messages_;
        saw(now, change_.number_of(transition.alarm().evidence().value()));
    }

    // A change that was read over because the one after it had come already is as late as the message that
    // shows it is history: leaving it out would hide every pause. An alarm's change can not be told by the
    // next one, which says the contrary: it is missed.
    void saw(nanoseconds now, std::optional<std::uint64_t> number) {
        if (!number) {
            return;
        }
        if (last_ && *number > *last_) {
            const std::uint64_t from = payload_ == Payload::kEvent ? *number : *last_ + 1;
            missed_ += *number - *last_ - 1;
            for (std::uint64_t i = from; i <= *number && latencies_.size() < kMostLatencies; ++i) {
                latencies_.push_back(now - change_.time_of(i));
            }
        }
        last_ = std::max(last_.value_or(0), *number);
    }

    Payload payload_;
    Change change_;
    Coding coding_;
    v1::Envelope envelope_;
    std::vector<double> values_;
    std::optional<std::uint64_t> last_;  ///< latest change seen; the first message tells only where we are
    nanoseconds first_{};
    std::vector<nanoseconds> latencies_;
    unsigned long long messages_ = 0, samples_ = 0, missed_ = 0;
};

void on_message(mosquitto*, void* listener, const mosquitto_message* message) {
    const nanoseconds now = monotonic_now();
    static_cast<Listener*>(listener)->message(now, message->topic, message->payload, message->payloadlen);
}

void on_subscribe(mosquitto*, void*, int, int, const int*) {
    std::printf("subscribed\n");
    std::fflush(stdout);
}

Result<Payload> payload_of(const Options& options) {
    const Result<std::string> word = options.text("payload");
    if (word && *word == "tele") {
        return Payload::kTele;
    }
    if (word && *word == "event") {
        return Payload::kEvent;
    }
    if (word && *word == "raw") {
        return Payload::kRaw;
    }
    return fail(Errc::kInvalid, "--payload tele, event or raw");
}

Result<void> run(const Options& options) {
    const auto change = options.change();
    const auto payload = payload_of(options);
    const auto port = options.number("broker", 1, 65535);
    const auto topic = options.text("topic");
    if (!change || !payload || !port || !topic) {
        return fail(Errc::kInvalid, "--broker, --topic, --payload and how registers change are wanted");
    }
    Listener listener(*payload, *change);
    const std::unique_ptr<mosquitto, decltype(&mosquitto_destroy)> client(
        mosquitto_new(nullptr, true, &listener), mosquitto_destroy);
    if (!client ||
        mosquitto_connect(client.get(), "127.0.0.1", static_cast<int>(*port), 60) != MOSQ_ERR_SUCCESS) {
        return fail(Errc::kIo, "no broker at port " + std::to_string(*port));
    }
    mosquitto_message_callback_set(client.get(), on_message);
    mosquitto_subscribe_callback_set(client.get(), on_subscribe);
    mosquitto_subscribe(client.get(), nullptr, topic->c_str(), 0);
    while (ending == 0) {
        if (mosquitto_loop(client.get(), 100, 1) != MOSQ_ERR_SUCCESS && ending == 0) {
            return fail(Errc::kIo, "the broker is gone");
        }
    }
    listener.print();
    return {};
}

}  // namespace
}  // namespace gengfu::bench

int main(int count, char** words) {
    std::signal(SIGTERM, [](int) { gengfu::bench::ending = 1; });
    mosquitto_lib_init();
    const auto options = gengfu::bench::Options::parse(count, words);
    const gengfu::Result<void> done =
        options ? gengfu::bench::run(*options) : gengfu::fail(options.error().code, options.error().what);
    if (!done) {
        std::fprintf(stderr, "bench_listener: %s\n", done.error().what.c_str());
        return 1;
    }
    return 0;
}
