# shellcheck shell=bash disable=SC2154  # root, build and other settings come from ./muster
# Distribution packages. Sourced by ./muster.

# A line that ends in [debian] is for Debian alone: other distributions do not have that package.
listed() {
  local marked='/\[debian\]$/d'
  if grep -qx 'ID=debian' "${MUSTER_OS_RELEASE:-/etc/os-release}"; then marked='s/ *\[debian\]$//'; fi
  sed "s/#.*//; s/[[:space:]]*\$//; $marked; /^\$/d" "${@/#/$root/cmake/packages/}"
}

# Of the named packages, those that are not installed.
missing_packages() {
  local installed
  installed=$(dpkg-query --show --showformat '${db:Status-Abbrev}${Package}\n' "$@" 2>/dev/null | sed -n 's/^.i *//p') || true
  comm -23 <(printf '%s\n' "$@" | sort -u) <(sort -u <<<"$installed")
}

# need_packages LIST...: installs what is missing of cmake/packages/LIST, or says how and stops.
need_packages() {
  local wanted missing=()
  mapfile -t wanted < <(listed "$@")
  if [[ ${MUSTER_PACKAGES:-} == here ]]; then return 0; fi
  if ! command -v dpkg-query >/dev/null; then
    say "this is no Debian or Ubuntu, so nothing is installed; needed are, by their names there: ${wanted[*]}"
    return 0
  fi
  if [[ -e $root/.git ]] && ! command -v git >/dev/null; then wanted+=(git); fi
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  if ((${#missing[@]} == 0)); then return 0; fi
  if (($(id -u) != 0)); then ask_for_packages "${missing[@]}"; fi
  install_packages "${missing[@]}" ||
    give_up "packages could not be installed (see above) connect this machine, or install them by hand: ${missing[*]}"
}

ask_for_packages() {
  say "$# packages are missing, and only root may install them. Run this line, then the same command again:"
  echo "sudo apt-get update && sudo apt-get install -y --no-install-recommends $*" >&2
  say "(libraries from elsewhere, as modules or in a prefix? MUSTER_PACKAGES=here skips this check)"
  exit "$exit_infrastructure"
}

install_packages() {
  local log="$root/build/packages.log" options=(-o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
  export DEBIAN_FRONTEND=noninteractive
  shown=5 quietly "$log" "reading the package lists" apt-get "${options[@]}" update ||
    say "going on with the lists that are here"
  quietly "$log" "installing $# packages: $*" without_services apt-get "${options[@]}" install -y --no-install-recommends "$@"
}

# Tests start servers of their own; none is to run because its package was installed. The answer that packages get is
# "no" only while this script lives, should it be stopped half way.
without_services() {
  local policy=${MUSTER_SERVICE_POLICY:-/usr/sbin/policy-rc.d} status=0
  if [[ -e $policy || " $* " != *" slurm-wlm "* && " $* " != *" munge "* ]]; then
    "$@"
    return
  fi
  printf '#!/bin/sh\nkill -0 %d 2>/dev/null && exit 101\nexit 0\n' $$ >"$policy"
  chmod +x "$policy"
  "$@" || status=$?
  rm -f "$policy"
  return "$status"
}
