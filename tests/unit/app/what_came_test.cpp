#include "daemon/what_came.hpp"

#include <gtest/gtest.h>

#include "tests/support/chinese.hpp"
#include "tests/support/site_builder.hpp"

namespace gengfu {
namespace {

config::Text words(std::size_t shared, std::size_t unusable, std::size_t of) {
    const config::Text text = words_of({shared, unusable}, of);
    EXPECT_EQ(test::english_in(text.zh, {}), std::vector<std::string>{}) << text.zh;
    EXPECT_FALSE(test::has_chinese(text.en)) << text.en;
    return text;
}

TEST(WhatCame, SaysWhatIsTrueOfEach) {
    EXPECT_EQ(words(0, 0, 7).en, ", of 7 that are on it");
    EXPECT_EQ(words(0, 0, 7).zh, "(共 7 台)");
    EXPECT_EQ(words(5, 0, 7).en,
              ", of 7 that are on it; at the address of 5 of them two answer: see `gengfu status`");
    EXPECT_EQ(words(5, 0, 7).zh, "(共 7 台;其中 5 台的地址有两台设备应答,详见 gengfu status)");
    EXPECT_EQ(words(1, 3, 4).en,
              ", of 4 that are on it; at the address of 1 of them two answer; from 3 of them something "
              "comes, damaged or not what was asked for: see `gengfu status`");
    EXPECT_EQ(words(1, 3, 4).zh,
              "(共 4 台;其中 1 台的地址有两台设备应答;其中 3 台有应答但受损或不符,详见 gengfu status)");
}

TEST(WhatCame, TwoAtAnAddressAreNotCountedTwice) {
    WhatCame came;
    sampling::UnitTraffic unit;
    came.add(unit);
    unit.trouble = "wrong check sum";
    came.add(unit);
    unit.two_answer = true;
    came.add(unit);
    EXPECT_EQ(came.shared, 1U);
    EXPECT_EQ(came.unusable, 1U);
}

TEST(WhatCame, DevicesOfOtherLinesStandBetween) {
    test::SiteBuilder builder;
    builder.device("a", {"x"});
    builder.device("b", {"x"});
    builder.device("c", {"x"});
    config::Site& site = builder.site();
    site.buses.push_back(site.buses.front());
    site.devices[1].bus = BusId{1};
    sampling::BusSnapshot seen;
    seen.units.resize(2);
    EXPECT_EQ(unit_of(site, DeviceId{0}, seen), seen.units.data());
    EXPECT_EQ(unit_of(site, DeviceId{2}, seen), seen.units.data() + 1);
    EXPECT_EQ(unit_of(site, DeviceId{1}, seen), seen.units.data());
    EXPECT_EQ(unit_of(site, DeviceId{2}, {}), nullptr);
}

}  // namespace
}  // namespace gengfu
