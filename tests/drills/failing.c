/*
 * A disk that takes no more, in front of a real one: while the file FAILING_SWITCH is
 * there, what would change files below FAILING_FOLDER fails as its first word says,
 * "read-only" (EROFS) or "full" (ENOSPC, of what makes a file longer).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_below(const char *path) {
    const char *folder = getenv("FAILING_FOLDER");
    return folder && strncmp(path, folder, strlen(folder)) == 0;
}

/* 0, or the error that a change fails with; `longer` where the file would grow. */
static int failing(const char *path, int longer) {
    const char *name = getenv("FAILING_SWITCH");
    int handle, kind = 0;
    if (!name || !is_below(path))
        return 0;
    handle = syscall(SYS_openat, AT_FDCWD, name, O_RDONLY);
    if (handle < 0)
        return 0;
    if (read(handle, &kind, 1) != 1)
        kind = 0;
    close(handle);
    return kind == 'r' ? EROFS : kind == 'f' && longer ? ENOSPC : 0;
}

static int failing_at(int handle, off_t end) {
    char link[64], path[PATH_MAX];
    struct stat now;
    ssize_t length;
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return 0;
    path[length] = 0;
    if (!is_below(path) || fstat(handle, &now) != 0)
        return 0;
    return failing(path, end > now.st_size);
}

#define REFUSE(error) \
    do { int found = (error); if (found) { errno = found; return -1; } } while (0)

ssize_t pwrite(int handle, const void *from, size_t count, off_t at) {
    REFUSE(failing_at(handle, at + count));
    return REAL(pwrite)(handle, from, count, at);
}

ssize_t pwrite64(int handle, const void *from, size_t count, off_t at) {
    REFUSE(failing_at(handle, at + count));
    return REAL(pwrite64)(handle, from, count, at);
}

ssize_t write(int handle, const void *from, size_t count) {
    REFUSE(failing_at(handle, lseek(handle, 0, SEEK_CUR) + count));
    return REAL(write)(handle, from, count);
}

int ftruncate(int handle, off_t length) {
    REFUSE(failing_at(handle, length));
    return REAL(ftruncate)(handle, length);
}

int ftruncate64(int handle, off_t length) {
    REFUSE(failing_at(handle, length));
    return REAL(ftruncate64)(handle, length);
}

static int opening(int (*open_it)(const char *, int, ...), const char *path, int flags,
                   mode_t mode) {
    if ((flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT) {
        char whole[PATH_MAX];
        int is_new = access(path, F_OK) != 0;
        if (path[0] != '/' && getcwd(whole, sizeof whole - strlen(path) - 2))
            strcat(strcat(whole, "/"), path);
        else
            strcpy(whole, path);
        REFUSE(failing(whole, is_new));
    }
    return open_it(path, flags, mode);
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        mode_t mode = 0; \
        va_list more; \
        va_start(more, flags); \
        if (flags & O_CREAT) mode = va_arg(more, mode_t); \
        va_end(more); \
        return opening(REAL(name), path, flags, mode); \
    }
OPEN(open)
OPEN(open64)
