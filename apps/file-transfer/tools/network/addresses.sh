# Addresses of all kinds.

# What is sent from the first namespace arrives in the second, from whatever address is given.
arrives() { # ADDRESS
    rm -rf dst
    mkdir dst
    [ -e file ] || content file 3000000
    send "${a[@]}" "$bw_send" file
    local from
    from=$(seconds)
    receive "${b[@]}" "$bw_recv" --at "$1" -o dst/
    both_end 0
    cmp file dst/file
    echo "through $1, listening on $address:"
    within "$from" "${2:-5}"
}

ipv4_only() {
    cable_v4
    local name
    for name in "$name_a" "$name_b"; do
        ip netns exec "$name" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
    done
    arrives 10.77.0.1
}

ipv6_only() {
    cable
    ip -n "$name_a" addr add fd00:77::1/64 dev cable
    ip -n "$name_b" addr add fd00:77::2/64 dev cable
    arrives fd00:77::1
    arrives '[fd00:77::1]:5142'
}

link_local() {
    cable
    local address_a
    address_a=$(link_local_of "$name_a")
    link_local_of "$name_b"
    arrives "$address_a%cable"
    arrives "[$address_a%cable]:5142"
}

v4_mapped() {
    cable_v4
    arrives '[::ffff:10.77.0.1]:5142'
    grep -q 'connected to .*10\.77\.0\.2' send.err || fail 'the sender shows another address'
}

# The other side of the cable takes packets for the dead address and says nothing.
one_address_dead() {
    cable_v4
    ip -n "$name_b" route add 10.78.0.0/24 via 10.77.0.1
    "${a[@]}" sysctl -qw net.ipv4.ip_forward=0
    mkdir -p "/etc/netns/$name_b"
    printf '127.0.0.1 localhost\n10.78.0.9 laptop\n10.77.0.1 laptop\n' >"/etc/netns/$name_b/hosts"
    [ "$(RESOLV_MULTI=on "${b[@]}" getent ahostsv4 laptop | awk '{ print $1 }' | sort -u | wc -l)" = 2 ] ||
        skip 'this system gives one address to a name'
    RESOLV_MULTI=on arrives laptop 1.5
}
