package own

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

func openIDX(path string, o Options) (*Data, error) {
	set, err := findIDX(path)
	if err != nil {
		return nil, err
	}
	data := &Data{Bytes: true, Files: set.paths(), Label: "label"}
	for _, p := range []struct {
		pair idxPair
		to   **Part
	}{{set.train, &data.Train}, {set.validation, &data.Validation}, {set.test, &data.Test}} {
		if p.pair.images == "" {
			continue
		}
		if *p.to, err = data.idxPart(p.pair); err != nil {
			return nil, err
		}
	}
	names, err := readMapping(set.mapping)
	if err != nil {
		return nil, err
	}
	name := func(label int32) string {
		if text, ok := names[label]; ok {
			return text
		}
		return strconv.Itoa(int(label))
	}
	data.Classes, err = numbered(path, o, name, data.Train, data.Validation, data.Test)
	return data, err
}

// idxPart reads the labels of a part and the header of its images.
func (d *Data) idxPart(pair idxPair) (*Part, error) {
	axes, err := idxAxes(pair.images, nil)
	if err != nil {
		return nil, err
	}
	if len(axes) < 3 {
		return nil, fmt.Errorf("datasets: %s has %d axes: want 3 or 4: images, rows, columns, channels", pair.images,
			len(axes))
	}
	shape := size{axes[1], axes[2], 1}
	if len(axes) == 4 {
		shape.channels = axes[3]
	}
	if d.Height == 0 {
		d.Height, d.Width, d.Channels = shape.height, shape.width, shape.channels
	}
	if shape != (size{d.Height, d.Width, d.Channels}) {
		return nil, fmt.Errorf("datasets: %s holds images of %d×%d×%d, the training part of %d×%d×%d: they are of two sets",
			pair.images, shape.height, shape.width, shape.channels, d.Height, d.Width, d.Channels)
	}
	part := &Part{Where: func(row int) string { return fmt.Sprintf("image %d of %s", row+1, filepath.Base(pair.images)) }}
	labelAxes, err := idxAxes(pair.labels, func(axes []int, contents io.Reader) error {
		if len(axes) != 1 {
			return fmt.Errorf("datasets: %s has %d axes: want 1: a label for each image", pair.labels, len(axes))
		}
		labels, err := io.ReadAll(io.LimitReader(contents, int64(axes[0]))) // which takes memory as they come
		if err == nil && len(labels) < axes[0] {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return damaged(pair.labels, err)
		}
		for _, label := range labels {
			part.Labels = append(part.Labels, int32(label))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if labelAxes[0] != axes[0] {
		return nil, fmt.Errorf("datasets: %s holds %d images, but %s holds %d labels: they are of two sets, "+
			"or one is damaged", pair.images, axes[0], pair.labels, labelAxes[0])
	}
	part.each = func(use func(row int, values []float64) error) error {
		_, err := idxAxes(pair.images, func(_ []int, contents io.Reader) error {
			return eachBytes(contents, pair.images, part.Len(), d.Size(), use)
		})
		return err
	}
	return part, nil
}

// eachBytes passes so many examples of so many bytes each.
func eachBytes(r io.Reader, path string, n, size int, use func(row int, values []float64) error) error {
	stored, values := make([]byte, size), make([]float64, size)
	for row := range n {
		if _, err := io.ReadFull(r, stored); err != nil {
			return damaged(path, err)
		}
		for i, x := range stored {
			values[i] = float64(x)
		}
		if err := use(row, values); err != nil {
			return err
		}
	}
	return nil
}

// idxAxes reads the header of an IDX file: two zero bytes, 8 for bytes, the number of axes, and their lengths, each a
// 32-bit number with the highest byte first. With use it passes what follows to that, and wants it to read all.
func idxAxes(path string, use func(axes []int, contents io.Reader) error) (axes []int, err error) {
	s, err := openStream(path)
	if err != nil {
		return nil, err
	}
	defer s.close()
	var kind [4]byte
	if _, err := io.ReadFull(s, kind[:]); err != nil {
		return nil, damaged(path, err)
	}
	if kind[0] != 0 || kind[1] != 0 || kind[2] != 8 || kind[3] < 1 || kind[3] > 4 {
		return nil, fmt.Errorf("datasets: %s begins with % x: want 00 00 08 and the number of axes, 1 to 4: "+
			"it is no IDX file of bytes", path, kind)
	}
	total := 1
	for range kind[3] {
		var length [4]byte
		if _, err := io.ReadFull(s, length[:]); err != nil {
			return nil, damaged(path, err)
		}
		axes = append(axes, int(binary.BigEndian.Uint32(length[:])))
	}
	if err := checkSize(path, axes...); err != nil {
		return nil, err
	}
	for _, n := range axes {
		total *= n
	}
	if want := int64(4 + 4*len(axes) + total); !s.packed && s.size != want {
		return nil, fmt.Errorf("datasets: %s is %d bytes, want %d by its header (%s values): it is damaged: "+
			"make or download it again", path, s.size, want, times(axes))
	}
	if err := checkPacked(path, int64(total), s.stored); err != nil {
		return nil, err
	}
	if use == nil {
		return axes, nil
	}
	if err := use(axes, s); err != nil {
		return nil, err
	}
	return axes, s.ended(path)
}

// readMapping reads EMNIST's list of what the labels are: a label and the code of its character a line.
func readMapping(path string) (map[int32]string, error) {
	if path == "" {
		return nil, nil
	}
	s, err := openStream(path)
	if err != nil {
		return nil, err
	}
	defer s.close()
	names := map[int32]string{}
	lines := bufio.NewScanner(io.LimitReader(s, MaxLine))
	for number := 1; lines.Scan(); number++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 {
			continue
		}
		label, err := strconv.ParseInt(fields[0], 10, 32)
		code := int64(0)
		if err == nil && len(fields) > 1 {
			code, err = strconv.ParseInt(fields[1], 10, 32)
		}
		if err = errors.Join(err, lines.Err()); err != nil || len(fields) < 2 || code < ' ' {
			return nil, fmt.Errorf("datasets: %s has %q in line %d: want a label and the code of its character, "+
				"as EMNIST has them", path, lines.Text(), number)
		}
		names[int32(label)] = string(rune(code))
	}
	return names, nil
}
