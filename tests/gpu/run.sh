#!/usr/bin/env bash
# Everything that has to be seen on a real GPU, in one go, without a network: from an unpacked bundle, or from a checkout
# in which `./muster test` has been run. Writes logs and result documents to $OUT (default ./gpu-results) and ends with
# one line a step. Exit code 1 if a step failed.
#   usage: tests/gpu/run.sh [STEP...]      steps: info doctor tests memcheck racecheck quick compute models search
#          torch dataload dali ptx ranks collectives nccl-tests train inference host; train-short, where time is short
# NCCL_TESTS names a folder with nccl-tests' programs, built with MPI=1; without it that step is skipped.
set -uo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
top=$(cd -- "$here/../.." && pwd)
out=$(realpath -m -- "${OUT:-gpu-results}")
limit=${STEP_SECONDS:-900}
summary=()
failures=0

if [[ -x $top/libexec/muster_gpu_tests ]]; then
  muster="$top/bin/muster" tests="$top/libexec/muster_gpu_tests"
else
  muster="$top/build/release/bin/muster" tests="$top/build/release/bin/muster_gpu_tests"
fi
for program in "$muster" "$tests"; do
  [[ -x $program ]] || { echo "$program is not there (this is a checkout that was not built) run ./muster test first" >&2; exit 6; }
done

note() {
  summary+=("$1")
  echo "$1" >&2
}

# step NAME command...: output to $out/NAME.txt; the status in the summary.
step() {
  local name=$1 begin=$SECONDS status=0
  shift
  echo "-- $name: $*" >&2
  timeout --kill-after=20 "$limit" "$@" >"$out/$name.txt" 2>&1 </dev/null || status=$?
  if ((status == 0)); then
    note "$(printf 'pass  %-10s %4d s' "$name" $((SECONDS - begin)))"
  else
    failures=$((failures + 1))
    tail -n 15 "$out/$name.txt" >&2
    note "$(printf 'FAIL  %-10s %4d s  exit code %d, %s' "$name" $((SECONDS - begin)) "$status" "$out/$name.txt")"
  fi
}

skip() { note "$(printf 'skip  %-10s %s' "$1" "$2")"; }

# What the machine is, for whoever reads the results elsewhere. Only nvidia-smi decides whether the step passes.
show_machine() {
  date --utc
  uname -a
  "$muster" --version
  lscpu
  free -h
  nvidia-smi topo -m
  nvidia-smi -q
  nvidia-smi
}

find_sanitizer() {
  local candidate
  for candidate in "$(command -v compute-sanitizer)" "${CUDA_HOME:-/usr/local/cuda}/bin/compute-sanitizer" \
    /usr/local/cuda-*/bin/compute-sanitizer; do
    if [[ -x $candidate ]]; then
      echo "$candidate"
      return 0
    fi
  done
  return 1
}

# sanitize TOOL FILTER: the tests that the gtest filter names, under one of compute-sanitizer's tools.
sanitize() {
  local sanitizer
  if sanitizer=$(find_sanitizer); then
    step "$1" "$sanitizer" --tool "$1" --error-exitcode 9 "$tests" --gtest_filter="$2"
  else
    skip "$1" "no compute-sanitizer here (it comes with the CUDA toolkit)"
  fi
}

measure() {
  local name=$1
  shift
  step "$name" "$muster" run "$@" -o "$out/$name"
}

compare_with_torch() {
  if python3 -c 'import torch' 2>/dev/null; then
    step torch python3 "$here/compare_torch.py" --muster "$muster" --json "$out/torch.json"
  else
    skip torch "no PyTorch for python3 here"
  fi
}

compare_with_dali() {
  if python3 -c 'import nvidia.dali' 2>/dev/null; then
    step dali python3 "$here/compare_dali.py" --muster "$muster" --json "$out/dali.json"
  else
    skip dali "no DALI for python3 here"
  fi
}

compare_with_nccl_tests() {
  if [[ -x ${NCCL_TESTS:-}/all_reduce_perf ]]; then
    step nccl-tests python3 "$here/compare_nccl_tests.py" --nccl-tests "$NCCL_TESTS" --muster "$muster" \
      --ranks "$((gpus < 2 ? 2 : gpus))" "${sharing[@]:2}" --json "$out/nccl-tests.json"
  else
    skip nccl-tests "NCCL_TESTS names no folder with all_reduce_perf"
  fi
}

# Run by `timeout`, which starts programs, not functions.
export -f show_machine
export muster

run_step() {
  case $1 in
    info) step info bash -c show_machine ;;
    doctor) step doctor "$muster" doctor ;;
    tests) step tests "$tests" "--gtest_output=json:$out/tests.json" ;;
    memcheck) sanitize memcheck '*IsRight*' ;;
    racecheck) sanitize racecheck '*IsRight*memory*:*IsRight*dataload*:*IsRight*train_step*' ;;
    quick) measure quick quick --backend cuda ;;
    compute) measure compute compute --backend cuda ;;
    models) measure models models --backend cuda ;;
    search)
      measure search "$here/search.toml" --backend cuda
      step search-check python3 "$here/check_search.py" "$out/search/result.json"
      ;;
    torch) compare_with_torch ;;
    dataload) step dataload python3 "$here/compare_dataload.py" --muster "$muster" --json "$out/dataload.json" ;;
    dali) compare_with_dali ;;
    # Our own kernels from their PTX, as on a GPU that is newer than the build. The vendor's libraries carry none.
    ptx) CUDA_FORCE_PTX_JIT=1 measure ptx smoke --backend cuda --filter '^memory/' ;;
    reading) measure reading "$here/reading.toml" --backend cuda ;;
    ranks) measure ranks smoke --backend cuda --filter collective --ranks 2 --oversubscribe ;;
    collectives) measure collectives collectives --backend cuda "${sharing[@]}" ;;
    nccl-tests) compare_with_nccl_tests ;;
    # What a quarter of an hour has room for: is it right, then two models at the batches that are published, and a recording.
    train-short)
      step train-right "$tests" '--gtest_filter=*IsRight*train_step*:*IsRight*inference*'
      measure train-short train --backend cuda --launches 1 \
        --filter 'resnet-50/bf16/batch:256$|bert-large/bf16/batch:32($|/no_input/graph$)'
      step train-check python3 "$here/check_train.py" "$out/train-short/result.json"
      ;;
    train)
      measure train train --backend cuda
      step train-check python3 "$here/check_train.py" "$out/train/result.json"
      ;;
    inference) measure inference inference --backend cuda ;;
    host) measure host smoke --backend host ;;
    *)
      echo "there is no step '$1'; steps: ${all_steps[*]} train-short" >&2
      exit 2
      ;;
  esac
}

# One GPU: its ranks share it, which shows that everything works and is verified, and nothing about speed.
gpus=$(nvidia-smi --list-gpus 2>/dev/null | grep -c .)
sharing=()
if ((gpus < 2)); then sharing=(--ranks 2 --oversubscribe); fi

all_steps=(info doctor tests memcheck racecheck quick compute models search torch dataload dali ptx reading ranks collectives nccl-tests train inference host)
# Besides: train-short, which is part of train.
steps=("$@")
if ((${#steps[@]} == 0)); then steps=("${all_steps[@]}"); fi
mkdir -p "$out"
export MUSTER_GPU_REQUIRED=1
for name in "${steps[@]}"; do run_step "$name"; done

printf '%s\n' "" "${summary[@]}" | tee "$out/summary.txt" >&2
echo "logs and documents: $out" >&2
((failures == 0))
