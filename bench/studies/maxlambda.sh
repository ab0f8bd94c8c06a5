#!/usr/bin/env bash
# Bounds on λ beside SAM with larger radii, on one problem.
#
#   XSAM=path/to/xsam XSAM_DATA=folder maxlambda.sh OUT PROBLEM             SAM alone: λmax at ρ 0.05 is what to halve
#   XSAM=path/to/xsam XSAM_DATA=folder maxlambda.sh OUT PROBLEM HALF QUARTER  X-SAM under these two bounds
#
# PROBLEM is digits, resnet8 or vit. It can be stopped with Ctrl-C and goes on when it is called again.
set -euo pipefail
out=$1 problem=$2
xsam=${XSAM:-xsam}
case $problem in
digits) args=(--data digits --model mlp --curvature-every 4) ;;
resnet8) args=(--data fashion-mnist --model resnet8 --train-size 1000 --test-size 1000 --epochs 10 --batch 50
	--label-noise 0.2 --curvature-every 2 --lambda-examples 200) ;;
vit) args=(--data digits --model vit --base adamw --epochs 30 --curvature-every 4 --lambda-examples 200) ;;
*) echo "maxlambda.sh: problem $problem: want digits, resnet8 or vit" >&2 && exit 2 ;;
esac
methods=sam:rho=0.05,sam:rho=0.1,sam:rho=0.2,sam:rho=0.4,sam:rho=0.8
if [ $# -gt 2 ]; then
	methods=xsam,xsam-lite,xsam:max-lambda=$3,xsam:max-lambda=$4,xsam-lite:max-lambda=$3,xsam-lite:max-lambda=$4
fi
"$xsam" compare --methods "$methods" --seeds 5 --data-dir "$XSAM_DATA" --quiet --resume --out "$out/$problem" "${args[@]}"
