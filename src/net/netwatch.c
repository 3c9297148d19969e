/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sleep and network changes, by what the Linux kernel tells: a timer on the wall clock that is cancelled when the
 * clock is set (which waking up does), and routing news (rtnetlink).  Both behind one descriptor. */
#include "net/netwatch.h"

#ifdef __linux__

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct netwatch {
    int epoll, timer, routes;
};

enum { FAR_FUTURE_S = 10 * 365 * 86400 };

static void arm(netwatch *w)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct itimerspec when = { .it_value.tv_sec = now.tv_sec + FAR_FUTURE_S };
    (void)timerfd_settime(w->timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

static int open_routes(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    struct sockaddr_nl address = { .nl_family = AF_NETLINK,
                                   .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE };
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void listen_to(netwatch *w, int fd)
{
    struct epoll_event event = { .events = EPOLLIN };
    if (fd >= 0)
        (void)epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &event);
}

netwatch *netwatch_open(void)
{
    netwatch *w = g_new0(netwatch, 1);
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    w->timer = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    w->routes = open_routes();
    if (w->epoll < 0 || (w->timer < 0 && w->routes < 0)) {
        netwatch_close(w);
        return NULL;
    }
    if (w->timer >= 0)
        arm(w);
    listen_to(w, w->timer);
    listen_to(w, w->routes);
    return w;
}

void netwatch_close(netwatch *w)
{
    if (w == NULL)
        return;
    const int fds[] = { w->epoll, w->timer, w->routes };
    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    g_free(w);
}

int netwatch_fd(const netwatch *w)
{
    return w->epoll;
}

static bool clock_was_set(netwatch *w)
{
    guint64 expirations;
    if (w->timer < 0 || read(w->timer, &expirations, sizeof expirations) >= 0 || errno != ECANCELED)
        return false;
    arm(w);
    return true;
}

/* An address that is merely confirmed again (IPv6 does that often) is told like a new one: believed all the same,
 * it costs one probe. */
static bool routes_changed(netwatch *w)
{
    char buffer[8192];
    bool any = false;
    while (w->routes >= 0) {
        ssize_t n = recv(w->routes, buffer, sizeof buffer, 0);
        if (n <= 0 && !(n < 0 && errno == ENOBUFS)) /* lost news are news */
            break;
        any = true;
    }
    return any;
}

bool netwatch_take(netwatch *w)
{
    bool woke = clock_was_set(w);
    return routes_changed(w) || woke;
}

#else

netwatch *netwatch_open(void)
{
    return NULL;
}

void netwatch_close(netwatch *w)
{
    (void)w;
}

int netwatch_fd(const netwatch *w)
{
    (void)w;
    return -1;
}

bool netwatch_take(netwatch *w)
{
    (void)w;
    return false;
}

#endif
