//! What messages are put together from.

pub(super) const CRLF: &[u8] = b"\r\n";

/// Before a request line.
pub(super) const LEADS: &[&[u8]] = &[
    b"\r\n", b"\r\n\r\n", b"\r\n\r\n\r\n", b"\n", b"\n\n", b"\r", b"\r\r\n", b" ", b"\t", b" \r\n", b"\0", b"\r\n \r\n",
    b"\xef\xbb\xbf", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];

pub(super) const METHODS: &[&[u8]] = &[
    b"GET", b"GET", b"HEAD", b"POST", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"CONNECT", b"TRACE", b"PATCH",
    b"PROPFIND", b"M-SEARCH", b"PURGE", b"QUERY", b"BREW", b"get", b"A!#$%&'*+-.^_`|~9", b"SOURCE", b"PRI",
];

pub(super) const BAD_METHODS: &[&[u8]] = &[
    b"", b"G ET", b"G\0T", b"GET\t", b"(GET)", b"GET:", b"G\x80T", b"\"GET\"", b"GE\rT", b"GE\nT", b"G/T", b"GET,",
    b"{}", b"G@T", b"GET\x7f",
];

pub(super) const SPACES: &[&[u8]] = &[b"  ", b"\t", b"", b" \t", b"\t ", b"\x0b", b"\x0c", b"\xa0", b"   ", b"\r", b"\n"];

pub(super) const TARGETS: &[&[u8]] = &[
    b"/", b"/", b"/a?b=c", b"/a%20b", b"//a", b"/a;b=c:d@e", b"http://b.example/p?q", b"HTTP://b.example",
    b"http://b.example?q", b"http://[::1]:8080/", b"coffee+v1://pot/", b"http://%62.example/",
];

pub(super) const CONNECT_TARGETS: &[&[u8]] = &[b"b.example:443", b"[::1]:443", b"127.0.0.1:1", b"%62.example:443"];

pub(super) const OPTIONS_TARGETS: &[&[u8]] = &[b"*", b"*", b"/", b"http://b.example"];

/// Odd for most methods; some of them fit some.
pub(super) const ODD_TARGETS: &[&[u8]] = &[
    b"", b"a", b"/a b", b"/a#f", b"#", b"/\x7f", b"/\xe9", b"/\xc3\xa9", b"/[a]", b"/a|b", b"/{a}", b"/a\"b", b"/a\\b",
    b"/a^b`", b"/<a>", b"/%zz", b"/%4", b"/%", b"http://", b"http://u@b.example/", b"http://u:p@b.example/",
    b"http:///p", b"*x", b"*", b"**", b"b.example", b"b.example:", b"b.example:80", b"b.example:99999", b":80", b"/a\tb",
    b"?q", b"http:a", b"http:/a", b"urn:x:y", b"http://a:b/", b"http://a:99999/", b"http://[::1/", b"http://[::g]/",
    b"http://b.example#f", b"/a\0b", b"/a\x01", b"1http://a/", b"http://a%zz/", b"http://a_b/", b"http://a/|",
    b"http://a/%zz", b"http://a b/", b"http://:80/", b"[::1]:443", b"http://a\\b/", b"http://1.2.3.4.5/", b"/?\"",
    b"http://[v1.a]/", b"http://a:/", b"a:443/", b"b.example:443?q", b"*?q", b"http://a|b/", b"http://a\xe9/",
];

