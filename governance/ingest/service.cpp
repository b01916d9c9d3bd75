#include "governance/ingest/service.hpp"

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "daemon/control/notify.hpp"
#include "daemon/core/log.hpp"
#include "governance/ingest/figures.hpp"
#include "governance/ingest/http.hpp"
#include "governance/ingest/keeper.hpp"
#include "governance/ingest/lane.hpp"

namespace gengfu::ingest {
namespace {

namespace asio = boost::asio;

/// Feeds systemd's watchdog as long as all lanes move, and shows in `systemctl status` what they do.
class Pulse {
public:
    Pulse(asio::io_context& core, const Figures& figures)
        : timer_(core),
          figures_(figures),
          pace_(control::watchdog_pace().value_or(std::chrono::seconds(5))) {}

    void beat() {
        if (all_move(figures_, steady_us())) {
            control::notify_alive();
        }
        const Health health = health_of(figures_, steady_us());
        std::string status = health.text.substr(0, health.text.find('\n'));
        if (status != status_) {
            control::notify_status(status);
            status_ = std::move(status);
        }
        timer_.expires_after(pace_);
        timer_.async_wait([this](boost::system::error_code error) {
            if (!error) {
                beat();
            }
        });
    }

private:
    asio::steady_timer timer_;
    const Figures& figures_;
    Duration pace_;
    std::string status_;
};

/// The threads that do the work; joined at the end.
class Workers {
public:
    Workers(const Settings& settings, Figures& figures)
        : conversation_(settings.confirm_every), settings_(settings), figures_(figures) {}
    ~Workers() { stop(); }
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    void start() {
        for (const LaneKind kind : {LaneKind::kEvents, LaneKind::kTelemetry, LaneKind::kPresence}) {
            lanes_.push_back(std::make_unique<Lane>(settings_, kind, figures_, conversation_));
            threads_.emplace_back([this, lane = lanes_.back().get()] { lane->run(stop_); });
        }
        threads_.emplace_back([this] { keep(settings_, stop_); });
    }

    void stop() {
        stop_ = true;
        for (std::thread& thread : threads_) {
            thread.join();
        }
        threads_.clear();
        lanes_.clear();
    }

private:
    Conversation conversation_;
    const Settings& settings_;
    Figures& figures_;
    std::atomic<bool> stop_{false};
    std::vector<std::unique_ptr<Lane>> lanes_;
    std::vector<std::thread> threads_;
};

}  // namespace

int serve(const Settings& settings) {
    std::signal(SIGPIPE, SIG_IGN);
    asio::io_context core(1);
    Figures figures;
    std::optional<HttpServer> http;
    if (settings.http) {
        Result<HttpServer> opened = HttpServer::open(core, *settings.http, figures);
        if (!opened) {
            log::error(opened.error().what, opened.error().what);
            return EXIT_FAILURE;
        }
        http.emplace(std::move(*opened));
        http->start();
    }
    asio::signal_set signals(core, SIGTERM, SIGINT);
    signals.async_wait([&](boost::system::error_code, int) { core.stop(); });
    Workers workers(settings, figures);
    workers.start();
    Pulse pulse(core, figures);
    control::notify_ready(settings.mqtt.client_id);
    log::info("入库服务开始工作:" + settings.mqtt.client_id, "at work as " + settings.mqtt.client_id);
    pulse.beat();
    core.run();
    control::notify_stopping();
    workers.stop();
    return EXIT_SUCCESS;
}

}  // namespace gengfu::ingest
