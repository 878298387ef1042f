"""Reads frames from standard input, and writes each with b"got " before it: echo.py FORMAT [STRUCT]"""

import struct
import sys


def prefix(layout):
    """A length by itself."""
    size = struct.calcsize(layout)

    def decode(data):
        (length,) = struct.unpack_from(layout, data)
        return data[size : size + length], data[size + length :]

    return decode, lambda payload: struct.pack(layout, len(payload)) + payload


def u24(_):
    """Three bytes, for which struct has no letter."""

    def decode(data):
        length = int.from_bytes(data[:3], "big")
        return data[3 : 3 + length], data[3 + length :]

    return decode, lambda payload: len(payload).to_bytes(3, "big") + payload


def tpkt(_):
    """RFC 1006: version, reserved, the length of all of it."""

    def decode(data):
        version, reserved, length = struct.unpack_from(">BBH", data)
        assert (version, reserved) == (3, 0)
        return data[4:length], data[length:]

    return decode, lambda payload: struct.pack(">BBH", 3, 0, 4 + len(payload)) + payload


def postgres(_):
    """A type, and a length that counts itself and what follows."""

    def decode(data):
        kind, length = struct.unpack_from(">cI", data)
        assert kind == b"Q"
        return data[5 : 1 + length], data[1 + length :]

    return decode, lambda payload: struct.pack(">cI", b"Q", 4 + len(payload)) + payload


def varint(_):
    """As Protocol Buffers write it before a message."""

    def decode(data):
        length = shift = at = 0
        while True:
            length |= (data[at] & 0x7F) << shift
            shift += 7
            at += 1
            if data[at - 1] < 0x80:
                return data[at : at + length], data[at + length :]

    def encode(payload):
        length, head = len(payload), bytearray()
        while length > 0x7F:
            head.append(length & 0x7F | 0x80)
            length >>= 7
        head.append(length)
        return bytes(head) + payload

    return decode, encode


def netstring(_):
    def decode(data):
        digits, rest = data.split(b":", 1)
        length = int(digits)
        assert rest[length : length + 1] == b","
        return rest[:length], rest[length + 1 :]

    return decode, lambda payload: b"%d:%s," % (len(payload), payload)


def octets(_):
    """RFC 6587, section 3.4.1."""

    def decode(data):
        digits, rest = data.split(b" ", 1)
        return rest[: int(digits)], rest[int(digits) :]

    return decode, lambda payload: b"%d %s" % (len(payload), payload)


def ended(end):
    """By LF, CRLF or NUL."""
    end = {"lf": b"\n", "crlf": b"\r\n", "nul": b"\0"}[end]

    def decode(data):
        payload, found, rest = data.partition(end)
        assert found
        return payload, rest

    return decode, lambda payload: payload + end


def slip(_):
    """RFC 1055, with an END before a frame as well."""

    def decode(data):
        payload, found, rest = data.lstrip(b"\xC0").partition(b"\xC0")
        assert found
        payload = payload.replace(b"\xDB\xDC", b"\xC0")
        return payload.replace(b"\xDB\xDD", b"\xDB"), rest

    def encode(payload):
        payload = payload.replace(b"\xDB", b"\xDB\xDD")
        return b"\xC0" + payload.replace(b"\xC0", b"\xDB\xDC") + b"\xC0"

    return decode, encode


def cobs(_):
    """After the paper: blocks of up to 254 bytes without a zero, each behind its length and one."""

    def decode(data):
        frame, found, rest = data.partition(b"\0")
        assert found
        payload, code = b"", 0xFF
        while frame:
            if code < 0xFF:
                payload += b"\0"
            code = frame[0]
            assert len(frame) >= code
            payload += frame[1:code]
            frame = frame[code:]
        return payload, rest

    def encode(payload):
        frame = b""
        blocks = payload.split(b"\0")
        for block in blocks:
            while len(block) >= 254:
                frame += b"\xFF" + block[:254]
                block = block[254:]
            frame += bytes([1 + len(block)]) + block
        return frame + b"\0"

    return decode, encode


def main(name, *layout):
    decode, encode = globals()[name](*(layout or [None]))
    data = sys.stdin.buffer.read()
    while data:
        payload, data = decode(data)
        sys.stdout.buffer.write(encode(b"got " + payload))


main(*sys.argv[1:])
