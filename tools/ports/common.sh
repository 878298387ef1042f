# Sourced by windows.sh and check.sh: programs to install, and the standard library of other systems.

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Whatever failed, 1 says so.
cleanup() { :; }
trap 'status=$?; cleanup; exit $((status != 0))' EXIT

# Only for what cannot be had on this machine; a gate may call these scripts anywhere.
skip() { # REASON
    printf 'skipped: %s\n' "$1"
    exit 0
}

# Debian packages, for programs that are not there.
install() { # PACKAGE...
    command -v apt-get >/dev/null || skip "no apt-get to install $*"
    [ "$(id -u)" = 0 ] || skip "installing $* takes root"
    printf 'installing %s\n' "$*"
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@")
    # The second time with a fresh list: a new machine has none, an old one may name files that are gone.
    "${apt[@]}" >/dev/null 2>&1 || { apt-get update -qq && "${apt[@]}" >/dev/null; } ||
        skip "apt-get cannot install $*"
}

# Makes `$cargo ... "${build_std[@]}"` compile for all these: with the libraries that rustup offers, or where it cannot
# get them with one built from Debian's sources. PORTS_STD=build takes the latter in any case.
cargo=cargo build_std=()
standard_library() { # TARGET...
    local from='built from source' target said
    if [ "${PORTS_STD:-}" != build ] && { have_libraries "$@" || add_libraries "$@"; }; then
        from='ready-made'
    else
        compgen -G '/usr/src/rustc-*/library/std/Cargo.toml' >/dev/null && [ -x /usr/bin/cargo ] ||
            install rustc-web cargo-web rust-web-src
        # -Zbuild-std is for nightly compilers; this lets a stable one take it.
        export RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc
        cargo=/usr/bin/cargo
        build_std=(-Zbuild-std=std,panic_abort)
    fi
    printf 'standard library: %s, for %s\n' "$from" "$("${RUSTC:-rustc}" --version)"
    for target; do
        said=$("$cargo" fetch --locked --target "$target" 2>&1) || case $said in
            *'lock file'*) printf '%s\n' "$said"; exit 1 ;;
            *) printf '%s\n' "$said"; skip 'the dependencies cannot be downloaded' ;;
        esac
    done
}

add_libraries() { # TARGET...
    command -v rustup >/dev/null && timeout 600 rustup target add "$@" && have_libraries "$@"
}

# Whether the compiler has a standard library for each of these.
have_libraries() { # TARGET...
    local target
    for target; do
        [ -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ] || return 1
    done
}

step() { # NAME COMMAND...
    local name=$1 from=$SECONDS
    shift
    printf '\n=== %s\n' "$name"
    "$@"
    printf '=== %s: %d s\n' "$name" $((SECONDS - from))
}
