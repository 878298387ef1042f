# Connections that break, and sides that stand still.

cut_link() {
    ip -n "$name_a" link set cable down
}

mend_link() {
    ip -n "$name_a" link set cable up
}

# A transfer of 24 MB that takes 6 s, of which a third has come.
begin() { # FLAGS...
    cable_v4
    content file 24000000
    mkdir dst
    send "${a[@]}" "$bw_send" file --rate 4M "$@"
    receive "${b[@]}" "$bw_recv" --at 10.77.0.1 -o dst/ "$@"
    until_stored 8000000
}

cut_waited_out() {
    begin
    cut_link
    idle_for 5
    mend_link
    both_end 0
    cmp file dst/file
}

cut_taken_up() {
    begin --timeout 2 --reconnect 30
    cut_link
    idle_for 5
    mend_link
    both_end 0
    cmp file dst/file
    grep -q 'connection lost' send.err && grep -q 'connection lost' recv.err || fail 'the loss was not noticed'
}

cut_too_long() {
    begin --timeout 2 --reconnect 3
    cut_link
    both_end 5
    grep -q 'start' send.err && grep -q 'start\|again' recv.err || fail 'nothing says how to go on'
    [ ! -e dst/file ] || fail 'a file has its name before it is whole'
    mend_link
    send "${a[@]}" "$bw_send" file
    receive "${b[@]}" "$bw_recv" --at 10.77.0.1 -o dst/ --json
    both_end 0
    cmp file dst/file
    local already
    already=$(sed -n 's/.*"already":\([0-9]*\).*/\1/p' recv.out)
    tell "$already of 24000000 bytes were there"
    [ "$already" -ge 6000000 ] || fail 'too few of them were taken up'
    [ "$(find dst -mindepth 1 | wc -l)" = 1 ] || fail "something is left: $(ls -A dst)"
}

# Through a relay that ends the first three connections, in the middle of whatever they carry.
through_relay() { # HOW
    content file 24000000
    mkdir dst
    send "$bw_send" file --at 127.0.0.1:0
    python3 "$tools/relay.py" "$address" 3 5000011 "$1" >relay.out &
    local try
    for try in $(seq 100); do
        [ ! -s relay.out ] || break
        sleep 0.05
    done
    [ "$try" -lt 100 ] || fail 'the relay does not listen'
    receive "$bw_recv" --at "127.0.0.1:$(head -n 1 relay.out)" -o dst/
    both_end 0
    cmp file dst/file
    [ "$(grep -c 'connection lost' recv.err)" = 3 ] || fail 'not every end was noticed'
    [ "$(grep -c 'connection lost' send.err)" = 3 ] || fail 'not every end was noticed by the sender'
}

connection_reset() {
    through_relay reset
}

connection_closed() {
    through_relay close
}

connection_killed() {
    begin
    "${a[@]}" ss -K dst 10.77.0.2 >killed 2>&1 || true
    grep -q 10.77.0.2 killed || skip 'this kernel destroys no sockets'
    both_end 0
    cmp file dst/file
    grep -q 'connection lost' send.err || fail 'the loss was not noticed'
}

receiver_frozen() {
    content file 200000000
    mkdir dst
    send "$bw_send" file --at 127.0.0.1:0
    receive "$bw_recv" --at "$address" -o dst/ --rate 50M
    until_stored 8000000
    kill -STOP "$receiver"
    sleep 1
    idle_for 5
    local most
    most=$(memory "$sender")
    tell "sender $most MiB"
    [ "$most" -le 64 ] || fail 'more than 64 MiB'
    kill -CONT "$receiver"
    both_end 0
    cmp file dst/file
}

sender_frozen() {
    content file 24000000
    mkdir dst
    send "$bw_send" file --at 127.0.0.1:0 --rate 4M
    receive "$bw_recv" --at "$address" -o dst/ --timeout 2 --reconnect 1
    until_stored 8000000
    kill -STOP "$sender"
    local status=0 from
    from=$(seconds)
    wait "$receiver" || status=$?
    within "$from" 6
    cat recv.err
    [ $status = 5 ] || fail "status $status instead of 5"
    kill -CONT "$sender"
    receive "$bw_recv" --at "$address" -o dst/
    both_end 0
    cmp file dst/file
}
