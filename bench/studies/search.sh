#!/usr/bin/env bash
# The screen of docs/studies/search-protocol.md: 33 forms, tuned alike, on the two problems that choose.
#
#   XSAM=path/to/xsam XSAM_DATA=folder search.sh OUT
#
# It can be stopped with Ctrl-C at any time and goes on when it is called again.
set -euo pipefail
out=$1
xsam=${XSAM:-xsam}

forms=(sgd sam asam nsam ssam gsam fsam msam looksam late-sam eigensam xsam-paper
	xsam "xsam --correction projection" "xsam --side mean" "xsam --length unit" "xsam --length clean"
	"xsam --alpha 0 --mix-v 0.2" "xsam --alpha 0 --mix-v 0.5" "xsam --alpha 0 --mix-v 1"
	"xsam --alpha 0 --less-average 1 --average-decay 0.9" "xsam --alpha 0 --mix-v 0.5 --less-average 1 --average-decay 0.9"
	"xsam --mix-v 0.5" "xsam --ascent-of weights" "xsam --bound quarter"
	"xsam --refresh-every 10" "xsam --ascent-along momentum"
	xsam-lite "xsam-lite --side mean" "xsam-lite --length unit" "xsam-lite --correction projection"
	"xsam-lite --bound quarter" "xsam-lite --refresh-every 3")

for form in "${forms[@]}"; do
	read -r -a words <<<"$form"
	for problem in digits glyphs; do
		common=(--data "$problem" --data-seed 1 --label-noise 0.2 --tune 8 --seeds 5 --seed 100 --lambda-products 0 --quiet
			--resume --out "$out/$problem/${form//[^a-z0-9.]/}")
		[ "$problem" = digits ] && common+=(--data-dir "$XSAM_DATA")
		"$xsam" compare --methods "${words[@]}" "${common[@]}"
	done
done
