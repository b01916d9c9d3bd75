#include "drivers/modbus/tcp_bus.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "tests/unit/drivers/fake_slave.hpp"

namespace gengfu::drivers::modbus {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatient = 5s;

Request read(unsigned unit, unsigned address, unsigned count, Duration turnaround = kPatient) {
    return {.unit = static_cast<std::uint8_t>(unit),
            .function = 3,
            .address = static_cast<std::uint16_t>(address),
            .count = static_cast<std::uint16_t>(count),
            .values = {},
            .turnaround = turnaround};
}

/// `body` (unit, function, data) as the answer to `request`, or with another transaction.
Bytes answer_to(const Bytes& request, const Bytes& body, int transaction_offset = 0) {
    const unsigned id =
        (static_cast<unsigned>(request[0]) << 8U | request[1]) + static_cast<unsigned>(transaction_offset);
    const Bytes head{
        static_cast<std::uint8_t>(id >> 8U & 0xFFU), static_cast<std::uint8_t>(id & 0xFFU), 0, 0, 0,
        static_cast<std::uint8_t>(body.size())};
    return head + body;
}

class TcpBusTest : public testing::Test {
protected:
    TcpBusTest() {
        bus = std::move(*TcpBus::create(slave.bus(), clock));
        const Result<void> opened = bus->open(clock.now() + 5s);
        EXPECT_TRUE(opened) << opened.error().what;
    }

    Errc error_of(const Request& request) {
        const Result<Answer> answer = bus->transact(request);
        EXPECT_FALSE(answer);
        return answer ? Errc::kInvalid : answer.error().code;
    }

    void expect_values(const Request& request, const std::vector<std::uint16_t>& values) {
        const Result<Answer> answer = bus->transact(request);
        ASSERT_TRUE(answer) << answer.error().what;
        EXPECT_EQ(answer->values, values);
    }

    /// The slave says `body` with the right header.
    void say_back(const std::string& body) {
        slave.handle([body](const Bytes& request) {
            return FakeSlave::Says{{.bytes = answer_to(request, from_hex(body)), .after = {}}};
        });
    }

    SystemClock clock;
    FakeSlave slave{FakeSlave::Wire::kTcp};
    std::unique_ptr<Bus> bus;
};

TEST_F(TcpBusTest, ReadsRegistersAndCounts) {
    slave.handle(honest_tcp());
    for (unsigned i = 0; i < 300; ++i) {
        expect_values(read(1, i, 2), {static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(i + 1)});
    }
    EXPECT_EQ(bus->traffic().requests, 300U);
    EXPECT_EQ(bus->traffic().answers, 300U);
}

TEST_F(TcpBusTest, EachRequestHasATransactionOfItsOwn) {
    slave.handle(honest_tcp());
    expect_values(read(1, 0, 1), {0});
    expect_values(read(1, 0, 1), {0});
    const std::vector<Bytes> requests = slave.requests();
    EXPECT_NE((std::pair{requests[0][0], requests[0][1]}), (std::pair{requests[1][0], requests[1][1]}))
        << "libmodbus 3.1.6 sends every raw request as transaction 0";
}

TEST_F(TcpBusTest, LateAnswerOfTheSameShapeIsNeverTaken) {
    Bytes first;
    slave.handle([&](const Bytes& request) {
        first = request;
        return FakeSlave::Says{};
    });
    EXPECT_EQ(error_of(read(1, 100, 1, 30ms)), Errc::kTimeout);
    slave.handle([&](const Bytes& request) -> FakeSlave::Says {
        return {{.bytes = answer_to(first, from_hex("01 03 02 00 64")), .after = {}},
                {.bytes = answer_to(request, from_hex("01 03 02 00 C8")), .after = 2ms}};
    });
    expect_values(read(1, 200, 1), {200});
    EXPECT_EQ(bus->traffic().late_frames, 1U);
}

TEST_F(TcpBusTest, AnswerCutByTheDeadlineDoesNotSpoilTheNext) {
    slave.handle([&](const Bytes& request) -> FakeSlave::Says {
        Bytes half = answer_to(request, from_hex("01 03 02 00 64"));
        half.resize(7);
        return {{.bytes = half, .after = {}}};
    });
    EXPECT_EQ(error_of(read(1, 100, 1, 50ms)), Errc::kTimeout);
    slave.handle([&](const Bytes& request) -> FakeSlave::Says {
        return {{.bytes = from_hex("03 02 00 64"), .after = {}},  // the rest
                {.bytes = answer_to(request, from_hex("01 03 02 00 C8")), .after = 1ms}};
    });
    expect_values(read(1, 200, 1), {200});
}

TEST_F(TcpBusTest, OtherUnitsAnswerIsPassedOver) {
    slave.handle([](const Bytes& request) -> FakeSlave::Says {
        return {{.bytes = answer_to(request, from_hex("02 03 02 00 64")), .after = {}},
                {.bytes = answer_to(request, from_hex("01 03 02 00 C8")), .after = {}}};
    });
    expect_values(read(1, 200, 1), {200});
    EXPECT_EQ(bus->traffic().foreign_frames, 1U);
}

TEST_F(TcpBusTest, WrongFunctionOrByteCountIsABadFrame) {
    for (const char* const body :
         {"01 04 02 00 64", "01 03 04 00 64 00 65", "01 03 03 00 64", "01 03 02 00"}) {
        say_back(body);
        EXPECT_EQ(error_of(read(1, 0, 1)), Errc::kBadFrame) << body;
        EXPECT_TRUE(bus->is_open());
    }
    EXPECT_EQ(bus->traffic().bad_frames, 4U);
}

TEST_F(TcpBusTest, WhatCameInsteadIsNamed) {
    const std::pair<const char*, const char*> cases[] = {
        {"01 04 02 00 64", "answers with function 4 where 3 was asked for"},
        {"01 84 02", "answers with an exception to function 4 where 3 was asked for"},
        {"01 03 04 00 64 00 65", "answers with 4 bytes of data where 2 were asked for"},
        {"01 03 FF 00 64", "answers with 2 bytes of data where 2 were asked for, and says that they are 255"},
        {"01 83 00", "answers with exception 0, which there is not"},
    };
    for (const auto& [body, words] : cases) {
        say_back(body);
        const Result<Answer> answer = bus->transact(read(1, 0, 1));
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().what, "bus test unit 1: " + std::string(words)) << body;
    }
}

