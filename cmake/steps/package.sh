# shellcheck shell=bash disable=SC2154  # root, build and other settings come from ./muster
# `./muster package`: a Debian package of the program for this release of Debian or Ubuntu. Sourced by ./muster.

make_package() {
  local folder="$root/dist" version file
  while (($# > 0)); do
    case $1 in
      -o) folder=$(realpath -m -- "${2:?-o takes a folder}") && shift 2 ;;
      *)
        say "'$1' means nothing to package; usage: ./muster package [-o FOLDER]"
        exit 2
        ;;
    esac
  done
  lock
  build_preset release build.txt package.txt
  version="$(project_version)+$(commit_name | tr - .)"
  file="muster_${version}_$(dpkg --print-architecture).deb"
  mkdir -p "$folder"
  quietly "$build_log" "packing" in_root cpack --config "$build/CPackConfig.cmake" -G DEB -B "$build/package" \
    -D "CPACK_PACKAGE_VERSION=$version" || give_up "the package could not be made (see above)"
  mv "$build/package/$file" "$folder/$file"
  rm -rf "$build/package"
  exec 9>&-
  say "$(du -k "$folder/$file" | cut -f1) KiB, for this release of $(. /etc/os-release && echo "$PRETTY_NAME") and its like" \
    "(install it with: apt-get install $folder/$file)"
  echo "$folder/$file"
}
