#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

#include "drivers/line/unique_fd.hpp"
#include "drivers/modbus/libmodbus.hpp"
#include "tests/unit/drivers/bytes.hpp"

namespace {

using namespace gengfu;
using namespace gengfu::drivers;

/// What may be called of libmodbus 3.1.6. All that receives is left out (select() on any descriptor,
/// time-outs of its own, no look at whose answer it is), and so is its server side, which has known memory
/// faults.
const std::set<std::string> kAllowed{"modbus_new_rtu", "modbus_free", "modbus_set_socket",
                                     "modbus_send_raw_request", "modbus_strerror"};

std::set<std::string> calls_in(std::string_view text) {
    std::set<std::string> calls;
    constexpr std::string_view kPrefix = "modbus_";
    const auto is_word = [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    for (std::size_t at = text.find(kPrefix); at != std::string_view::npos; at = text.find(kPrefix, at + 1)) {
        std::size_t end = at;
        while (end < text.size() && is_word(text[end])) {
            ++end;
        }
        const bool starts_a_word = at == 0 || !is_word(text[at - 1]);
        if (starts_a_word && end < text.size() && text[end] == '(') {
            calls.emplace(text.substr(at, end - at));
        }
    }
    return calls;
}

TEST(LibmodbusUse, GuardOnlyItsSendingSideIsCalled) {
    std::set<std::string> seen;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(GENGFU_SOURCE_DIR "/drivers")) {
        if (!entry.is_regular_file()) {
            continue;
        }
        std::ifstream in(entry.path());
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        for (const std::string& call : calls_in(text)) {
            seen.insert(call);
            EXPECT_TRUE(kAllowed.contains(call)) << call << " in " << entry.path();
        }
    }
    EXPECT_TRUE(seen.contains("modbus_send_raw_request"));
}

class RtuSenderTest : public testing::Test {
protected:
    RtuSenderTest() {
        std::array<int, 2> pair{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()), 0);
        ours = UniqueFd(pair[0]);
        peers = UniqueFd(pair[1]);
    }

    UniqueFd ours, peers;
    Result<modbus::RtuSender> sender = modbus::RtuSender::create({.port = "p", .baud = 9600});
    Result<modbus::Message> message =
        modbus::encode({.unit = 1, .function = 3, .address = 4, .count = 1, .values = {}});
};

TEST_F(RtuSenderTest, AddsTheCheckSum) {
    sender->use(ours.get());
    ASSERT_TRUE(sender->send(*message));
    std::array<std::uint8_t, 64> got{};
    const ssize_t size = ::read(peers.get(), got.data(), got.size());
    ASSERT_EQ(size, 8);
    EXPECT_EQ(to_hex(std::span(got).first(8)), "01 03 00 04 00 01 C5 CB");
}

TEST_F(RtuSenderTest, GuardClosedPeerRaisesNoSignal) {
    sender->use(ours.get());
    peers.reset();
    for (int i = 0; i < 3; ++i) {  // the default action of SIGPIPE would end this program
        const Result<void> sent = sender->send(*message);
        ASSERT_FALSE(sent);
        EXPECT_EQ(sent.error().code, Errc::kIo);
    }
    sigset_t set;
    ASSERT_EQ(::sigpending(&set), 0);
    EXPECT_EQ(::sigismember(&set, SIGPIPE), 0) << "left behind for whoever unblocks it next";
    ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, nullptr, &set), 0);
    EXPECT_EQ(::sigismember(&set, SIGPIPE), 0);
}

TEST_F(RtuSenderTest, GuardDescriptorStaysOurs) {
    {
        Result<modbus::RtuSender> other = modbus::RtuSender::create({.port = "p", .baud = 9600});
        other->use(ours.get());
    }
    EXPECT_NE(::fcntl(ours.get(), F_GETFD), -1) << "closed by libmodbus";
    sender->use(-1);
    EXPECT_EQ(sender->send(*message).error().code, Errc::kIo);
}

}  // namespace
