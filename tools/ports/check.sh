#!/usr/bin/env bash
# Compiles everything, tests and benchmarks included, for systems that are not this one; warnings are errors.
# Nothing is linked and no dependency has C in it, so this takes no foreign compiler.
set -euo pipefail
. "$(dirname "$0")/common.sh"

targets=(aarch64-apple-darwin x86_64-unknown-freebsd aarch64-unknown-linux-gnu x86_64-pc-windows-gnu)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target/ports}

check() { # TARGET
    "$cargo" check --workspace --all-targets --locked --target "$1" "${build_std[@]}"
}

standard_library "${targets[@]}"
export RUSTFLAGS=-Dwarnings
for target in "${targets[@]}"; do
    step "$target" check "$target"
done
printf '\n%d targets, no errors, no warnings\n' ${#targets[@]}
