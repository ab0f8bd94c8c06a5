package checkpoint

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// description is the .json file of a checkpoint as GoMLX writes it: the variables, one after the other in the .bin
// file, and parameters of the store.
type description struct {
	Params    []savedParam
	Variables []savedVariable
	BinFormat string
}

type savedParam struct {
	Scope, Key string
	Value      any
	ValueType  string
}

type savedVariable struct {
	ParameterName string // keyPrefix and the variable's path
	Dimensions    []int
	DType         dtypes.DType
	Pos, Length   int64 // in bytes
}

// keyPrefix is what GoMLX puts before the path of a variable.
const keyPrefix = "var:"

const uncompressed = "uncompressed"

// path is that of the variable in the store.
func (v savedVariable) path() string { return strings.TrimPrefix(v.ParameterName, keyPrefix) }

func (v savedVariable) shape() shapes.Shape { return shapes.Make(v.DType, v.Dimensions...) }

// parseDescription reads a description and checks that it is one, so that memory can be taken for what it describes:
// the variables follow each other without gaps, each has the length of its shape, and together they are size bytes.
func parseDescription(text []byte, size int64) (d description, err error) {
	if err := json.Unmarshal(text, &d); err != nil {
		return d, err
	}
	if d.BinFormat != uncompressed {
		return d, fmt.Errorf("it describes data of format %q, want %q", d.BinFormat, uncompressed)
	}
	seen := map[string]bool{}
	var end int64
	for i, v := range d.Variables {
		name := v.ParameterName
		switch length, err := byteLength(v.DType, v.Dimensions); {
		case !strings.HasPrefix(name, keyPrefix+model.ScopeSeparator):
			return d, fmt.Errorf("variable %d has the name %q, want %s and a path", i, name, keyPrefix)
		case seen[name]:
			return d, fmt.Errorf("it describes %s twice", name)
		case err != nil:
			return d, fmt.Errorf("%s: %w", name, err)
		case v.Length != length || v.Pos != end || length > size-end:
			return d, fmt.Errorf("%s, %v %v, has %d bytes at %d: want %d at %d, of %d", name, v.DType, v.Dimensions, v.Length,
				v.Pos, length, end, size)
		}
		seen[name] = true
		end += v.Length
	}
	if end != size {
		return d, fmt.Errorf("it describes %d bytes of data, which has %d", end, size)
	}
	return d, nil
}

// byteLength is the number of bytes of a tensor, or what is wrong with its type or its dimensions.
func byteLength(dtype dtypes.DType, dimensions []int) (int64, error) {
	if !dtype.IsFloat() && !dtype.IsComplex() && dtype != dtypes.Bool && (!dtype.IsInt() || dtype.IsPacked()) {
		return 0, fmt.Errorf("type %v: want that of a number", dtype)
	}
	length := int64(dtype.Size())
	for _, n := range dimensions {
		if n < 0 || n > 0 && length > math.MaxInt64/int64(n) {
			return 0, fmt.Errorf("dimensions %v: want sizes of 0 or more that memory can hold", dimensions)
		}
		length *= int64(n)
	}
	return length, nil
}

// overhead is how many times the memory of the weights all of a checkpoint may take: momentum, Adam's moments, v and
// kept gradients are one each, and twice where they are of a wider type.
const overhead = 64

// suits reports why what is described is no state of a store's model: a variable that the store has is of another
// shape, or one of its weights is missing. An empty store takes everything.
func (d description) suits(store *model.Store) error {
	described := map[string]savedVariable{}
	var size int64
	for _, v := range d.Variables {
		described[v.path()] = v
		size += v.Length
	}
	if step, ok := described[model.JoinPath(model.RootScopePath, optimizer.GlobalStepVariableName)]; ok &&
		(step.DType != dtypes.Int64 || len(step.Dimensions) > 0) {
		return fmt.Errorf("its step is of type %v %v, want one Int64", step.DType, step.Dimensions)
	}
	var weights int64
	for have := range store.IterVariables() {
		v, ok := described[have.Path()]
		switch {
		case ok && !have.Shape().Equal(v.shape()):
			return fmt.Errorf("it has %s of shape %s: want %s, as the recipe's model has it", have.Path(), v.shape(),
				have.Shape())
		case !ok && have.Trainable:
			return fmt.Errorf("it has no %s of shape %s, as the recipe's model has it", have.Path(), have.Shape())
		case have.Trainable:
			weights += v.Length
		}
	}
	if limit := overhead*weights + 1<<20; weights > 0 && size > limit {
		return fmt.Errorf("it has %d bytes, of which %d are weights: want %d at most", size, weights, limit)
	}
	return nil
}
