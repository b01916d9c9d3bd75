#include "daemon/store/state_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "daemon/store/checksum.hpp"
#include "daemon/store/schema.hpp"

namespace gengfu::store {

Result<StateFile> StateFile::open(const std::string& path) {
    auto database = open_file(path, FileKind::kState);
    if (!database) {
        return pass(database);
    }
    StateFile file;
    file.database_ = std::move(*database);
    Result<void> done = file.prepare();
    if (done) {
        done = file.check();
    }
    if (!done) {
        return pass(done);
    }
    return file;
}

Result<StateFile> StateFile::view(const std::string& path) {
    auto database = open_view(path);
    if (!database) {
        return pass(database);
    }
    StateFile file;
    file.database_ = std::move(*database);
    if (Result<void> done = file.check(); !done) {
        return pass(done);
    }
    return file;
}

Result<void> StateFile::prepare() {
    Result<sql::Statement> put =
        database_->prepare("INSERT OR REPLACE INTO item VALUES (CAST(? AS TEXT), ?)");
    Result<sql::Statement> drop = database_->prepare("DELETE FROM item WHERE name = CAST(? AS TEXT)");
    Result<sql::Statement> seal = database_->prepare("UPDATE seal SET generation = ?, digest = ?");
    for (Result<sql::Statement>* statement : {&put, &drop, &seal}) {
        if (!*statement) {
            return pass(*statement);
        }
    }
    put_ = std::move(*put);
    drop_ = std::move(*drop);
    seal_ = std::move(*seal);
    return {};
}

Result<void> StateFile::check() {
    Result<sql::Statement> quick = database_->prepare("PRAGMA quick_check(1)");
    Result<bool> row = quick ? quick->step() : Result<bool>(pass(quick));
    if (!row) {
        return pass(row);
    }
    std::string found(*row ? quick->bytes(0) : "no answer");
    if (found != "ok") {
        std::replace(found.begin(), found.end(), '\n', ' ');  // it goes into one line of the log
        return fail(Errc::kCorrupt, fmt::format("{}: {}", database_->path(), found));
    }
    quick->reset();
    // Files of earlier releases have larger pages than ours.
    Result<std::int64_t> page_bytes = database_->number("PRAGMA page_size");
    if (!page_bytes) {
        return pass(page_bytes);
    }
    page_bytes_ = static_cast<std::uint64_t>(*page_bytes);
    const Result<std::int64_t> generation = database_->number("SELECT generation FROM seal");
    Result<std::int64_t> digest = database_->number("SELECT digest FROM seal");
    if (!generation || !digest) {
        return fail(Errc::kCorrupt, fmt::format("{}: has no seal", database_->path()));
    }
    generation_ = std::bit_cast<std::uint64_t>(*generation);
    // The generation is under the digest too: a flipped bit in it would choose the wrong copy.
    content_ = 0;
    Result<void> done =
        visit([this](std::string_view name, std::string_view value) { content_ += row_hash(name, value); });
    const std::uint64_t sealed = generation_ == 0 ? 0 : row_hash("generation", std::to_string(generation_));
    if (done && content_ + sealed != std::bit_cast<std::uint64_t>(*digest)) {
        return fail(Errc::kCorrupt, fmt::format("{}: does not fit its checksum", database_->path()));
    }
    return done;
}

Result<void> StateFile::visit(const Visit& visit) {
    Result<sql::Statement> select = database_->prepare("SELECT name, value FROM item ORDER BY name");
    if (!select) {
        return pass(select);
    }
    for (;;) {
        Result<bool> row = select->step();
        if (!row) {
            return pass(row);
        }
        if (!*row) {
            return {};
        }
        visit(select->bytes(0), select->bytes(1));
    }
}

Result<void> StateFile::apply(const Change& change) {
    if (change.value) {
        return put_.bind(1, change.name).bind(2, *change.value).run();
    }
    return drop_.bind(1, change.name).run();
}

Result<void> StateFile::write_seal(std::uint64_t generation, std::uint64_t digest) {
    digest += row_hash("generation", std::to_string(generation));
    return seal_.bind(1, std::bit_cast<std::int64_t>(generation))
        .bind(2, std::bit_cast<std::int64_t>(digest))
        .run();
}

Result<void> StateFile::finish(Result<void> done, std::uint64_t generation, std::uint64_t content) {
    if (done) {
        done = database_->commit();
    }
    if (!done) {
        database_->roll_back();
        return done;
    }
    generation_ = generation;
    content_ = content;
    return {};
}

Result<void> StateFile::write(std::span<const Change> changes, std::uint64_t generation,
                              std::uint64_t digest) {
    Result<void> done = database_->begin();
    for (const Change& change : changes) {
        if (done) {
            done = apply(change);
        }
    }
    if (done) {
        done = write_seal(generation, digest);
    }
    return finish(std::move(done), generation, digest);
}

Result<void> StateFile::copy_from(StateFile& other) {
    Result<void> done = database_->begin();
    if (done) {
        done = database_->execute("DELETE FROM item");
    }
    std::uint64_t digest = 0;
    Result<void> read = other.visit([&](std::string_view name, std::string_view value) {
        digest += row_hash(name, value);
        if (done) {
            done = apply({name, value});
        }
    });
    if (done && !read) {
        done = std::move(read);
    }
    if (done) {
        done = write_seal(other.generation_, digest);
    }
    return finish(std::move(done), other.generation_, digest);
}

}  // namespace gengfu::store
