#!/bin/sh
# Pictures of a listing with the worst names that a directory can hold.
#
#   apps/httpd/tools/screenshot.sh OUTPUT_DIRECTORY
#
# Installs Chromium (Debian and its kin, as root) where there is none, serves a directory made for
# the purpose, fetches every link of the page, and takes the page in light, dark and at the width
# of a phone. BW_HTTPD names the program; without it, it is built.
set -eu

output=${1:?usage: screenshot.sh OUTPUT_DIRECTORY}
mkdir -p "$output"
output=$(cd "$output" && pwd)
here=$(cd "$(dirname "$0")/.." && pwd)

if [ -z "${BW_HTTPD:-}" ]; then
    cargo build --release --locked -p bw-httpd --manifest-path "$here/Cargo.toml"
    BW_HTTPD=${CARGO_TARGET_DIR:-$here/../../target}/release/bw-httpd
fi
browser=$(command -v chromium || command -v chromium-browser || true)
if [ -z "$browser" ]; then
    apt-get install -y --no-install-recommends chromium
    browser=$(command -v chromium)
fi

work=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server"; fi; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

root=$work/root
site=$root/photos/2026
mkdir -p "$site"
cd "$site"
long=$(printf 'very-long-%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19)
wide=$(printf 'ж%.0s' $(seq 90))
put() { printf '%s' "${2-content}" >"$1"; }
put 'IMG_0001.jpg'
put 'IMG_0002.jpg'
put 'IMG_0010.jpg'
put 'README.md' '# Hello'
put 'with some spaces  and more.txt'
put '<img src=x onerror=alert(1)>'
put '"quoted" & '"'single'"'.txt'
put 'line
break.txt'
put "${long}200.bin"
put "$wide.txt"
put "$(printf 'not-utf8-\377\376.dat')"
put "$(printf 'bidi-\342\200\256gpj.exe')"
put 'שלום עולם.txt'
put '日本語のファイル名.pdf'
put '100% of #1?.txt'
put 'javascript:alert(1)'
put 'empty.bin' ''
put 'archive.tar.gz'
truncate -s 1500 notes.txt
truncate -s 700M movie.mkv
truncate -s 5G disk.img
mkdir 'Documents' 'old stuff' '.hidden' '<b>bold' 'empty'
touch -d '1970-01-01 00:00:00Z' 'empty.bin'
touch -d '1999-12-31 23:59:59Z' 'old stuff'
touch -d '2038-01-19 03:14:08Z' 'archive.tar.gz'

: >"$work/log"
"$BW_HTTPD" "$root" --listen 127.0.0.1:0 2>"$work/log" &
server=$!
for _ in $(seq 200); do
    address=$(sed -n 's/^listening on //p' "$work/log")
    [ -n "$address" ] && break
    sleep 0.05
done
base=http://$address/photos/2026/

# Every link of the page leads to something: a file to its size, a directory to its page.
count=0
curl -sf "$base" >"$work/page.html"
curl -sf -H 'Accept: application/json' "$base" >"$work/page.json"
sed -n 's/.*<a href="\(\.\/[^"]*\)".*<bdi>.*/\1/p' "$work/page.html" | sort >"$work/links"
sed -n 's/.*"href":"\([^"]*\)".*/\1/p' "$work/page.json" | sort >"$work/hrefs"
# The crumbs of the path stand in the page alone.
grep -v '^\./\(\.\./\)*$' "$work/links" >"$work/files"
cmp "$work/files" "$work/hrefs"
while read -r link; do
    case $link in
    */) curl -sf --max-time 10 -o "$work/got" "$base$link" ;;
    *)
        wanted=$(curl -sfI --max-time 10 "$base$link" | sed -n 's/^content-length: *\([0-9]*\).*/\1/Ip')
        curl -sf --max-time 10 -r 0-99 -o "$work/got" "$base$link" || [ "$wanted" = 0 ]
        [ "$wanted" = 0 ] || [ "$(wc -c <"$work/got")" -gt 0 ]
        ;;
    esac || { echo "broken link: $link" >&2; exit 1; }
    count=$((count + 1))
done <"$work/files"
[ "$count" -ge 20 ]
echo "$count links lead to their files" >&2

shoot() {
    name=$1 size=$2 url=$3
    shift 3
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --hide-scrollbars --user-data-dir="$work/profile-$name" --window-size="$size" \
        --screenshot="$output/$name.png" "$@" "$url" >"$work/browser" 2>&1 ||
        { cat "$work/browser" >&2; exit 1; }
    echo "$output/$name.png"
}
dark=--blink-settings=preferredColorScheme=0
shoot light 1100,1150 "$base"
shoot dark 1100,1150 "$base" "$dark"
shoot sorted 1100,1150 "$base?sort=size&order=desc"
shoot phone 390,1500 "$base"
shoot empty 1100,420 "${base}empty/"
