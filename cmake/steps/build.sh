# shellcheck shell=bash disable=SC2154  # root, build and other settings come from ./muster
# Configure, build, test. Sourced by ./muster.

jobs=$(nproc)
build_log="$build/log.txt"
cuda_options=()

in_root() { env --chdir="$root" "$@"; }

# configure PRESET [cmake arguments]: with ccache if it is here and not disabled.
configure() {
  local preset=$1 options=("${@:2}")
  if [[ -z ${CCACHE_DISABLE:-} ]] && command -v ccache >/dev/null; then
    options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_CUDA_COMPILER_LAUNCHER=ccache)
  fi
  mkdir -p "$(dirname "$build_log")"
  : >"$build_log"
  quietly "$build_log" "configuring ($preset)" in_root cmake --preset "$preset" "${options[@]}" ||
    give_up "the build could not be configured (see above)"
}

compile() {
  quietly "$build_log" "building ($1)" in_root cmake --build --preset "$1" --parallel "$jobs" || give_up "the build failed (see above)"
}

# Two calls must not build in one folder at once.
lock() {
  mkdir -p "$build"
  exec 9>"$root/build/.lock"
  if flock --nonblock 9; then return 0; fi
  say "another ./muster is building here; waiting for it"
  flock 9
}

# prepare LIST...: packages and toolkit; sets cuda_options.
prepare() {
  choose_toolkit
  if wheels_wanted && ! python3 -m pip --version >/dev/null 2>&1; then set -- "$@" wheels.txt; fi
  need_packages "$@"
  fetch_toolkit
  cuda_options=(-DMUSTER_CUDA=OFF)
  if [[ -z $nvcc ]]; then return 0; fi
  cuda_options=(-DMUSTER_CUDA=ON "-DCMAKE_CUDA_COMPILER=$nvcc")
  if [[ -d $extra_root ]]; then cuda_options+=("-DMUSTER_CUDA_EXTRA=$extra_root"); fi
}

# build_preset PRESET LIST...
build_preset() {
  local begin=$SECONDS
  prepare "${@:2}"
  build_inputs >"$stamp.new"  # what changes from here on counts as newer than the program
  configure "$1" "${cuda_options[@]}"
  compile "$1"
  mv "$stamp.new" "$stamp"
  say "built in $((SECONDS - begin)) s"
}

build_program() {
  lock
  build_preset release build.txt
  exec 9>&-
}

build_program_if_old() {
  lock
  if ! up_to_date; then build_preset release build.txt; fi  # another call may just have built it
  exec 9>&-
}

fuzz_seconds=60  # in a test of everything; ./muster fuzz goes on for ten minutes

# build_and_test [ctest arguments]: all tests, then unit and kernel tests once more under sanitizers, then a minute of made-up
# files; with arguments only the tests that they choose.
build_and_test() {
  local status=0
  lock
  build_preset tests build.txt test.txt
  exec 9>&-
  in_root ctest --preset tests --parallel "$((2 * jobs))" "$@" || status=1  # places: see tests/CMakeLists.txt
  if (($# == 0)); then
    test_with_sanitizers || status=1
    fuzz_targets "$fuzz_seconds" || status=1
  fi
  return "$status"
}

# By clang, which takes half the time that GCC does, if it is here. CMake changes no folder's compiler soundly.
test_with_sanitizers() {
  local folder="$root/build/asan" options=()
  build_log="$folder/log.txt"
  if command -v clang++ >/dev/null; then
    options=(-DCMAKE_CXX_COMPILER=clang++)
    if ! grep -qs '^CMAKE_CXX_COMPILER:.*clang' "$folder/CMakeCache.txt"; then options+=(--fresh); fi
  fi
  configure asan "${options[@]}"
  compile asan
  in_root ctest --preset asan --parallel "$jobs"
}
