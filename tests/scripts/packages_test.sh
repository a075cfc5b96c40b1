#!/usr/bin/env bash
# Missing packages: root installs exactly those; anybody else gets the line to run, and exit code 6.
# shellcheck source=tests/scripts/check.sh disable=SC2154
source "$(dirname "$0")/check.sh"

export MUSTER_CUDA=off
folder=$(fresh_checkout "packages")
stub dpkg-query <<'S'
printf 'ii cmake\nii git\nrc fmt-removed\n'
S
stub apt-get <<'S'
echo "apt-get $*" >>"$CALLS"
[[ " $* " != *" install "* ]] || { echo "no such package"; exit 100; }
S
stub cmake <<'S'
echo "cmake $*" >>"$CALLS"
S

stub id <<<'echo 1000'
attempt "$folder/muster" run
expect_status 6
expect_in "$stderr" "sudo apt-get update && sudo apt-get install -y --no-install-recommends g++ libbenchmark-dev"
expect_not_in "$stderr" " cmake "
expect_not_in "$stderr" "fio"  # only tests need it
expect_equal "$calls" ""

attempt "$folder/muster" test
expect_status 6
expect_in "$stderr" "fio"

for distribution in debian ubuntu; do
  printf 'NAME=x\nID=%s\n' "$distribution" >"$scratch/$distribution"
done
MUSTER_OS_RELEASE="$scratch/debian" attempt "$folder/muster" test
expect_in "$stderr" " chromium "
MUSTER_OS_RELEASE="$scratch/ubuntu" attempt "$folder/muster" test
expect_in "$stderr" " poppler-utils"
expect_not_in "$stderr" "chromium"

stub id <<<'echo 0'
attempt "$folder/muster" run
expect_status 6
expect_in "$calls" "update"
expect_in "$calls" "install -y --no-install-recommends g++"
expect_in "$stderr" "no such package"
expect_not_in "$calls" "cmake --preset"

# Servers that come along are not started, whatever becomes of the installation; a policy of the machine's own stays.
stub apt-get <<'S'
[[ " $* " != *" install "* ]] || { status=0; "$MUSTER_SERVICE_POLICY" munge start || status=$?; echo "policy $status" >>"$CALLS"; exit 100; }
S
export MUSTER_SERVICE_POLICY="$scratch/policy-rc.d"
attempt "$folder/muster" test
expect_in "$calls" "policy 101"
[[ ! -e $MUSTER_SERVICE_POLICY ]] || fail "the policy was left behind"
printf '#!/bin/sh\nexit 0\n' >"$MUSTER_SERVICE_POLICY"
chmod +x "$MUSTER_SERVICE_POLICY"
attempt "$folder/muster" test
expect_in "$calls" "policy 0"
[[ -e $MUSTER_SERVICE_POLICY ]] || fail "the machine's own policy is gone"

MUSTER_PACKAGES=here attempt "$folder/muster" build
expect_not_in "$calls" "apt-get"
expect_in "$calls" "cmake --preset release"
echo "packages: ok"
