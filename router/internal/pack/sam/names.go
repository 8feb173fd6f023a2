package sam

import (
	"strings"

	"switchyard/router/internal/pack/plan"
)

// title returns the name of a variable or a unit as CloudFormation wants its ids, of
// letters and digits: "DatabaseUrl" for "DATABASE_URL", "ApiFilesCreate" for
// "api-files-create".
func title(name string) string {
	var b strings.Builder
	for _, word := range plan.Words(name) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
