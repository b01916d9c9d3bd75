#include "daemon/config/values.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace gengfu::config {
namespace {

using namespace std::chrono_literals;

template <class T>
struct Case {
    std::string text;
    std::optional<T> want;
};

template <class T, class Parse>
void expect(const std::vector<Case<T>>& cases, Parse parse) {
    for (const Case<T>& each : cases) {
        const auto got = parse(each.text);
        ASSERT_EQ(got.has_value(), each.want.has_value()) << '"' << each.text << '"';
        if (got) {
            EXPECT_TRUE(*got == *each.want) << '"' << each.text << '"';
        } else {
            EXPECT_EQ(got.error().code, Errc::kInvalid) << each.text;
            EXPECT_FALSE(got.error().what.empty()) << each.text;
        }
    }
}

TEST(ParseDuration, TakesWholeNumbersOfOneUnit) {
    expect<Duration>({{"250ms", 250ms},
                      {"0ms", 0ms},
                      {"2s", 2s},
                      {"5min", 5min},
                      {"2h", 2h},
                      {"7d", 168h},
                      {"3653d", 24h * 3653},
                      {"3654d", std::nullopt},
                      {"99999999999999999999s", std::nullopt},
                      {"18446744073709551615ms", std::nullopt},
                      {"", std::nullopt},
                      {"5", std::nullopt},
                      {"s", std::nullopt},
                      {"5 s", std::nullopt},
                      {" 5s", std::nullopt},
                      {"5s ", std::nullopt},
                      {"-5s", std::nullopt},
                      {"+5s", std::nullopt},
                      {"1.5s", std::nullopt},
                      {"5m", std::nullopt},
                      {"5S", std::nullopt},
                      {"5us", std::nullopt},
                      {"1h30min", std::nullopt}},
                     parse_duration);
}

TEST(ParseDuration, IsTheWayBackOfToText) {
    for (const Duration each : {Duration(1ms), Duration(999ms), Duration(1s), Duration(90s), Duration(2min),
                                Duration(36h), Duration(48h), Duration(0ms)}) {
        const auto back = parse_duration(to_text(each));
        ASSERT_TRUE(back) << to_text(each);
        EXPECT_EQ(*back, each);
    }
    EXPECT_EQ(to_text(90s), "90s");
    EXPECT_EQ(to_text(120s), "2min");
    EXPECT_EQ(to_text(48h), "2d");
}

TEST(ParseSize, KnowsBinaryUnitsOnly) {
    expect<std::uint64_t>({{"1KiB", 1024},
                           {"512MiB", 512ULL << 20U},
                           {"2GiB", 2ULL << 30U},
                           {"1TiB", 1ULL << 40U},
                           {"2GB", std::nullopt},
                           {"2G", std::nullopt},
                           {"2048", std::nullopt},
                           {"GiB", std::nullopt},
                           {"-1GiB", std::nullopt},
                           {"99999999999TiB", std::nullopt}},
                          parse_size);
}

TEST(ParseRegister, TakesSpaceAndWireAddress) {
    expect<Register>({{"holding:0x0018", Register{Space::kHolding, 0x18}},
                      {"holding:24", Register{Space::kHolding, 24}},
                      {"input:0xffff", Register{Space::kInput, 0xFFFF}},
                      {"coil:0", Register{Space::kCoil, 0}},
                      {"discrete:65535", Register{Space::kDiscrete, 65535}},
                      {"holding:65536", std::nullopt},
                      {"holding:0x10000", std::nullopt},
                      {"holding:", std::nullopt},
                      {"holding:0x", std::nullopt},
                      {"holding:-1", std::nullopt},
                      {"holding: 1", std::nullopt},
                      {"Holding:1", std::nullopt},
                      {"40001", std::nullopt},
                      {"", std::nullopt}},
                     parse_register);
    EXPECT_EQ(to_text(Register{Space::kInput, 0x3E8}), "input:0x03E8");
}

TEST(ParseRegisterRange, TakesOneOrFirstToLast) {
    const auto range = parse_register_range("holding:0x0001-0x0004");
    ASSERT_TRUE(range);
    EXPECT_EQ(range->first, 1);
    EXPECT_EQ(range->last, 4);
    const auto one = parse_register_range("coil:7");
    ASSERT_TRUE(one);
    EXPECT_EQ(one->space, Space::kCoil);
    EXPECT_EQ(one->first, 7);
    EXPECT_EQ(one->last, 7);
    for (const char* const wrong :
         {"holding:4-1", "holding:1-", "holding:-4", "holding:1-2-3", "1-4", "holding:1-70000"}) {
        EXPECT_FALSE(parse_register_range(wrong)) << wrong;
    }
}

TEST(ParseType, KnowsEveryTypeOfTheContract) {
    expect<TypeSpec>({{"bool", TypeSpec{Type::kBool, 0, 0, 0}},
                      {"u8", TypeSpec{Type::kU8, 0, 0, 0}},
                      {"i8", TypeSpec{Type::kI8, 0, 0, 0}},
                      {"u16", TypeSpec{Type::kU16, 0, 0, 0}},
                      {"i16", TypeSpec{Type::kI16, 0, 0, 0}},
                      {"u32", TypeSpec{Type::kU32, 0, 0, 0}},
                      {"i32", TypeSpec{Type::kI32, 0, 0, 0}},
                      {"u64", TypeSpec{Type::kU64, 0, 0, 0}},
                      {"i64", TypeSpec{Type::kI64, 0, 0, 0}},
                      {"f32", TypeSpec{Type::kF32, 0, 0, 0}},
                      {"f64", TypeSpec{Type::kF64, 0, 0, 0}},
                      {"bcd16", TypeSpec{Type::kBcd16, 0, 0, 0}},
                      {"bcd32", TypeSpec{Type::kBcd32, 0, 0, 0}},
                      {"bit:0", TypeSpec{Type::kBit, 0, 0, 0}},
                      {"bit:15", TypeSpec{Type::kBit, 15, 15, 0}},
                      {"bits:4-7", TypeSpec{Type::kBits, 4, 7, 0}},
                      {"bits:0-15", TypeSpec{Type::kBits, 0, 15, 0}},
                      {"string:8", TypeSpec{Type::kString, 0, 0, 8}},
                      {"string:250", TypeSpec{Type::kString, 0, 0, 250}},
                      {"bit:16", std::nullopt},
                      {"bit", std::nullopt},
                      {"bit:", std::nullopt},
                      {"bit:+1", std::nullopt},
                      {"bits:7-4", std::nullopt},
                      {"bits:4-4", std::nullopt},
                      {"bits:4", std::nullopt},
                      {"bits:4-16", std::nullopt},
                      {"string:0", std::nullopt},
                      {"string:251", std::nullopt},
                      {"U16", std::nullopt},
                      {"float", std::nullopt},
                      {"", std::nullopt}},
                     parse_type);
}

TEST(RegisterCount, IsTheWidthOnTheWire) {
    EXPECT_EQ(register_count(Type::kBool, 0), 1);
    EXPECT_EQ(register_count(Type::kI8, 0), 1);
    EXPECT_EQ(register_count(Type::kBcd16, 0), 1);
    EXPECT_EQ(register_count(Type::kBcd32, 0), 2);
    EXPECT_EQ(register_count(Type::kF32, 0), 2);
    EXPECT_EQ(register_count(Type::kF64, 0), 4);
    EXPECT_EQ(register_count(Type::kI64, 0), 4);
    EXPECT_EQ(register_count(Type::kString, 7), 4);
    EXPECT_EQ(register_count(Type::kString, 8), 4);
}

TEST(ParseOrder, NamesEveryArrangement) {
    struct {
        const char* text;
        std::uint16_t registers;
        std::optional<Order> want;
    } const cases[] = {
        {"AB", 1, Order{false, false}},
        {"BA", 1, Order{false, true}},
        {"ABCD", 2, Order{false, false}},
        {"CDAB", 2, Order{true, false}},
        {"BADC", 2, Order{false, true}},
        {"DCBA", 2, Order{true, true}},
        {"ABCDEFGH", 4, Order{false, false}},
        {"GHEFCDAB", 4, Order{true, false}},
        {"BADCFEHG", 4, Order{false, true}},
        {"HGFEDCBA", 4, Order{true, true}},
        {"CDAB", 4, Order{true, false}},
        {"CDAB", 1, Order{true, false}},
        {"AB", 2, std::nullopt},
        {"ABCDEFGH", 2, std::nullopt},
        {"abcd", 2, std::nullopt},
        {"ACBD", 2, std::nullopt},
        {"", 2, std::nullopt},
    };
    for (const auto& each : cases) {
        const auto got = parse_order(each.text, each.registers);
        ASSERT_EQ(got.has_value(), each.want.has_value()) << each.text << " " << each.registers;
        if (got) {
            EXPECT_EQ(*got, *each.want) << each.text;
        }
    }
}

TEST(ParseBroker, TakesHostsAddressesAndDefaultPorts) {
    expect<Broker>({{"mqtt://broker", Broker{false, "broker", 1883}},
                    {"mqtts://broker", Broker{true, "broker", 8883}},
                    {"mqtts://broker-1.city.example:9883", Broker{true, "broker-1.city.example", 9883}},
                    {"mqtt://192.0.2.1:1884", Broker{false, "192.0.2.1", 1884}},
                    {"mqtt://[2001:db8::1]", Broker{false, "2001:db8::1", 1883}},
                    {"mqtts://[::1]:8884", Broker{true, "::1", 8884}},
                    {"mqtt://[fe80::1%eth0]", Broker{false, "fe80::1%eth0", 1883}},
                    {"broker:1883", std::nullopt},
                    {"tcp://broker", std::nullopt},
                    {"MQTT://broker", std::nullopt},
                    {"mqtt://", std::nullopt},
                    {"mqtt://:1883", std::nullopt},
                    {"mqtt://b:", std::nullopt},
                    {"mqtt://b:0", std::nullopt},
                    {"mqtt://b:65536", std::nullopt},
                    {"mqtt://b:18x", std::nullopt},
                    {"mqtt://b/", std::nullopt},
                    {"mqtt://u:p@b", std::nullopt},
                    {"mqtt://2001:db8::1", std::nullopt},
                    {"mqtt://[2001:db8::1", std::nullopt},
                    {"mqtt://[]", std::nullopt},
                    {"mqtt://[::1]x", std::nullopt},
                    {"mqtt://[fe80::1%]", std::nullopt},
                    {"mqtt://-b", std::nullopt},
                    {"mqtt://a..b", std::nullopt},
                    {"mqtt://a b", std::nullopt},
                    {"mqtt://" + std::string(254, 'a'), std::nullopt}},
                   parse_broker);
}

TEST(ParseName, TakesWhatMayStandInTopicsAndLogs) {
    for (const char* const good : {"a", "rs485-1", "Di3", "a.b_c-d", "9"}) {
        EXPECT_TRUE(parse_name(good)) << good;
    }
    for (const std::string& bad :
         {std::string(), std::string("a/b"), std::string("a+"), std::string("#"), std::string("a b"),
          std::string(".a"), std::string("井"), std::string(65, 'a'), std::string("a\0b", 3)}) {
        EXPECT_FALSE(parse_name(bad)) << bad;
    }
    EXPECT_TRUE(parse_name(std::string(64, 'a')));
}

TEST(ParseGatewayId, IsLowerCaseAndShort) {
    EXPECT_TRUE(parse_gateway_id("gw-north-01"));
    EXPECT_TRUE(parse_gateway_id(std::string(32, 'a')));
    for (const std::string& bad :
         {std::string(), std::string("GW"), std::string("gw_1"), std::string("a.b"), std::string(33, 'a')}) {
        EXPECT_FALSE(parse_gateway_id(bad)) << bad;
    }
}

TEST(ParseCode, CountsDigits) {
    EXPECT_TRUE(parse_code("440309", 6));
    for (const char* const bad : {"44030", "4403090", "44030x", "", " 40309", "４４０３０９"}) {
        EXPECT_FALSE(parse_code(bad, 6)) << bad;
    }
}

TEST(DoubtComponent, LooksAtCountyAndClass) {
    EXPECT_EQ(doubt_component("4403090102000017", "440309"), "");
    EXPECT_EQ(doubt_component("4403090102000017", ""), "");
    EXPECT_EQ(doubt_component("4403092102000017", "440309"), "");
    EXPECT_NE(doubt_component("4403100102000017", "440309"), "");
    EXPECT_NE(doubt_component("4403090002000017", "440309"), "");
    EXPECT_NE(doubt_component("4403090702000017", "440309"), "");
    EXPECT_NE(doubt_component("4403092002000017", "440309"), "");
}

}  // namespace
}  // namespace gengfu::config
