# Crowds before one sender.

# What the sender has cost meanwhile, and what it has left open.
bounded() { # DESCRIPTORS_BEFORE CPU_BEFORE MOST_CPU
    local now=$(($(cpu "$sender") - $2)) memory descriptors
    memory=$(memory "$sender")
    descriptors=$(descriptors "$sender")
    tell "the sender: at most $memory MiB, $now hundredths of a second used, $1 descriptors before, $descriptors after"
    [ "$memory" -le 64 ] || fail 'more than 64 MiB'
    [ "$now" -le "$3" ] || fail "more than $3 hundredths of a second"
    # 64 strangers at a time, and one more for whoever is being let in.
    [ "$descriptors" -le $(($1 + 66)) ] || fail 'descriptors leak'
}

# The right code gets what is offered, in so many seconds.
honest_gets_in() { # SECONDS
    local from
    from=$(seconds)
    receive "$bw_recv" --at "$address" -o dst/ --wait 30
    both_end 0
    within "$from" "$1"
    cmp file dst/file
}

crowd_of() { # KIND CONNECTIONS
    content file 100000
    mkdir dst
    ulimit -n 20000 2>/dev/null || ulimit -n "$(ulimit -Hn)"
    send "$bw_send" file --at 127.0.0.1:0
    python3 "$tools/crowd.py" "$address" "$1" "$2" >crowd.out 2>crowd.err &
    crowd=$!
    local try
    for try in $(seq 400); do
        [ ! -s crowd.out ] || break
        sleep 0.05
    done
    tell "$(head -n 1 crowd.out)"
    [ "$try" -lt 400 ] || fail "no crowd: $(cat crowd.err)"
}

half_open() {
    local crowd before used
    crowd_of silent 5000
    before=$(descriptors "$sender") used=$(cpu "$sender")
    [ "$before" -le 100 ] || fail "$before descriptors are open"
    sleep 2
    bounded "$before" "$used" 100
    honest_gets_in 1
}

half_open_returning() {
    local crowd before used
    crowd_of returning 500
    before=$(descriptors "$sender") used=$(cpu "$sender")
    sleep 3
    bounded "$before" "$used" 300
    honest_gets_in 10
    kill $crowd
    wait $crowd || true
    tell "$(tail -n 1 crowd.out)"
}

half_paired() {
    local crowd before used
    crowd_of hello 1000
    before=$(descriptors "$sender") used=$(cpu "$sender")
    sleep 2
    bounded "$before" "$used" 100
    honest_gets_in 1
}

# So many receivers with wrong codes, at once; how many of them ended with which status is in guesses.
guessers() { # COUNT
    seq "$1" | xargs -P 100 -I {} bash -c '
        status=0
        timeout 20 "$0" 8-zebra-zoo --at "$1" --yes -o guesses-dst/ >/dev/null 2>"guess.$2" || status=$?
        echo $status' "$bw_recv" "$address" {} >guesses
}

guessers_first() {
    content file 100000
    mkdir dst guesses-dst
    send "$bw_send" file --at 127.0.0.1:0
    local from got_send=0 got_recv=0 crowd
    from=$(seconds)
    guessers 1000 &
    crowd=$!
    wait $sender || got_send=$?
    within "$from" 5
    cat send.err
    [ $got_send = 4 ] || fail "the sender ended with $got_send instead of 4"
    grep -q 'wrong code' send.err || fail 'the sender does not say why'
    receive "$bw_recv" --at "$address" -o dst/
    wait $receiver || got_recv=$?
    within "$from" 10
    cat recv.err
    [ $got_recv = 7 ] || [ $got_recv = 4 ] || fail "the receiver ended with $got_recv instead of 4 or 7"
    [ ! -e dst/file ] || fail 'something was received'
    wait $crowd
    tell "the guessers' statuses: $(sort guesses | uniq -c | awk '{ printf "%s%s times %s", s, $1, $2; s = ", " }')"
    [ "$(sort -u guesses | grep -vc '^[47]$')" = 0 ] || fail "of other kinds: $(sort guesses | uniq -c)"
    [ -z "$(ls -A guesses-dst)" ] || fail 'a guesser has got something'
}

guessers_during() {
    content file 75000000
    mkdir dst guesses-dst
    send "$bw_send" file --at 127.0.0.1:0 --rate 2500K
    receive "$bw_recv" --at "$address" -o dst/
    until_stored 4000000
    local before used
    before=$(descriptors "$sender") used=$(cpu "$sender")
    guessers 1000
    tell "the guessers' statuses: $(sort guesses | uniq -c | awk '{ printf "%s%s times %s", s, $1, $2; s = ", " }')"
    kill -0 $sender || fail 'the transfer was over before the guessers were'
    bounded "$before" "$used" 1000
    both_end 0
    cmp file dst/file
    [ -z "$(ls -A guesses-dst)" ] || fail 'a guesser has got something'
    [ "$(grep -c 'wrong code' send.err)" = 1 ] || fail 'the sender says it more or less than once'
}
