#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <future>
#include <random>
#include <set>
#include <string>
#include <thread>

#include "tests/unit/store/support.hpp"

// A child process commits events, says over a pipe which were answered, and is killed at a random moment.
namespace gengfu::store::test {
namespace {

// One line for each start ("S epoch number") and each answered event ("E sequence"). One write() a line, so
// that a line is whole or not there.
void say(int pipe, const std::string& line) {
    if (::write(pipe, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
        ::_exit(3);
    }
}

[[noreturn]] void child(const Options& options, int pipe) {
    const TestClock clock;
    Result<Opened> opened = open(options, clock);
    if (!opened) {
        say(pipe, "X " + opened.error().what + "\n");
        ::_exit(2);
    }
    const Epoch epoch = opened->start.epoch;
    say(pipe, "S " + std::to_string(epoch.value) + " " + std::to_string(opened->start.number) + "\n");
    for (std::uint64_t i = 1;; ++i) {
        opened->store->commit_event(
            event(epoch, i, std::string(static_cast<std::size_t>(i) * 131 % 1500 + 1, 'e')),
            std::to_string(i), [pipe, i](const Result<void>& done) {
                if (done) {
                    say(pipe, "E " + std::to_string(i) + "\n");
                }
            });
        static_cast<void>(opened->store->append_telemetry(telemetry(epoch, i, std::string(300, 't'))));
        if (i % 7 == 0) {
            opened->store->save_book("book " + std::to_string(i));
        }
        if (i % 16 == 0) {
            std::this_thread::yield();
        }
    }
}

struct Told {
    Epoch epoch;
    std::uint64_t number = 0;
    std::vector<std::uint64_t> answered;
    std::string trouble;
};

/// From when on its life counts: a slow disk opens for longer than any life.
enum class LifeFrom { kBirth, kOpened };

Told run_and_kill(const Options& options, LifeFrom from, std::chrono::microseconds life) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::close(ends[0]);
        child(options, ends[1]);
    }
    ::close(ends[1]);
    std::promise<void> opened;
    std::thread killer([pid, from, life, begun = opened.get_future()] {
        if (from == LifeFrom::kOpened) {
            begun.wait();
        }
        std::this_thread::sleep_for(life);
        ::kill(pid, SIGKILL);
    });
    std::FILE* lines = ::fdopen(ends[0], "r");
    Told told;
    std::array<char, 512> line{};
    while (std::fgets(line.data(), line.size(), lines) != nullptr) {
        unsigned long long a = 0;
        unsigned long long b = 0;
        if (std::sscanf(line.data(), "S %llu %llu", &a, &b) == 2) {
            told.epoch = Epoch{a};
            told.number = b;
            opened.set_value();
        } else if (std::sscanf(line.data(), "E %llu", &a) == 1) {
            told.answered.push_back(a);
        } else {
            told.trouble = line.data();
        }
    }
    std::fclose(lines);
    if (told.number == 0) {
        opened.set_value();  // it never will be
    }
    killer.join();
    ::waitpid(pid, nullptr, 0);
    return told;
}

TEST(Kill, NothingAnsweredIsLostNothingIsDoubledAndOrderStays) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const TempFolder folder;
    const TestClock clock;
    Options options = options_for(folder);
    std::set<Identity> promised;
    std::set<std::uint64_t> epochs;
    std::uint64_t last_number = 0;
    constexpr int kKills = 40;
    constexpr int kMostKills = 400;  // a busy disk answers little within a life
    constexpr std::size_t kEnough = 100;
    for (int kill = 0; kill < kKills || (promised.size() <= kEnough && kill < kMostKills); ++kill) {
        const Told told = run_and_kill(options, kill % 2 == 0 ? LifeFrom::kBirth : LifeFrom::kOpened,
                                       std::chrono::microseconds(random() % 120'000));
        EXPECT_EQ(told.trouble, "");
        if (told.number == 0) {
            continue;  // killed while it opened
        }
        EXPECT_GT(told.number, last_number);
        EXPECT_TRUE(epochs.insert(told.epoch.value).second);
        last_number = told.number;
        EXPECT_TRUE(std::is_sorted(told.answered.begin(), told.answered.end())) << "answers out of order";
        for (const std::uint64_t sequence : told.answered) {
            promised.insert({told.epoch, Stream::kEvent, sequence});
        }
    }
    ASSERT_GT(promised.size(), kEnough) << "killed too early to prove anything";

    Opened opened = open_store(options, clock);
    EXPECT_TRUE(opened.start.troubles.empty()) << opened.start.troubles.front();
    EXPECT_GT(opened.start.number, last_number);
    std::set<Identity> found;
    std::uint64_t before_start = 0;
    std::uint64_t before_sequence = 0;
    std::map<std::uint64_t, std::uint64_t> starts;
    for (const KnownEpoch& known : opened.start.epochs) {
        starts[known.epoch.value] = known.start;
    }
    for (const Record& record : all_pending(*opened.store, Stream::kEvent)) {
        EXPECT_TRUE(found.insert(record.identity).second) << "doubled";
        const std::uint64_t start = starts[record.identity.epoch.value];
        EXPECT_TRUE(start > before_start ||
                    (start == before_start && record.identity.sequence == before_sequence + 1))
            << "order or gap at start " << start << " sequence " << record.identity.sequence;
        before_start = start;
        before_sequence = record.identity.sequence;
    }
    EXPECT_TRUE(std::includes(found.begin(), found.end(), promised.begin(), promised.end()))
        << "answered as committed, and lost";
}

}  // namespace
}  // namespace gengfu::store::test
