#!/usr/bin/env bash
# Builds what run.sh needs on a machine without Go and without a network, into the folder bin beside this script: two
# programs, packed with gzip, and Fashion-MNIST where XSAM_DATA names a folder that has it. For 64-bit x86 Linux.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=bench/gpu/bin
rm -rf "$bin"
mkdir -p "$bin"

export CGO_ENABLED=1 GOOS=linux GOARCH=amd64 # go-xla opens the plugin through C's dlopen
root=$PWD
for command in cmd/xsam bench/peers; do
	module=. package=./$command
	case $command in bench/*) module=bench package=./${command#bench/} ;; esac # a module of its own
	go -C "$module" build -buildvcs=auto -trimpath -ldflags '-s -w' -o "$root/$bin/" "$package"
	program=$bin/${command##*/}
	if [ -n "$(command -v ldd)" ]; then
		echo "$program needs these libraries:"
		ldd "$program"
	fi
	if [ -n "$(command -v objdump)" ]; then
		echo "and glibc at least: $(objdump -T "$program" | grep -o 'GLIBC_[0-9.]*' | sort -V | tail -n 1)"
	fi
	gzip --best "$program"
done

images=${XSAM_DATA:-}/fashion-mnist
if [ -n "${XSAM_DATA:-}" ] && [ -d "$images" ]; then
	mkdir -p "$bin/data"
	cp -r "$images" "$bin/data/fashion-mnist"
else
	echo "XSAM_DATA names no folder with fashion-mnist: run.sh will have nothing to train on" >&2
fi

du -ak "$bin" | sort -n
echo "$bin takes $(du -sk "$bin" | cut -f1) KiB"
