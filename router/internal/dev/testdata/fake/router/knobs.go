package main

const (
	message = "one"
	refused = false
	ready   = true
	crash   = false
)
