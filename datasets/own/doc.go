// Package own reads data of the user's own: folders of images, NumPy's npz, IDX files, CSV, and Parquet with images.
//
//	source, ok := own.Parse("csv:iris.csv")
//	data, err := source.Open(dir, own.Options{Label: "species"})
//	err = data.Train.Each(func(row int, values []float64) error { ... })
//
// Open reads what says how much there is, and the labels. Each then passes the examples one after another, each in the
// same buffer, straight from the file: nothing is held in memory but what the caller keeps.
//
// Sizes are checked against the limits in limits.go before anything of that size is made. What a file says of itself
// is never believed: a header that lies is an error, as are trailing bytes. No reader panics.
//
// The files: source.go (names and kinds), data.go (what Open returns), limits.go, stream.go (opening, unpacking),
// classes.go (labels to classes), like.go (data to predict), fingerprint.go; and for each kind: folder.go, parts.go,
// picture.go, pictures.go; npz.go, npzparts.go, npy.go; idxfiles.go, idx.go; csv.go, columns.go, header.go, labels.go,
// numbers.go, table.go; parquet.go, pages.go.
package own
