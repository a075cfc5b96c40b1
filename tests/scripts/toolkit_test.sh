#!/usr/bin/env bash
# Which CUDA toolkit is taken, what is fetched, and what is said where the cuda backend is left out.
# shellcheck source=tests/scripts/check.sh disable=SC2034,SC2154,SC2317
source "$(dirname "$0")/check.sh"

root=$(fresh_checkout "toolkit")
build="$root/build/release"

# decide [NVCC...]: choose_toolkit and fetch_toolkit on a machine with these compilers; $has_gpu and $has_driver say what else.
decide() {
  local -a compilers=("$@")
  # shellcheck source=/dev/null
  source "$root/cmake/steps/say.sh"
  # shellcheck source=/dev/null
  source "$root/cmake/steps/toolkit.sh"
  nvcc_candidates() { printf '%s\n' "${compilers[@]}" | sed '/^$/d'; }
  gpu_seen() { [[ $has_gpu == yes ]]; }
  driver_version() { echo "$has_driver"; }
  choose_toolkit
  fetch_toolkit
  echo "nvcc=$nvcc lacking=${lacking[*]}"
}

make_nvcc() {  # make_nvcc VERSION HEADER...
  local home="$scratch/cuda-$1"
  mkdir -p "$home/bin" "$home/include"
  printf '#!/bin/sh\necho "Cuda compilation tools, release %s, V%s.1"\n' "$1" "$1" >"$home/bin/nvcc"
  chmod +x "$home/bin/nvcc"
  (cd "$home/include" && touch nccl.h nvml.h nvjpeg.h)
  echo "$home/bin/nvcc"
}

old=$(make_nvcc 12.0)
good=$(make_nvcc 12.4)
stub python3 <<'S'
echo "python3 $*" >>"$CALLS"
echo "no network"
exit 1
S

has_gpu=no has_driver=""
attempt decide
expect_in "$stderr" "no CUDA toolkit and no GPU here"
expect_in "$stdout" "nvcc= "

attempt decide "$old" "$good"
expect_in "$stderr" "CUDA 12.0, too old"
expect_in "$stdout" "nvcc=$good lacking="
expect_equal "$calls" ""

MUSTER_CUDA=off attempt decide "$good"
expect_in "$stdout" "nvcc= "

if [[ ! -e /usr/include/nvjpeg.h && ! -e /usr/local/include/nvjpeg.h ]]; then
  rm "$(dirname "$good")/../include/nvjpeg.h"
  attempt decide "$good"
  expect_in "$calls" "nvidia-nvjpeg-cu12=="
  expect_in "$stderr" "nvjpeg could not be fetched"
  expect_in "$stdout" "nvcc=$good"  # built without, not given up
fi

has_gpu=yes has_driver=550.54.15
attempt decide
expect_in "$stderr" "driver 550.54.15 is too old"
expect_equal "$calls" ""

has_driver=580.65.06
attempt decide "$old"
expect_in "$calls" "cuda-toolkit[nvcc"
expect_in "$stderr" "none could be fetched"
expect_in "$stdout" "nvcc= "
echo "toolkit: ok"
