#!/usr/bin/env bash
# Building when something is newer, becoming the program at once when nothing is.
# shellcheck source=tests/scripts/check.sh disable=SC2154
source "$(dirname "$0")/check.sh"

export MUSTER_CUDA=off MUSTER_PACKAGES=here
folder=$(fresh_checkout "first try")
stub cmake <<'S'
echo "cmake $*" >>"$CALLS"
case "$*" in
  *--build*)
    [[ ! -e $PWD/broken ]] || { echo "error: what the compiler said"; exit 1; }
    mkdir -p build/release/bin
    printf '#!/bin/bash\nprintf "<%%s>" "$PWD" "$@"\nexit 4\n' >build/release/bin/muster
    chmod +x build/release/bin/muster
    ;;
esac
S

attempt "$folder/muster" --help
expect_status 0
expect_in "$stdout" "./muster test"
expect_equal "$calls" ""

cd "$scratch"
attempt "$folder/muster" run "two words" --data ./here
expect_status 4  # the program's own
expect_equal "$stdout" "<$scratch><run><two words><--data><./here>"
expect_in "$calls" "cmake --preset release"
expect_in "$calls" "-DMUSTER_CUDA=OFF"

attempt "$folder/muster" list
expect_equal "$calls" ""

sleep 0.1
touch "$folder/kernels/new.cpp"
attempt "$folder/muster" list
expect_in "$calls" "cmake --build --preset release"
attempt "$folder/muster" list
expect_equal "$calls" ""

sleep 0.1
rm "$folder/kernels/new.cpp"  # a file that went counts too
attempt "$folder/muster" list
expect_in "$calls" "--build"

sleep 0.1
touch "$folder/broken" "$folder/harness/bad.cpp"
attempt "$folder/muster" list
expect_status 6
expect_in "$stderr" "what the compiler said"
expect_equal "$stdout" ""
rm "$folder/broken"
attempt "$folder/muster" list
expect_status 4

attempt "$folder/muster" bundle --wrong
expect_status 2
attempt "$folder/muster" package --wrong
expect_status 2
expect_in "$stderr" "usage: ./muster package [-o FOLDER]"

stub dpkg <<<'echo amd64'
stub cpack <<'S'
echo "cpack $*" >>"$CALLS"
mkdir -p build/release/package
last="${*: -1}"
echo "a package" >"build/release/package/muster_${last##*=}_amd64.deb"
S
attempt "$folder/muster" package -o "out put"
expect_status 0
expect_in "$calls" "cpack --config $folder/build/release/CPackConfig.cmake -G DEB"
expect_equal "$(<"$stdout")" "a package"
expect_in "$stdout" "$PWD/out put/muster_"

attempt "$folder/muster" fuzz forever
expect_status 2
expect_in "$stderr" "no number of seconds"
echo "muster: ok"
