"""Looks at what tcpdump has written, with nanoseconds, of IPv4.

    capture.py fragments FILE MTU     how many packets are fragments, or longer than the MTU
    capture.py pace FILE BYTES        datagrams of that size: most within 1 ms, how many, bytes a second
"""

import struct
import sys
from collections import deque


def packets(file):
    """(nanoseconds, IPv4 packet's beginning, length it had)."""
    data = open(file, "rb").read()
    assert struct.unpack("<I", data[:4])[0] == 0xA1B23C4D, "not a capture with nanoseconds"
    at = 24
    while at + 16 <= len(data):
        seconds, nanoseconds, kept, length = struct.unpack("<IIII", data[at : at + 16])
        frame = data[at + 16 : at + 16 + kept]
        if frame[12:14] == b"\x08\x00":
            yield seconds * 10**9 + nanoseconds, frame[14:], length - 14
        at += 16 + kept


def fragments(file, mtu):
    cut = joined = count = 0
    for _, ip, length in packets(file):
        count += 1
        cut += struct.unpack(">H", ip[6:8])[0] & 0x3FFF != 0
        joined += length > int(mtu)
    assert joined == 0, f"{joined} packets are longer than {mtu}: not apart when they were captured"
    print(f"{cut} fragments in {count} packets")


def pace(file, size):
    times = [at for at, _, length in packets(file) if length == 28 + int(size)]
    recent, most = deque(), 0
    for at in times:
        recent.append(at)
        while recent[0] <= at - 10**6:
            recent.popleft()
        most = max(most, len(recent))
    seconds = (times[-1] - times[0]) / 10**9
    print(f"{most} at most within 1 ms, {len(times)} datagrams, {(len(times) - 1) * int(size) / seconds / 10**6:.3f} MB/s")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
