# shellcheck shell=bash disable=SC2154  # root, build and other settings come from ./muster
# `./muster bundle`: one archive that runs on a machine with nothing but glibc and, for the cuda backend, the vendor's
# driver and libraries. Sourced by ./muster.

# What is never bundled: glibc, which belongs to the machine, and the vendor's libraries, which are large, licensed, and
# there wherever the cuda backend is of use. libcudart (1 MB, redistributable) is the exception.
left_out='/(ld-linux[-a-z0-9_]*|libc|libm|libmvec|libdl|librt|libpthread|libresolv|libutil|libanl|libnss_[a-z]+)\.so'
left_out+='|/lib(cuda|cublas|cublasLt|nccl|nvjpeg|nvidia-ml|cufile|nvrtc|nvJitLink)\.so'

make_bundle() {
  local output="" name stage
  while (($# > 0)); do
    case $1 in
      -o) output=${2:?-o takes the archive\'s name} && shift 2 ;;
      *)
        say "'$1' means nothing to bundle; usage: ./muster bundle [-o FILE.tar.gz]"
        exit 2
        ;;
    esac
  done
  lock
  build_preset bundle build.txt test.txt bundle.txt
  name="muster-$(project_version)-$(commit_name)-$(uname -m)"
  output=${output:-$root/dist/$name.tar.gz}
  mkdir -p "$root/dist" "$(dirname "$output")"
  stage=$(mktemp -d "$root/dist/stage.XXXXXX")
  # shellcheck disable=SC2064  # the folder's name as it is now
  trap "rm -rf '$stage'" EXIT
  fill_bundle "$stage/$name"
  pack_bundle "$stage" "$name" "$output"
  rm -rf "$stage"
  trap - EXIT
  exec 9>&-
}

project_version() { sed -n 's/^project(muster VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt"; }

commit_name() {
  local commit
  commit=$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null) || commit=unknown
  if git -C "$root" status --porcelain --untracked-files=no 2>/dev/null | grep -q .; then commit+=-changed; fi
  echo "$commit"
}

fill_bundle() {
  local top=$1
  quietly "$build_log" "collecting the program and what it needs" \
    cmake --install "$build" --component muster --prefix "$top" --strip || give_up "the bundle could not be filled (see above)"
  add_open_mpi "$top"
  add_libraries "$top"
  set_library_paths "$top"
  add_licences "$top"
  write_entry "$top"
  write_readme "$top"
}

# mpirun, its daemon, components and messages. Components for networks whose libraries belong to the machine's own driver
# stack stay behind: between nodes a bundle's host-side ranks talk TCP (NCCL finds InfiniBand by itself).
add_open_mpi() {
  local top=$1 mpi="$1/libexec/openmpi" components component program
  components=$(ompi_info --parsable --path pkglibdir 2>/dev/null | sed -n 's/^path:pkglibdir://p')
  if [[ ! -d $components ]]; then
    say "no Open MPI in the bundle (ompi_info names no component folder): it will need an mpirun on its machine"
    return 0
  fi
  mkdir -p "$mpi/bin" "$mpi/etc" "$mpi/components"
  for program in orterun orted; do cp -L "$(command -v "$program")" "$mpi/bin/$program"; done
  ln -s orterun "$mpi/bin/mpirun"
  cp -rL "$(ompi_info --parsable --path pkgdatadir | sed -n 's/^path:pkgdatadir://p')" "$mpi/share"
  for component in "$components"/*.so; do
    if ! ldd "$component" | grep -qE 'lib(ucp|fabric|ibverbs|psm|nl-3|cuda|hcoll|lustreapi)'; then cp -L "$component" "$mpi/components/"; fi
  done
  printf 'btl_base_warn_component_unused = 0\n' >"$mpi/etc/openmpi-mca-params.conf"
}

bundled_programs() { find "$1/libexec" "$1/lib" "$1/tests" -type f \( -perm -u+x -o -name '*.so*' \) -exec sh -c \
  'for f; do [ "$(head -c 4 "$f" | tail -c 3)" = ELF ] && echo "$f"; done' sh {} +; }

# Every shared library that a bundled program needs, as this machine resolves it.
add_libraries() {
  local top=$1 library programs
  mapfile -t programs < <(bundled_programs "$top")
  mkdir -p "$top/lib"
  : >"$top.libraries"
  while read -r library; do
    cp -L "$library" "$top/lib/"
    readlink -f "$library" >>"$top.libraries"
  done < <(cuda_runtime; ldd "${programs[@]}" 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' |
    sort -u | grep -vE "$left_out|^$top/")
  chmod -R u+w "$top/lib"
}

cuda_runtime() {
  local home
  if [[ -z $nvcc ]]; then return 0; fi
  home=$(dirname "$(dirname "$nvcc")")
  find "$home"/lib64/ "$home"/targets/*/lib/ -maxdepth 1 -name 'libcudart.so.*' 2>/dev/null | grep -E '\.so\.[0-9]+$' | head -n 1
}

set_library_paths() {
  local file folder
  while read -r file; do
    folder=$(realpath --relative-to="$(dirname "$file")" "$1/lib")
    patchelf --set-rpath "\$ORIGIN${folder:+/$folder}" "$file" >>"$build_log" 2>&1 || give_up "patchelf failed on $file (see $build_log)"
  done < <(bundled_programs "$1")
}

# The copyright file of every package that a bundled library came from.
add_licences() {
  local top=$1 library package
  mkdir -p "$top/licences"
  while read -r library; do
    package=$(dpkg-query --search "$library" "${library#/usr}" 2>/dev/null | sed -n 's/:.*//p' | head -n 1) || true
    if [[ -n $package && -e /usr/share/doc/$package/copyright ]]; then
      cp -L "/usr/share/doc/$package/copyright" "$top/licences/$package"
    elif [[ $library != *libcudart* ]]; then
      say "no licence text found for $library; add it before you pass the bundle on"
    fi
  done <"$top.libraries"
  rm -f "$top.libraries"
}

# bin/muster tells Open MPI where it lies now, then becomes the program.
write_entry() {
  mkdir -p "$1/bin"
  cp "$root/cmake/bundle/muster" "$1/bin/muster"
  chmod 755 "$1/bin/muster"
}

write_readme() {
  sed -e "s/@NAME@/$(basename "$1")/" -e "s/@GLIBC@/$(glibc_floor "$1")/" "$root/cmake/bundle/README.md" >"$1/README.md"
}

# The newest glibc version that anything in the bundle asks for.
glibc_floor() {
  local programs
  mapfile -t programs < <(bundled_programs "$1")
  objdump -T "${programs[@]}" 2>/dev/null | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1 | sed 's/GLIBC_//'
}

pack_bundle() {
  local stage=$1 name=$2 output=$3
  tar -C "$stage" --sort=name --owner=0 --group=0 --numeric-owner -cf - "$name" | gzip -9 >"$output.part"
  mv "$output.part" "$output"
  say "$(du -m "$output" | cut -f1) MiB, for glibc $(sed -n 's/.*glibc \([0-9.]*\) or later.*/\1/p' "$stage/$name/README.md" | head -n 1)" \
    "or later (unpack anywhere, then bin/muster run)"
  echo "$output"
}
