# The house's own helpers: every folder uses these, so flags and names stand in one place.
#
#   gengfu_library(NAME DIR folder [SOURCES a.cpp ...] [LINKS ...] [PRIVATE_LINKS ...])
#   gengfu_program(NAME SOURCES folder/main.cpp ... [LINKS ...])
#   gengfu_test(NAME SOURCES tests/unit/... [LINKS ...] [LABELS ...] [DATA ...] [TIMEOUT seconds])
#   gengfu_bench(NAME SOURCES tests/bench/... [LINKS ...])
#   gengfu_fuzz(NAME SOURCES folder/x_fuzz.cpp [LINKS ...] [SEEDS tests/golden/... ...])
#   gengfu_kill_points(a.cpp ...)     of this folder: sources that have kill points
#   gengfu_proto(NAME gengfu/v1/x.proto ...)

set(GENGFU_SANITIZE "" CACHE STRING "Sanitizers, a list: address;undefined or thread")
option(GENGFU_FUZZ "Build the fuzzers with libFuzzer (clang); otherwise they replay their seeds" OFF)
option(GENGFU_HARDEN "Stack protector, FORTIFY_SOURCE, relro, bind-now, PIE" OFF)
option(GENGFU_COVERAGE "Instrument for gcov" OFF)
option(GENGFU_KILL_POINTS "Named moments at which tests/chaos ends the daemon; never in a release" OFF)
option(GENGFU_WERROR "Warnings are errors" ON)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

