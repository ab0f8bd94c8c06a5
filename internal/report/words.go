package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/xsam-go/xsam/runlog"
)

// short writes a number with three significant digits, "–" for NaN.
func short(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "–"
	}
	if a := math.Abs(x); a != 0 && (a >= 1e6 || a < 1e-4) {
		return tickText(x)
	}
	digits := 2
	if a := math.Abs(x); a > 0 {
		digits = max(0, 2-int(math.Floor(math.Log10(a))))
	}
	return fmt.Sprintf("%.*f", digits, x)
}

// tickText writes a number beside an axis: with four digits at most, 1.5e7 for instance.
func tickText(v float64) string {
	text := strconv.FormatFloat(v, 'g', 4, 64)
	if strings.Contains(text, "e") {
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 2, 64), "e")
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
		n, _ := strconv.Atoi(exponent)
		text = fmt.Sprintf("%se%d", mantissa, n)
	}
	return text
}

// count writes "1 seed", "5 seeds".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// isOrAre writes "1 run is", "5 runs are".
func isOrAre(n int, what string) string {
	if n == 1 {
		return count(n, what) + " is"
	}
	return count(n, what) + " are"
}

// sentenceCase is an ASCII word with a capital letter.
func sentenceCase(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// scheduleText names all that decides the learning rate's way along the epochs, "cosine, 5 epochs".
func scheduleText(s runlog.Setup) string {
	text := s.Schedule + ", " + count(s.Epochs, "epoch")
	if s.WarmupSteps > 0 {
		text += ", " + count(s.WarmupSteps, "warm-up step")
	}
	return text
}
