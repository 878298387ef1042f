# Sourced by run.sh and by check.sh: programs, namespaces, and what checks are made of.

# Whether a program is there, after trying to install it.
has() { # PROGRAM PACKAGE
    command -v "$1" >/dev/null && return
    command -v apt-get >/dev/null || return
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2")
    # The second time with a fresh list: a new machine has none, an old one may name files that are gone.
    { "${apt[@]}" || { apt-get update -qq && "${apt[@]}"; }; } >/dev/null 2>&1
    command -v "$1" >/dev/null
}

# The library that gives a program another clock, in $faketime.
has_faketime() {
    has faketime faketime || true
    faketime=$(find /usr/lib /usr/local/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1)
    [ -n "$faketime" ]
}

# Removes the namespaces whose names begin so and end in letters, and whatever runs in them.
remove_namespaces() { # BEGINNING, an expression of sed
    local name
    for name in $(ip netns list 2>/dev/null | sed -n "s/^\($1[a-z][a-z]*\)\( .*\)*$/\1/p"); do
        ip netns pids "$name" | xargs -r kill -9 2>/dev/null || true
        ip netns delete "$name" || true
        rm -rf "/etc/netns/$name"
    done
}

# One line about what was measured, beside the name of the check.
tell() {
    printf '# %s\n' "$*"
}

fail() { # REASON
    printf 'failed: %s\n' "$*"
    exit 1
}

skip() { # REASON
    tell "$1"
    exit 77
}

# A namespace with a loopback, whose name ends so. Commands in it: `ip netns exec $(netns a)`, `ip -n $(netns a)`.
namespace() { # LETTER
    local name
    name=$(netns "$1")
    ip netns add "$name"
    ip -n "$name" link set lo up
    # Addresses are of use at once.
    ip netns exec "$name" sysctl -qw net.ipv6.conf.default.accept_dad=0 2>/dev/null || true
}

netns() { # LETTER
    echo "$BW_NAMESPACES$1"
}

# Two namespaces, `${a[@]}` and `${b[@]}` before a command.
namespaces() {
    name_a=$(netns a) name_b=$(netns b)
    namespace a
    namespace b
    a=(ip netns exec "$name_a") b=(ip netns exec "$name_b")
}

# ... and a cable between them.
cable() {
    namespaces
    ip -n "$name_a" link add cable type veth peer name cable netns "$name_b"
    ip -n "$name_a" link set cable up
    ip -n "$name_b" link set cable up
}

cable_v4() {
    cable
    ip -n "$name_a" addr add 10.77.0.1/24 dev cable
    ip -n "$name_b" addr add 10.77.0.2/24 dev cable
}

# The address that the system has given to one end of the cable, once it is of use.
link_local_of() { # NAMESPACE
    local try found
    for try in $(seq 100); do
        found=$(ip -n "$1" -6 -o addr show dev cable scope link | awk '!/tentative/ { sub("/.*", "", $4); print $4 }')
        [ -z "$found" ] || break
        sleep 0.05
    done
    [ -n "$found" ] || fail "no address in $1 after $try looks"
    echo "$found"
}

# A file of so many bytes that no two groups share.
content() { # FILE BYTES
    head -c "$2" /dev/urandom >"$1"
}

# Hundredths of a second of processor time.
cpu() { # PROCESS
    sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

# The most memory that a process has had, in MiB.
memory() { # PROCESS
    awk '/^VmHWM/ { print int($2 / 1024) + 1 }' "/proc/$1/status"
}

descriptors() { # PROCESS
    find "/proc/$1/fd" -mindepth 1 | wc -l
}

seconds() {
    date +%s.%N
}

# Fails unless the time since then is below the other.
within() { # SINCE SECONDS
    local passed
    passed=$(seconds | awk -v from="$1" '{ printf "%.2f", $1 - from }')
    tell "after $passed s"
    awk -v passed="$passed" -v most="$2" 'BEGIN { exit passed > most }' || fail "more than $2 s"
}

# What tcpdump sees in the first namespace while a command runs, in a file.
captured() { # FILE 'OPTIONS AND FILTER' COMMAND...
    local file=$1 dump try
    local -a what
    read -ra what <<<"$2"
    shift 2
    # -Z root: it stays who it is, so that it may write here. --immediate-mode: packets are written as they come.
    "${a[@]}" tcpdump -Z root --immediate-mode -U -w "$file" "${what[@]}" 2>"$file.err" &
    dump=$!
    for try in $(seq 100); do
        grep -q 'listening on' "$file.err" && break
        sleep 0.05
    done
    [ "$try" -lt 100 ] || fail "tcpdump does not begin: $(cat "$file.err")"
    "$@"
    sleep 0.5
    kill -INT $dump
    wait $dump || true
    grep -q '^0 packets dropped by kernel' "$file.err" || fail "not everything was captured: $(cat "$file.err")"
}
