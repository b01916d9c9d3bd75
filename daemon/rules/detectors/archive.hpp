#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

/// Bytes of a detector's state: every number little-endian, in the order in which a part's `visit` names
/// them. No padding and no host order, so that a state saved on one kind of machine is read on another, bit
/// for bit.
namespace gengfu::rules::detectors {

template <std::size_t size>
struct UnsignedOf;
template <>
struct UnsignedOf<1> {
    using type = std::uint8_t;
};
template <>
struct UnsignedOf<2> {
    using type = std::uint16_t;
};
template <>
struct UnsignedOf<4> {
    using type = std::uint32_t;
};
template <>
struct UnsignedOf<8> {
    using type = std::uint64_t;
};

template <class T>
concept Number = std::integral<T> || std::floating_point<T>;

/// Counts the bytes that a part takes.
class Sizer {
public:
    template <Number T>
    void operator()(T& /*number*/) {
        size_ += sizeof(T);
    }
    template <class T, std::size_t n>
    void operator()(std::array<T, n>& list) {
        for (T& item : list) {
            (*this)(item);
        }
    }
    std::size_t size() const { return size_; }

private:
    std::size_t size_ = 0;
};

/// Writes into `bytes`, which the caller made large enough (see Sizer).
class Writer {
public:
    explicit Writer(std::span<std::uint8_t> bytes) : bytes_(bytes) {}
    template <Number T>
    void operator()(T& number) {
        auto bits = std::bit_cast<typename UnsignedOf<sizeof(T)>::type>(number);
        for (std::size_t i = 0; i < sizeof(T); ++i) {
            bytes_[at_++] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(bits) >> (8U * i));
        }
    }
    template <class T, std::size_t n>
    void operator()(std::array<T, n>& list) {
        for (T& item : list) {
            (*this)(item);
        }
    }

private:
    std::span<std::uint8_t> bytes_;
    std::size_t at_ = 0;
};

/// Reads what Writer wrote; the caller compared the sizes before.
class Reader {
public:
    explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
    template <Number T>
    void operator()(T& number) {
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < sizeof(T); ++i) {
            bits |= static_cast<std::uint64_t>(bytes_[at_++]) << (8U * i);
        }
        number = std::bit_cast<T>(static_cast<typename UnsignedOf<sizeof(T)>::type>(bits));
    }
    template <class T, std::size_t n>
    void operator()(std::array<T, n>& list) {
        for (T& item : list) {
            (*this)(item);
        }
    }

private:
    std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 0;
};

}  // namespace gengfu::rules::detectors
