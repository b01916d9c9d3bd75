#include "tests/integration/publish_broker.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <random>
#include <stdexcept>

extern char** environ;  // NOLINT: POSIX names it

namespace gengfu::publish {

namespace {

constexpr auto kPatience = std::chrono::seconds(20);

// Sockets are named by sockaddr; the cast is the API's own.
int tcp_socket(std::uint16_t port, int (*act)(int, const sockaddr*, socklen_t)) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (act(socket, std::bit_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(socket);
        return -1;
    }
    return socket;
}

std::uint16_t port_of(int socket) {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    ::getsockname(socket, std::bit_cast<sockaddr*>(&address), &length);
    return ntohs(address.sin_port);
}

void run(const std::string& command) {
    if (std::system((command + " >/dev/null 2>&1").c_str()) != 0) {  // NOLINT: fixed commands of this file
        throw std::runtime_error("failed: " + command);
    }
}

}  // namespace

TempFolder::TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "gengfu-mqtt-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("no temporary folder");
    }
    path_ = name;
}

TempFolder::~TempFolder() {
    std::filesystem::remove_all(path_);
}

// Below the ports that the kernel gives to outgoing connections: between this and the broker's own bind a
// neighbour's connection would take one of those.
std::uint16_t free_port() {
    std::random_device random;
    std::uniform_int_distribution<std::uint16_t> ports(10'000, 32'000);
    for (;;) {
        const std::uint16_t port = ports(random);
        if (const int socket = tcp_socket(port, ::bind); socket >= 0) {
            ::close(socket);
            return port;
        }
    }
}

void write_file(const std::string& path, const std::string& text) {
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
}

Process::Process(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (const int output : {STDOUT_FILENO, STDERR_FILENO}) {
        posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0);
    }
    const int failed = ::posix_spawnp(&id_, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
        throw std::runtime_error("cannot start " + words[0]);
    }
}

Process::~Process() {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
}

void Process::signal(int number) {
    ::kill(id_, number);
}

void await_listener(std::uint16_t port) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
        const int socket = tcp_socket(port, ::connect);
        if (socket >= 0) {
            ::close(socket);
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("nobody listens on port " + std::to_string(port));
}

Mosquitto::Mosquitto(const TempFolder& folder, std::uint16_t port, const std::string& configuration)
    : configuration_(folder / ("mosquitto-" + std::to_string(port) + ".conf")), port_(port) {
    // Started as root it would drop to a user that may not read the test's files.
    write_file(configuration_,
               "listener " + std::to_string(port) + " 127.0.0.1\nuser root\n" + configuration);
    start();
}

void Mosquitto::start() {
    // In Debian it lies in /usr/sbin, which is not on everybody's path.
    const bool sbin = std::filesystem::exists("/usr/sbin/mosquitto");
    process_ = std::make_unique<Process>(
        std::vector<std::string>{sbin ? "/usr/sbin/mosquitto" : "mosquitto", "-c", configuration_});
    await_listener(port_);
}

void Mosquitto::kill() {
    process_.reset();
}
void Mosquitto::freeze() {
    process_->signal(SIGSTOP);
}
void Mosquitto::thaw() {
    process_->signal(SIGCONT);
}

void make_authority(const TempFolder& folder, const std::string& name) {
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=" + name +
        "' -keyout " + (folder / (name + ".key")) + " -out " + (folder / (name + ".pem")));
}

void make_certificate(const TempFolder& folder, const std::string& name, const std::string& authority,
                      const std::string& alternatives) {
    const std::string base = folder / name;
    // Written aside and moved, as a renewal does.
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=" + name +
        "' -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=" + alternatives + " -CA " +
        (folder / (authority + ".pem")) + " -CAkey " + (folder / (authority + ".key")) + " -keyout " + base +
        ".key.new -out " + base + ".pem.new");
    std::filesystem::rename(base + ".key.new", base + ".key");
    std::filesystem::rename(base + ".pem.new", base + ".pem");
}

Watched::Watched(const config::Mqtt& settings, const std::string& id, Will will) {
    const auto note = [this](auto& list, auto item) {
        const std::scoped_lock lock(mutex_);
        list.push_back(std::move(item));
        changed_.notify_all();
    };
    session_ = make_session(
        settings, id, std::move(will),
        {.connected = [this, note](Connected granted) { note(connected, std::move(granted)); },
         .lost = [this, note](std::string why) { note(lost, std::move(why)); },
         .acknowledged = [this, note](std::uint64_t token) { note(acknowledged, token); },
         .refused = [this, note](std::uint64_t token,
                                 std::string why) { note(refused, std::pair(token, std::move(why))); },
         .message = [this, note](Incoming message) { note(messages, std::move(message)); }});
    session_->start();
}

Watched::~Watched() {
    session_->stop();
}

bool Watched::wait(const std::function<bool(const Watched&)>& until) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return until(*this); });
}

std::string Watched::publish(const std::string& topic, const std::string& payload, Retain retain) {
    const std::uint64_t token = ++token_;
    if (const Result<void> sent = session_->publish(topic, payload, retain, token); !sent) {
        return sent.error().what;
    }
    std::string why = "no answer";
    wait([&](const Watched& seen) {
        for (const std::uint64_t one : seen.acknowledged) {
            if (one == token) {
                why.clear();
            }
        }
        for (const auto& [one, words] : seen.refused) {
            if (one == token) {
                why = words;
            }
        }
        return why != "no answer";
    });
    return why;
}

ScriptedBroker::ScriptedBroker(Bytes to_mqtt5, Bytes to_mqtt311)
    : to_mqtt5_(std::move(to_mqtt5)),
      to_mqtt311_(std::move(to_mqtt311)),
      listener_(tcp_socket(0, ::bind)),
      wake_(::eventfd(0, EFD_CLOEXEC)),
      port_(port_of(listener_)) {
    ::listen(listener_, 8);
    thread_ = std::thread([this] { serve(); });
}

ScriptedBroker::~ScriptedBroker() {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(wake_, &one, sizeof one));
    thread_.join();
    ::close(listener_);
    ::close(wake_);
}

void ScriptedBroker::serve() {
    std::vector<int> open;
    for (;;) {
        std::array<pollfd, 2> what{{{listener_, POLLIN, 0}, {wake_, POLLIN, 0}}};
        ::poll(what.data(), what.size(), -1);
        if ((what[1].revents & POLLIN) != 0) {
            break;
        }
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        std::array<std::uint8_t, 512> packet{};
        static_cast<void>(!::read(client, packet.data(), packet.size()));
        // Fixed header (2 or 3 bytes, as the remaining length is below or above 127), "MQTT" with its length,
        // level.
        const std::uint8_t level = packet[(packet[1] & 0x80U) != 0 ? 9 : 8];
        asked_in_5_ += level == 5 ? 1 : 0;
        const Bytes& answer = level == 5 ? to_mqtt5_ : to_mqtt311_;
        static_cast<void>(!::write(client, answer.data(), answer.size()));
        if (answer.empty()) {
            ::close(client);
        } else {
            open.push_back(client);
        }
    }
    for (const int client : open) {
        ::close(client);
    }
}

}  // namespace gengfu::publish
