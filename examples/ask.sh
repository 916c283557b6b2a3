#!/bin/sh
# examples/ask.sh ADDRESS KEY.pem TRACKING-NUMBER [PURPOSE]
#
# Asks the gateway for the name and address of a parcel's recipient, masked, as a scanner does: with curl, and a signature (RFC 9421, docs/spec/signing-requests.md) by openssl alone.
set -eu

address=${1:?ADDRESS} key=${2:?KEY.pem} parcel=${3:?TRACKING-NUMBER} purpose=${4:-sorting}
path=/v1/disclosures
host=${address#*://}

base64_line() { openssl base64 -A; }
base64_url() { base64_line | tr '+/' '-_' | tr -d '='; }

# The key's name is the thumbprint of its public half (RFC 7638).
x=$(openssl pkey -in "$key" -pubout -outform DER | tail -c 32 | base64_url)
keyid=$(printf '{"crv":"Ed25519","kty":"OKP","x":"%s"}' "$x" | openssl dgst -sha256 -binary | base64_url)

body=$(printf '{"purpose":"%s","fields":{"name":"masked","address":"masked"},"parcels":["%s"]}' "$purpose" "$parcel")
digest="sha-256=:$(printf %s "$body" | openssl dgst -sha256 -binary | base64_line):"
covered="(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\" \"content-type\")"
parameters="$covered;created=$(date +%s);nonce=\"$(openssl rand 18 | base64_url)\";keyid=\"$keyid\";tag=\"boltseal\""

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '"@method": POST\n"@authority": %s\n"@path": %s\n"@query": ?\n"content-digest": %s\n"content-type": application/json\n"@signature-params": %s' \
  "$host" "$path" "$digest" "$parameters" >"$work/base"
signature=$(openssl pkeyutl -sign -inkey "$key" -rawin -in "$work/base" | base64_line)

curl --silent --show-error --data-binary "$body" \
  --header 'content-type: application/json' \
  --header "content-digest: $digest" \
  --header "signature-input: boltseal=$parameters" \
  --header "signature: boltseal=:$signature:" \
  "$address$path"
echo
