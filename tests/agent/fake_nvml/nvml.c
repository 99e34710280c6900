/*
 * A stand-in for NVIDIA's libnvidia-ml.so.1, for tests: our own code, written against
 * the calling interface that nvidia-ml-py 13 uses. What it answers stands in a text
 * file named by FAKE_NVML_STATE, read again whenever that file changes; see fake.py.
 *
 * Power is a step function of the time since `epoch` (CLOCK_BOOTTIME), and the energy
 * counter is its exact integral, so that a test can compute both by hand.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { OK = 0, UNINITIALIZED = 1, INVALID = 2, NOT_SUPPORTED = 3, NO_PERMISSION = 4,
       NOT_FOUND = 6, TOO_SMALL = 7, NO_DRIVER = 9, LOST = 15 };
enum { GPUS = 16, STEPS = 4096, FAULTS = 64, MIGS = 8 };

typedef struct { double at_s, power_w, energy_j; } Step;
typedef struct {
  char uuid[96], name[96];
  Step steps[STEPS];
  int step_count;
  double period_s, energy_j, average_s;
  long long sample_us, sample_capacity;
  int sm_mhz, memory_mhz, gpu_c, memory_c, util, memory_util, fan, arch;
  int slowdown_c, shutdown_c, memory_max_c;
  unsigned long long reasons;
  unsigned limit_mw, min_mw, max_mw, default_mw;
  int smoothing, smoothing_on, floor_w;
  int lost, gone;
  char mig[MIGS][96];
  int mig_count;
} Gpu;
typedef struct { char function[64]; int gpu, code; double slow_s; } Fault;
typedef struct { int is_mig, gpu, mig; } Handle;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Gpu gpus[GPUS];
static Handle handles[GPUS], mig_handles[GPUS][MIGS];
static Fault faults[FAULTS];
static int gpu_count, fault_count, driver_up = 1, generation, initialised_at = -1, users;
static double epoch_s;
static struct timespec seen;
static ino_t seen_inode;

static double clock_s(clockid_t which) {
  struct timespec t;
  clock_gettime(which, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void parse_steps(Gpu *gpu, char *text) {
  char *word, *save = NULL;
  gpu->period_s = atof(strtok_r(text, " ", &save));
  gpu->step_count = 0;
  while ((word = strtok_r(NULL, " ", &save)) && gpu->step_count < STEPS) {
    Step *step = &gpu->steps[gpu->step_count++];
    sscanf(word, "%lf:%lf", &step->at_s, &step->power_w);
    step->energy_j = 0;
    if (gpu->step_count > 1) {
      Step *last = step - 1;
      step->energy_j = last->energy_j + last->power_w * (step->at_s - last->at_s);
    }
  }
}

static void parse_gpu(Gpu *g, const char *key, char *rest) {
  if (!strcmp(key, "uuid")) snprintf(g->uuid, sizeof g->uuid, "%s", rest);
  else if (!strcmp(key, "name")) snprintf(g->name, sizeof g->name, "%s", rest);
  else if (!strcmp(key, "steps")) parse_steps(g, rest);
  else if (!strcmp(key, "energy_j")) g->energy_j = atof(rest);
  else if (!strcmp(key, "average_s")) g->average_s = atof(rest);
  else if (!strcmp(key, "samples")) sscanf(rest, "%lld %lld", &g->sample_us, &g->sample_capacity);
  else if (!strcmp(key, "clocks_mhz")) sscanf(rest, "%d %d", &g->sm_mhz, &g->memory_mhz);
  else if (!strcmp(key, "celsius")) sscanf(rest, "%d %d", &g->gpu_c, &g->memory_c);
  else if (!strcmp(key, "thresholds_c")) sscanf(rest, "%d %d %d", &g->slowdown_c, &g->shutdown_c, &g->memory_max_c);
  else if (!strcmp(key, "utilisation")) sscanf(rest, "%d %d", &g->util, &g->memory_util);
  else if (!strcmp(key, "reasons")) g->reasons = strtoull(rest, NULL, 0);
  else if (!strcmp(key, "fan")) g->fan = atoi(rest);
  else if (!strcmp(key, "arch")) g->arch = atoi(rest);
  else if (!strcmp(key, "limits_mw")) sscanf(rest, "%u %u %u", &g->min_mw, &g->max_mw, &g->default_mw);
  else if (!strcmp(key, "smoothing")) sscanf(rest, "%d %d %d", &g->smoothing, &g->smoothing_on, &g->floor_w);
  else if (!strcmp(key, "lost")) g->lost = atoi(rest);
  else if (!strcmp(key, "gone")) g->gone = atoi(rest);
  else if (!strcmp(key, "mig") && g->mig_count < MIGS)
    snprintf(g->mig[g->mig_count++], sizeof g->mig[0], "%s", rest);
}

static void parse_line(char *line) {
  char key[64], target[16];
  int used = 0;
  line[strcspn(line, "\n")] = 0;
  if (sscanf(line, "%15s %63s %n", target, key, &used) < 2) return;
  char *rest = line + used;
  if (!strcmp(target, "epoch")) epoch_s = atof(key);
  else if (!strcmp(target, "count")) gpu_count = atoi(key);
  else if (!strcmp(target, "driver")) { driver_up = !strcmp(key, "up"); generation = atoi(rest); }
  else if (!strcmp(target, "fault") && fault_count < FAULTS) {
    Fault *f = &faults[fault_count++];
    snprintf(f->function, sizeof f->function, "%s", key);
    sscanf(rest, "%d %d %lf", &f->gpu, &f->code, &f->slow_s);
  } else if (atoi(target) >= 0 && atoi(target) < GPUS) parse_gpu(&gpus[atoi(target)], key, rest);
}

/* The limits that were set outlive this process, as they do in a real card. */
static void read_limits(const char *path) {
  char name[4096];
  int gpu; unsigned mw;
  for (int i = 0; i < GPUS; i++) gpus[i].limit_mw = gpus[i].default_mw;
  snprintf(name, sizeof name, "%s.limits", path);
  FILE *file = fopen(name, "r");
  if (!file) return;
  while (fscanf(file, "%d %u", &gpu, &mw) == 2)
    if (gpu >= 0 && gpu < GPUS) gpus[gpu].limit_mw = mw;
  fclose(file);
}

