"""Python's own HTTP clients: python3 client.py CASE HOST:PORT [DIRECTORY]

Fails with a traceback. DIRECTORY is what the server serves.
"""

import hashlib
import http.client
import os
import sys
import urllib.error
import urllib.request

CASE, ADDRESS = sys.argv[1:3]
DIRECTORY = sys.argv[3] if len(sys.argv) > 3 else None
FILES = ["/0", "/1", "/1k", "/1m"]
TIMEOUT_SECONDS = 20


def digest(content):
    return hashlib.sha256(content).hexdigest()


def stored(path):
    with open(DIRECTORY + path, "rb") as file:
        return file.read()


def open_url(path, method="GET", **fields):
    fields = {name.replace("_", "-"): value for name, value in fields.items()}
    request = urllib.request.Request("http://" + ADDRESS + path, headers=fields, method=method)
    # No proxy, whatever the environment says.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(request, timeout=TIMEOUT_SECONDS)


def refused(status, path, **options):
    try:
        open_url(path, **options)
    except urllib.error.HTTPError as error:
        assert error.code == status, error
        return error
    raise AssertionError(f"{path}: not refused")


def connect():
    connection = http.client.HTTPConnection(ADDRESS, timeout=TIMEOUT_SECONDS)
    connection.connect()
    # It would connect again by itself.
    connection.auto_open = 0
    return connection


def ask(connection, method, path, **options):
    connection.request(method, path, **options)
    response = connection.getresponse()
    content = response.read()
    assert response.isclosed()
    return response, content


def urllib_reads():
    for path in FILES:
        content = stored(path)
        with open_url(path) as response:
            assert response.status == 200, response.status
            assert int(response.headers["Content-Length"]) == len(content)
            assert digest(response.read()) == digest(content), path
            tag = response.headers["ETag"]
        with open_url(path, method="HEAD") as response:
            assert int(response.headers["Content-Length"]) == len(content)
            assert response.read() == b""
        error = refused(304, path, If_None_Match=tag)
        assert error.headers["ETag"] == tag
    with open_url("/1m", Range="bytes=1000-299999") as response:
        assert response.status == 206, response.status
        assert response.headers["Content-Range"] == "bytes 1000-299999/1048576"
        assert response.read() == stored("/1m")[1000:300000]
    refused(404, "/missing")
    refused(405, "/1k", method="DELETE")
    # One redirection, and a listing behind it.
    os.mkdir(DIRECTORY + "/directory")
    with open_url("/directory") as response:
        assert response.geturl().endswith("/directory/"), response.geturl()
        assert b"<html" in response.read()


def one_connection():
    connection = connect()
    port = connection.sock.getsockname()
    for path in FILES + FILES:
        response, content = ask(connection, "GET", path)
        assert response.status == 200
        assert digest(content) == digest(stored(path)), path
        response, content = ask(connection, "HEAD", path)
        assert response.length == 0 and content == b""
        assert connection.sock.getsockname() == port
    response, _ = ask(connection, "GET", "/1", headers={"Connection": "close"})
    assert response.will_close
    assert connection.sock is None, "the answer says close"


def uploads_refused():
    connection = connect()
    body = os.urandom(1000)
    for method in ["PUT", "POST"]:
        for content in [body, iter([body, body])]:
            chunked = not isinstance(content, bytes)
            response, _ = ask(connection, method, "/new", body=content, encode_chunked=chunked)
            assert response.status == 405, response.status
            assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
    response, content = ask(connection, "GET", "/1k")
    assert digest(content) == digest(stored("/1k"))
    assert not os.path.exists(DIRECTORY + "/new")


def uploads_taken():
    connection = connect()
    for size in [0, 1, 1024, 1 << 20]:
        body = os.urandom(size)
        pieces = [body[at : at + 40000] for at in range(0, size, 40000)]
        for method in ["PUT", "POST"]:
            for framing, content in [("length", body), ("chunked", iter(pieces))]:
                chunked = framing == "chunked"
                response, got = ask(connection, method, "/", body=content, encode_chunked=chunked)
                assert response.status == 200, response.status
                assert response.headers["X-Framing"] == framing, response.headers
                assert response.headers["X-Method"] == method
                assert digest(got) == digest(body), (method, framing, size)


def trailers():
    connection = connect()
    connection.putrequest("PUT", "/")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.putheader("Trailer", "X-Digest, X-Other")
    connection.endheaders()
    connection.send(b"5;name=value\r\nhello\r\n0\r\nX-Digest: abc\r\nX-Other: def\r\n\r\n")
    response = connection.getresponse()
    assert response.headers["X-Trailers"] == "2", response.headers
    assert response.read() == b"hello"
    response, got = ask(connection, "GET", "/")
    assert response.headers["X-Framing"] == "none", response.headers
    assert got == b""


globals()[CASE]()
print("done", CASE)
