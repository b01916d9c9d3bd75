/* A serial port whose driver hangs, for one program, by LD_PRELOAD. While the file exists that LINE_SHIM names with ".hangs"
 * behind it, whoever writes to the port that LINE_SHIM is (a link) waits, as in a driver that waits for its adapter. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int hangs(int file) {
    const char *link = getenv("LINE_SHIM");
    char name[PATH_MAX], port[PATH_MAX], mine[PATH_MAX];
    if (!link || snprintf(name, sizeof name, "%s.hangs", link) >= (int)sizeof name || access(name, F_OK) != 0) {
        return 0;
    }
    return realpath(link, port) && ttyname_r(file, mine, sizeof mine) == 0 && strcmp(port, mine) == 0;
}

ssize_t write(int file, const void *bytes, size_t count) {
    static ssize_t (*real)(int, const void *, size_t);
    const struct timespec pause = {0, 20000000};
    if (!real) {
        real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    }
    while (hangs(file)) {
        nanosleep(&pause, NULL);
    }
    return real(file, bytes, count);
}
