# shellcheck shell=bash
# shellcheck disable=SC2086,SC2154  # several words in OPTIONS; variables of run.sh
# Products and memory: how fast, against whom; and what the results say afterwards.

step_quick() { measure quick quick --backend cuda ${QUICK_OPTIONS:-}; }
step_compute() { measure compute compute --backend cuda ${COMPUTE_OPTIONS:-}; }
step_models() { measure models models --backend cuda ${MODELS_OPTIONS:-}; }
step_operands() { measure operands "$here/operands.toml" --backend cuda; }

step_search() {
  measure search "$here/search.toml" --backend cuda
  step search-check python3 "$here/check_search.py" "$out/search/result.json"
}

step_torch() {
  if python3 -c 'import torch' 2>/dev/null; then
    step torch python3 "$here/compare_torch.py" --muster "$muster" ${TORCH_OPTIONS:-} --json "$out/torch.json"
  else
    skip torch "no PyTorch for python3 here"
  fi
}

step_ncu() {
  if command -v ncu >/dev/null; then
    step ncu python3 "$here/compare_ncu.py" --muster "$muster" ${NCU_OPTIONS:-} --json "$out/ncu.json"
  else
    skip ncu "no ncu here (Nsight Compute)"
  fi
}

# The suite of step quick once more, and both compared: nothing has changed, and nothing may be said to have.
step_again() {
  if [[ ! -f $out/quick/result.json ]]; then
    skip again "step quick has left no result"
    return
  fi
  measure again quick --backend cuda ${AGAIN_OPTIONS:-}
  step again-compare "$muster" compare "$out/quick/result.json" "$out/again/result.json" --fail-on regressed,improved,failed
}

# The part's description, by the name that the driver gives it.
described_part() {
  case $(nvidia-smi --query-gpu=name --format=csv,noheader | head -n 1) in
    *A100*80GB*PCIe*) echo a100-pcie ;;
    *A100*80GB*) echo a100-80gb ;;
    *A100*) echo a100-40gb ;;
    *H100*HBM3*) echo hgx-h100 ;;
    *H200*) echo h200 ;;
  esac
}

# with_quick NAME command...: a step that reads the result of step quick.
with_quick() {
  if [[ -f $out/quick/result.json ]]; then
    step "$@"
  else
    skip "$1" "step quick has left no result"
  fi
}

step_check() {
  local part
  part=$(described_part)
  if [[ -z $part ]]; then
    skip check "no description of this GPU in configs/clusters"
  else
    with_quick check "$muster" check "$out/quick/result.json" --cluster "$part"
  fi
}

step_project() {
  if ! "$muster" --help 2>&1 | grep -qE '^ +project '; then
    skip project "this program has no command of that name"
    return
  fi
  with_quick project "$muster" project "$out/quick/result.json" --cluster tesla-2021
}

step_report() {
  local results
  results=$(find "$out" -mindepth 2 -maxdepth 2 -name result.json -not -path '*/flip-*' | sort)
  if [[ -z $results ]]; then
    skip report "no step has left a result"
    return
  fi
  step report "$muster" report $results -o "$out/report.html"
}
