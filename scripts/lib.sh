# Shared by the scripts: where things are, and how they get there.
# Sourced, never run. Works on Debian and Ubuntu with python3 >= 3.11.

set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV="${NAMEPLATE_VENV:-$ROOT/.venv}"
cd "$ROOT"

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf 'nameplate: %s\n' "$*" >&2; exit 2; }

# Run a command as root: directly, or through sudo where that is needed.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "no root and no sudo here; ask for these packages, then try again: ${missing[*]}"
  fi
}

# Install Debian packages that are missing; nothing happens where all are there.
need_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' \
      || missing+=("$package")
  done
  [ "${#missing[@]}" -eq 0 ] && return 0
  command -v apt-get >/dev/null || die "install these by hand: ${missing[*]}"
  say "Installing ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends "${missing[@]}" >&2
}

# The same for packages that only some tests need: where they cannot be had, those
# tests skip and say so; CI must have them.
want_packages() {
  local package
  for package in "$@"; do
    (need_packages "$package") && continue
    [ "${CI:-}" = true ] && die "$package is missing, and CI must not skip its tests"
    say "$package cannot be installed here; the tests that need it will skip"
  done
}

# The first Python that is new enough and can make virtual environments.
find_python() {
  local candidate
  for candidate in "${NAMEPLATE_PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    [ -n "$candidate" ] || continue
    command -v "$candidate" >/dev/null || continue
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    printf '%s' "$candidate"
    return 0
  done
  die "needs python3 >= 3.11; install it (Debian 12 or Ubuntu 24.04 have it) or set NAMEPLATE_PYTHON"
}

# Create the environment and install the product with pinned versions.
# $1: extras, e.g. "" or "dev". Skipped while nothing it depends on has changed.
make_environment() {
  local extras="$1" python stamp want target="."
  stamp="$VENV/.nameplate"
  want="$(cat pyproject.toml constraints.txt | sha256sum | cut -d' ' -f1) $extras"
  if [ -x "$VENV/bin/python" ] && [ -f "$stamp" ]; then
    case "$(cat "$stamp")" in
      "$want" | "${want% *} dev") return 0 ;;
    esac
  fi
  python="$(find_python)"
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    # by version: python3-venv belongs to the system's python3 only
    need_packages "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
  fi
  if ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then  # none, or half made
    say "Creating $VENV"
    "$python" -m venv --clear "$VENV"
  fi
  [ -n "$extras" ] && target=".[$extras]"
  say "Installing Nameplate and its dependencies (about a minute)"
  "$VENV/bin/python" -m pip install -q --disable-pip-version-check \
    --constraint constraints.txt --editable "$target"
  printf '%s' "$want" > "$stamp"
}
