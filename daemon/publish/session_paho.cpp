#include <algorithm>
#include <memory>
#include <random>
#include <thread>
#include <utility>

#include "daemon/publish/backoff.hpp"
#include "daemon/publish/connect_plan.hpp"
#include "daemon/publish/no_delay.hpp"
#include "daemon/publish/paho_link.hpp"
#include "daemon/publish/reason_words.hpp"
#include "daemon/publish/session.hpp"
#include "daemon/publish/tls_diagnosis.hpp"
#include "daemon/publish/tls_files.hpp"

// A thread of our own makes, watches and ends connections, since making and destroying a Paho client can
// block; publishing goes straight from the caller into Paho.
namespace gengfu::publish {

namespace {

using SteadyClock = std::chrono::steady_clock;

// Beyond Paho's own 15 s, in case its time-out fails.
constexpr auto kAttemptTime = std::chrono::seconds(20);
constexpr Duration kLongestFileLook = std::chrono::seconds(10);
// CONNACK of MQTT 5 to a retained will (OASIS MQTT 5.0, 3.2.2.2).
constexpr int kRetainNotSupported = 0x9A;
// A connection that did not last so long ended with what it asked for first, its subscriptions.
constexpr Duration kBrief = std::chrono::seconds(3);
constexpr auto kStopTime = std::chrono::milliseconds(2000);

/// The session's own thread: from attempt to attempt.
class Worker {
public:
    Worker(std::shared_ptr<Shared> shared, config::Mqtt settings, std::string client_id, Will will)
        : shared_(std::move(shared)),
          settings_(std::move(settings)),
          client_id_(std::move(client_id)),
          will_(std::move(will)),
          plan_(settings_.brokers.size(), settings_.version),
          files_(settings_),
          random_(std::random_device{}()) {}

    void run();
    /// The connection, when there is one. Any thread.
    std::shared_ptr<Link> link();

private:
    ConnectPlan::Then attempt();
    ConnectPlan::Then try_connect(const config::Broker& broker, bool mqtt5);
    Link::State await_answer(Link& link);
    void serve(const std::shared_ptr<Link>& link);
    bool watch(Link& link);
    std::string client_id(bool mqtt5) const;
    ConnectPlan::Failure explain(const Link& link, const config::Broker& broker);
    void release(std::shared_ptr<Link> link);
    void say_lost(const std::string& why);
    bool stopping();
    void pause(Duration wait);

