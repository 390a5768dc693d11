#!/usr/bin/env bash
# Validates SARIF with Microsoft's multitool: RESULT.sarif by the rules of the format and of GitHub, FULL.sarif by those
# of the format. Fails on any error or warning. Skips, saying so, where npm cannot bring the validator.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: $0 RESULT.sarif [FULL.sarif]" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
version=5.7.0
tools=${CARGO_TARGET_DIR:-$root/target}/tools
bin=$tools/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool

skip() { echo "skipped: $1; the SARIF tests of \`cargo test\` have run"; exit 0; }

command -v npm >/dev/null || skip "npm is not installed"
command -v jq >/dev/null || skip "jq is not installed"
installed=$(jq -r .version "$(dirname "$bin")/package.json" 2>/dev/null || true)
if [ "$installed" != "$version" ]; then
  mkdir -p "$tools"
  timeout 300 npm install --silent --no-audit --no-fund --no-save --prefix "$tools" \
    "@microsoft/sarif-multitool-linux@$version" >/dev/null 2>&1 || skip "npm cannot bring the validator"
fi
chmod u+x "$bin"

# its exit code is 0 even with errors: what it found stands in its own SARIF output
validate() {
  local log=$1 rules=$2 out
  out=$tools/checked-$(basename "$log")
  [ -s "$log" ] || { echo "$log: not there, or empty"; return 1; }
  # notes are left out: one of their rules asks the network for every address in the log
  DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 timeout 300 "$bin" validate "$log" --rule-kind "$rules" \
    --level "Error;Warning" --output "$out" --log ForceOverwrite >"$out.txt" 2>&1 || { cat "$out.txt"; echo "$log: the validator did not run"; return 1; }
  jq -r '.runs[0].results[]? | "\(.level // "warning") \(.ruleId) \(.locations[0].physicalLocation.region.startLine // 0): \(.message.text // ((.message.id // "") + " " + ((.message.arguments // []) | join(" | "))))"' \
    "$out" | sort | uniq -c | sed "s|^|$(basename "$log"): |" | head -n 40
  jq -r --arg log "$log" --arg rules "$rules" '
    [.runs[0].results[]? | .level // "warning"] as $levels
    | [.runs[0].invocations[]? | .toolExecutionNotifications[]?, .toolConfigurationNotifications[]? | select(.level == "error")] as $broken
    | def count($level): [$levels[] | select(. == $level)] | length;
    "\($log) (\($rules)): \(count("error")) errors, \(count("warning")) warnings",
    (if count("error") + count("warning") + ($broken | length) > 0 then error("\($log) is not clean: \($broken)") else empty end)' "$out"
}

validate "$1" "Sarif;Ghas"
[ $# -lt 2 ] || validate "$2" "Sarif"
