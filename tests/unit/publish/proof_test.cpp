// What a PUBACK of MQTT 3.1.1 is worth: as long as records come back.
#include "daemon/publish/proof.hpp"

#include <gtest/gtest.h>

namespace gengfu::publish {
namespace {

using std::chrono::seconds;

struct Case {
    config::Site site{};
    Topics topics{site};
    Proof proof{topics, seconds(30), seconds(60)};
    Monotonic now{seconds(1000)};

    void send(const std::string& topic, const std::string& payload) {
        if (proof.wants(topic, now)) {
            proof.renew(topic);
        }
        proof.sent(topic, payload, now);
    }
};

TEST(Proof, WhereNoneIsNeededAllHoldsAndNothingIsAskedFor) {
    Case one;
    one.proof.begin(Proof::Needed::kNo);
    one.send(one.topics.event, "a");
    one.now += std::chrono::hours(1);
    EXPECT_FALSE(one.proof.wants(one.topics.event, one.now));
    EXPECT_FALSE(one.proof.wants(one.topics.tele, one.now));
    EXPECT_TRUE(one.proof.holds(one.topics.event));
    EXPECT_FALSE(one.proof.overdue(one.now));
}

TEST(Proof, TheFirstOfAConnectionHasNoSecondChance) {
    Case one;
    one.proof.begin(Proof::Needed::kYes);
    EXPECT_FALSE(one.proof.wants(one.topics.tele, one.now))
        << "it has been subscribed to with the connection";
    one.send(one.topics.tele, "a");
    EXPECT_FALSE(one.proof.holds(one.topics.tele));
    EXPECT_TRUE(one.proof.holds(one.topics.birth)) << "it bears no records";
    EXPECT_FALSE(one.proof.overdue(one.now + seconds(30)));
    const auto overdue = one.proof.overdue(one.now + seconds(31));
    ASSERT_TRUE(overdue);
    EXPECT_EQ(overdue->topic, one.topics.tele);
    EXPECT_FALSE(overdue->held_before || overdue->once_more);
}

TEST(Proof, TelemetryIsProvenOnceAMinuteAndEachEvent) {
    Case one;
    one.proof.begin(Proof::Needed::kYes);
    for (const std::string& topic : {one.topics.tele, one.topics.event}) {
        one.send(topic, "first");
        EXPECT_FALSE(one.proof.came(topic, "another", one.now));
        EXPECT_TRUE(one.proof.came(topic, "first", one.now));
        EXPECT_TRUE(one.proof.holds(topic));
    }
    one.now += seconds(59);
    EXPECT_FALSE(one.proof.wants(one.topics.tele, one.now));
    EXPECT_TRUE(one.proof.wants(one.topics.event, one.now));
    one.send(one.topics.event, "second");
    EXPECT_FALSE(one.proof.wants(one.topics.event, one.now)) << "one is on its way back";
    one.now += seconds(1);
    EXPECT_TRUE(one.proof.wants(one.topics.tele, one.now));
    one.send(one.topics.tele, "later");
    EXPECT_FALSE(one.proof.holds(one.topics.tele));
    one.send(one.topics.tele, "later still");
    EXPECT_TRUE(one.proof.came(one.topics.tele, "later", one.now));
    EXPECT_TRUE(one.proof.holds(one.topics.tele));
}

TEST(Proof, WhatHeldBeforeHasOneSecondChance) {
    Case one;
    one.proof.begin(Proof::Needed::kYes);
    one.send(one.topics.event, "first");
    EXPECT_TRUE(one.proof.came(one.topics.event, "first", one.now));
    one.send(one.topics.event, "second");
    one.now += seconds(31);
    auto overdue = one.proof.overdue(one.now);
    ASSERT_TRUE(overdue);
    EXPECT_TRUE(overdue->once_more);
    EXPECT_FALSE(one.proof.overdue(one.now)) << "said once";
    EXPECT_FALSE(one.proof.holds(one.topics.event));
    one.send(one.topics.event, "second");
    one.now += seconds(31);
    overdue = one.proof.overdue(one.now);
    ASSERT_TRUE(overdue);
    EXPECT_TRUE(overdue->held_before);
    EXPECT_FALSE(overdue->once_more);
    one.proof.begin(Proof::Needed::kYes);
    EXPECT_FALSE(one.proof.overdue(one.now)) << "a connection begins anew";
}

}  // namespace
}  // namespace gengfu::publish
