#!/usr/bin/env bash
# Measures what a step costs on an NVIDIA GPU, alone and beside PyTorch and JAX, and then trains. Wants what build.sh
# makes, an NVIDIA driver and a Python with JAX's CUDA plugin; no Go and no network. README.md says more.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)

DEVICE=${DEVICE:-cuda}         # cuda, or cpu to try this script with tiny settings
OUT=${OUT:-gpu-results}        # everything is written here
PARTS=${PARTS:-bench peers train}
BIN=${BIN:-$here/bin}          # what build.sh made
PYTHON=${PYTHON:-python3}      # of PyTorch and JAX
PLUGIN=${PLUGIN:-}             # PJRT plugin; empty: look for it
LIBRARIES=${LIBRARIES:-}       # pytorch,jax or one of them; empty: those that can use the device
PACK=${PACK:-}                 # archive for all but checkpoints, written again after each job; empty: none
XSAM_DATA=${XSAM_DATA:-$BIN/data}
METHODS=${METHODS:-sgd,sam,xsam,xsam-lite,xsam-paper}

# Seconds: of all together, of the parts, and of one job of bench or peers. What a part leaves, the next may use.
BUDGET=${BUDGET:-840}
BENCH_SECONDS=${BENCH_SECONDS:-180}
PEERS_SECONDS=${PEERS_SECONDS:-180}
TRAIN_SECONDS=${TRAIN_SECONDS:-480}
JOB_SECONDS=${JOB_SECONDS:-150}

# Nets, batches and types of bench and peers, the most important first; rounds and steps; and what is trained.
case $DEVICE in
cuda)
	CONFIGS=${CONFIGS:-resnet18:128:float32 resnet18:512:bfloat16 wrn28-10:128:bfloat16 resnet18:512:float32
		resnet18:128:bfloat16 wrn28-10:128:float32 wrn28-10:512:bfloat16 wrn28-10:512:float32}
	image=32x32x3 ROUNDS=${ROUNDS:-10} STEPS=${STEPS:-5}
	TRAIN=${TRAIN:-compare --data fashion-mnist --model resnet18 --methods ${METHODS/sam,/sam,nsam,} --seeds 3
		--epochs 10 --batch 256 --lr 0.1 --weight-decay 5e-05 --augment}
	;;
cpu)
	CONFIGS=${CONFIGS:-resnet8:8:float32}
	image=8x8x1 ROUNDS=${ROUNDS:-2} STEPS=${STEPS:-1}
	TRAIN=${TRAIN:-compare --data fashion-mnist --model resnet8 --methods sgd,xsam --seeds 1 --epochs 1 --batch 8
		--train-size 64 --test-size 64 --lambda-products 5}
	;;
*)
	echo "run.sh: DEVICE=$DEVICE: want cuda or cpu" >&2
	exit 2
	;;
esac

ok=0 cut=0 skipped=0 failed=0 stopped=
trap 'stopped=1' INT TERM

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if ! mkdir -p "$OUT" || ! OUT=$(cd "$OUT" && pwd); then
	echo "run.sh: OUT=$OUT: no folder to write to" >&2
	exit 2
fi
touch "$OUT/summary.txt" # a second call with the same folder adds to it

# note prints a line and keeps it in the summary.
note() {
	printf '%4d s  %s\n' "$SECONDS" "$*" | tee -a "$OUT/summary.txt"
	if [ -n "$PACK" ]; then
		tar -czf "$PACK.part" -C "$OUT" --exclude='checkpoint*' --exclude='*.part' --exclude='*.tar.gz' . &&
			mv "$PACK.part" "$PACK"
	fi
}

fail() {
	failed=$((failed + 1))
	note "FAILED   $*"
}

# finish prints the tables and how everything ended, and exits.
finish() {
	"$PYTHON" "$here/results.py" table "$OUT" >"$OUT/tables.md" 2>>"$OUT/summary.txt" && cat "$OUT/tables.md"
	note "done: $ok ok, $cut cut short by their time limit, $skipped skipped, $failed failed; results in $OUT"
	[ "$failed" -eq 0 ] && [ -z "$stopped" ]
	exit
}

# program finds a program of build.sh's, unpacks it and prints its path.
program() {
	if [ -f "$BIN/$1.gz" ]; then
		gzip -dc "$BIN/$1.gz" >"$scratch/$1" && chmod +x "$scratch/$1" && echo "$scratch/$1"
	elif [ -x "$BIN/$1" ]; then
		echo "$BIN/$1"
	fi
}

# sites prints the folders in which Python looks for packages.
sites() { "$PYTHON" -c 'import os, sys; print("\n".join(p for p in sys.path if os.path.isdir(p)))'; }

