package own

import (
	"archive/zip"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func openNPZ(path string, o Options) (*Data, error) {
	if _, err := single(path); err != nil {
		return nil, err
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("datasets: %s is no npz file (%w): want what numpy.savez writes", path, err)
	}
	defer func() { _ = archive.Close() }() // which was read
	var there []string
	for _, f := range archive.File {
		there = append(there, strings.TrimSuffix(f.Name, ".npy"))
	}
	names, unused, err := npzParts(path, there)
	if err != nil {
		return nil, err
	}
	data := &Data{Bytes: true, Files: []string{path}, Label: names[0].y}
	if len(unused) > 0 {
		data.Notes = append(data.Notes, "arrays that are not used: "+orNothing(unused))
	}
	for i, to := range []**Part{&data.Train, &data.Validation, &data.Test} {
		if names[i].x == "" {
			continue
		}
		if *to, err = data.npzPart(path, names[i].x, names[i].y); err != nil {
			return nil, err
		}
	}
	data.Classes, err = numbered(path, o, func(label int32) string { return strconv.Itoa(int(label)) }, data.Train,
		data.Validation, data.Test)
	return data, err
}

// npzPart reads the labels of a part and the header of its images.
func (d *Data) npzPart(path, x, y string) (*Part, error) {
	part := &Part{Where: func(row int) string { return fmt.Sprintf("example %d of %s", row+1, x) }}
	var err error
	if err = inNPZ(path, y, func(a *array) error {
		part.Labels, err = a.labels()
		return err
	}); err != nil {
		return nil, err
	}
	err = inNPZ(path, x, func(a *array) error {
		if a.shape[0] != part.Len() {
			return fmt.Errorf("datasets: %s: %s holds %d examples, but %s %d labels: want as many", path, x, a.shape[0], y,
				part.Len())
		}
		shape, table, err := a.image()
		if err != nil {
			return err
		}
		d.Bytes = d.Bytes && a.dtype == "u1"
		if d.Height == 0 {
			d.Height, d.Width, d.Channels = shape.height, shape.width, shape.channels
			for i := range shape.channels {
				if table {
					d.Columns = append(d.Columns, Column{Name: strconv.Itoa(i + 1)})
				}
			}
		}
		if shape != (size{d.Height, d.Width, d.Channels}) {
			return fmt.Errorf("datasets: %s: %s holds examples of %d×%d×%d, the training part of %d×%d×%d: want them alike",
				path, x, shape.height, shape.width, shape.channels, d.Height, d.Width, d.Channels)
		}
		return nil
	})
	part.each = func(use func(row int, values []float64) error) error {
		return inNPZ(path, x, func(a *array) error { return a.each(use) })
	}
	return part, err
}

// inNPZ opens an array of a file and passes it to use.
func inNPZ(path, name string, use func(*array) error) error {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return damaged(path, err)
	}
	defer func() { _ = archive.Close() }() // which was read
	at := slices.IndexFunc(archive.File, func(f *zip.File) bool { return f.Name == name+".npy" || f.Name == name })
	if at < 0 {
		return fmt.Errorf("datasets: %s holds no %s: want it beside the other arrays", path, name)
	}
	entry := archive.File[at]
	contents, err := entry.Open()
	if err != nil {
		return damaged(path+", "+name, err)
	}
	defer func() { _ = contents.Close() }() // of an archive that was read
	a, err := openArray(path, name, contents)
	if err == nil {
		err = a.check(entry.UncompressedSize64, entry.CompressedSize64)
	}
	if err != nil {
		return err
	}
	return use(a)
}

// orNothing lists names.
func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	const most = 8
	if len(names) > most {
		names = append(slices.Clone(names[:most]), "…")
	}
	return strings.Join(names, ", ")
}
