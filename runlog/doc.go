// Package runlog is the record of training runs on disk: one directory a run, in plain JSON, so that any tool can
// read it.
//
//	OUT/comparison.json what was asked for: the recipe that the runs have in common, the methods, the seeds
//	OUT/<method>-seed<k>/
//	    config.json     the whole recipe of the run, written first
//	    metrics.jsonl   what was measured on the way, one JSON object a line, appended
//	    summary.json    the outcome, written last and in one piece
//	    checkpoint/     the weights and the state of the optimizer, in GoMLX's own format, each with a manifest: of
//	                    which run and step it is, and the checksums of its files; the newest two are kept, and what
//	                    is damaged or of another run as *.damaged
//	    curvature.jsonl what xsam curvature measured, one JSON object a line; absent until then
//	    claim           says which process trains there, as long as it does; claim-measuring: which one measures
//	    events.out.*    the metrics once more, as TensorBoard's event files; absent unless asked for
//	    snapshots/      checkpoints that were kept along training, one folder each, epoch-<e>; absent unless asked for
//
// A number that was not measured, or was not finite, is absent; it is never written as 0. Readers ignore keys that
// they do not know. Each object ends with its checksum, crc32c (checksum.go): what was changed after it was written is
// found. Records of earlier versions have none, and are read. The package depends on the standard library and
// internal/regular alone.
package runlog

import (
	"fmt"
	"strings"
)

// The names inside a run directory.
const (
	ConfigFile    = "config.json"
	MetricsFile   = "metrics.jsonl"
	SummaryFile   = "summary.json"
	CheckpointDir = "checkpoint"
	SnapshotDir   = "snapshots"
	// TensorBoardFiles is the pattern of the names of event files. TensorBoard calls a run by the folder in which they
	// lie: by method and seed.
	TensorBoardFiles = "events.out.tfevents.*"

	// ComparisonFile, beside the run directories, says what was asked for.
	ComparisonFile = "comparison.json"
)

// Name is the name of a run's directory: "<method>-seed<k>". Characters of the method that some file systems refuse
// become underscores.
func Name(method string, seed int64) string {
	safe := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>| `, r) {
			return '_'
		}
		return r
	}, method)
	return fmt.Sprintf("%s-seed%d", safe, seed)
}
