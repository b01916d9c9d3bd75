#include <cstdlib>
#include <string_view>

#include "drivers/replay/transcript.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gengfu;
    const std::string text(data, data + size);
    const Result<drivers::replay::Transcript> transcript = drivers::replay::parse_transcript(text, "f");
    if (!transcript &&
        (transcript.error().code != Errc::kInvalid || !transcript.error().what.starts_with("f:"))) {
        std::abort();
    }
    const drivers::replay::Examined examined = drivers::replay::examine_transcript(text, "f");
    if (config::has_errors(examined.found) == transcript.has_value() ||
        examined.found.size() > drivers::replay::kMistakesTold) {
        std::abort();
    }
    return 0;
}
