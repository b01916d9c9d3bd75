#include "tests/sim/serial_line.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>

#include <filesystem>
#include <string>

#include "tests/unit/sim/frames.hpp"

namespace gengfu::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAreArray;

constexpr const char* kScenario = R"([scenario]
name = "small"
[[line]]
name = "l"
baud = 9600
[[device]]
name = "a"
line = "l"
unit = 1
holding = { 0 = "0138" }
)";
const char* const kRequest = "01 03 00 00 00 01 84 0A";
const char* const kReply = "01 03 02 01 38 B8 06";

class OnAPty : public testing::Test {
protected:
    void SetUp() override {
        char pattern[] = "/tmp/gengfu-sim-test-XXXXXX";
        ASSERT_NE(::mkdtemp(pattern), nullptr);
        folder = pattern;
        Diagnostics diagnostics;
        scenario = load_scenario(kScenario, diagnostics).value_or(Scenario{});
        plant.emplace(scenario, 1);
        auto opened = SerialLine::open(scenario.lines.at(0), folder, *plant, 1);
        ASSERT_TRUE(opened) << opened.error().what;
        line = std::move(*opened);
    }
    void TearDown() override {
        line.reset();
        std::filesystem::remove_all(folder);
    }
    FileDescriptor open_port(speed_t speed) const {
        FileDescriptor port(::open(line->link().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
        termios settings{};
        ::tcgetattr(port.get(), &settings);
        ::cfmakeraw(&settings);
        ::cfsetspeed(&settings, speed);
        ::tcsetattr(port.get(), TCSANOW, &settings);
        return port;
    }
    /// Reads `count` bytes, or what comes within two seconds of silence.
    static Bytes read_bytes(const FileDescriptor& port, std::size_t count, int silence_ms) {
        Bytes got;
        pollfd poll{.fd = port.get(), .events = POLLIN, .revents = 0};
        while (got.size() < count && ::poll(&poll, 1, silence_ms) > 0) {
            Bytes part(count - got.size());
            const ssize_t read = ::read(port.get(), part.data(), part.size());
            if (read <= 0) {
                break;
            }
            got.insert(got.end(), part.begin(), part.begin() + read);
        }
        return got;
    }
    static void write_bytes(const FileDescriptor& port, const Bytes& bytes) {
        ASSERT_EQ(::write(port.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    }
    /// Asks again until the other thread has done what is awaited, at most ten seconds.
    template <class Condition>
    static bool await(Condition condition) {
        const auto end = std::chrono::steady_clock::now() + 10s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) {
                return false;
            }
            std::this_thread::yield();
        }
        return true;
    }

    std::string folder;
    Scenario scenario;
    std::optional<Plant> plant;
    std::unique_ptr<SerialLine> line;
};

TEST_F(OnAPty, AnExchangeTakesNoLessThanTheLineNeeds) {
    const FileDescriptor port = open_port(B9600);
    const auto begin = std::chrono::steady_clock::now();
    write_bytes(port, hex(kRequest));
    EXPECT_THAT(read_bytes(port, 7, 2000), ElementsAreArray(hex(kReply)));
    constexpr LineFormat k9600{.baud = 9600, .bits_per_character = 11};
    EXPECT_GE(std::chrono::steady_clock::now() - begin, line_time(k9600, 15) + frame_silence(k9600));
}

TEST_F(OnAPty, AnotherSpeedIsCountedAndNotAnswered) {
    const FileDescriptor fast = open_port(B19200);
    write_bytes(fast, hex(kRequest));
    ASSERT_TRUE(await([this] { return line->stats().bad_frames == 1; }));
    EXPECT_EQ(line->baud_mismatches(), 1U);
    EXPECT_TRUE(read_bytes(fast, 1, 0).empty());
}

TEST_F(OnAPty, AfterAnUnplugTheSameLinkHasANewLine) {
    FileDescriptor old_port = open_port(B9600);
    line->plug(Plug::kOut);
    ASSERT_TRUE(await([this] { return !std::filesystem::is_symlink(line->link()); }));
    pollfd poll{.fd = old_port.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&poll, 1, 2000), 1);
    EXPECT_NE(poll.revents & POLLHUP, 0);
    line->plug(Plug::kIn);
    ASSERT_TRUE(await([this] { return std::filesystem::is_symlink(line->link()); }));
    const FileDescriptor port = open_port(B9600);
    write_bytes(port, hex(kRequest));
    EXPECT_THAT(read_bytes(port, 7, 2000), ElementsAreArray(hex(kReply)));
}

TEST_F(OnAPty, APortClosedInTheMiddleOfAnExchangeCanBeOpenedAgain) {
    {
        const FileDescriptor port = open_port(B9600);
        write_bytes(port, hex(kRequest));
    }
    // Until the hang-up has been seen the link may still lead to the old pty, which then goes away.
    EXPECT_TRUE(await([this] {
        const FileDescriptor port = open_port(B9600);
        const Bytes bytes = hex(kRequest);
        return port && ::write(port.get(), bytes.data(), bytes.size()) > 0 &&
               read_bytes(port, 7, 200) == hex(kReply);
    }));
}

}  // namespace
}  // namespace gengfu::sim
