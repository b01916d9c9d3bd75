#include "tests/unit/rules/detectors/allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

// The thread sanitizer's library defines the operators itself and cannot be linked beside others: it is asked
// to tell of each allocation instead.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#include <sanitizer/allocator_interface.h>
#define GENGFU_ALLOCATIONS_BY_HOOK
#endif
#endif

namespace {

std::atomic<std::size_t> counted{0};

}  // namespace

namespace gengfu::tests {

std::size_t allocations() {
    return counted.load();
}

}  // namespace gengfu::tests

#ifdef GENGFU_ALLOCATIONS_BY_HOOK

namespace {

void on_malloc(const volatile void*, std::size_t) {
    ++counted;
}
void on_free(const volatile void*) {}

[[maybe_unused]] const int installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);

}  // namespace

#else

void* operator new(std::size_t size) {
    ++counted;
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) {
        return memory;
    }
    throw std::bad_alloc();
}
void* operator new[](std::size_t size) {
    return operator new(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}

#endif
