# Datagrams that are not what they seem, and too many of them.

# Every source that is none, and in between one that is.
spoofed() {
    cable_v4
    local v6 own_v6 letter
    for letter in a b; do
        # So that as much as possible reaches the program.
        at $letter sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.cable.rp_filter=0 \
            net.ipv4.conf.all.accept_local=1 net.ipv4.conf.cable.accept_local=1
    done
    own_v6=$(link_local_of "$name_b")
    v6=$(link_local_of "$name_a")
    # Whatever is sent would leave, whether anybody has that address or not.
    ip -n "$name_b" link set cable arp off
    ip -n "$name_b" route add default via 10.77.0.1
    ip -n "$name_b" -6 route add default dev cable
    announce target b
    start wire b python3 "$tools/packets.py" watch cable
    sees wire.out '^ready'
    local before after
    before=$(udp_received b)
    at a python3 "$tools/packets.py" spoof cable "$(mac b cable)" 10.77.0.2 \
        198.51.100.7/40000 10.77.0.2/40000 10.77.0.255/40000 10.77.0.0/40000 255.255.255.255/40000 \
        239.255.66.87/40000 0.0.0.0/40000 127.0.0.1/40000 10.77.0.9/0 10.77.0.9/7 10.77.0.9/19 10.77.0.9/1023
    at a python3 "$tools/packets.py" spoof cable "$(mac b cable)" "$own_v6" \
        2001:db8::7/40000 "$own_v6/40000" ff12::4257/40000 ::/40000 ::1/40000 fe80::9/7
    after=$(udp_received b)
    sleep 0.3
    [ "$(lines wire.out '^out 3 ')" = 0 ] || fail "replies: $(grep '^out 3' wire.out)"
    tell "$((after - before)) of 54 reached a socket, none was answered"
    [ $((after - before)) -ge 15 ] || fail 'too few to say anything'
    # Whoever asks like that from where it should is answered.
    at a python3 "$tools/packets.py" spoof cable "$(mac b cable)" 10.77.0.2 10.77.0.1/40000
    sees wire.out '^out 3 10\.77\.0\.2 [0-9]+ 10\.77\.0\.1 40000'
    at a python3 "$tools/packets.py" spoof cable "$(mac b cable)" "$own_v6" "$v6/40000"
    sees wire.out '^out 3 fe80'
    stop target
}

# Datagrams that sockets have taken.
udp_received() { # LETTER
    at "$1" cat /proc/net/snmp /proc/net/snmp6 |
        awk '/^Udp: [0-9]/ { n += $2 } /^Udp6InDatagrams/ { n += $2 } END { print n }'
}

amplification() {
    namespaces
    wire cable a b
    give a cable 10.77.0.1/16
    give b cable 10.77.0.2/16
    # Replies leave although nobody has these addresses.
    ip -n "$name_b" link set cable arp off
    announce target b note="$(printf 'x%.0s' $(seq 200))" more="$(printf 'y%.0s' $(seq 200))"
    start wire b python3 "$tools/packets.py" watch cable
    sees wire.out '^ready'
    # The third announcement; the next is after 10 s, of which 6 are used.
    sleep 3.2
    local before after sources asked replies
    before=$(resident "${process[target]}")
    for sources in 1 10000; do
        mark wire
        start account b python3 "$tools/packets.py" account cable 2.5
        sees account.out '^ready'
        asked=$(at a python3 "$tools/packets.py" storm cable "$(mac b cable)" 10.77.0.2 10000 $sources 2)
        ends account 0
        replies=$(lines wire.out '^out 3 ')
        tell "$asked from $sources: $(tail -n 1 account.out), $replies replies"
        [ "$(tail -n 1 account.out | cut -d ' ' -f 1)" -ge 12000000 ] || fail 'not all was sent'
        case $sources in
        1) [ "$replies" -ge 3 ] && [ "$replies" -le 8 ] ;;
        *) [ "$replies" -ge 100 ] && [ "$replies" -le 1500 ] ;;
        esac || fail "$replies replies"
    done
    after=$(resident "${process[target]}")
    tell "resident $before KiB before, $after KiB after"
    [ $((after - before)) -le 1024 ] || fail 'it has grown by more than 1 MiB'
    stop target
}

# Junk at full speed at everything that listens, while somebody looks for one who is there.
flood() {
    network a b c
    announce honest c
    listen ear a
    # The port is open at all times: a machine that says it is not would end the flood.
    announce holder a
    local port from used
    for port in 5143 5144; do
        start "junk$port" b "$cast" bench send --to 10.77.0.1:$port --size 64 --time 4 --json
    done
    sleep 0.3
    from=$(seconds)
    start finder a "$cast" find honest --count 1 --timeout 10
    ends finder 0
    tell "found after $(since "$from") s"
    start finder a "$cast" find --timeout 2
    sleep 1.8
    used=$(cpu "${process[finder]}")
    ends finder 0
    grep -q '^honest ' finder.out || fail 'not found'
    kill -0 "${process[junk5143]}" || fail 'the flood was over too early'
    tell "find used $used hundredths of a second in 1.8 s"
    [ "$used" -le 190 ] || fail 'more than a processor'
    sees finder.err '^bw-cast: at least [0-9]+ datagrams came faster than they could be looked at, and are lost; somebody may be missing$'
    for port in 5143 5144; do
        ends "junk$port" 7
    done
    cast_ends 0 c say after-it --to 10.77.0.1
    sees ear.out ' after-it$'
    stop ear
    local sent
    sent=$(values junk5143.out datagrams)
    tell "$sent datagrams at find, $(values junk5144.out datagrams) at listen; $(grep -o '^heard [0-9]* datagrams' ear.err), $(sed -n 's/^bw-cast: \(.* datagrams\) came.*/\1 lost/p' ear.err)"
    [ "$sent" -ge 500000 ] || fail 'fewer than 500000'
    grep -Eq '^bw-cast: at least [0-9]+ datagrams came faster than they could be shown, and are lost$' ear.err || fail 'no loss is told'
}

impostor() {
    network a b c
    announce printer b
    start other c "$cast" announce printer
    sees other.err '^announcing'
    cast_ends 0 a find printer
    [ "$(lines said.out '^printer  cast  ')" = 2 ] || fail "not two: $(cat said.out)"
    sees said.err '^unverified: anybody on these networks can announce any name$'
    cast_ends 0 a find printer --json
    [ "$(values said.out instance | sort -u | wc -l)" = 2 ] || fail "not two: $(cat said.out)"
    [ "$(lines said.out '"verified":false')" = "$(wc -l <said.out)" ] || fail 'some is verified'
}
