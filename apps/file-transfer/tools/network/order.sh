# The order of what the receiver asks of the system.

# The receiver under strace, which is $receiver then.
traced() { # TREE JUDGED_AS
    has strace strace || skip 'no strace'
    mkdir dst
    send "$bw_send" "$1" --at 127.0.0.1:0
    receive strace -f -y -o trace \
        -e trace=openat,openat2,write,pwrite64,writev,pwritev,pwritev2,splice,copy_file_range,ftruncate,fallocate,fchmod,utimensat,fsync,fdatasync,sync_file_range,syncfs,sync,rename,renameat,renameat2,linkat,unlinkat \
        "$bw_recv" --at "$address" -o dst/
    both_end 0
    diff -r "$1" "dst/$1"
    python3 "$tools/order.py" trace "$PWD/dst" "$2"
}

order_big() {
    content big 100000000
    traced big big
}

order_small() {
    mkdir -p many/deep
    local number
    for number in $(seq 300); do
        content "many/$number" 2000
        content "many/deep/$number" 100
    done
    traced many small
}
