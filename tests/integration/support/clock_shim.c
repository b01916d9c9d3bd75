/* A wall clock of a test's own for one program, by LD_PRELOAD: what no test may do to the machine's. The file that
 * CLOCK_SHIM names holds three words: by how many seconds the wall clock is off, whether it is synchronised (0 or 1), and
 * by how many seconds the monotonic clock is ahead of the machine's (as after a long sleep; it must never grow less). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

static void read_settings(long *offset, int *synchronised, long *ahead) {
    const char *path = getenv("CLOCK_SHIM");
    FILE *file = path ? fopen(path, "r") : NULL;
    *offset = 0;
    *synchronised = 1;
    *ahead = 0;
    if (file) {
        if (fscanf(file, "%ld %d %ld", offset, synchronised, ahead) < 2) {
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
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC)) {
        long offset, ahead;
        int synchronised;
        read_settings(&offset, &synchronised, &ahead);
        now->tv_sec += clock == CLOCK_REALTIME ? offset : ahead;
    }
    return status;
}

/* The kernel's monotonic clock is the machine's. */
int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until) {
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
    if (!real) {
        real = (int (*)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *))dlsym(
            RTLD_NEXT, "pthread_cond_clockwait");
    }
    struct timespec at = *until;
    if (clock == CLOCK_MONOTONIC) {
        long offset, ahead;
        int synchronised;
        read_settings(&offset, &synchronised, &ahead);
        at.tv_sec -= ahead;
        if (at.tv_sec < 0) {
            at.tv_sec = 0;
        }
    }
    return real(condition, mutex, clock, &at);
}

int adjtimex(struct timex *kernel) {
    long offset, ahead;
    int synchronised;
    read_settings(&offset, &synchronised, &ahead);
    kernel->status = synchronised ? STA_PLL : STA_UNSYNC;
    kernel->maxerror = 1500;
    return synchronised ? TIME_OK : TIME_ERROR;
}
