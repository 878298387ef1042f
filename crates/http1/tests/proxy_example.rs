//! The example proxy before the example server, over real sockets.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

#[allow(
    dead_code,
    reason = "main reads the command line, which a test has not"
)]
#[path = "../examples/proxy.rs"]
mod proxy;
#[allow(
    dead_code,
    reason = "main reads the command line, which a test has not"
)]
#[path = "../examples/server.rs"]
mod server;

/// What comes back for `request` through the proxy, from `upstream`, until the close.
fn exchange(request: &[u8], upstream: impl FnOnce(TcpListener) + Send) -> Vec<u8> {
    let listen = || TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (front, back) = (listen(), listen());
    let addr = front.local_addr().expect("bound");
    let upstream_addr = back.local_addr().expect("bound").to_string();
    std::thread::scope(|scope| {
        scope.spawn(move || upstream(back));
        scope.spawn(move || proxy::serve(&front, &upstream_addr, 1).expect("it listens"));
        let mut client = TcpStream::connect(addr).expect("it listens");
        client
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("not zero");
        let mut reading = client.try_clone().expect("a socket");
        // Written beside the reading: content may be longer than what sockets hold.
        scope.spawn(move || {
            client.write_all(request).expect("it reads");
            client.shutdown(Shutdown::Write).expect("connected");
        });
        let mut answer = Vec::new();
        reading.read_to_end(&mut answer).expect("an answer in time");
        answer
    })
}

fn example_server(listener: TcpListener) {
    server::serve(&listener, 1).expect("it listens");
}

fn echoed(text: &str) -> String {
    let length = text.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nVia: 1.1 barewire-proxy\r\n\
         Content-Length: {length}\r\n\r\n{text}"
    )
}

#[test]
fn several_requests_of_one_client() {
    let mut request = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n\
          PUT http://h/b?c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\
          5\r\nhello\r\n1\r\n!\r\n0\r\nX: y\r\nAuthorization: z\r\n\r\n\
          POST /long HTTP/1.1\r\nHost: h\r\nConnection: x-hop\r\nX-Hop: 1\r\nContent-Length: 1000000\r\n\r\n"
        .to_vec();
    request.resize(request.len() + 1_000_000, b'x');
    let answer = exchange(&request, example_server);
    let expected = echoed("GET /a\n0 bytes of content\n")
        + &echoed("PUT /b?c\n6 bytes of content\n")
        + &echoed("POST /long\n1000000 bytes of content\n");
    assert_eq!(String::from_utf8(answer).expect("ASCII"), expected);
}

#[test]
fn head_tells_the_length_and_has_no_content() {
    let answer = exchange(
        b"HEAD /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        example_server,
    );
    let expected = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nVia: 1.1 barewire-proxy\r\n\
                    Content-Length: 27\r\nConnection: close\r\n\r\n";
    assert_eq!(String::from_utf8(answer).expect("ASCII"), expected);
}

/// One connection, one request that ends with its head, then `answer` and the close.
fn answers(answer: &'static str) -> impl FnOnce(TcpListener) + Send {
    move |listener| {
        let (mut stream, _) = listener.accept().expect("the proxy");
        let mut seen = Vec::new();
        while !seen.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a request in time");
            seen.push(byte[0]);
        }
        stream.write_all(answer.as_bytes()).expect("it reads");
    }
}

#[test]
fn what_ends_with_the_connection_above_is_chunked_below() {
    let answer = exchange(
        b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        answers("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.0 200 OK\r\n\r\nto the end"),
    );
    let expected = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nVia: 1.1 barewire-proxy\r\n\r\n\
                    HTTP/1.1 200 OK\r\nVia: 1.1 barewire-proxy\r\nTransfer-Encoding: chunked\r\n\r\n\
                    a\r\nto the end\r\n0\r\n\r\n";
    assert_eq!(String::from_utf8(answer).expect("ASCII"), expected);
}

#[test]
fn faults_of_either_side() {
    let bad_request = exchange(b"GET / HTTP/1.1\r\n\r\n", |_| {});
    assert!(bad_request.starts_with(b"HTTP/1.1 400 "), "{bad_request:?}");
    let bad_gateway = exchange(
        b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        answers("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
    );
    assert!(bad_gateway.starts_with(b"HTTP/1.1 502 "), "{bad_gateway:?}");
    // Cut in the middle: the client can tell.
    let cut = exchange(
        b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"),
    );
    assert!(cut.ends_with(b"\r\n3\r\nhel\r\n"), "{cut:?}");
}
