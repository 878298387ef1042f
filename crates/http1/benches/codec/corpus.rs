//! Heads to measure with.
//!
//! The heads of requests of 720 and 68 bytes have the line lengths of those in httparse's own benchmark, the one of 453
//! bytes those of the browser's in http-net's, so that figures can be set beside the ones published for them.

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

pub(crate) const SCRIPT: &str = concat!(
    "GET /script/view.04e1b.js?r=7 HTTP/1.1\r\n",
    "Host: 192.0.2.1:53817\r\n",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 Extra/1.0 Extra/1.0 Extra/1.0 Extra/\r\n",
    "Accept: */*\r\n",
    "Accept-Encoding: gzip, deflate, br, zstd\r\n",
    "Accept-Language: nl,en-us;q=0.7\r\n",
    "Cache-Control: no-cache\r\n",
    "Connection: keep-alive\r\n",
    "Pragma: no-cache\r\n",
    "Referer: http://192.0.2.1:53817/\r\n",
    "Sec-Fetch-Dest: script\r\n",
    "Sec-Fetch-Mode: no-cors\r\n",
    "Sec-Fetch-Site: same-origin\r\n",
    "\r\n",
);

/// One of many in a buffer.
pub(crate) const SMALL: &str = "GET /ab HTTP/1.1\r\nHost: a.example\r\n\r\n";
pub(crate) const LONG_RESPONSE: &str = concat!(
    "HTTP/1.1 200 OK\r\n",
    "Date: Sat, 21 Nov 2026 07:28:00 GMT\r\n",
    "Etag: \"5f3c-0a1b2c3d4e\"\r\n",
    "Set-Cookie: session=0123456789abcdef; path=/; secure; httponly; samesite=lax; domain=www.example.test; expires=Sat, 21 Nov 2\r\n",
    "Server: lighthouse/4.1 (pier; storage; edge) cache/2.0 proxy/1.0 proxy/\r\n",
    "X-Frame-Options: SAMEORIGIN, DENY, ALLOW\r\n",
    "Referrer-Policy: same-origin,\r\n",
    "X-Cache-Status: hit from edge-17.example.test\r\n",
    "Keep-Alive: 115\r\n",
    "Connection: keep-alive\r\n",
    "Set-Cookie: visits=12; path=/; last=1763754000; seg=abc.def.0123456789; ref=(none)|src=direct; last=1763754000; seg=abc.def.0123456789; ref=(none)|src=direct; last=1763754000; seg=abc.def.0123456789; ref=(none)|src=direct; last=1763754000; seg=abc.def.0123\r\n",
    "\r\n",
);

pub(crate) const SHORT_RESPONSE: &str = concat!(
    "HTTP/1.0 200 OK\r\n",
    "Date: Sat, 21 Nov 2026 07:28:00 GMT\r\n",
    "Set-Cookie: session=17; user_id=9\r\n",
    "\r\n",
);
