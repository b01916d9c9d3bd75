// The session with real brokers: mosquitto on a port of its own.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tests/integration/publish_broker.hpp"

namespace gengfu::publish {
namespace {

using std::chrono::seconds;

const auto kUp = [](const Watched& seen) { return !seen.connected.empty(); };

config::Mqtt plain(std::uint16_t port) {
    config::Mqtt out;
    out.brokers = {{false, "127.0.0.1", port}};
    out.heartbeat = seconds(2);  // and with it the keep-alive
    return out;
}

std::string lost_words(Watched& session, const std::string& wanted) {
    std::string all;
    session.wait([&](const Watched& seen) {
        all.clear();
        for (const std::string& why : seen.lost) {
            all += why + "\n";
        }
        return all.find(wanted) != std::string::npos;
    });
    return all;
}

class SessionTest : public testing::Test {
protected:
    TempFolder folder;
    std::uint16_t port = free_port();
};

TEST_F(SessionTest, SpeaksMqtt5AndPublishesWithAcknowledgement) {
    Mosquitto broker(folder, port);
    Watched session(plain(port), "gw-1");
    ASSERT_TRUE(session.wait(kUp));
    EXPECT_TRUE(session.connected[0].mqtt5);
    EXPECT_EQ(session.connected[0].receive_maximum, 20);
    EXPECT_EQ(session.connected[0].broker.port, port);
    EXPECT_EQ(session.publish("a/b", "payload", Retain::kYes), "");
    ASSERT_TRUE(session->subscribe("a/#"));
    ASSERT_TRUE(session.wait([](const Watched& seen) { return !seen.messages.empty(); }));
    EXPECT_EQ(session.messages[0].topic, "a/b");
    EXPECT_EQ(session.messages[0].payload, "payload");
    EXPECT_TRUE(session.messages[0].retained);
    EXPECT_EQ(session.publish("a/b", std::string("\0x", 2)), "");
    ASSERT_TRUE(session.wait([](const Watched& seen) { return seen.messages.size() == 2; }));
    EXPECT_EQ(session.messages[1].payload.size(), 2U);
    EXPECT_FALSE(session.messages[1].retained);
    ASSERT_TRUE(session->unsubscribe("a/#"));
}

TEST_F(SessionTest, SmallMessagesDoNotWaitForTheAcknowledgementOfEarlierOnes) {
    Mosquitto broker(folder, port);
    Watched session(plain(port), "gw-1");
    ASSERT_TRUE(session.wait(kUp));
    int found = 0;
    for (int fd = 0; fd < 1024; ++fd) {
        sockaddr_in peer{};
        socklen_t length = sizeof peer;
        if (::getpeername(fd, static_cast<sockaddr*>(static_cast<void*>(&peer)), &length) != 0 ||
            peer.sin_family != AF_INET || ntohs(peer.sin_port) != port) {
            continue;
        }
        int at_once = 0;
        socklen_t size = sizeof at_once;
        ASSERT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, &size), 0);
        EXPECT_NE(at_once, 0);
        ++found;
    }
    EXPECT_EQ(found, 1);
}

TEST_F(SessionTest, SpeaksMqtt311WhereAsked) {
    Mosquitto broker(folder, port);
    config::Mqtt settings = plain(port);
    settings.version = config::MqttVersion::kV311;
    Watched session(settings, "gw-1");
    ASSERT_TRUE(session.wait(kUp));
    EXPECT_FALSE(session.connected[0].mqtt5);
    EXPECT_EQ(session.publish("a", "x"), "");
}

TEST_F(SessionTest, FallsBackTo311AtOnceWhereABrokerCloses) {
    ScriptedBroker broker({}, {0x20, 2, 0, 0});
    Watched session(plain(broker.port()), "gw-1");
    const auto began = std::chrono::steady_clock::now();
    ASSERT_TRUE(session.wait(kUp));
    EXPECT_FALSE(session.connected[0].mqtt5);
    EXPECT_EQ(broker.asked_in_5(), 1);
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(1) + seconds(5));
    EXPECT_NE(session.lost.at(0).find("closed the connection without an answer"), std::string::npos)
        << session.lost[0];
    // Connecting anew it does not ask in 5 again.
    session->reconnect();
    ASSERT_TRUE(session.wait([](const Watched& seen) { return seen.connected.size() == 2; }));
    EXPECT_EQ(broker.asked_in_5(), 1);
}

