#!/usr/bin/env bash
# Compiles everything, tests and benchmarks included, for systems that are not this one; warnings are errors.
# Nothing is linked, so this takes no foreign compiler, neither for our code nor for the C in dependencies.
set -euo pipefail
. "$(dirname "$0")/common.sh"

targets=(aarch64-apple-darwin x86_64-unknown-freebsd aarch64-unknown-linux-gnu x86_64-pc-windows-gnu)
# Apart from everything that is linked: see stand_in.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/ports

# The C of ring and blake3 is compiled by their build scripts, even for a check. Here `true` stands in for the compiler and
# the archiver: it succeeds and makes nothing. That is no fault in what is checked, for rustc takes the types of C functions
# from declarations in Rust and looks for the archives only when it links, which it never does in this directory. Whether
# the C itself compiles is not asked here; windows.sh builds it, and the tests of this system do.
stand_in() { # TARGET
    local name=${1//-/_}
    export "CC_$name=true" "AR_$name=true"
    # Where Apple's compiler would find its headers: any directory, so that nobody asks xcrun, which only macOS has.
    case $1 in *-apple-*) command -v xcrun >/dev/null || export SDKROOT=$PWD ;; esac
}

check() { # TARGET
    "$cargo" check --workspace --all-targets --locked --target "$1" "${build_std[@]}"
}

standard_library "${targets[@]}"
export RUSTFLAGS=-Dwarnings
for target in "${targets[@]}"; do
    [ "$target" = x86_64-pc-windows-gnu ] && command -v x86_64-w64-mingw32-gcc >/dev/null || stand_in "$target"
    step "$target" check "$target"
done
printf '\n%d targets, no errors, no warnings\n' ${#targets[@]}
