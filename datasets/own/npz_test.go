package own

import (
	"fmt"
	"strings"
	"testing"
)

// Arrays are found under the usual names, whatever their case; others are noted.
func TestNPZNames(t *testing.T) {
	s := size{2, 2, 1}
	array := func(all []example) (x, y []byte) {
		values, labels := bytesOf(all)
		return npyOf("|u1", "False", []int{len(all), 2, 2}, values), npyOf("|u1", "False", []int{len(all)}, labels)
	}
	train, validation, test := drawn(1, 7, s, "0", "1"), drawn(2, 5, s, "0", "1"), drawn(3, 4, s, "0", "1")
	x, y := array(train)
	xVal, yVal := array(validation)
	xTest, yTest := array(test)
	for _, names := range [][6]string{
		{"X_train", "y_train", "X_valid", "y_valid", "X_test", "Y_test"},
		{"X", "Y", "x_validation", "y_validation", "x_test", "y_test"},
		{"x_Train", "y_Train", "x_dev", "y_dev", "X_TEST", "Y_TEST"},
	} {
		path := write(t, t.TempDir(), "d.npz", npzOf(t, names[0], x, names[1], y, names[2], xVal, names[3], yVal,
			names[4], xTest, names[5], yTest, "class_names", y))
		d := opened(t, "npz:"+path, Options{})
		checkPart(t, d, d.Train, train)
		checkPart(t, d, d.Validation, validation)
		checkPart(t, d, d.Test, test)
		if got := fmt.Sprint(d.Notes); !strings.Contains(got, "not used: class_names") {
			t.Errorf("notes %s, want class_names named", got)
		}
	}
}

func TestBrokenNPZNames(t *testing.T) {
	x := npyOf("|u1", "False", []int{3, 2, 2}, make([]byte, 12))
	y := npyOf("|u1", "False", []int{3}, []byte{0, 1, 0})
	npz := func(arrays ...any) func(*testing.T, string) string {
		return file("d.npz", func(t *testing.T) []byte { return npzOf(t, arrays...) })
	}
	first := func(channels int) []byte {
		return npyOf("|u1", "False", []int{3, channels, 8, 8}, make([]byte, 3*64*channels))
	}
	for _, b := range []broken{
		{"a part of another name", npz("x_train", x, "y_train", y, "x_holdout", x, "y_holdout", y), Options{},
			[]string{"x_holdout", "would not be used"}},
		{"one array twice", npz("x_train", x, "y_train", y, "X_train", x), Options{}, []string{"x_train and X_train"}},
		{"all and a part", npz("x", x, "x_train", x, "y_train", y), Options{}, []string{"x and x_train"}},
		{"a test part without labels", npz("x_train", x, "y_train", y, "X_test", x), Options{}, []string{"no y_test"}},
		{"two channels first", npz("x", first(2), "y", y), Options{}, []string{"[3 2 8 8]", "moveaxis"}},
		{"four channels first", npz("x", first(4), "y", y), Options{}, []string{"[3 4 8 8]", "moveaxis"}},
	} {
		b.run(t, "npz")
	}
	small := npyOf("|u1", "False", []int{3, 4, 4, 16}, make([]byte, 3*256))
	path := write(t, t.TempDir(), "d.npz", npzOf(t, "x", small, "y", y))
	if d := opened(t, "npz:"+path, Options{}); d.Channels != 16 {
		t.Errorf("maps of 4×4×16 have %d channels, want 16", d.Channels)
	}
}
