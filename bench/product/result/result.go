// Package result is the shape of what the product's benchmark finds: command product
// writes it, command report makes docs/performance.md of it.
package result

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Schema is the version of the shape.
const Schema = 1

// Product and Reference are the names of two contestants: who is measured, and whom all
// ratios are to.
const (
	Product   = "switchyard"
	Reference = "nethttp"
)

// Results is everything that one run of the benchmark found.
type Results struct {
	Schema      int               `json:"schema"`
	When        time.Time         `json:"when"`
	Commit      string            `json:"commit"`
	Machine     Machine           `json:"machine"`
	Versions    map[string]string `json:"versions"` // of what all have in common: "go", "node", "postgresql"
	Settings    Settings          `json:"settings"`
	Noise       Noise             `json:"noise"`
	Contestants []Contestant      `json:"contestants"`
	Works       []Work            `json:"works"`
	Gates       []Gate            `json:"gates"`
	Curves      []Curve           `json:"curves"`
	NotRun      []string          `json:"notRun"` // sentences: what was left out, and why
}

// Machine is where the benchmark ran.
type Machine struct {
	CPU       string `json:"cpu"`
	Cores     int    `json:"cores"`
	Kernel    string `json:"kernel"`
	MemoryMiB int    `json:"memoryMiB"`
}

// Settings are how long and how often was measured.
type Settings struct {
	Quick       bool `json:"quick"`
	Rounds      int  `json:"rounds"`
	EachMs      int  `json:"eachMs"` // of one contestant's work in one round
	Connections int  `json:"connections"`
}

// Noise is what else the machine did: its load average of one minute.
type Noise struct {
	LoadBefore float64 `json:"loadBefore"`
	LoadAfter  float64 `json:"loadAfter"`
}

// Contestant is one program that did the work.
type Contestant struct {
	Name         string   `json:"name"`
	Title        string   `json:"title"`
	Language     string   `json:"language"`
	Packages     []string `json:"packages"` // with their versions
	Bare         bool     `json:"bare"`     // without production features
	BuildSeconds float64  `json:"buildSeconds"`
	StartMs      float64  `json:"startMs"` // until the first answer
	IdleMiB      float64  `json:"idleMiB"`
	LoadedMiB    float64  `json:"loadedMiB"`
	ProgramMiB   float64  `json:"programMiB"`
}

// Work is one thing that all were asked to do.
type Work struct {
	Name    string  `json:"name"`
	Title   string  `json:"title"`
	Pace    float64 `json:"pace,omitempty"` // requests a second that were sent; 0 for as many as can be
	Results []Score `json:"results"`
}

// Score is how a contestant did a work: medians of its rounds.
type Score struct {
	Contestant string  `json:"contestant"`
	PerSecond  float64 `json:"perSecond"`
	CPUMicros  float64 `json:"cpuMicros"` // of a processor, for a request
	P50Ms      float64 `json:"p50Ms"`
	P99Ms      float64 `json:"p99Ms"`
	Busy       float64 `json:"busy"` // share of its core
	Ratio      Ratio   `json:"ratio"`
	Spread     Spread  `json:"spread"`
	Rounds     []Round `json:"rounds"`
}

// Ratio is to the reference in the same round: the median of all rounds.
type Ratio struct {
	PerSecond float64 `json:"perSecond"`
	CPU       float64 `json:"cpu"`
}

// Spread is the least and the greatest ratio of all rounds.
type Spread struct {
	PerSecond [2]float64 `json:"perSecond"`
	CPU       [2]float64 `json:"cpu"`
}

// Round is one measurement.
type Round struct {
	PerSecond float64 `json:"perSecond"`
	CPUMicros float64 `json:"cpuMicros"`
	Load      float64 `json:"load"`  // the machine's load average
	Lines     float64 `json:"lines"` // of the log, for a request
}

// Gate is a target, and whether it was met.
type Gate struct {
	Work       string  `json:"work"`
	Measure    string  `json:"measure"` // perSecond, cpu: ratios; startMs, idleMiB, loadedMiB: of the contestant itself
	Contestant string  `json:"contestant"`
	Against    string  `json:"against"`
	AtLeast    bool    `json:"atLeast"` // else at most
	Target     float64 `json:"target"`
	Value      float64 `json:"value"`
	Met        bool    `json:"met"`
}

// Curve is how figures change with the size of something.
type Curve struct {
	Name   string    `json:"name"`
	Title  string    `json:"title"`
	Unit   string    `json:"unit"` // of X
	X      []float64 `json:"x"`
	Series []Series  `json:"series"`
	NotRun []float64 `json:"notRun"`
	Why    string    `json:"why"` // they were not run
}

// Series is one line of a curve, a value for each X.
type Series struct {
	Name string    `json:"name"`
	Unit string    `json:"unit"`
	Y    []float64 `json:"y"`
}

// Read returns the results in a file.
func Read(path string) (*Results, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the results (make bench-quick makes them): %w", err)
	}
	r := new(Results)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if r.Schema != Schema {
		return nil, fmt.Errorf("%s has the schema %d, not %d: make it anew with make bench-quick", path, r.Schema, Schema)
	}
	return r, nil
}

// Write puts the results into a file, as text that is good to compare.
func (r *Results) Write(path string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
