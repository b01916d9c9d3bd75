#pragma once

#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/publish/session.hpp"

/// Real brokers on private ports for tests of the session.
namespace gengfu::publish {

/// A folder that goes with its owner.
class TempFolder {
public:
    TempFolder();
    ~TempFolder();
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

/// A port of 127.0.0.1 that was free a moment ago.
std::uint16_t free_port();

void write_file(const std::string& path, const std::string& text);

/// A program that is killed with its owner. \param words  its path and its arguments
class Process {
public:
    explicit Process(std::vector<std::string> words);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    void signal(int number);

private:
    pid_t id_ = 0;
};

/// Waits until somebody listens there. \throw std::runtime_error nobody does in time
void await_listener(std::uint16_t port);

/// mosquitto with this configuration beside `listener`.
class Mosquitto {
public:
    Mosquitto(const TempFolder& folder, std::uint16_t port,
              const std::string& configuration = "allow_anonymous true\n");

    void start();  ///< returns when it listens
    void kill();
    void freeze();
    void thaw();
    std::uint16_t port() const { return port_; }

private:
    std::string configuration_;
    std::uint16_t port_;
    std::unique_ptr<Process> process_;
};

/// A test authority: NAME.pem and NAME.key in the folder. Made by the openssl command.
void make_authority(const TempFolder& folder, const std::string& name);
/// A certificate of `authority`; `alternatives` as in "DNS:localhost,IP:127.0.0.1".
void make_certificate(const TempFolder& folder, const std::string& name, const std::string& authority,
                      const std::string& alternatives);

/// A session with all that it says, on a real broker.
class Watched {
public:
    Watched(const config::Mqtt& settings, const std::string& id, Will will = {"will", "gone"});
    ~Watched();

    /// \return whether it came true in time
    bool wait(const std::function<bool(const Watched&)>& until);
    Session& operator*() { return *session_; }
    Session* operator->() { return session_.get(); }
    /// Publishes and waits for the answer. \return "" for a PUBACK, else why not
    std::string publish(const std::string& topic, const std::string& payload, Retain retain = Retain::kNo);

    // Under the lock of wait().
    std::vector<Connected> connected;
    std::vector<std::string> lost;
    std::vector<std::uint64_t> acknowledged;
    std::vector<std::pair<std::uint64_t, std::string>> refused;
    std::vector<Incoming> messages;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t token_ = 0;
    std::unique_ptr<Session> session_;
};

/// Answers the first packet of each connection with fixed bytes, by the version that it asks for; with none
/// it closes.
class ScriptedBroker {
public:
    using Bytes = std::vector<std::uint8_t>;
    ScriptedBroker(Bytes to_mqtt5, Bytes to_mqtt311);
    ~ScriptedBroker();
    ScriptedBroker(const ScriptedBroker&) = delete;
    ScriptedBroker& operator=(const ScriptedBroker&) = delete;
    std::uint16_t port() const { return port_; }
    int asked_in_5() const { return asked_in_5_; }

private:
    void serve();
    Bytes to_mqtt5_, to_mqtt311_;
    int listener_ = -1;
    int wake_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> asked_in_5_ = 0;
    std::thread thread_;
};

}  // namespace gengfu::publish
