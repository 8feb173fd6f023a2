package db

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// Columns reads the columns of a row, one after the other, in place of row.Scan where many rows
// are read. It looks up no plans, needs no pointers, and takes one piece of memory for all texts
// of a row, and of rows that follow each other up to 1 KiB: who keeps one text keeps that.
//
//	func scan(row pgx.CollectableRow) (Item, error) {
//		c := db.ColumnsOf(row)
//		i := Item{ID: c.UUID(), Name: c.Text(), CreatedAt: c.Time()}
//		return i, c.Err()
//	}
//
// What has another type in the database than the method is made for, is converted as row.Scan
// does it, or is an error. After an error, all methods return zero values.
type Columns struct {
	row    pgx.CollectableRow
	types  []pgconn.FieldDescription
	values [][]byte
	pieces *pieces // of the rows; nil until a row needs its own
	next   int     // the column that is read next
	err    error
}

// ColumnsOf returns the columns of a row, which is to be read before the next one is asked for.
func ColumnsOf(row pgx.CollectableRow) Columns {
	c := Columns{row: row, types: row.FieldDescriptions(), values: row.RawValues()}
	switch r := row.(type) {
	case *rows:
		c.pieces = &r.pieces
	case *freshRows:
		c.pieces = &r.pieces
	case *found:
		c.pieces = &r.pieces
	}
	return c
}

// Err returns the first error: of a NULL or a type that a method does not take, or of columns that
// are too few or too many.
func (c *Columns) Err() error {
	if c.err == nil && c.next < len(c.values) {
		return fmt.Errorf("%d columns of %d were read", c.next, len(c.values))
	}
	return c.err
}

// Text returns a text.
func (c *Columns) Text() (s string) {
	raw, as := c.take()
	switch {
	case as.encoded(pgtype.TextOID, pgtype.VarcharOID), raw != nil && as.format == pgtype.TextFormatCode:
		return c.textOf(raw)
	default:
		convert(c, raw, &s)
		return s
	}
}

// TextOrNil returns a text; nil for NULL.
func (c *Columns) TextOrNil() *string {
	if c.isNull() {
		return nil
	}
	return new(c.Text())
}

// UUID returns a uuid.
func (c *Columns) UUID() (id uuid.UUID) {
	if raw, as := c.take(); as.encoded(pgtype.UUIDOID) && len(raw) == len(id) {
		copy(id[:], raw)
	} else {
		convert(c, raw, &id)
	}
	return id
}

// Int returns a whole number.
func (c *Columns) Int() (n int64) {
	raw, as := c.take()
	switch {
	case as.encoded(pgtype.Int8OID) && len(raw) == 8:
		return int64(binary.BigEndian.Uint64(raw)) //nolint:gosec // these bits
	case as.encoded(pgtype.Int4OID) && len(raw) == 4:
		return int64(int32(binary.BigEndian.Uint32(raw))) //nolint:gosec // these bits
	default:
		convert(c, raw, &n)
		return n
	}
}

// Bool returns a boolean.
func (c *Columns) Bool() (is bool) {
	raw, as := c.take()
	if as.encoded(pgtype.BoolOID) && len(raw) == 1 {
		return raw[0] != 0
	}
	convert(c, raw, &is)
	return is
}

// Time returns a time, in UTC.
func (c *Columns) Time() (t time.Time) {
	raw, as := c.take()
	if as.encoded(pgtype.TimestamptzOID) && len(raw) == 8 {
		if at := int64(binary.BigEndian.Uint64(raw)); at != always && at != never { //nolint:gosec // these bits
			return time.Unix(epoch+at/1e6, at%1e6*1e3).UTC()
		}
	}
	convert(c, raw, &t)
	return t.UTC()
}

// A timestamp is sent as microseconds since 2000, in seconds of Unix; two values are infinities.
const (
	epoch  = 946_684_800
	always = 1<<63 - 1
	never  = -1 << 63
)

// TimeOrNil returns a time, in UTC; nil for NULL.
func (c *Columns) TimeOrNil() *time.Time {
	if c.isNull() {
		return nil
	}
	return new(c.Time())
}

// Scan reads a column of any type into what to points to, as row.Scan does.
func (c *Columns) Scan(to any) {
	raw, _ := c.take()
	c.scan(raw, to)
}

// sent is how a value is: of this type, in this format.
type sent struct {
	oid    uint32
	format int16
}

// encoded reports whether a value is in the binary format of one of these types.
func (s sent) encoded(oids ...uint32) bool {
	return s.format == pgtype.BinaryFormatCode && slices.Contains(oids, s.oid)
}

// take returns the next column; of NULL and of none, it is of no type.
func (c *Columns) take() ([]byte, sent) {
	if c.next >= len(c.values) {
		c.fail(fmt.Errorf("there are %d columns, and more were read", len(c.values)))
	}
	if c.err != nil {
		return nil, sent{}
	}
	i := c.next
	c.next++
	raw := c.values[i]
	if raw == nil {
		return nil, sent{}
	}
	return raw, sent{c.types[i].DataTypeOID, c.types[i].Format}
}

// isNull reports whether the next column is NULL, and then leaves it out.
func (c *Columns) isNull() bool {
	if c.err != nil || c.next >= len(c.values) || c.values[c.next] != nil {
		return false
	}
	c.next++
	return true
}

// textOf returns the column that was taken last.
func (c *Columns) textOf(raw []byte) string {
	if c.pieces == nil {
		c.pieces = &pieces{}
	}
	return c.pieces.text(raw, c.values[c.next:])
}

// convert reads the column that was taken last as row.Scan would, but for NULL, which is an
// error. It is apart so that only what is converted is allocated.
func convert[T any](c *Columns, raw []byte, to *T) {
	if c.err != nil {
		return
	}
	if raw == nil {
		c.fail(fmt.Errorf("column %s is NULL", c.types[c.next-1].Name))
		return
	}
	var value T
	c.scan(raw, &value)
	*to = value
}

// scan reads the column that was taken last.
func (c *Columns) scan(raw []byte, to any) {
	if c.err != nil {
		return
	}
	field := c.types[c.next-1]
	types := pgtype.NewMap
	if rows, ok := c.row.(interface{ Conn() *pgx.Conn }); ok && rows.Conn() != nil {
		types = rows.Conn().TypeMap
	}
	if err := types().Scan(field.DataTypeOID, field.Format, raw, to); err != nil {
		c.fail(fmt.Errorf("column %s: %w", field.Name, err))
	}
}

func (c *Columns) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}
