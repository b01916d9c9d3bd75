# Toolchain of the armhf preset: Debian's cross compiler, a sysroot that `cross-toolchains/sysroot armhf`
# makes, and the emulator with which ctest runs the tests.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR arm)

cmake_path(SET GENGFU_SYSROOT NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../build/sysroots/armhf)
if(NOT IS_DIRECTORY ${GENGFU_SYSROOT})
    message(FATAL_ERROR "No sysroot for armhf: run cross-toolchains/sysroot armhf")
endif()

set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_CXX_COMPILER arm-linux-gnueabihf-g++)
set(CMAKE_SYSROOT ${GENGFU_SYSROOT})
set(CMAKE_LIBRARY_ARCHITECTURE arm-linux-gnueabihf)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm-static -L ${GENGFU_SYSROOT})

# Programs (protoc) are this machine's, all else is the gateway's.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${GENGFU_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${GENGFU_SYSROOT}/usr/lib/arm-linux-gnueabihf/pkgconfig:${GENGFU_SYSROOT}/usr/share/pkgconfig)
