// Package catalog lists every function of this project. All else in it is generated.
package catalog

// Title is the project's name, as people see it.
const Title = "Desk"
