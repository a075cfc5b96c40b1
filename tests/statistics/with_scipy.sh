#!/bin/sh
# Runs a script with the first Python that has SciPy; 77 (skipped) where none has (package python3-scipy).
for python in python3 /usr/bin/python3; do
  if "$python" -c 'import scipy' 2> /dev/null; then exec "$python" -B "$@"; fi
done
echo "no Python here has SciPy (install python3-scipy)"
exit 77
