# shellcheck shell=bash disable=SC2154  # root, build and other settings come from ./muster
# What reads files, fed with made-up ones: see tests/fuzz. Sourced by ./muster.

# fuzz_targets SECONDS: builds them with clang, runs all side by side, fails if any found something.
fuzz_targets() {
  if ! command -v clang++ >/dev/null; then
    say "no clang++ on this machine: what reads files was not fuzzed (packages clang and libclang-rt-dev)"
    return 0
  fi
  # shellcheck disable=SC2034  # of configure and compile
  build_log="$root/build/fuzz/log.txt"
  configure fuzz
  compile fuzz
  say "fuzzing what reads files, $1 s"
  python3 -B "$root/tests/fuzz/run.py" "$root/build/fuzz" "$1" >&2
}

# make_fuzz [SECONDS]: ten minutes unless told otherwise.
make_fuzz() {
  local seconds=${1:-600}
  if [[ ! $seconds =~ ^[1-9][0-9]{0,5}$ ]]; then
    say "'$seconds' is no number of seconds (./muster fuzz takes how long each target may run) try ./muster fuzz 600"
    exit 2
  fi
  need_packages build.txt test.txt
  fuzz_targets "$seconds"
}
