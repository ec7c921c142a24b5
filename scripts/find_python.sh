#!/bin/sh
# Print a Python interpreter that can run CovetPy, the newest first. `PYTHON=/path/to/python` decides it by hand.
#
# Each candidate is started: a launcher that a version manager leaves behind exists without running.
set -u

check='
import sys
if sys.version_info < (3, 11):
    sys.exit("is Python %d.%d" % sys.version_info[:2])
try:
    import ensurepip, ssl, venv
except ImportError as exc:
    sys.exit("has no module %s (on Debian: apt install python3-venv)" % exc.name)
'

tried=""
for candidate in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3 python}; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    if reason=$("$candidate" -c "$check" 2>&1); then
        echo "$candidate"
        exit 0
    fi
    tried="$tried
  $candidate $(printf '%s' "$reason" | tail -n 1)"
done

echo "CovetPy needs Python 3.11 or newer, with its venv module.${tried:-
  No interpreter was found on PATH.}
Install one, or name it: make PYTHON=/path/to/python3.13 test" >&2
exit 1
