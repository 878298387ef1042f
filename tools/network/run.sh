# Sourced by the network.sh of a program, which has set
#
#   checks   name, seconds it may take (with a ! in front: nothing else runs meanwhile), and what it shows, a line each
#   tools    directory of the files with a function for each
#   jobs     how many checks run side by side
#   needs    packages of Debian's to install before the first check, as PROGRAM:PACKAGE; where that fails, checks skip
#
# and calls `build`, then `run_checks TITLE [CHECK...]`. Every check has a directory and namespaces of its own.

shared=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export shared tools
. "$shared/common.sh"

skip_all() { # REASON
    printf 'skipped: %s\n' "$1"
    exit 0
}

[ "$(uname)" = Linux ] || skip_all 'network namespaces are of Linux'
[ "$(id -u)" = 0 ] || skip_all 'network namespaces take root'

# Sets BW_PROGRAMS, the directory of the programs, unless somebody has.
build() { # ARGUMENT... of cargo build
    local root
    root=$(cd "$shared/../.." && pwd)
    if [ -z "${BW_PROGRAMS:-}" ]; then
        cargo build --release --locked "$@" --manifest-path "$root/Cargo.toml"
        BW_PROGRAMS=${CARGO_TARGET_DIR:-$root/target}/release
    fi
    BW_PROGRAMS=$(cd "$BW_PROGRAMS" && pwd)
    export BW_PROGRAMS
}

# In tenths of a second.
tenths() {
    local now=${EPOCHREALTIME/[.,]/}
    echo $((now / 100000))
}

clean_up() {
    local file
    for file in "$work"/*.running; do
        [ ! -e "$file" ] || kill "$(cat "$file")" 2>/dev/null || true
    done
    # They make no namespaces any more.
    wait
    remove_namespaces "${prefix}[0-9]*"
    rm -rf "$work"
}

# Makes one check, and tells what came of it in one piece.
one_check() { # NUMBER NAME SECONDS SHOWS
    local number=$1 name=$2 limit=$3 shows=$4 from took status=0 said word
    from=$(tenths)
    export BW_NAMESPACES=$prefix$number
    mkdir "$work/$name"
    # In a process group of its own, which ends as a whole.
    timeout -k 5 "$limit" bash "$shared/check.sh" "$name" >"$work/$name.log" 2>&1 </dev/null &
    echo $! >"$work/$name.running"
    wait $! || status=$?
    rm -f "$work/$name.running"
    said=$(grep '^# ' "$work/$name.log" | cut -c3- | paste -sd '\t' | sed 's/\t/; /g') || true
    case $status in
    0) word=PASS ;;
    77) word=SKIP ;;
    124 | 137) word=FAIL said="not over after $limit s" ;;
    *) word=FAIL ;;
    esac
    took=$(($(tenths) - from))
    {
        printf '%s %s: %s%s [%d.%d s]\n' "$word" "$name" "$shows" "${said:+ ($said)}" $((took / 10)) $((took % 10))
        [ "$word" != FAIL ] || sed 's/^/    /' "$work/$name.log" | tail -40
    } >"$work/$name.told"
    cat "$work/$name.told"
    echo $word >>"$work/results"
    remove_namespaces "$BW_NAMESPACES"
    rm -rf "${work:?}/$name"
}

run_checks() { # TITLE [CHECK...]
    local title=$1 started=$SECONDS pass line name limit shows number=0 word
    shift
    # A name of nothing would otherwise make the count look well.
    for name in "$@"; do
        printf '%s\n' "${checks[@]}" | grep -q "^$name " || { echo "no check is named $name" >&2; exit 2; }
    done
    work=$(mktemp -d) prefix=bw$$n
    export work
    trap clean_up EXIT
    trap 'exit 130' INT TERM HUP
    # Before the first check, so that no check pays for it.
    for name in ip:iproute2 "${needs[@]}"; do
        has "${name%:*}" "${name#*:}" || true
    done
    ip netns add "${prefix}0try" 2>/dev/null || skip_all 'this system makes no network namespaces'
    : >"$work/results"
    for pass in together alone; do
        for line in "${checks[@]}"; do
            read -r name limit shows <<<"$line"
            [ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
            [ "$pass" = "$([[ $limit == !* ]] && echo alone || echo together)" ] || continue
            number=$((number + 1))
            while [ "$(jobs -rp | wc -l)" -ge "$([ $pass = alone ] && echo 1 || echo "$jobs")" ]; do
                wait -n || true
            done
            one_check $number "$name" "${limit#!}" "$shows" &
        done
        # In a way that Ctrl-C interrupts.
        wait
    done
    for word in PASS FAIL SKIP; do
        declare "$word=$(grep -c $word "$work/results")" || true
    done
    printf '\n%s: %d passed, %d failed, %d skipped, %d s\n' "$title" "$PASS" "$FAIL" "$SKIP" $((SECONDS - started))
    [ "$FAIL" = 0 ] && [ $((PASS + SKIP)) = $number ] && [ $number -gt 0 ]
}
