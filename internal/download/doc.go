// Package download fetches files that are published with a checksum: it shows how far it is, goes on where an earlier
// attempt was cut off, and keeps nothing that is not the published file.
//
//	download.go  Fetch
//	digest.go    Digest, the published checksum
//	progress.go  a bar for a person, one line otherwise
//	files.go     sizes, and making sure that bytes are on disk
package download
