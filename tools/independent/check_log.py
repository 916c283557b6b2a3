#!/usr/bin/env python3
"""Checks a tlog-tiles log in a directory with hashlib and python3-cryptography only: nothing of Boltseal's own code takes part.

    check_log.py DIR VKEY

Verifies the Ed25519 signature of the checkpoint, recomputes the root from the entry bundles, and every tile of every level from the leaves.
"""

import base64
import hashlib
import os
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WIDTH = 256


def fail(text):
    sys.exit(f"FAILED: {text}")


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_hash(hashes):
    """RFC 6962, section 2.1, over leaf hashes."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(tree_hash(hashes[:split]), tree_hash(hashes[split:]))


def path_of(level, index, width):
    groups = [f"{index % 1000:03}"]
    index //= 1000
    while index:
        groups.insert(0, f"x{index % 1000:03}")
        index //= 1000
    return f"tile/{level}/{'/'.join(groups)}" + ("" if width == WIDTH else f".p/{width}")


def read(directory, level, index, width):
    try:
        with open(os.path.join(directory, path_of(level, index, width)), "rb") as file:
            return file.read()
    except FileNotFoundError:
        if width == WIDTH:
            fail(f"{path_of(level, index, width)} is missing")
        return read(directory, level, index, WIDTH)


def open_checkpoint(directory, vkey):
    name, key_id, key = vkey.split("+", 2)
    blob = base64.b64decode(key, validate=True)
    if blob[0] != 1:
        fail("the verifier key is not Ed25519")
    expected = hashlib.sha256(name.encode() + b"\n" + blob).digest()[:4]
    if expected.hex() != key_id:
        fail("the verifier key has another id")
    with open(os.path.join(directory, "checkpoint"), encoding="utf-8", newline="") as file:
        note = file.read()
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        dash, signer, signature = line.split(" ")
        signed = base64.b64decode(signature, validate=True)
        if dash == "\u2014" and signer == name and signed[:4] == expected:
            try:
                Ed25519PublicKey.from_public_bytes(blob[1:]).verify(signed[4:], text.encode())
            except InvalidSignature:
                fail("the signature of the checkpoint does not hold")
            origin, size, root = text.split("\n")[:3]
            if origin != name:
                fail("the origin is not the name of the key")
            return origin, int(size), base64.b64decode(root, validate=True)
    fail("no signature by that key")


def entries_of(directory, size):
    hashes = []
    while len(hashes) < size:
        index = len(hashes) // WIDTH
        width = min(WIDTH, size - index * WIDTH)
        data = read(directory, "entries", index, width)
        for _ in range(width):
            length = int.from_bytes(data[:2], "big")
            if len(data) < 2 + length:
                fail(f"bundle {index} is cut")
            hashes.append(leaf_hash(data[2 : 2 + length]))
            data = data[2 + length :]
    return hashes


def check_tiles(directory, leaves):
    """Every level holds the hashes of the perfect subtrees 256 times as wide as those of the level below."""
    level, hashes, count = 0, leaves, 0
    while hashes:
        for index in range(0, len(hashes), WIDTH):
            expected = b"".join(hashes[index : index + WIDTH])
            width = len(expected) // 32
            if read(directory, level, index // WIDTH, width)[: len(expected)] != expected:
                fail(f"{path_of(level, index // WIDTH, width)} is not what its entries hash to")
            count += 1
        full = len(hashes) // WIDTH
        hashes = [tree_hash(hashes[i * WIDTH : (i + 1) * WIDTH]) for i in range(full)]
        level += 1
    return count


def main():
    if len(sys.argv) != 3:
        fail("usage: check_log.py DIR VKEY")
    directory, vkey = sys.argv[1:]
    origin, size, root = open_checkpoint(directory, vkey)
    leaves = entries_of(directory, size)
    if tree_hash(leaves) != root:
        fail("the entries do not hash to the root that was signed")
    tiles = check_tiles(directory, leaves)
    print(f"ok: {size} entries of {origin}, {tiles} tiles")


main()