TEST_F(SessionTest, WithoutAConnectionAPublishIsRefusedAtOnce) {
    Watched session(plain(port), "gw-1");
    EXPECT_EQ(session->publish("a", "x", Retain::kNo, 1).error().code, Errc::kIo);
    EXPECT_NE(lost_words(session, "connect").find("127.0.0.1:" + std::to_string(port)), std::string::npos);
}

TEST_F(SessionTest, TakesTheNextBrokerOfTheList) {
    Mosquitto broker(folder, port);
    config::Mqtt settings = plain(free_port());
    settings.brokers.push_back({false, "127.0.0.1", port});
    Watched session(settings, "gw-1");
    ASSERT_TRUE(session.wait(kUp));
    EXPECT_EQ(session.connected[0].broker.port, port);
}

TEST_F(SessionTest, ComesBackWhenTheBrokerDoes) {
    Mosquitto broker(folder, port);
    Watched session(plain(port), "gw-1");
    ASSERT_TRUE(session.wait(kUp));
    broker.kill();
    ASSERT_TRUE(session.wait([](const Watched& seen) { return !seen.lost.empty(); }));
    EXPECT_FALSE(session->publish("a", "x", Retain::kNo, 99));
    broker.start();
    ASSERT_TRUE(session.wait([](const Watched& seen) { return seen.connected.size() == 2; }));
    EXPECT_TRUE(session.connected[1].mqtt5);  // a broker that restarts is not taken for one without MQTT 5
    EXPECT_EQ(session.publish("a", "x"), "");
}

TEST_F(SessionTest, AFrozenBrokerIsNoticed) {
    Mosquitto broker(folder, port);
    Watched session(plain(port), "gw-1");
    ASSERT_TRUE(session.wait(kUp));
    broker.freeze();
    EXPECT_TRUE(session.wait([](const Watched& seen) { return !seen.lost.empty(); }));
    broker.thaw();
    EXPECT_TRUE(session.wait([](const Watched& seen) { return seen.connected.size() == 2; }));
}

TEST_F(SessionTest, StopsInTimeAlsoWhenTheBrokerIsFrozen) {
    Mosquitto broker(folder, port);
    Watched session(plain(port), "gw-1");
    ASSERT_TRUE(session.wait(kUp));
    broker.freeze();
    const auto began = std::chrono::steady_clock::now();
    session->stop();
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(3));
    broker.thaw();
    EXPECT_TRUE(session.lost.empty());  // no callbacks after stop
}

TEST_F(SessionTest, TheWillComesWhenTheConnectionBreaksAndNotAfterAGoodbye) {
    Mosquitto broker(folder, port);
    Watched observer(plain(port), "observer");
    ASSERT_TRUE(observer.wait(kUp));
    ASSERT_TRUE(observer->subscribe("state/#"));
    {
        Watched polite(plain(port), "gw-polite", {"state/polite", "offline"});
        ASSERT_TRUE(polite.wait(kUp));
    }
    Watched first(plain(port), "gw-1", {"state/gw-1", "offline"});
    ASSERT_TRUE(first.wait(kUp));
    Watched second(plain(port), "gw-1", {"state/gw-1", "offline"});  // the same id: the first is thrown out
    ASSERT_TRUE(second.wait(kUp));
    ASSERT_TRUE(observer.wait([](const Watched& seen) { return !seen.messages.empty(); }));
    EXPECT_EQ(observer.messages[0].topic, "state/gw-1");
    EXPECT_EQ(observer.messages[0].payload, "offline");
    EXPECT_TRUE(first.wait([](const Watched& seen) { return !seen.lost.empty(); }));
    first->stop();
}

TEST_F(SessionTest, TheBrokersReasonsForRefusingAndEndingAreSaid) {
    struct Case {
        ScriptedBroker::Bytes to_mqtt5, to_mqtt311;
        std::string says;
        bool connects;
    };
    const ScriptedBroker::Bytes none;
    for (const Case& c : {Case{{0x20, 3, 0, 0, 0, 0xE0, 2, 0x8E, 0}, none, "another client connected", true},
                          Case{{0x20, 3, 0, 0x87, 0}, none, "not authorised", false},
                          Case{{0x20, 3, 0, 0x84, 0}, {0x20, 2, 0, 4}, "wrong user name or password", false},
                          Case{{0x20, 2, 0, 1}, {0x20, 2, 0, 5}, "denies the connection", false}}) {
        ScriptedBroker broker(c.to_mqtt5, c.to_mqtt311);
        Watched session(plain(broker.port()), "gw-1");
        const std::string why = lost_words(session, c.says);
        EXPECT_NE(why.find(c.says), std::string::npos) << why;
        EXPECT_EQ(!session.connected.empty(), c.connects) << why;
    }
}

