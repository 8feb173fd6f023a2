// Package faults kills, freezes and restarts what a deployment consists of, under
// load, and looks whether anything was lost or done twice. It drives the real
// router, built with the functions of testdata, against the real servers. It is a
// module of its own, since it needs Redis, and minutes. Run it with: make faults
package faults
