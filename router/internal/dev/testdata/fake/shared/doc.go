// Package shared is there to be watched.
package shared
