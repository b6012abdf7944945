#!/usr/bin/env bash
# Installs what is missing, builds everything and runs the tests.
#
#   scripts/test.sh                    all tests, release build
#   scripts/test.sh -L unit            any ctest arguments: only the unit tests
#   scripts/test.sh --preset asan      another preset of CMakePresets.json
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=release
if [[ "${1:-}" == --preset ]]; then
  preset="${2:?test.sh: --preset needs a name: dev, release, asan or coverage}"
  shift 2
fi

scripts/install.sh run test
cmake --preset "$preset" --log-level=WARNING -DSYSTOLE_BUILD_TESTS=ON
cmake --build --preset "$preset"
ctest --preset "$preset" "$@"
