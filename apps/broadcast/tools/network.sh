#!/usr/bin/env bash
# bw-cast, and bw-send and bw-recv that find each other, on networks that come and go, forbid, forge and flood.
#
#   apps/broadcast/tools/network.sh [CHECK...]
#
# Every check is named and has its own line; without names all are made, those that mostly wait side by side. The
# networks are namespaces of the kernel, made and removed here, so this takes root and Linux. BW_PROGRAMS names a
# directory with the programs; without it they are built. Programs that a check watches with are installed (Debian and
# its kin); where that fails, the check is skipped.
set -euo pipefail

tools=$(cd "$(dirname "$0")" && pwd)/network

# Name, seconds it may take, and what it shows.
checks=(
    # The longest first.
    'silence 80 killed, stopped, standing still: gone after three intervals, at once, and back again'
    'clock_changed 80 the clock jumps forth and back: nobody is lost by that'
    'three_networks 30 an announcer on each of three networks: each once, by the right interface'
    'own_unlisted 20 who announces and searches does not list itself'
    'one_port 30 two programs on one port both hear'
    'address_changed 40 another address while announce, listen and find --watch run'
    'link_down_and_up 40 an interface goes down and up'
    'carrier_lost 40 the other end of the cable goes down and up'
    'all_down 40 all interfaces go down and up'
    'interface_added_and_removed 40 an interface comes and goes'
    'groups_dropped 20 groups are filtered out: broadcasts do'
    'memberships_used_up 20 no group can be joined: broadcasts do, and a hint is told'
    'multicast_off 20 interfaces that are set to do without multicast'
    'no_group_routes 20 no route for groups'
    'no_broadcast 20 networks without broadcast: clear words, and groups do'
    'broadcast_dropped 20 broadcasts are filtered out: clear words, and groups do'
    'one_to_one_only 20 groups and broadcasts are filtered out: whoever is named is found'
    'link_local_only 20 IPv6 link-local addresses and nothing else'
    'private_ipv4_only 20 private IPv4 and nothing else'
    'refusals 20 no route, firewalls, no such interface: their words'
    'pair_private_ipv4 20 bw-send and bw-recv find each other by private IPv4'
    'pair_link_local 20 ... by IPv6 link-local addresses'
    'pair_two_networks 20 ... on two networks at once, then on the one that is left'
    'pair_groups_dropped 20 ... where groups are filtered out'
    'pair_same_number 20 ... beside a sender whose code has the same number'
    'pair_impostor 20 ... beside one that says its announcement again from elsewhere'
    'pair_nobody 20 nobody there: a hint, then 7'
    'impostor 20 one name, two instances: two, neither verified'
    'enough 20 find ends with the first, or with 7'
    'spoofed 30 sources that are none: no reply'
    'sizes 30 datagrams of 0 to 65507 bytes'
    'icmp 30 closed ports and vanished askers harm nobody'
    'wake 20 the bytes that switch machines on'
    'with_python 30 Python at the other end'
    'with_socat 30 socat at the other end'
    'small_buffers 20 a system that grants little room'
    'offload_refused !30 a system that refuses segmentation offload'
    'no_fragments !60 datagrams that fit into the MTU stay whole'
    'paced !30 --rate holds within a millisecond, and in the long run'
    'amplification !30 10,000 questions from one address, and from 10,000: never more out than in'
    'flood !40 junk at full speed while somebody looks'
)

jobs=6
needs=(python3:python3 nft:nftables tcpdump:tcpdump socat:socat faketime:faketime)
. "$tools/../../../../tools/network/run.sh"
build -p bw-cast -p bw-transfer -p barewire-lan --bins --example near
run_checks udp "$@"
