# shellcheck shell=bash disable=SC2154  # root, build and other settings come from ./muster
# The CUDA toolkit: the one that is here, or one made of the vendor's wheels. Sourced by ./muster.

oldest_toolkit=12.2
oldest_driver_for_wheels=580
own_toolkit="$root/build/cuda-toolkit"  # made of wheels
extra_root="$root/build/cuda-extra"     # headers and libraries that the machine's toolkit lacks
wheel_log="$root/build/wheels.log"

nvcc=""      # the compiler to build the cuda backend with; "": none
assemble=no  # yes: $nvcc is still to be made of wheels
lacking=()   # parts that the machine's toolkit lacks

at_least() { [[ $(printf '%s\n' "$1" "$2" | sort -V | head -n 1) == "$2" ]]; }

toolkit_version() { "$1" --version 2>/dev/null | sed -n 's/.*release \([0-9.]*\),.*/\1/p'; }

driver_version() { grep -oE '[0-9]{3,}\.[0-9.]+' /proc/driver/nvidia/version 2>/dev/null | head -n 1; }

# Decides what the cuda backend is built with (the settings above) and says why where it is left out. Fetches nothing.
choose_toolkit() {
  if [[ ${MUSTER_CUDA:-} == off ]]; then
    say "no cuda backend: MUSTER_CUDA=off"
  elif find_nvcc; then
    find_what_it_lacks
  elif ! gpu_seen; then
    say "no CUDA toolkit and no GPU here: building the host backend only"
  elif [[ -x $own_toolkit/bin/nvcc ]]; then
    nvcc="$own_toolkit/bin/nvcc"
  elif driver_takes_wheels; then
    assemble=yes
  fi
}

find_nvcc() {
  local candidate version
  while read -r candidate; do
    version=$(toolkit_version "$candidate") || true
    if [[ -n $version ]] && at_least "$version" "$oldest_toolkit"; then
      nvcc=$candidate
      return 0
    fi
    say "$candidate is CUDA ${version:-of an unknown version}, too old (the cuda backend needs $oldest_toolkit)"
  done < <(nvcc_candidates)
  return 1
}

driver_takes_wheels() {
  local driver
  driver=$(driver_version) || true
  if [[ -z $driver ]] || at_least "$driver" "$oldest_driver_for_wheels"; then return 0; fi
  say "no cuda backend: no CUDA toolkit is here, and driver $driver is too old for the CUDA 13 that could be fetched" \
    "(it needs $oldest_driver_for_wheels) update the driver, or install a CUDA 12 toolkit and set CUDA_HOME"
  return 1
}

# What a toolkit often lacks; NCCL is never part of one.
find_what_it_lacks() {
  local part
  for part in nccl nvml nvjpeg; do
    has_header "$part.h" || lacking+=("$part")
  done
  # The tests read our kernels' machine code with these; CUDA 12 toolkits bring them.
  for part in cuobjdump nvdisasm; do
    if [[ ! -x $(dirname "$nvcc")/$part && $(toolkit_version "$nvcc") == 13.* ]]; then lacking+=("$part"); fi
  done
  if [[ $(cat "$extra_root/parts" 2>/dev/null) == "$(extra_parts)" ]]; then lacking=(); fi
}

extra_parts() { echo "$(toolkit_version "$nvcc") ${lacking[*]}"; }

# Is the header in the toolkit of $nvcc, or where compilers look anyway?
has_header() {
  local home
  home=$(dirname "$(dirname "$nvcc")")
  [[ -e $home/include/$1 || -e $home/targets/x86_64-linux/include/$1 || -e /usr/include/$1 || -e /usr/local/include/$1 ]]
}

wheels_wanted() { [[ $assemble == yes ]] || ((${#lacking[@]} > 0)); }

# Carries out what choose_toolkit decided. What cannot be fetched is left out, with a line that says so.
fetch_toolkit() {
  local major
  if [[ $assemble == yes ]]; then
    if fetch_wheels "a CUDA 13 toolkit (700 MB)" 13 "$own_toolkit" toolkit nccl; then
      nvcc="$own_toolkit/bin/nvcc"
    else
      say "no cuda backend: no CUDA toolkit is here, and none could be fetched (see above) connect this machine and run" \
        "\`./muster build\`, or install a CUDA toolkit of $oldest_toolkit or later"
    fi
  elif wheels_wanted; then
    major=$(toolkit_version "$nvcc")
    if fetch_wheels "what the CUDA toolkit lacks" "${major%%.*}" "$extra_root" "${lacking[@]}"; then
      extra_parts >"$extra_root/parts"
    else
      say "${lacking[*]} could not be fetched (see above) the cuda backend is built as far as it goes without"
    fi
  fi
}

# fetch_wheels WORDS MAJOR ROOT PART...: parts of cmake/toolkit/wheels.txt as a toolkit root; all or nothing.
fetch_wheels() {
  local words=$1 major=$2 target=$3 part parts=() downloads="$root/build/wheels"
  shift 3
  for part in "$@"; do
    parts+=("$(awk -v major="$major" -v part="$part" '$1 == major && $2 == part { print $3 }' "$root/cmake/toolkit/wheels.txt")")
  done
  rm -rf "$downloads" "$target.part"
  shown=3 quietly "$wheel_log" "fetching $words: ${parts[*]}" python3 -m pip download --quiet --no-cache-dir \
    --retries 2 --timeout 30 --only-binary :all: --dest "$downloads" "${parts[@]}" || return 1
  shown=3 quietly "$wheel_log" "unpacking it into ${target#"$root/"}" \
    python3 -B "$root/cmake/toolkit/unpack_wheels.py" "$target.part" "$downloads"/*.whl || return 1
  rm -rf "$downloads" "$target"
  mv "$target.part" "$target"
}