TEST_F(SessionTest, ADeniedPublishIsARefusalInWords) {
    write_file(folder / "acl", "topic readwrite open/#\n");
    Mosquitto broker(folder, port, "allow_anonymous true\nacl_file " + (folder / "acl") + "\n");
    Watched session(plain(port), "gw-1");
    ASSERT_TRUE(session.wait(kUp));
    EXPECT_EQ(session.publish("closed/a", "x"), "not authorised: the broker's access list denies it (0x87)");
    EXPECT_EQ(session.publish("open/a", "x"), "");
}

TEST_F(SessionTest, AWrongPasswordIsSaid) {
    write_file(folder / "passwords", "gw-1:$7$101$AAAA$AAAA\n");
    Mosquitto broker(folder, port, "allow_anonymous false\npassword_file " + (folder / "passwords") + "\n");
    for (const config::MqttVersion version : {config::MqttVersion::kAuto, config::MqttVersion::kV311}) {
        config::Mqtt settings = plain(port);
        settings.version = version;
        settings.username = "gw-1";
        settings.password = "wrong";
        Watched session(settings, "gw-1");
        ASSERT_TRUE(session.wait([](const Watched& seen) { return !seen.lost.empty(); }));
        EXPECT_NE(session.lost[0].find("not authorised"), std::string::npos) << session.lost[0];
    }
}

TEST_F(SessionTest, TheBrokersLimitsAreKnown) {
    Mosquitto broker(folder, port, "allow_anonymous true\nmax_packet_size 1000\nmax_inflight_messages 7\n");
    Watched session(plain(port), "gw-1");
    ASSERT_TRUE(session.wait(kUp));
    EXPECT_EQ(session.connected[0].maximum_packet_bytes, 1000U);
}

TEST_F(SessionTest, ManyMessagesAtOnceAreBoundedAndAllAnswered) {
    Mosquitto broker(folder, port);
    Watched session(plain(port), "gw-1");
    ASSERT_TRUE(session.wait(kUp));
    std::size_t taken = 0;
    for (std::uint64_t token = 1; token <= 200; ++token) {
        const Result<void> sent = session->publish("a", "x", Retain::kNo, token);
        taken += sent ? 1 : 0;
        EXPECT_TRUE(sent || sent.error().code == Errc::kFull);
    }
    EXPECT_GE(taken, 20U);
    EXPECT_TRUE(session.wait([&](const Watched& seen) { return seen.acknowledged.size() == taken; }));
}

class TlsSessionTest : public testing::Test {
protected:
    TlsSessionTest() {
        make_authority(folder, "ca");
        make_certificate(folder, "broker", "ca", "DNS:localhost,IP:127.0.0.1");
        make_certificate(folder, "gw-1", "ca", "DNS:gw-1");
    }
    std::string listener(const std::string& certificate) {
        return "cafile " + (folder / "ca.pem") + "\ncertfile " + (folder / (certificate + ".pem")) +
               "\nkeyfile " + (folder / (certificate + ".key")) +
               "\nrequire_certificate true\nuse_identity_as_username true\n";
    }
    config::Mqtt settings() {
        config::Mqtt out = plain(port);
        out.brokers[0].tls = true;
        out.ca = folder / "ca.pem";
        out.certificate = folder / "gw-1.pem";
        out.key = folder / "gw-1.key";
        return out;
    }
    TempFolder folder;
    std::uint16_t port = free_port();
};

