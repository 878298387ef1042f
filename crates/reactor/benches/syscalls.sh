#!/usr/bin/env bash
# System calls for each wait, by side and case: syscalls.sh [CASE...]
#
# Each case runs twice, the second time with more rounds; the difference is what the rounds cost, without the setup.
# It is divided by the waits. In the cases with connections the far ends are in it too: they make as many recvfrom and
# sendto as the side itself.
set -euo pipefail
cd "$(dirname "$0")/../../.."

cases=("$@")
[ $# -gt 0 ] || cases=(ready echo pingpong pingpong-timeout insert wake)
command -v strace >/dev/null || { echo 'syscalls.sh: needs strace' >&2; exit 1; }
bench=$(cargo bench --quiet -p barewire-reactor --bench turn --no-run --message-format json |
    sed -n 's/.*"name":"turn".*"executable":"\([^"]*\)".*/\1/p' | tail -1)
counts=$(mktemp -d)
trap 'rm -r "$counts"' EXIT

# count FILE ROUNDS CASE SIDE: one line for each system call, its name and how often it was made
count() {
    strace -f -qq -o "$1.trace" -c -U name,calls "$bench" --quick --rounds "$2" --case "$3" --side "$4" >/dev/null
    grep -E '^[a-z_0-9]+ +[0-9]+$' "$1.trace" | grep -v '^total' | sort >"$1"
}

for name in "${cases[@]}"; do
    for side in epoll mio reactor; do
        count "$counts/few" 10 "$name" "$side"
        count "$counts/many" 60 "$name" "$side"
        printf '%-18s%-10s' "$name" "$side"
        join -a 2 -e 0 -o 0,1.2,2.2 "$counts/few" "$counts/many" | awk '
            { calls[$1] = $3 - $2 }
            END {
                waits = calls["epoll_wait"] + calls["epoll_pwait"] + calls["epoll_pwait2"]
                for (name in calls) if (calls[name] > 0)
                    line = line sprintf("  %s %.2f", name, calls[name] / (waits ? waits : 1))
                print line (waits ? "" : "  (in all: no waits)")
            }'
    done
done
