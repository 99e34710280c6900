/*
 * Shifts the wall clock of one process, for tests: LD_PRELOAD this, and write the shift
 * in seconds into the file named by FAKE_WALL_SHIFT. Other clocks stay as they are.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double shift_s(void) {
  const char *path = getenv("FAKE_WALL_SHIFT");
  FILE *file = path ? fopen(path, "r") : NULL;
  double shift = 0;
  if (file) {
    if (fscanf(file, "%lf", &shift) != 1) shift = 0;
    fclose(file);
  }
  return shift;
}

int clock_gettime(clockid_t which, struct timespec *out) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int code = real(which, out);
  if (!code && which == CLOCK_REALTIME) out->tv_sec += (time_t)shift_s();
  return code;
}
