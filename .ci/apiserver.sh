#!/usr/bin/env bash
# Starts a real API server for the tests of clusters and prints what these need, one NAME=VALUE a line, or stops it:
# apiserver.sh start|stop FOLDER. It is built the first time, from published modules; where it cannot be had, it says so.
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: $0 start|stop FOLDER" >&2; exit 2; }
server=$(cd "$(dirname "$0")/.." && pwd)/../shared/apiserver
mkdir -p "$2"
folder=$(realpath "$2")
export RUN=$folder/run API_PORT=16543 ETCD_PORT=12479 PROFILE=min KUBECONFIG_OUT=$folder/kubeconfig
[ -x "$server/start.sh" ] || { echo "skipped: there is no API server here" >&2; exit 0; }
[ "$1" = start ] || { "$server/stop.sh" >&2; exit 0; }
command -v go >/dev/null || { echo "skipped: Go, which builds the API server, is not installed" >&2; exit 0; }

# its answers to requests for Secrets are kept whole, to prove that no data was in them
cat >"$folder/audit.yaml" <<'END'
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: RequestResponse
  resources: [{group: "", resources: [secrets]}]
- level: Metadata
END
"$server/stop.sh" >/dev/null 2>&1 || true
rm -f "$folder/audit.log"
API_ARGS="--audit-log-path=$folder/audit.log --audit-policy-file=$folder/audit.yaml" \
  timeout 1800 "$server/start.sh" >"$folder/start.log" 2>&1 || { tail -n 5 "$folder/start.log" >&2; echo "skipped: the API server did not start" >&2; exit 0; }
echo "CNSCAN_TEST_KUBECONFIG=$folder/kubeconfig"
echo "CNSCAN_TEST_AUDIT_LOG=$folder/audit.log"
schemas=$server/../data/schemas
[ ! -d "$schemas" ] || echo "CNSCAN_TEST_REPORT_CRDS=$(realpath "$schemas")"
