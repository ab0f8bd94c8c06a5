// Package checkpoint keeps the state of training: on disk, in GoMLX's format with a manifest that says of which run a
// checkpoint is and what it holds, and in memory. What is damaged, cut off or of another run is refused by name.
package checkpoint
