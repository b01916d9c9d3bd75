#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

namespace {

/// What may be called of libmodbus 3.1.6. All that receives is left out (select() on any descriptor,
/// time-outs of its own, no look at whose answer it is), and so is its server side, which has known memory
/// faults.
const std::set<std::string> kAllowed{"modbus_new_rtu", "modbus_free", "modbus_set_socket",
                                     "modbus_send_raw_request", "modbus_strerror"};

std::set<std::string> calls_in(std::string_view text) {
    std::set<std::string> calls;
    constexpr std::string_view kPrefix = "modbus_";
    const auto is_word = [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    for (std::size_t at = text.find(kPrefix); at != std::string_view::npos; at = text.find(kPrefix, at + 1)) {
        std::size_t end = at;
        while (end < text.size() && is_word(text[end])) {
            ++end;
        }
        const bool starts_a_word = at == 0 || !is_word(text[at - 1]);
        if (starts_a_word && end < text.size() && text[end] == '(') {
            calls.emplace(text.substr(at, end - at));
        }
    }
    return calls;
}

TEST(LibmodbusUse, GuardOnlyItsSendingSideIsCalled) {
    std::set<std::string> seen;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(GENGFU_SOURCE_DIR "/drivers")) {
        if (!entry.is_regular_file()) {
            continue;
        }
        std::ifstream in(entry.path());
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        for (const std::string& call : calls_in(text)) {
            seen.insert(call);
            EXPECT_TRUE(kAllowed.contains(call)) << call << " in " << entry.path();
        }
    }
    EXPECT_TRUE(seen.contains("modbus_send_raw_request"));
}

}  // namespace
