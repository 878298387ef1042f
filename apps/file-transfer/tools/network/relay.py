"""Passes connections on, and ends the first few after so many bytes.

relay.py HOST:PORT CONNECTIONS BYTES reset|close

Prints the port of 127.0.0.1 that it listens at.
"""

import asyncio
import socket
import struct
import sys


async def main():
    target, connections, limit, how = sys.argv[1:]
    host, port = target.rsplit(":", 1)
    to_end = int(connections)

    async def serve(near_reader, near):
        nonlocal to_end
        far_reader, far = await asyncio.open_connection(host, int(port))
        left = int(limit) if to_end > 0 else None
        to_end -= 1
        forth = asyncio.create_task(copy(near_reader, far, None))
        if await copy(far_reader, near, left):
            for end in (near, far):
                finish(end, how)
        await forth

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def copy(reader, writer, left):
    """Until the end, or until `left` bytes have passed: then it is true."""
    try:
        while left is None or left > 0:
            data = await reader.read(65536 if left is None else min(65536, left))
            if not data:
                writer.write_eof()
                return False
            writer.write(data)
            await writer.drain()
            if left is not None:
                left -= len(data)
        return True
    except OSError:
        return False


def finish(writer, how):
    if how == "reset":
        lingers = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingers)
        writer.transport.abort()
    else:
        writer.write_eof()


asyncio.run(main())