TEST_F(TcpBusTest, ExceptionsSayWhatToDo) {
    say_back("01 83 02");
    EXPECT_EQ(error_of(read(1, 0, 1)), Errc::kUnsupported);
    say_back("01 83 06");
    EXPECT_EQ(error_of(read(1, 0, 1)), Errc::kBusy);
    say_back("01 83 0B");
    EXPECT_EQ(error_of(read(1, 0, 1)), Errc::kTimeout) << "the unit behind the gateway is silent";
    EXPECT_EQ(bus->traffic().exceptions, 3U);
    EXPECT_EQ(bus->traffic().answers, 3U) << "an exception is an answer";
}

TEST_F(TcpBusTest, StreamThatIsNoModbusClosesTheConnection) {
    slave.handle([](const Bytes&) { return FakeSlave::Says{{.bytes = Bytes(20, 'x'), .after = {}}}; });
    EXPECT_EQ(error_of(read(1, 0, 1)), Errc::kIo);
    EXPECT_FALSE(bus->is_open());
    slave.handle(honest_tcp());
    ASSERT_TRUE(bus->open(clock.now() + 5s));
    expect_values(read(1, 5, 1), {5});
}

TEST_F(TcpBusTest, SilentUnitEndsAtItsTurnaround) {
    Duration shortest = Duration::max();  // of several, since a busy machine may delay any of them
    for (int tries = 0; shortest >= 450ms && tries < 5; ++tries) {
        const Monotonic begun = clock.now();
        EXPECT_EQ(error_of(read(1, 0, 1, 40ms)), Errc::kTimeout);
        shortest = std::min<Duration>(shortest, clock.now() - begun);
    }
    EXPECT_GE(shortest, 40ms);
    EXPECT_LT(shortest, 450ms);
}

TEST_F(TcpBusTest, EndlessForeignFramesEndInTime) {
    slave.handle([](const Bytes& request) {
        FakeSlave::Says says;
        for (int i = 1; i < 2000; ++i) {
            says.push_back({.bytes = answer_to(request, from_hex("01 03 02 00 64"), i), .after = 1ms});
        }
        return says;
    });
    const Monotonic begun = clock.now();
    EXPECT_EQ(error_of(read(1, 0, 1, 60ms)), Errc::kTimeout);
    EXPECT_LT(clock.now() - begun, 1500ms);
}

TEST_F(TcpBusTest, BroadcastWriteDoesNotWaitAndItsAnswerIsPassedOver) {
    slave.handle(honest_tcp());
    const Request broadcast{
        .unit = 0, .function = 6, .address = 1, .count = 1, .values = {1}, .turnaround = 60s};
    ASSERT_TRUE(bus->transact(broadcast));
    expect_values(read(1, 5, 1), {5});
    EXPECT_EQ(bus->traffic().late_frames, 1U);
}