static void reload(void) {
  const char *path = getenv("FAKE_NVML_STATE");
  struct stat now;
  if (!path || stat(path, &now)) return;
  if (now.st_ino == seen_inode && now.st_mtim.tv_sec == seen.tv_sec &&
      now.st_mtim.tv_nsec == seen.tv_nsec) return;
  FILE *file = fopen(path, "r");
  if (!file) return;
  char *line = NULL;
  size_t room = 0;
  memset(gpus, 0, sizeof gpus);
  fault_count = 0;
  while (getline(&line, &room, file) > 0) parse_line(line);
  free(line);
  fclose(file);
  read_limits(path);
  for (int i = 0; i < GPUS; i++) {
    handles[i] = (Handle){0, i, -1};
    for (int m = 0; m < MIGS; m++) mig_handles[i][m] = (Handle){1, i, m};
  }
  seen = now.st_mtim;
  seen_inode = now.st_ino;
}

static const Step *step_at(const Gpu *g, double t) {
  int low = 0, high = g->step_count - 1;
  while (low < high) {
    int mid = (low + high + 1) / 2;
    if (g->steps[mid].at_s <= t) low = mid; else high = mid - 1;
  }
  return &g->steps[low];
}

static double within_period_j(const Gpu *g, double t) {
  const Step *step = step_at(g, t);
  return step->energy_j + step->power_w * (t - step->at_s);
}

/* Energy from the epoch to t seconds after it: the integral of the steps. */
static double energy_j(const Gpu *g, double t) {
  if (!g->step_count || t <= 0) return g->energy_j;
  if (g->period_s <= 0) return g->energy_j + within_period_j(g, t);
  double turns = (double)(long long)(t / g->period_s);
  return g->energy_j + turns * within_period_j(g, g->period_s) +
         within_period_j(g, t - turns * g->period_s);
}

static double power_w(const Gpu *g, double t) {
  if (!g->step_count) return 0;
  if (g->period_s > 0) t -= g->period_s * (double)(long long)(t / g->period_s);
  return step_at(g, t)->power_w;
}

