#!/usr/bin/env bash
# The examples on networks that come, change and go: two namespaces with cables between them. Takes root, and a minute.
set -euo pipefail
cd "$(dirname "$0")/../../.."

[ "$(id -u)" = 0 ] && ip netns list >/dev/null 2>&1 || { echo 'skipped: takes root and ip-netns'; exit 0; }
cargo build -q -p barewire-lan --examples --locked
examples=${CARGO_TARGET_DIR:-target}/debug/examples
logs=$(mktemp -d)
a=bwlana$$ b=bwlanb$$

cleanup() {
    local name
    for name in "$a" "$b"; do
        ip netns pids "$name" 2>/dev/null | xargs -r kill -9 2>/dev/null || true
        ip netns delete "$name" 2>/dev/null || true
    done
    rm -rf "$logs"
}
trap cleanup EXIT

start() { # NAMESPACE LOG PROGRAM ARGUMENT...
    local namespace=$1 log=$logs/$2
    shift 2
    ip netns exec "$namespace" "$examples/$1" "${@:2}" >"$log" 2>&1 &
    disown # nothing is to be said of how it ends
}

# Waits until a log has a line that matches; in the part that was not there at the last `mark`.
sees() { # LOG PATTERN
    local log=$logs/$1 from
    from=$(cat "$log.mark" 2>/dev/null || echo 0)
    for _ in $(seq 1 150); do
        tail -n "+$((from + 1))" "$log" | grep -Eq "$2" && return
        sleep 0.1
    done
    printf 'failed: no line like %s in %s:\n' "$2" "$1"
    cat "$log"
    exit 1
}

mark() { # LOG
    wc -l <"$logs/$1" >"$logs/$1.mark"
}

cable() { # NUMBER
    ip link add "va$1" netns "$a" type veth peer name "vb$1" netns "$b"
}

up() { # NUMBER
    ip -n "$a" link set "va$1" up
    ip -n "$b" link set "vb$1" up
}

for name in "$a" "$b"; do
    ip netns add "$name"
    ip -n "$name" link set lo up
done
# One cable with both families, one with link-local addresses only, one for later.
for number in 0 1 2; do cable "$number"; done
ip -n "$a" address add 192.0.2.1/24 dev va0
ip -n "$b" address add 192.0.2.2/24 dev vb0
up 0
up 1

echo '=== hear'
start "$a" hear hear 5144
start "$b" hello hear 5144 hello
sees hear '^192\.0\.2\.2:[0-9]+ to Some\(239\.255\.66\.88\) by interface 2: hello'
sees hear '^192\.0\.2\.2:[0-9]+ to Some\(192\.0\.2\.255\) by interface 2: hello'
sees hear '^\[fe80::.*%2\]:[0-9]+ to Some\(ff12::4258\) by interface 2: hello'
sees hear '^\[fe80::.*%3\]:[0-9]+ to Some\(ff12::4258\) by interface 3: hello'

echo '=== an address changed'
mark hear
ip -n "$a" address delete 192.0.2.1/24 dev va0
ip -n "$a" address add 192.0.2.77/24 dev va0
sees hear '^(Changed .*|Joined.*)192\.0\.2\.77'
sees hear '^192\.0\.2\.2:.* by interface 2: hello'

echo '=== all interfaces gone, and back'
mark hear
for name in va0 va1 lo; do ip -n "$a" link set "$name" down; done
for index in 1 2 3; do sees hear "^Left\(Interface \{ index: $index,"; done
for name in va0 va1 lo; do ip -n "$a" link set "$name" up; done
sees hear '^192\.0\.2\.2:.*Some\(239\.255\.66\.88\) by interface 2: hello'
sees hear '^\[fe80::.*%3\]:[0-9]+ .* by interface 3: hello'

echo '=== no carrier'
mark hear
ip -n "$b" link set vb1 down
sees hear '^Left\(Interface \{ index: 3,'

echo '=== beacons'
ip -n "$b" link set vb1 up
start "$a" alice near alice
start "$b" bob near bob
start "$b" carol near carol
for log in bob carol; do
    sees "$log" '^alice at 192\.0\.2\.77 by interface 2'
    sees "$log" '^alice at fe80::.* by interface 3'
done
sees bob '^carol at '
sees carol '^bob at '

echo '=== an interface that comes later'
ip -n "$a" address add 198.51.100.1/24 dev va2
ip -n "$b" address add 198.51.100.2/24 dev vb2
up 2
sees alice '^bob at 198\.51\.100\.2 by interface 4'
sees bob '^alice at 198\.51\.100\.1 by interface 4'

echo '=== an interface that is removed'
mark alice
ip -n "$a" link delete va2
sees alice '^Left\(Interface \{ index: 4,'
sees alice 'LinkGone'

echo '=== no groups'
mark bob
ip netns exec "$b" sysctl -qw net.ipv4.igmp_max_memberships=0
start "$b" dora near dora
sees dora 'vb0: cannot join 239\.255\.66\.87: no buffer space available; join fewer groups'
sees dora '^alice at 192\.0\.2\.77 by interface 2'

echo 'all is as it should be'
