// Package alarms breaks what a router needs, one thing at a time, and looks whether the
// alarms of docs/alarms.yml fire, and no others. It scrapes a real router and has
// Prometheus' own engine evaluate the rules. It is a module of its own, since nobody else
// needs that engine. Run it with: make alarms
package alarms
