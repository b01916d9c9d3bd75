#include "daemon/control/server.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace gengfu::control {
namespace {

/// A server on a thread of its own, in a folder of its own.
class ServerTest : public testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/gengfu-control-XXXXXX";
        ASSERT_NE(mkdtemp(name), nullptr);
        folder_ = name;
        path_ = folder_ + "/control.sock";
    }
    void TearDown() override {
        stop();
        std::filesystem::remove_all(folder_);
    }

    void serve(Handler handler) {
        Result<std::unique_ptr<Server>> opened =
            Server::open(core_.get_executor(), path_, std::move(handler));
        ASSERT_TRUE(opened) << opened.error().what;
        server_ = std::move(*opened);
        thread_ = std::thread([this] { core_.run(); });
    }
    void stop() {
        core_.stop();
        if (thread_.joinable()) {
            thread_.join();
        }
        server_.reset();
    }

    int connected() const {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            ::close(fd);
            return -1;
        }
        const timeval patience{10, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        return fd;
    }
    static std::string line_from(int fd) {
        std::string line;
        char c = 0;
        while (::recv(fd, &c, 1, 0) == 1 && c != '\n') {
            line += c;
        }
        return line;
    }
    /// A server that closes with bytes unread resets the connection.
    static bool closed(int fd) {
        char c = 0;
        const ssize_t size = ::recv(fd, &c, 1, 0);
        return size == 0 || (size < 0 && errno == ECONNRESET);
    }
    static void say(int fd, const std::string& text) {
        ASSERT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    }

    boost::asio::io_context core_;
    std::string folder_, path_;
    std::unique_ptr<Server> server_;
    std::thread thread_;
};

void echo(const std::string& line, const Peer& peer, const Reply& reply) {
    reply(peer.user + ":" + line);
}

TEST_F(ServerTest, AnswersLineByLineAndKnowsWhoAsks) {
    serve(echo);
    const int fd = connected();
    ASSERT_GE(fd, 0);
    say(fd, "one\ntwo\n");
    const std::string first = line_from(fd);
    EXPECT_EQ(first.substr(first.find(':')), ":one");
    EXPECT_NE(first.find(':'), 0U) << "the peer's user is missing";
    EXPECT_NE(line_from(fd).find(":two"), std::string::npos);
    ::close(fd);
}

TEST_F(ServerTest, TheSocketIsForTheDaemonsGroupOnly) {
    serve(echo);
    struct stat info {};
    ASSERT_EQ(::stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0660U);
}

TEST_F(ServerTest, AnAnswerMayComeLater) {
    Reply later;
    serve([&](const std::string& line, const Peer&, const Reply& reply) {
        if (line == "first") {
            later = reply;
        } else {
            reply("now");
            later("at last");
        }
    });
    const int waiting = connected();
    const int other = connected();
    ASSERT_GE(waiting, 0);
    say(waiting, "first\n");
    // The second connection is served while the first waits.
    say(other, "second\n");
    EXPECT_EQ(line_from(other), "now");
    EXPECT_EQ(line_from(waiting), "at last");
    ::close(waiting);
    ::close(other);
}

TEST_F(ServerTest, AReplyToAConnectionThatIsGoneIsHarmless) {
    Reply later;
    serve([&](const std::string& line, const Peer&, const Reply& reply) {
        if (line == "first") {
            later = reply;
        } else {
            later("to nobody");
            reply("alive");
        }
    });
    const int gone = connected();
    say(gone, "first\n");
    const int other = connected();
    say(other, "probe\n");
    ::close(gone);
    EXPECT_EQ(line_from(other), "alive");
    ::close(other);
}

TEST_F(ServerTest, AnEndlessLineIsCutOffInWords) {
    serve(echo);
    const int fd = connected();
    const std::string flood(kLongestRequest + 1, 'x');
    ::send(fd, flood.data(), flood.size(), MSG_NOSIGNAL);
    EXPECT_EQ(line_from(fd), R"({"error":"the request is longer than 64 KiB"})");
    EXPECT_TRUE(closed(fd));
    ::close(fd);
}

TEST_F(ServerTest, AConnectionTooManyIsToldSo) {
    serve(echo);
    std::vector<int> open;
    for (std::size_t i = 0; i < kMostConnections; ++i) {
        open.push_back(connected());
        say(open.back(), "hello\n");
        line_from(open.back());
    }
    const int refused = connected();
    EXPECT_EQ(line_from(refused),
              R"({"error":"too many connections are open (16); close one, or ask again later"})");
    EXPECT_TRUE(closed(refused));
    ::close(refused);
    for (const int fd : open) {
        ::close(fd);
    }
}

TEST_F(ServerTest, WhatIsNoSocketIsLeftAlone) {
    std::ofstream(path_) << "not ours";
    const auto file = Server::open(core_.get_executor(), path_, echo);
    ASSERT_FALSE(file);
    EXPECT_NE(file.error().what.find(path_ + ": a file that is no socket of that name is in the way"),
              std::string::npos)
        << file.error().what;
    EXPECT_TRUE(std::filesystem::is_regular_file(path_));
    std::filesystem::remove(path_);
    std::filesystem::create_directory(path_);
    const auto folder = Server::open(core_.get_executor(), path_, echo);
    ASSERT_FALSE(folder);
    EXPECT_NE(folder.error().what.find(": a folder of that name is in the way"), std::string::npos)
        << folder.error().what;
}

TEST_F(ServerTest, ASocketInUseIsNotTakenAway) {
    serve(echo);
    boost::asio::io_context other;
    const auto second = Server::open(other.get_executor(), path_, echo);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().what.find("another gengfud"), std::string::npos);
}

TEST_F(ServerTest, ASocketLeftBehindIsReplaced) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(fd);  // nobody listens
    serve(echo);
    EXPECT_GE(connected(), 0);
}

}  // namespace
}  // namespace gengfu::control
