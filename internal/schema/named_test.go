package schema_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/internal/names"
	"switchyard/internal/schema"
)

func TestNamed(t *testing.T) {
	t.Parallel()
	const was = `table "user" {
  schema = schema.public
  column "id" { type = text }
  column "emailVerified" { type = boolean }
  primary_key { columns = [column.id] }
  index "by hand" { columns = [column.emailVerified] }
  index "user_emailVerified_idx" {
    on {
      column = column.emailVerified
      desc   = true
    }
  }
}
table "session" {
  schema = schema.public
  column "userId" { type = text }
  index "session_userId_idx" { columns = [column["userId"]] }
  foreign_key "session_userId_fkey" {
    columns     = [column.userId]
    ref_columns = [table["user"].column.id]
  }
}
`
	const is = `table "users" {
  schema = schema.public
  column "id" { type = text }
  column "email_verified" { type = boolean }
  primary_key { columns = [column.id] }
  index "by hand" { columns = [column.email_verified] }
  index "user_emailVerified_idx" {
    on {
      column = column.email_verified
      desc   = true
    }
  }
}
table "sessions" {
  schema = schema.public
  column "user_id" { type = text }
  index "sessions_user_id_idx" { columns = [column.user_id] }
  foreign_key "sessions_user_id_fkey" {
    columns     = [column.user_id]
    ref_columns = [table.users.column.id]
  }
}
`
	const also = `table "user" {
  column "banExpires" {
    type = timestamptz
    null = true
  }
}
table "session" {
  schema = schema.game
  column "userId" { type = text }
  foreign_key "f" {
    columns     = [column.userId]
    ref_columns = [table.public.user.column.emailVerified]
  }
}
`
	const alsoIs = `table "users" {
  column "ban_expires" {
    type = timestamptz
    null = true
  }
}
table "session" {
  schema = schema.game
  column "userId" { type = text }
  foreign_key "f" {
    columns     = [column.userId]
    ref_columns = [table.public.users.column.email_verified]
  }
}
`
	join := func(first, second string) schema.Source {
		return schema.Join([]schema.File{
			{Name: "a.hcl", Text: first},
			{Name: "b.hcl", Text: second},
			{Name: "schema/sql/1_a.sql", Text: `SELECT "userId" FROM session;`},
			{Name: "c.hcl", Text: "table {"},
		})
	}
	var n names.Names
	if err := n.UnmarshalText([]byte("snake_case,plural")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(join(is, alsoIs), join(was, also).Named(n)); diff != "" {
		t.Error(diff)
	}
	if join(was, also).Named(names.Names{}) != join(was, also) {
		t.Error("without names the schema changed")
	}
}
