"""A server of Python's own, and answers that file servers do not give: python3 server.py DIRECTORY

Says `listening on HOST:PORT` on standard error. Files beneath DIRECTORY are served by Python's SimpleHTTPRequestHandler; the
paths of `ANSWERS` by hand.
"""

import http.server
import socket
import sys

DIRECTORY = sys.argv[1]
ANSWERS = {}


def answer(function):
    ANSWERS["/" + function.__name__.replace("_", "-")] = function
    return function


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Each write leaves by itself.
    disable_nagle_algorithm = True

    def __init__(self, *args):
        super().__init__(*args, directory=DIRECTORY)

    def log_message(self, *args):
        pass

    def raw(self, *pieces):
        for piece in pieces:
            self.wfile.write(piece.encode("latin-1") if isinstance(piece, str) else piece)
            self.wfile.flush()

    def content(self):
        """Of the request, by length or by chunks."""
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"]))
        content = b""
        while "Transfer-Encoding" in self.headers:
            size = int(self.rfile.readline(), 16)
            content += self.rfile.read(size)
            if size == 0:
                self.trailers = list(iter(self.rfile.readline, b"\r\n"))
                break
            assert self.rfile.readline() == b"\r\n"
        return content

    def any(self):
        if self.path in ANSWERS:
            ANSWERS[self.path](self)
        elif self.command == "HEAD":
            super().do_HEAD()
        elif self.command == "GET":
            super().do_GET()
        else:
            self.send_error(405)

    do_GET = do_HEAD = do_PUT = do_POST = do_OPTIONS = any

    def do_CONNECT(self):
        if self.path.startswith("refused"):
            self.raw("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
            return
        # Fields that mean nothing here (RFC 9112 section 6.3, case 2), then the far end at once.
        self.raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello from " + self.path + "\n")
        self.shout()

    def shout(self):
        """Another protocol: lines in capitals, until the end."""
        for line in self.rfile:
            self.raw(line.upper())
        self.close_connection = True

    def handle_expect_100(self):
        if self.path == "/never":
            self.raw("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 5\r\nConnection: close\r\n\r\nnever")
            self.close_connection = True
            return False
        if self.path == "/silent":
            return True
        return super().handle_expect_100()


@answer
def chunked(self):
    self.raw(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n",
        "5\r\nhello\r\n",
        "01;name=value\r\n \r\n",
        '00005 ; quoted="a;b"\r\nworld\r\n',
        "00\r\nX-Sum: 11\r\nX-Empty:\r\n\r\n",
    )


@answer
def many_chunks(self):
    with open(DIRECTORY + "/1m", "rb") as file:
        content = file.read()
    self.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n")
    at, size = 0, 1
    while at < len(content):
        piece = content[at : at + size]
        self.raw(b"%X\r\n%s\r\n" % (len(piece), piece))
        at, size = at + size, size * 2 % 9973
    self.raw("0\r\n\r\n")


@answer
def interim(self):
    self.raw(
        "HTTP/1.1 102 Processing\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </b.js>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n",
        "Content-Length: 4\r\n\r\ndone",
    )


@answer
def no_content(self):
    self.raw("HTTP/1.1 204 No Content\r\n\r\n")


@answer
def not_modified(self):
    # With the length that 200 would have.
    self.raw('HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 1048576\r\n\r\n')


@answer
def head(self):
    assert self.command == "HEAD"
    self.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")


@answer
def until_close(self):
    with open(DIRECTORY + "/1m", "rb") as file:
        self.raw("HTTP/1.1 200 OK\r\n\r\n", file.read())
    self.close_connection = True


@answer
def last(self):
    self.raw("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlast")
    self.close_connection = True


@answer
def old(self):
    self.raw("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold")
    self.close_connection = True


@answer
def old_kept(self):
    self.raw("HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: Keep-Alive\r\n\r\nold")


@answer
def old_length(self):
    self.raw("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold")
    self.close_connection = True


@answer
def no_reason(self):
    self.raw("HTTP/1.1 299 \r\nContent-Length: 1\r\n\r\nx")


@answer
def byte_by_byte(self):
    text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1b\r\n"
    text += "abcdefghijklmnopqrstuvwxyz\n\r\n0\r\nX-Last: z\r\n\r\n"
    self.raw(*text)


@answer
def continue_(self):
    # The handler has said 100 if it was asked.
    content = self.content()
    trailers = b"".join(getattr(self, "trailers", []))
    self.raw(b"HTTP/1.1 200 OK\r\nX-Trailers: %d\r\nContent-Length: %d\r\n\r\n" % (len(trailers), len(content)), content)


ANSWERS["/continue"] = ANSWERS["/silent"] = ANSWERS.pop("/continue-")


@answer
def early_kept(self):
    # Before any content has been read.
    self.raw("HTTP/1.1 413 Content Too Large\r\nContent-Length: 8\r\n\r\ntoo much")
    while self.rfile.read1(65536):
        pass


@answer
def early(self):
    self.raw("HTTP/1.1 413 Content Too Large\r\nContent-Length: 8\r\nConnection: close\r\n\r\ntoo much")
    # So that no reset takes the answer away.
    self.connection.shutdown(socket.SHUT_WR)
    while self.rfile.read1(65536):
        pass
    self.close_connection = True


@answer
def upgrade(self):
    assert self.headers["Upgrade"] == "other/1, shout", self.headers
    assert self.headers["Connection"].lower() == "upgrade", self.headers
    self.raw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\nready\n")
    self.shout()


@answer
def not_upgraded(self):
    self.raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain")


def cut(name, text):
    def function(self):
        self.raw(text)
        self.close_connection = True

    ANSWERS["/" + name] = function


cut("cut-length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
cut("cut-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhal")
cut("cut-chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
cut("cut-trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\n")
cut("cut-head", "HTTP/1.1 200 OK\r\nContent-Le")
cut("cut-interim", "HTTP/1.1 103 Early Hints\r\n\r\n")
cut("cut-before", "")
cut("leaves", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
cut("goes-on", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
cut("bare-lf", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi")
cut("folded", "HTTP/1.1 200 OK\r\nX-Long: a\r\n b\r\nContent-Length: 2\r\n\r\nhi")
cut("space", "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi")
cut("two-lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi")
cut("length-and-chunks", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")
cut("bare-status", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi")
cut("not-http", "220 ready\r\n")

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("listening on %s:%d" % server.server_address, file=sys.stderr, flush=True)
server.serve_forever()
