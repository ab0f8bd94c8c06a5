// Command xsam trains small image classifiers with sharpness-aware methods and compares them.
package main

import "github.com/xsam-go/xsam/internal/cli"

func main() { cli.Main() }
