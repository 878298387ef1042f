/* Loaded before the system's library: it refuses what some systems and some networks refuse.
 *
 * REFUSE_SEGMENTS      segmentation offload (UDP_SEGMENT) ends with EIO, as of a driver without checksums
 * RECEIVE_BUFFER_MAX   no socket gets a larger buffer for what it receives
 *
 * What was refused is a line each in ./shim.log. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define UDP_LEVEL 17
#define UDP_SEGMENT_OPTION 103

static void told(size_t bytes) {
    char line[64];
    int length = snprintf(line, sizeof line, "refused %zu\n", bytes);
    int log = open("shim.log", O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (log >= 0) {
        if (write(log, line, length) < 0) abort();
        close(log);
    }
}

ssize_t sendmsg(int socket, const struct msghdr *message, int flags) {
    static ssize_t (*next)(int, const struct msghdr *, int);
    if (!next) next = dlsym(RTLD_NEXT, "sendmsg");
    struct cmsghdr *part = CMSG_FIRSTHDR(message);
    for (; getenv("REFUSE_SEGMENTS") && part; part = CMSG_NXTHDR((struct msghdr *)message, part)) {
        if (part->cmsg_level == UDP_LEVEL && part->cmsg_type == UDP_SEGMENT_OPTION) {
            told(message->msg_iov[0].iov_len);
            errno = EIO;
            return -1;
        }
    }
    return next(socket, message, flags);
}

int setsockopt(int socket, int level, int option, const void *value, socklen_t length) {
    static int (*next)(int, int, int, const void *, socklen_t);
    if (!next) next = dlsym(RTLD_NEXT, "setsockopt");
    const char *most = getenv("RECEIVE_BUFFER_MAX");
    if (most && level == SOL_SOCKET && option == SO_RCVBUF && *(const int *)value > atoi(most)) {
        int granted = atoi(most);
        return next(socket, level, option, &granted, sizeof granted);
    }
    return next(socket, level, option, value, length);
}
