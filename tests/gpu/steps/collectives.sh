# shellcheck shell=bash
# shellcheck disable=SC2086,SC2154  # several words in OPTIONS; variables of run.sh
# Ranks and NCCL.

# As many ranks as share the one GPU: NCCL's bootstrap, the group, every operation verified.
step_ranks() {
  local ranks
  for ranks in 2 4 8; do
    measure "ranks-$ranks" smoke --backend cuda --filter collective --ranks "$ranks" --oversubscribe
  done
}

step_collectives() { measure collectives collectives --backend cuda "${sharing[@]}" ${COLLECTIVES_OPTIONS:-}; }

# The bundle's own Open MPI, which its program alone would find.
bundled_mpi() {
  local mpi="$top/libexec/openmpi"
  if [[ -d $mpi ]]; then
    echo "OPAL_PREFIX=$mpi" "OPAL_BINDIR=$mpi/bin" "OPAL_LIBDIR=$top/lib" "OPAL_PKGLIBDIR=$mpi/components" \
      "OPAL_PKGDATADIR=$mpi/share" "OPAL_SYSCONFDIR=$mpi/etc" "OMPI_MCA_plm_rsh_agent=false" "PATH=$mpi/bin:$PATH" \
      "LD_LIBRARY_PATH=$top/lib:${NCCL_FOLDER:-$(nccl_of_python)}:${LD_LIBRARY_PATH:-}"
  fi
}

nccl_of_python() {
  python3 -c 'import nvidia.nccl; print(list(nvidia.nccl.__path__)[0] + "/lib")' 2>/dev/null
}

step_nccl_tests() {
  if [[ ! -x ${NCCL_TESTS:-}/all_reduce_perf ]]; then
    skip nccl-tests "NCCL_TESTS names no folder with all_reduce_perf"
    return
  fi
  # shellcheck disable=SC2046
  step nccl-tests env $(bundled_mpi) python3 "$here/compare_nccl_tests.py" --nccl-tests "$NCCL_TESTS" --muster "$muster" \
    --ranks "$((gpus < 2 ? 2 : gpus))" "${sharing[@]:2}" ${NCCL_TESTS_OPTIONS:-} --json "$out/nccl-tests.json"
}

# A rank that is killed, and one that is stopped, in the middle of all-reduces.
step_lost_ranks() {
  local signal
  for signal in KILL STOP; do
    step "lost-$signal" python3 "$here/lose_a_rank.py" --muster "$muster" --signal "$signal" "${sharing[@]}" \
      -o "$out/lost-$signal"
  done
}