static double now_s(void) { return clock_s(CLOCK_BOOTTIME) - epoch_s; }

/* Ordered faults first: a slow answer, then an error. Sleeps without the lock. */
static int ordered(const char *function, int gpu) {
  double slow_s = 0;
  int code = OK;
  pthread_mutex_lock(&lock);
  reload();
  for (int i = 0; i < fault_count; i++) {
    Fault *f = &faults[i];
    if (strcmp(f->function, function) && strcmp(f->function, "*")) continue;
    if (f->gpu >= 0 && f->gpu != gpu) continue;
    slow_s += f->slow_s;
    if (f->code) code = f->code;
  }
  if (!driver_up) code = NO_DRIVER;
  else if (initialised_at != generation && strncmp(function, "nvmlInit", 8)) code = UNINITIALIZED;
  else if (gpu >= 0 && (gpus[gpu].lost || gpus[gpu].gone)) code = LOST;
  pthread_mutex_unlock(&lock);
  if (slow_s > 0) {
    struct timespec t = {(time_t)slow_s, (long)((slow_s - (double)(time_t)slow_s) * 1e9)};
    nanosleep(&t, NULL);
  }
  return code;
}

#define ASK(function, index) \
  do { int code_ = ordered(function, index); if (code_) return code_; } while (0)
#define GPU(handle) (&gpus[(handle)->gpu])

int nvmlInitWithFlags(unsigned flags) {
  (void)flags;
  ASK("nvmlInitWithFlags", -1);
  pthread_mutex_lock(&lock);
  users = initialised_at == generation ? users + 1 : 1;
  initialised_at = generation;
  pthread_mutex_unlock(&lock);
  return OK;
}
int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
int nvmlShutdown(void) {
  ASK("nvmlShutdown", -1);
  if (--users <= 0) initialised_at = -1;
  return OK;
}
const char *nvmlErrorString(int code) { return code ? "ordered by the test" : "Success"; }

int nvmlSystemGetDriverVersion(char *out, unsigned room) {
  ASK("nvmlSystemGetDriverVersion", -1);
  snprintf(out, room, "999.01");
  return OK;
}

static int present(int nth) {
  for (int i = 0; i < gpu_count; i++)
    if (!gpus[i].gone && nth-- == 0) return i;
  return -1;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
  ASK("nvmlDeviceGetCount_v2", -1);
  *count = 0;
  while (present((int)*count) >= 0) (*count)++;
  return OK;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, Handle **out) {
  ASK("nvmlDeviceGetHandleByIndex_v2", -1);
  int gpu = present((int)index);
  if (gpu < 0) return INVALID;
  ASK("nvmlDeviceGetHandleByIndex_v2", gpu);
  *out = &handles[gpu];
  return OK;
}

int nvmlDeviceGetUUID(Handle *h, char *out, unsigned room) {
  ASK("nvmlDeviceGetUUID", h->gpu);
  snprintf(out, room, "%s", h->is_mig ? GPU(h)->mig[h->mig] : GPU(h)->uuid);
  return OK;
}
int nvmlDeviceGetName(Handle *h, char *out, unsigned room) {
  ASK("nvmlDeviceGetName", h->gpu);
  snprintf(out, room, "%s", GPU(h)->name);
  return OK;
}
int nvmlDeviceGetArchitecture(Handle *h, unsigned *out) {
  ASK("nvmlDeviceGetArchitecture", h->gpu);
  *out = (unsigned)GPU(h)->arch;
  return OK;
}

