#!/usr/bin/env bash
# Validates the formats of others with validators that are not ours, on reports of the bundled shop (made by BINARY) and
# on the samples that the tests left in FOLDER. What cannot be installed here is skipped, and said.
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: $0 BINARY FOLDER" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
bin=$(realpath "$1") samples=$(realpath "$2")
schemas=$root/../shared/data/schemas
tools=${CARGO_TARGET_DIR:-$root/target}/tools
out=$tools/formats
python=$tools/python/bin/python
rm -rf "$out" && mkdir -p "$out"

skip() { echo "skipped: $1"; }

# a report of the shop in every format, and the controls of its profile
reports=()
while read -r format extension; do
  reports+=(-o "$format=$out/shop.$format.$extension")
done <<'END'
junit xml
gitlab json
csv csv
openmetrics txt
policyreport yaml
openreports yaml
gemara yaml
oscal json
oscal-plan json
oscal-poam json
END
(cd "$root" && "$bin" scan fixtures/_shop --no-config --fail-on none --quiet "${reports[@]}" >/dev/null)
for document in gemara-controls gemara-mapping gemara-nist oscal-catalog oscal-profile oscal-components; do
  "$bin" catalog export "$document" --profile default >"$out/$document"
done

if ! "$python" -c "import lxml, prometheus_client, yaml, jsonschema, trestle" 2>/dev/null; then
  rm -rf "$tools/python"
  { python3 -m venv "$tools/python" && timeout 600 "$python" -m pip install --quiet --disable-pip-version-check \
    lxml prometheus_client pyyaml jsonschema compliance-trestle==5.2.0; } >"$out/pip.log" 2>&1 || rm -rf "$tools/python"
fi

if [ ! -x "$python" ]; then
  skip "JUnit by its schemas, CSV, OpenMetrics, reports for clusters and OSCAL: pip cannot bring the validators"
else
  if [ -d "$schemas" ]; then
    "$python" - "$schemas" "$out/shop.junit.xml" "$samples/sample.junit.xml" <<'END'
import sys
from lxml import etree
for schema in ("junit-windyroad.xsd", "junit-jenkins-10.xsd"):
    rules = etree.XMLSchema(etree.parse(f"{sys.argv[1]}/{schema}"))
    for path in sys.argv[2:]:
        rules.assertValid(etree.parse(path))
        print(f"{path.rsplit('/', 1)[1]}: valid by {schema}")
END
    "$python" - "$schemas" "$out/shop.policyreport.yaml" "$out/shop.openreports.yaml" "$samples/sample.policyreport.yaml" "$samples/sample.openreports.yaml" <<'END'
import sys, glob, yaml, jsonschema
kinds = {}
for path in glob.glob(f"{sys.argv[1]}/*reports.yaml"):
    definition = yaml.safe_load(open(path))["spec"]
    for version in definition["versions"]:
        kinds[f"{definition['group']}/{version['name']}", definition["names"]["kind"]] = version["schema"]["openAPIV3Schema"]
def close(part):
    if isinstance(part, dict):
        if part.get("type") == "object" and "properties" in part:
            part.setdefault("additionalProperties", False)
        for inner in part.values():
            close(inner)
for schema in kinds.values():
    close(schema)
    schema["properties"]["metadata"] = {"type": "object"}
for path in sys.argv[2:]:
    objects = list(yaml.safe_load_all(open(path)))
    for one in objects:
        jsonschema.Draft202012Validator(kinds[one["apiVersion"], one["kind"]]).validate(one)
    print(f"{path.rsplit('/', 1)[1]}: {len(objects)} objects, valid by their definitions")
END
  else
    skip "schemas of JUnit and of reports for clusters are not beside the repository"
  fi
  "$python" - "$out/shop.openmetrics.txt" "$samples/sample.openmetrics.txt" <<'END'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
for path in sys.argv[1:]:
    print(f"{path.rsplit('/', 1)[1]}: {len(list(parse(open(path).read())))} families, read by Prometheus' parser")
