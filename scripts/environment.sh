# Sourced by the other scripts: makes sure there is an environment with styleid in it, and puts it on PATH.
# Usage: EXTRAS=test . scripts/environment.sh
# An active virtual environment is used; else .venv is made in the checkout. A second run installs nothing.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if [ -z "${VIRTUAL_ENV:-}" ]; then
  VIRTUAL_ENV="$root/.venv"
  if [ ! -x "$VIRTUAL_ENV/bin/python" ]; then
    for python in "${PYTHON:-python3}" python3 python3.11 python3.12 python3.13 python3.14 none; do
      if [ "$python" = none ]; then
        echo "error: styleid needs Python 3.11 or newer; install one, or name it: PYTHON=/path/to/python $0" >&2
        exit 1
      fi
      if fits "$python"; then break; fi
    done
    echo "making a virtual environment in .venv with $("$python" --version)"
    # Debian's Python comes without ensurepip: then the pip that is there fills the environment from outside.
    "$python" -m venv "$VIRTUAL_ENV" >/dev/null 2>&1 || {
      rm -rf "$VIRTUAL_ENV"
      "$python" -m venv --without-pip "$VIRTUAL_ENV"
      "$python" -m pip --quiet --python "$VIRTUAL_ENV/bin/python" install pip
    }
  fi
fi
export VIRTUAL_ENV PATH="$VIRTUAL_ENV/bin:$PATH"
# The demo and the tests measure styleid, not what the shell happens to carry.
unset PYTHONPATH PYTHONHOME

# What was installed, for which extras, from which pyproject.toml: unless one of them changed, nothing is to do.
stamp="$VIRTUAL_ENV/.styleid-${EXTRAS:-core}"
wanted="$root $(cksum < pyproject.toml)"
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
  echo "installing styleid and what it needs (the first time: minutes and about 6 GB on x86-64 Linux, mostly torch)"
  SECONDS=0
  python -m pip install --quiet --disable-pip-version-check --editable ".${EXTRAS:+[$EXTRAS]}"
  echo "$wanted" > "$stamp"
  echo "installed in $SECONDS s, $(du -sm "$VIRTUAL_ENV" | cut -f1) MB"
fi
