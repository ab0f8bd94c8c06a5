package datasets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/internal/download"
)

// source says where a data set is published.
type source struct {
	home  string // its official address, to which the names of the files are added
	files []remoteFile
	// folder, under the data folder, is where the files go.
	folder string
	// unpacked, under the data folder, is what the one file of the set, a .tar.gz, holds; "" for files that are kept as
	// they are.
	unpacked string
}

// remoteFile is one published file.
type remoteFile struct {
	name   string
	bytes  int64 // 0 where it is not known; the server says it then
	digest download.Digest
}

// sources are the homes of the data sets. The digests of MNIST and Fashion-MNIST are those of knownFiles (verify.go);
// for CIFAR its author publishes an MD5 and nothing better.
var sources = map[string]source{
	"mnist": {
		home: "https://ossci-datasets.s3.amazonaws.com/mnist/", folder: "mnist",
		files: []remoteFile{
			{"train-images-idx3-ubyte.gz", 0,
				download.Digest{SHA256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"}},
			{"train-labels-idx1-ubyte.gz", 0,
				download.Digest{SHA256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"}},
			{"t10k-images-idx3-ubyte.gz", 0,
				download.Digest{SHA256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"}},
			{"t10k-labels-idx1-ubyte.gz", 0,
				download.Digest{SHA256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"}},
		},
	},
	"fashion-mnist": {
		home: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/", folder: "fashion-mnist",
		files: []remoteFile{
			{"train-images-idx3-ubyte.gz", 26421880,
				download.Digest{SHA256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"}},
			{"train-labels-idx1-ubyte.gz", 29515,
				download.Digest{SHA256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"}},
			{"t10k-images-idx3-ubyte.gz", 4422102,
				download.Digest{SHA256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"}},
			{"t10k-labels-idx1-ubyte.gz", 5148,
				download.Digest{SHA256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"}},
		},
	},
	"cifar10": {
		home:     "https://www.cs.toronto.edu/~kriz/",
		files:    []remoteFile{{"cifar-10-binary.tar.gz", 0, download.Digest{MD5: "c32a1d4ab5d03f1284b67883e8d87530"}}},
		unpacked: "cifar-10-batches-bin",
	},
	"cifar100": {
		home:     "https://www.cs.toronto.edu/~kriz/",
		files:    []remoteFile{{"cifar-100-binary.tar.gz", 0, download.Digest{MD5: "03b5dce01913d631647c71ecec9e9cb8"}}},
		unpacked: "cifar-100-binary",
	},
}

// Downloads lists the data sets that Get can fetch.
func Downloads() []string {
	var names []string
	for _, name := range Names() {
		if _, ok := sources[name]; ok {
			names = append(names, name)
		}
	}
	return names
}

// GetOptions says where Get puts a data set, where it comes from, and where progress is shown.
type GetOptions struct {
	Dir      string       // the data folder, as Options.Dir of Load
	Mirror   string       // base address that serves the files under their published names; "" is the official home
	Client   *http.Client // nil is http.DefaultClient
	Out      io.Writer    // progress; nil is silent
	Terminal bool         // draw a bar on Out, instead of one line a file
}

// GetReport is one file that Get fetched or found.
type GetReport struct {
	Path    string // of the file; of the folder, for an archive that was unpacked
	Digest  string // which checksum it was compared with, "SHA-256" or "MD5"; "" for an unpacked folder that was there
	Already bool   // it was there, and nothing was fetched
}

// Get fetches the full files of a data set into a place under opts.Dir where Load finds them.
//
// A file appears under its name only when it is whole and its checksum is the published one; what an interrupted call
// fetched is kept beside it, with ".part" behind, and the next call goes on there. Files that are there are checked
// and left alone, and so is the folder of an unpacked archive. A cancelled ctx returns its error.
func Get(ctx context.Context, name string, opts GetOptions) ([]GetReport, error) {
	if _, err := lookup(name); err != nil {
		return nil, err
	}
	from, ok := sources[name]
	if !ok {
		return nil, fmt.Errorf("datasets: %s has no files to download: want one of %s", name, strings.Join(Downloads(), ", "))
	}
	if opts.Dir == "" {
		return nil, fmt.Errorf("datasets: downloading %s: no folder to put it in: name one (--data-dir, GetOptions.Dir)",
			name)
	}
	if opts.Out == nil {
		opts.Out = io.Discard
	}
	if opts.Client == nil {
		opts.Client = http.DefaultClient
	}
	reports, err := from.get(ctx, name, opts)
	switch {
	case err == nil:
		return reports, nil
	case ctx.Err() != nil:
		return reports, fmt.Errorf("datasets: downloading %s: %w", name, ctx.Err())
	case errors.Is(err, download.ErrChecksum):
		return reports, fmt.Errorf("datasets: downloading %s: %w: the server has another file than the published one: "+
			"try again, or another mirror (--mirror)", name, err)
	default:
		return reports, fmt.Errorf("datasets: downloading %s: %w: try again, which goes on where it ended, or name a "+
			"mirror (--mirror)", name, err)
	}
}

func (s source) get(ctx context.Context, name string, opts GetOptions) (reports []GetReport, err error) {
	home := s.home
	if opts.Mirror != "" {
		home = strings.TrimSuffix(opts.Mirror, "/") + "/"
	}
	if base, err := url.Parse(home); err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, fmt.Errorf("the mirror %q is no http or https address", opts.Mirror)
	}
	unpacked := filepath.Join(opts.Dir, s.unpacked)
	if s.unpacked != "" && isDir(unpacked) {
		return []GetReport{{Path: unpacked, Already: true}}, nil
	}
	folder := filepath.Join(opts.Dir, s.folder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	if s.unpacked != "" || !s.complete(folder) { // an archive may be there, and another one unpacking it
		unlock, err := download.Lock(ctx, filepath.Join(folder, ".download.lock"), opts.Out, "the data set "+name)
		if err != nil {
			return nil, err
		}
		defer unlock()
		if s.unpacked != "" && isDir(unpacked) { // by the other one
			return []GetReport{{Path: unpacked, Already: true}}, nil
		}
	}
	for _, file := range s.files {
		report, err := file.get(ctx, home, folder, name, opts)
		if err != nil {
			return reports, err
		}
		if s.unpacked != "" {
			archive := report.Path
			if err := unpack(ctx, archive, opts.Dir, s.unpacked); err != nil {
				return reports, err
			}
			if err := os.Remove(archive); err != nil {
				return reports, err
			}
			report.Path = unpacked
		}
		reports = append(reports, report)
	}
	return reports, nil
}

// complete tells whether all files are there under their names.
func (s source) complete(folder string) bool {
	return !slices.ContainsFunc(s.files, func(f remoteFile) bool {
		_, err := os.Stat(filepath.Join(folder, f.name))
		return err != nil
	})
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// get fetches one file into folder.
func (f remoteFile) get(ctx context.Context, home, folder, name string, opts GetOptions) (GetReport, error) {
	path := filepath.Join(folder, f.name)
	report := GetReport{Path: path, Digest: f.digest.Name()}
	if _, err := os.Stat(path); err == nil {
		if err := f.digest.Check(path); err != nil {
			return report, fmt.Errorf("%w: delete it to fetch it anew", err)
		}
		report.Already = true
		return report, nil
	}
	part := path + ".part"
	show := download.NewProgress(opts.Out, opts.Terminal, f.bytes, fmt.Sprintf("data set %s: %s%s", name, home, f.name))
	most := f.bytes
	if most == 0 {
		most = largestFile
	}
	err := download.Fetch(ctx, opts.Client, home+f.name, part, most, f.digest, show)
	show.Close()
	if err == nil {
		err = download.Sync(part)
	}
	if err == nil {
		err = os.Rename(part, path)
	}
	return report, err
}