END
  "$python" - "$out/shop.csv.csv" "$samples/sample.csv" <<'END'
import csv, sys
for path in sys.argv[1:]:
    rows = list(csv.reader(open(path, newline="", encoding="utf-8"), strict=True))
    assert len({len(row) for row in rows}) == 1, path
    assert not any(cell.lstrip().startswith(tuple("=+-@＝＋－＠")) for row in rows for cell in row), path
    print(f"{path.rsplit('/', 1)[1]}: {len(rows)} rows of {len(rows[0])} cells, none a formula")
END
  # what trestle holds OSCAL against it takes from a workspace of its own
  workspace=$out/trestle trestle=$tools/python/bin/trestle
  mkdir -p "$workspace" && cd "$workspace" && "$trestle" init --local >/dev/null 2>&1
  put() { mkdir -p "$1/$4" && cp "$3" "$1/$4/$2.json"; }
  put catalogs catalog "$out/oscal-catalog" cnscan
  put profiles profile "$out/oscal-profile" cnscan
  put component-definitions component-definition "$out/oscal-components" cnscan
  put assessment-plans assessment-plan "$out/shop.oscal-plan.json" shop
  put assessment-plans assessment-plan "$samples/sample.assessment-plan.json" sample
  put assessment-results assessment-results "$out/shop.oscal.json" shop
  put assessment-results assessment-results "$samples/sample.assessment-results.json" sample
  put plan-of-action-and-milestones plan-of-action-and-milestones "$out/shop.oscal-poam.json" shop
  put plan-of-action-and-milestones plan-of-action-and-milestones "$samples/sample.plan-of-action-and-milestones.json" sample
  "$trestle" validate -a >"$out/trestle.log" 2>&1 || { cat "$out/trestle.log"; exit 1; }
  echo "OSCAL: $(grep -c '^VALID' "$out/trestle.log") documents valid by trestle"
  cd "$root"
fi

# Gemara: its own library for catalogs and mappings; its schemas, where they can be had, for all
if ! command -v go >/dev/null; then
  skip "Gemara: go is not installed"
else
  mkdir -p "$tools/gemara" && cp "$root/.ci/gemara/main.go" "$tools/gemara/"
  for document in gemara-controls gemara-mapping gemara-nist; do cp "$out/$document" "$out/$document.yaml"; done
  if (cd "$tools/gemara" && { [ -f go.sum ] || { rm -f go.mod; go mod init example.com/gemara && go get github.com/gemaraproj/go-gemara/...@v0.8.0; }; } &&
    go build -mod=mod -o gemara .) >"$out/go.log" 2>&1; then
    "$tools/gemara/gemara" "$out"/gemara-*.yaml | sed "s|^$out/||"
  else
    skip "Gemara catalogs and mappings: go cannot bring the library"
  fi
  schema=github.com/gemaraproj/gemara@v1.3.0
  cue=$tools/cue/cue
  if [ ! -x "$cue" ]; then GOBIN=$tools/cue timeout 600 go install cuelang.org/go/cmd/cue@v0.17.1 >"$out/cue.log" 2>&1 || true; fi
  if [ -x "$cue" ] && timeout 60 "$cue" vet -c -d '#EvaluationLog' "$schema" "$out/shop.gemara.yaml" >"$out/vet.log" 2>&1; then
    "$cue" vet -c -d '#EvaluationLog' "$schema" "$samples/sample.gemara.yaml"
    "$cue" vet -c -d '#ControlCatalog' "$schema" "$out/gemara-controls.yaml"
    "$cue" vet -c -d '#MappingDocument' "$schema" "$out/gemara-mapping.yaml"
    echo "Gemara: valid by the schemas"
  elif grep -qE 'no such host|cannot do HTTP|not found|cannot find|403|cannot fetch' "$out/vet.log" 2>/dev/null || [ ! -x "$cue" ]; then
    skip "Gemara by its schemas: cue, or the schemas, cannot be had here"
  else
    cat "$out/vet.log"; exit 1
  fi
fi
