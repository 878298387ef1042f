# Standard input to standard output, and limits on how fast.

# 4 GiB that no two groups of share, at little cost.
four_gib() {
    local number
    for number in $(seq 64); do
        # So that every 64 MiB begin otherwise.
        printf '%015d\n' "$number"
        tail -c +17 seed
    done
}

stream() {
    content seed 67108864
    mkdir empty tmp
    : >send.err
    exec 3< <(four_gib)
    mkfifo pipe
    (cd empty && exec env TMPDIR="$work/stream/tmp" "$bw_send" - --at 127.0.0.1:0 --code $code <&3) >send.out 2>send.err &
    sender=$!
    exec 3<&-
    local try from most_send=0 most_recv=0 files
    for try in $(seq 200); do
        address=$(sed -n 's/^listening on //p' send.err)
        [ -z "$address" ] || break
        sleep 0.05
    done
    [ "$try" -lt 200 ] || fail 'the sender does not listen'
    four_gib | cmp - pipe >cmp.out 2>&1 &
    local comparing=$!
    from=$(seconds)
    (cd empty && exec env TMPDIR="$work/stream/tmp" "$bw_recv" $code --at "$address" --yes -o -) >pipe 2>recv.err &
    receiver=$!
    while kill -0 $receiver 2>/dev/null; do
        most_send=$(memory $sender 2>/dev/null || echo $most_send)
        most_recv=$(memory $receiver 2>/dev/null || echo $most_recv)
        # Also one that has no name any more.
        files=$(find /proc/$sender/fd /proc/$receiver/fd -lname '/*' ! -lname '/dev/*' ! -lname "$work/stream/*.err" \
            ! -lname "$work/stream/*.out" ! -lname "$work/stream/pipe" -printf '%l\n' 2>/dev/null || true)
        [ -z "$files" ] || fail "a file is open: $files"
        sleep 0.2
    done
    both_end 0
    wait $comparing || fail "$(cat cmp.out)"
    within "$from" 80
    tell "at most $most_send and $most_recv MiB"
    [ -z "$(find empty tmp -mindepth 1)" ] || fail "something is left: $(find empty tmp -mindepth 1)"
    [ "$most_send" -gt 0 ] && [ "$most_send" -le 64 ] && [ "$most_recv" -gt 0 ] && [ "$most_recv" -le 64 ] ||
        fail 'more than 64 MiB'
}

stream_reader_gone() {
    send "$bw_send" - --at 127.0.0.1:0 < <(yes | head -c 1000000000)
    local status=0 from got=0
    from=$(seconds)
    { "$bw_recv" $code --at "$address" --yes -o - 2>recv.err; echo $? >status; } | head -c 1000000 | wc -c >count || true
    status=$(cat status)
    timeout 10 tail -q -s 0.05 --pid=$sender -f /dev/null || fail 'the sender does not end'
    wait $sender || got=$?
    within "$from" 10
    cat recv.err send.err
    tell "the receiver ended with $status, the sender with $got"
    [ "$status" -gt 0 ] && [ "$status" -lt 124 ] || fail 'that is no error of the receiver'
    [ "$got" -gt 0 ] && [ "$got" -lt 124 ] || fail 'that is no error of the sender'
}

stream_tar() {
    mkdir -p tree/empty tree/deep dst
    content tree/deep/file 30000000
    ln -s deep/file tree/link
    echo small >tree/small
    send "$bw_send" - --name tree.tar --at 127.0.0.1:0 < <(tar c tree)
    "$bw_recv" $code --at "$address" --yes -o - 2>recv.err | tar x -C dst || fail "$(cat recv.err)"
    wait $sender || fail "$(cat send.err)"
    diff -r --no-dereference tree dst/tree
}

# 10 MB at 1 MB/s from the first byte to the last; the limit is the sender's, then the receiver's.
rate() {
    content file 10000000
    rate_of sender --rate=1M ''
    rate_of receiver '' --rate=1M
}

rate_of() { # WHO SENDER'S_FLAG RECEIVER'S_FLAG
    local from passed
    rm -rf dst
    mkdir dst
    send "$bw_send" file --at 127.0.0.1:0 ${2:+--rate 1M}
    from=$(seconds)
    receive "$bw_recv" --at "$address" -o dst/ ${3:+--rate 1M}
    both_end 0
    passed=$(seconds | awk -v from="$from" '{ print $1 - from }')
    cmp file dst/file
    tell "limited by the $1: $(awk -v s="$passed" 'BEGIN { printf "%.3f MB/s, %+.1f %%", 10 / s, (10 / s - 1) * 100 }')"
    awk -v s="$passed" 'BEGIN { exit s < 9 || s > 11 }' || fail 'more than 10 % away'
}
