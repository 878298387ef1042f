# bw-send and bw-recv, and no address that somebody has typed.

# What is sent in a arrives in b; how long the first byte takes from the receiver's start, where nothing is asked.
pair_finds() { # [FILE]
    rm -rf dst
    mkdir dst
    [ -e file ] || content file 3000000
    local from first got_send=0 got_recv=0
    send "${a[@]}" "$bw_send" file
    from=$(seconds)
    : >recv.err
    "${b[@]}" "$bw_recv" $code --yes --wait 8 -o - 2>recv.err >pipe &
    receiver=$!
    { head -c 1 && seconds >first && cat; } <pipe >dst/file
    wait $receiver || got_recv=$?
    # One that was not found waits for ever.
    [ $got_recv = 0 ] || kill $sender 2>/dev/null || true
    wait $sender || got_send=$?
    printf 'sender %d: %s\nreceiver %d: %s\n' $got_send "$(cat send.err)" $got_recv "$(cat recv.err)"
    [ "$got_send $got_recv" = '0 0' ] || fail "status $got_send and $got_recv"
    cmp file dst/file
    first=$(awk -v from="$from" '{ printf "%.2f", $1 - from }' first)
    tell "first byte after $first s"
    awk -v first="$first" 'BEGIN { exit first > 5 }' || fail 'more than 5 s'
}

# Both in one network.
pair_network() {
    cable_v4
    mkfifo pipe
}

pair_private_ipv4() {
    pair_network
    without_ipv6 a b
    pair_finds
    grep -q 'found.*10\.77\.0\.1\|10\.77\.0\.1' recv.err || fail 'by another address'
}

pair_link_local() {
    cable
    mkfifo pipe
    link_local_of "$name_a" >/dev/null
    link_local_of "$name_b" >/dev/null
    pair_finds
    grep -q 'fe80::' recv.err || fail 'by another address'
}

pair_two_networks() {
    pair_network
    wire more a b
    give a more 10.78.0.1/24
    give b more 10.78.0.2/24
    pair_finds
    # One is gone.
    ip -n "$name_b" link set cable down
    pair_finds
}

pair_groups_dropped() {
    has nft nftables || skip 'no nft'
    pair_network
    drop_groups a b
    without_ipv6 a b
    pair_finds
}

# A second sender whose code begins with the same number.
pair_same_number() {
    network a b c
    a=(ip netns exec "$(netns a)") b=(ip netns exec "$(netns b)")
    mkfifo pipe
    content other 1000
    start second c "$bw_send" other --code 7-zebra-zoo
    sees second.err 'listening on'
    pair_finds
    # Now it is the only one that is there at first, and asked.
    if ! kill -0 "${process[second]}" 2>/dev/null; then
        tell 'the other sender was asked, and has ended'
        start second c "$bw_send" other --code 7-zebra-zoo
        sees second.err 'listening on'
    fi
    rm -r dst
    mkdir dst
    receive "${b[@]}" "$bw_recv" -o dst/ --wait 15
    ends second 4
    sees second.err 'tried a wrong code'
    send "${a[@]}" "$bw_send" file
    both_end 0
    cmp file dst/file
}

pair_impostor() {
    network a b c
    a=(ip netns exec "$(netns a)") b=(ip netns exec "$(netns b)")
    without_ipv6 a b c
    content file 3000000
    start impostor c python3 "$tools/packets.py" replay lan 10.77.0.3 10.77.255.255
    sees impostor.out '^ready'
    local run from
    for run in beside first; do
        rm -rf dst
        mkdir dst
        case $run in
        beside)
            send "${a[@]}" "$bw_send" file
            sees impostor.out '^heard'
            from=$(seconds)
            receive "${b[@]}" "$bw_recv" -o dst/
            ;;
        first)
            # What it has heard then is good for the same code still, and nobody else is there yet.
            receive "${b[@]}" "$bw_recv" -o dst/ --wait 15
            sees recv.err '^found somebody at 10\.77\.0\.3:5142$'
            sleep 0.5
            from=$(seconds)
            send "${a[@]}" "$bw_send" file
            ;;
        esac
        both_end 0
        tell "$run: stored after $(since "$from") s"
        cmp file dst/file
    done
}

pair_nobody() {
    cable_v4
    mkdir dst
    local status=0 from
    from=$(seconds)
    "${b[@]}" "$bw_recv" $code --yes -o dst/ --wait 6 >recv.out 2>recv.err || status=$?
    within "$from" 8
    cat recv.err
    [ $status = 7 ] || fail "status $status instead of 7"
    grep -qx 'nobody with this code has answered yet; searching on. Where the network lets nobody be found, say --at HOST as bw-send has printed' recv.err ||
        fail 'no hint while it searches'
    grep -qx "bw-recv: nobody with this code was found on this machine's networks; start bw-send first, or say --at HOST as it has printed" recv.err ||
        fail 'no advice at the end'
}
