"""Exchanges a directory and a link to another, as fast as it goes, until SIGTERM; then says how often, and in how many seconds.

flip.py DIRECTORY LINK_TARGET BEGUN

Makes the file BEGUN when it begins.
"""

import ctypes
import os
import signal
import sys
import time

AT_FDCWD, RENAME_EXCHANGE = -100, 2


def main():
    place, target, begun = sys.argv[1:]
    # Not in the way of what is received.
    beside = os.path.join(os.path.dirname(os.path.abspath(target)), "flip-link")
    if os.path.lexists(beside):
        os.remove(beside)
    os.symlink(target, beside)
    exchange = ctypes.CDLL(None, use_errno=True).renameat2
    names = place.encode(), beside.encode()
    running = True

    def stop(*_):
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, stop)
    open(begun, "x").close()
    flips, begin = 0, time.monotonic()
    while running:
        if exchange(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0:
            flips += 1
    print(flips, time.monotonic() - begin, flush=True)
    # Where it was in the beginning.
    if os.path.islink(place):
        exchange(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE)
    os.remove(beside)


main()
