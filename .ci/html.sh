#!/usr/bin/env bash
# Holds an HTML report against html-validate and axe, and uses it in a browser as people do. Skips, saying so, where npm
# or the browser is missing.
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: $0 RESULT.json REPORT.html [OTHER.html…]" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
tools=${CARGO_TARGET_DIR:-$root/target}/tools-html
result=$(realpath "$1") report=$(realpath "$2")
others=()
for other in "${@:3}"; do others+=("$(realpath "$other")"); done

skip() { echo "skipped: $1; the HTML tests of \`cargo test\` have run"; exit 0; }

command -v npm >/dev/null || skip "npm is not installed"
if [ ! -d "$tools/node_modules/axe-core" ]; then
  mkdir -p "$tools"
  timeout 300 npm install --silent --no-audit --no-fund --no-save --prefix "$tools" \
    html-validate@10.17.0 axe-core@4.14.1 playwright-core@1.65.1 >/dev/null 2>&1 || skip "npm cannot bring the validators"
fi
for page in "$report" "${others[@]}"; do
  (cd "$tools" && node_modules/.bin/html-validate "$page")
  echo "$(basename "$page"): no error by html-validate"
done

browser=$(command -v chromium || true)
[ -n "$browser" ] || skip "Chromium is not installed"
cp "$root/.ci/html.mjs" "$tools/html.mjs"
node "$tools/html.mjs" "$browser" "${CNSCAN:-$root/target/release/cnscan}" "$result" "$report"
