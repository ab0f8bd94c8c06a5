#!/usr/bin/env bash
# The runs of docs/studies/stability.md: which trainings are lost at which learning rate, α, k and bound.
#
#   XSAM=path/to/xsam XSAM_DATA=folder stability.sh OUT
#
# It can be stopped with Ctrl-C at any time and goes on when it is called again.
set -euo pipefail
out=$1
xsam=${XSAM:-xsam}

methods=sam,xsam:bound=none,xsam:bound=quarter,xsam
for k in 5 100; do
	for alpha in 1.5 2; do
		for bound in none no-climb quarter while-falling; do
			methods+=,xsam:alpha=$alpha:refresh-every=$k:bound=$bound
		done
	done
done
methods+=,xsam:refresh-every=100:bound=none,xsam:refresh-every=100:bound=quarter,xsam:refresh-every=100
methods+=,xsam-lite:bound=none,xsam-lite:bound=quarter,xsam-lite

for lr in 0.05 0.15 0.5; do
	for problem in digits glyphs fashion-mnist; do
		common=(--data "$problem" --lr "$lr" --methods "$methods" --seeds 5 --lambda-products 0 --quiet --resume
			--out "$out/$problem-$lr")
		[ "$problem" = glyphs ] || common+=(--data-dir "$XSAM_DATA")
		[ "$problem" = fashion-mnist ] && common+=(--train-size 1000 --model mlp --label-noise 0.2)
		"$xsam" compare "${common[@]}"
	done
done
