#!/usr/bin/env bash
# From a fresh clone to the first result: installs what is missing, builds the
# simulator and runs the digits network on a 16 x 16 array.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: scripts/quickstart.sh [RUN OPTION]...

Installs what is missing, builds the simulator and runs the digits network on a 16 x 16 array.
Options go to `systole run`, such as --set array.rows=32.
TEXT
}

if [[ "${1:-}" == -h || "${1:-}" == --help ]]; then
  usage
  exit 0
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install.sh run
cmake --preset release --log-level=WARNING -DSYSTOLE_BUILD_TESTS=OFF
cmake --build --preset release --target systole

report=build/digits_cnn.json
build/release/systole run -a configs/gemmini_16x16.yaml -w workloads/digits_cnn/digits_cnn.yaml \
  --json "$report" "$@"
echo
echo "The same numbers for scripts: $PWD/$report"
