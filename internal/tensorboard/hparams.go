package tensorboard

import (
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of TensorFlow's summary.proto and tensor.proto, of TensorBoard's plugin_data.proto for hyperparameters,
// and of struct.proto.
const (
	valueTensor   = 8 // TensorProto
	valueMetadata = 9 // SummaryMetadata

	tensorType    = 1 // enum
	tensorFloat32 = 1 // DT_FLOAT
	tensorShape   = 2 // TensorShapeProto
	shapeDim      = 2 // repeated Dim
	dimSize       = 1 // int64
	tensorFloats  = 5 // repeated float, packed

	metadataPlugin = 1 // PluginData
	pluginName     = 1 // string
	pluginContent  = 2 // bytes

	hparamsStart = 3 // SessionStartInfo
	hparamsEnd   = 4 // SessionEndInfo

	startHParams = 1 // map<string, Value>
	startTime    = 5 // double, seconds since 1970
	endStatus    = 1 // Status
	endTime      = 2 // double

	mapKey      = 1
	mapValue    = 2
	valueNumber = 2 // double
	valueString = 3
	valueBool   = 4
)

// Status says how a run ended, as hyperparameters have it.
type Status uint64

// The ends of a run.
const (
	Succeeded Status = 1
	Failed    Status = 2
)

// Begin writes the settings of the run, which TensorBoard's table of hyperparameters shows beside its results: numbers,
// texts and truth values; others are left out.
func (w *Writer) Begin(settings map[string]any) error {
	var start []byte
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		value, ok := settingValue(settings[key])
		if !ok {
			continue
		}
		entry := textField(mapKey, key)
		entry = appendMessage(entry, mapValue, value)
		start = appendMessage(start, startHParams, entry)
	}
	start = appendDouble(start, startTime, now())
	return w.write(hparamsEvent(now(), 0, "_hparams_/session_start_info", hparamsStart, start))
}

// End says how the run ended, after the given number of steps.
func (w *Writer) End(step int64, status Status) error {
	end := protowire.AppendTag(nil, endStatus, protowire.VarintType)
	end = protowire.AppendVarint(end, uint64(status))
	end = appendDouble(end, endTime, now())
	return w.write(hparamsEvent(now(), step, "_hparams_/session_end_info", hparamsEnd, end))
}

// settingValue is a Value of struct.proto.
func settingValue(setting any) ([]byte, bool) {
	switch x := setting.(type) {
	case float64:
		return appendDouble(nil, valueNumber, x), !math.IsNaN(x) && !math.IsInf(x, 0)
	case string:
		return textField(valueString, x), true
	case bool:
		b := protowire.AppendTag(nil, valueBool, protowire.VarintType)
		return protowire.AppendVarint(b, protowire.EncodeBool(x)), true
	}
	return nil, false
}

// hparamsEvent is an event for the plugin of hyperparameters. Its tensor, which must be there, says nothing.
func hparamsEvent(wall float64, step int64, tag string, kind protowire.Number, content []byte) []byte {
	plugin := textField(pluginName, "hparams")
	plugin = appendMessage(plugin, pluginContent, appendMessage(nil, kind, content))
	size := protowire.AppendTag(nil, dimSize, protowire.VarintType)
	size = protowire.AppendVarint(size, 1)
	tensor := protowire.AppendTag(nil, tensorType, protowire.VarintType)
	tensor = protowire.AppendVarint(tensor, tensorFloat32)
	tensor = appendMessage(tensor, tensorShape, appendMessage(nil, shapeDim, size))
	tensor = appendMessage(tensor, tensorFloats, make([]byte, 4))

	value := textField(valueTag, tag)
	value = appendMessage(value, valueTensor, tensor)
	value = appendMessage(value, valueMetadata, appendMessage(nil, metadataPlugin, plugin))
	return appendMessage(event(wall, step), eventSummary, appendMessage(nil, summaryValue, value))
}

func appendMessage(b []byte, number protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), message)
}

func textField(number protowire.Number, text string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), text)
}

func appendDouble(b []byte, number protowire.Number, x float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, number, protowire.Fixed64Type), math.Float64bits(x))
}
