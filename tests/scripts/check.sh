# shellcheck shell=bash
# What the script tests share: a scratch folder, stand-in programs, and checks. Sourced.
set -euo pipefail

source_root=$1
scratch=$(mktemp -d "${TMPDIR:-/tmp}/muster scripts.XXXXXX")  # with a space, on purpose
trap 'rm -rf "$scratch"' EXIT
stubs="$scratch/stubs"
mkdir -p "$stubs"
export PATH="$stubs:$PATH"

# stub NAME < body: a stand-in program; it may write to $CALLS what it was called with.
export CALLS="$scratch/calls"
stub() {
  { echo '#!/bin/bash'; cat; } >"$stubs/$1"
  chmod +x "$stubs/$1"
}

# The scripts alone, in a folder of their own with something to compile.
fresh_checkout() {
  local folder="$scratch/$1"
  mkdir -p "$folder/kernels" "$folder/harness"
  cp -r "$source_root/muster" "$source_root/cmake" "$source_root/CMakeLists.txt" "$source_root/CMakePresets.json" "$folder/"
  echo "$folder"
}

# attempt command...: its exit code in $status, what it wrote in $stdout and $stderr, what stubs noted in $calls.
attempt() {
  : >"$CALLS"
  status=0
  "$@" >"$scratch/stdout" 2>"$scratch/stderr" || status=$?
  stdout=$(<"$scratch/stdout") stderr=$(<"$scratch/stderr") calls=$(<"$CALLS")
}

fail() {
  echo "FAILED: $1" >&2
  echo "status ${status:-} stdout: ${stdout:-} stderr: ${stderr:-} calls: ${calls:-}" >&2
  exit 1
}

expect_status() { [[ $status == "$1" ]] || fail "exit code $status where $1 was expected"; }
expect_in() { [[ $1 == *"$2"* ]] || fail "'$2' is not in '$1'"; }
expect_not_in() { [[ $1 != *"$2"* ]] || fail "'$2' is in '$1'"; }
expect_equal() { [[ $1 == "$2" ]] || fail "'$1' is not '$2'"; }