pub(super) const VERSIONS: &[&[u8]] = &[b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0"];

pub(super) const ODD_VERSIONS: &[&[u8]] = &[
    b"HTTP/1.2", b"HTTP/1.9", b"HTTP/2.0", b"HTTP/0.9", b"http/1.1", b"Http/1.1", b"HTTP/1.10", b"HTTP/1.", b"HTTP/1",
    b"HTTP/.1", b"HTTP/01.1", b"", b"HTTP/1.1 ", b"HTTP/1.1\t", b"ICE/1.0", b"RTSP/1.0", b"HTTP/3.0", b"HTTP/1,1",
    b"HTTP/1.1 x", b"HTTP\\1.1", b"HTTP/1.a", b"HTTP/a.1", b"HTTP /1.1", b"HTTPS/1.1", b"HTTP/9.9", b"HTTP/1.\xb1",
    b"HTTP/2", b"HTTP",
];

pub(super) const LINE_ENDS: &[&[u8]] = &[
    b"\n", b"\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b" \r\n", b"\t\r\n", b"\0\r\n", b"\x0b\r\n", b"\x85", b"", b"\r \n",
    b"\r\n\r\n", b"\rX\n", b"\r\r",
];

/// Ends of field lines, folds among them.
pub(super) const FIELD_ENDS: &[&[u8]] = &[
    b"\n", b"\n", b"\r", b"\r\r\n", b"\n\r\n", b"\r\n folded\r\n", b"\r\n\tfolded\r\n", b"\r\n \r\n", b"\n folded\r\n",
    b"", b"\0\r\n", b"\x7f\r\n", b"\rX: y\r\n", b"\nX: y\r\n", b"\x0b\r\n",
];

/// Between the request line and the fields.
pub(super) const BEFORE_FIELDS: &[&[u8]] = &[
    b" \r\n", b" X: y\r\n", b"\tX: y\r\n", b"\r\n", b":\r\n", b": y\r\n", b"X\r\n", b"X y\r\n", b"\n", b"X: y", b"\0: y\r\n",
];

pub(super) const COLONS: &[&[u8]] = &[
    b" :", b"\t: ", b"", b"::", b" ", b"\r\n:", b": \r\n ", b":\0", b":\x0b", b"\x0b:", b":\xa0", b"\x00:", b"=", b"\xa0:",
];

pub(super) const HOSTS: &[&[u8]] = &[
    b"a", b"b.example", b"b.example:80", b"127.0.0.1:8080", b"[::1]", b"[::1]:443", b"a:", b"a_b", b"",
];

pub(super) const ODD_HOSTS: &[&[u8]] = &[
    b"a b", b"u@a", b"a/b", b"a:x", b"a%zz", b"a%41", b"[::1", b"[::g]", b"[::1]x", b"[v1.a]", b":80", b"a:99999", b"a,b",
    b"a, b", b"a:1:2", b"http://a", b"\xe9", b"a?b", b"a#b", b"[]", b"a\\b", b"\"a\"", b"*", b"[::1%25eth0]", b"[v1]", b"a|b",
    b"[1::2::3]", b"[::ffff:1.2.3.4]", b"[::1]:", b"a^b", b"a;b", b"[::1]:x", b"[:", b"a<b", b"{a}",
    b"[1:2:3:4:5:6:7:8:9]", b"[12345::]", b"[::1.2.3.256]", b"[V1.a:b]", b"a%4", b":",
];

pub(super) const NAMES: &[&[u8]] = &[
    b"X", b"Accept", b"User-Agent", b"x-a-rather-long-name-of-a-field", b"A!#$%&'*+-.^_`|~9", b"Cookie", b"X-Y",
];

pub(super) const TRAILER_NAMES: &[&[u8]] = &[
    b"X", b"Expires", b"Content-MD5", b"Content-Length", b"Transfer-Encoding", b"Host", b"Trailer", b"Connection",
];

pub(super) const BAD_NAMES: &[&[u8]] = &[
    b"", b"X Y", b"X\0", b"X(", b"X\"", b"X/Y", b"X@", b"X\x80", b"X[1]", b"X{", b"X\x01", b"X,Y", b"X;Y", b"X=Y", b"X<", b"X\x7f",
    b"X\r", b"X\n", b"\tX", b"X\t", b"X\xe9", b"X\\Y",
];

pub(super) const VALUES: &[&[u8]] = &[
    b"", b"y", b"a b", b"a\tb", b"\xe9\x80\xff", b"a, b, \"c,d\"", b"text/html;q=0.8, */*;q=0.1", b"a:b", b"0",
    b"a value that is longer than any register of any processor is wide, so that every scan has to go round",
];

pub(super) const BAD_VALUES: &[&[u8]] = &[
    b"a\0b", b"\0", b"a\rb", b"a\nb", b"a\x01b", b"a\x7fb", b"a\x0bb", b"a\x0cb", b"a\x1fb", b"a\r\n b", b"a\r\n\tb", b"\x08", b"\x1b[0m",
];

pub(super) const CONNECTIONS: &[&[u8]] = &[
    b"close", b"keep-alive", b"Keep-Alive", b"CLOSE", b"close, keep-alive", b"keep-alive, close", b"upgrade", b"Upgrade, close",
    b"te", b"", b",close", b"close,", b"clos", b"closed", b"close te", b"xclose", b"\"close\"", b"close;a", b"te ,\tclose",
    b"keep-alive, upgrade", b"keep-alive,", b"keepalive", b"c\tlose", b" ,", b"close close", b"keep-alive keep-alive",
    b"upgrade te", b"\", close", b"\"a, close\"", b"close\t", b"\xa0, close",
];

pub(super) const STEERING: [(&[u8], &[u8]); 16] = [
    (b"Upgrade", b"websocket"),
    (b"Upgrade", b"h2c"),
    (b"Upgrade", b""),
    (b"Upgrade", b"a/1, b"),
    (b"Upgrade", b","),
    (b"Expect", b"100-continue"),
    (b"Expect", b"100-CONTINUE"),
    (b"Expect", b"200-ok"),
    (b"Expect", b"100-continue, x"),
    (b"TE", b"trailers"),
    (b"Trailer", b"X"),
    (b"Keep-Alive", b"timeout=5"),
    (b"Proxy-Connection", b"close"),
    (b"Content-Type", b"text/plain"),
    (b"HTTP2-Settings", b""),
    (b"Sec-WebSocket-Key", b"x3JJHMbDL1EzLkh9GBhXDw=="),
];

pub(super) const CONTENTS: &[&[u8]] = &[
    b"",
    b"a",
    b"hello",
    b"0\r\n\r\n",
    b"GET /in HTTP/1.1\r\nHost: in\r\n\r\n",
    b"\r\n\r\n\r\n",
    b"\0\x01\x80\xff\r\n\t ",
    b"sixteen bytes ..",
];

pub(super) const ODD_LENGTHS: &[&[u8]] = &[
    b"", b"0", b"00", b"5", b"05", b"+5", b"-1", b"-0", b"5,5", b"5, 5", b"5,6", b"5 5", b"0x5", b"5a", b"5.0", b"5;", b"\"5\"", b"5_0",
    b"18446744073709551615", b"18446744073709551614", b"18446744073709551613", b"18446744073709551616", b"99999999999999999999",
    b"9223372036854775808", b"00000000000000000000000000000005", b"5\t", b"\xb5", b",5", b"5,", b"1e1", b"0,0", b"1 ",
    b"4294967296",
];

/// Values of one field line each.
pub(super) const ODD_CODINGS: &[&[&[u8]]] = &[
    &[b"Chunked"], &[b"CHUNKED"], &[b"chunked "], &[b"chunked\t"], &[b"\tchunked"], &[b"gzip"], &[b"identity"], &[b""],
    &[b"gzip, chunked"], &[b"gzip", b"chunked"], &[b"chunked, gzip"], &[b"chunked", b"gzip"], &[b"chunked, chunked"],
    &[b"chunked", b"chunked"], &[b"identity, chunked"], &[b"chunked, identity"], &[b"chunked", b"identity"],
    &[b"xchunked"], &[b"chunkedx"], &[b"chunked;a=b"], &[b"chunked;"], &[b"\"chunked\""], &[b",chunked"], &[b"chunked,"],
    &[b"chunked,,"], &[b", ,chunked"], &[b"chunke"], &[b"chun ked"], &[b"chunked chunked"], &[b"gzip;q=1, chunked"],
    &[b"x;a=\"b,chunked\""], &[b"x;a=\"b\", chunked"], &[b"x;a=\"b, chunked"], &[b"chunked\x0b"], &[b"\x0bchunked"], &[b"chunked\0"], &[b"@, chunked"],
    &[b"gzip chunked"], &[b";chunked"], &[b"", b"chunked"], &[b"chunked", b""], &[b","], &[b"x;a, chunked"], &[b"x;, chunked"], &[b"x ; a = b, chunked"],
    &[b"chunked\r\n"], &[b"trailers, chunked"], &[b"chunked\xa0"], &[b"x;a=b=c, chunked"], &[b"chunked ;a=b"],
    &[b"x;a=\"\\\",chunked"], &[b"chunked;a=b, chunked"],
];

pub(super) const ODD_CODING_NAMES: &[&[u8]] = &[
    b"transfer-encoding", b"TRANSFER-ENCODING", b"Transfer_Encoding", b"Transfer-Encoding ", b"Transfer-Encodin", b"Transfer\xadEncoding",
    b" Transfer-Encoding", b"X: \rTransfer-Encoding",
];

pub(super) const ODD_SIZES: &[&[u8]] = &[
    b"", b"0", b"00", b"1", b"5", b"7f", b"+5", b"-5", b"0x5", b" 5", b"5 ", b"5\t", b"5h", b"g", b"ffffffffffffffff", b"fffffffffffffffe",
    b"10000000000000000", b"ffffffffffffffff0", b"00000000000000005", b"000000000000000000000000000000005", b"5\0", b"5.", b"\xb5", b"5_",
    b"7fffffffffffffff", b"8000000000000000", b"fffffffffffffff", b"00000000000000000", b"0000000000000000", b"100000000", b"\t5", b"5\x0b",
];

pub(super) const EXTENSIONS: &[&[u8]] = &[
    b";a", b";a=b", b";a=\"b\"", b";a;b=c", b"; a = b", b" ;a", b"\t;a\t=\tb", b";a=\"\\\"\"", b";a=\"b\xe9\"", b";a=\"\"", b";a=b ;c",
];

pub(super) const ODD_EXTENSIONS: &[&[u8]] = &[
    b";", b";;", b";a=", b";=b", b";a=\"b", b";a=b\"", b";a\0", b";a=\"\0\"", b";a=b=c", b" a", b";a b", b";a\x80", b";a=\x80", b" ", b"\t", b";a ",
    b";a=b ", b";a\rb", b";a\nb", b";a=\"b\r\n\"", b";a=\"\\", b";a=\"b\"c", b",a", b"=a", b";a=\"\x7f\"", b";\x01", b"; ", b";a=\"\\\x80\"",
    b";a;", b";a=b;", b";a\x7f", b";a=(b)", b" =", b"\x0b;a", b";a=\"\\\0\"", b";a=\"\t\"", b";a=\"\\\x7f\"", b";a=\"b\" ", b";a=\"b\nc\"", b";a\n", b";a=b\n", b";a\n1",
];

pub(super) const DATA_ENDS: &[&[u8]] = &[
    b"\n", b"\r", b"", b"\n\r", b"\r\r\n", b"x\r\n", b"  ", b"\r\n\r\n", b"xx", b" \r\n", b"\rx", b"\0\0", b"\r\nx",
];

pub(super) const CHUNKED: &[&[u8]] = &[b"chunked"];

/// Status codes with their reasons.
pub(super) const STATUSES: &[&[u8]] = &[
    b"200 OK", b"200 OK", b"200 OK", b"200 ", b"204 No Content", b"304 Not Modified", b"404 Not Found", b"206 a\tb c", b"299 X",
    b"500 \xe9\xff", b"201 ", b"205 Reset Content", b"407 ", b"301 Moved", b"599 z",
];

pub(super) const INTERIM_STATUSES: &[&[u8]] = &[b"100 Continue", b"103 Early Hints", b"102 ", b"199 x"];

pub(super) const SWITCHING: &[u8] = b"101 Switching Protocols";

pub(super) const ODD_STATUSES: &[&[u8]] = &[
    b"200", b"20", b"2000 OK", b"2x0 OK", b"000 Zero", b"099 Low", b"600 High", b"999 Higher", b"-200 OK", b"+20 OK", b"200OK",
    b"200\tOK", b"200  OK", b"200 O\0K", b"200 O\x01K", b"200 O\x7fK", b"", b" 200 OK", b"0200 OK", b"200 O\rK", b"200 ;", b"0x20 OK",
    SWITCHING, b"101 ", b"200.1 OK", b"\xb2\xb0\xb0 OK", b"204", b"204 No\nX: y", b"200-OK", b"1 OK", b"200 OK\r", b"200 \r",
];

pub(super) const UPGRADES: &[&[u8]] = &[
    b"", b"h2c", b"WebSocket", b"websocket, h2c", b"websocket/13", b",", b"\"websocket\"", b"web socket",
];
