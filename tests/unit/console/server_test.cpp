#include "daemon/console/server.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <thread>
#include <vector>

namespace gengfu::console {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr const char* kGood = "GET /metrics?x=1 HTTP/1.1\r\nHost: 127.0.0.1:8480\r\n\r\n";

/// A server on a free port, on a thread of its own.
class ConsoleServerTest : public testing::Test {
protected:
    ConsoleServerTest() : guard_(core_.get_executor()) {
        config::Console console;
        console.port = 0;
        Limits limits;
        limits.patience = std::chrono::milliseconds(500);
        limits.connections = 4;
        auto opened = Server::open(
            core_.get_executor(), console,
            [this](std::string_view path) {
                ++asked_;
                return path == "/metrics" ? Page{200, "text/plain", "x 1\n"}
                                          : Page{404, "text/plain", "no\n"};
            },
            limits);
        EXPECT_TRUE(opened) << opened.error().what;
        server_ = std::move(*opened);
        thread_ = std::thread([this] { core_.run(); });
    }
    ~ConsoleServerTest() override {
        asio::post(core_, [this] {
            server_.reset();
            guard_.reset();
        });
        thread_.join();
    }

    tcp::socket connect() {
        tcp::socket socket(client_);
        socket.connect({asio::ip::address_v4::loopback(), server_->port()});
        timeval patience{20, 0};
        ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        return socket;
    }
    /// All that comes until the server closes.
    static std::string rest_of(tcp::socket& socket) {
        std::string got;
        boost::system::error_code error;
        asio::read(socket, asio::dynamic_buffer(got), error);
        return got;
    }
    std::string ask(const std::string& bytes) {
        tcp::socket socket = connect();
        boost::system::error_code error;
        asio::write(socket, asio::buffer(bytes), error);
        return rest_of(socket);
    }
    static bool says(const std::string& answer, const std::string& status) {
        return answer.starts_with("HTTP/1.1 " + status);
    }

    asio::io_context core_, client_;
    asio::executor_work_guard<asio::io_context::executor_type> guard_;
    std::unique_ptr<Server> server_;
    std::atomic<int> asked_{0};
    std::thread thread_;
};

TEST_F(ConsoleServerTest, GivesThePageAndCloses) {
    const std::string answer = ask(kGood);
    EXPECT_TRUE(says(answer, "200")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\nx 1\n")) << answer;
    EXPECT_NE(answer.find("Content-Length: 4\r\n"), std::string::npos) << answer;
    EXPECT_TRUE(says(ask("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"), "404"));
}

TEST_F(ConsoleServerTest, HeadHasNoBody) {
    const std::string answer = ask("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_TRUE(says(answer, "200")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(ConsoleServerTest, NothingButReadingIsAnswered) {
    EXPECT_TRUE(says(ask("POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"), "405"));
    EXPECT_TRUE(says(ask("DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n"), "405"));
    EXPECT_TRUE(says(ask("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"), "413"));
    EXPECT_TRUE(says(ask("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n"), "413"));
    EXPECT_EQ(asked_, 0);
}

TEST_F(ConsoleServerTest, AnotherNameThanThisMachinesIsRefused) {
    EXPECT_TRUE(says(ask("GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n"), "403"));
    EXPECT_TRUE(says(ask("GET /metrics HTTP/1.1\r\n\r\n"), "403"));
    EXPECT_EQ(asked_, 0);
}

TEST_F(ConsoleServerTest, WhatIsNoRequestIsRefusedAndBounded) {
    EXPECT_TRUE(says(ask("nonsense\r\n\r\n"), "400"));
    EXPECT_TRUE(says(ask(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 16)), "400"));
    EXPECT_TRUE(
        says(ask("GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n"), "431"));
    std::string many = "GET / HTTP/1.1\r\nHost: localhost\r\n";
    for (int i = 0; i < 2000; ++i) {
        many += "X-" + std::to_string(i) + ": y\r\n";
    }
    EXPECT_TRUE(says(ask(many + "\r\n"), "431"));
    EXPECT_EQ(asked_, 0);
    EXPECT_TRUE(says(ask(kGood), "200")) << "and goes on";
}

TEST_F(ConsoleServerTest, WhoSendsNothingOrHalfIsCutOffAndKeepsNobodyOut) {
    std::vector<tcp::socket> idle;
    for (int i = 0; i < 4; ++i) {
        idle.push_back(connect());
        asio::write(idle.back(), asio::buffer("GET /metrics HTTP/1.1\r\nHost: loc", 32));
    }
    for (tcp::socket& socket : idle) {
        EXPECT_EQ(rest_of(socket), "") << "cut off when its time is over";
    }
    std::string answer;
    for (int i = 0; i < 50 && answer.empty(); ++i) {
        answer = ask(kGood);  // the last of them may take a moment to be gone
    }
    EXPECT_TRUE(says(answer, "200")) << answer;
}

TEST_F(ConsoleServerTest, TheirNumberIsBounded) {
    std::vector<tcp::socket> open;
    for (int i = 0; i < 12; ++i) {
        open.push_back(connect());
    }
    for (tcp::socket& socket : open) {
        EXPECT_EQ(rest_of(socket), "");
    }
    EXPECT_EQ(asked_, 0);
}

TEST_F(ConsoleServerTest, EndsWhileSomebodyIsConnected) {
    tcp::socket socket = connect();
    std::promise<void> gone;
    asio::post(core_, [&] {
        server_.reset();
        gone.set_value();
    });
    gone.get_future().get();
    EXPECT_EQ(rest_of(socket), "");
}

TEST_F(ConsoleServerTest, APortThatIsTakenIsNamed) {
    config::Console console;
    console.port = server_->port();
    const auto second = Server::open(core_.get_executor(), console, [](std::string_view) { return Page{}; });
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().what,
              "console 127.0.0.1 port " + std::to_string(console.port) + ": another program listens there");
}

TEST(LoopbackHost, OnlyAddressesOfThisMachine) {
    for (const char* const host :
         {"localhost", "localhost:8480", "127.0.0.1", "127.0.0.1:1", "127.1.2.3", "[::1]", "[::1]:8480"}) {
        EXPECT_TRUE(is_loopback_host(host)) << host;
    }
    for (const char* const host : {"", ":", "[", "[::1", "evil.example", "localhost.evil.example", "10.0.0.1",
                                   "127.0.0.1.evil.example", "[2001:db8::1]", "0.0.0.0", "::1"}) {
        EXPECT_FALSE(is_loopback_host(host)) << host;
    }
}

}  // namespace
}  // namespace gengfu::console
