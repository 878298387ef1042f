#!/usr/bin/env bash
# One check of run.sh, by name, in a directory of its own. It ends with 0, or 77 where it cannot be made here.
set -euo pipefail

. "$shared/common.sh"
. "$shared/pair.sh"
for file in "$tools"/*.sh; do
    . "$file"
done
cd "$work/$1"
# Whatever still runs is of no use any more.
trap 'status=$?; for job in $(jobs -p); do kill -9 "$job" 2>/dev/null || true; done; exit $status' EXIT
"$1"
