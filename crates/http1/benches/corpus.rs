//! Heads to measure with.
//!
//! The two request heads have the line lengths of the heads in httparse's own benchmark
//! (720 and 68 bytes), so that figures can be set beside those published for it.

pub(crate) const BROWSER: &str = concat!(
    "GET /gallery/2026/spring/lighthouse-at-the-end-of-the-pier-large HTTP/1.1\r\n",
    "Host: www.example.test.\r\n",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 Extra/1.0 Extra/1.0 Extra/1.0 Extra/1.0 E\r\n",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n",
    "Accept-Language: nl,en-us;q=0.7,en;q=0.3\r\n",
    "Accept-Encoding: gzip,deflate\r\n",
    "Accept-Charset: ISO-8859-1,utf-8;q=0.7,*;q=0.\r\n",
    "Keep-Alive: 115\r\n",
    "Connection: keep-alive\r\n",
    "Cookie: visits=12; last=1763754000; seg=abc.def.0123456789; ref=(none)|src=direct; seg=abc.def.0123456789; ref=(none)|src=direct; seg=abc.def.0123456789; ref=(none)|src=direct; seg=abc.def.0123456789; ref=(none)|src=direct; seg=abc.def.0123456789; ref=(non\r\n",
    "\r\n",
);

pub(crate) const SHORT: &str = concat!(
    "GET / HTTP/1.0\r\n",
    "Host: example.org\r\n",
    "Cookie: session=17; user_id=9\r\n",
    "\r\n",
);

pub(crate) const PIPELINED: &str = "GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n";
