# Somebody who replaces a directory by a link to elsewhere and back, as fast as it goes.

# All that can be known about what is elsewhere; none of it may change.
elsewhere() {
    find outside -printf '%p %y %s %m %T@ %C@ %i %n\n' | sort
    find outside -type f -exec cat {} +
}

# One receive with a flipper beside it; what becomes of it does not matter, as long as it ends in its own words.
flipped_round() { # FLIPPED FLAGS...
    local place=$1 before flipper status_send=0 status_recv=0
    shift
    rm -rf dst outside
    mkdir -p dst/tree/deep/deeper outside/deep/deeper outside/empty
    # Names that are offered too, to be replaced if anybody is led here.
    echo canary | tee outside/1 outside/deep/1 outside/deep/deeper/1 >/dev/null
    before=$(elsewhere)
    send "$bw_send" tree --at 127.0.0.1:0
    rm -f begun
    python3 "$tools/flip.py" "dst/$place" "$PWD/outside" begun >>flips 2>flip.err &
    flipper=$!
    until [ -e begun ]; do sleep 0.01; done
    # At this rate it takes most of a second, in which no moment is like another.
    receive "$bw_recv" --at "$address" -o dst/ --rate 8M "$@"
    wait $receiver || status_recv=$?
    if [ $status_recv != 0 ]; then
        timeout 10 tail -q -s 0.05 --pid=$sender -f /dev/null || kill $sender
    fi
    wait $sender || status_send=$?
    kill $flipper
    wait $flipper || true
    [ "$(elsewhere)" = "$before" ] || { elsewhere | diff <(echo "$before") - || true; fail "something was changed outside ($place)"; }
    case $status_recv in
    0 | 9 | 10 | 1) ;;
    *) cat send.err recv.err; fail "the receiver ended with $status_recv ($place)" ;;
    esac
    case $status_send in
    0 | 9 | 10 | 1) ;;
    *) cat send.err; fail "the sender ended with $status_send ($place)" ;;
    esac
    statuses="$statuses $status_recv"
}

flipped() {
    mkdir -p tree/deep/deeper
    local number statuses=
    for number in $(seq 200); do
        echo "$number" | tee "tree/$number" "tree/deep/$number" "tree/deep/deeper/$number" >/dev/null
    done
    content tree/deep/large 2500000
    content tree/deep/deeper/larger 2500000
    for number in 1 2; do
        flipped_round tree --overwrite replace
        flipped_round tree/deep --overwrite replace
        flipped_round tree/deep/deeper --overwrite rename
        flipped_round tree/deep --overwrite refuse --no-sync
    done
    tell "$(awk '{ n += $1; s += $2 } END { printf "%d flips, %d a second", n, n / s }' flips)"
    tell "the receiver's statuses:$statuses"
    [ "$(awk '{ n += $1 } END { print n }' flips)" -ge 10000 ] || fail 'too few flips'
}