TEST_F(TlsSessionTest, ConnectsWithAClientCertificateByAddressAndByName) {
    Mosquitto broker(folder, port, listener("broker"));
    for (const char* host : {"127.0.0.1", "localhost"}) {
        config::Mqtt named = settings();
        named.brokers[0].host = host;
        Watched session(named, "gw-1");
        ASSERT_TRUE(session.wait(kUp)) << host;
        EXPECT_EQ(session.publish("a", std::string(100'000, 'x')), "");
    }
}

TEST_F(TlsSessionTest, ABrokerOfAnotherAuthorityIsNotTrusted) {
    make_authority(folder, "rogue");
    make_certificate(folder, "impostor", "rogue", "DNS:localhost,IP:127.0.0.1");
    Mosquitto broker(folder, port, listener("impostor"));
    Watched session(settings(), "gw-1");
    const std::string why = lost_words(session, "not trusted");
    EXPECT_NE(why.find("not trusted (mqtt.ca)"), std::string::npos) << why;
    EXPECT_TRUE(session.connected.empty());
}

TEST_F(TlsSessionTest, ACertificateForAnotherNameIsRefused) {
    make_certificate(folder, "other", "ca", "DNS:other.example");
    Mosquitto broker(folder, port, listener("other"));
    for (const char* host : {"127.0.0.1", "localhost"}) {
        config::Mqtt named = settings();
        named.brokers[0].host = host;
        Watched session(named, "gw-1");
        const std::string why = lost_words(session, "not for the name");
        EXPECT_NE(why.find("not for the name \"" + std::string(host) + "\""), std::string::npos) << why;
        EXPECT_TRUE(session.connected.empty());
    }
}

TEST_F(TlsSessionTest, WithoutAClientCertificateTheBrokerDoesNotLetIn) {
    Mosquitto broker(folder, port, listener("broker"));
    config::Mqtt bare = settings();
    bare.certificate.clear();
    bare.key.clear();
    Watched session(bare, "gw-1");
    const std::string why = lost_words(session, "mqtt.certificate");
    EXPECT_NE(why.find("wants a client certificate"), std::string::npos) << why;
    EXPECT_TRUE(session.connected.empty());
}

TEST_F(TlsSessionTest, WhatIsNotTlsIsNotCalledSo) {
    config::Mqtt elsewhere = settings();  // nobody listens on the port
    {
        Watched session(elsewhere, "gw-1");
        const std::string why = lost_words(session, "nobody answers");
        EXPECT_NE(why.find("nobody answers at this address and port"), std::string::npos) << why;
    }
    elsewhere.brokers[0].host = "no-such-host.invalid";
    Watched session(elsewhere, "gw-1");
    const std::string why = lost_words(session, "no address");
    EXPECT_NE(why.find("no address is known for this name"), std::string::npos) << why;
}

TEST_F(TlsSessionTest, AMissingKeyIsSaid) {
    config::Mqtt broken = settings();
    broken.key = folder / "no-such.key";
    Watched session(broken, "gw-1");
    const std::string why = lost_words(session, "cannot be read");
    EXPECT_NE(why.find("no-such.key cannot be read"), std::string::npos) << why;
}

TEST_F(TlsSessionTest, VersionsBelow12AreNotSpoken) {
    // -www: it does not read our standard input, at whose end it would leave.
    const Process server({"openssl", "s_server", "-accept", "127.0.0.1:" + std::to_string(port), "-cert",
                          folder / "broker.pem", "-key", folder / "broker.key", "-tls1_1", "-www", "-cipher",
                          "ALL:@SECLEVEL=0"});
    await_listener(port);
    config::Mqtt one_way = settings();
    Watched session(one_way, "gw-1");
    const std::string why = lost_words(session, "TLS fails");
    EXPECT_NE(why.find("TLS fails"), std::string::npos) << why;
    EXPECT_TRUE(session.connected.empty());
}

TEST_F(TlsSessionTest, RenewedCertificatesAreTakenUpByConnectingAnew) {
    Mosquitto broker(folder, port, listener("broker"));
    Watched session(settings(), "gw-1");
    ASSERT_TRUE(session.wait(kUp));
    make_certificate(folder, "gw-1", "ca", "DNS:gw-1");
    ASSERT_TRUE(session.wait([](const Watched& seen) { return seen.connected.size() == 2; }));
    EXPECT_NE(session.lost.at(0).find("connecting anew"), std::string::npos);
    EXPECT_EQ(session.publish("a", "x"), "");
}

}  // namespace
}  // namespace gengfu::publish

/// Paho's: a trace buffer that a thread of it makes while the library is torn down with its last client
/// (paho_link.hpp). What is ours is reported as ever.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT: the sanitizer's name
    return "leak:libpaho-mqtt3as\n";
}
