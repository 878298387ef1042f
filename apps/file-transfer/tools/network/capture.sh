# What somebody on the wire can read.

# All that is on the loopback of the first namespace.
everything='-i lo -B 65536 -s 0 tcp'

good_session() {
    send "${a[@]}" "$bw_send" secret-plans --at 127.0.0.1:0
    receive "${a[@]}" "$bw_recv" --at "$address" -o dst/
    both_end 0
}

# The same in clear, with all that is looked for in every form: as a bad program might send it.
in_clear() {
    "${a[@]}" ncat -l 127.0.0.1 5555 >received &
    local server=$! try
    for try in $(seq 100); do
        "${a[@]}" ss -Hltn 'sport = :5555' | grep -q . && break
        sleep 0.05
    done
    { tar c secret-plans; python3 "$tools/readable.py" forms needles; } | "${a[@]}" ncat --send-only 127.0.0.1 5555
    wait $server
}

capture() {
    has tcpdump tcpdump || skip 'no tcpdump'
    has ncat ncat || skip 'no ncat'
    namespaces
    mkdir -p secret-plans/Zweigstelle dst
    local name size
    : >needles
    for name in budget-2027.ods Zweigstelle/payroll-march.csv Zweigstelle/résumé-of-bob.pdf; do
        size=$((RANDOM * 32768 + RANDOM + 1000000))
        size=$((size % 3000000 + 1000000))
        { echo "the-marked-words-inside $name"; head -c $size /dev/urandom; } | head -c $size >"secret-plans/$name"
        printf 'text %s\nnumber %s\n' "$(basename "$name")" $size >>needles
    done
    printf 'text secret-plans\ntext Zweigstelle\ntext the-marked-words-inside\ntext %s\n' $code >>needles
    local word
    for word in ${code//-/ }; do
        # One figure is anywhere.
        [ ${#word} -lt 4 ] || printf 'text %s\n' "$word" >>needles
    done
    printf 'text %s\n' "$(uname -n)" | grep -E '.{10}' >>needles || true

    captured clear.pcap "$everything" in_clear
    captured session.pcap "$everything" good_session
    diff -r secret-plans dst/secret-plans
    python3 "$tools/readable.py" search needles clear.pcap all
    python3 "$tools/readable.py" search needles session.pcap none
    python3 "$tools/readable.py" records session.pcap
}
