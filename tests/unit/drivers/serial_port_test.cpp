#include "drivers/line/serial_port.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "tests/unit/drivers/fake_slave.hpp"

namespace gengfu::drivers {
namespace {

using namespace std::chrono_literals;
using config::Parity;

config::Serial pty(const FakeSlave& slave) {
    return slave.bus().serial;
}

termios settings_of(int fd) {
    termios settings{};
    EXPECT_EQ(::tcgetattr(fd, &settings), 0);
    return settings;
}

TEST(SerialPort, EveryKnownBaudIsReallySet) {
    const FakeSlave slave(FakeSlave::Wire::kPty);
    ASSERT_GE(known_bauds().size(), 20U);
    for (const std::uint32_t baud : known_bauds()) {
        config::Serial serial = pty(slave);
        serial.baud = baud;
        const Result<UniqueFd> port = open_serial_port(serial);
        ASSERT_TRUE(port) << baud << ": " << port.error().what;
        const termios taken = settings_of(port->get());
        const Result<termios> wanted = raw_settings(serial);
        EXPECT_EQ(::cfgetospeed(&taken), ::cfgetospeed(&*wanted));
    }
}

TEST(SerialPort, UnknownBaudIsRefusedNotReplaced) {
    const FakeSlave slave(FakeSlave::Wire::kPty);
    for (const std::uint32_t baud : {0U, 1U, 9601U, 14400U, 5000000U}) {
        config::Serial serial = pty(slave);
        serial.baud = baud;
        const Result<UniqueFd> port = open_serial_port(serial);
        ASSERT_FALSE(port) << baud;
        EXPECT_EQ(port.error().code, Errc::kInvalid);
    }
}

TEST(SerialPort, IsRaw) {
    const FakeSlave slave(FakeSlave::Wire::kPty);
    const Result<UniqueFd> port = open_serial_port(pty(slave));
    ASSERT_TRUE(port) << port.error().what;
    const termios settings = settings_of(port->get());
    EXPECT_EQ(settings.c_lflag & (ICANON | ECHO | ISIG | IEXTEN), 0U);
    EXPECT_EQ(settings.c_iflag & (IXON | IXOFF | ICRNL | INLCR | ISTRIP), 0U);
    EXPECT_EQ(settings.c_oflag & OPOST, 0U);
    EXPECT_EQ(settings.c_cflag & (CSIZE | CRTSCTS), static_cast<tcflag_t>(CS8));
    EXPECT_NE(settings.c_cflag & CLOCAL, 0U);
}

TEST(SerialPort, StopBitsAndParityAreAskedFor) {
    const config::Serial serial{.port = "p", .baud = 9600, .parity = Parity::kOdd, .stop_bits = 2};
    const Result<termios> odd = raw_settings(serial);
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->c_cflag & (PARENB | PARODD | CSTOPB), static_cast<tcflag_t>(PARENB | PARODD | CSTOPB));
    EXPECT_EQ(raw_settings({.port = "p", .baud = 9600, .parity = Parity::kEven})->c_cflag &
                  (PARENB | PARODD | CSTOPB),
              static_cast<tcflag_t>(PARENB));
    EXPECT_EQ(raw_settings({.port = "p", .baud = 9600, .stop_bits = 3}).error().code, Errc::kInvalid);
}

TEST(SerialPort, PtyThatDropsParityCanBeOpenedAgainAndAgain) {
    const FakeSlave slave(FakeSlave::Wire::kPty);
    config::Serial serial = pty(slave);
    serial.parity = Parity::kEven;
    for (int i = 0; i < 4; ++i) {
        const Result<UniqueFd> port = open_serial_port(serial);
        ASSERT_TRUE(port) << "opening " << i << ": " << port.error().what;
    }
}

TEST(SerialPort, IsForOneProgramAlone) {
    const FakeSlave slave(FakeSlave::Wire::kPty);
    {
        const Result<UniqueFd> port = open_serial_port(pty(slave));
        ASSERT_TRUE(port);
        int exclusive = 0;
        if (::ioctl(port->get(), TIOCGEXCL, &exclusive) == 0) {  // emulators of other processors cannot ask
            EXPECT_EQ(exclusive, 1);
        }
        const Result<UniqueFd> second = open_serial_port(pty(slave));
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code, Errc::kIo);
        EXPECT_NE(second.error().what.find("busy"), std::string::npos) << second.error().what;
    }
    EXPECT_TRUE(open_serial_port(pty(slave))) << "free again";
}

