#!/usr/bin/env python3
"""Checks the test vectors of docs/spec/ledger-entry.md with hashlib alone: nothing of Boltseal's own code takes part.

    entry_vectors.py [FILE | -]

Derives salts from seeds, commitments from salts and values, roots from commitments and entries from roots, and checks every opening against its entry alone.
"""

import base64
import hashlib
import json
import os
import struct
import sys

KINDS = {"disclosure": 1, "erasure": 2, "hold": 3, "release": 4, "keyRotation": 5, "seal": 6, "drop": 7,
         "administration": 8, "policies": 9}
NAMES = ["principal", "subject", "fields", "purpose", "basis", "time", "decision", "requestSignature", "erased", "count",
         "entries", "hold", "oldKeys", "newKeys", "size", "root", "next", "log", "policies", "action",
         "object", "record"]
FIELDS = {1: [1, 2, 3, 4, 5, 6, 7, 8], 2: [1, 5, 6, 9, 10, 11], 3: [1, 2, 5, 6], 4: [1, 2, 5, 6, 12], 5: [1, 5, 6, 13, 14],
          6: [1, 6, 15, 16, 17], 7: [1, 5, 6, 15, 16, 18], 8: [1, 6, 8, 20, 21, 22], 9: [1, 5, 6, 8, 19]}


def expect(condition, text):
    if not condition:
        sys.exit(f"FAILED: {text}")


def labelled(label, *parts):
    return hashlib.sha256(label.encode() + b"\x00" + b"".join(parts)).digest()


def commitment(number, salt, value):
    return labelled("boltseal ledger field 1", bytes([number]), salt, value)


def root_of(kind, hour, commitments):
    return labelled("boltseal ledger root 1", bytes([kind]), struct.pack(">I", hour), *commitments)


def seed_of(number, subject, principal):
    if number == 1:
        return principal
    if number == 8:
        return labelled("boltseal ledger both 1", subject, principal)
    return subject


def parse_entry(entry):
    """Kind, hour and root, or None."""
    if len(entry) != 48 or entry[0] != 1 or entry[1] not in FIELDS or entry[8:16] != bytes(8):
        return None
    if struct.unpack(">H", entry[2:4])[0] != len(FIELDS[entry[1]]):
        return None
    return entry[1], struct.unpack(">I", entry[4:8])[0], entry[16:]


def check_entry(vector):
    kind, hour = KINDS[vector["kind"]], vector["hour"]
    subject, principal = bytes.fromhex(vector["subjectSeed"]), bytes.fromhex(vector["principalSeed"])
    expect(hour == vector["timeMs"] // 3600000, "hour")
    expect([field["number"] for field in vector["fields"]] == FIELDS[kind], "fields of the kind")
    commitments = []
    for field in vector["fields"]:
        number, value = field["number"], bytes.fromhex(field["value"])
        expect(field["name"] == NAMES[number - 1], "name of a field")
        salt = labelled("boltseal ledger salt 1", bytes([number]), seed_of(number, subject, principal))
        expect(salt.hex() == field["salt"], "salt")
        commitments.append(commitment(number, salt, value))
        expect(commitments[-1].hex() == field["commitment"], "commitment")
        if number == 6:
            expect(value == str(vector["timeMs"]).encode(), "time")
    root = root_of(kind, hour, commitments)
    head = struct.pack(">BBHI", 1, kind, len(commitments), hour) + bytes(8)
    expect((head + root).hex() == vector["entry"], "entry")


def check_opening(opening, index, entry):
    kind, hour, root = parse_entry(entry)
    expect(opening["format"] == "boltseal-opening-1" and opening["index"] == index, "format and index of an opening")
    expect(KINDS[opening["kind"]] == kind and opening["hour"] == hour, "kind and hour of an opening")
    expect([field["number"] for field in opening["fields"]] == FIELDS[kind], "fields of an opening")
    commitments = []
    for field in opening["fields"]:
        if "commitment" in field:
            commitments.append(base64.b64decode(field["commitment"], validate=True))
            continue
        value = field["text"].encode() if "text" in field else base64.b64decode(field["base64"], validate=True)
        commitments.append(commitment(field["number"], base64.b64decode(field["salt"], validate=True), value))
        if field["number"] == 6:
            expect(int(value) // 3600000 == hour, "time within the hour")
    expect(root_of(kind, hour, commitments) == root, "root of an opening")


def check_erased(erased):
    message = b""
    by_origin = {}
    for place in erased["places"]:
        by_origin.setdefault(place["origin"], []).append(place["index"])
    for origin in sorted(by_origin):
        indices = sorted(by_origin[origin])
        message += origin.encode() + b"\n" + struct.pack(f">Q{len(indices)}Q", len(indices), *indices)
    expect(hashlib.sha256(message).hexdigest() == erased["hash"], "hash of erased entries")


def main():
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/spec/ledger-entry-vectors.json")
    name = sys.argv[1] if len(sys.argv) > 1 else beside
    vectors = json.load(sys.stdin if name == "-" else open(name, encoding="utf-8"))
    for vector in vectors["entries"]:
        check_entry(vector)
        check_opening(vector["opening"], vector["index"], bytes.fromhex(vector["entry"]))
    for vector in vectors["noEntries"]:
        expect(parse_entry(bytes.fromhex(vector["bytes"])) is None, vector["why"])
    check_erased(vectors["erased"])
    count = len(vectors["entries"])
    print(f"ok: {count} entries, {count} openings, {len(vectors['noEntries'])} that are none")


main()