TEST_F(TcpBusTest, MinimumGapIsKept) {
    slave.handle(honest_tcp());
    Request request = read(1, 5, 1);
    const Monotonic begun = clock.now();
    expect_values(request, {5});
    request.min_gap = 100ms;
    expect_values(request, {5});
    EXPECT_GE(clock.now() - begun, 100ms);
}

TEST_F(TcpBusTest, InterruptBreaksTheWaitAndAllLaterOnes) {
    auto waiting = std::async(std::launch::async, [&] { return bus->transact(read(7, 0, 1, 60s)); });
    while (slave.requests().empty()) {
        std::this_thread::yield();
    }
    bus->interrupt();
    EXPECT_EQ(waiting.get().error().code, Errc::kInterrupted);
    EXPECT_EQ(error_of(read(8, 0, 1)), Errc::kInterrupted);
    bus->close();
    EXPECT_EQ(bus->open(clock.now() + 1s).error().code, Errc::kInterrupted);
}

TEST_F(TcpBusTest, PeerThatClosesInsteadOfAnsweringIsToldAndCanBeConnectedAgain) {
    slave.handle([&](const Bytes&) {
        slave.unplug();
        return FakeSlave::Says{};
    });
    EXPECT_EQ(error_of(read(1, 5, 1)), Errc::kIo);
    EXPECT_FALSE(bus->is_open());
    slave.handle(honest_tcp());
    ASSERT_TRUE(bus->open(clock.now() + 5s));
    expect_values(read(1, 5, 1), {5});
    EXPECT_EQ(bus->traffic().reopened, 1U);
}

TEST_F(TcpBusTest, ConnectionClosedWhileIdleIsMadeAnewWithoutLosingAReading) {
    slave.handle(honest_tcp());
    expect_values(read(1, 5, 1), {5});
    slave.unplug();
    const Monotonic idle_until = clock.now() + 110ms;  // shorter pauses are not looked into
    while (clock.now() < idle_until) {
        std::this_thread::yield();
    }
    expect_values(read(1, 6, 1), {6});
    EXPECT_EQ(bus->traffic().reopened, 1U);
}

TEST_F(TcpBusTest, RandomBytesNeverCrashNorGiveAnAnswer) {
    for (unsigned seed = 0; seed < 40; ++seed) {
        std::mt19937 random(seed);
        Bytes bytes(1 + random() % 300);
        for (std::uint8_t& byte : bytes) {
            byte = static_cast<std::uint8_t>(random());
        }
        bytes[0] = 0xEE;  // never our transaction
        slave.handle([bytes](const Bytes&) { return FakeSlave::Says{{.bytes = bytes, .after = {}}}; });
        ASSERT_TRUE(bus->open(clock.now() + 5s));
        const Errc error = error_of(read(7, 0, 2, 5ms));
        EXPECT_TRUE(error == Errc::kIo || error == Errc::kTimeout) << seed;
        bus->close();
    }
}

// ------------------------------------------------------------------ connecting

config::Bus to(const std::string& host, std::uint16_t port) {
    config::Bus bus;
    bus.name = "test";
    bus.kind = config::BusKind::kModbusTcp;
    bus.host = host;
    bus.tcp_port = port;
    return bus;
}

/// A port that nobody listens on, kept from others while this lives.
class ClosedPort {
public:
    ClosedPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(fd_.get(), generic, length), 0);
        EXPECT_EQ(::getsockname(fd_.get(), generic, &length), 0);
        port_ = ntohs(address.sin_port);
    }
    std::uint16_t port() const { return port_; }
    int fd() const { return fd_.get(); }

private:
    UniqueFd fd_;
    std::uint16_t port_ = 0;
};

TEST(TcpConnect, RefusalIsToldInPlainWords) {
    const SystemClock clock;
    const ClosedPort closed;
    const auto bus = std::move(*TcpBus::create(to("127.0.0.1", closed.port()), clock));
    const Result<void> opened = bus->open(clock.now() + 5s);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::kIo);
    EXPECT_NE(opened.error().what.find("refuses the connection"), std::string::npos) << opened.error().what;
}

/// Connections beyond the backlog of a listener that never accepts stay unanswered: connect() hangs.
class FullListener {
public:
    FullListener() {
        EXPECT_EQ(::listen(port_.fd(), 0), 0);
        for (int i = 0; i < 4; ++i) {
            fill_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            address.sin_port = htons(port_.port());
            static_cast<void>(
                ::connect(fill_.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof address));
        }
    }
    std::uint16_t port() const { return port_.port(); }

private:
    ClosedPort port_;
    std::vector<UniqueFd> fill_;
};

