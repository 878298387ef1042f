# Those who go, and how long it takes to be noticed.

# Killed, told to stop, and standing still, side by side: silence takes three times 13 s to be believed.
silence() {
    cable_v4
    without_ipv6 a b
    watch eye a
    local name from
    for name in killed stopped frozen; do
        announce $name b
        sees eye.out "\"found\",\"name\":\"$name\""
    done
    # The three announcements of the beginning are over.
    sleep 3
    from=$(seconds)
    kill -KILL "${process[killed]}"
    kill -STOP "${process[frozen]}"
    kill -TERM "${process[stopped]}"
    sees eye.out '"lost","name":"stopped".*"why":"goodbye"' 1
    tell "goodbye after $(since "$from") s"
    sees eye.out '"lost","name":"killed".*"why":"silence"' 45
    tell "silence after $(since "$from") s"
    since "$from" | awk '{ exit $1 < 34 || $1 > 41 }' || fail 'not three times its interval'
    sees eye.out '"lost","name":"frozen".*"why":"silence"' 3
    mark eye
    from=$(seconds)
    kill -CONT "${process[frozen]}"
    sees eye.out '"found","name":"frozen"' 15
    tell "back after $(since "$from") s"
    stop frozen eye
}

clock_changed() {
    has_faketime || skip 'no libfaketime'
    cable_v4
    without_ipv6 a b
    echo '+0' >clock
    # Of all clocks the wall's alone: setting it leaves the others as they are.
    local faked=(env LD_PRELOAD="$faketime" FAKETIME_TIMESTAMP_FILE="$PWD/clock" FAKETIME_NO_CACHE=1
        FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1)
    echo '+365d' >clock
    [ "$("${faked[@]}" date +%s)" -gt $(($(date +%s) + 1000000)) ] || skip 'libfaketime does nothing here'
    echo '+0' >clock
    start eye a "${faked[@]}" "$cast" find --watch --json
    start ear a "${faked[@]}" "$cast" listen --json
    announce stays b
    announce vanishes b
    sees eye.out '"found","name":"stays"'
    sees eye.out '"found","name":"vanishes"'
    sleep 3
    local from offset
    from=$(seconds)
    kill -KILL "${process[vanishes]}"
    for offset in +365d -365d +0 -1h +1h; do
        echo $offset >clock
        cast_ends 0 b say "clock $offset"
        sees ear.out "\"text\":\"clock [$offset]+\""
        sleep 1
    done
    [ "$(values ear.out time | cut -c -4 | sort -u | wc -l)" -ge 3 ] || fail 'the clock did not change'
    sees_not eye.out '"lost"'
    sees eye.out '"lost","name":"vanishes".*"why":"silence"' 45
    tell "silence after $(since "$from") s"
    since "$from" | awk '{ exit $1 < 34 || $1 > 41 }' || fail 'not three times its interval'
    sees_not eye.out '"lost","name":"stays"'
    stop eye ear stays
}

enough() {
    cable_v4
    local from
    announce printer b
    from=$(seconds)
    cast_ends 0 a find --timeout 2 --count 1 --json
    within "$from" 1
    [ "$(wc -l <said.out)" = 1 ] && [ "$(values said.out name)" = printer ] || fail "$(cat said.out)"
    stop printer
    from=$(seconds)
    cast_ends 7 a find --timeout 2 --count 1 --json
    since "$from" | awk '{ exit $1 < 2 || $1 > 3 }' || fail 'not after 2 s'
    says said.err 'bw-cast: nobody answered within 2 s; give it longer with --timeout, or ask a machine with --to'
    [ ! -s said.out ] || fail "$(cat said.out)"
}
