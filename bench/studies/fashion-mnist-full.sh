#!/usr/bin/env bash
# The study docs/studies/fashion-mnist-full.md: all 60,000 images of Fashion-MNIST, resnet8, clean labels.
#
#   XSAM=path/to/xsam XSAM_DATA=folder fashion-mnist-full.sh trials OUT   the learning rates, on a validation split, one seed
#   XSAM=path/to/xsam XSAM_DATA=folder fashion-mnist-full.sh runs OUT     the runs, with the rates below
#   XSAM=path/to/xsam XSAM_DATA=folder fashion-mnist-full.sh alpha OUT    smaller α of xsam, as the trials
#
# All can be stopped with Ctrl-C at any time and go on when they are called again.
set -euo pipefail
stage=$1 out=$2
xsam=${XSAM:-xsam}
common=(--data fashion-mnist --model resnet8 --batch 256 --augment --quiet --resume)

case $stage in
trials) # a quarter of the images, 5 epochs; evaluated on 5,000 images held out, never on the test images
	for lr in 0.05 0.15 0.45 1.35; do
		"$xsam" compare "${common[@]}" --out "$out/trials/lr$lr" --train-size 15000 --validation-size 5000 --epochs 5 --eval-every 0 \
			--lambda-products 0 --seeds 1 --seed 1000 --lr "$lr" --methods sgd,sam,nsam,xsam,xsam-lite,xsam-paper
	done
	;;
alpha)
	for alpha in 0 0.1 0.25 0.5; do
		"$xsam" compare "${common[@]}" --out "$out/trials/alpha" --train-size 15000 --validation-size 5000 --epochs 5 --eval-every 0 \
			--lambda-products 0 --seeds 1 --seed 1000 --lr 0.45 --methods "xsam:alpha=$alpha"
	done
	;;
runs)
	# method and learning rate, chosen by the trials
	rates=(sgd=0.45 sam=0.45 nsam=0.45 xsam=0.45 xsam-lite=0.45 xsam-paper=0.45)
	for seed in 0 1 2 3 4; do
		for rate in "${rates[@]}"; do
			method=${rate%=*}
			[ "$method" = xsam-paper ] && [ "$seed" -ge 3 ] && continue
			"$xsam" compare "${common[@]}" --out "$out/runs" --epochs 10 --eval-every 5 --curvature-every 5 \
				--seeds 1 --seed "$seed" --lr "${rate#*=}" --methods "$method"
		done
	done
	;;
*)
	echo "fashion-mnist-full.sh: stage $stage: want trials, runs or alpha" >&2
	exit 2
	;;
esac
