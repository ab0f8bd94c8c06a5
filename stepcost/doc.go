// Package stepcost measures what a training step costs with each of several methods: time, gradients, memory.
package stepcost
