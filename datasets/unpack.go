package datasets

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
)

// unpackedLimit is the largest number of bytes that an archive may unpack to; CIFAR's are below 200 MB.
const unpackedLimit = 1 << 30

// unpack takes the folder of the given name out of the .tar.gz archive and puts it into dir. The folder appears in
// one piece: it is filled under another name first.
//
// Nothing is written outside the folder, whatever the archive says: files are opened through an os.Root, and an entry
// that is neither a regular file nor a folder, or lies elsewhere, is an error.
func unpack(ctx context.Context, archive, dir, folder string) (err error) {
	defer func() {
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("unpacking %s: %w", archive, err)
		}
	}()
	unfinished := filepath.Join(dir, folder+".unpacking")
	if err := errors.Join(os.RemoveAll(unfinished), os.MkdirAll(unfinished, 0o755)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(unfinished)) }()
	if err := unpackInto(ctx, archive, unfinished, folder); err != nil {
		return err
	}
	return os.Rename(filepath.Join(unfinished, folder), filepath.Join(dir, folder))
}

// unpackInto writes the entries of an archive under the folder into.
func unpackInto(ctx context.Context, archive, into, folder string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(into)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	entries := tar.NewReader(plain)
	left := int64(unpackedLimit)
	found := false
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			if !found {
				return fmt.Errorf("there is no file under %s/ in it", folder)
			}
			return nil
		} else if err != nil {
			return err
		}
		name := path.Clean(entry.Name)
		inside := name == folder || path.Dir(name) == folder
		switch {
		case inside && entry.Typeflag == tar.TypeDir && name == folder:
			continue // made with its first file
		case !inside || entry.Typeflag != tar.TypeReg || name == folder:
			return fmt.Errorf("entry %q is not a plain file in %s/: the archive is not what it should be", entry.Name, folder)
		case entry.Size > left:
			return fmt.Errorf("it unpacks to more than %d bytes: the archive is not what it should be", unpackedLimit)
		}
		left -= entry.Size
		found = true
		if err := writeEntry(root, folder, name, entries); err != nil {
			return err
		}
	}
}

// writeEntry writes one file under root and makes it durable.
func writeEntry(root *os.Root, folder, name string, contents io.Reader) error {
	if err := root.Mkdir(folder, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	out, err := root.Create(filepath.FromSlash(name))
	if err != nil {
		return err
	}
	_, err = io.Copy(out, contents)
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}
