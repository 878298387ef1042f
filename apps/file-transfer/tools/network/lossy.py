"""A bad cable between two network namespaces.

lossy.py NAMESPACE NAMESPACE [--loss SHARE] [--delay SECONDS] [--late SHARE SECONDS] [--rate BYTES]

Makes an interface `lossy` in each and carries packets from one to the other: loses a share of them, delays all, delays a
share of them more so that others overtake them, carries so many bytes a second each way. The kernel's own means (netem)
are not in every kernel. Prints a line when the interfaces are there, and figures at the end (SIGTERM).
"""

import argparse
import ctypes
import fcntl
import heapq
import os
import random
import select
import signal
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
# Packets that wait for their turn where the rate is limited; one more is lost, as in a router.
QUEUE_MAX = 100


def tun(namespace):
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/var/run/netns/{namespace}", os.O_RDONLY)
    if libc.setns(there, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"lossy", IFF_TUN | IFF_NO_PI))
    libc.setns(home, CLONE_NEWNET)
    return device


class Way:
    """One direction."""

    def __init__(self, options, chance):
        self.options, self.chance = options, chance
        self.waiting, self.free_at = [], 0.0
        self.carried = self.lost = self.late = 0

    def take(self, packet, now):
        options = self.options
        if self.chance.random() < options.loss:
            self.lost += 1
            return
        due = now + options.delay
        if options.rate:
            if len(self.waiting) >= QUEUE_MAX:
                self.lost += 1
                return
            self.free_at = max(self.free_at, now) + len(packet) / options.rate
            due += self.free_at - now
        if options.late and self.chance.random() < options.late[0]:
            self.late += 1
            due += options.late[1]
        self.carried += 1
        heapq.heappush(self.waiting, (due, self.carried, packet))

    def give(self, device, now):
        while self.waiting and self.waiting[0][0] <= now:
            try:
                os.write(device, heapq.heappop(self.waiting)[2])
            except OSError:
                self.lost += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("namespaces", nargs=2)
    parser.add_argument("--loss", type=float, default=0)
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--late", type=float, nargs=2)
    parser.add_argument("--rate", type=float)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ends = [tun(namespace) for namespace in options.namespaces]
    # The same chances every time.
    ways = [Way(options, random.Random(seed)) for seed in (1, 2)]
    print("ready", flush=True)
    try:
        carry(ends, ways)
    finally:
        for way in ways:
            print(f"{way.carried} carried, {way.lost} lost, {way.late} late", flush=True)


def carry(ends, ways):
    while True:
        due = min((way.waiting[0][0] for way in ways if way.waiting), default=None)
        wait = None if due is None else max(0, due - time.monotonic())
        readable, _, _ = select.select(ends, [], [], wait)
        now = time.monotonic()
        for index, end in enumerate(ends):
            if end in readable:
                for _ in range(64):
                    try:
                        ways[index].take(os.read(end, 65536), now)
                    except BlockingIOError:
                        break
            ways[index].give(ends[1 - index], now)


main()
