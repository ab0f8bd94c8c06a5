package datasets

import "math/rand/v2"

// The purposes for which random numbers are drawn, so that no two share a stream.
const (
	forSplit uint64 = iota + 1
	forTestRows
	forNoise
	forGlyphs
	forOrder
	forAugmentation
)

// stream returns the random numbers that belong to a seed, a purpose and any further numbers, such as an epoch. Each
// combination has a stream of its own, so that drawing can start anywhere.
func stream(seed int64, words ...uint64) *rand.Rand {
	h := mix(uint64(seed))
	for _, word := range words {
		h = mix(h ^ mix(word))
	}
	return rand.New(rand.NewPCG(h, mix(h)))
}

// mix is the finaliser of SplitMix64 after its increment: a one-to-one map in which every bit of x changes half of
// the bits.
//
// Reference: Steele, Lea and Flood, Fast splittable pseudorandom number generators, OOPSLA 2014.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
