// Package recipe holds what decides the outcome of a run, and nothing that runs it: Recipe, its defaults, its fields as
// flags, its form in config.json, and what follows from it alone, such as seeds, learning rates and the cost of a step.
package recipe
