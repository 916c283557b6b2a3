// check-log checks a tlog-tiles log in a directory with golang.org/x/mod/sumdb only: nothing of Boltseal's own code takes part.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run check-log.go DIR VKEY [PROOF ENTRY]
//
// It verifies the Ed25519 signature of the checkpoint, every tile on the way to every leaf, every entry of every bundle, a consistency proof to every
// eighth smaller size, and, when given, a .tlog-proof file for the entry in the file ENTRY.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func fail(format string, args ...interface{}) {
	fmt.Fprintf(os.Stderr, "FAILED: "+format+"\n", args...)
	os.Exit(1)
}

func must(err error, what string) {
	if err != nil {
		fail("%s: %v", what, err)
	}
}

// tiles reads tiles of height 8 from a directory in C2SP's layout: x/mod's own has the height as a part of the path.
type tiles struct{ dir string }

func (t tiles) Height() int { return 8 }

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		data, err := t.read(tile)
		if err != nil {
			return nil, err
		}
		if len(data) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is cut", path(tile))
		}
		all = append(all, data[:tile.W*tlog.HashSize])
	}
	return all, nil
}

func (t tiles) read(tile tlog.Tile) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(t.dir, path(tile)))
	if err != nil && tile.W < 256 {
		// A full tile stands for every partial one of its place.
		tile.W = 256
		data, err = os.ReadFile(filepath.Join(t.dir, path(tile)))
	}
	return data, err
}

// path is tile/L/N, or tile/entries/N for level -1.
func path(tile tlog.Tile) string {
	p := strings.TrimPrefix(tile.Path(), "tile/8/")
	if tile.L == -1 {
		p = strings.Replace(p, "data/", "entries/", 1)
	}
	return "tile/" + p
}

type tree struct {
	tlog.Tree
	origin string
}

func openCheckpoint(text []byte, vkey string) tree {
	verifier, err := note.NewVerifier(vkey)
	must(err, "verifier key")
	opened, err := note.Open(text, note.VerifierList(verifier))
	must(err, "signature of the checkpoint")
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 {
		fail("the checkpoint has %d lines", len(lines))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, "size")
	root, err := base64.StdEncoding.DecodeString(lines[2])
	must(err, "root")
	if lines[0] != verifier.Name() {
		fail("the origin is not the name of the key")
	}
	t := tree{origin: lines[0]}
	t.N = size
	copy(t.Hash[:], root)
	return t
}

func main() {
	if len(os.Args) != 3 && len(os.Args) != 5 {
		fail("usage: check-log DIR VKEY [PROOF ENTRY]")
	}
	dir, vkey := os.Args[1], os.Args[2]
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	must(err, "checkpoint")
	t := openCheckpoint(signed, vkey)
	checkEntries(dir, t)
	proofs := checkConsistency(dir, t)
	if len(os.Args) == 5 {
		checkProof(os.Args[3], os.Args[4], vkey)
	}
	fmt.Printf("ok: %d entries of %s, %d consistency proofs\n", t.N, t.origin, proofs)
}

// checkEntries holds every entry against its leaf hash, which the hash reader authenticates against the root.
func checkEntries(dir string, t tree) {
	reader := tlog.TileHashReader(t.Tree, tiles{dir})
	for bundle := int64(0); bundle*256 < t.N; bundle++ {
		width := t.N - bundle*256
		if width > 256 {
			width = 256
		}
		data, err := tiles{dir}.read(tlog.Tile{H: 8, L: -1, N: bundle, W: int(width)})
		must(err, "entry bundle")
		indexes := make([]int64, width)
		for i := range indexes {
			indexes[i] = tlog.StoredHashIndex(0, bundle*256+int64(i))
		}
		hashes, err := reader.ReadHashes(indexes)
		must(err, "tiles")
		for i := int64(0); i < width; i++ {
			if len(data) < 2 {
				fail("bundle %d ends early", bundle)
			}
			length := int(binary.BigEndian.Uint16(data))
			if len(data) < 2+length {
				fail("entry %d is cut", bundle*256+i)
			}
			if tlog.RecordHash(data[2:2+length]) != hashes[i] {
				fail("entry %d does not have the hash in its tile", bundle*256+i)
			}
			data = data[2+length:]
		}
		if width < 256 && len(data) > 0 && !hasFull(dir, bundle) {
			fail("bundle %d has more entries than its width", bundle)
		}
	}
}

func hasFull(dir string, index int64) bool {
	_, err := os.Stat(filepath.Join(dir, path(tlog.Tile{H: 8, L: -1, N: index, W: 256})))
	return err == nil
}

// checkConsistency proves smaller trees to be beginnings of this one.
func checkConsistency(dir string, t tree) int {
	reader := tlog.TileHashReader(t.Tree, tiles{dir})
	step := t.N/8 + 1
	count := 0
	for size := int64(1); size <= t.N; size += step {
		proof, err := tlog.ProveTree(t.N, size, reader)
		must(err, "consistency proof")
		old, err := tlog.TreeHash(size, reader)
		must(err, "root of a smaller tree")
		must(tlog.CheckTree(proof, t.N, t.Hash, size, old), "consistency")
		count++
	}
	return count
}

// checkProof checks a C2SP tlog-proof file.
func checkProof(proofPath, entryPath, vkey string) {
	text, err := os.ReadFile(proofPath)
	must(err, "proof")
	entry, err := os.ReadFile(entryPath)
	must(err, "entry")
	parts := strings.SplitN(string(text), "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	if len(parts) != 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		fail("not a tlog-proof")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		fail("the proof has no index")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	must(err, "index")
	var proof tlog.RecordProof
	for _, line := range lines[1:] {
		bytes, err := base64.StdEncoding.DecodeString(line)
		must(err, "hash of the proof")
		var hash tlog.Hash
		copy(hash[:], bytes)
		proof = append(proof, hash)
	}
	t := openCheckpoint([]byte(parts[1]), vkey)
	must(tlog.CheckRecord(proof, t.N, t.Hash, index, tlog.RecordHash(entry)), "inclusion proof")
}