# plugin prints the path of the PJRT plugin: that of JAX's CUDA package, found by its name among Python's packages or
# else anywhere; or the CPU plugin that xsam has fetched.
plugin() {
	local name=xla_cuda_plugin.so site found elsewhere=(/ '(' -path /proc -o -path /sys ')' -prune -o)
	if [ "$DEVICE" = cpu ]; then
		find "$BIN" "${XDG_CACHE_HOME:-$HOME/.cache}/xsam" -name pjrt_c_api_cpu_plugin.so | head -n 1
		return
	fi
	found=$(while read -r site; do ls -r "$site"/jax_plugins/xla_cuda*/$name; done < <(sites) | head -n 1)
	[ -n "$found" ] || found=$(timeout 30 find "${elsewhere[@]}" -name $name -print | head -n 1)
	echo "$found"
}

# cuda sets the environment in which the plugin finds NVIDIA's libraries, and in which three processes share a GPU.
cuda() {
	local site folder libraries="" folders="" data="" nvcc
	while read -r site; do
		for folder in "$site"/nvidia/*/lib; do
			[ -d "$folder" ] && libraries=$libraries$folder:
		done
		folders=$folders$'\n'$site/nvidia/cu13$'\n'$site/nvidia/cuda_nvcc
	done < <(dirname "$(dirname "$(dirname "$PLUGIN")")"; sites)
	# XLA wants a folder with NVIDIA's library of functions.
	nvcc=$(command -v nvcc)
	while read -r folder; do
		[ -z "$data" ] && [ -d "$folder/nvvm/libdevice" ] && data=$folder
	done <<<"$folders"$'\n'"${CUDA_HOME-}"$'\n'"${nvcc%/bin/nvcc}"$'\n'/usr/local/cuda
	export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:-}" GOPJRT_CUDA_CHECKS=no XLA_PYTHON_CLIENT_PREALLOCATE=false
	if [ -z "${XLA_FLAGS+set}" ]; then
		export XLA_FLAGS="${data:+--xla_gpu_cuda_data_dir=$data}"
		# Which algorithms are the fastest is kept for the next process, where XLA can do so.
		if grep -q xla_gpu_per_fusion_autotune_cache_dir "$PLUGIN"; then
			mkdir -p "$scratch/autotune"
			without=$XLA_FLAGS
			XLA_FLAGS="$XLA_FLAGS --xla_gpu_per_fusion_autotune_cache_dir=$scratch/autotune"
		fi
	fi
}

# within runs a command for so many seconds, then interrupts it, and half a minute later kills it.
within() {
	local seconds=$1
	shift
	timeout --foreground --signal INT --kill-after 30 "$seconds" "$@" </dev/null
}

# job runs a command, its output to NAME.json, messages to NAME.log. It gets LIMIT seconds, or what is left of its part.
job() { # NAME LIMIT COMMAND...
	local name=$1 seconds=$2 left=$((deadline - SECONDS)) start=$SECONDS code took ended=""
	shift 2
	[ "$seconds" -gt "$left" ] && seconds=$left
	if [ -n "$stopped" ] || [ "$seconds" -lt 1 ]; then
		skipped=$((skipped + 1))
		note "skipped  $name: no time was left"
		return
	fi
	within "$seconds" "$@" >"$OUT/$name.json" 2>"$OUT/$name.log"
	code=$? took=$((SECONDS - start))
	# 124 is timeout's code after an interrupt, 137 after a kill.
	[ "$code" -eq 124 ] || { [ "$code" -eq 137 ] && [ "$took" -ge "$seconds" ]; } || [ -n "$stopped" ] && ended=1
	if [ "$code" -eq 0 ] && "$PYTHON" "$here/results.py" check "$OUT/$name.json"; then
		ok=$((ok + 1))
		note "ok       $name, $took s"
	elif [ -n "$ended" ] && kept "$name"; then
		cut=$((cut + 1))
		note "cut      $name after $took s: what was finished is kept"
	elif [ -n "$ended" ]; then
		fail "$name: nothing was finished in $took s (exit code $code)"
	else
		fail "$name: exit code $code: $(last "$name")"
	fi
}

# last prints the last messages of a job in one line.
last() { grep -v '^$' "$OUT/$1.log" | tail -n 3 | cut -c1-300 | tr '\n' ' '; }

# kept says whether a job that was interrupted has results: whole JSON, or records of training.
kept() {
	"$PYTHON" "$here/results.py" check "$OUT/$1.json" && return
	[ "$1" = train ] && find "$OUT/train" -name metrics.jsonl -size +0 | grep -q .
}

# methods prints the methods for a part, net and batch. The exact products of the published form keep the graph of the
# gradient: by count, that of wrn28-10 with 512 images does not fit into 80 GB, nor beside other processes into more.
methods() {
	case $1:$2:$3 in
	peers:wrn28-10:512) echo "${METHODS%,xsam-paper}" ;;
	bench:wrn28-10:512) [ "${memory:-0}" -lt 100000 ] && echo "${METHODS%,xsam-paper}" || echo "$METHODS" ;;
	*) echo "$METHODS" ;;
	esac
}

bench() {
	local config model batch dtype
	for config in $CONFIGS; do
		IFS=: read -r model batch dtype <<<"$config"
		job "bench-$model-$batch-$dtype" "$JOB_SECONDS" \
			"$xsam" bench --backend "$PLUGIN" --model "$model" --image $image --batch "$batch" --dtype "$dtype" \
			--methods "$(methods bench "$model" "$batch")" --rounds "$ROUNDS" --steps "$STEPS" --format json
	done
}

peers() {
	local config model batch dtype
	if [ -z "$LIBRARIES" ]; then
		fail "peers: neither PyTorch nor JAX with optax can use the device $DEVICE: see versions.txt"
		return
	fi
	for config in $CONFIGS; do
		IFS=: read -r model batch dtype <<<"$config"
		job "peers-$model-$batch-$dtype" "$JOB_SECONDS" \
			"$peers" -python "$PYTHON" -libraries "$LIBRARIES" -backend "$PLUGIN" \
			-device "$DEVICE" -model "$model" -image $image -batch "$batch" -dtype "$dtype" \
			-methods "$(methods peers "$model" "$batch")" -rounds "$ROUNDS" -steps "$STEPS" -format json
	done
}

train() {
	if [ ! -d "$XSAM_DATA/fashion-mnist" ]; then
		fail "train: no folder fashion-mnist in XSAM_DATA=$XSAM_DATA"
		return
	fi
	# TRAIN is words, and so is this.
	local again=""
	[ -d "$OUT/train" ] && again=--resume
	# shellcheck disable=SC2086
	job train "$TRAIN_SECONDS" \
		"$xsam" $TRAIN $again --data-dir "$XSAM_DATA" --backend "$PLUGIN" --out "$OUT/train" --format json
}

if ! "$PYTHON" -c ''; then
	fail "PYTHON=$PYTHON does not run: give the path of a Python 3"
	finish
fi
xsam=$(program xsam) peers=$(program peers)
if [ -z "$xsam" ] || [ -z "$peers" ]; then
	fail "no xsam and peers in BIN=$BIN: run bench/gpu/build.sh on a machine with Go, and bring that folder along"
	finish
fi
[ -n "$PLUGIN" ] || PLUGIN=$(plugin 2>/dev/null)
if [ ! -f "$PLUGIN" ]; then
	wanted="xla_cuda_plugin.so, of the Python package jax-cuda13-pjrt or jax-cuda12-pjrt"
	[ "$DEVICE" = cpu ] && wanted="pjrt_c_api_cpu_plugin.so, which xsam backend install fetches"
	fail "no PJRT plugin for $DEVICE was found (PLUGIN=$PLUGIN): want $wanted;" \
		"give its path in PLUGIN, or another Python in PYTHON"
	finish
fi

export GOMLX_NO_AUTO_INSTALL=1
[ "$DEVICE" = cuda ] && cuda
{
	date -u
	uname -a
	grep -m 1 'model name' /proc/cpuinfo
	nvidia-smi
	"$xsam" --version
	echo "plugin $PLUGIN, $(wc -c <"$PLUGIN") bytes"
	echo "XLA_FLAGS=${XLA_FLAGS-}"
	echo "LD_LIBRARY_PATH=${LD_LIBRARY_PATH-}"
	[ -n "$LIBRARIES" ] || within 90 "$PYTHON" "$here/versions.py" "$DEVICE"
} >"$scratch/versions.txt" 2>&1
cat "$scratch/versions.txt" >>"$OUT/versions.txt"
LIBRARIES=${LIBRARIES:-$(sed -n 's/^libraries //p' "$scratch/versions.txt")}
memory=$(nvidia-smi --query-gpu=memory.total --format=csv,noheader,nounits 2>/dev/null | head -n 1)
note "plugin $PLUGIN; libraries ${LIBRARIES:-none}; GPU memory ${memory:-unknown} MiB"

# A first step, so that what is wrong with the engine shows within seconds.
first_step() {
	within 60 "$xsam" bench --backend "$PLUGIN" --model mlp --image 8x8x1 --batch 8 --methods sgd --rounds 1 --steps 1 \
		--format json >"$OUT/first-step.json" 2>>"$OUT/first-step.log"
}
: >"$OUT/first-step.log"
if ! first_step; then
	if [ -z "${without+set}" ] || ! XLA_FLAGS=$without first_step; then
		fail "the engine does not work, so everything else is left out: $(last first-step); PLUGIN=$PLUGIN"
		finish
	fi
	note "the engine works without a cache of algorithms alone: first-step.log says why"
	XLA_FLAGS=$without
fi

deadline=$SECONDS
for part in $PARTS; do
	case $part in
	bench) deadline=$((deadline + BENCH_SECONDS)) ;;
	peers) deadline=$((deadline + PEERS_SECONDS)) ;;
	train) deadline=$((deadline + TRAIN_SECONDS)) ;;
	*)
		fail "PARTS: $part is none of bench, peers, train"
		continue
		;;
	esac
	[ "$deadline" -gt "$BUDGET" ] && deadline=$BUDGET
	$part
done
finish
