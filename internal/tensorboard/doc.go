// Package tensorboard writes scalars and hyperparameters in the form that TensorBoard reads: event files
// of framed protocol buffers.
//
//	frame.go   the framing, TFRecord: a length, the bytes, and a masked CRC-32C of each
//	event.go   the protocol buffers Event, Summary and SessionLog, as far as scalars need them
//	hparams.go the settings of a run, for the plugin of hyperparameters
//	writer.go  Writer: one event file, and how a run that was interrupted goes on
package tensorboard
