#!/usr/bin/env bash
# Installs other people's programs where they are missing, and fails where a test would leave one out.
# Arguments are those of cargo test: `--test curl`, `-- --nocapture`.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tools/network/common.sh

# Where servers are, for `command -v`.
PATH=$PATH:/usr/sbin:/usr/local/sbin
for name in curl:curl wget:wget python3:python3 ab:apache2-utils wrk:wrk h2load:nghttp2-client \
    nginx:nginx-light lighttpd:lighttpd haproxy:haproxy tinyproxy:tinyproxy-bin aria2c:aria2 \
    node:nodejs; do
    has "${name%:*}" "${name#*:}" || { echo "cannot install ${name#*:}" >&2; exit 1; }
done
cargo build --locked -p bw-httpd
BW_PEERS=all cargo test --locked -p barewire-peers "$@"
