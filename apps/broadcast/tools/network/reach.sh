# Networks on which not everything arrives.

# What is said there by all means is found here.
found() { # LETTER NAME
    cast_ends 0 "$1" find "$2" --count 1
    [ "$(cut -d ' ' -f 1 said.out)" = "$2" ] || fail "not $2: $(cat said.out)"
}

groups_dropped() {
    at_nft
    cable_v4
    drop_groups a b
    without_ipv6 a b
    announce printer b
    found a printer
    # Both ways: the announcement comes by itself, too.
    watch eye a
    announce second b
    sees eye.out '"found","name":"second"'
}

at_nft() {
    has nft nftables || skip 'no nft'
}

memberships_used_up() {
    cable_v4
    without_ipv6 a b
    at a sysctl -qw net.ipv4.igmp_max_memberships=0
    at b sysctl -qw net.ipv4.igmp_max_memberships=0
    announce printer b
    found a printer
    local hint='cannot join 239\.255\.66\.87: no buffer space available; join fewer groups, or raise net\.ipv4\.igmp_max_memberships, where it is Linux$'
    sees said.err "^bw-cast: cable: $hint"
    sees printer.err "^bw-cast: cable: $hint"
    [ "$(lines printer.err "cable: $hint")" = 1 ] || fail 'told more than once'
    listen ear a --group 239.1.2.3
    sees ear.err '^bw-cast: cable: cannot join 239\.1\.2\.3: no buffer space available; join fewer groups'
    cast_ends 0 b say to-all
    sees ear.out ' to-all$'
    stop printer ear
}

multicast_off() {
    cable_v4
    local letter
    for letter in a b; do
        ip -n "$(netns $letter)" link set cable down
        ip -n "$(netns $letter)" link set cable multicast off
        ip -n "$(netns $letter)" link set cable up
    done
    announce printer b
    found a printer
    stop printer
}

# What leads nowhere are the routes for groups; interfaces are chosen without them.
no_group_routes() {
    cable_v4
    without_ipv6 a b
    ip -n "$name_a" route add unreachable 224.0.0.0/4
    ip -n "$name_b" route add unreachable 224.0.0.0/4
    announce printer b
    found a printer
    listen ear b --group 239.1.2.3
    cast_ends 0 a say hello --to 239.1.2.3
    sees ear.out ' hello$'
    stop printer ear
}

no_broadcast() {
    local address
    local nobody='bw-cast: no interface has an IPv4 broadcast address; give a machine or a group with --to, or another --interface
bw-cast: 1 datagram was sent to nobody'
    cable
    without_ipv6 a b
    for address in '10.77.0.0/31 10.77.0.1/31' '10.77.0.1 peer 10.77.0.2/32|10.77.0.2 peer 10.77.0.1/32'; do
        ip -n "$name_a" address flush dev cable
        ip -n "$name_b" address flush dev cable
        case $address in
        *peer*)
            ip -n "$name_a" address add ${address%|*} dev cable
            ip -n "$name_b" address add ${address#*|} dev cable
            ;;
        *)
            ip -n "$name_a" address add ${address% *} dev cable
            ip -n "$name_b" address add ${address#* } dev cable
            ;;
        esac
        cast_ends 1 a say x
        says said.err "$nobody"
        cast_ends 1 a wake aa:bb:cc:dd:ee:ff
        says said.err "$nobody"
        announce printer b
        case $address in
        *peer*)
            # Neighbours are those in the same network, and this is a network of one.
            cast_ends 7 a find printer --timeout 0.5 --to 10.77.0.2
            says said.err 'bw-cast: --to 10.77.0.2:5143: on no network of this machine, and only neighbours are answered; not asked
unverified: anybody on these networks can announce any name
bw-cast: nobody answered within 0.5 s; give it longer with --timeout, or ask a machine with --to'
            ;;
        *) found a printer ;;
        esac
        stop printer
    done
}

broadcast_dropped() {
    at_nft
    cable_v4
    without_ipv6 a b
    at a nft -f - <<'END'
table inet broadcasts {
    chain out {
        type filter hook output priority 0
        ip daddr 10.77.0.255 drop
    }
}
END
    cast_ends 1 a say x
    says said.err 'bw-cast: cannot send to 10.77.0.255:5144 on cable: operation not permitted; a firewall or sandbox forbids it; allow UDP there
sent 0 datagrams, 0 bytes, to 10.77.0.255:5144 on cable
bw-cast: 1 datagram was sent to nobody'
    announce printer b
    found a printer
    sees said.err '^bw-cast: cannot send to 10\.77\.0\.255:5143 on cable: operation not permitted; a firewall or sandbox forbids it; allow UDP there$'
    stop printer
}

