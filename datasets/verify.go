package datasets

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/xsam-go/xsam/internal/regular"
)

// knownFile is a file whose checksum is published, or was checked against one that is.
type knownFile struct{ set, what string }

// knownFiles finds such files by the SHA-256 of the file as stored. Those of MNIST and Fashion-MNIST are the
// published files, that of digits is scikit-learn's, and those of cifar10 are a subset made for this project: no
// checksum of the separate CIFAR files is published.
var knownFiles = map[string]knownFile{
	"440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609": {"mnist", "training images"},
	"3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c": {"mnist", "training labels"},
	"8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6": {"mnist", "test images"},
	"f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6": {"mnist", "test labels"},
	"3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84": {"fashion-mnist", "training images"},
	"a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845": {"fashion-mnist", "training labels"},
	"346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073": {"fashion-mnist", "test images"},
	"67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5": {"fashion-mnist", "test labels"},
	"d32c18318de59292af92f571821e2570d0ce4d63cf4b3de2570ee51bf268ee72": {"cifar10", "the first 4,000 training images"},
	"3d5e72c2623a79c57b916d8669b4cba52fa2984d04cb8cd7d256902adc743432": {"cifar10", "the first 1,000 test images"},
	"09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22": {"digits", "all images"},
}

// Report is what Verify found out about a data set.
type Report struct {
	Name  string       `json:"name"`
	Files []FileReport `json:"files"`
	// Images and ClassCounts are numbers of images, all and by class, in the part to train on and the part to test on; a
	// set stored in one piece has no second part.
	TrainImages      int      `json:"train_images"`
	TestImages       int      `json:"test_images"`
	TrainClassCounts []int    `json:"train_class_counts"`
	TestClassCounts  []int    `json:"test_class_counts,omitempty"`
	ClassNames       []string `json:"classes"`
}

// FileReport is what Verify found out about a file.
type FileReport struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`  // as stored
	SHA256 string `json:"sha256"` // of the file as stored, hexadecimal
	// Known says what the file is, by its checksum; "" if the checksum is not known, as that of a file unpacked by hand
	Known string `json:"known,omitempty"`
}

// Verify reads all files of a data set under dir, as Load does, and reports what they hold. It fails where Load
// would: files that are missing, cut short, misaligned, of another set, or with a label out of range. A checksum that
// is not known is no failure. Glyphs are drawn with seed 0, and have no files.
func Verify(name, dir string) (*Report, error) {
	e, err := lookup(name)
	if err != nil {
		return nil, err
	}
	pool, test, err := e.read(Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	report := &Report{
		Name: name, ClassNames: e.classNames,
		TrainImages: pool.len(), TrainClassCounts: pool.classCounts(len(e.classNames)),
		TestImages: test.len(), TestClassCounts: test.classCounts(len(e.classNames)),
	}
	for _, path := range append(pool.files, test.files...) {
		sum, size, err := hashFile(path)
		if err != nil {
			return nil, err
		}
		file := FileReport{Path: path, Bytes: size, SHA256: sum}
		if known, ok := knownFiles[sum]; ok {
			file.Known = known.set + ", " + known.what
		}
		report.Files = append(report.Files, file)
	}
	return report, nil
}

func (im images) classCounts(classes int) []int {
	counts := make([]int, classes)
	for _, label := range im.labels {
		counts[label]++
	}
	return counts
}

// hashFile returns the SHA-256 and the size of a file as stored.
func hashFile(path string) (sum string, size int64, err error) {
	file, _, err := regular.Open(path, largestFile)
	if err != nil {
		return "", 0, fmt.Errorf("datasets: %w", err)
	}
	defer file.Close()
	hash := sha256.New()
	if size, err = io.Copy(hash, file); err != nil {
		return "", 0, fmt.Errorf("datasets: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil)), size, nil
}
