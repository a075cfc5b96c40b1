#!/usr/bin/env bash
# Wheels laid out as a toolkit root.
# shellcheck source=tests/scripts/check.sh disable=SC2154
source "$(dirname "$0")/check.sh"

cd "$scratch"
python3 - <<'P'
import zipfile
with zipfile.ZipFile("a.whl", "w") as wheel:
    for name in ("nvidia/cu13/bin/nvcc", "nvidia/cu13/include/sub/cuda.h", "nvidia/cu13/lib/libcudart.so.13",
                 "nvidia/cu13/include/__init__.py", "nvidia_cuda-13.dist-info/METADATA", "nvidia/cu13/../lib/evil"):
        wheel.writestr(name, name)
with zipfile.ZipFile("b.whl", "w") as wheel:
    wheel.writestr("nvidia/nccl/lib/libnccl.so.2", "nccl")
P
attempt python3 -B "$source_root/cmake/toolkit/unpack_wheels.py" root a.whl b.whl
expect_status 0
expect_equal "$(cd root && find . -type f | LC_ALL=C sort | tr '\n' ' ')" \
  "./bin/nvcc ./include/sub/cuda.h ./lib/libcudart.so.13 ./lib/libnccl.so.2 "
[[ -x root/bin/nvcc ]] || fail "nvcc is not executable"
expect_equal "$(<root/lib64/libnccl.so)" "nccl"
expect_equal "$(<root/targets/x86_64-linux/include/sub/cuda.h)" "nvidia/cu13/include/sub/cuda.h"
attempt python3 -B "$source_root/cmake/toolkit/unpack_wheels.py" root
expect_status 2
echo "wheels: ok"