# Where nothing reaches everyone, one machine that is named is asked, and found.
one_to_one_only() {
    at_nft
    cable_v4
    without_ipv6 a b
    drop_groups a b
    local letter
    for letter in a b; do
        at $letter nft add rule inet groups in ip daddr 10.77.0.255 drop
    done
    announce printer b
    cast_ends 7 a find printer --timeout 1
    cast_ends 0 a find printer --count 1 --to 10.77.0.2
    cast_ends 7 a find printer --timeout 1 --to 10.99.0.1
    says said.err 'bw-cast: --to 10.99.0.1:5143: on no network of this machine, and only neighbours are answered; not asked
unverified: anybody on these networks can announce any name
bw-cast: nobody answered within 1 s; give it longer with --timeout, or ask a machine with --to'
    stop printer
}

link_local_only() {
    cable
    local other
    link_local_of "$name_a" >/dev/null
    other=$(link_local_of "$name_b")
    announce printer b --port 631
    listen ear b --group ff12::99
    cast_ends 0 a find printer --count 1
    says said.out "printer  cast  [$other%2]:631  cable"
    cast_ends 0 a say hello --to ff12::99
    sees ear.out "^[^ ]* \[fe80::[0-9a-f:]*%2\]:[0-9]+ cable 5 hello\$"
    cast_ends 0 a say direct --to "[$other%cable]:5144"
    sees ear.out ' cable 6 direct$'
    # Nothing to broadcast to.
    cast_ends 1 a say lost
    sees said.err '^bw-cast: no interface has an IPv4 broadcast address; give a machine or a group with --to, or another --interface$'
    stop printer ear
}

private_ipv4_only() {
    cable_v4
    without_ipv6 a b
    announce printer b --port 631
    cast_ends 0 a find printer --count 1
    says said.out 'printer  cast  10.77.0.2:631  cable'
    listen ear b
    cast_ends 0 a say hello
    sees ear.out '^[^ ]* 10\.77\.0\.1:[0-9]+ cable 5 hello$'
    stop printer ear
}

refusals() {
    at_nft
    cable_v4
    without_ipv6 a b
    ip -n "$name_a" route add prohibit 10.99.1.0/24
    ip -n "$name_a" route add unreachable 10.99.2.0/24
    ip -n "$name_a" route add blackhole 10.99.3.0/24
    refused() { # ADDRESS REASON
        cast_ends 1 a say x --to "$1"
        says said.err "bw-cast: cannot send 1 byte to $1:5144: $2
sent 0 datagrams, 0 bytes, to $1:5144
bw-cast: 1 datagram was sent to nobody"
    }
    local nowhere='no route leads there; check the address, and that the network is up'
    refused 10.98.0.1 "network is unreachable; $nowhere"
    refused 10.99.1.1 'permission denied; a firewall or sandbox forbids it; allow UDP to there'
    refused 10.99.2.1 "no route to host; $nowhere"
    refused 10.99.3.1 'invalid argument; check the address'
    at a nft -f - <<'END'
table inet out {
    chain out {
        type filter hook output priority 0
        ip daddr 10.77.0.2 udp dport 5144 drop
        ip daddr 10.77.0.3 reject with icmp type admin-prohibited
    }
}
END
    refused 10.77.0.2 'operation not permitted; a firewall or sandbox forbids it; allow UDP to there'
    refused 10.77.0.3 'operation not permitted; a firewall or sandbox forbids it; allow UDP to there'
    # The rest goes on.
    listen ear b --port 7000
    cast_ends 0 a say hello --to 10.77.0.3 --to 10.77.0.2:7000
    sees ear.out ' hello$'
    local what
    for what in 'say x' 'listen' 'announce x' 'find' 'wake aa:bb:cc:dd:ee:ff'; do
        cast_ends 1 a $what --interface eth9
        says said.err 'bw-cast: no interface eth9 is up; there are lo, cable'
    done
    stop ear
}
