#!/usr/bin/env bash
# The tests as Windows programs, run by Wine: its IOCP and AFD are what polling's Windows backend waits on.
# Doc tests are left out, since rustdoc cannot run them there.
set -euo pipefail
. "$(dirname "$0")/common.sh"

target=x86_64-pc-windows-gnu
packages=(-p barewire-command -p barewire-framing -p barewire-reactor -p barewire-http1 -p barewire-http-server
    -p barewire-transfer -p barewire-beacon -p barewire-lan -p bw-httpd -p bw-log -p bw-transfer -p bw-cast)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target/windows}
mkdir -p "$CARGO_TARGET_DIR"
CARGO_TARGET_DIR=$(cd "$CARGO_TARGET_DIR" && pwd)
log=$CARGO_TARGET_DIR/tests.log

# A Windows of our own, without the parts that ask to be downloaded, without a display, without advice.
export WINEPREFIX=$CARGO_TARGET_DIR/wine WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe='
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine
unset DISPLAY
cleanup() { wineserver -k 2>/dev/null || true; } # with whatever still runs in it

set_up() {
    [ -e "$WINEPREFIX/system.reg" ] || timeout -k 10 300 wine wineboot --init
    wine --version
    # Wine 8 lacks this library; later ones have it.
    local library=$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll
    [ -e "$library" ] || x86_64-w64-mingw32-gcc -shared -Wall -Wextra -Werror -O1 -s \
        -o "$library" tools/ports/bcryptprimitives.c -ladvapi32
}

build() {
    # The programs that a test starts; their own tests are built below.
    "$cargo" build --locked --target "$target" "${build_std[@]}" -p barewire-reactor --examples
    "$cargo" test --locked --target "$target" "${build_std[@]}" "${packages[@]}" --lib --tests --examples --no-run
}

# One test that hangs may not hold up whoever waits for this.
run_tests() {
    timeout -k 10 1200 "$cargo" test --locked --target "$target" "${build_std[@]}" "${packages[@]}" \
        --lib --tests --no-fail-fast 2>&1 | tee "$log" ||
        case ${PIPESTATUS[0]} in
            124 | 137) echo 'stopped after 1200 s'; return 1 ;;
            *) return 1 ;;
        esac
}

# Its ports are those of this system, so bash can be the client.
serves() {
    local err=$CARGO_TARGET_DIR/httpd.err page server address=
    timeout -k 10 60 wine "$CARGO_TARGET_DIR/$target/debug/bw-httpd.exe" . --listen 127.0.0.1:0 2>"$err" &
    server=$!
    for _ in $(seq 1 300); do
        address=$(sed -n 's/^listening on \([0-9.:]*\).*/\1/p' "$err")
        [ -n "$address" ] && break
        sleep 0.1
    done
    exec 3<>"/dev/tcp/${address%:*}/${address##*:}"
    printf 'GET /README.md HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$address" >&3
    page=$(timeout 10 cat <&3 | tr -d '\r')
    exec 3>&-
    kill "$server"
    wait "$server" || true
    case $page in
        'HTTP/1.1 200 OK'*) [ "${page#*$'\n\n'}" = "$(cat README.md)" ] && echo "served README.md on $address" ;;
        *) printf '%s\n' "$page"; return 1 ;;
    esac
}

command -v wine >/dev/null && command -v wineserver >/dev/null && command -v x86_64-w64-mingw32-gcc >/dev/null ||
    install gcc-mingw-w64-x86-64 wine64 wine
standard_library "$target"
step 'a Windows for the tests' set_up
step 'build' build
step 'tests' run_tests
step 'bw-httpd serves a file' serves
awk '/^test result:/ { passed += $4; failed += $6; ignored += $8 }
    END { printf "\nunder Wine: %d passed, %d failed, %d ignored\n", passed, failed, ignored; exit failed > 0 }' "$log"
