# Sourced by network.sh and by check.sh: programs, namespaces, and the pair to be watched.

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

remove_namespaces() {
    local name
    for name in $(ip netns list | sed -n "s/^\(${BW_NAMESPACES}[a-z][a-z]*\)\( .*\)*$/\1/p"); do
        # Only what runs in the namespaces that were made here.
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

# Two namespaces, `${a[@]}` and `${b[@]}` before a command, each with a loopback. The sender is in the first.
namespaces() {
    name_a=${BW_NAMESPACES}a name_b=${BW_NAMESPACES}b
    local name
    for name in "$name_a" "$name_b"; do
        ip netns add "$name"
        ip -n "$name" link set lo up
        # Addresses are of use at once.
        ip netns exec "$name" sysctl -qw net.ipv6.conf.default.accept_dad=0 2>/dev/null || true
    done
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

# The code of all transfers here, but for those that guess.
code=7-tiger-bamboo

# Starts a sender and waits until it listens: its process is $sender, its address $address.
send() { # COMMAND... with its arguments but those for the code
    # The last one's words are not to be taken for its own.
    : >send.out; : >send.err
    # Without a file of its own the shell would give it /dev/null for standard input.
    "$@" --code $code <&0 >send.out 2>send.err &
    sender=$!
    address=
    local try
    for try in $(seq 300); do
        address=$(sed -n 's/^listening on //p' send.err send.out | head -n 1)
        [ -n "$address" ] || address=$(sed -n 's/.*"listening","address":"\([^"]*\)".*/\1/p' send.out)
        [ -z "$address" ] || return 0
        kill -0 $sender 2>/dev/null || break
        sleep 0.05
    done
    fail "the sender does not listen after $try looks: $(cat send.err)"
}

# Starts a receiver, which is $receiver.
receive() { # COMMAND... with its arguments but the code
    : >recv.out; : >recv.err
    "$@" $code --yes >recv.out 2>recv.err &
    receiver=$!
}

bw_send=$BW_PROGRAMS/bw-send bw_recv=$BW_PROGRAMS/bw-recv

# Ends when both have, with these statuses.
both_end() { # SENDER'S [RECEIVER'S]
    local want_send=$1 want_recv=${2:-$1} got_send=0 got_recv=0
    wait "$receiver" || got_recv=$?
    # One that failed before it reached the other leaves it waiting.
    [ $got_recv = "$want_recv" ] || timeout 2 tail -q -s 0.1 --pid="$sender" -f /dev/null || kill "$sender"
    wait "$sender" || got_send=$?
    printf 'sender %d: %s\nreceiver %d: %s\n' "$got_send" "$(cat send.err)" "$got_recv" "$(cat recv.err)"
    [ "$got_send $got_recv" = "$want_send $want_recv" ] ||
        fail "status $got_send and $got_recv instead of $want_send and $want_recv"
}

# A file of so many bytes that no two groups share.
content() { # FILE BYTES
    head -c "$2" /dev/urandom >"$1"
}

# Waits until the receiver has written so many bytes; how many a directory takes says nothing, for the space is reserved.
until_stored() { # BYTES
    local try
    for try in $(seq 400); do
        [ "$(awk '/^wchar/ { print $2 }' "/proc/$receiver/io")" -lt "$1" ] || return 0
        sleep 0.05
    done
    fail "fewer than $1 bytes have come after $try looks"
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

# Fails if the two use the processor while there is nothing to do for so long.
idle_for() { # SECONDS
    local send_from recv_from send_used recv_used most=$((2 + $1 * 2))
    send_from=$(cpu "$sender") recv_from=$(cpu "$receiver")
    sleep "$1"
    send_used=$(($(cpu "$sender") - send_from)) recv_used=$(($(cpu "$receiver") - recv_from))
    tell "idle for $1 s: $send_used and $recv_used hundredths of a second used"
    [ $send_used -le $most ] && [ $recv_used -le $most ] || fail "more than $most"
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
