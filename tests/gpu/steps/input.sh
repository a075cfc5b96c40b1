# shellcheck shell=bash
# shellcheck disable=SC2086,SC2154  # several words in OPTIONS; variables of run.sh
# From storage to the GPU.

step_dataload() { step dataload python3 "$here/compare_dataload.py" --muster "$muster" --json "$out/dataload.json"; }
step_reading() { measure reading "$here/reading.toml" --backend cuda; }

step_dali() {
  if python3 -c 'import nvidia.dali' 2>/dev/null; then
    step dali python3 "$here/compare_dali.py" --muster "$muster" ${DALI_OPTIONS:-} --json "$out/dali.json"
  else
    skip dali "no DALI for python3 here"
  fi
}
