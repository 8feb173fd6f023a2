schema "public" {
}
schema "shop" {
}
locals {
  longest = "length(note) < 500"
}
enum "mood" {
  schema = schema.public
  values = ["calm", "glad"]
}
enum "state" {
  schema = schema.shop
  values = ["new"]
}
table "public" "person" {
  schema       = schema.public
  comment      = "People."
  renamed_from = "human"
  column "id" {
    type = bigint
    identity {
      generated = ALWAYS
      start     = 10
      increment = 2
    }
  }
  column "name" {
    type         = varchar(40)
    null         = true
    default      = "nobody"
    collate      = "C"
    comment      = "How we call them."
    renamed_from = "called"
  }
  column "note" {
    type    = text
    default = sql("'x'::text")
  }
  column "tag" {
    type    = sql("text[]")
    default = sql("'{}'")
  }
  column "size" {
    type = int
    as {
      expr = "length(note)"
      type = STORED
    }
  }
  column "twice" {
    type = int
    as   = "length(note) * 2"
  }
  column "mood" {
    type    = enum.mood
    default = "calm"
  }
  column "live" {
    type    = bool
    default = true
  }
  column "price" {
    type    = numeric(10, 2)
    default = 1.5
  }
  primary_key "person_pkey" {
    columns = [column.id]
    include = [column.mood]
  }
  unique "person_name" {
    columns        = [column.name, column.mood]
    include        = [column.id]
    nulls_distinct = false
    comment        = "One of each."
  }
  index "person_size" {
    columns = [column.size]
    unique  = true
    where   = "live"
    include = [column.mood]
    comment = "By size."
  }
  index "person_made" {
    columns        = [column.id]
    type           = BRIN
    page_per_range = 64
  }
  index "person_note" {
    nulls_distinct = false
    unique         = true
    on {
      column     = column.note
      desc       = true
      nulls_last = true
    }
    on {
      expr        = "lower(name)"
      nulls_first = true
      ops         = text_pattern_ops
    }
  }
  check "person_note" {
    expr = local.longest
  }
}
table "shop" "person" {
  schema   = schema.shop
  unlogged = true
  column "id" {
    type = bigint
  }
  column "state" {
    type    = enum.state
    default = "new"
  }
  foreign_key "person_person" {
    columns     = [column.id]
    ref_columns = [table.public.person.column.id]
    on_update   = NO_ACTION
    on_delete   = CASCADE
  }
}
