# A wall clock that somebody sets.

clock_changed() {
    has_faketime || skip 'no libfaketime'
    content file 24000000
    touch -d '2020-02-02 02:02:02.123456789Z' file
    mkdir dst
    echo '+0' >clock
    # Of all clocks the wall's alone: setting it leaves the others as they are.
    local faked=(env LD_PRELOAD="$faketime" FAKETIME_TIMESTAMP_FILE="$PWD/clock" FAKETIME_NO_CACHE=1
        FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1)
    "${faked[@]}" date +%Y >year
    echo '+365d' >clock
    [ "$("${faked[@]}" date +%Y)" -gt "$(cat year)" ] || skip 'libfaketime does nothing here'
    echo '+0' >clock
    send "${faked[@]}" "$bw_send" file --at 127.0.0.1:0 --rate 4M --timeout 10 --reconnect 10
    python3 "$tools/relay.py" "$address" 1 14000000 reset >relay.out &
    local try from
    for try in $(seq 100); do
        [ ! -s relay.out ] || break
        sleep 0.05
    done
    [ "$try" -lt 100 ] || fail 'the relay does not listen'
    from=$(seconds)
    receive "${faked[@]}" "$bw_recv" --at "127.0.0.1:$(head -n 1 relay.out)" -o dst/ --timeout 10 --reconnect 10
    until_stored 6000000
    echo '+365d' >clock
    until_stored 12000000
    echo '-1h' >clock
    both_end 0
    within "$from" 12
    cmp file dst/file
    [ "$(stat -c %y file)" = "$(stat -c %y dst/file)" ] || fail 'another time of the file'
    [ "$(grep -c 'connection lost' recv.err)" = 1 ] || fail 'one connection should have been lost, the one that was reset'
}
