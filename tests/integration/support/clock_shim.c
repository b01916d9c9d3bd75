/* A wall clock of a test's own for one program, by LD_PRELOAD: what no test may do to the machine's. The file that
 * CLOCK_SHIM names holds two words: by how many seconds the wall clock is off, and whether it is synchronised (0 or 1).
 * Monotonic clocks are the machine's. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

static void read_settings(long *offset, int *synchronised) {
    const char *path = getenv("CLOCK_SHIM");
    FILE *file = path ? fopen(path, "r") : NULL;
    *offset = 0;
    *synchronised = 1;
    if (file) {
        if (fscanf(file, "%ld %d", offset, synchronised) != 2) {
            *offset = 0;
        }
        fclose(file);
    }
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) {
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    }
    int status = real(clock, now);
    if (status == 0 && clock == CLOCK_REALTIME) {
        long offset;
        int synchronised;
        read_settings(&offset, &synchronised);
        now->tv_sec += offset;
    }
    return status;
}

int adjtimex(struct timex *kernel) {
    long offset;
    int synchronised;
    read_settings(&offset, &synchronised);
    kernel->status = synchronised ? STA_PLL : STA_UNSYNC;
    kernel->maxerror = 1500;
    return synchronised ? TIME_OK : TIME_ERROR;
}
