#!/usr/bin/env bash
# Fails if a C++ source is not formatted as .clang-format says.
#
#   scripts/check_format.sh          check
#   scripts/check_format.sh --fix    format in place
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Other major versions break lines elsewhere, so the one of Debian 12 decides.
formatter="$(command -v clang-format-14 || command -v clang-format || true)"
if [[ -z "$formatter" ]]; then
  echo "check_format.sh: clang-format is missing; run scripts/install.sh dev" >&2
  exit 1
fi

case "${1:-}" in
  "") mode=(--dry-run -Werror) ;;
  --fix) mode=(-i) ;;
  -h | --help) echo "Usage: scripts/check_format.sh [--fix]    (--fix: format in place)"; exit 0 ;;
  *) echo "check_format.sh: unknown argument '$1', expected --fix or nothing" >&2; exit 2 ;;
esac

find sim models tests \( -name '*.cpp' -o -name '*.hpp' \) -print0 |
  xargs -0 --no-run-if-empty "$formatter" --style=file "${mode[@]}"
