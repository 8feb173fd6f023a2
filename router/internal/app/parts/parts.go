// Package parts are the parts that an app can have. A program that does not need one is
// built with the tag that leaves it out, and then links nothing that it takes:
//
//	switchyard_nojobs     the host of jobs: Inngest's SDK, PostgreSQL
//	switchyard_nodb       what minds the tables: PostgreSQL
//	switchyard_nometrics  /metrics: Prometheus's client
//	switchyard_nodocs     /openapi.json and /docs: package docs
package parts

import "switchyard/router/internal/app"

// All returns the parts that this program has.
func All() app.Parts {
	return app.Parts{Jobs: jobs(), Schema: schema(), Metrics: counts(), Docs: pages()}
}
