# bw-cast bench on networks that are not as it would like them.

# A run from a to b: sent.json and received.json.
bench() { # ARGUMENT... of send
    : >received.err
    start received b "$cast" bench recv --listen 10.77.0.2:0 --json --timeout 10 --count 1
    sees received.err '^listening on '
    local address status=0
    address=$(sed -n 's/^listening on //p' received.err)
    at a "${shim[@]}" "$cast" bench send --to "$address" --json "$@" >sent.json 2>sent.err || status=$?
    cat sent.json sent.err
    [ $status = 0 ] || fail "bench send ended with $status"
    ends received 0
    cat received.out
}
shim=()

equal() { # KEY WANTED FILE
    [ "$(values "$3" "$1")" = "$2" ] || fail "$1 is $(values "$3" "$1") instead of $2"
}

# A library that makes the system refuse what others refuse: ${shim[@]} before a command.
build_shim() {
    has gcc gcc || skip 'no gcc'
    gcc -shared -fPIC -O1 -o shim.so "$tools/refuse.c" -ldl || skip 'gcc does not build a library here'
    shim=(env LD_PRELOAD="$PWD/shim.so" "$@")
}

offload_refused() {
    cable_v4
    # As it is, so that what follows says something.
    bench --count 20000 --size 1200 --rate 50M
    equal offload on sent.json
    build_shim REFUSE_SEGMENTS=1
    bench --count 20000 --size 1200 --rate 50M
    equal offload refused sent.json
    equal received 20000 sent.json
    equal lost 0 sent.json
    sees shim.log '^refused [0-9]'
    tell "$(wc -l <shim.log) calls were refused"
    # By the kernel itself: what does not fit into a packet.
    shim=()
    bench --count 2000 --size 3000 --rate 10M
    equal offload refused sent.json
    equal received 2000 sent.json
}

small_buffers() {
    cable_v4
    build_shim RECEIVE_BUFFER_MAX=8192
    start small b "${shim[@]}" "$cast" bench recv --listen 10.77.0.2:7000 --timeout 1
    ends small 7
    sees small.err '^bw-cast: the system grants 8192 bytes of [0-9]+ for what waits to be received; raise it with sysctl -w net\.core\.rmem_max=[0-9]+$'
    tell "$(grep -o 'grants [0-9]* bytes of [0-9]*' small.err)"
    shim=()
}

# Everything on the cable while a command runs, as it leaves a, with segments apart.
as_it_leaves() { # FILE COMMAND...
    local file=$1
    shift
    captured "$file" "-i cable -B 131072 -s 64 --nano ip" "$@"
}

no_fragments() {
    has tcpdump tcpdump || skip 'no tcpdump'
    cable_v4
    local mtu fits told=
    for mtu in 1280 1500 9000; do
        ip -n "$name_a" link set cable mtu $mtu
        ip -n "$name_b" link set cable mtu $mtu
        ip -n "$name_a" link set cable gso_max_segs 1
        fits=$((mtu - 28))
        as_it_leaves fits.pcap bench --size $fits --count 5000 --rate 50M
        equal received 5000 sent.json
        python3 "$tools/capture.py" fragments fits.pcap $mtu >fits
        as_it_leaves beyond.pcap bench --size $((fits + 1)) --count 500 --rate 50M
        equal received 500 sent.json
        python3 "$tools/capture.py" fragments beyond.pcap $mtu >beyond
        cat fits beyond
        [ "$(cut -d ' ' -f 1 fits)" = 0 ] || fail "fragments at $fits bytes: $(cat fits)"
        # A byte more and there are: the eye is not closed.
        [ "$(cut -d ' ' -f 1 beyond)" -ge 1000 ] || fail "no fragments at $((fits + 1)) bytes: $(cat beyond)"
        told+="${told:+, }$fits bytes over an MTU of $mtu: $(cat fits)"
    done
    tell "$told"
}

paced() {
    has tcpdump tcpdump || skip 'no tcpdump'
    cable_v4
    ip -n "$name_a" link set cable gso_max_segs 1
    local rate most
    # What comes 4 ms late is made up for, which is more than one burst at the last of these.
    for rate in 2:64 8:64 50:300; do
        most=${rate#*:} rate=${rate%:*}
        as_it_leaves rate.pcap bench --size 1200 --time 2 --rate ${rate}M
        python3 "$tools/capture.py" pace rate.pcap 1200 >pace
        tell "--rate ${rate}M: $(cat pace)"
        awk -v most="$most" '{ exit $1 > most }' pace || fail "more than $most datagrams in 1 ms"
        # Of what it says it has sent; a machine that is busy elsewhere may keep it from more.
        [ "$(values sent.json datagrams)" = "$(sed 's/.*, \([0-9]*\) datagrams.*/\1/' pace)" ] || fail 'others were captured'
    done
}
