# shellcheck shell=bash
# shellcheck disable=SC2086,SC2154  # several words in OPTIONS; variables of run.sh
# What the machine is, and whether everything is right on it.

# For whoever reads the results elsewhere. Only nvidia-smi decides whether the step passes.
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
# Run by `timeout`, which starts programs, not functions.
export -f show_machine
export muster

step_info() { step info bash -c show_machine; }
step_doctor() { step doctor "$muster" doctor; }
step_list() { step list "$muster" list; }
step_tests() { step tests "$tests" "--gtest_output=json:$out/tests.json"; }

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

# Cases that launch every kernel of our own, small: the operands' fills and the checks of products; memory; training's three;
# preprocessing in its types and filters; steps in both types, with and without graphs, and a forward pass. Their input is
# one batch or records: pictures are nvJPEG's, which is not ours, and tried for long.
own_kernels='*IsRight*gemm_bf16*:*IsRight*gemm_fp32*:*IsRight*/memory_*_fp*:*IsRight*training_*'
own_kernels+=':*IsRight*dataload_preprocess*:*IsRight*inference__*graph*'
own_kernels+=':*IsRight*train_step__fp32*:*IsRight*train_step__*no_input*:*IsRight*train_step__*graph*'
own_kernels+=':-*peer*:*dataload_training*'

# initcheck of them knows only what they and copies have written: to it, what a vendor's kernel made was never written. So it
# looks at those that read nothing of the vendor's, and at all kernels of one step.
own_data_only='*IsRight*/memory_*_fp*:*IsRight*training_*:*IsRight*dataload_preprocess*:-*peer*:*dataload_training*'
one_step='*IsRight*train_step__fp32*'

# sanitize NAME TOOL FILTER [all]: the tests that the gtest filter names, under one of compute-sanitizer's tools, which looks at
# kernels with "muster" in their names only, since the vendor's take minutes; or at all.
sanitize() {
  local sanitizer only=(--kernel-name kns=muster)
  if ! sanitizer=$(find_sanitizer); then
    skip "$1" "no compute-sanitizer here (it comes with the CUDA toolkit)"
    return
  fi
  "$sanitizer" --help 2>/dev/null | grep -q -- --kernel-name || only=(--kernel-regex kns=muster)
  if [[ ${4:-} == all ]]; then only=(); fi
  step "$1" "$sanitizer" --tool "$2" "${only[@]}" --print-limit 20 --error-exitcode 9 "$tests" --gtest_filter="$3"
}

step_memcheck() { sanitize memcheck memcheck "$own_kernels"; }
step_racecheck() { sanitize racecheck racecheck "$own_kernels"; }
step_initcheck() {
  sanitize initcheck initcheck "$own_data_only"
  sanitize initcheck-step initcheck "$one_step" all
}
step_synccheck() { sanitize synccheck synccheck "$own_kernels"; }

# What a short loan has room for: the kernels with shared memory and barriers.
step_sanitize_short() {
  local tool preprocessing='*IsRight*dataload_preprocess*linear*:*IsRight*dataload_preprocess*float16*'
  for tool in memcheck racecheck synccheck; do
    sanitize "$tool" "$tool" "$one_step:*IsRight*train_step__*no_input*:$preprocessing"
  done
  sanitize initcheck initcheck "$preprocessing"
}

# A bit of a result changed in the GPU's memory, behind the program's back: exit code 5 (wrong numbers) is what passes.
step_bit_flip() {
  if [[ ! -f $bit_flip ]]; then
    skip bit-flip "$bit_flip is not there"
    return
  fi
  step flip-gemm expect 5 env "LD_PRELOAD=$bit_flip" MUSTER_BIT_FLIP="gemm_checksum_results 5" \
    "$muster" run smoke --backend cuda --filter '^gemm/fp32/m:128/n:128/k:128$' -o "$out/flip-gemm"
  step flip-memory expect 5 env "LD_PRELOAD=$bit_flip" MUSTER_BIT_FLIP="memory_compare_fp64 2" \
    "$muster" run smoke --backend cuda --filter '^memory/copy/' -o "$out/flip-memory"
}

# Our own kernels from their PTX, as on a GPU that is newer than the build. The vendor's libraries carry none: nothing that
# uses them.
step_ptx() { CUDA_FORCE_PTX_JIT=1 measure ptx smoke --backend cuda --filter '^(memory|training|dataload/preprocess)'; }

step_host() { measure host smoke --backend host; }
