#!/usr/bin/env bash
# Builds every fuzz target and runs each for so many seconds: fuzz/run.sh [SECONDS]
# Stable Rust will do: the flags cargo-fuzz needs are unlocked for this build alone.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-20}
export RUSTC_BOOTSTRAP=1
cargo fuzz --version >/dev/null 2>&1 || cargo install cargo-fuzz --locked
cargo fuzz build
for target in $(cargo fuzz list); do
    echo "fuzz: $target, $seconds s"
    corpus=fuzz/corpus/$target
    mkdir -p "$corpus"
    if ! cargo fuzz run "$target" "$corpus" "fuzz/seeds/$target" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        >"$corpus.log" 2>&1; then
        tail -n 60 "$corpus.log"
        exit 1
    fi
    grep 'stat::number_of_executed_units' "$corpus.log"
done
