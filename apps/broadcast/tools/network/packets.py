"""Packets as nobody should send them, and a look at those that pass. Each command is described where it is."""

import os
import random
import socket
import struct
import sys
import time

BEACON = 5143
ANNOUNCE, QUERY, REPLY = 1, 2, 3
OUTGOING = 4  # linux/if_packet.h


def message(kind, fields=b"", instance=None, sequence=1, length=None):
    """A datagram of the beacon's, filled up to a length."""
    instance = instance or os.urandom(16)
    head = instance + struct.pack(">II", sequence, int(time.time()))
    body = head + fields
    if length:
        room = length - 8 - len(body) - 3
        body += struct.pack(">BH", 0, room) + bytes(room)
    return b"BWbc" + struct.pack(">BBH", 1, kind, 8 + len(body)) + body


def query(**more):
    return message(QUERY, length=1200, **more)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(to_mac, own_mac, source, source_port, to, port, payload):
    """An Ethernet frame; for IPv4 the checksum of UDP is left out, as it may be."""
    length = 8 + len(payload)
    if ":" in to:
        addresses = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, to)
        udp = struct.pack(">HHHH", source_port, port, length, 0)
        total = checksum(addresses + struct.pack(">IHH", length, 0, 17) + udp + payload) or 0xFFFF
        udp = struct.pack(">HHHH", source_port, port, length, total)
        ip = struct.pack(">IHBB", 6 << 28, length, 17, 1) + addresses
        return to_mac + own_mac + b"\x86\xdd" + ip + udp + payload
    addresses = socket.inet_aton(source) + socket.inet_aton(to)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 1, 17, 0) + addresses
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    return to_mac + own_mac + b"\x08\x00" + ip + struct.pack(">HHHH", source_port, port, length, 0) + payload


def packets(interface):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.bind((interface, 0))
    return wire


def bytes_of(mac):
    return bytes.fromhex(mac.replace(":", ""))


def udp_in(packet):
    """(source, source port, destination, port, payload) of a frame, if it has UDP that is not in fragments."""
    kind = packet[12:14]
    if kind == b"\x08\x00" and packet[23] == 17 and not struct.unpack(">H", packet[20:22])[0] & 0x3FFF:
        at = 14 + (packet[14] & 15) * 4
        source, to = socket.inet_ntoa(packet[26:30]), socket.inet_ntoa(packet[30:34])
    elif kind == b"\x86\xdd" and packet[20] == 17:
        at = 54
        source, to = (socket.inet_ntop(socket.AF_INET6, packet[n : n + 16]) for n in (22, 38))
    else:
        return None
    source_port, port, length = struct.unpack(">HHH", packet[at : at + 6])
    return source, source_port, to, port, packet[at + 8 : at + length]


def seen(interface):
    """What passes an interface: which way, and UDP."""
    wire = packets(interface)
    wire.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
    print("ready", flush=True)
    while True:
        packet, address = wire.recvfrom(65536)
        udp = udp_in(packet)
        if udp:
            yield ("out" if address[2] == OUTGOING else "in"), udp


def watch(interface):
    """Tells the beacon's datagrams that pass: way, type, source, port, destination, port, bytes."""
    for way, (source, source_port, to, port, payload) in seen(interface):
        if payload[:4] == b"BWbc":
            print(way, payload[5], source, source_port, to, port, len(payload), flush=True)


def dump(interface, port):
    """Tells in hexadecimal what goes to a port."""
    for way, (_, _, to, to_port, payload) in seen(interface):
        if to_port == int(port):
            print(way, to, payload.hex(), flush=True)


def spoof(interface, to_mac, to, *sources):
    """Asks from addresses, each as ADDRESS/PORT, three times over."""
    wire = packets(interface)
    own = wire.getsockname()[4]
    for _ in range(3):
        for source in sources:
            address, port = source.split("/")
            wire.send(frame(bytes_of(to_mac), own, address, int(port), to, BEACON, query()))
        time.sleep(0.05)


def storm(interface, to_mac, to, count, sources, seconds):
    """Asks so often within that time, from so many addresses of 10.77.0.0/16."""
    wire = packets(interface)
    own = wire.getsockname()[4]
    start, count = time.monotonic(), int(count)
    for number in range(count):
        host = 256 + number % int(sources)
        source = f"10.77.{host >> 8}.{host & 255}"
        wire.send(frame(bytes_of(to_mac), own, source, 40000, to, BEACON, query(sequence=number)))
        ahead = start + float(seconds) * number / count - time.monotonic()
        if ahead > 0.002:
            time.sleep(ahead)
    print(f"{count} in {time.monotonic() - start:.2f} s")


def account(interface, seconds):
    """Counts bytes in and out, a hundred times a second: fails if more has gone out than come in at any time."""

    def counted():
        names = ("rx_bytes", "tx_bytes")
        return [int(open(f"/sys/class/net/{interface}/statistics/{name}").read()) for name in names]

    begun = counted()
    print("ready", flush=True)
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        came, went = (now - then for now, then in zip(counted(), begun))
        if went > came:
            sys.exit(f"{went} bytes out, {came} bytes in")
        time.sleep(0.01)
    print(f"{came} bytes in, {went} bytes out")


def replay(interface, own, broadcast):
    """Says again whatever is announced, from an own address: to whoever asks, and to all. Takes connections, silently."""
    listener = socket.create_server((own, 5142))
    speaker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    speaker.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    speaker.bind((own, 0))
    heard = None
    for _, (source, source_port, _, port, payload) in seen(interface):
        if payload[:4] != b"BWbc" or source == own or ":" in source:
            continue
        if payload[5] in (ANNOUNCE, REPLY):
            if not heard:
                print("heard", flush=True)
            heard = payload
            speaker.sendto(heard, (broadcast, BEACON))
        elif payload[5] == QUERY and heard:
            # As a reply: another type, the same words.
            speaker.sendto(heard[:5] + bytes([REPLY]) + heard[6:], (source, source_port))
            print("replied to", source, flush=True)


if __name__ == "__main__":
    random.seed()
    globals()[sys.argv[1]](*sys.argv[2:])
