#!/usr/bin/env bash
# Checks an evidence bundle (made by BINARY) with implementations of DSSE that are not ours, over keys as openssl makes them,
# and CycloneDX attestations with CycloneDX' own schema. What cannot be installed here is skipped, and said.
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: $0 BINARY FOLDER" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
bin=$(realpath "$1") samples=$(realpath "$2")
tools=${CARGO_TARGET_DIR:-$root/target}/tools
out=$tools/bundle
python=$tools/bundle-python/bin/python
rm -rf "$out" && mkdir -p "$out"

skip() { echo "skipped: $1"; }

if ! command -v openssl >/dev/null; then
  skip "evidence bundles: there is no openssl to make keys"; exit 0
fi
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$out/key.pem" 2>/dev/null
openssl pkey -in "$out/key.pem" -pubout -out "$out/pub.pem"
openssl ec -in "$out/key.pem" -out "$out/sec1.pem" 2>/dev/null
cd "$root"
for form in key sec1; do
  "$bin" evidence export --bundle "$out/$form" --key "$out/$form.pem" --no-config --fail-on none --quiet fixtures/_shop
  "$bin" evidence verify "$out/$form" --key "$out/pub.pem" >/dev/null
  "$bin" evidence replay "$out/$form" --key "$out/pub.pem"
done
"$bin" scan fixtures/_shop --no-config --fail-on none --quiet -o cyclonedx="$out/shop.cdx.json" >/dev/null

if ! "$python" -c "import securesystemslib, cryptography, in_toto_attestation, cyclonedx" 2>/dev/null; then
  rm -rf "$tools/bundle-python"
  { python3 -m venv "$tools/bundle-python" && timeout 600 "$python" -m pip install --quiet --disable-pip-version-check \
    securesystemslib cryptography in-toto-attestation 'cyclonedx-python-lib[json-validation]'; } >"$out/pip.log" 2>&1 || rm -rf "$tools/bundle-python"
fi
if [ ! -x "$python" ]; then
  skip "DSSE by securesystemslib, CycloneDX: pip cannot bring them"; exit 0
fi
"$python" - "$out/key/attestation.dsse.json" "$out/pub.pem" "$out" <<'END'
import base64, hashlib, json, os, subprocess, sys
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey
path, public, out = sys.argv[1:]
raw = json.load(open(path))
key = SSlibKey.from_crypto(load_pem_public_key(open(public, "rb").read()), keyid=raw["signatures"][0]["keyid"])
# it takes apart what it is given
envelope = Envelope.from_dict(json.load(open(path)))
assert len(envelope.verify([key], 1)) == 1
statement = json_format.Parse(envelope.payload, statement_pb2.Statement())
manifest = open(os.path.join(os.path.dirname(path), "manifest.json"), "rb").read()
assert statement.subject[0].digest["sha256"] == hashlib.sha256(manifest).hexdigest()
for listed in json.loads(manifest)["files"]:
    data = open(os.path.join(os.path.dirname(path), listed["path"]), "rb").read()
    assert (len(data), hashlib.sha256(data).hexdigest()) == (listed["size"], listed["sha256"]), listed["path"]
body, kind = base64.b64decode(raw["payload"]), raw["payloadType"]
open(f"{out}/pae", "wb").write(f"DSSEv1 {len(kind)} {kind} {len(body)} ".encode() + body)
open(f"{out}/sig", "wb").write(base64.b64decode(raw["signatures"][0]["sig"]))
subprocess.run(["openssl", "dgst", "-sha256", "-verify", public, "-signature", f"{out}/sig", f"{out}/pae"], check=True)
envelope.payload = envelope.payload.replace(b"FAILED", b"PASSED")
try:
    envelope.verify([key], 1)
except Exception:
    print("evidence bundle: verified by securesystemslib and openssl, its statement read by in-toto; a change is refused")
else:
    sys.exit("a changed payload verifies")
END
"$python" - "$out/shop.cdx.json" "$samples/sample.cdx.json" <<'END'
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
for path in sys.argv[1:]:
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(path).read())
    if error:
        sys.exit(f"{path}: {str(error)[:2000]}")
    print(f"{path.rsplit('/', 1)[1]}: valid by CycloneDX 1.6")
END
