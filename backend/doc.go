// Package backend chooses the engine that runs GoMLX graphs, and installs it when it is missing.
//
// There are three engines:
//
//   - XLA on the CPU, through a PJRT plugin: a shared library that is downloaded once into the user's cache, with its
//     checksum verified. It is the default.
//   - XLA on an NVIDIA GPU, through the plugin that JAX ships: used by itself when a GPU and the plugin are there.
//   - GoMLX's pure-Go engine: nothing to download, every platform, but more than ten times slower on convolutions.
//
// [Open] is the only call most programs need; [Status] says what it would find; [Install] fetches an engine ahead of
// time.
//
// The files: open.go (the order of attempts), choose.go (what was asked for, and which engines to try), plugins.go
// (where plugins may lie), install.go (fetching the pinned one), verify.go (is it what was published?), flags.go (XLA
// options), status.go.
package backend
