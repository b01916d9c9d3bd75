// A bus worker on a real Modbus TCP connection to a peer that means no good: what reaches the log stays
// little.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <random>
#include <thread>

#include "daemon/sampling/bus_worker.hpp"
#include "daemon/sampling/health.hpp"
#include "drivers/line/unique_fd.hpp"
#include "tests/unit/sampling/site_builder.hpp"

namespace gengfu::sampling {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// What the peer does with a connection that has just sent the request of a read.
using Behaviour = std::function<void(int fd, std::mt19937& random)>;

void sends_random_bytes(int fd, std::mt19937& random) {
    std::array<std::uint8_t, 64> bytes{};
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(random());
    }
    bytes[2] |= 1U;  // never the protocol of Modbus TCP, by chance
    static_cast<void>(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

void closes_at_once(int /*fd*/, std::mt19937& /*random*/) {}

void resets(int fd, std::mt19937& random) {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    if (random() % 2 == 0) {  // sometimes: the words for it alternate
        static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
    }
}

void answers_somebody_else_then_garbage(int fd, std::mt19937& random) {
    const std::array<std::uint8_t, 11> foreign{0xFF, 0xFE, 0, 0, 0, 5, 99, 3, 2, 0, 1};
    static_cast<void>(::send(fd, foreign.data(), foreign.size(), MSG_NOSIGNAL));
    sends_random_bytes(fd, random);
}

class HostilePeer {
public:
    explicit HostilePeer(Behaviour behaviour) : behaviour_(std::move(behaviour)) {
        listening_ = drivers::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* raw = static_cast<sockaddr*>(static_cast<void*>(&address));
        if (::bind(listening_.get(), raw, length) == 0 && ::listen(listening_.get(), 8) == 0 &&
            ::getsockname(listening_.get(), raw, &length) == 0) {
            port_ = ntohs(address.sin_port);
        }
        thread_ = std::thread([this] { serve(); });
    }
    ~HostilePeer() {
        stopping_ = true;
        thread_.join();
    }
    HostilePeer(const HostilePeer&) = delete;
    HostilePeer& operator=(const HostilePeer&) = delete;

    std::uint16_t port() const { return port_; }
    int served() const { return served_; }

private:
    bool wait(int fd) const {
        pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
        while (!stopping_) {
            if (::poll(&waiting, 1, 20) > 0) {
                return true;
            }
        }
        return false;
    }
    void serve() {
        std::mt19937 random(7);
        while (wait(listening_.get())) {
            const drivers::UniqueFd peer(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            std::array<char, 64> request{};
            if (peer && wait(peer.get()) && ::recv(peer.get(), request.data(), request.size(), 0) > 0) {
                behaviour_(peer.get(), random);
                ++served_;
            }
        }
    }

    Behaviour behaviour_;
    drivers::UniqueFd listening_;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_ = false;
    std::atomic<int> served_ = 0;
    std::thread thread_;
};

struct Case {
    const char* name;
    Behaviour behaviour;
};

class HostilePeerTest : public testing::TestWithParam<Case> {};

TEST_P(HostilePeerTest, IsOneTroubleHoweverOftenTheLineIsOpenedAgain) {
    HostilePeer peer(GetParam().behaviour);
    ASSERT_NE(peer.port(), 0);
    config::Profile profile;
    profile.points.push_back(SiteBuilder::point("value", 0));
    SiteBuilder builder(profile);
    config::Bus& bus = builder.site.buses[0];
    bus.kind = config::BusKind::kModbusTcp;
    bus.name = "rnd";
    bus.host = "127.0.0.1";
    bus.tcp_port = peer.port();
    bus.timeout = milliseconds(200);
    builder.device("d", 1, milliseconds(20));
    const SystemClock clock;
    Result<std::unique_ptr<drivers::Bus>> line = drivers::make_bus(bus, clock);
    ASSERT_TRUE(line) << line.error().what;
    BusWorker worker(builder.site, BusId{0}, std::move(*line), clock, [](const Batch&) {});
    worker.start();

    constexpr int kTimes = kOfflineAfter + 2;
    std::vector<LineTrouble> kinds{LineTrouble::kNone};
    const Monotonic end = clock.now() + seconds(30);
    while (peer.served() < kTimes && clock.now() < end) {
        const BusSnapshot seen = worker.snapshot();
        if (seen.kind != kinds.back()) {
            kinds.push_back(seen.kind);
        }
        EXPECT_FALSE(seen.trouble.starts_with("bus ")) << seen.trouble;
        std::this_thread::yield();
    }
    EXPECT_GE(peer.served(), kTimes);
    EXPECT_EQ(kinds, (std::vector{LineTrouble::kNone, LineTrouble::kBreaks}));
    EXPECT_NE(worker.snapshot().trouble, "");
    EXPECT_EQ(worker.snapshot().devices, std::vector{Health::kOffline});
    worker.stop();
}

INSTANTIATE_TEST_SUITE_P(Peers, HostilePeerTest,
                         testing::Values(Case{"RandomBytes", sends_random_bytes},
                                         Case{"ClosesAtOnce", closes_at_once}, Case{"Resets", resets},
                                         Case{"ForeignFrames", answers_somebody_else_then_garbage}),
                         [](const auto& peer) { return peer.param.name; });

}  // namespace
}  // namespace gengfu::sampling
