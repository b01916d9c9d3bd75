# Toolchain of the arm64 preset: Debian's cross compiler, a sysroot that `cross-toolchains/sysroot arm64`
# makes, and the emulator with which ctest runs the tests.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)

cmake_path(SET GENGFU_SYSROOT NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../build/sysroots/arm64)
if(NOT IS_DIRECTORY ${GENGFU_SYSROOT})
    message(FATAL_ERROR "No sysroot for arm64: run cross-toolchains/sysroot arm64")
endif()

set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_SYSROOT ${GENGFU_SYSROOT})
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static -L ${GENGFU_SYSROOT})

# Programs (protoc) are this machine's, all else is the gateway's.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${GENGFU_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${GENGFU_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${GENGFU_SYSROOT}/usr/share/pkgconfig)
