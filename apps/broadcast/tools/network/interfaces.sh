# Several interfaces, several programs.

three_networks() {
    namespace a
    local letter number=0
    for letter in b c d; do
        number=$((number + 1))
        namespace $letter
        wire "net$number" a $letter
        give a "net$number" "10.77.$number.1/24"
        give $letter "net$number" "10.77.$number.2/24"
        announce "on-net$number" $letter --port 631
    done
    cast_ends 0 a find
    for number in 1 2 3; do
        [ "$(lines said.out "^on-net$number  cast  (10\.77\.$number\.2|\[fe80::.*\]):631  net$number\$")" = 1 ] ||
            fail "on-net$number should be there once, by net$number: $(cat said.out)"
    done
    [ "$(wc -l <said.out)" = 3 ] || fail "more than those: $(cat said.out)"
    cast_ends 0 a find --json
    for number in 1 2 3; do
        for letter in "10\.77\.$number\.2" 'fe80::[0-9a-f:]*'; do
            [ "$(lines said.out "\"name\":\"on-net$number\".*\"source\":\"$letter\".*\"interface\":\"net$number\"")" = 1 ] ||
                fail "on-net$number should be there once by $letter: $(cat said.out)"
        done
    done
    [ "$(values said.out instance | sort -u | wc -l)" = 3 ] || fail "not three instances: $(cat said.out)"
    [ "$(wc -l <said.out)" = 6 ] || fail "more than three by two addresses: $(cat said.out)"
    # One interface is one of them.
    cast_ends 0 a find --interface net2 --timeout 1
    [ "$(cut -d ' ' -f 1 said.out)" = on-net2 ] || fail "more than on-net2: $(cat said.out)"
}

own_unlisted() {
    [ -x "$near" ] || skip 'without the example near of barewire-lan'
    cable_v4
    start alice a "$near" alice
    start bob b "$near" bob
    start carol b "$near" carol
    local name
    for name in bob carol; do
        sees "$name.out" '^alice at 10\.77\.0\.1 by interface 2'
        sees "$name.out" '^alice at fe80::.* by interface 2'
        sees alice.out "^$name at 10\.77\.0\.2 by interface 2"
    done
    sees bob.out '^carol at '
    sees carol.out '^bob at '
    # Twice more is said by then.
    sleep 2.5
    for name in alice bob carol; do
        sees_not "$name.out" "^$name at"
    done
}

one_port() {
    cable_v4
    local name
    for name in one other; do
        listen "$name" a --group 239.255.1.2 --group ff12::99
    done
    cast_ends 0 b say to-all
    cast_ends 0 b say to-group --to 239.255.1.2
    cast_ends 0 b say to-v6-group --to ff12::99
    for name in one other; do
        sees "$name.out" '^[^ ]* 10\.77\.0\.2:[0-9]+ cable 6 to-all$'
        sees "$name.out" '^[^ ]* 10\.77\.0\.2:[0-9]+ cable 8 to-group$'
        sees "$name.out" '^[^ ]* \[fe80::[0-9a-f:]*%2\]:[0-9]+ cable 11 to-v6-group$'
        stop "$name"
        sees "$name.err" '^heard 3 datagrams, 25 bytes$'
    done
    announce first a
    announce second a
    watch beside a
    for name in first second; do
        cast_ends 0 b find "$name" --count 1
        sees beside.out "\"event\":\"found\",\"name\":\"$name\".*\"verified\":false"
    done
    stop first second beside
}

# What a changes in is watched from its inside by three programs, and by one from outside.
changing() {
    cable_v4
    announce inside a
    listen ear a
    watch eye a
    announce outside b
    watch far b
    sees eye.out '"found","name":"outside".*"source":"10\.77\.0\.2"'
    sees far.out '"found","name":"inside".*"source":"10\.77\.0\.1"'
    mark inside ear eye far
}

# ... and all go on as if nothing had happened.
unchanged() {
    cast_ends 0 b say hello
    sees ear.out ' cable 5 hello$'
    stop inside ear eye far outside
}

address_changed() {
    changing
    ip -n "$name_a" address delete 10.77.0.1/24 dev cable
    give a cable 10.77.0.77/24
    sees ear.err '^listening on 10\.77\.0\.77:5144$'
    sees inside.err '^listening on 10\.77\.0\.77:5143$'
    sees far.out '"found","name":"inside".*"source":"10\.77\.0\.77"'
    sees_not eye.out '"lost","name":"outside"'
    unchanged
}

link_down_and_up() {
    changing
    ip -n "$name_a" link set cable down
    local name
    for name in ear inside; do
        sees $name.err '^cable is gone$'
    done
    sees eye.out '"lost","name":"outside".*"why":"link-gone"'
    mark inside ear eye far
    ip -n "$name_a" link set cable up
    for name in ear inside; do
        sees $name.err '^cable is there$'
    done
    sees eye.out '"found","name":"outside".*"source":"10\.77\.0\.2"'
    # It had not been away for those outside.
    cast_ends 0 b find inside --count 1
    unchanged
}

carrier_lost() {
    changing
    ip -n "$name_b" link set cable down
    sees ear.err '^cable is gone$'
    sees eye.out '"lost","name":"outside".*"why":"link-gone"'
    mark eye far
    ip -n "$name_b" link set cable up
    sees ear.err '^cable is there$'
    sees eye.out '"found","name":"outside".*"source":"10\.77\.0\.2"'
    sees far.out '"found","name":"inside".*"source":"10\.77\.0\.1"'
    unchanged
}

all_down() {
    changing
    local name
    for name in cable lo; do
        ip -n "$name_a" link set $name down
    done
    for name in cable lo; do
        sees ear.err "^$name is gone\$"
    done
    sees eye.out '"lost","name":"inside".*"why":"link-gone"'
    # Nothing to do is nothing done.
    local used
    used=$(cpu "${process[ear]}")
    sleep 1
    used=$(($(cpu "${process[ear]}") - used))
    [ $used -le 5 ] || fail "$used hundredths of a second used while there is no interface"
    mark eye
    for name in cable lo; do
        ip -n "$name_a" link set $name up
    done
    sees eye.out '"found","name":"outside".*"source":"10\.77\.0\.2"'
    sees eye.out '"found","name":"inside".*"source":"127\.0\.0\.1".*"interface":"lo"'
    unchanged
    # One that starts without any interface waits for one.
    for name in cable lo; do
        ip -n "$name_a" link set $name down
    done
    start late a "$cast" listen
    sees late.err '^no interface is up; waiting for one$'
    ip -n "$name_a" link set cable up
    sees late.err '^listening on 10\.77\.0\.1:5144$'
    stop late
}

interface_added_and_removed() {
    changing
    wire later a b
    give a later 198.51.100.1/24
    give b later 198.51.100.2/24
    sees ear.err '^later is there$'
    sees ear.err '^listening on 198\.51\.100\.1:5144$'
    sees eye.out '"found","name":"outside".*"source":"198\.51\.100\.2".*"interface":"later"'
    sees far.out '"found","name":"inside".*"source":"198\.51\.100\.1".*"interface":"later"'
    mark eye ear
    ip -n "$name_a" link delete later
    sees ear.err '^later is gone$'
    sees eye.out '"lost","name":"outside","service":"cast","source":"198\.51\.100\.2".*"why":"link-gone"'
    sees_not eye.out '"lost".*"interface":"cable"'
    unchanged
}
