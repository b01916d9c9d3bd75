#include "daemon/store/checksum.hpp"

#include <array>

namespace gengfu::store {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
    constexpr std::uint32_t kReversedPolynomial = 0x82F63B78U;
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1U) != 0 ? (value >> 1U) ^ kReversedPolynomial : value >> 1U;
        }
        table[i] = value;
    }
    return table;
}

constexpr std::array<std::uint32_t, 256> kTable = make_table();

// FNV-1a, 64 bits.
std::uint64_t hash_on(std::uint64_t hash, std::string_view bytes) {
    for (const char byte : bytes) {
        hash = (hash ^ static_cast<std::uint8_t>(byte)) * 0x100000001B3ULL;
    }
    return hash;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
    std::uint32_t crc = ~before;
    for (const char byte : bytes) {
        crc = kTable[(crc ^ static_cast<std::uint8_t>(byte)) & 0xFFU] ^ (crc >> 8U);
    }
    return ~crc;
}

std::uint64_t row_hash(std::string_view name, std::string_view value) {
    std::uint64_t hash = hash_on(0xCBF29CE484222325ULL, name);
    hash = hash_on(hash, std::string_view("\0", 1));  // so that a byte cannot move from name to value
    hash = hash_on(hash, value);
    // The finish of SplitMix64: sums of FNV values alone would cancel too easily.
    hash = (hash ^ (hash >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    hash = (hash ^ (hash >> 27U)) * 0x94D049BB133111EBULL;
    return hash ^ (hash >> 31U);
}

}  // namespace gengfu::store
