#!/usr/bin/env bash
# Everything that has to be seen on a real GPU, in one go, without a network: from an unpacked bundle, or from a checkout
# in which `./muster test` has been run. Writes logs and result documents to $OUT (default ./gpu-results) and ends with
# one line a step, in $OUT/summary.txt too. A step that fails stops nothing. Exit code 1 if one failed.
#   usage: tests/gpu/run.sh [STEP[:SECONDS]...]      steps: see below; without a name all of the first list, in its order
# BUDGET_SECONDS: a step that needs more than what is left of it is skipped, which the table says. STEP_SECONDS: the limit
# of each; SECONDS: what this one needs, and its limit. NCCL_TESTS: a folder with nccl-tests' programs, built with MPI=1;
# without it that step is skipped. Further arguments for what a step starts: QUICK_OPTIONS, AGAIN_OPTIONS, TRAIN_OPTIONS,
# INFERENCE_OPTIONS, COMPUTE_OPTIONS, MODELS_OPTIONS, DECODERS_OPTIONS, COLLECTIVES_OPTIONS, TORCH_OPTIONS,
# TORCH_TRAIN_OPTIONS, NCU_OPTIONS, DALI_OPTIONS, NCCL_TESTS_OPTIONS.
set -uo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
top=$(cd -- "$here/../.." && pwd)
out=$(realpath -m -- "${OUT:-gpu-results}")
limit=${STEP_SECONDS:-900}
budget=${BUDGET_SECONDS:-}
summary=()
failures=0

# What each step takes on an H100, in seconds (seen, or for want of that a guess), in the order in which they run: first
# what is right, then the figures that matter most. The second list is run by name only: it is part of steps of the first.
offered="info:5 doctor:5 list:3 tests:300 quick:160 memcheck:40 racecheck:60 initcheck:120 synccheck:30
  compute:150 torch:120 torch-train:90 operands:25 bit-flip:5 search:60 ncu:30 ptx:8
  ranks:60 nccl-tests:200 collectives:240 lost-ranks:60
  dataload:120 dali:180 reading:15 train:400 inference:400 models:240
  again:160 check:5 project:5 report:10 host:60"
by_name="train-short:60 train-right:15 decoders:120 sanitize-short:35"

# shellcheck disable=SC2034  # used by steps/*.sh
if [[ -x $top/libexec/muster_gpu_tests ]]; then
  muster="$top/bin/muster" tests="$top/libexec/muster_gpu_tests" bit_flip="$top/libexec/muster_bit_flip.so"
else
  muster="$top/build/release/bin/muster" tests="$top/build/release/bin/muster_gpu_tests"
  bit_flip="$top/build/release/lib/muster_bit_flip.so"
fi
for program in "$muster" "$tests"; do
  [[ -x $program ]] || { echo "$program is not there (this is a checkout that was not built) run ./muster test first" >&2; exit 6; }
done

note() {
  summary+=("$1")
  echo "$1" >&2
}

# Of the budget; never 0, which `timeout` takes for no limit.
seconds_left() { echo $((budget > SECONDS ? budget - SECONDS : 1)); }

# The limit of the next command: never beyond what its step was given, nor beyond the budget.
seconds_allowed() {
  local seconds=$((step_end > SECONDS ? step_end - SECONDS : 1))
  if [[ -n $budget ]] && (($(seconds_left) < seconds)); then seconds=$(seconds_left); fi
  echo "$seconds"
}

# step NAME command...: output to $out/NAME.txt; the status in the summary. Exit code 0 is what passes; expect CODE before
# the command: another one.
step() {
  local name=$1 wanted=0 begin=$SECONDS status=0
  shift
  if [[ $1 == expect ]]; then
    wanted=$2
    shift 2
  fi
  echo "-- $name: $*" >&2
  timeout --kill-after=20 "$(seconds_allowed)" "$@" >"$out/$name.txt" 2>&1 </dev/null || status=$?
  if ((status == wanted)); then
    note "$(printf 'pass  %-12s %4d s' "$name" $((SECONDS - begin)))"
  else
    failures=$((failures + 1))
    tail -n 15 "$out/$name.txt" >&2
    note "$(printf 'FAIL  %-12s %4d s  exit code %d, %s' "$name" $((SECONDS - begin)) "$status" "$out/$name.txt")"
  fi
}

skip() { note "$(printf 'skip  %-12s %s' "$1" "$2")"; }

measure() {
  local name=$1
  shift
  step "$name" "$muster" run "$@" -o "$out/$name"
}

for part in "$here"/steps/*.sh; do
  # shellcheck disable=SC1090
  source "$part"
done

# run_step NAME:SECONDS:LIMIT, by the function step_NAME of a file in steps/.
run_step() {
  local name needed own_limit
  IFS=: read -r name needed own_limit <<<"$1"
  step_end=$((SECONDS + ${own_limit:-$limit}))
  if [[ -n $budget ]] && (($(seconds_left) < needed)); then
    skip "$name" "takes about $needed s, of the budget of $budget s $(seconds_left) are left"
  else
    "step_${name//-/_}"
  fi
}

# What was asked for, NAME or NAME:SECONDS, with its time.
find_step() {
  local one
  for one in $offered $by_name; do
    if [[ ${one%:*} == "${1%%:*}" ]]; then
      if [[ $1 == *:* ]]; then steps+=("$1:${1#*:}"); else steps+=("$one"); fi
      return
    fi
  done
  echo "there is no step '${1%%:*}'; steps: $(sed -E 's/:[0-9]+//g' <<<"$offered $by_name" | xargs)" >&2
  exit 2
}

steps=()
for name in "$@"; do find_step "$name"; done
# shellcheck disable=SC2206
if ((${#steps[@]} == 0)); then steps=($offered); fi

# One GPU: its ranks share it, which shows that everything works and is verified, and nothing about speed.
gpus=$(nvidia-smi --list-gpus 2>/dev/null | grep -c .)
# shellcheck disable=SC2034
sharing=()
# shellcheck disable=SC2034
if ((gpus < 2)); then sharing=(--ranks 2 --oversubscribe); fi
mkdir -p "$out"
export MUSTER_GPU_REQUIRED=1
for one in "${steps[@]}"; do run_step "$one"; done

printf '%s\n' "" "${summary[@]}" | tee "$out/summary.txt" >&2
echo "logs and documents: $out" >&2
((failures == 0))
