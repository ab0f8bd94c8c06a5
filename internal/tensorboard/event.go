package tensorboard

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of TensorFlow's event.proto and summary.proto.
const (
	eventWallTime    = 1 // double, seconds since 1970
	eventStep        = 2 // int64
	eventFileVersion = 3 // string
	eventSummary     = 5 // Summary
	eventSessionLog  = 7 // SessionLog

	summaryValue = 1 // repeated Value
	valueTag     = 1 // string
	valueSimple  = 2 // float

	sessionStatus = 1 // enum
	sessionStart  = 1 // START
)

// fileVersion is the content of the first event of every file.
const fileVersion = "brain.Event:2"

// Scalar is one number under its name.
type Scalar struct {
	Tag   string
	Value float64
}

// event begins an Event with its time and step.
func event(wall float64, step int64) []byte {
	b := protowire.AppendTag(nil, eventWallTime, protowire.Fixed64Type)
	b = protowire.AppendFixed64(b, math.Float64bits(wall))
	b = protowire.AppendTag(b, eventStep, protowire.VarintType)
	return protowire.AppendVarint(b, uint64(step))
}

// versionEvent opens a file.
func versionEvent(wall float64) []byte {
	b := protowire.AppendTag(event(wall, 0), eventFileVersion, protowire.BytesType)
	return protowire.AppendString(b, fileVersion)
}

// startEvent says that the run goes on at step: readers forget what they have of this step and later ones.
func startEvent(wall float64, step int64) []byte {
	status := protowire.AppendTag(nil, sessionStatus, protowire.VarintType)
	status = protowire.AppendVarint(status, sessionStart)
	b := protowire.AppendTag(event(wall, step), eventSessionLog, protowire.BytesType)
	return protowire.AppendBytes(b, status)
}

// scalarsEvent holds the scalars of a step. TensorBoard stores float32.
func scalarsEvent(wall float64, step int64, scalars []Scalar) []byte {
	var summary []byte
	for _, s := range scalars {
		value := protowire.AppendTag(nil, valueTag, protowire.BytesType)
		value = protowire.AppendString(value, s.Tag)
		value = protowire.AppendTag(value, valueSimple, protowire.Fixed32Type)
		value = protowire.AppendFixed32(value, math.Float32bits(float32(s.Value)))
		summary = protowire.AppendTag(summary, summaryValue, protowire.BytesType)
		summary = protowire.AppendBytes(summary, value)
	}
	b := protowire.AppendTag(event(wall, step), eventSummary, protowire.BytesType)
	return protowire.AppendBytes(b, summary)
}

// stepOf reads the step of an Event; 0 where it says none.
func stepOf(event []byte) (int64, error) {
	for len(event) > 0 {
		number, kind, n := protowire.ConsumeTag(event)
		if n < 0 {
			return 0, fmt.Errorf("it is no event: %w", protowire.ParseError(n))
		}
		event = event[n:]
		if number == eventStep && kind == protowire.VarintType {
			step, n := protowire.ConsumeVarint(event)
			if n < 0 {
				return 0, fmt.Errorf("it is no event: %w", protowire.ParseError(n))
			}
			return int64(step), nil
		}
		if n = protowire.ConsumeFieldValue(number, kind, event); n < 0 {
			return 0, fmt.Errorf("it is no event: %w", protowire.ParseError(n))
		}
		event = event[n:]
	}
	return 0, nil
}
