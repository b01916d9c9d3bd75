# Every library from outside, each under one name: gengfu::dep::NAME. All are Debian 12 packages; the
# reasons stand in docs/decisions/. tools/setup installs them, cross-toolchains/sysroot unpacks them.

find_package(PkgConfig REQUIRED)

# gengfu_dependency(NAME target...): an interface target of our own name over what was found.
function(gengfu_dependency name)
    add_library(gengfu_dep_${name} INTERFACE)
    target_link_libraries(gengfu_dep_${name} INTERFACE ${ARGN})
    add_library(gengfu::dep::${name} ALIAS gengfu_dep_${name})
endfunction()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
gengfu_dependency(threads Threads::Threads)

find_package(OpenSSL REQUIRED)
gengfu_dependency(openssl OpenSSL::SSL OpenSSL::Crypto)

# Paho C++ names the C library's target but does not look for it.
find_package(eclipse-paho-mqtt-c CONFIG REQUIRED)
find_package(PahoMqttCpp CONFIG REQUIRED)
gengfu_dependency(paho PahoMqttCpp::paho-mqttpp3)

pkg_check_modules(modbus REQUIRED IMPORTED_TARGET libmodbus)
gengfu_dependency(modbus PkgConfig::modbus)

# The full runtime, not lite: JSON is printed by protobuf's own json_util (docs/decisions/0008).
find_package(Protobuf REQUIRED)
gengfu_dependency(protobuf protobuf::libprotobuf)
find_program(GENGFU_PROTOC protoc REQUIRED)

pkg_check_modules(muparser REQUIRED IMPORTED_TARGET muparser)
gengfu_dependency(muparser PkgConfig::muparser)

find_package(SQLite3 REQUIRED)
gengfu_dependency(sqlite SQLite::SQLite3)

# Header only and without exceptions: Debian's shared library is built with them. The assertions of 3.3.0
# abort on the input "[\n", where a parse error is right; cmake/shims mends one more fault.
find_path(GENGFU_TOML_INCLUDE toml++/toml.h REQUIRED)
gengfu_dependency(toml)
target_include_directories(gengfu_dep_toml BEFORE INTERFACE ${PROJECT_SOURCE_DIR}/cmake/shims)
target_include_directories(gengfu_dep_toml SYSTEM INTERFACE ${GENGFU_TOML_INCLUDE})
target_compile_definitions(gengfu_dep_toml INTERFACE TOML_HEADER_ONLY=1 TOML_EXCEPTIONS=0)
# As an option: CMake drops a definition that has parameters.
target_compile_options(gengfu_dep_toml INTERFACE "-DTOML_ASSERT(x)=static_cast<void>(0)")

# The city's side alone: gateways have no PostgreSQL.
if(NOT CMAKE_CROSSCOMPILING)
    pkg_check_modules(postgres REQUIRED IMPORTED_TARGET libpq)
    gengfu_dependency(postgres PkgConfig::postgres)
    # Can hold back a PUBACK until the commit, which Paho cannot.
    pkg_check_modules(mosquitto REQUIRED IMPORTED_TARGET libmosquitto)
    gengfu_dependency(mosquitto PkgConfig::mosquitto)
endif()

find_package(CLI11 CONFIG REQUIRED)
gengfu_dependency(cli CLI11::CLI11)

find_package(fmt CONFIG REQUIRED)
gengfu_dependency(fmt fmt::fmt)

find_package(spdlog CONFIG REQUIRED)
gengfu_dependency(spdlog spdlog::spdlog fmt::fmt)

pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd)
gengfu_dependency(systemd PkgConfig::systemd)

find_package(tl-expected CONFIG REQUIRED)
gengfu_dependency(expected tl::expected)

find_package(nlohmann_json CONFIG REQUIRED)
gengfu_dependency(json nlohmann_json::nlohmann_json)

# Headers alone, at least 1.81 (docs/decisions/0002). tools/setup unpacks them into build/deps/boost where
# the package cannot be installed without removing another.
set(unpacked_boost ${PROJECT_SOURCE_DIR}/build/deps/boost/usr/include)
if(NOT CMAKE_CROSSCOMPILING AND EXISTS ${unpacked_boost}/boost/version.hpp)
    set(GENGFU_BOOST_INCLUDE ${unpacked_boost} CACHE PATH "Folder that has boost/version.hpp")
else()
    find_path(GENGFU_BOOST_INCLUDE boost/version.hpp REQUIRED)
endif()
file(STRINGS ${GENGFU_BOOST_INCLUDE}/boost/version.hpp boost_version REGEX "^#define BOOST_VERSION [0-9]+")
string(REGEX MATCH "[0-9]+$" boost_version "${boost_version}")
if(boost_version LESS 108100)
    message(FATAL_ERROR "Boost in ${GENGFU_BOOST_INCLUDE} is ${boost_version}, below 1.81: run tools/setup")
endif()
gengfu_dependency(boost Threads::Threads)
target_include_directories(gengfu_dep_boost SYSTEM INTERFACE ${GENGFU_BOOST_INCLUDE})
target_compile_definitions(gengfu_dep_boost INTERFACE BOOST_ASIO_NO_DEPRECATED)

find_package(GTest CONFIG REQUIRED)
gengfu_dependency(gtest GTest::gmock GTest::gtest GTest::gtest_main)

if(NOT CMAKE_CROSSCOMPILING)
    find_package(benchmark CONFIG REQUIRED)
    gengfu_dependency(benchmark benchmark::benchmark_main benchmark::benchmark)
endif()
