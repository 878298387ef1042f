# Programs in namespaces, what they say, and how they end.

cast=$BW_PROGRAMS/bw-cast
near=$BW_PROGRAMS/examples/near

# Their processes, by the name of what they write to.
declare -A process

# Runs a command in a namespace.
at() { # LETTER COMMAND...
    local name
    name=$(netns "$1")
    shift
    ip netns exec "$name" "$@"
}

# Starts a command in a namespace: NAME.out and NAME.err are what it writes, ${process[NAME]} is it.
start() { # NAME LETTER COMMAND...
    local name=$1 in
    in=$(netns "$2")
    shift 2
    : >"$name.out"; : >"$name.err"
    ip netns exec "$in" "$@" >"$name.out" 2>"$name.err" &
    process[$name]=$!
}

# From here on `sees` and `sees_not` look at what is written after this only.
mark() { # NAME...
    local name
    for name in "$@"; do
        wc -l <"$name.out" >"$name.out.mark"
        wc -l <"$name.err" >"$name.err.mark"
    done
}

since_mark() { # FILE
    local from
    from=$(cat "$1.mark" 2>/dev/null || echo 0)
    tail -n "+$((from + 1))" "$1"
}

# Waits for a line.
sees() { # FILE EXPRESSION [SECONDS]
    local deadline=$((SECONDS + ${3:-10}))
    until since_mark "$1" | grep -Eq -- "$2"; do
        [ $SECONDS -le $deadline ] || fail "no line like $2 in $1: $(cat "$1" "${1%.*}.err")"
        sleep 0.03
    done
}

sees_not() { # FILE EXPRESSION
    ! since_mark "$1" | grep -E -- "$2" || fail "a line like $2 in $1"
}

# How many lines are like that.
lines() { # FILE EXPRESSION
    since_mark "$1" | grep -Ec -- "$2" || true
}

# Exactly this text.
says() { # FILE TEXT
    diff <(printf '%s\n' "$2") "$1" || fail "$1 holds something else"
}

# Waits for the end of a program.
ends() { # NAME STATUS [SECONDS]
    local status=0
    # Not `wait` alone, which has no limit.
    timeout "${3:-10}" tail -q -s 0.02 --pid="${process[$1]}" -f /dev/null || fail "$1 has not ended: $(cat "$1.err")"
    wait "${process[$1]}" || status=$?
    unset "process[$1]"
    [ $status = "$2" ] || fail "$1 ended with $status instead of $2: $(cat "$1.out" "$1.err")"
}

stop() { # NAME...
    local name
    for name in "$@"; do
        kill -TERM "${process[$name]}" || fail "$name has ended: $(cat "$name.err")"
        ends "$name" 0
    done
}

# Runs bw-cast in a namespace until it ends: $status, and what it has written is in said.out and said.err.
cast() { # LETTER ARGUMENT...
    local in=$1
    shift
    status=0
    at "$in" timeout 20 "$cast" "$@" >said.out 2>said.err </dev/null || status=$?
    printf 'bw-cast %.60s: %d\n' "$*" $status
    cat said.err
}

# Ends with this status.
cast_ends() { # STATUS LETTER ARGUMENT...
    local want=$1
    shift
    cast "$@"
    [ $status = "$want" ] || fail "status $status instead of $want: $(head -c 300 said.out)"
}

announce() { # NAME LETTER [ARGUMENT...]
    local name=$1 in=$2
    shift 2
    start "$name" "$in" "$cast" announce "$name" "$@"
    sees "$name.err" '^announcing'
}

listen() { # NAME LETTER [ARGUMENT...]
    local name=$1 in=$2
    shift 2
    start "$name" "$in" "$cast" listen "$@"
    sees "$name.err" '^listening on'
}

watch() { # NAME LETTER [ARGUMENT...]
    local name=$1 in=$2
    shift 2
    start "$name" "$in" "$cast" find --watch --json "$@"
}

# A cable between two namespaces, up and without addresses of IPv4; both ends have this name.
wire() { # NAME LETTER LETTER
    ip -n "$(netns "$2")" link add "$1" type veth peer name "$1" netns "$(netns "$3")"
    ip -n "$(netns "$2")" link set "$1" up
    ip -n "$(netns "$3")" link set "$1" up
}

# One network of several namespaces, each with the interface `lan` and the address 10.77.0.N/16, N from 1 up.
network() { # LETTER...
    local letter number=0
    namespace s
    ip -n "$(netns s)" link add lan type bridge mcast_snooping 0
    ip -n "$(netns s)" link set lan up
    for letter in "$@"; do
        number=$((number + 1))
        namespace "$letter"
        ip -n "$(netns "$letter")" link add lan type veth peer name "to-$letter" netns "$(netns s)"
        ip -n "$(netns s)" link set "to-$letter" master lan up
        ip -n "$(netns "$letter")" link set lan up
        ip -n "$(netns "$letter")" address add "10.77.0.$number/16" broadcast + dev lan
    done
}

give() { # LETTER INTERFACE ADDRESS
    ip -n "$(netns "$1")" address add "$3" broadcast + dev "$2"
}

index() { # LETTER INTERFACE
    at "$1" cat "/sys/class/net/$2/ifindex"
}

mac() { # LETTER INTERFACE
    at "$1" cat "/sys/class/net/$2/address"
}

without_ipv6() { # LETTER...
    local letter
    for letter in "$@"; do
        at "$letter" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
    done
}

# Nothing that is for a group comes in.
drop_groups() { # LETTER...
    local letter
    for letter in "$@"; do
        at "$letter" nft -f - <<'END'
table inet groups {
    chain in {
        type filter hook input priority 0
        ip daddr 224.0.0.0/4 drop
        ip6 daddr ff12::/16 drop
    }
}
END
    done
}

# The values of a key, one a line.
values() { # FILE KEY
    sed -n "s/.*\"$2\":\"\{0,1\}\([^\",}]*\).*/\1/p" "$1"
}

# Resident now, in KiB.
resident() { # PROCESS
    awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}

since() { # SECONDS
    seconds | awk -v from="$1" '{ printf "%.2f", $1 - from }'
}
