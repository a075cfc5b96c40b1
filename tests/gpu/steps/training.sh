# shellcheck shell=bash
# shellcheck disable=SC2086,SC2154  # several words in OPTIONS; variables of run.sh
# Training steps and forward passes of whole models.

step_train() {
  measure train train --backend cuda ${TRAIN_OPTIONS:-}
  step train-check python3 "$here/check_train.py" "$out/train/result.json"
}

step_inference() { measure inference inference --backend cuda ${INFERENCE_OPTIONS:-}; }

step_train_right() { step train-right "$tests" '--gtest_filter=*IsRight*train_step*:*IsRight*inference*'; }

# What a quarter of an hour has room for: is it right, then two models at the batches that are published, and a recording.
step_train_short() {
  step_train_right
  measure train-short train --backend cuda --launches 1 \
    --filter 'resnet-50/bf16/batch:256$|bert-large/bf16/batch:32($|/no_input/graph$)'
  step train-check python3 "$here/check_train.py" "$out/train-short/result.json"
}

# ResNet-50 with its pictures decoded by each of nvJPEG's ways, and without input: which one lets the step go fastest?
step_decoders() {
  measure decoders "$here/decoders.toml" --backend cuda ${DECODERS_OPTIONS:-}
  step decoders-check python3 "$here/check_train.py" "$out/decoders/result.json"
}

step_torch_train() {
  if python3 -c 'import torch' 2>/dev/null; then
    step torch-train python3 "$here/compare_torch_train.py" --muster "$muster" ${TORCH_TRAIN_OPTIONS:-} --json "$out/torch-train.json"
  else
    skip torch-train "no PyTorch for python3 here"
  fi
}
