"""Many connections to one sender, none of which ever proves anything.

crowd.py HOST:PORT silent|returning|hello CONNECTIONS

silent: connects and says nothing. returning: the same, and connects again whenever it is sent away. hello: sends the
first message of a TLS handshake, and does not go on when it is answered. Prints a line when it stands, and how many
connections there were in the end (SIGTERM).
"""

import asyncio
import signal
import ssl
import sys

count = 0


async def one(host, port, kind, standing):
    global count
    while True:
        try:
            reader, writer = await asyncio.open_connection(host, port)
        except OSError:
            if kind != "returning":
                standing.release()
                return
            await asyncio.sleep(0.05)
            continue
        count += 1
        if kind == "hello":
            writer.write(client_hello())
        standing.release()
        try:
            while await reader.read(65536):
                pass
        except OSError:
            pass
        if kind != "returning":
            # The descriptor stays open, as far as this side is concerned.
            await asyncio.sleep(3600)
        writer.close()


def client_hello():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["barewire-transfer/1"])
    output = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), output)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return output.read()


async def main():
    target, kind, connections = sys.argv[1:]
    host, port = target.rsplit(":", 1)
    standing = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(one(host, int(port), kind, standing)) for _ in range(int(connections))]
    for _ in tasks:
        await standing.acquire()
    print(f"{count} connections made", flush=True)
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    await over.wait()
    print(f"{count} connections in all", flush=True)


asyncio.run(main())