int nvmlDeviceGetPowerUsage(Handle *h, unsigned *mw) {
  ASK("nvmlDeviceGetPowerUsage", h->gpu);
  Gpu *g = GPU(h);
  double t = now_s(), window = g->average_s > 0 ? g->average_s : 1;
  *mw = (unsigned)(1e3 * (energy_j(g, t) - energy_j(g, t - window)) / window + 0.5);
  return OK;
}
int nvmlDeviceGetTotalEnergyConsumption(Handle *h, unsigned long long *mj) {
  ASK("nvmlDeviceGetTotalEnergyConsumption", h->gpu);
  *mj = (unsigned long long)(1e3 * energy_j(GPU(h), now_s()) + 0.5);
  return OK;
}
int nvmlDeviceGetClockInfo(Handle *h, int type, unsigned *mhz) {
  ASK("nvmlDeviceGetClockInfo", h->gpu);
  *mhz = (unsigned)(type == 2 ? GPU(h)->memory_mhz : GPU(h)->sm_mhz);
  return OK;
}
int nvmlDeviceGetTemperature(Handle *h, int sensor, unsigned *c) {
  ASK("nvmlDeviceGetTemperature", h->gpu);
  if (sensor) return INVALID;
  *c = (unsigned)GPU(h)->gpu_c;
  return OK;
}
int nvmlDeviceGetTemperatureV(Handle *h, int *value) { /* {version, sensor, celsius} */
  ASK("nvmlDeviceGetTemperatureV", h->gpu);
  value[2] = GPU(h)->gpu_c;
  return OK;
}
int nvmlDeviceGetTemperatureThreshold(Handle *h, int kind, unsigned *c) {
  ASK("nvmlDeviceGetTemperatureThreshold", h->gpu);
  Gpu *g = GPU(h);
  int value = kind == 0 ? g->shutdown_c : kind == 1 ? g->slowdown_c : kind == 2 ? g->memory_max_c : 0;
  if (!value) return NOT_SUPPORTED;
  *c = (unsigned)value;
  return OK;
}
int nvmlDeviceGetUtilizationRates(Handle *h, unsigned *rates) {
  ASK("nvmlDeviceGetUtilizationRates", h->gpu);
  if (GPU(h)->mig_count) return NOT_SUPPORTED;
  rates[0] = (unsigned)GPU(h)->util;
  rates[1] = (unsigned)GPU(h)->memory_util;
  return OK;
}
int nvmlDeviceGetCurrentClocksEventReasons(Handle *h, unsigned long long *bits) {
  ASK("nvmlDeviceGetCurrentClocksEventReasons", h->gpu);
  *bits = GPU(h)->reasons;
  return OK;
}
int nvmlDeviceGetFanSpeed(Handle *h, unsigned *percent) {
  ASK("nvmlDeviceGetFanSpeed", h->gpu);
  if (GPU(h)->fan < 0) return NOT_SUPPORTED;
  *percent = (unsigned)GPU(h)->fan;
  return OK;
}

int nvmlDeviceGetEnforcedPowerLimit(Handle *h, unsigned *mw) {
  ASK("nvmlDeviceGetEnforcedPowerLimit", h->gpu);
  *mw = GPU(h)->limit_mw;
  return OK;
}
int nvmlDeviceGetPowerManagementLimit(Handle *h, unsigned *mw) {
  ASK("nvmlDeviceGetPowerManagementLimit", h->gpu);
  *mw = GPU(h)->limit_mw;
  return OK;
}
int nvmlDeviceGetPowerManagementDefaultLimit(Handle *h, unsigned *mw) {
  ASK("nvmlDeviceGetPowerManagementDefaultLimit", h->gpu);
  *mw = GPU(h)->default_mw;
  return OK;
}
int nvmlDeviceGetPowerManagementLimitConstraints(Handle *h, unsigned *low, unsigned *high) {
  ASK("nvmlDeviceGetPowerManagementLimitConstraints", h->gpu);
  *low = GPU(h)->min_mw;
  *high = GPU(h)->max_mw;
  return OK;
}
int nvmlDeviceSetPowerManagementLimit(Handle *h, unsigned mw) {
  ASK("nvmlDeviceSetPowerManagementLimit", h->gpu);
  Gpu *g = GPU(h);
  if (mw < g->min_mw || mw > g->max_mw) return INVALID;
  char name[4096];
  snprintf(name, sizeof name, "%s.limits", getenv("FAKE_NVML_STATE"));
  FILE *file = fopen(name, "a");
  if (!file) return NO_PERMISSION;
  fprintf(file, "%d %u\n", h->gpu, mw);
  fclose(file);
  g->limit_mw = mw;
  return OK;
}

