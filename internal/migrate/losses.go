package migrate

import (
	"fmt"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
)

// How losses begin.
const (
	lostTable  = "the table "
	lostColumn = "the column "
)

// losses says which of the changes lose data, a text each, that of a column with the file
// of its table in homes. Atlas's own analyzer of destructive changes does not name a
// column's table, and passes changes of type.
func losses(changes []schema.Change, homes map[string]string) []string {
	var lost []string
	for _, c := range changes {
		switch c := c.(type) {
		case *schema.DropSchema:
			lost = append(lost, fmt.Sprintf("the schema %s", c.S.Name))
		case *schema.DropTable:
			lost = append(lost, lostTable+c.T.Name)
		case *schema.ModifyTable:
			for _, change := range c.Changes {
				if text := columnLoss(change); text != "" {
					lost = append(lost, fmt.Sprintf("%s%s.%s (%s)", lostColumn, c.T.Name, text, homes[tableName(c.T)]))
				}
			}
		}
	}
	return lost
}

// columnLoss says what a change of a column loses, if it loses anything.
func columnLoss(change schema.Change) string {
	switch c := change.(type) {
	case *schema.DropColumn:
		return c.C.Name
	case *schema.ModifyColumn:
		if c.Change.Is(schema.ChangeType) && !widens(c.From.Type.Type, c.To.Type.Type) {
			return fmt.Sprintf("%s, of which %s would become %s", c.From.Name, typeName(c.From), typeName(c.To))
		}
	}
	return ""
}

func typeName(c *schema.Column) string {
	name, err := postgres.FormatType(c.Type.Type)
	if err != nil {
		return c.Type.Raw
	}
	return name
}

// widens reports whether every value of the type from is one of the type to.
func widens(from, to schema.Type) bool {
	switch from := from.(type) {
	case *schema.IntegerType:
		bits := map[string]int{"smallint": 16, "integer": 32, "bigint": 64}
		to, ok := to.(*schema.IntegerType)
		return ok && bits[from.T] > 0 && bits[from.T] <= bits[to.T]
	case *schema.StringType:
		to, ok := to.(*schema.StringType)
		return ok && (to.T == "text" || (to.T == from.T && to.Size >= from.Size && from.Size > 0))
	case *schema.EnumType: // renamed or with more values; PostgreSQL removes none
		_, ok := to.(*schema.EnumType)
		return ok
	}
	return false
}
