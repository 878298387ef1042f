"""What can be read in a capture of TCP on a loopback.

readable.py forms NEEDLES                   every form of what is looked for, to standard output
readable.py search NEEDLES CAPTURE all|none whether all of it, or nothing, is in there
readable.py records CAPTURE                 the lengths of the TLS records

NEEDLES has a line `text WORDS` or `number N` for each.
"""

import base64
import collections
import struct
import sys


def forms(path):
    """Each needle in the forms that programs write it in."""
    found = {}
    for line in open(path, encoding="utf-8"):
        kind, value = line.rstrip("\n").split(" ", 1)
        text = value.encode()
        if kind == "number":
            number = int(value)
            found[f"{value} in figures"] = text
            found[f"{value} as a big-endian u64"] = struct.pack(">Q", number)
            found[f"{value} as a little-endian u64"] = struct.pack("<Q", number)
        else:
            found[value] = text
            found[f"{value} in hex"] = text.hex().encode()
            # Without the ends, which depend on what stands beside.
            found[f"{value} in base64"] = base64.b64encode(text)[:-4]
    return found


def streams(path):
    """The bytes of each direction of each connection, in order."""
    data = open(path, "rb").read()
    magic, kind = data[:4], struct.unpack("<I", data[20:24])[0]
    assert magic == b"\xd4\xc3\xb2\xa1" and kind == 1, "not a capture of Ethernet by this machine"
    pieces, at = collections.defaultdict(dict), 24
    while at + 16 <= len(data):
        taken, original = struct.unpack("<II", data[at + 8 : at + 16])
        assert taken == original, "a packet is cut off"
        packet, at = data[at + 30 : at + 16 + taken], at + 16 + taken  # without Ethernet
        assert packet[0] >> 4 == 4, "not IPv4"
        ip = packet[: struct.unpack(">H", packet[2:4])[0] or len(packet)]
        tcp = ip[(ip[0] & 15) * 4 :]
        ports, sequence = tcp[:4], struct.unpack(">I", tcp[4:8])[0]
        if tcp[13] & 2:
            sequence += 1  # SYN counts as a byte
            pieces[ports][None] = sequence
        payload = tcp[(tcp[12] >> 4) * 4 :]
        if payload:
            pieces[ports][(sequence - pieces[ports][None]) % (1 << 32)] = payload
    for ports, parts in pieces.items():
        parts.pop(None)
        stream = bytearray()
        for offset, payload in sorted(parts.items()):
            assert offset <= len(stream), "a hole in the capture"
            stream[offset : offset + len(payload)] = payload
        yield struct.unpack(">HH", ports), bytes(stream)


def search(needles, capture, expected):
    all_bytes = [stream for _, stream in streams(capture)]
    wanted = forms(needles)
    seen = [name for name, needle in wanted.items() if any(needle in stream for stream in all_bytes)]
    total = sum(map(len, all_bytes))
    print(f"# {len(seen)} of {len(wanted)} found in {total} bytes {'in clear' if expected == 'all' else 'of ours'}")
    wrong = [name for name in wanted if (name in seen) != (expected == "all")]
    if wrong or total < 1000000:
        sys.exit(f"failed: wrong: {wrong}, {total} bytes")


def records(capture):
    kinds = {20: "change-cipher-spec", 21: "alert", 22: "handshake", 23: "data"}
    for (source, target), stream in streams(capture):
        lengths, at = collections.Counter(), 0
        while at < len(stream):
            kind, length = stream[at], struct.unpack(">H", stream[at + 3 : at + 5])[0]
            assert kind in kinds, f"no TLS record at byte {at}"
            lengths[kinds[kind], length] += 1
            at += 5 + length
        assert at == len(stream), "the last record is cut off"
        shown = ", ".join(f"{count} x {length}" for (kind, length), count in sorted(lengths.items()) if kind == "data")
        hello = ", ".join(f"{kind} {length}" for (kind, length), _ in sorted(lengths.items()) if kind != "data")
        print(f"port {source} to {target}: {hello}; data: {shown}")
        most = max(length for (kind, length) in lengths if kind == "data")
        kinds_of_data = sum(1 for (kind, _) in lengths if kind == "data")
        print(f"# {sum(lengths.values())} records one way, {kinds_of_data} lengths up to {most}")


command, *arguments = sys.argv[1:]
if command == "forms":
    sys.stdout.buffer.write(b"\n".join(forms(*arguments).values()))
elif command == "search":
    search(*arguments)
else:
    records(*arguments)