TEST(SerialPort, MissingPortIsToldInPlainWords) {
    const Result<UniqueFd> port = open_serial_port({.port = "/dev/serial/by-path/nothing-here"});
    ASSERT_FALSE(port);
    EXPECT_EQ(port.error().code, Errc::kIo);
    EXPECT_NE(port.error().what.find("/dev/serial/by-path/nothing-here is missing"), std::string::npos);
}

TEST(SerialPort, WhatIsNoSerialPortIsToldSo) {
    const Result<UniqueFd> port = open_serial_port({.port = "/dev/null"});
    ASSERT_FALSE(port);
    EXPECT_NE(port.error().what.find("no serial port"), std::string::npos) << port.error().what;
}

TEST(SerialPort, StableNameFollowsTheAdapterToItsNewNumber) {
    const FakeSlave before(FakeSlave::Wire::kPty);
    const FakeSlave after(FakeSlave::Wire::kPty);
    const std::filesystem::path folder = testing::TempDir() + "by-path-" + std::to_string(::getpid());
    std::filesystem::create_directories(folder);
    const std::string name = folder / "usb-0:1.2";
    std::filesystem::create_symlink(before.port(), name);
    config::Serial serial = pty(before);
    serial.port = name;
    EXPECT_TRUE(open_serial_port(serial));
    std::filesystem::remove(name);
    EXPECT_FALSE(open_serial_port(serial));
    std::filesystem::create_symlink(after.port(), name);
    const Result<UniqueFd> port = open_serial_port(serial);
    ASSERT_TRUE(port) << port.error().what;
    struct stat opened {};
    struct stat wanted {};
    ::fstat(port->get(), &opened);
    ::stat(after.port().c_str(), &wanted);
    EXPECT_EQ(opened.st_rdev, wanted.st_rdev);
    std::filesystem::remove_all(folder);
}

// ------------------------------------------------------------------ direction of RS-485

TEST(Rs485, SettingsCarryPolarityAndDelays) {
    config::Serial serial{
        .port = "p", .rs485 = true, .rts_on_send = true, .rts_before = 1500us, .rts_after = 3ms};
    serial_rs485 settings = rs485_settings(serial);
    EXPECT_EQ(settings.flags, static_cast<std::uint32_t>(SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND));
    EXPECT_EQ(settings.delay_rts_before_send, 2U) << "rounded up";
    EXPECT_EQ(settings.delay_rts_after_send, 3U);
    serial.rts_on_send = false;
    EXPECT_EQ(rs485_settings(serial).flags,
              static_cast<std::uint32_t>(SER_RS485_ENABLED | SER_RS485_RTS_AFTER_SEND));
}

TEST(Rs485, DriverIsAskedOnlyWhereConfigured) {
    int calls = 0;
    const Rs485Ioctl count = [&](int, unsigned long, serial_rs485*) { return calls++, 0; };
    EXPECT_TRUE(set_rs485(3, {.port = "p"}, count));
    EXPECT_EQ(calls, 0);
}

TEST(Rs485, DriverThatLacksItIsToldClearly) {
    for (const int error : {ENOTTY, EINVAL}) {
        const Rs485Ioctl lacking = [&](int, unsigned long, serial_rs485*) { return errno = error, -1; };
        const Result<void> set = set_rs485(3, {.port = "/dev/ttyUSB0", .rs485 = true}, lacking);
        ASSERT_FALSE(set);
        EXPECT_EQ(set.error().code, Errc::kIo);
        EXPECT_NE(set.error().what.find("port /dev/ttyUSB0"), std::string::npos);
        EXPECT_NE(set.error().what.find("set rs485 = false"), std::string::npos) << set.error().what;
    }
}

TEST(Rs485, PtyLacksIt) {
    const FakeSlave slave(FakeSlave::Wire::kPty);
    config::Serial serial = pty(slave);
    serial.rs485 = true;
    const Result<UniqueFd> port = open_serial_port(serial);
    ASSERT_FALSE(port);
    EXPECT_NE(port.error().what.find("set rs485 = false"), std::string::npos) << port.error().what;
}

TEST(Rs485, PolarityThatTheDriverChangedIsRefused) {
    const Rs485Ioctl stubborn = [](int, unsigned long request, serial_rs485* settings) {
        if (request == TIOCGRS485) {
            settings->flags = SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND;
        }
        return 0;
    };
    EXPECT_TRUE(set_rs485(3, {.port = "p", .rs485 = true, .rts_on_send = true}, stubborn));
    EXPECT_FALSE(set_rs485(3, {.port = "p", .rs485 = true, .rts_on_send = false}, stubborn));
}

}  // namespace
}  // namespace gengfu::drivers
