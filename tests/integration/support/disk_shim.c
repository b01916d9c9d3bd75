/* A disk of a test's own for one program, by LD_PRELOAD. While the file exists that DISK_SHIM names with ".stalls" behind
 * it, what is written through SQLite and what is to be made lasting waits, as on a card that is busy with itself; with
 * ".full", there is no room for what is written through SQLite. Reading goes on. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int is(const char *state) {
    const char *path = getenv("DISK_SHIM");
    char name[4096];
    snprintf(name, sizeof name, "%s.%s", path ? path : "", state);
    return access(name, F_OK) == 0;
}

static void wait_for_disk(void) {
    const struct timespec pause = {0, 5000000};
    while (is("stalls")) {
        nanosleep(&pause, NULL);
    }
}

int fsync(int file) {
    static int (*real)(int);
    if (!real) {
        real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    }
    wait_for_disk();
    return real(file);
}

int fdatasync(int file) {
    static int (*real)(int);
    if (!real) {
        real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    }
    wait_for_disk();
    return real(file);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real) {
        real = (ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    }
    wait_for_disk();
    if (is("full")) {
        errno = ENOSPC;
        return -1;
    }
    return real(file, bytes, count, at);
}
