//go:build cgo

package hostmem

import "C" // hostmem_linux.c holds a function that is run when the program is loaded