typedef union { double d; unsigned ui; unsigned long long ull; long long sll; } Value;
typedef struct {
  uint32_t field, scope;
  int64_t time_us, latency_us;
  int type, code;
  Value value;
} FieldValue;

/* 0: double, 1: unsigned, 3: unsigned long long, as in the enum of NVML's types. */
static void fill(FieldValue *v, int type, double value) {
  v->type = type;
  v->code = OK;
  if (type == 0) v->value.d = value;
  else if (type == 1) v->value.ui = (unsigned)(value + 0.5);
  else v->value.ull = (unsigned long long)(value + 0.5);
}

static void answer_field(Gpu *g, FieldValue *v, double t) {
  double window = g->average_s > 0 ? g->average_s : 1;
  switch (v->field) {
    case 82: fill(v, 1, g->memory_c); break;
    case 83: fill(v, 3, 1e3 * energy_j(g, t)); break;
    case 185: fill(v, 1, 1e3 * (energy_j(g, t) - energy_j(g, t - window)) / window); break;
    case 186: fill(v, 1, 1e3 * power_w(g, t)); break;
    case 251: if (g->smoothing) fill(v, 1, g->smoothing_on); break;
    case 275: if (g->smoothing) fill(v, 1, g->floor_w); break;
    default: break;
  }
}

int nvmlDeviceGetFieldValues(Handle *h, int count, FieldValue *values) {
  ASK("nvmlDeviceGetFieldValues", h->gpu);
  double t = now_s();
  for (int i = 0; i < count; i++) {
    char name[32];
    values[i].code = NOT_SUPPORTED;
    values[i].time_us = (int64_t)(1e6 * clock_s(CLOCK_REALTIME));
    values[i].latency_us = 1;
    snprintf(name, sizeof name, "field.%u", values[i].field);
    int code = ordered(name, h->gpu);
    if (code) values[i].code = code;
    else if (values[i].scope == 0) answer_field(GPU(h), &values[i], t);
  }
  return OK;
}

typedef struct { unsigned long long time_us; Value value; } Sample;

int nvmlDeviceGetSamples(Handle *h, int type, unsigned long long after_us, int *value_type,
                         unsigned *count, Sample *out) {
  ASK("nvmlDeviceGetSamples", h->gpu);
  Gpu *g = GPU(h);
  if (type != 0 || g->sample_us <= 0) return NOT_SUPPORTED;
  double boot_s = clock_s(CLOCK_BOOTTIME), shift_s = clock_s(CLOCK_REALTIME) - boot_s;
  long long last = (long long)((boot_s - epoch_s) * 1e6) / g->sample_us;
  long long first = last - g->sample_capacity + 1;
  unsigned n = 0;
  *value_type = 1;
  if (!out) { *count = (unsigned)g->sample_capacity; return OK; }
  for (long long k = first < 0 ? 0 : first; k <= last && n < *count; k++) {
    double t = 1e-6 * (double)(k * g->sample_us);
    unsigned long long at = (unsigned long long)(1e6 * (epoch_s + t + shift_s) + 0.5);
    if (at <= after_us) continue;
    out[n].time_us = at;
    out[n].value.ull = 0;
    out[n++].value.ui = (unsigned)(1e3 * power_w(g, t) + 0.5);
  }
  *count = n;
  return n ? OK : NOT_FOUND;
}

int nvmlDeviceGetMigMode(Handle *h, unsigned *now, unsigned *next) {
  ASK("nvmlDeviceGetMigMode", h->gpu);
  *now = *next = GPU(h)->mig_count > 0;
  return OK;
}
int nvmlDeviceGetMaxMigDeviceCount(Handle *h, unsigned *count) {
  ASK("nvmlDeviceGetMaxMigDeviceCount", h->gpu);
  *count = MIGS;
  return OK;
}
int nvmlDeviceGetMigDeviceHandleByIndex(Handle *h, unsigned index, Handle **out) {
  ASK("nvmlDeviceGetMigDeviceHandleByIndex", h->gpu);
  if ((int)index >= GPU(h)->mig_count) return NOT_FOUND;
  *out = &mig_handles[h->gpu][index];
  return OK;
}
