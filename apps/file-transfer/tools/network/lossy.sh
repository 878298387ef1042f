# Networks that lose, delay, reorder, or crawl.

lossy() { # BYTES SECONDS_MAX FLAGS...
    local bytes=$1 most=$2 cable from used_send used_recv try
    shift 2
    [ -c /dev/net/tun ] || skip 'no /dev/net/tun to make a bad cable with'
    namespaces
    python3 "$tools/lossy.py" "$name_a" "$name_b" "$@" >cable.out &
    cable=$!
    for try in $(seq 100); do
        [ ! -s cable.out ] || break
        sleep 0.05
    done
    [ "$try" -lt 100 ] || skip 'no cable could be made'
    ip -n "$name_a" addr add 10.79.0.1/24 dev lossy
    ip -n "$name_b" addr add 10.79.0.2/24 dev lossy
    ip -n "$name_a" link set lossy up
    ip -n "$name_b" link set lossy up
    content file "$bytes"
    mkdir dst
    send "${a[@]}" "$bw_send" file --at 10.79.0.1
    from=$(seconds)
    receive "${b[@]}" "$bw_recv" --at 10.79.0.1 -o dst/
    # What they use is asked while they live; what comes after the last look is little.
    used_send=0 used_recv=0
    while kill -0 "$receiver" 2>/dev/null; do
        used_send=$(cpu "$sender" 2>/dev/null || echo "$used_send")
        used_recv=$(cpu "$receiver" 2>/dev/null || echo "$used_recv")
        sleep 0.1
    done
    within "$from" "$most"
    both_end 0
    cmp file dst/file
    kill $cable
    wait $cable || true
    tell "$bytes bytes, $(sed -n 2p cable.out)"
    tell "$used_send and $used_recv hundredths of a second used"
    [ "$used_send" -le 100 ] && [ "$used_recv" -le 100 ] || fail 'more than a second of processor time'
}

loss_1() {
    lossy 20000000 30 --loss 0.01 --delay 0.01
}

loss_10() {
    lossy 4000000 50 --loss 0.1 --delay 0.01
}

delay_100() {
    lossy 20000000 30 --delay 0.1
}

reordered() {
    lossy 20000000 30 --delay 0.005 --late 0.25 0.01
}

slow() {
    lossy 10000 40 --rate 1000
}
