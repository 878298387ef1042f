# List the recipes
default:
    @just --list

# Format the code
[group('check')]
fmt:
    cargo fmt --all

# Formatting, lints and documentation, warnings as errors
[group('check')]
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# Licences, duplicate and foreign dependencies (installs cargo-deny)
[group('check')]
deny:
    cargo deny --version >/dev/null 2>&1 || cargo install cargo-deny --locked
    cargo deny check licenses bans sources

# Everything compiled for macOS, FreeBSD, Linux on ARM and Windows, warnings as errors (installs their libraries)
[group('check')]
check-ports:
    bash tools/ports/check.sh

# Everything a change is judged by
[group('check')]
ci:
    bash .ci/run

# All tests
[group('test')]
test:
    cargo test --workspace --locked

# The reactor's suite on the poll(2) backend, which hides less than epoll
[group('test')]
test-poll:
    RUSTFLAGS="--cfg polling_test_poll_backend" CARGO_TARGET_DIR=target/backends cargo test -p barewire-reactor --locked

# The tests as Windows programs under Wine (installs Wine and a linker)
[group('test')]
test-windows:
    bash tools/ports/windows.sh

# Each fuzz target for so many seconds (installs cargo-fuzz)
[group('test')]
fuzz seconds="20":
    bash fuzz/run.sh {{ seconds }}

# A thousand connections killed, half-closed, paused and moved at random for a minute, with figures
[group('test')]
soak-reactor:
    cargo test --release -p barewire-reactor --test soak --locked -- --ignored --nocapture

# Five thousand slow connections beside honest ones, with figures
[group('test')]
soak-httpd:
    cargo test --release -p bw-httpd --test faults --locked -- --ignored --nocapture

# bw-send and bw-recv on networks that break, before crowds, and watched from outside (root; installs tcpdump, strace and others)
[group('test')]
test-network *checks:
    bash apps/file-transfer/tools/network.sh {{ checks }}

# bw-cast, and the pair that finds each other, on networks that come, go, forbid, forge and flood (root; installs nftables and others)
[group('test')]
test-udp *checks:
    bash apps/broadcast/tools/network.sh {{ checks }}

# Other people's HTTP clients before our server, our client before their servers (installs curl, wrk, nginx and others)
[group('test')]
test-peers *args:
    bash tests/peers/run.sh {{ args }}

# The listing of a directory with ugly names, as pictures (installs Chromium)
[group('test')]
screenshot out="target/screenshots":
    bash apps/httpd/tools/screenshot.sh {{ out }}

# barewire-http1 beside other codecs, on so many inputs that are made up (installs Node)
[group('test')]
differential count="1000000" seed="1":
    command -v node >/dev/null || (apt-get update && apt-get install -y --no-install-recommends nodejs)
    cargo run --quiet --release -p barewire-differential --locked -- --count {{ count }} --seed {{ seed }}

# Conformance rows on standard input, verdicts on standard output
[group('test')]
judge *args:
    cargo run --quiet --release -p barewire-http1 --example judge -- {{ args }}

# Heads, bodies and answers beside httparse, http-net and hyper; names of rows to have only those
[group('bench')]
bench-http1 *names:
    cargo bench -p barewire-http1 -- {{ names }}

# Frames beside tokio-util's codecs, decoded and encoded
[group('bench')]
bench-framing *args:
    cargo bench -p barewire-framing -- {{ args }}

# The reactor beside mio and bare epoll, then under a flood
[group('bench')]
bench-reactor *args:
    cargo bench -p barewire-reactor -- {{ args }}

# bw-httpd beside nginx and others (installs wrk and nginx)
[group('bench')]
bench-httpd *args:
    { command -v wrk && command -v nginx; } >/dev/null || (apt-get update && apt-get install -y --no-install-recommends wrk nginx-light)
    cargo bench -p bw-httpd -- {{ args }}

# bw-log under load, beside ncat and socat (installs both, and strace)
[group('bench')]
bench-log *args:
    { command -v ncat && command -v socat && command -v strace; } >/dev/null || (apt-get update && apt-get install -y --no-install-recommends ncat socat strace)
    cargo bench -p bw-log -- {{ args }}

# bw-send and bw-recv beside scp and rsync (installs both)
[group('bench')]
bench-transfer *args:
    { command -v ssh && command -v rsync && test -x /usr/sbin/sshd; } >/dev/null || (apt-get update && apt-get install -y --no-install-recommends openssh-server openssh-client rsync)
    cargo bench -p bw-transfer -- {{ args }}

# bw-cast bench beside iperf3 and socat (installs both)
[group('bench')]
bench-udp *args:
    { command -v iperf3 && command -v socat; } >/dev/null || (apt-get update && apt-get install -y --no-install-recommends iperf3 socat)
    cargo bench -p bw-cast -- {{ args }}
