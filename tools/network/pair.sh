# The pair to be watched.

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

# Waits until the receiver has written so many bytes; how many a directory takes says nothing, for the space is reserved.
until_stored() { # BYTES
    local try
    for try in $(seq 400); do
        [ "$(awk '/^wchar/ { print $2 }' "/proc/$receiver/io")" -lt "$1" ] || return 0
        sleep 0.05
    done
    fail "fewer than $1 bytes have come after $try looks"
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