    std::shared_ptr<Shared> shared_;
    config::Mqtt settings_;
    std::string client_id_;
    Will will_;
    ConnectPlan plan_;
    TlsFiles files_;
    std::mt19937 random_;
    bool renewed_ = false;      // the last connection was ended for new certificate files
    unsigned brief_ = 0;        // connections of MQTT 3.1.1, one after the other, that ended at once
    std::shared_ptr<Link> up_;  // under the mutex
};

std::shared_ptr<Link> Worker::link() {
    const std::scoped_lock lock(shared_->mutex);
    return up_;
}

bool Worker::stopping() {
    const std::scoped_lock lock(shared_->mutex);
    return shared_->stop;
}

void Worker::say_lost(const std::string& why) {
    const std::scoped_lock lock(shared_->mutex);
    if (!shared_->silent) {
        shared_->callbacks.lost(why);
    }
}

void Worker::pause(Duration wait) {
    std::unique_lock lock(shared_->mutex);
    shared_->changed.wait_for(lock, wait, [this] { return shared_->stop || shared_->reconnect; });
}

void Worker::run() {
    std::uniform_real_distribution<double> chance(0.0, 1.0);
    while (!stopping()) {
        if (attempt() == ConnectPlan::Then::kWait && !stopping()) {
            pause(wait_after(plan_.rounds(), chance(random_)));
        }
    }
    const std::scoped_lock lock(shared_->mutex);
    shared_->finished = true;
    shared_->changed.notify_all();
}

// One connection from its beginning to its end.
ConnectPlan::Then Worker::attempt() {
    const ConnectPlan::Attempt next = plan_.next();
    const config::Broker& broker = settings_.brokers[next.broker];
    {
        const std::scoped_lock lock(shared_->mutex);
        shared_->reconnect = false;
    }
    files_.used();
    if (const Result<void> files = files_.check(); broker.tls && !files) {
        say_lost(name_of(broker) + ": " + files.error().what);
        return plan_.failed(ConnectPlan::Failure::kOther);
    }
    try {
        return try_connect(broker, next.mqtt5);
    } catch (const mqtt::exception& problem) {
        say_lost(name_of(broker) + ": " + problem.what());
        return plan_.failed(ConnectPlan::Failure::kOther);
    }
}

// RabbitMQ before 3.13 keeps the subscriptions of a client at the node that it was connected to; while that
// node is away it closes, at every other node, the connection of a client of that id that subscribes. By a
// second name the gateway gets through: every other attempt, since a broker may know it by the first alone.
std::string Worker::client_id(bool mqtt5) const {
    return !mqtt5 && brief_ % 2 == 1 ? client_id_ + "-2" : client_id_;
}

ConnectPlan::Then Worker::try_connect(const config::Broker& broker, bool mqtt5) {
    auto link = std::make_shared<Link>(*shared_, settings_, broker, mqtt5, client_id(mqtt5), will_);
    link->begin();
    const Link::State state = await_answer(*link);
    if (state != Link::State::kUp) {
        const bool ended = stopping();
        if (!ended && will_.retain == Retain::kYes && link->failure().code == kRetainNotSupported) {
            // A broker without retained messages: it is served by heartbeat and `rebirth`. For all brokers
            // from now on; one that retains is given the state at each connect anyway.
            will_.retain = Retain::kNo;
            release(std::move(link));
            return ConnectPlan::Then::kAtOnce;
        }
        const ConnectPlan::Failure failure = ended ? ConnectPlan::Failure::kOther : explain(*link, broker);
        release(std::move(link));
        return plan_.failed(failure);
    }
    plan_.connected();
    send_without_delay(broker.port);
    const SteadyClock::time_point since = SteadyClock::now();
    serve(link);
    release(std::move(link));
    plan_.ended(SteadyClock::now() - since);
    brief_ = !mqtt5 && SteadyClock::now() - since < kBrief ? brief_ + 1 : 0;
    return ConnectPlan::Then::kWait;
}

Link::State Worker::await_answer(Link& link) {
    std::unique_lock lock(shared_->mutex);
    shared_->changed.wait_for(lock, kAttemptTime,
                              [&] { return shared_->stop || link.state() != Link::State::kConnecting; });
    return link.state();
}

ConnectPlan::Failure Worker::explain(const Link& link, const config::Broker& broker) {
    const Link::Failure failure = link.failure();
    std::string why = failure.why;
    if (broker.tls && failure.code == 0) {
        const TlsLook look = look_at_tls(settings_, broker);
        why = look.trouble.empty() ? why : look.trouble;
        // Paho calls a broker unreached that ends TLS before it has heard of the connection.
        const bool ended = failure.unreached && look.succeeded;
        why = ended && look.trouble.empty() ? "the broker ended the connection after the TLS handshake" : why;
        if ((failure.closed || ended) && look.trouble.empty() && settings_.certificate.empty()) {
            why += "; does it want a client certificate (mqtt.certificate)?";
        }
    }
    say_lost(name_of(broker) + ": " + why);
    if (older_version_may_help(failure.code)) {
        return ConnectPlan::Failure::kVersion;
    }
    return failure.closed ? ConnectPlan::Failure::kClosed : ConnectPlan::Failure::kOther;
}

// Until the connection ends, of itself or because somebody wants it.
void Worker::serve(const std::shared_ptr<Link>& link) {
    const Connected granted = link->granted();
    {
        const std::scoped_lock lock(shared_->mutex);
        if (!shared_->silent) {
            up_ = link;
            link->announce();
            shared_->callbacks.connected(granted);
        }
    }
    while (watch(*link)) {
    }
    {
        const std::scoped_lock lock(shared_->mutex);
        up_.reset();
        link->hush();
        const bool gone = link->state() == Link::State::kGone;
        const std::string why = name_of(granted.broker) + ": " +
                                (gone       ? link->why()
                                 : renewed_ ? "the certificate files have changed, connecting anew"
                                            : "connecting anew");
        if (!shared_->silent) {
            gone || !shared_->callbacks.renewing ? shared_->callbacks.lost(why)
                                                 : shared_->callbacks.renewing(why);
        }
    }
    link->end();
}

// True while the connection is to go on.
bool Worker::watch(Link& link) {
    std::unique_lock lock(shared_->mutex);
    const bool ended = shared_->changed.wait_for(lock, std::min(settings_.heartbeat, kLongestFileLook), [&] {
        return shared_->stop || shared_->reconnect || link.state() != Link::State::kUp;
    });
    lock.unlock();
    renewed_ = !ended && files_.renewed();
    return !ended && !renewed_;
}

// A caller may still be in publish(): the client must not be destroyed on its thread, which would block it.
void Worker::release(std::shared_ptr<Link> link) {
    while (link.use_count() > 1) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

class PahoSession final : public Session {
public:
    PahoSession(const config::Mqtt& settings, std::string client_id, Will will, Callbacks callbacks)
        : shared_(std::make_shared<Shared>()),
          worker_(std::make_shared<Worker>(shared_, settings, std::move(client_id), std::move(will))) {
        shared_->callbacks = std::move(callbacks);
    }
    ~PahoSession() override { stop(); }

    void start() override {
        // The thread owns what it uses: should stop() have to leave it behind, it ends alone.
        thread_ = std::thread([worker = worker_] { worker->run(); });
    }

    Result<void> publish(const std::string& topic, const std::string& payload, Retain retain,
                         std::uint64_t token) override {
        const std::shared_ptr<Link> link = worker_->link();
        return link ? link->publish(topic, payload, retain, token) : not_connected();
    }

    Result<void> subscribe(const std::string& filter) override {
        const std::shared_ptr<Link> link = worker_->link();
        return link ? link->subscribe(filter) : not_connected();
    }

    Result<void> unsubscribe(const std::string& filter) override {
        const std::shared_ptr<Link> link = worker_->link();
        return link ? link->unsubscribe(filter) : not_connected();
    }

    void reconnect() override {
        const std::scoped_lock lock(shared_->mutex);
        shared_->reconnect = true;
        shared_->changed.notify_all();
    }

    void stop() override {
        if (!thread_.joinable()) {
            return;
        }
        std::unique_lock lock(shared_->mutex);
        shared_->silent = true;
        shared_->stop = true;
        shared_->changed.notify_all();
        // It can only be longer where Paho looks up a name that nobody answers for.
        const bool finished =
            shared_->changed.wait_for(lock, kStopTime, [this] { return shared_->finished; });
        lock.unlock();
        if (finished) {
            thread_.join();
        } else {
            thread_.detach();
        }
    }

private:
    static Result<void> not_connected() { return fail(Errc::kIo, "no connection to a broker"); }

    std::shared_ptr<Shared> shared_;
    std::shared_ptr<Worker> worker_;
    std::thread thread_;
};

}  // namespace

std::unique_ptr<Session> make_session(const config::Mqtt& settings, std::string client_id, Will will,
                                      Callbacks callbacks) {
    return std::make_unique<PahoSession>(settings, std::move(client_id), std::move(will),
                                         std::move(callbacks));
}

}  // namespace gengfu::publish
