package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/gomlx/gomlx/ml/model/checkpoint"

	"github.com/xsam-go/xsam/recipe"
)

// A checkpoint is three files of one name: the data (.bin) and the description (.json) in GoMLX's format, which GoMLX's
// own tools read, and a manifest (.manifest), which says of which run they are and what they hold. Checkpoints of
// earlier versions have no manifest.
const (
	descriptionSuffix = checkpoint.JsonNameSuffix
	dataSuffix        = checkpoint.BinDataSuffix
	manifestSuffix    = ".manifest"
)

var allSuffixes = []string{descriptionSuffix, dataSuffix, manifestSuffix}

// manifestFormat is the number of the format that this version writes, and the only one that it reads.
const manifestFormat = 1

// manifest is one line of JSON, followed by a line with the SHA-256 of the first: any change to it shows.
type manifest struct {
	Format      int     `json:"format"`
	Run         string  `json:"run"` // recipe.Identity
	Method      string  `json:"method"`
	Seed        int64   `json:"seed"`
	Step        int64   `json:"step"`
	Description fileSum `json:"description"`
	Data        fileSum `json:"data"`
}

// fileSum is what is known of a file's content.
type fileSum struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func newManifest(id recipe.Identity, step int64) manifest {
	return manifest{Format: manifestFormat, Run: id.Sum, Method: id.Method, Seed: id.Seed, Step: step}
}

func (m manifest) identity() recipe.Identity {
	return recipe.Identity{Sum: m.Run, Method: m.Method, Seed: m.Seed}
}

// encode is the text of the file.
func (m manifest) encode() ([]byte, error) {
	line, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: a manifest cannot be written as JSON: %w", err)
	}
	line = append(line, '\n')
	return append(line, sumOf(line)+"\n"...), nil
}

// decodeManifest reads the text of a manifest. What is not exactly as encode writes it is an error.
func decodeManifest(text []byte) (m manifest, err error) {
	line, sum, _ := bytes.Cut(text, []byte{'\n'})
	if string(sum) != sumOf(append(bytes.Clone(line), '\n'))+"\n" {
		return m, errors.New("it does not have the checksum that it ends with")
	}
	if err := json.Unmarshal(line, &m); err != nil {
		return m, err
	}
	if m.Format != manifestFormat {
		return m, fmt.Errorf("it has format %d, want %d: a later version of xsam wrote it", m.Format, manifestFormat)
	}
	return m, nil
}

// readManifest reads the manifest of a checkpoint, path without extension; nil where there is none.
func readManifest(path string) (*manifest, error) {
	const largest = 64 << 10
	text, err := readAll(path+manifestSuffix, largest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m, err := decodeManifest(text)
	if err != nil {
		return nil, &unusable{path: path + manifestSuffix, reason: err.Error()}
	}
	return &m, nil
}

// sumOf is the SHA-256 of a text in hexadecimal digits.
func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
