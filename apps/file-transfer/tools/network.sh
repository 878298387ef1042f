#!/usr/bin/env bash
# bw-send and bw-recv on networks that break, before crowds that guess, and watched from outside.
#
#   apps/file-transfer/tools/network.sh [CHECK...]
#
# Every check is named and has its own line; without names all are made. The networks are namespaces of the kernel, made
# and removed here, so this takes root and Linux. BW_PROGRAMS names a directory with both programs; without it they are
# built. Programs that a check watches with are installed (Debian and its kin); where that fails, the check is skipped.
set -euo pipefail

tools=$(cd "$(dirname "$0")" && pwd)/network

# Name, seconds it may take, and what it shows.
checks=(
    'ipv4_only 20 a network without IPv6'
    'ipv6_only 20 a network without IPv4'
    'link_local 20 link-local addresses with a scope'
    'v4_mapped 20 an IPv4 address written as an IPv6 one'
    'one_address_dead 20 a name with two addresses, one of them dead'
    'cut_waited_out 40 the link is down for 5 s, and the connection outlives it'
    'cut_taken_up 40 the link is down for 5 s, and a new connection takes the transfer up'
    'cut_too_long 50 the link is down for longer than both wait, then both start again'
    'connection_reset 30 three resets in the middle'
    'connection_closed 30 three ends of the connection without a farewell'
    'connection_killed 30 the system of one side destroys its socket'
    'receiver_frozen 30 a receiver that stands still for 6 s'
    'sender_frozen 30 a sender that stands still for longer than the receiver waits'
    'loss_1 40 1 % of packets lost'
    'loss_10 60 10 % of packets lost, 20 ms of delay'
    'delay_100 40 100 ms of delay'
    'reordered 40 a quarter of the packets comes 10 ms late'
    'slow 60 1 kB/s'
    'capture 40 nothing of a session can be read on the wire'
    'order_big 40 a large file: written, synced, renamed, directory synced'
    'order_small 40 small files: written, synced together, renamed, synced'
    'flipped 60 directories replaced by links and back while files arrive'
    'half_open 60 5,000 connections that say nothing'
    'half_open_returning 60 connections that say nothing and come again at once'
    'half_paired 60 1,000 connections that stop in the middle of the handshake'
    'guessers_first 60 1,000 wrong codes at once, then the right one'
    'guessers_during 90 1,000 wrong codes during a transfer'
    'stream 90 4 GiB from pipe to pipe'
    'stream_reader_gone 30 whoever reads the stream goes away'
    'stream_tar 30 tar to tar'
    'rate 40 1 MB/s for 10 s, limited at either side'
    'clock_changed 40 the clock jumps forth and back during a transfer'
)

jobs=1
needs=(ss:iproute2 python3:python3 tcpdump:tcpdump strace:strace ncat:ncat faketime:faketime)
. "$tools/../../../../tools/network/run.sh"
build -p bw-transfer
run_checks network "$@"
