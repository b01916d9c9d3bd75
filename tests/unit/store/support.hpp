#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/store.hpp"

namespace gengfu::store::test {

/// A folder of its own for one test, gone afterwards.
class TempFolder {
public:
    TempFolder();
    ~TempFolder();
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    std::string path() const { return path_ + "/store"; }
    std::string file(const std::string& name) const { return path() + "/" + name; }

private:
    std::string path_;
};

/// Wall time as the test says; monotonic time is the machine's.
class TestClock final : public Clock {
public:
    Monotonic now() const override { return std::chrono::steady_clock::now(); }
    std::optional<Wall> wall() const override {
        const std::lock_guard lock(mutex_);
        return wall_;
    }
    const BootId& boot() const override { return boot_; }
    void set(std::optional<Wall> wall) {
        const std::lock_guard lock(mutex_);
        wall_ = wall;
    }

private:
    mutable std::mutex mutex_;
    std::optional<Wall> wall_ =
        std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + std::chrono::hours(8);
    BootId boot_{};
};

/// One answer from another thread.
template <class T>
class Answer {
public:
    void operator()(T value) {
        const std::lock_guard lock(state_->mutex);
        state_->value.emplace(std::move(value));
        state_->changed.notify_all();
    }
    /// Fails the test after 30 s.
    T get() {
        std::unique_lock lock(state_->mutex);
        const bool came = state_->changed.wait_for(lock, std::chrono::seconds(30),
                                                   [this] { return state_->value.has_value(); });
        EXPECT_TRUE(came) << "no answer";
        return came ? std::move(*state_->value) : T(fail(Errc::kTimeout, "no answer"));
    }

private:
    struct State {
        std::mutex mutex;
        std::condition_variable changed;
        std::optional<T> value;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

Options options_for(const TempFolder& folder);
/// open() that must succeed.
Opened open_store(const Options& options, const Clock& clock);

Record event(Epoch epoch, std::uint64_t sequence, std::string bytes = {});
Record telemetry(Epoch epoch, std::uint64_t sequence, std::string bytes = {});

/// Commits and waits.
Result<void> commit(Store& store, Record record, std::string state = {});
Result<Pending> pending(Store& store, Stream stream, std::optional<Identity> after = std::nullopt,
                        std::size_t limit = 1000);
/// All pending, page by page.
std::vector<Record> all_pending(Store& store, Stream stream, std::size_t page = 1000);
std::vector<std::uint64_t> sequences(const std::vector<Record>& records);
std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t last);
void close(Store& store);

/// Waits until `done`, at most 30 s.
bool eventually(const std::function<bool()>& done);

std::vector<std::string> files_in(const std::string& path);
std::uint64_t bytes_in(const std::string& path);

}  // namespace gengfu::store::test
