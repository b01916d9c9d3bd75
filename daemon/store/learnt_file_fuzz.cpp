// Any bytes as a `learnt` file: no crash, and what is taken for sound reads the same after having been
// written again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/store/learnt_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gengfu::store;
    const std::string bytes(data, data + size);
    const LearntRead read = parse_learnt(bytes);
    if (!read.trouble.empty()) {
        return 0;
    }
    constexpr std::size_t kHead = 12, kEnd = 12;
    std::string again = bytes.substr(0, kHead);
    for (const LearntRecord& record : read.records) {
        again += learnt_record(record);
    }
    again += bytes.substr(bytes.size() - kEnd);
    if (again != bytes) {
        std::abort();
    }
    return 0;
}
