#!/usr/bin/env bash
# Installs what is missing, builds everything and runs the tests: see usage().
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: scripts/test.sh [--preset NAME] [CTEST OPTION]...

Installs what is missing, builds everything and runs the tests. NAME is one of dev, release (the
default), asan, tsan and coverage. What follows goes to ctest, such as -L unit or -R Machine.

Property tests draw the same cases in every run of this script. RC_PARAMS="seed=N" (RapidCheck's
variable) in the environment draws others, as does ctest without the script.
TEXT
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ "${1:-}" == -h || "${1:-}" == --help ]]; then
  usage
  exit 0
fi

preset=release
if [[ "${1:-}" == --preset ]]; then
  preset="${2:?test.sh: --preset needs a name: dev, release, asan, tsan or coverage}"
  shift 2
fi

scripts/install.sh run test
cmake --preset "$preset" --log-level=WARNING -DSYSTOLE_BUILD_TESTS=ON
cmake --build --preset "$preset"
export RC_PARAMS="${RC_PARAMS:-seed=20241}"
ctest --preset "$preset" "$@"
