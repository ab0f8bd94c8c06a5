// Command xsam trains classifiers of images and tables with sharpness-aware methods and compares them.
package main

import "github.com/xsam-go/xsam/internal/cli"

func main() { cli.Main() }
