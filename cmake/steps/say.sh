# shellcheck shell=bash disable=SC2154  # root, build and other settings come from ./muster
# Words for people, on stderr. Sourced by ./muster.

exit_infrastructure=6  # as ExitCode in harness/core/status.hpp

say() { echo "muster: $*" >&2; }

# "problem (why) remedy", then the exit code for what is not the user's command line's fault.
give_up() {
  say "$*"
  exit "$exit_infrastructure"
}

explain() {
  cat <<'END'
muster measures what a GPU node, or a CPU node, really does: matrix products, collectives, memory, data loading.

  ./muster run [SUITE]      measures, and saves one result document; `./muster run --help` tells more
  ./muster test             builds and runs every test; arguments go to ctest (-L unit, -R name)
  ./muster fuzz [SECONDS]   feeds whatever reads files with made-up ones, ten minutes or as long as said (needs clang)
  ./muster bundle [-o FILE] makes an archive for machines without a network or a compiler
  ./muster package [-o DIR] makes a Debian package for machines like this one
  ./muster build            only builds; tries again what could not be fetched before
  ./muster list, doctor, .. the program's other commands

The first call installs what is missing (as root; otherwise it prints the line to run) and builds, which takes a few
minutes; later calls start at once.

Environment: MUSTER_CUDA=off builds no cuda backend; CUDA_HOME names the toolkit to use;
MUSTER_PACKAGES=here trusts that all libraries are here, however they were installed.
Exit codes: 0 ok, 2 usage, 6 something is missing on this machine; others in `./muster run --help`.
END
}

# quietly LOG WORDS command...: runs the command with its output appended to LOG. A terminal sees ninja's counter go by;
# failure shows the last $shown lines of the log (40 if it is not set).
quietly() {
  local log=$1 words=$2 watcher="" status=0 begin=$SECONDS
  shift 2
  mkdir -p "$(dirname "$log")"
  say "$words"
  echo "\$ $*" >>"$log"
  if [[ -t 2 ]]; then
    show_counter "$log" &
    watcher=$!
  fi
  "$@" >>"$log" 2>&1 </dev/null || status=$?
  if [[ -n $watcher ]]; then
    kill "$watcher" 2>/dev/null || true
    wait "$watcher" 2>/dev/null || true
    printf '\r\033[K' >&2
  fi
  if ((status != 0)); then
    tail -n "${shown:-40}" "$log" >&2
    say "failed after $((SECONDS - begin)) s: $words (the end of its log is above; all of it: $log)"
  fi
  return "$status"
}

show_counter() {
  local counter
  while sleep 0.5; do
    counter=$(tail -c 4000 "$1" | grep -ao '^\[[0-9]*/[0-9]*\]' | tail -n 1) || true
    printf '\r\033[K%s' "$counter" >&2
  done
}
