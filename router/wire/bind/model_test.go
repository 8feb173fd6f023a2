package bind_test

import (
	"strconv"

	"switchyard/router/wire/bind"
)

// What stands below is the model of what is generated: an Input and an Output with most
// of what there is, and their binding.

type (
	orderInput struct {
		Limit  int      `query:"limit" minimum:"1" maximum:"100" default:"20"`
		Status string   `query:"status" enum:"open,closed"`
		Tags   []string `query:"tags" maxItems:"3"`
		Agent  string   `header:"User-Agent" maxLength:"40"`
		Body   orderBody
	}
	orderBody struct {
		Customer string         `json:"customer" minLength:"1" maxLength:"100"`
		Currency string         `json:"currency" enum:"EUR,USD"`
		Note     *string        `json:"note,omitempty" maxLength:"200"`
		Express  bool           `json:"express,omitempty" default:"true"`
		Count    uint16         `json:"count,omitempty" maximum:"1000"`
		Labels   map[string]int `json:"labels,omitempty"`
		Items    []orderItem    `json:"items" minItems:"1" maxItems:"50" nullable:"false"`
	}
	orderItem struct {
		SKU   string  `json:"sku" pattern:"^[A-Z]+$"`
		Price float64 `json:"price" minimum:"0" exclusiveMaximum:"1e6"`
	}
	orderOutput struct {
		Status int
		ETag   string `header:"ETag"`
		Body   orderBody
	}
)

func readOrder(r *bind.Request, in *orderInput) bool {
	if text, given := r.QueryValue("limit"); given {
		n, ok := bind.ParseInt(text, 64)
		if !ok || n < 1 || n > 100 {
			return false
		}
		in.Limit = int(n)
	} else {
		in.Limit = 20
	}
	if text, given := r.QueryValue("status"); given {
		if text != "open" && text != "closed" {
			return false
		}
		in.Status = text
	}
	if items, given := r.QueryList("tags", false); given {
		if len(items) > 3 {
			return false
		}
		in.Tags = items
	}
	if text, given := r.Header("User-Agent"); given {
		if !bind.MaxLength(text, 40) {
			return false
		}
		in.Agent = text
	}
	d := r.Body()
	return d != nil && readOrderBody(d, &in.Body) && d.End()
}

func readOrderBody(d *bind.Decoder, v *orderBody) bool {
	if !d.Object() {
		return false
	}
	var seen uint64
	for d.More() {
		switch string(d.Name()) {
		case "customer":
			s, ok := d.String()
			if !ok || seen&(1<<0) != 0 || !bind.MinLength(s, 1) || !bind.MaxLength(s, 100) {
				return false
			}
			seen |= 1 << 0
			v.Customer = s
		case "currency":
			s, ok := d.Text()
			if !ok || seen&(1<<1) != 0 {
				return false
			}
			seen |= 1 << 1
			switch string(s) { // costs no memory
			case "EUR":
				v.Currency = "EUR"
			case "USD":
				v.Currency = "USD"
			default:
				return false
			}
		case "note":
			if seen&(1<<2) != 0 {
				return false
			}
			seen |= 1 << 2
			if d.Null() {
				break
			}
			s, ok := d.String()
			if !ok || !bind.MaxLength(s, 200) {
				return false
			}
			v.Note = &s
		case "express":
			b, ok := d.Bool()
			if !ok || seen&(1<<3) != 0 {
				return false
			}
			seen |= 1 << 3
			v.Express = b
		case "count":
			n, ok := d.Uint(16)
			if !ok || seen&(1<<4) != 0 || n > 1000 {
				return false
			}
			seen |= 1 << 4
			v.Count = uint16(n)
		case "labels":
			if seen&(1<<5) != 0 || !readOrderLabels(d, &v.Labels) {
				return false
			}
			seen |= 1 << 5
		case "items":
			if seen&(1<<6) != 0 || !readOrderItems(d, &v.Items) {
				return false
			}
			seen |= 1 << 6
		default:
			return false
		}
	}
	if seen&(1<<3) == 0 {
		v.Express = true
	}
	const required = 1<<0 | 1<<1 | 1<<6
	return d.EndObject() && seen&required == required
}

func readOrderLabels(d *bind.Decoder, v *map[string]int) bool {
	if !d.Object() {
		return false
	}
	*v = map[string]int{}
	for d.More() {
		key, ok := d.Key()
		if _, twice := (*v)[key]; !ok || twice {
			return false
		}
		n, ok := d.Int(64)
		if !ok {
			return false
		}
		(*v)[key] = int(n)
	}
	return d.EndObject()
}

func readOrderItems(d *bind.Decoder, v *[]orderItem) bool {
	if !d.Array() {
		return false
	}
	*v = make([]orderItem, 0, 4)
	for d.More() {
		*v = append(*v, orderItem{})
		if !readOrderItem(d, &(*v)[len(*v)-1]) {
			return false
		}
	}
	return d.EndArray() && len(*v) >= 1 && len(*v) <= 50
}

var skuPattern = bind.Pattern{Source: "^[A-Z]+$"} //nolint:gochecknoglobals // as in generated code

func readOrderItem(d *bind.Decoder, v *orderItem) bool {
	if !d.Object() {
		return false
	}
	var seen uint64
	for d.More() {
		switch string(d.Name()) {
		case "sku":
			s, ok := d.String()
			if !ok || seen&(1<<0) != 0 || !skuPattern.Match(s) {
				return false
			}
			seen |= 1 << 0
			v.SKU = s
		case "price":
			f, ok := d.Float(64)
			if !ok || seen&(1<<1) != 0 || f < 0 || f >= 1e6 {
				return false
			}
			seen |= 1 << 1
			v.Price = f
		default:
			return false
		}
	}
	const required = 1<<0 | 1<<1
	return d.EndObject() && seen&required == required
}

func writeOrder(w *bind.Writer, out *orderOutput) {
	w.SetHeader("Etag", out.ETag)
	w.Status(out.Status)
	w.JSON(appendOrderBody(w.Buffer(), &out.Body))
}

func appendOrderBody(b []byte, v *orderBody) []byte {
	b = append(b, `{"customer":`...)
	b = bind.AppendString(b, v.Customer)
	b = append(b, `,"currency":`...)
	b = bind.AppendString(b, v.Currency)
	if v.Note != nil {
		b = append(b, `,"note":`...)
		b = bind.AppendString(b, *v.Note)
	}
	if v.Express {
		b = append(b, `,"express":`...)
		b = strconv.AppendBool(b, v.Express)
	}
	if v.Count != 0 {
		b = append(b, `,"count":`...)
		b = strconv.AppendUint(b, uint64(v.Count), 10)
	}
	if len(v.Labels) != 0 {
		b = append(b, `,"labels":{`...)
		for i, key := range bind.Keys(v.Labels) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(bind.AppendString(b, key), ':')
			b = strconv.AppendInt(b, int64(v.Labels[key]), 10)
		}
		b = append(b, '}')
	}
	b = append(b, `,"items":`...)
	b = appendOrderItems(b, v.Items)
	return append(b, '}')
}

func appendOrderItems(b []byte, v []orderItem) []byte {
	if v == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"sku":`...)
		b = bind.AppendString(b, v[i].SKU)
		b = append(b, `,"price":`...)
		b = bind.AppendFloat(b, v[i].Price, 64)
		b = append(b, '}')
	}
	return append(b, ']')
}