# What all of our own code is compiled with. Third-party and generated code does not use it.
add_library(gengfu_flags INTERFACE)
target_include_directories(gengfu_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_features(gengfu_flags INTERFACE cxx_std_20)
target_compile_options(
    gengfu_flags
    INTERFACE -Wall
              -Wextra
              -Wpedantic
              -Wconversion
              -Wshadow
              -Wnon-virtual-dtor
              -Woverloaded-virtual
              $<$<BOOL:${GENGFU_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 reports both inside libstdc++ where nothing is wrong: -Wrestrict in string concatenation
    # (gcc bug 105651), -Wmaybe-uninitialized in optional and variant. The dev preset's sanitizers and
    # clang look for the real ones. -Wno-psabi: 32-bit ARM notes of an ABI change in g++ 7.
    target_compile_options(gengfu_flags INTERFACE -Wno-restrict -Wno-error=maybe-uninitialized -Wno-psabi)
    if(GENGFU_SANITIZE)
        target_compile_options(gengfu_flags INTERFACE -Wno-maybe-uninitialized)
    endif()
endif()

# How the code is generated; shared with generated code (protobuf), which must match.
add_library(gengfu_codegen INTERFACE)
target_link_libraries(gengfu_flags INTERFACE gengfu_codegen)
# Bounds checks of the standard library stay on in the field: a gateway that stops and is started again
# by systemd is better than one that judges by a stray value.
target_compile_definitions(gengfu_codegen INTERFACE _GLIBCXX_ASSERTIONS)
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
    # glibc's 32-bit time ends in 2038, and 2 GiB files are within a store's limit. Debian's C++ libraries
    # are built with the short time_t: it must not cross their borders (docs/decisions/0014).
    target_compile_definitions(gengfu_codegen INTERFACE _FILE_OFFSET_BITS=64 _TIME_BITS=64)
endif()
if(GENGFU_HARDEN)
    target_compile_options(gengfu_codegen INTERFACE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
    if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^arm")
        target_compile_options(gengfu_codegen INTERFACE -fstack-clash-protection)
    endif()
    target_link_options(gengfu_codegen INTERFACE -Wl,-z,relro,-z,now -Wl,--as-needed)
endif()
if(GENGFU_SANITIZE)
    list(JOIN GENGFU_SANITIZE "," sanitizers)
    target_compile_options(gengfu_codegen INTERFACE -fsanitize=${sanitizers} -fno-sanitize-recover=all
                                                    -fno-omit-frame-pointer)
    target_link_options(gengfu_codegen INTERFACE -fsanitize=${sanitizers})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND "undefined" IN_LIST GENGFU_SANITIZE)
        # clang 14 with coroutines: "Cannot represent a difference across sections".
        target_compile_options(gengfu_codegen INTERFACE -fno-sanitize=function)
    endif()
endif()
if(GENGFU_FUZZ)
    target_compile_options(gengfu_codegen INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(GENGFU_COVERAGE)
    target_compile_options(gengfu_codegen INTERFACE --coverage)
    target_link_options(gengfu_codegen INTERFACE --coverage)
endif()

# What the build presets and tools/check build by name.
add_custom_target(gengfu_tests)
add_custom_target(gengfu_fuzzers)
add_custom_target(gengfu_programs)
add_custom_target(gengfu_benches)

# Turns names relative to the root into absolute ones, in place; names that already are stay.
function(gengfu_from_root list)
    set(absolute "")
    foreach(name IN LISTS ${list})
        cmake_path(ABSOLUTE_PATH name BASE_DIRECTORY ${PROJECT_SOURCE_DIR} NORMALIZE)
        list(APPEND absolute ${name})
    endforeach()
    set(${list} ${absolute} PARENT_SCOPE)
endfunction()

function(gengfu_reject_unknown helper)
    if(ARGN)
        message(FATAL_ERROR "${helper}: what is \"${ARGN}\"?")
    endif()
endfunction()

# A room: target gengfu_NAME, alias gengfu::NAME. SOURCES are relative to DIR; without any it is headers
# only. LINKS may name only rooms to the left in the data flow; PRIVATE_LINKS is for libraries that the
# room's headers do not show.
function(gengfu_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "HEADER_ONLY" "DIR" "SOURCES;LINKS;PRIVATE_LINKS")
    gengfu_reject_unknown("gengfu_library(${name})" ${arg_UNPARSED_ARGUMENTS})
    if(NOT arg_DIR)
        message(FATAL_ERROR "gengfu_library(${name}): DIR is missing")
    endif()
    if(arg_SOURCES)
        list(TRANSFORM arg_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/${arg_DIR}/)
        add_library(gengfu_${name} STATIC ${arg_SOURCES})
        target_link_libraries(gengfu_${name} PUBLIC gengfu_flags ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
    else()
        add_library(gengfu_${name} INTERFACE)
        target_link_libraries(gengfu_${name} INTERFACE gengfu_flags ${arg_LINKS} ${arg_PRIVATE_LINKS})
    endif()
    add_library(gengfu::${name} ALIAS gengfu_${name})
endfunction()

# A program in build/<preset>/bin, installed to bin.
function(gengfu_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
    gengfu_reject_unknown("gengfu_program(${name})" ${arg_UNPARSED_ARGUMENTS})
    gengfu_from_root(arg_SOURCES)
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE gengfu_flags ${arg_LINKS})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
    if(GENGFU_FUZZ)
        set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    else()
        install(TARGETS ${name} RUNTIME DESTINATION bin)
    endif()
    add_dependencies(gengfu_programs ${name})
endfunction()

# Sets what every test under ctest runs with.
function(gengfu_test_properties name timeout)
    if(CMAKE_CROSSCOMPILING)
        math(EXPR timeout "${timeout} * 4") # under the emulator
    endif()
    set_tests_properties(
        ${name}
        PROPERTIES TIMEOUT ${timeout}
                   LABELS "${ARGN}"
                   ENVIRONMENT
                   "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1;UBSAN_OPTIONS=print_stacktrace=1;TSAN_OPTIONS=second_deadlock_stack=1")
endfunction()

# A test binary in build/<preset>/tests and one ctest entry of the same name, run in the source tree's
# root, in shuffled order (a test that leans on another fails). GENGFU_SOURCE_DIR is defined for golden
# files. Labels with a meaning: `paho` (talks through Paho: not under tsan), `native` (needs this
# machine's own programs: not under the emulator nor tsan).
function(gengfu_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LINKS;LABELS;DATA")
    gengfu_reject_unknown("gengfu_test(${name})" ${arg_UNPARSED_ARGUMENTS})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    gengfu_from_root(arg_SOURCES)
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE gengfu_flags ${arg_LINKS} gengfu::dep::gtest)
    target_compile_definitions(${name} PRIVATE GENGFU_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_dependencies(gengfu_tests ${name})
    if(GENGFU_FUZZ)
        set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
        return()
    endif()
    add_test(NAME ${name} COMMAND ${name} --gtest_shuffle WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    gengfu_test_properties(${name} ${arg_TIMEOUT} ${arg_LABELS})
endfunction()

# A benchmark in build/<preset>/bench; Google Benchmark's main unless the sources have one.
function(gengfu_bench name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
    gengfu_reject_unknown("gengfu_bench(${name})" ${arg_UNPARSED_ARGUMENTS})
    if(NOT TARGET gengfu::dep::benchmark)
        return() # cross builds: figures under an emulator say nothing
    endif()
    gengfu_from_root(arg_SOURCES)
    add_executable(${name} EXCLUDE_FROM_ALL ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE gengfu_flags ${arg_LINKS} gengfu::dep::benchmark)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
    add_dependencies(gengfu_benches ${name})
endfunction()

# A fuzzer (LLVMFuzzerTestOneInput) in build/<preset>/fuzz. In the fuzz preset it is libFuzzer's; in all
# others it is a test that replays its SEEDS (files or folders, kept under tests/golden), so that a
# crash found once stays found.
function(gengfu_fuzz name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS;SEEDS")
    gengfu_reject_unknown("gengfu_fuzz(${name})" ${arg_UNPARSED_ARGUMENTS})
    gengfu_from_root(arg_SOURCES)
    gengfu_from_root(arg_SEEDS)
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE gengfu_flags ${arg_LINKS})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
    add_dependencies(gengfu_fuzzers ${name})
    if(GENGFU_FUZZ)
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
        file(WRITE ${CMAKE_BINARY_DIR}/fuzz/${name}.seeds "")
        foreach(seed IN LISTS arg_SEEDS)
            file(APPEND ${CMAKE_BINARY_DIR}/fuzz/${name}.seeds "${seed}\n") # for tools/check
        endforeach()
        return()
    endif()
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/fuzz_replay.cpp)
    add_dependencies(gengfu_tests ${name})
    add_test(NAME ${name} COMMAND ${name} ${arg_SEEDS} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    gengfu_test_properties(${name} 120 fuzz)
endfunction()

# Messages: target gengfu_NAME, alias gengfu::NAME, from the files named (relative to the folder that calls)
# by the build machine's protoc, also when cross compiling. Include as "gengfu/v1/x.pb.h".
function(gengfu_proto name)
    set(root ${CMAKE_CURRENT_SOURCE_DIR})
    list(TRANSFORM ARGN PREPEND ${root}/ OUTPUT_VARIABLE all)
    set(out ${CMAKE_BINARY_DIR}/generated/${name})
    file(MAKE_DIRECTORY ${out})
    set(sources "")
    foreach(file IN LISTS ARGN)
        string(REGEX REPLACE "\\.proto$" "" stem ${file})
        add_custom_command(
            OUTPUT ${out}/${stem}.pb.cc ${out}/${stem}.pb.h
            COMMAND ${GENGFU_PROTOC} --proto_path=${root} --cpp_out=${out} ${root}/${file}
            DEPENDS ${all} # a file may import any other
            COMMENT "protoc ${file}"
            VERBATIM)
        list(APPEND sources ${out}/${stem}.pb.cc)
    endforeach()
    add_library(gengfu_${name} STATIC ${sources})
    target_include_directories(gengfu_${name} SYSTEM PUBLIC ${out})
    target_compile_options(gengfu_${name} PRIVATE -w)
    target_link_libraries(gengfu_${name} PUBLIC gengfu_codegen gengfu::dep::protobuf)
    add_library(gengfu::${name} ALIAS gengfu_${name})
endfunction()

function(gengfu_kill_points)
    if(GENGFU_KILL_POINTS)
        set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_DEFINITIONS GENGFU_KILL_POINTS)
    endif()
endfunction()
