// Command xsam trains small image classifiers with sharpness-aware methods and compares them.
package main

import (
	_ "github.com/xsam-go/xsam/backend/hostmem" // fewer page faults on the CPU
	"github.com/xsam-go/xsam/internal/cli"
)

func main() { cli.Main() }
