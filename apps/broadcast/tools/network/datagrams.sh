# Datagrams of all lengths, to all kinds of ends, by our programs and others'.

# So many bytes of text, which ends in no space.
text() { # BYTES
    [ -e numbers ] || seq -s . 20000 >numbers
    head -c "$1" numbers
}

sizes() {
    cable_v4
    start ear b "$cast" listen --json
    sees ear.err '^listening on 10\.77\.0\.2'
    local bytes to
    for to in 10.77.0.2 10.77.0.255; do
        mark ear
        cast_ends 0 a say '' --to $to
        for bytes in 1 27 1200 1201 65507; do
            text $bytes | at a "$cast" say - --to $to
        done
        for bytes in 0 1 27 1200 1201 65507; do
            sees ear.out "\"destination\":\"$to\".*\"length\":$bytes,"
        done
        since_mark ear.out | values /dev/stdin text >got
        for bytes in 0 1 27 1200 1201 65507; do text $bytes; echo; done >want
        diff want got || fail 'other bytes'
    done
    mark ear
    local status=0
    text 65508 | at a "$cast" say - --to 10.77.0.2 2>said.err || status=$?
    [ $status = 1 ] || fail "status $status"
    says said.err 'bw-cast: line 1 is longer than 65507 bytes, which is all that a datagram takes; left out
bw-cast: 1 datagram was sent to nobody'
    cast_ends 2 a say "$(text 65508)" --to 10.77.0.2
    says said.err 'bw-cast: TEXT 1 is 65508 bytes long; a datagram takes 65507 at most'
    stop ear
}

icmp() {
    cable_v4
    # A closed port, five times: nobody knows, and nothing breaks.
    cast_ends 0 a say knock --to 10.77.0.2:9999 --repeat 5 --interval 0.1
    says said.err 'sent 5 datagrams, 25 bytes, to 10.77.0.2:9999'
    cast_ends 7 a say knock --to 10.77.0.2:9999 --wait 0.5
    sees said.err '^bw-cast: no reply within 0\.5 s$'
    # One that asks and is gone when the answer comes, ten times; and one whose address is gone.
    listen ear b --reply here
    at a python3 - <<'END'
import socket
for n in range(10):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.sendto(b"gone", ("10.77.0.2", 5144))
    s.close()
END
    sees ear.out ' gone$'
    ip -n "$name_a" address add 10.77.0.9/24 dev cable
    at a python3 - <<'END'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.77.0.9", 0))
s.sendto(b"vanished", ("10.77.0.2", 5144))
END
    ip -n "$name_a" address delete 10.77.0.9/24 dev cable
    sees ear.out ' vanished$'
    sleep 1.2
    cast_ends 0 a say asks --to 10.77.0.2 --wait 1
    sees said.out ' 4 here$'
    stop ear
    sees ear.err '^heard 12 datagrams, 52 bytes$'
}

wake() {
    cable_v4
    without_ipv6 a b
    start wire b python3 "$tools/packets.py" dump cable 9
    sees wire.out '^ready'
    local packet=ffffffffffff n
    for n in $(seq 16); do packet+=0a1b2c3d4e5f; done
    check() { # PACKET ARGUMENT...
        local wanted=$1
        shift
        mark wire
        cast_ends 0 a wake "$@" --repeat 1
        sees wire.out "^in 10\.77\.0\.255 $wanted\$"
        sleep 0.1
        [ "$(lines wire.out .)" = 1 ] || fail "more than one packet: $(since_mark wire.out)"
    }
    check $packet 0a:1b:2c:3d:4e:5f
    check $packet 0a1b.2c3d.4e5f
    check $packet 0A-1B-2C-3D-4E-5F
    check $packet 0a1b2c3d4e5f
    check ${packet}a1b2c3d4e5f6 0a:1b:2c:3d:4e:5f --password a1:b2:c3:d4:e5:f6
    check ${packet}c0a80701 0a:1b:2c:3d:4e:5f --password 192.168.7.1
    tell "$((${#packet} / 2)) bytes, 108 and 106 with a password"
    mark wire
    cast_ends 0 a wake 0a:1b:2c:3d:4e:5f
    sees wire.out "^in 10\.77\.0\.255 $packet\$"
    [ "$(lines wire.out .)" = 3 ] || fail "not three times: $(since_mark wire.out)"
    cast_ends 2 a wake 0a:1b:2c:3d:4e
}

# Both ways, to one, to all and to groups of both families.
with_python() {
    cable_v4
    cat >hear.py <<'END'
import socket, struct, sys
v4 = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
v4.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
v4.bind(("", 5144))
index = socket.if_nametoindex("cable")
v4.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
              socket.inet_aton("239.255.1.2") + bytes(4) + struct.pack("i", index))
v6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
v6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
v6.bind(("::", 5144))
v6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, "ff12::99") + struct.pack("i", index))
print("ready", flush=True)
import select
while True:
    for s in select.select([v4, v6], [], [])[0]:
        data, source = s.recvfrom(65536)
        print(data.decode(), flush=True)
        s.sendto(b"reply to " + data, source)
END
    start theirs b python3 hear.py
    sees theirs.out '^ready'
    local to
    for to in 10.77.0.2 10.77.0.255 255.255.255.255 239.255.1.2 ff12::99; do
        cast_ends 0 a say "to $to" --to $to --wait 0.5
        sees theirs.out "^to $to\$"
        sees said.out "reply to to $to\$"
    done
    cast_ends 0 a say 'to everyone'
    sees theirs.out '^to everyone$'
    kill "${process[theirs]}"
    listen ours a --group 239.255.1.2 --group ff12::99 --reply here
    at b python3 - <<'END'
import socket
index = socket.if_nametoindex("cable")
v4 = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
v4.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
v4.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, bytes(8) + index.to_bytes(4, "little"))
v6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
v6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
for s, to in ((v4, "10.77.0.1"), (v4, "10.77.0.255"), (v4, "239.255.1.2"), (v6, "ff12::99")):
    s.settimeout(5)
    s.sendto(f"for {to}".encode(), (to, 5144))
    data, source = s.recvfrom(100)
    assert data == b"here" and source[1] == 5144, (data, source)
END
    for to in 10.77.0.1 10.77.0.255 239.255.1.2 ff12::99; do
        sees ours.out " for $to\$"
    done
    stop ours
}

with_socat() {
    has socat socat || skip 'no socat'
    cable_v4
    start theirs b socat -u UDP4-RECV:5144,reuseaddr,ip-add-membership=239.255.1.2:cable -
    local try to
    for try in $(seq 100); do
        [ -z "$(at b ss -Hlun 'sport = :5144')" ] || break
        sleep 0.03
    done
    for to in 10.77.0.2 10.77.0.255 239.255.1.2; do
        cast_ends 0 a say "to $to." --to $to
        sees theirs.out "to $to\."
    done
    cast_ends 0 a say 'to everyone.'
    sees theirs.out 'to everyone\.'
    kill "${process[theirs]}"
    listen ours a --group 239.255.1.2
    printf 'for one' | at b socat - UDP4-SENDTO:10.77.0.1:5144
    printf 'for all' | at b socat - UDP4-DATAGRAM:10.77.0.255:5144,broadcast
    printf 'for a group' | at b socat - UDP4-DATAGRAM:239.255.1.2:5144,ip-multicast-if=10.77.0.2
    for to in one all 'a group'; do
        sees ours.out "10\.77\.0\.2:[0-9]+ cable [0-9]+ for $to\$"
    done
    stop ours
}
