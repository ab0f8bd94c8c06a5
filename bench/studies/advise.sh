#!/bin/sh
# The runs of docs/studies/advise.md: for each problem what xsam advise says, and whole trainings with all that it could
# have said. OUT/<problem>/advise has the one, OUT/<problem>/main, sgd and lr* have the others; what is finished is not
# made again. xsam must be on the PATH, and XSAM_DATA name the folder with the data.
#
#   bench/studies/advise.sh OUT
set -eu
out=${1:?folder for the runs}
tables=$(dirname "$0")/../../datasets/own/testdata

# problem NUMBER RATE MORE_METHODS FLAGS...
problem() {
	dir=$out/$1 rate=$2 more=$3
	shift 3
	xsam advise "$@" --lr "$rate" --quiet --out "$dir" --resume
	few="--seeds 3 --eval-every 0 --quiet --resume"
	xsam compare "$@" $few --lr "$rate" --lambda-products 0 --out "$dir/main" \
		--methods "sam,sam:rho=0.1,sam:rho=0.2,xsam,xsam-lite,xsam-lite:alpha=0.25$more"
	xsam compare "$@" $few --lr "$rate" --methods sgd --curvature-every 1 --lambda-examples 256 --out "$dir/sgd"
	for factor in 0.3333 3; do
		other=$(awk "BEGIN { printf \"%.3g\", $rate * $factor }")
		xsam compare "$@" $few --lr "$other" --lambda-products 0 --methods sgd --out "$dir/lr$other"
	done
}

fashion="--data fashion-mnist --test-size 2000"
cifar="--data cifar10 --test-size 1000"
problem 1 0.1 "" $fashion --model cnn --train-size 1000 --epochs 15
problem 2 0.02 "" $fashion --model mlp --train-size 1000 --epochs 40 --label-noise 0.2
problem 3 0.05 "" $cifar --model resnet8 --train-size 600 --epochs 12
problem 4 0.003 ,xsam-lite:alpha=1 $fashion --model vit --train-size 600 --epochs 20 --label-noise 0.2
problem 5 0.05 "" --data "csv:$tables/wine.data" --label 1
problem 6 0.05 "" --data "csv:$tables/iris.csv" --label species --label-noise 0.2
problem 7 0.003 ,xsam-lite:alpha=1 $cifar --model mixer --train-size 600 --epochs 20
problem 8 0.003 "" $fashion --model mlp --train-size 1000
problem 9 0.5 "" $fashion --model mlp --train-size 1500 --epochs 20
problem 10 0.02 "" $cifar --model mlp --train-size 800 --epochs 30 --label-noise 0.3
problem 11 0.002 "" $cifar --model mlp --train-size 2000 --epochs 20
problem 12 0.02 "" $fashion --model mlp --train-size 4000 --epochs 15 --label-noise 0.2