TEST(TcpConnect, UnansweredConnectEndsAtTheDeadline) {
    const SystemClock clock;
    const FullListener full;
    const auto bus = std::move(*TcpBus::create(to("127.0.0.1", full.port()), clock));
    const Monotonic begun = clock.now();
    const Result<void> opened = bus->open(begun + 80ms);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::kIo);
    EXPECT_NE(opened.error().what.find("does not answer"), std::string::npos) << opened.error().what;
    EXPECT_GE(clock.now() - begun, 80ms);
}

TEST(TcpConnect, InterruptBreaksAnUnansweredConnect) {
    const SystemClock clock;
    const FullListener full;
    const auto bus = std::move(*TcpBus::create(to("127.0.0.1", full.port()), clock));
    auto opening = std::async(std::launch::async, [&] { return bus->open(clock.now() + 60s); });
    bus->interrupt();
    EXPECT_EQ(opening.get().error().code, Errc::kInterrupted);
}

/// A name server that answers when it is told to.
class SlowNames {
public:
    Resolver resolver() {
        return [state = state_](const std::string&, std::uint16_t port) {
            std::unique_lock lock(state->mutex);
            ++state->asked;
            state->changed.notify_all();
            state->changed.wait(lock, [&] { return state->released; });
            return resolve_by_system("127.0.0.1", port);
        };
    }
    void wait_until_asked() {
        std::unique_lock lock(state_->mutex);
        state_->changed.wait(lock, [&] { return state_->asked > 0; });
    }
    void release() {
        const std::scoped_lock lock(state_->mutex);
        state_->released = true;
        state_->changed.notify_all();
    }
    int asked() const {
        const std::scoped_lock lock(state_->mutex);
        return state_->asked;
    }

private:
    struct State {
        std::mutex mutex;
        std::condition_variable changed;
        int asked = 0;
        bool released = false;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

TEST(NameLookup, NameIsLookedUpAndConnectedTo) {
    SystemClock clock;
    FakeSlave slave(FakeSlave::Wire::kTcp, honest_tcp());
    SlowNames names;
    names.release();
    const auto bus =
        std::move(*TcpBus::create(to("pump-house.example", slave.bus().tcp_port), clock, names.resolver()));
    const Result<void> opened = bus->open(clock.now() + 5s);
    ASSERT_TRUE(opened) << opened.error().what;
    EXPECT_TRUE(bus->transact(read(1, 1, 1)));
}

TEST(NameLookup, LocalhostIsFoundByTheSystem) {
    SystemClock clock;
    FakeSlave slave(FakeSlave::Wire::kTcp, honest_tcp());
    const auto bus = std::move(*TcpBus::create(to("localhost", slave.bus().tcp_port), clock));
    const Result<void> opened = bus->open(clock.now() + 10s);
    EXPECT_TRUE(opened) << opened.error().what;
}

TEST(NameLookup, HangingLookupEndsAtTheDeadlineAndIsNotStartedTwice) {
    SystemClock clock;
    SlowNames names;
    const auto bus = std::move(*TcpBus::create(to("pump-house.example", 502), clock, names.resolver()));
    for (int i = 0; i < 3; ++i) {
        const Result<void> opened = bus->open(clock.now() + 20ms);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, Errc::kIo);
        EXPECT_NE(opened.error().what.find("pump-house.example cannot be looked up"), std::string::npos);
    }
    names.wait_until_asked();
    EXPECT_EQ(names.asked(), 1);
    names.release();
}

TEST(NameLookup, InterruptBreaksAHangingLookupAndTheBusMayGo) {
    SystemClock clock;
    SlowNames names;
    {
        const auto bus = std::move(*TcpBus::create(to("pump-house.example", 502), clock, names.resolver()));
        auto opening = std::async(std::launch::async, [&] { return bus->open(clock.now() + 60s); });
        names.wait_until_asked();
        bus->interrupt();
        EXPECT_EQ(opening.get().error().code, Errc::kInterrupted);
    }
    names.release();  // the thread ends after all that asked is gone
}

TEST(NameLookup, UnknownNameIsTold) {
    SystemClock clock;
    const Resolver unknown = [](const std::string&, std::uint16_t) -> Result<Addresses> {
        return fail(Errc::kIo, "Name or service not known");
    };
    const auto bus = std::move(*TcpBus::create(to("no-such-host.example", 502), clock, unknown));
    const Result<void> opened = bus->open(clock.now() + 5s);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().what,
              "bus test: the name no-such-host.example cannot be looked up: Name or service not known");
}

}  // namespace
}  // namespace gengfu::drivers::modbus
