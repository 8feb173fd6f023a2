// Mail that has not been sent yet.
table "mail" {
  schema = schema.public
  column "id" {
    type = uuid
  }
  column "to" {
    type = text
  }
  column "subject" {
    type = text
  }
  column "text" {
    type = text
  }
  column "html" {
    type = text
  }
  column "url" {
    type = text
  }
  column "token" {
    type = text
  }
  column "created_at" {
    type    = timestamptz
    default = sql("now()")
  }
  // There is no point in sending it after.
  column "expires_at" {
    type = timestamptz
  }
  primary_key {
    columns = [column.id]
  }
  index "mail_expires_at" {
    columns = [column.expires_at]
  }
}
